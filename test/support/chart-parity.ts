// Whether a cluster made from values of the Helm chart is what Helm itself would have made, apart from what is
// different on purpose: see docs/reference/differences-from-the-chart.md, to whose sections the comments refer.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { MilvusConfig } from '../../lib';
import { clusterOf, manifestsOf } from './clusters';
import { at, type Fields, fields, isFields, items, type Manifest, records, text } from './manifests';
import { readServerConfig } from './milvus-parser';
import { ROOT } from './project';
import { canonicalQuantity as canonical } from './quantity';

/** What is not as Helm renders it, and not on the list; empty for a cluster that works the same. */
export function chartDifferences(
  values: Fields,
  rendered: readonly Manifest[],
  config: MilvusConfig,
): string[] {
  const ours = manifestsOf(config);
  const comparison: Comparison = {
    given: (path) => at(values, ...path.split('.')) ?? undefined,
    ours,
    rendered,
    config,
  };
  return [
    ...rendered.filter(({ kind }) => kind === 'Deployment').flatMap((one) => workload(one, comparison)),
    ...rendered.filter(({ kind }) => kind === 'Service').flatMap((one) => service(one, comparison)),
    ...rendered
      .filter(({ kind }) => kind === 'PersistentVolumeClaim')
      .flatMap((one) => claim(one, comparison)),
    ...unknownWorkloads(comparison),
    ...serverSettings(comparison),
    ...mishardsSettings(comparison),
  ];
}

interface Comparison {
  /** The value that the user gave at a path of the chart. */
  readonly given: (path: string) => unknown;
  readonly ours: readonly Manifest[];
  readonly rendered: readonly Manifest[];
  readonly config: MilvusConfig;
}

function differs(what: string, chart: unknown, own: unknown): string[] {
  return isDeepStrictEqual(plain(chart), plain(own))
    ? []
    : [`${what}: the chart has ${JSON.stringify(plain(chart))}, we have ${JSON.stringify(plain(own))}`];
}

/** Without the difference between what is empty, null and not there. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(plain);
  if (!isFields(value)) return value;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, plain(item)] as const)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => a.localeCompare(b));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What the chart has, as far as ours has it as well. */
function contained(what: string, chart: unknown, own: unknown): string[] {
  if (Array.isArray(chart)) {
    const have = items(own).map((item) => JSON.stringify(plain(item)));
    return chart
      .filter((item) => !have.includes(JSON.stringify(plain(item))))
      .map((item) => `${what}: we do not have ${JSON.stringify(item)}`);
  }
  return Object.entries(fields(chart)).flatMap(([key, value]) =>
    differs(`${what}.${key}`, value, fields(own)[key]),
  );
}

// Workloads --------------------------------------------------------------------------------------------------------------

const isMysql = (deployment: Manifest): boolean =>
  at(deployment, 'metadata', 'labels', 'component') === undefined;

function workload(chart: Manifest, comparison: Comparison): string[] {
  const mysql = isMysql(chart);
  const { name } = chart.metadata;
  const own = comparison.ours.find(
    // "MySQL": a StatefulSet.
    (one) =>
      one.kind === (mysql ? 'StatefulSet' : 'Deployment') && one.metadata.name === ourName(name, comparison),
  );
  if (own === undefined) return [`workload ${name}: we do not have it`];
  const path = (...steps: string[]) => ['spec', 'template', 'spec', ...steps];
  const pod = (manifest: Manifest) => fields(at(manifest, ...path()));
  return [
    ...differs(`${name}: replicas`, at(chart, 'spec', 'replicas') ?? 1, at(own, 'spec', 'replicas')),
    ...(mysql
      ? []
      : differs(`${name}: selector`, at(chart, 'spec', 'selector'), at(own, 'spec', 'selector'))),
    ...podMetadata(name, chart, own),
    ...scheduling(name, pod(chart), pod(own)),
    ...mainContainer(chart, own, comparison),
    ...additions(name, pod(chart), pod(own), mysql),
    ...gracePeriod(name, pod(chart), pod(own), comparison),
  ];
}

/** "Names": where both charts would use one name, MySQL has ours. */
function ourName(name: string, { ours, rendered }: Comparison): string {
  const twice = rendered.filter((one) => one.kind === 'Deployment' && one.metadata.name === name).length > 1;
  return twice || !ours.some(({ metadata }) => metadata.name === name) ? `${name}-mysql` : name;
}

/** Labels and annotations that the user gave; the rest is ours to name. */
function podMetadata(name: string, chart: Manifest, own: Manifest): string[] {
  const chosen = (manifest: Manifest, key: string) =>
    Object.fromEntries(
      Object.entries(fields(at(manifest, 'spec', 'template', 'metadata', key))).filter(
        ([label]) =>
          !/^(app\.kubernetes\.io\/|component$|app$|release$|checksum\/|cdk8s-milvus\/)/.test(label),
      ),
    );
  return ['labels', 'annotations'].flatMap((key) =>
    differs(`${name}: pod ${key}`, chosen(chart, key), chosen(own, key)),
  );
}

function scheduling(name: string, chart: Fields, own: Fields): string[] {
  // "Security": amd64 nodes only.
  const { 'kubernetes.io/arch': _, ...nodeSelector } = fields(own['nodeSelector']);
  return [
    ...differs(`${name}: nodeSelector`, chart['nodeSelector'], nodeSelector),
    ...differs(`${name}: tolerations`, chart['tolerations'], own['tolerations']),
    // Several pods are spread, besides.
    ...contained(`${name}: affinity`, chart['affinity'], own['affinity']),
    ...differs(`${name}: priorityClassName`, chart['priorityClassName'], own['priorityClassName']),
    ...differs(`${name}: schedulerName`, chart['schedulerName'], own['schedulerName']),
    ...contained(`${name}: imagePullSecrets`, chart['imagePullSecrets'] ?? [], own['imagePullSecrets']),
  ];
}

function mainContainer(chart: Manifest, own: Manifest, comparison: Comparison): string[] {
  const { name } = chart.metadata;
  const [theirs, ...others] = records(at(chart, 'spec', 'template', 'spec', 'containers'));
  const containers = records(at(own, 'spec', 'template', 'spec', 'containers'));
  const [ours] = containers;
  const exporter = others.find((container) => container['name'] === 'metrics');
  const ports = (container: unknown) =>
    records(at(container, 'ports')).map((port) => [port['name'], port['containerPort']]);
  return [
    ...image(name, text(theirs?.['image']), text(ours?.['image']), comparison),
    ...contained(`${name}: ports`, ports(theirs), ports(ours)),
    ...resourcesOf(name, theirs, ours, chart, comparison),
    ...contained(`${name}: env`, isMysql(chart) ? [] : variables(theirs), variables(ours)),
    ...(exporter === undefined
      ? []
      : differs(
          `${name}: exporter`,
          ports(exporter),
          ports(containers.find((container) => container['name'] === 'metrics')),
        )),
  ];
}

/** With the version that the API server fills in. */
function variables(container: Fields | undefined): unknown[] {
  return records(container?.['env']).map((variable) =>
    at(variable, 'valueFrom', 'fieldRef') === undefined
      ? variable
      : {
          ...variable,
          valueFrom: { fieldRef: { apiVersion: 'v1', ...fields(at(variable, 'valueFrom', 'fieldRef')) } },
        },
  );
}

function image(name: string, chart: string, own: string, { given, config }: Comparison): string[] {
  // "MySQL": the last of 5.7, unless a version was given.
  if (/(^|\/)mysql:5\.7\.30$/.test(chart) && given('mysql.imageTag') === undefined) {
    return differs(`${name}: image`, chart.replace('5.7.30', '5.7.44'), own);
  }
  const role = name.endsWith('-readonly') ? 'readonly' : 'writable';
  // "Servers and sizes": the GPU build where there is a GPU.
  if (config[role]?.gpu?.enabled === true && !chart.includes('gpu') && /milvus:/.test(chart)) {
    return differs(`${name}: image`, 'milvusdb/milvus:1.1.1-gpu-d061621-330cc6', own);
  }
  return differs(`${name}: image`, chart, own);
}

/** Amounts that the user gave; where there are none, ours are set. */
function resourcesOf(
  name: string,
  chart: unknown,
  own: unknown,
  deployment: Manifest,
  { given }: Comparison,
): string[] {
  const amounts = (container: unknown, kind: string) =>
    Object.fromEntries(
      Object.entries(fields(at(container, 'resources', kind))).map(([key, amount]) => [
        key,
        canonical(String(amount)),
      ]),
    );
  // MySQL's own are among "Other defaults".
  const asked = isMysql(deployment) ? { resources: given('mysql.resources') } : chart;
  return ['requests', 'limits'].flatMap((kind) =>
    contained(`${name}: resources.${kind}`, amounts(asked, kind), amounts(own, kind)),
  );
}

/** What the user added to the pods: containers, volumes and mounts, under the names that ours have. */
function additions(name: string, chart: Fields, own: Fields, mysql: boolean): string[] {
  const known = /^(milvus|mishards|mysql|metrics|admin|wait-for-|create-for-|check-for-|remove-lost-found)/;
  const added = (pod: Fields, key: string) =>
    records(pod[key])
      .filter((container) => !known.test(text(container['name'])))
      .map((container) => [container['name'], container['image'], container['command'], container['args']]);
  const volumes = records(chart['volumes'])
    .filter((volume) => !/^(milvus-|configurations|migrations|data|certificates)/.test(text(volume['name'])))
    .map((volume) => volume);
  return [
    ...(mysql ? [] : contained(`${name}: containers`, added(chart, 'containers'), added(own, 'containers'))),
    ...contained(`${name}: init containers`, added(chart, 'initContainers'), added(own, 'initContainers')),
    ...contained(`${name}: volumes`, volumes, own['volumes']),
  ];
}

function gracePeriod(name: string, chart: Fields, own: Fields, { given }: Comparison): string[] {
  const seconds = given('terminationGracePeriodSeconds');
  if (seconds === undefined || !/-(writable|readonly)$/.test(name)) return [];
  // "mishards and discovery": a reader serves on for 66 s.
  if (name.endsWith('-readonly') && Number(seconds) <= 66) return [];
  return differs(
    `${name}: grace period`,
    chart['terminationGracePeriodSeconds'],
    own['terminationGracePeriodSeconds'],
  );
}

/** Workloads that the chart does not have: none, since what we add are Services, policies and claims. */
function unknownWorkloads({ ours, rendered }: Comparison): string[] {
  const theirs = rendered.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
  return ours
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind))
    .map(({ metadata }) => metadata.name)
    .filter((name) => !theirs.includes(name) && !theirs.includes(name.replace(/-mysql$/, '')))
    .map((name) => `workload ${name}: the chart does not have it`);
}

// Services and claims ------------------------------------------------------------------------------------------------------

function service(chart: Manifest, comparison: Comparison): string[] {
  const { name } = chart.metadata;
  const mysql = at(chart, 'metadata', 'labels', 'component') === undefined;
  const own = comparison.ours.find(
    (one) =>
      one.kind === 'Service' && one.metadata.name === (mysql ? ourServiceName(name, comparison) : name),
  );
  if (own === undefined) return [`Service ${name}: we do not have it`];
  const clients = name === comparison.config.name;
  // "Services": HTTP is on none.
  const ports = records(at(chart, 'spec', 'ports'))
    .filter((port) => port['name'] !== 'web')
    .map(({ name: port, port: number, targetPort, nodePort }) => ({
      name: port,
      port: number,
      targetPort,
      // Of the readers' Service the API server would refuse it.
      nodePort: name.endsWith('-readonly') ? undefined : nodePort,
    }));
  const ourPorts = records(at(own, 'spec', 'ports')).map(
    ({ name: port, port: number, targetPort, nodePort }) => ({
      name: port,
      port: number,
      targetPort,
      nodePort,
    }),
  );
  const chosen = (manifest: Manifest, key: string) =>
    Object.fromEntries(
      Object.entries(fields(at(manifest, 'metadata', key))).filter(
        ([label]) =>
          !/^(app\.kubernetes\.io\/|helm\.sh\/|component$|app$|chart$|release$|heritage$)/.test(label),
      ),
    );
  const field = (key: string) =>
    differs(`Service ${name}: ${key}`, at(chart, 'spec', key), at(own, 'spec', key));
  const ranges = items(at(chart, 'spec', 'loadBalancerSourceRanges')).filter(
    (range) => range !== '0.0.0.0/0',
  );
  const exposed = clients || mysql || name.endsWith('-admin');
  return [
    ...differs(`Service ${name}: type`, at(chart, 'spec', 'type') ?? 'ClusterIP', at(own, 'spec', 'type')),
    ...differs(`Service ${name}: ports`, ports, ourPorts),
    ...(mysql ? [] : field('selector')),
    // Of the clients' Service alone.
    ...(exposed
      ? [
          ...['clusterIP', 'loadBalancerIP', 'externalIPs'].flatMap(field),
          ...differs(
            `Service ${name}: loadBalancerSourceRanges`,
            ranges,
            at(own, 'spec', 'loadBalancerSourceRanges'),
          ),
          ...['labels', 'annotations'].flatMap((key) =>
            differs(`Service ${name}: ${key}`, chosen(chart, key), chosen(own, key)),
          ),
        ]
      : []),
  ];
}

function ourServiceName(name: string, { rendered }: Comparison): string {
  const twice = rendered.filter((one) => one.kind === 'Service' && one.metadata.name === name).length > 1;
  return twice ? `${name}-mysql` : name;
}

function claim(chart: Manifest, { ours, config, given }: Comparison): string[] {
  const { name } = chart.metadata;
  const mysql = at(chart, 'metadata', 'labels', 'heritage') !== undefined;
  const templates = ours
    .filter(({ kind }) => kind === 'StatefulSet')
    .flatMap((one) => records(at(one, 'spec', 'volumeClaimTemplates')));
  const own = mysql
    ? templates[0]
    : ours.find((one) => one.kind === 'PersistentVolumeClaim' && one.metadata.name === name);
  if (own === undefined) {
    // "Storage": with S3 there is no data volume.
    return config.s3 !== undefined && !mysql ? [] : [`claim ${name}: we do not have it`];
  }
  // "Other defaults": the claim of one server alone.
  const value = name.endsWith('-logs') ? 'logsPersistence' : 'persistence';
  const anyMode =
    config.mode === 'standalone' &&
    !mysql &&
    given(`${value}.persistentVolumeClaim.accessModes`) === undefined;
  const asked = (manifest: unknown) => ({
    class: at(manifest, 'spec', 'storageClassName'),
    size: canonical(String(at(manifest, 'spec', 'resources', 'requests', 'storage'))),
    modes: anyMode ? [] : at(manifest, 'spec', 'accessModes'),
  });
  const annotations = (manifest: unknown) => at(manifest, 'metadata', 'annotations');
  return [
    ...differs(`claim ${name}`, asked(chart), asked(own)),
    // "Storage": GitOps leaves it, besides.
    ...contained(`claim ${name}: annotations`, annotations(chart), annotations(own)),
  ];
}

// Settings -----------------------------------------------------------------------------------------------------------------

const PASSWORD = 'PASSWORD-OF-THE-USER';

/** Settings of the server that follow from values, by the value; unset, ours is another: "Other defaults". */
const FROM_VALUES: Readonly<Record<string, string>> = {
  'general.timezone': 'timeZone',
  'storage.path': 'primaryPath',
  'wal.recovery_error_ignore': 'wal.recoveryErrorIgnore',
  'wal.buffer_size': 'wal.bufferSize',
  'wal.path': 'wal.path',
};
const BY_ROLE: Readonly<Record<string, string>> = {
  'cache.cache_size': 'cache.cacheSize',
  'cache.insert_buffer_size': 'cache.insertBufferSize',
  'logs.level': 'logs.level',
  'logs.max_log_file_size': 'logs.maxLogFileSize',
  'logs.log_rotate_num': 'logs.logRotateNum',
  'logs.log_to_stdout': 'logs.logToStdOut',
  'logs.log_to_file': 'logs.logToFile',
};
/** Different on purpose, whatever the values: "Storage", "Servers and sizes", "Credentials". */
const ALWAYS = new Set([
  'general.meta_uri',
  'engine_config.omp_thread_num',
  'storage.file_cleanup_timeout',
  'logs.trace.enable',
  'metric.cluster_label',
  'storage.s3_address',
  'storage.s3_port',
  'storage.s3_access_key',
  'storage.s3_secret_key',
  'storage.s3_bucket',
]);

function serverSettings(comparison: Comparison): string[] {
  const { rendered, config, given } = comparison;
  const data = fields(
    rendered.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === config.name)?.['data'],
  );
  const { serverConfigs } = clusterOf(config);
  return (['writable', 'readonly'] as const).flatMap((role) => {
    const template = serverConfigs[role];
    const file = role === 'writable' ? 'server_config.yaml' : 'readonly_server_config.yaml';
    const parsed = at(data, file, 'parsed');
    if (template === undefined || parsed === undefined) {
      return template === undefined && parsed === undefined ? [] : [`${file}: only one of us has it`];
    }
    const theirs = read(stringify(parsed));
    const own = read(renderedTemplate(template.text));
    const keys = Object.keys(theirs.settings) as (keyof typeof theirs.settings)[];
    const differing = keys.filter((key) => {
      if (ALWAYS.has(key) || theirs.settings[key] === own.settings[key]) return false;
      // A reader has no log at all.
      if (role === 'readonly' && key.startsWith('wal.')) return key === 'wal.enable';
      // Kept log files are written.
      if (key === 'logs.log_to_file' && config.milvus?.logs?.toFile === true) return false;
      const value =
        FROM_VALUES[key] ?? (BY_ROLE[key] && `${role === 'readonly' ? 'readonly.' : ''}${BY_ROLE[key]}`);
      // Nothing to push to in the pod, where the chart leaves it at 127.0.0.1.
      return value === undefined || given(value) !== undefined;
    });
    const s3 = ['address', 'port', 'bucket', 'enabled'].flatMap((key) => {
      const name = `storage.s3_${key}` as keyof typeof theirs.settings;
      return theirs.settings['storage.s3_enabled'] === true || key === 'enabled'
        ? differs(`${file}: ${name}`, theirs.settings[name], own.settings[name])
        : [];
    });
    return [
      ...differing.map(
        (key) =>
          `${file}: ${key} is ${String(theirs.settings[key])} in the chart, ${String(own.settings[key])} here`,
      ),
      ...s3,
      ...database(file, theirs.metaUri, own.metaUri, comparison),
      ...gpu(file, fields(parsed), role, config),
    ];
  });
}

/** Same server, same database; "Credentials": as the user, not as root. */
function database(
  file: string,
  chart: {
    readonly dialect: string;
    readonly host: string;
    readonly port: string;
    readonly database: string;
  },
  own: typeof chart,
  { rendered }: Comparison,
): string[] {
  const mysql = rendered.find(
    (one) => one.kind === 'Service' && at(one, 'metadata', 'labels', 'component') === undefined,
  );
  // "Names": where MySQL is, which the chart does not always know; under our own name where both charts have one.
  const hosts = mysql === undefined ? [chart.host] : [mysql.metadata.name, `${mysql.metadata.name}-mysql`];
  return [
    ...(hosts.includes(own.host)
      ? []
      : [`${file}: metadata is at ${own.host}, not at ${hosts.join(' or ')}`]),
    ...differs(`${file}: dialect`, chart.dialect, own.dialect),
    ...differs(`${file}: database`, chart.database, own.database),
  ];
}

/** Only where there is one. */
function gpu(file: string, chart: Fields, role: 'writable' | 'readonly', config: MilvusConfig): string[] {
  const theirs = fields(chart['gpu']);
  if (theirs['enable'] !== true) return [];
  const text_ = clusterOf(config).serverConfigs[role]?.text ?? '';
  return ['gpu_search_threshold', 'cache_size'].flatMap((key) =>
    text_.includes(`${key}: ${String(theirs[key])}`)
      ? []
      : [`${file}: gpu.${key} is not ${String(theirs[key])}`],
  );
}

function read(yaml: string) {
  const result = readServerConfig(yaml);
  if (!result.ok) throw new Error(result.message);
  return result;
}

function renderedTemplate(template: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'chart-parity-'));
  const files = [join(directory, 'template.yaml'), join(directory, 'server_config.yaml')] as const;
  try {
    writeFileSync(files[0], template);
    execFileSync('sh', [join(ROOT, 'assets/render-config.sh'), ...files], {
      env: { PATH: process.env['PATH'], MYSQL_PASSWORD: PASSWORD, S3_ACCESS_KEY: 'A', S3_SECRET_KEY: 'S' },
      stdio: 'pipe',
    });
    return readFileSync(files[1], 'utf8');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** mishards' settings: in the chart a .env file, here variables. "mishards and discovery" says what differs. */
function mishardsSettings({ rendered, ours, config, given }: Comparison): string[] {
  const data = fields(
    rendered.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === config.name)?.['data'],
  );
  const theirs = fields(at(data, 'mishards_config.yaml', 'parsed'));
  const deployment = ours.find(
    (one) => one.kind === 'Deployment' && one.metadata.name === `${config.name}-mishards`,
  );
  if (Object.keys(theirs).length === 0)
    return deployment === undefined ? [] : ['mishards: the chart has none'];
  const [container] = records(at(deployment, 'spec', 'template', 'spec', 'containers'));
  const own = Object.fromEntries(records(container?.['env']).map(({ name, value }) => [name, value]));
  const same = [
    'WOSERVER',
    'SERVER_PORT',
    'MAX_WORKERS',
    'TRACER_CLASS_NAME',
    'TRACING_REPORTING_HOST',
    'TRACING_REPORTING_PORT',
  ];
  const discovery =
    given('mishards.discoveryClassName') === undefined ? 'dns' : theirs['DISCOVERY_CLASS_NAME'];
  const replaced = discovery === 'static' && Number(given('readonly.replicas') ?? 1) > 1;
  return [
    ...same.flatMap((name) => differs(`mishards: ${name}`, theirs[name], own[name])),
    ...differs('mishards: DISCOVERY_CLASS_NAME', replaced ? 'dns' : discovery, own['DISCOVERY_CLASS_NAME']),
    ...(given('mishards.debug') === undefined
      ? []
      : differs(
          'mishards: LOG_LEVEL',
          given('mishards.debug') === true ? 'DEBUG' : 'INFO',
          own['LOG_LEVEL'],
        )),
  ];
}
