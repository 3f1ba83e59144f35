import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type MilvusConfig, synthesize } from '../../lib';
import { jobsOf, manifestsOf, minimal } from '../support/clusters';
import { at, fields, find, type Manifest, parse, records } from '../support/manifests';
import { type Endpoint, host, Network, pod, podsOf } from '../support/network';
import { ROOT } from '../support/project';
import { testWith } from '../support/requires';

const S3 = host('192.168.18.13');
const dns = pod('DNS', 'kube-system', { 'k8s-app': 'kube-dns' });
const prometheus = pod('Prometheus', 'monitoring', { 'app.kubernetes.io/name': 'prometheus' });
const client = pod('a pod of the namespace', 'vectors', { app: 'client' });
const foreign = pod('a pod of another namespace', 'other', { app: 'client' });
const outside = host('203.0.113.7');

const whole: MilvusConfig = {
  ...minimal,
  milvus: { metrics: { enabled: true } },
  mysql: { exporter: { enabled: true } },
  backup: { enabled: true },
};

/** A network with the cluster in the namespace `vectors`, and a question to it. */
function networkOf(manifests: readonly Manifest[]) {
  const network = new Network(manifests, 'vectors', { monitoring: { team: 'ops' } });
  const pods = podsOf(manifests, 'vectors');
  const of = (name: string): Endpoint => {
    const found = pods.get(name);
    if (found === undefined) throw new Error(`no pod of ${name}; there are ${[...pods.keys()].join(', ')}`);
    return found;
  };
  const allows = (
    from: Endpoint | string,
    to: Endpoint | string,
    port: number,
    protocol: 'TCP' | 'UDP' = 'TCP',
  ) =>
    network.allows({
      from: typeof from === 'string' ? of(`milvus-test-${from}`) : from,
      to: typeof to === 'string' ? of(`milvus-test-${to}`) : to,
      port,
      protocol,
    });
  return { allows, of };
}
const network = (config: MilvusConfig) => networkOf([...manifestsOf(config), ...jobsOf(config)]);

/** Every pair of ends, as the table in the documentation has it. */
function table(allows: ReturnType<typeof networkOf>['allows']): string {
  const rows: readonly (readonly [string, Endpoint | string])[] = [
    ['mishards', 'mishards'],
    ['readonly', 'readonly'],
    ['writable', 'writable'],
    ['mysql', 'mysql'],
    ['backup, restore', 'backup'],
    ['smoke test', 'smoke-test'],
    ['export', 'export'],
    ['import', 'import'],
    ['a pod of the namespace', client],
    ['a pod of another namespace', foreign],
    ['Prometheus', prometheus],
    ['outside', outside],
  ];
  const columns: readonly (readonly [string, Endpoint | string, number, ('TCP' | 'UDP')?])[] = [
    ['mishards 19530', 'mishards', 19530],
    ['mishards 19120', 'mishards', 19120],
    ['readonly 19530', 'readonly', 19530],
    ['writable 19530', 'writable', 19530],
    ['readonly, writable 19121', 'writable', 19121],
    ['readonly, writable 9091', 'writable', 9091],
    ['mysql 3306', 'mysql', 3306],
    ['mysql 9104', 'mysql', 9104],
    ['S3', S3, 80],
    ['DNS', dns, 53, 'UDP'],
    ['elsewhere', outside, 443],
  ];
  const lines = rows.map(([name, from]) => [
    name,
    ...columns.map(([, to, port, protocol]) => {
      const ours = typeof from === 'string' || typeof to === 'string';
      return ours && from !== to ? (allows(from, to, port, protocol) ? 'yes' : '') : '-';
    }),
  ]);
  return [['from, to', ...columns.map(([name]) => name)], columns.map(() => '---').concat('---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

const DOCUMENT = join(ROOT, 'docs/explanation/network.md');
const documented = readFileSync(DOCUMENT, 'utf8');

test('the table in the documentation is what the policies say, cell by cell', () => {
  expect(documented).toContain(`\n\n${table(network(whole).allows)}\n\n`);
});

test('what the table takes together is alike', () => {
  const { allows } = network(whole);
  for (const from of ['mishards', 'mysql', 'smoke-test', client, foreign, prometheus, outside]) {
    for (const port of [19121, 9091])
      expect(allows(from, 'readonly', port)).toBe(allows(from, 'writable', port));
  }
  for (const to of ['mishards', 'readonly', 'writable'] as const) {
    expect(allows('restore', to, 19530)).toBe(allows('backup', to, 19530));
  }
  expect([allows('restore', 'mysql', 3306), allows('restore', S3, 80)]).toEqual([true, true]);
});

/** What an overlay with this makes of the cluster and its Jobs. */
function overlaid(kustomization: string): readonly Manifest[] {
  const directory = mkdtempSync(join(tmpdir(), 'network-policies-'));
  try {
    writeFileSync(join(directory, 'milvus.yaml'), stringify(whole));
    synthesize({ config: join(directory, 'milvus.yaml'), outdir: join(directory, 'dist'), env: {} });
    const jobs = jobsOf(whole).map((job) => stringify(job));
    writeFileSync(join(directory, 'jobs.yaml'), jobs.join('---\n'));
    writeFileSync(join(directory, 'kustomization.yaml'), `resources: [dist, jobs.yaml]\n${kustomization}`);
    return parse(
      execFileSync('kubectl', ['kustomize', directory], {
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
        // commonLabels is deprecated, and in use all the same.
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

testWith('kubectl')('kustomize may put it into any namespace', () => {
  const built = overlaid('namespace: vectors\n');
  expect(find(built, 'NetworkPolicy', 'milvus-test-default-deny').metadata['namespace']).toBe('vectors');
  expect(table(networkOf(built).allows)).toBe(table(network(whole).allows));
});

testWith('kubectl').each([
  'labels: [{ pairs: { team: search }, includeSelectors: true }]',
  'commonLabels: { team: search }',
])('kustomize may put labels into the selectors: %s', (labels) => {
  const built = overlaid(`${labels}\n`);
  const { podSelector } = fields(find(built, 'NetworkPolicy', 'milvus-test-mishards')['spec']);
  expect(podSelector).toMatchObject({ matchLabels: { team: 'search' } });
  expect(table(networkOf(built).allows)).toBe(table(network(whole).allows));
});

test('without policies everything goes', () => {
  const { allows } = network({ ...minimal, networkPolicy: { enabled: false } });
  expect(allows(outside, 'writable', 19121)).toBe(true);
});

test('a second cluster in the namespace is a stranger to all but the proxy', () => {
  const other: MilvusConfig = { ...minimal, name: 'other', s3: { address: '10.0.0.1', bucket: 'other' } };
  const { allows, of } = networkOf([...manifestsOf(minimal), ...manifestsOf(other).map((one) => one)]);
  for (const name of ['mishards', 'readonly', 'writable']) {
    expect(allows(of(`milvus-test-${name}`), of('other-mysql'), 3306)).toBe(false);
    expect(allows(of(`other-${name}`), of('milvus-test-writable'), 19530)).toBe(false);
  }
});

describe('clients', () => {
  const exposed = (service: MilvusConfig['service']) =>
    network({ ...minimal, service }).allows(outside, 'mishards', 19530);

  test('come from outside when the Service is meant for that', () => {
    expect(exposed({})).toBe(false);
    expect(exposed({ type: 'NodePort' })).toBe(true);
    expect(exposed({ type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] })).toBe(true);
    expect(exposed({ externalIPs: ['192.0.2.1'] })).toBe(true);
  });

  test('are those that are named, and the smoke test', () => {
    const { allows } = network({
      ...minimal,
      service: { type: 'NodePort' },
      networkPolicy: { clients: { peers: [{ namespaceSelector: { matchLabels: { team: 'ops' } } }] } },
    });
    expect([client, foreign, outside, prometheus].map((from) => allows(from, 'mishards', 19530))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(allows('smoke-test', 'mishards', 19530)).toBe(true);
  });

  test('of a standalone server reach the server', () => {
    const { allows } = network({ name: 'milvus-test', mode: 'standalone' });
    expect(allows(client, 'writable', 19530)).toBe(true);
    expect(allows(foreign, 'writable', 19530)).toBe(false);
    expect(allows(client, 'writable', 19121)).toBe(false);
    expect(allows('smoke-test', 'writable', 19530)).toBe(true);
  });
});

describe('S3 is where its address says', () => {
  const s3Pod = (namespace: string) => pod('s3', namespace, {});
  const at80 = (address: string, networkPolicy: MilvusConfig['networkPolicy'] = {}) => {
    const { allows } = network({
      name: 'milvus-test',
      s3: { address, port: 80, bucket: 'vectors' },
      networkPolicy,
    });
    return (to: Endpoint, port = 80) => allows('writable', to, port);
  };

  test('an address', () => {
    const reaches = at80('192.168.18.13');
    expect([reaches(S3), reaches(S3, 81), reaches(host('192.168.18.14'))]).toEqual([true, false, false]);
  });

  test('a Service of the namespace, of another, and what may be one', () => {
    // The port of the pods behind it is not known.
    expect([at80('rgw')(s3Pod('vectors'), 7480), at80('rgw')(s3Pod('ceph'), 7480)]).toEqual([true, false]);
    for (const name of ['rgw.ceph.svc', 'rgw.ceph.svc.cluster.local']) {
      const reaches = at80(name);
      expect([reaches(s3Pod('ceph'), 7480), reaches(s3Pod('other'), 7480), reaches(outside)]).toEqual([
        true,
        false,
        false,
      ]);
    }
    const either = at80('rgw.ceph');
    // Not every port of everything.
    expect([either(s3Pod('ceph'), 7480), either(outside), either(outside, 443)]).toEqual([true, true, false]);
  });

  test('a name of the Internet', () => {
    const reaches = at80('rgw.storage.example.com');
    expect([reaches(outside), reaches(outside, 443)]).toEqual([true, false]);
  });

  test('or where the configuration says', () => {
    const peers = [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'rgw' } } }];
    const reaches = at80('rgw.storage.example.com', { s3: { peers, ports: [8080] } });
    const rgw = pod('rgw', 'ceph', { app: 'rgw' });
    expect([reaches(rgw, 8080), reaches(rgw, 80), reaches(outside)]).toEqual([true, false, false]);
  });

  test('embedded: its pods, and nothing else may reach them', () => {
    const { allows } = network({
      name: 'milvus-test',
      s3: { embedded: true, bucket: 'vectors' },
      backup: { enabled: true },
    });
    expect(['writable', 'readonly', 'backup', 'restore'].map((from) => allows(from, 'minio', 9000))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([
      allows('mishards', 'minio', 9000),
      allows(client, 'minio', 9000),
      allows('minio', outside, 443),
    ]).toEqual([false, false, false]);
  });
});

test('an external MySQL, another place for backups, a push gateway and a tracer are reached by who needs them', () => {
  const { allows } = network({
    ...minimal,
    externalMysql: { host: '192.0.2.10', port: 3307 },
    backup: { enabled: true, s3: { address: '192.0.2.20', port: 9000, bucket: 'dumps' } },
    milvus: { metrics: { enabled: true, address: '192.0.2.30' } },
    mishards: { tracing: { enabled: true, host: '192.0.2.40' } },
  });
  const [database, dumps, gateway, tracer] = [10, 20, 30, 40].map((last) => host(`192.0.2.${last}`)) as [
    Endpoint,
    Endpoint,
    Endpoint,
    Endpoint,
  ];
  const who = (to: Endpoint, port: number, protocol?: 'UDP') =>
    ['mishards', 'readonly', 'writable', 'backup', 'smoke-test'].filter((from) =>
      allows(from, to, port, protocol),
    );
  expect(who(database, 3307)).toEqual(['mishards', 'readonly', 'writable', 'backup']);
  expect(who(dumps, 9000)).toEqual(['backup']);
  expect(who(gateway, 9091)).toEqual(['readonly', 'writable']);
  expect(who(tracer, 5775, 'UDP')).toEqual(['mishards']);
  // A backup reads the vectors.
  expect(who(S3, 80)).toEqual(['readonly', 'writable', 'backup']);
});

test('the metadata alone is dumped without a way to the vectors; a restore and an export reach the backups that they take, too', () => {
  const { allows } = network({
    ...minimal,
    backup: {
      enabled: true,
      objects: false,
      s3: { address: '192.0.2.20', port: 9000, bucket: 'dumps' },
      restoreFrom: { address: '192.0.2.50', port: 9001 },
    },
  });
  const reached = (from: string) => [
    allows(from, S3, 80),
    allows(from, host('192.0.2.20'), 9000),
    allows(from, host('192.0.2.50'), 9001),
  ];
  expect(reached('backup')).toEqual([false, true, false]);
  expect(reached('restore')).toEqual([true, true, true]);
  expect(reached('export')).toEqual([true, true, true]);
});

test('the API server is for the stock discovery alone', () => {
  const api = host('192.0.2.1');
  const reaches = (discovery: 'dns' | 'kubernetes') =>
    network({ ...minimal, mishards: { discovery } }).allows('mishards', api, 6443);
  expect([reaches('dns'), reaches('kubernetes')]).toEqual([false, true]);
});

test('other ports of the pods, when they are configured', () => {
  const { allows } = network({
    ...minimal,
    milvus: { network: { port: 29530 } },
    mysql: { service: { port: 3310 } },
  });
  expect([allows('mishards', 'readonly', 29530), allows('mishards', 'readonly', 19530)]).toEqual([
    true,
    false,
  ]);
  expect(allows('writable', 'mysql', 3306)).toBe(true);
});

test('additional rules are for all pods', () => {
  const rule = (peer: string) => [
    { [peer]: [{ ipBlock: { cidr: '203.0.113.0/24' } }], ports: [{ port: 9 }] },
  ];
  const { allows } = network({
    ...minimal,
    networkPolicy: { extraIngress: rule('from'), extraEgress: rule('to') },
  });
  expect([allows(outside, 'mysql', 9), allows('mysql', outside, 9), allows(outside, 'mysql', 10)]).toEqual([
    true,
    true,
    false,
  ]);
});

test('the HTTP port is in no policy, whoever is allowed', () => {
  for (const policy of manifestsOf(whole).filter(({ kind }) => kind === 'NetworkPolicy')) {
    const ports = ['ingress', 'egress']
      .flatMap((direction) => records(at(policy, 'spec', direction)))
      .flatMap((rule) => records(rule['ports']));
    expect(ports.map(({ port }) => port)).not.toContain(19121);
  }
});
