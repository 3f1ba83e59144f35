import { App } from 'cdk8s';
import { MilvusCluster, type MilvusConfig, MilvusJob, type RunOptions } from '../../lib';
import type { NetworkPolicyPeer, Resources } from '../../lib/config/milvus-config';
import { writeDocuments } from '../../lib/yaml/write';
import { type Manifest, parse } from './manifests';

/** Every key given, at every depth: a new option does not compile until it stands in `everyOption`. */
type Every<T> = T extends readonly (infer Item)[]
  ? readonly Every<Item>[]
  : T extends object
    ? string extends keyof T
      ? T
      : { readonly [Key in keyof T]-?: Every<NonNullable<T[Key]>> }
    : T;

/** What exclude each other: one cluster can't have both. */
type ExclusiveOptions = 'mysql' | 'externalMysql';
/** What holds credentials, which are given in one of several ways. */
type WithCredentials = 's3' | 'backup';
type Common = Omit<MilvusConfig, ExclusiveOptions | WithCredentials>;

/** Values by which a credential that leaks is found. */
export const CANARIES = {
  s3AccessKey: 'CANARY-S3-ACCESS-KEY',
  s3SecretKey: 'canary/s3+secret=key',
  backupAccessKey: 'CANARY-BACKUP-ACCESS-KEY',
  backupSecretKey: 'canary/backup+secret=key',
  restoreAccessKey: 'CANARY-RESTORE-ACCESS-KEY',
  restoreSecretKey: 'canary/restore+secret=key',
  mysqlRootPassword: 'canary.mysql-root.password',
  mysqlPassword: 'canary.mysql.password',
};

export const minimal = {
  name: 'milvus-test',
  s3: { address: '192.168.18.13', bucket: 'milvus-test' },
} satisfies MilvusConfig;

/** The source scenario as milvus.yaml ships it. */
export const sourceScenario = {
  ...minimal,
  s3: {
    address: '192.168.18.13',
    port: 80,
    bucket: 'milvus-test',
    credentials: { existingSecret: 'milvus-test-s3' },
  },
  mysql: {
    persistence: { storageClassName: 'csi-rbd-sc', size: '4Gi' },
    credentials: { existingSecret: 'milvus-test-mysql' },
  },
  readonly: { replicas: 1 },
  mishards: { replicas: 1 },
} satisfies MilvusConfig;

/** @param containers the fields of the containers by their names, those of init containers included */
const workload = (
  name: string,
  { metadata = {}, spec = {} }: { readonly metadata?: object; readonly spec?: object } = {},
) => ({
  resources: {
    requests: { cpu: '750m', memory: '1Gi', 'ephemeral-storage': '2Gi' },
    limits: { cpu: 3, memory: '40Gi', 'ephemeral-storage': '4Gi', 'example.com/fpga': 1 },
  } as unknown as Every<Resources>,
  annotations: { 'example.com/workload-note': name },
  podTemplate: {
    metadata: {
      labels: { 'example.com/pod': name },
      annotations: { 'example.com/pod-note': `pods of ${name}` },
      ...metadata,
    },
    spec: {
      nodeSelector: { [`example.com/${name}`]: 'yes' },
      tolerations: [
        { key: `only-${name}`, operator: 'Equal', value: 'yes', effect: 'NoExecute', tolerationSeconds: 60 },
      ],
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 1,
              preference: { matchExpressions: [{ key: 'example.com/disk', operator: 'Exists' }] },
            },
          ],
        },
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 2,
              podAffinityTerm: {
                topologyKey: 'topology.kubernetes.io/zone',
                labelSelector: { matchLabels: { app: 'a' } },
              },
            },
          ],
        },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: null,
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'b' } } },
          ],
        },
      },
      priorityClassName: `${name}-priority`,
      schedulerName: `${name}-scheduler`,
      serviceAccountName: `${name}-account`,
      topologySpreadConstraints: [
        { $patch: 'replace' },
        {
          maxSkew: 2,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { 'example.com/pod': name } },
        },
      ],
      ...spec,
    },
  },
});

const additions = (
  main: string,
  terminationGracePeriodSeconds: number,
  ...mounts: { name: string; mountPath: string }[]
) => ({
  spec: {
    terminationGracePeriodSeconds,
    volumes: [{ name: 'extra', emptyDir: { sizeLimit: '1Mi' } }],
    containers: [
      {
        name: main,
        imagePullPolicy: 'Never',
        env: [
          { name: 'EXTRA', value: main },
          { name: 'FROM_FIELD', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
        ],
        volumeMounts: [{ name: 'extra', mountPath: '/extra' }, ...mounts],
        livenessProbe: { initialDelaySeconds: 1, periodSeconds: 21, timeoutSeconds: 3, failureThreshold: 7 },
        readinessProbe: {
          initialDelaySeconds: 2,
          periodSeconds: 11,
          timeoutSeconds: 4,
          failureThreshold: 8,
          successThreshold: 2,
        },
      },
      {
        name: 'extra',
        image: 'busybox:1.36',
        args: ['sleep', '1000'],
        resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '2m', memory: '2Mi' } },
      },
    ],
    initContainers: [
      ...['wait-for-mysql', 'wait-for-writable', 's3-preflight', 'volume-preflight', 'render-config'].map(
        (name) => ({ name }),
      ),
      {
        name: 'extra-init',
        image: 'busybox:1.36',
        args: ['true'],
        resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '2m', memory: '2Mi' } },
      },
    ],
  },
});

/** Fields of the main container of pods to which nothing is added. */
const container = (name: string, terminationGracePeriodSeconds?: number) => ({
  spec: { terminationGracePeriodSeconds, containers: [{ name, imagePullPolicy: 'Never' }] },
});

const EXTRA_CONFIG = { name: 'extra-config', mountPath: '/extra-config' };

const replication = (replicas: number) => ({
  replicas,
  podDisruptionBudget: {
    enabled: true,
    maxUnavailable: '25%',
    // One of the two: 'several of each' has this one.
    minAvailable: undefined as unknown as number,
    // Kubernetes before 1.26 refuses the field.
    unhealthyPodEvictionPolicy: undefined as unknown as 'AlwaysAllow',
  },
  autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 6, targetCPUUtilizationPercentage: 60 },
});

const exposure = (name: string) => ({
  type: 'LoadBalancer' as const,
  nodePort: 31530,
  clusterIP: '10.96.0.99',
  loadBalancerIP: '192.0.2.10',
  loadBalancerSourceRanges: ['192.0.2.0/24'],
  externalIPs: ['198.51.100.7'],
  annotations: { 'example.com/lb': name },
  labels: { 'example.com/exposed': 'yes' },
});

const gpu = (searchDevice: string) => ({
  enabled: true,
  cacheSize: '2GB',
  cacheThreshold: 0.6,
  gpuSearchThreshold: 900,
  searchDevices: [searchDevice],
  buildIndexDevices: ['gpu0'],
  count: 3,
  resourceName: 'example.com/gpu',
});

const logOverrides = {
  level: 'fatal' as const,
  traceEnabled: true,
  toStdout: true,
  toFile: true,
  maxFileSize: '2GB',
  rotateNum: 9,
};

const peers = [
  { podSelector: { matchLabels: { role: 'client' } }, namespaceSelector: { matchLabels: { team: 'a' } } },
] as unknown as readonly Every<NetworkPolicyPeer>[];

const cache = {
  cacheSize: '6GB',
  insertBufferSize: '512MB',
  cpuCacheThreshold: 0.8,
  cacheInsertData: true,
  preloadCollections: ['first', 'second'],
};

const engine = {
  ompThreadNum: 3,
  useBlasThreshold: 1000,
  simdType: 'avx2' as const,
  searchCombineNq: 32,
  maxPartitionNum: 100,
};

const persistence = (claim: string) => ({
  enabled: true,
  storageClassName: `${claim}-sc`,
  size: '20Gi',
  accessModes: ['ReadWriteOncePod' as const],
  existingClaim: `${claim}-claim`,
  subPath: `in/${claim}`,
  annotations: { 'example.com/claim-note': claim },
});

const sharedVolume = (claim: string) => ({
  ...persistence(claim),
  accessModes: ['ReadWriteMany' as const],
});

const externalSecret = <Refs>(remoteRefs: Refs) => ({
  secretStoreRef: { name: 'vault', kind: 'ClusterSecretStore' as const },
  refreshInterval: '30m',
  remoteRefs,
});

const common: Every<Common> = {
  name: 'every',
  namespace: 'vectors',
  labels: { 'example.com/team': 'search' },
  annotations: { 'example.com/note': 'every object' },
  mode: 'cluster',
  instance: 'every-release',
  appName: 'every-app',
  storage: {
    path: '/data/milvus',
    autoFlushInterval: 2,
    fileCleanupTimeout: 120,
    sizeLimit: '30Gi',
    // Beside S3 there is no such volume: 'shared volume' below has all of it.
    persistence: { ...sharedVolume('storage'), enabled: false },
  },
  wal: {
    enabled: true,
    path: '/data/wal',
    bufferSize: '512MB',
    recoveryErrorIgnore: false,
    persistence: persistence('wal'),
  },
  milvus: {
    timezone: 'UTC-3:30',
    network: { port: 29530, httpEnabled: true, httpPort: 29121 },
    logs: {
      level: 'error',
      traceEnabled: true,
      toStdout: false,
      toFile: true,
      path: '/data/logs',
      maxFileSize: '1GB',
      rotateNum: 7,
      sizeLimit: '9Gi',
      persistence: sharedVolume('logs'),
    },
    gpu: gpu('gpu1'),
    extraConfigFiles: { 'extra.conf': 'an additional file\n' },
    cache: { ...cache, cacheSize: '5GB' },
    engine: { ...engine, ompThreadNum: 1 },
    metrics: { enabled: true, address: 'pushgateway.monitoring', port: 9092, clusterLabel: 'every-label' },
    extraServerConfig: { db_config: { archive_days_threshold: 30 }, metric: { instance_label: 'shared' } },
  },
  writable: {
    ...workload('writable', additions('milvus', 600, EXTRA_CONFIG)),
    securityProfile: 'restricted',
    logs: logOverrides,
    gpu: gpu('gpu2'),
    replicas: 1,
    maxIndexFileSize: '2GB',
    startupTimeoutSeconds: 3600,
    cache,
    engine,
    extraServerConfig: { metric: { instance_label: 'the-writable' } },
  },
  readonly: {
    ...workload('readonly', additions('milvus', 45, EXTRA_CONFIG)),
    ...replication(3),
    securityProfile: 'restricted',
    logs: logOverrides,
    gpu: gpu('gpu0'),
    startupTimeoutSeconds: 900,
    cache: { ...cache, cacheSize: '8GB', preloadCollections: ['*'] },
    engine: { ...engine, ompThreadNum: 2 },
    extraServerConfig: { tracing_config: { json_config_path: '/data/tracing.json' } },
  },
  mishards: {
    ...workload('mishards', additions('mishards', 60)),
    ...replication(2),
    // Of the static discovery alone, which has a sample of its own.
    staticHosts: undefined as unknown as readonly string[],
    tracing: {
      enabled: true,
      className: 'jaeger',
      host: 'jaeger.tracing',
      port: 6831,
      serviceName: 'every-proxy',
      samplerType: 'const',
      samplerParam: 1,
    },
    maxWorkers: 80,
    maxRetry: 2,
    logLevel: 'INFO',
    discovery: 'kubernetes',
    discoveryIntervalSeconds: 7,
    dnsCacheSeconds: 20,
    commands: 'all',
    database: { poolSize: 60, maxOverflow: 5, poolRecycleSeconds: 100, poolTimeoutSeconds: 10 },
  },
  service: { port: 19531, ...exposure('clients') },
  minio: { ...workload('minio', container('minio', 15)), persistence: persistence('minio') },
  smokeTest: {
    ...workload('smoke-test', container('smoke-test')),
    schedule: '*/30 * * * *',
    timeoutSeconds: 300,
  },
  admin: {
    ...workload('admin', container('admin', 5)),
    enabled: true,
    replicas: 2,
    service: { port: 3001, ...exposure('admin'), nodePort: 31532, clusterIP: '10.96.0.97' },
  },
  networkPolicy: {
    enabled: true,
    clients: { peers },
    s3: { peers, ports: [8080] },
    mysql: { peers, ports: [3308] },
    prometheus: { peers },
    apiServer: { peers, ports: [6444] },
    dns: { peers, ports: [5353] },
    extraIngress: [{ from: peers, ports: [{ port: 8001, endPort: 8002, protocol: 'TCP' }] }],
    extraEgress: [{ to: peers, ports: [{ port: 8003, endPort: 8004, protocol: 'UDP' }] }],
  },
  monitoring: {
    podMonitor: { enabled: true, interval: '15s', labels: { release: 'prometheus' } },
    prometheusRule: {
      enabled: true,
      kubeStateMetrics: true,
      labels: { release: 'prometheus' },
      runbookUrl: 'https://wiki.example.com/milvus/alerts',
    },
    dashboard: { enabled: true, labels: { grafana_dashboard: 'yes' }, annotations: { folder: 'Milvus' } },
  },
  mysqlWaitSeconds: 111,
  images: {
    milvus: 'milvusdb/milvus:1.1.1-cpu-other',
    mishards: 'quay.io/mirror/mishards:1.1.1',
    mysql: 'mysql:8.0.36',
    rclone: `rclone/rclone:1.68.2@sha256:${'0'.repeat(64)}`,
    milvusGpu: 'milvusdb/milvus:1.1.1-gpu-other',
    pushgateway: 'prom/pushgateway:v1.9.0',
    mysqldExporter: 'prom/mysqld-exporter:v0.15.1',
    admin: 'milvusdb/milvus-em:v0.4.2',
    minio: 'quay.io/minio/minio:RELEASE.2025-01-01T00-00-00Z',
    haproxy: 'haproxy:3.0.5',
  },
  imageRegistry: 'registry.example.com:5000/mirror',
  imagePullPolicy: 'Always',
  podTemplate: { spec: { imagePullSecrets: [{ name: 'registry-login' }], runtimeClassName: 'sandbox' } },
};

type S3 = NonNullable<MilvusConfig['s3']>;
const s3: Omit<Every<S3>, 'credentials'> = {
  address: 'rgw.storage.example.com',
  embedded: false,
  port: 7480,
  tls: { enabled: true, caSecret: 'storage-ca', serverName: 'rgw.storage.example.com' },
  bucket: 'every-bucket',
  createBucket: true,
  waitSeconds: 222,
};

const s3Credentials: Every<NonNullable<S3['credentials']>> = {
  existingSecret: 'keys-of-s3',
  keys: { accessKey: 'the-access-key', secretKey: 'the-secret-key' },
  externalSecret: externalSecret({
    accessKey: { key: 'milvus/s3', property: 'access' },
    secretKey: { key: 'milvus/s3', property: 'secret' },
  }),
  inline: { accessKey: CANARIES.s3AccessKey, secretKey: CANARIES.s3SecretKey },
};

type Backup = NonNullable<MilvusConfig['backup']>;
const backupStorage: Omit<Every<NonNullable<Backup['s3']>>, 'credentials'> = {
  address: 's3.example.com',
  port: 443,
  tls: { enabled: true, caSecret: 'backup-ca', serverName: 's3.example.com' },
  region: 'eu-central-1',
  bucket: 'other-bucket',
  prefix: 'dumps/every',
};
const restoreStorage: Omit<Every<NonNullable<Backup['restoreFrom']>>, 'credentials'> = {
  address: 'production.example.com',
  port: 8443,
  tls: { enabled: true, caSecret: 'restore-ca', serverName: 'production.example.com' },
  region: 'eu-west-1',
  bucket: 'bucket-of-production',
  prefix: 'dumps/production',
};
/** Not `restore`, with which a cluster is stopped: see `everyOptionRestored`. */
const backup: Omit<Every<Backup>, 's3' | 'restoreFrom' | 'restore'> = {
  ...workload('backup', container('upload')),
  enabled: true,
  objects: true,
  verify: { schedule: '5 5 * * 0' },
  schedule: '5 4 * * 1-5',
  suspend: true,
  keep: 30,
  timeoutSeconds: 1200,
};

const backupCredentials: Every<NonNullable<NonNullable<Backup['s3']>['credentials']>> = {
  existingSecret: 'keys-of-backup',
  keys: { accessKey: 'backup-access-key', secretKey: 'backup-secret-key' },
  externalSecret: externalSecret({
    accessKey: { key: 'backup/s3', property: 'a' },
    secretKey: { key: 'backup/s3', property: 's' },
  }),
  inline: { accessKey: CANARIES.backupAccessKey, secretKey: CANARIES.backupSecretKey },
};

const restoreCredentials: typeof backupCredentials = {
  existingSecret: 'keys-of-restore',
  keys: { accessKey: 'restore-access-key', secretKey: 'restore-secret-key' },
  externalSecret: externalSecret({
    accessKey: { key: 'restore/s3', property: 'a' },
    secretKey: { key: 'restore/s3', property: 's' },
  }),
  inline: { accessKey: CANARIES.restoreAccessKey, secretKey: CANARIES.restoreSecretKey },
};

const backupOf = (way: Way): Backup => ({
  ...backup,
  s3: { ...backupStorage, credentials: only(way, backupCredentials) },
  restoreFrom: { ...restoreStorage, credentials: only(way, restoreCredentials) },
});

type Mysql = NonNullable<MilvusConfig['mysql']>;
const mysql: Omit<Every<Mysql>, 'credentials'> = {
  ...workload('mysql', additions('mysql', 240)),
  enabled: true,
  name: 'every-metadata',
  service: { port: 3310, ...exposure('mysql'), nodePort: 31531, clusterIP: '10.96.0.98' },
  configurationFiles: { 'more.cnf': '[mysqld]\nlong_query_time = 5\n' },
  extraArgs: ['--slow-query-log=ON'],
  initializationFiles: { 'first.sql': 'CREATE DATABASE IF NOT EXISTS other;\n' },
  runAsUser: 1999,
  fsGroup: 1998,
  exporter: {
    enabled: true,
    flags: ['--collect.auto_increment.columns'],
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '20m', memory: '32Mi' } },
  },
  database: 'vectors',
  user: 'vector_user',
  maxConnections: 2000,
  persistence: { ...persistence('mysql'), subPath: 'the/data' },
  startupTimeoutSeconds: 600,
};

const mysqlCredentials: Every<NonNullable<Mysql['credentials']>> = {
  existingSecret: 'passwords-of-mysql',
  keys: { rootPassword: 'the-root-password', password: 'the-password' },
  externalSecret: externalSecret({
    rootPassword: { key: 'milvus/mysql', property: 'root' },
    password: { key: 'milvus/mysql', property: 'user' },
  }),
  inline: { rootPassword: CANARIES.mysqlRootPassword, password: CANARIES.mysqlPassword },
};

const externalMysql: Every<NonNullable<MilvusConfig['externalMysql']>> = {
  host: 'mysql.example.com',
  port: 3307,
  database: 'outside',
  user: 'milvus@outside',
  credentials: {
    existingSecret: 'outside-password',
    keys: { password: 'pw' },
    externalSecret: externalSecret({ password: { key: 'milvus/outside', property: 'pw' } }),
    inline: { password: CANARIES.mysqlPassword },
  },
};

/** Of credentials, all but one way must be left out. */
type Way = 'existingSecret' | 'externalSecret' | 'inline';
function only<T extends Partial<Record<Way, unknown>>>(
  way: Way,
  credentials: T,
): Omit<T, Way> & Partial<Pick<T, Way>> {
  const { existingSecret, externalSecret: external, inline, ...rest } = credentials;
  return { ...rest, [way]: { existingSecret, externalSecret: external, inline }[way] } as Omit<T, Way> &
    Partial<Pick<T, Way>>;
}

/** Without a PodMonitor: only the exporter of a MySQL that is deployed could be scraped. */
const unmonitored = (config: Every<Common>) => ({
  ...config,
  monitoring: { ...config.monitoring, podMonitor: { ...config.monitoring.podMonitor, enabled: false } },
});

/** Without the sections that a standalone server does not have. */
const withoutCluster = ({ readonly: _readonly, mishards: _mishards, ...rest }: Every<Common>) => rest;

/** Every option, with MySQL deployed and each way to give credentials. */
export const everyOption = (way: Way): MilvusConfig => ({
  ...common,
  s3: { ...s3, credentials: only(way, s3Credentials) },
  backup: backupOf(way),
  mysql: { ...mysql, credentials: only(way, mysqlCredentials) },
});

/** Every option, with an external MySQL. */
export const everyOptionExternalMysql = (way: Way): MilvusConfig => ({
  ...unmonitored(common),
  s3: { ...s3, credentials: only(way, s3Credentials) },
  backup: backupOf(way),
  externalMysql: { ...externalMysql, credentials: only(way, externalMysql.credentials) },
});

const restore: Every<NonNullable<Backup['restore']>> = { backup: '20260701T021500Z', force: true };

/** Every option, stopped for a restore that is declared. */
export const everyOptionRestored = (way: Way): MilvusConfig => {
  const config = everyOption(way);
  return { ...config, backup: { ...config.backup, restore } };
};

export const WAYS: readonly Way[] = ['existingSecret', 'externalSecret', 'inline'];

/** Every configuration that rules about the output as a whole are checked on, by name. */
export const samples: Readonly<Record<string, MilvusConfig>> = {
  minimal,
  'source scenario': sourceScenario,
  ...Object.fromEntries(WAYS.map((way) => [`every option, ${way}`, everyOption(way)])),
  ...Object.fromEntries(
    WAYS.map((way) => [`every option, external MySQL, ${way}`, everyOptionExternalMysql(way)]),
  ),
  'every option, restored, inline': everyOptionRestored('inline'),
  'adopted storage.path': { ...minimal, storage: { path: '/var/lib/milvus' } },
  'adopted storage.path, restored': {
    ...minimal,
    storage: { path: '/var/lib/milvus' },
    backup: { enabled: true, restore },
  },
  'no persistence': {
    ...minimal,
    wal: { persistence: { enabled: false } },
    mysql: { persistence: { enabled: false } },
  },
  'no HTTP listener': { ...minimal, milvus: { network: { httpEnabled: false } } },
  'embedded MinIO': { name: 'milvus-test', s3: { embedded: true, bucket: 'milvus-test' } },
  'embedded MinIO, every option': {
    ...minimal,
    ...unmonitored(common),
    s3: { embedded: true, bucket: 'milvus-test' },
    minio: { ...common.minio, persistence: { ...common.minio.persistence, existingClaim: undefined } },
  },
  'backups beside the data': { ...minimal, backup: { enabled: true } },
  'amounts in another notation than the API server keeps': {
    ...minimal,
    storage: { sizeLimit: '2048Mi' },
    wal: { persistence: { size: '1024Mi' } },
    milvus: { logs: { sizeLimit: '4096Mi' } },
    mishards: {
      resources: { requests: { cpu: 0.5, memory: '1024Mi' }, limits: { cpu: '1000m', memory: '2048Mi' } },
    },
    mysql: { persistence: { size: '5120Mi' } },
  },
  'stock discovery': { ...minimal, mishards: { discovery: 'kubernetes' } },
  'static discovery': { ...minimal, mishards: { discovery: 'static' } },
  'static discovery, hosts': {
    ...minimal,
    readonly: { replicas: 2 },
    mishards: { discovery: 'static', staticHosts: ['10.1.2.3', 'reader-b.vectors:19531'] },
  },
  standalone: { name: 'milvus-test', mode: 'standalone' },
  'standalone, SQLite': { name: 'milvus-test', mode: 'standalone', mysql: { enabled: false } },
  'standalone, S3': { ...minimal, mode: 'standalone' },
  'standalone, external MySQL': {
    name: 'milvus-test',
    mode: 'standalone',
    externalMysql: { host: 'mysql.example.com' },
  },
  'standalone, without a volume': {
    name: 'milvus-test',
    mode: 'standalone',
    storage: { persistence: { enabled: false } },
  },
  'standalone, SQLite beside S3': { ...minimal, mode: 'standalone', mysql: { enabled: false } },
  'standalone, every option': {
    ...withoutCluster(common),
    mode: 'standalone',
    s3: { ...s3, credentials: only('existingSecret', s3Credentials) },
    mysql: { ...mysql, credentials: only('existingSecret', mysqlCredentials) },
  },
  'shared volume': {
    name: 'milvus-test',
    storage: { persistence: { enabled: true, storageClassName: 'nfs' } },
    readonly: { replicas: 2 },
  },
  'shared volume, every option': {
    ...common,
    storage: { ...common.storage, persistence: sharedVolume('storage') },
    mysql: { ...mysql, credentials: only('existingSecret', mysqlCredentials) },
  },
  'shared volume, adopted': {
    name: 'milvus-test',
    storage: { path: '/var/lib/milvus', persistence: { enabled: true, existingClaim: 'milvus-test' } },
  },
  'log volume': { ...minimal, milvus: { logs: { toFile: true, persistence: { enabled: true } } } },
  'push gateways and exporter': {
    ...minimal,
    milvus: { metrics: { enabled: true } },
    mysql: { exporter: { enabled: true } },
    monitoring: {
      podMonitor: { enabled: true },
      prometheusRule: { enabled: true },
      dashboard: { enabled: true },
    },
  },
  'no write-ahead log': { ...minimal, wal: { enabled: false } },
  'GPU for both': { ...minimal, milvus: { gpu: { enabled: true, searchDevices: ['gpu0', 'gpu1'] } } },
  'GPU for the writable': { ...minimal, writable: { gpu: { enabled: true } } },
  'web interface': { ...minimal, admin: { enabled: true } },
  'no network policies': { ...minimal, networkPolicy: { enabled: false } },
  'several of each': {
    ...minimal,
    readonly: { replicas: 5, podDisruptionBudget: { minAvailable: 3 } },
    mishards: { replicas: 3 },
  },
  'longest name': { ...minimal, name: `m${'x'.repeat(39)}` },
  'longest names of everything else': {
    ...minimal,
    instance: 'i'.repeat(63),
    appName: 'a'.repeat(63),
    mysql: {
      name: 'm'.repeat(52),
      exporter: { enabled: true },
      initializationFiles: { 'first.sql': 'SELECT 1;\n' },
    },
  },
};

/** The Jobs that a person starts, as they are written to jobs/; or those of one run. */
export const jobsOf = (config: MilvusConfig, run?: RunOptions): Manifest[] => {
  const { settings } = clusterOf(config);
  return MilvusJob.allFor(settings, run).flatMap((job) =>
    parse(writeDocuments(new MilvusJob(new App(), job, job, config, run).toJson())),
  );
};

export const clusterOf = (config: MilvusConfig): MilvusCluster =>
  new MilvusCluster(new App(), 'cluster', config);

/** The manifest as it is written to the file. */
export const yamlOf = remembered((config: MilvusConfig): string =>
  writeDocuments(clusterOf(config).toJson()),
);

/** The objects as kubectl reads them from the file; not to be changed, since others get the same. */
export const manifestsOf = remembered((config: MilvusConfig): Manifest[] => parse(yamlOf(config)));

/** Samples are asked for by many tests. */
function remembered<T>(make: (config: MilvusConfig) => T): (config: MilvusConfig) => T {
  const made = new WeakMap<MilvusConfig, T>();
  return (config) => {
    const known = made.get(config);
    if (known !== undefined) return known;
    const value = make(config);
    made.set(config, value);
    return value;
  };
}
