import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { MilvusConfig } from '../../../lib';
import { OTHER_METRICS, SERVER_METRICS } from '../../../lib/operations/monitoring/metrics';
import { clusterOf, manifestsOf, minimal } from '../../support/clusters';
import { at, find, type Manifest, podTemplates, records, selects, text } from '../../support/manifests';
import { ROOT } from '../../support/project';
import { metricsIn } from '../../support/promql';
import { find as command, describeWith } from '../../support/requires';

const everything: MilvusConfig = {
  ...minimal,
  readonly: { replicas: 2 },
  backup: { enabled: true, schedule: '* * * * *', verify: { schedule: '@every 2m' } },
  smokeTest: { schedule: '@hourly' },
  milvus: { metrics: { enabled: true } },
  mysql: { exporter: { enabled: true } },
  monitoring: {
    podMonitor: { enabled: true },
    prometheusRule: { enabled: true },
    dashboard: { enabled: true },
  },
};
const manifests = manifestsOf(everything);
const rulesOf = (config: MilvusConfig) =>
  records(
    at(records(at(find(manifestsOf(config), 'PrometheusRule', config.name), 'spec', 'groups'))[0], 'rules'),
  );
const rules = rulesOf(everything);
const board = (config: MilvusConfig) =>
  JSON.parse(
    String(
      at(find(manifestsOf(config), 'ConfigMap', `${config.name}-dashboard`), 'data', `${config.name}.json`),
    ),
  ) as {
    readonly uid: string;
    readonly panels: readonly {
      readonly id: number;
      readonly type: string;
      readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
      readonly targets?: readonly { readonly expr: string }[];
    }[];
  };

/** Declared by the server and never updated. */
const DEAD = [
  'search_request_total',
  'search_request_duration_microsecond',
  'connection_number',
  'memory_usage_percent',
  'memory_usage_total',
  'all_build_index_duration_microseconds',
  'add_group_request_total',
  'get_group_request_total',
  'has_group_request_total',
  'get_group_files_request_total',
  'query_response_per_microsecond',
  'query_index_throughtout_per_microsecond',
];

describe('metrics', () => {
  const known = new Set([...Object.keys(SERVER_METRICS), ...Object.values(OTHER_METRICS).flat()]);
  const used = [
    ...rules.map(({ expr }) => text(expr)),
    ...board(everything).panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ].flatMap(metricsIn);

  test('every one that is used is one that there is', () => {
    expect(used.length).toBeGreaterThan(30);
    const plain = used.map((name) => (known.has(name) ? name : name.replace(/_(sum|count|bucket)$/, '')));
    expect(plain.filter((name) => !known.has(name))).toEqual([]);
  });

  test('none is known that 1.1.1 never updates', () => {
    expect(DEAD.filter((name) => known.has(name))).toEqual([]);
  });

  test.each<[expr: string, names: readonly string[]]>([
    ['rate(a_total{b="c{d"}[5m]) / on (e, f) g{h=~"i"} > 1', ['a_total', 'g']],
    ['max by (a) (b) - max without (c) (d) or e', ['b', 'd', 'e']],
    ['time() - a > 60 and on (b) c', ['a', 'c']],
  ])('names in %s', (expr, names) => {
    expect(metricsIn(expr)).toEqual(names);
  });
});

describe('alerts', () => {
  const runbook = readFileSync(join(ROOT, 'docs/how-to/alerts.md'), 'utf8');
  const headings = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading);

  test('each has a runbook, and each runbook an alert', () => {
    expect(rules.map(({ alert }) => text(alert)).sort()).toEqual([...headings].sort());
    for (const rule of rules) {
      expect(at(rule, 'annotations', 'runbook')).toBe(
        `docs/how-to/alerts.md#${text(rule['alert']).toLowerCase()}`,
      );
      expect(at(rule, 'labels')).toEqual({
        severity: expect.stringMatching(/^(critical|warning)$/),
        milvus: 'milvus-test',
      });
    }
  });

  test('link to the runbook where it is', () => {
    const link = (prometheusRule: object) =>
      at(
        rulesOf({ ...minimal, monitoring: { prometheusRule: { enabled: true, ...prometheusRule } } })[0],
        'annotations',
        'runbook_url',
      );
    expect(link({})).toBeUndefined();
    expect(link({ runbookUrl: 'https://wiki.example.com/milvus' })).toBe(
      'https://wiki.example.com/milvus#milvuswritabledown',
    );
  });

  test('are about what there is', () => {
    const names = (config: MilvusConfig) => rulesOf(config).map(({ alert }) => alert);
    const monitoring = { prometheusRule: { enabled: true } };
    expect(names({ ...minimal, monitoring })).toEqual([
      'MilvusWritableDown',
      'MilvusNoReader',
      'MilvusProxyDown',
      'MilvusReplicasMissing',
      'MilvusMysqlDown',
      'MilvusPodCrashes',
      'MilvusMemoryNearLimit',
      'MilvusVolumeFull',
    ]);
    expect(names({ name: 'a', mode: 'standalone', mysql: { enabled: false }, monitoring })).toEqual([
      'MilvusWritableDown',
      'MilvusPodCrashes',
      'MilvusMemoryNearLimit',
      'MilvusVolumeFull',
    ]);
    expect(
      names({ ...minimal, monitoring: { prometheusRule: { enabled: true, kubeStateMetrics: false } } }),
    ).toEqual([]);
  });

  test('are about this namespace, when it is known', () => {
    const exprs = rulesOf({ ...everything, namespace: 'vectors' }).map(({ expr }) => text(expr));
    for (const expr of exprs) expect(expr).toContain('namespace="vectors"');
    for (const { expr } of rules) expect(expr).not.toContain('namespace=');
  });

  test('watch the claims that the pods use', () => {
    const config: MilvusConfig = {
      ...minimal,
      wal: { persistence: { existingClaim: 'mine' } },
      monitoring: { prometheusRule: { enabled: true } },
    };
    const volume = rulesOf(config).find(({ alert }) => alert === 'MilvusVolumeFull');
    expect(volume?.['expr']).toContain('persistentvolumeclaim=~"mine|data-milvus-test-mysql-0"');
  });
});

test('the PodMonitor finds the ports of the pods that have them', () => {
  const { spec } = find(manifests, 'PodMonitor', 'milvus-test') as Manifest & {
    spec: Record<string, unknown>;
  };
  const ports = records(spec['podMetricsEndpoints']).map(({ port }) => port);
  expect(ports).toEqual(['pushgateway', 'metrics']);
  const owners = ports.map((port) =>
    podTemplates(manifests)
      .filter((template) => selects(spec['selector'], at(template.metadata, 'labels') as Manifest))
      .filter((template) =>
        records(template.spec['containers']).some((container) =>
          records(container['ports']).some(({ name }) => name === port),
        ),
      )
      .map(({ owner }) => owner.metadata.name),
  );
  expect(owners).toEqual([['milvus-test-writable', 'milvus-test-readonly'], ['milvus-test-mysql']]);
  // The labels that the servers push are those of the series: cluster and instance.
  expect(records(spec['podMetricsEndpoints'])[0]).toMatchObject({ honorLabels: true });
});

describe('the dashboard', () => {
  test('has a uid of its own for each cluster in a Grafana', () => {
    const uid = (name: string, namespace?: string) =>
      board({ ...minimal, name, namespace, monitoring: { dashboard: { enabled: true } } }).uid;
    expect(uid('milvus-test')).toBe('milvus-milvus-test');
    expect(uid('test', 'staging')).toBe('milvus-staging_test');
    const pairs = [
      ['a', 'b-c'],
      ['a-b', 'c'],
      ['a'.repeat(30), 'b'.repeat(40)],
      ['a'.repeat(30), 'b'.repeat(41)],
    ] as const;
    const uids = pairs.map(([name, namespace]) => uid(name, namespace));
    expect(new Set(uids).size).toBe(pairs.length);
    for (const one of uids) expect(one).toMatch(/^[\w-]{1,40}$/);
  });

  const { panels } = board(everything);

  test('panels have ids of their own and do not lie on each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [index, { gridPos: a }] of panels.entries()) {
      for (const { gridPos: b } of panels.slice(index + 1)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        expect(apart).toBe(true);
      }
      expect(a.x + a.w).toBeLessThanOrEqual(24);
    }
  });

  test('every panel but a row asks something', () => {
    for (const { type, targets = [] } of panels) expect(targets.length > 0).toBe(type !== 'row');
  });

  test('has what there is', () => {
    const config: MilvusConfig = { ...minimal, monitoring: { dashboard: { enabled: true } } };
    expect(board(config).panels.map(({ type }) => type)).toEqual([
      'row',
      'timeseries',
      'timeseries',
      'timeseries',
      'timeseries',
    ]);
  });

  test('is found by the labels of the sidecar', () => {
    expect(find(manifests, 'ConfigMap', 'milvus-test-dashboard')).toMatchObject({
      metadata: { labels: { grafana_dashboard: '1' } },
    });
    expect(clusterOf(minimal).monitoring.dashboard).toBeUndefined();
  });
});

describeWith(['promtool'], 'as Prometheus reads them', () => {
  const directory = mkdtempSync(join(tmpdir(), 'alerts-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const promtool = (...args: string[]): string => {
    try {
      return execFileSync(String(command('promtool')), args, {
        cwd: directory,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${stdout}${stderr}`);
    }
  };

  const other: MilvusConfig = { ...everything, name: 'other', s3: { address: '10.0.0.1', bucket: 'other' } };
  beforeAll(() => {
    for (const config of [everything, other]) {
      writeFileSync(
        join(directory, `${config.name}.yaml`),
        stringify({ groups: at(find(manifestsOf(config), 'PrometheusRule', config.name), 'spec', 'groups') }),
      );
    }
  });

  test('they are rules', () => {
    expect(promtool('check', 'rules', 'milvus-test.yaml')).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  test('expressions of the dashboard are PromQL', () => {
    const queries = board(everything).panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    writeFileSync(
      join(directory, 'dashboard.yaml'),
      stringify({
        groups: [{ name: 'd', rules: queries.map((expr, index) => ({ record: `q${index}`, expr })) }],
      }),
    );
    expect(promtool('check', 'rules', 'dashboard.yaml')).toContain(`SUCCESS: ${queries.length} rules found`);
  });

  /** Series of both clusters in one namespace; those of `other` are always well. */
  const well = (name: string): readonly (readonly [series: string, values: string])[] => [
    [`push_time_seconds{job="milvus_metrics",cluster="${name}",instance="i"}`, '0+60x200'],
    [`keeping_alive_seconds_total{cluster="${name}",instance="i"}`, '0+60x200'],
    [`add_vectors_request_total{cluster="${name}",instance="i",outcome="fail"}`, '0x200'],
    [`cache_usage_bytes{cluster="${name}",instance="i"}`, '50x200'],
    ...['writable', 'readonly', 'mishards'].flatMap((role) => [
      [
        `kube_deployment_status_replicas_available{namespace="n",deployment="${name}-${role}"}`,
        '2x200',
      ] as const,
      [`kube_deployment_spec_replicas{namespace="n",deployment="${name}-${role}"}`, '2x200'] as const,
    ]),
    [`kube_statefulset_status_replicas_ready{namespace="n",statefulset="${name}-mysql"}`, '1x200'],
    [
      `kube_pod_container_status_restarts_total{namespace="n",pod="${name}-readonly-x",container="milvus"}`,
      '0x200',
    ],
    [
      `container_memory_working_set_bytes{namespace="n",pod="${name}-readonly-x",container="milvus"}`,
      '80x200',
    ],
    [
      `kube_pod_container_resource_limits{namespace="n",pod="${name}-readonly-x",container="milvus",resource="memory"}`,
      '100x200',
    ],
    [
      `kubelet_volume_stats_available_bytes{namespace="n",persistentvolumeclaim="${name}-writable-wal"}`,
      '50x200',
    ],
    [
      `kubelet_volume_stats_capacity_bytes{namespace="n",persistentvolumeclaim="${name}-writable-wal"}`,
      '100x200',
    ],
    [`kube_cronjob_next_schedule_time{namespace="n",cronjob="${name}-backup"}`, '3000+60x200'],
    ...['backup', 'verify-backup'].flatMap((cronJob) => [
      [`kube_cronjob_created{namespace="n",cronjob="${name}-${cronJob}"}`, '0x200'] as const,
      [
        `kube_cronjob_status_last_successful_time{namespace="n",cronjob="${name}-${cronJob}"}`,
        '2940+60x200',
      ] as const,
    ]),
    [`kube_cronjob_next_schedule_time{namespace="n",cronjob="${name}-verify-backup"}`, '3000+60x200'],
    [`kube_job_status_failed{namespace="n",job_name="${name}-verify-backup-1"}`, '0x200'],
    [`kube_job_status_start_time{namespace="n",job_name="${name}-verify-backup-1"}`, '0x200'],
    [`kube_job_status_failed{namespace="n",job_name="${name}-backup-1"}`, '0x200'],
    [`kube_job_status_start_time{namespace="n",job_name="${name}-backup-1"}`, '0x200'],
    [`kube_job_status_failed{namespace="n",job_name="${name}-smoke-test-1"}`, '0x200'],
    [`kube_job_status_start_time{namespace="n",job_name="${name}-smoke-test-1"}`, '0x200'],
    [`mysql_up{namespace="n",pod="${name}-mysql-0"}`, '1x200'],
    [`mysql_global_status_threads_connected{namespace="n",pod="${name}-mysql-0"}`, '10x200'],
    [`mysql_global_variables_max_connections{namespace="n",pod="${name}-mysql-0"}`, '100x200'],
  ];

  /** What makes each alert fire, and nothing else. */
  const ILL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    MilvusMetricsStopped: { push_time_seconds: '0x200' },
    MilvusServerRestarts: { keeping_alive_seconds_total: '0 60 0 60 0 60 0 60 0+60x200' },
    MilvusInsertsFail: { add_vectors_request_total: '0+1x200' },
    MilvusCacheFull: { cache_usage_bytes: '99x200' },
    MilvusWritableDown: { 'deployment="milvus-test-writable"}': '0x200' },
    MilvusNoReader: { 'status_replicas_available{namespace="n",deployment="milvus-test-readonly"}': '0x200' },
    MilvusProxyDown: {
      'status_replicas_available{namespace="n",deployment="milvus-test-mishards"}': '0x200',
    },
    MilvusReplicasMissing: {
      'status_replicas_available{namespace="n",deployment="milvus-test-readonly"}': '1x200',
    },
    MilvusMysqlDown: { kube_statefulset_status_replicas_ready: '0x200' },
    MilvusPodCrashes: { kube_pod_container_status_restarts_total: '0+1x200' },
    MilvusMemoryNearLimit: { container_memory_working_set_bytes: '95x200' },
    MilvusVolumeFull: { kubelet_volume_stats_available_bytes: '5x200' },
    MilvusBackupLate: { 'next_schedule_time{namespace="n",cronjob="milvus-test-backup"}': '0x200' },
    MilvusBackupOld: { 'last_successful_time{namespace="n",cronjob="milvus-test-backup"}': '0x200' },
    MilvusBackupUnverified: {
      'last_successful_time{namespace="n",cronjob="milvus-test-verify-backup"}': '0x200',
    },
    MilvusBackupDamaged: {
      'kube_job_status_failed{namespace="n",job_name="milvus-test-verify-backup-1"}': '1x200',
      'kube_job_status_start_time{namespace="n",job_name="milvus-test-verify-backup-1"}': '5000x200',
    },
    MilvusBackupFailed: {
      'kube_job_status_failed{namespace="n",job_name="milvus-test-backup-1"}': '1x200',
      'kube_job_status_start_time{namespace="n",job_name="milvus-test-backup-1"}': '5000x200',
    },
    MilvusSmokeTestFailed: {
      'kube_job_status_failed{namespace="n",job_name="milvus-test-smoke-test-1"}': '1x200',
      'kube_job_status_start_time{namespace="n",job_name="milvus-test-smoke-test-1"}': '5000x200',
    },
    MilvusMysqlUnreachable: { mysql_up: '0x200' },
    MilvusMysqlConnections: { mysql_global_status_threads_connected: '90x200' },
  };

  test('there is a case for each alert', () => {
    expect(Object.keys(ILL).sort()).toEqual(rules.map(({ alert }) => text(alert)).sort());
  });

  test('each fires when it should, no other does, and none for the cluster beside it', () => {
    // A cluster without readers has fewer than it should as well, only later; restarts count wherever they are seen.
    const TIME = '110m';
    const alongWith: Readonly<Record<string, readonly string[]>> = {
      MilvusNoReader: ['MilvusReplicasMissing'],
      MilvusProxyDown: ['MilvusReplicasMissing'],
    };
    const never = { 'last_successful_time{namespace="n",cronjob="milvus-test-backup"}': '_x200' };
    const cases = [['none', {}] as const, ...Object.entries(ILL), ['MilvusBackupOld', never] as const];
    const tests = cases.map(([alert, changes]) => ({
      name: alert,
      interval: '1m',
      input_series: [...well('milvus-test'), ...well('other')].map(([series, values]) => {
        const [, ill] = series.includes('other')
          ? []
          : (Object.entries(changes).find(([part]) => series.includes(part)) ?? []);
        return { series, values: ill ?? values };
      }),
      promql_expr_test: [
        {
          expr: 'count by (alertname, milvus) (ALERTS{alertstate="firing"})',
          eval_time: alert === 'MilvusServerRestarts' ? '30m' : TIME,
          exp_samples: (alert === 'none' ? [] : [alert, ...(alongWith[alert] ?? [])]).map((name) => ({
            labels: `{alertname="${name}",milvus="milvus-test"}`,
            value: 1,
          })),
        },
      ],
    }));
    writeFileSync(
      join(directory, 'tests.yaml'),
      stringify({ rule_files: ['milvus-test.yaml', 'other.yaml'], evaluation_interval: '1m', tests }),
    );
    expect(promtool('test', 'rules', 'tests.yaml')).toContain('SUCCESS');
  });
});
