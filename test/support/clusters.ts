import { App, Yaml } from 'cdk8s';
import { MilvusCluster, type MilvusConfig, MilvusJob } from '../../lib';
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
  mysqlRootPassword: 'canary.mysql-root.password',
  mysqlPassword: 'canary.mysql.password',
};

export const minimal: MilvusConfig = {
  name: 'milvus-test',
  s3: { address: '192.168.18.13', bucket: 'milvus-test' },
};

/** The source scenario as milvus.yaml ships it. */
export const sourceScenario: MilvusConfig = {
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
};

const workload = (name: string) => ({
  resources: { requests: { cpu: '750m', memory: '1Gi' }, limits: { cpu: 3, memory: '40Gi' } },
  nodeSelector: { [`example.com/${name}`]: 'yes' },
  tolerations: [
    {
      key: `only-${name}`,
      operator: 'Equal' as const,
      value: 'yes',
      effect: 'NoExecute' as const,
      tolerationSeconds: 60,
    },
  ],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: 'example.com/disk', operator: 'Exists' }] } },
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
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'b' } } },
      ],
    },
  },
  priorityClassName: `${name}-priority`,
  podLabels: { 'example.com/pod': name },
  podAnnotations: { 'example.com/pod-note': `pods of ${name}` },
});

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
  annotations: { 'example.com/claim-note': claim },
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
  storage: { path: '/data/milvus', autoFlushInterval: 2, fileCleanupTimeout: 120, sizeLimit: '30Gi' },
  wal: {
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
    },
    cache: { ...cache, cacheSize: '5GB' },
    engine: { ...engine, ompThreadNum: 1 },
    metrics: { enabled: true, address: 'pushgateway.monitoring', port: 9092, clusterLabel: 'every-label' },
    extraServerConfig: { db_config: { archive_days_threshold: 30 }, metric: { instance_label: 'shared' } },
  },
  writable: {
    ...workload('writable'),
    replicas: 1,
    maxIndexFileSize: '2GB',
    terminationGracePeriodSeconds: 600,
    startupTimeoutSeconds: 3600,
    cache,
    engine,
    extraServerConfig: { metric: { instance_label: 'the-writable' } },
  },
  readonly: {
    ...workload('readonly'),
    replicas: 3,
    terminationGracePeriodSeconds: 45,
    startupTimeoutSeconds: 900,
    cache: { ...cache, cacheSize: '8GB', preloadCollections: ['*'] },
    engine: { ...engine, ompThreadNum: 2 },
    extraServerConfig: { tracing_config: { json_config_path: '/data/tracing.json' } },
  },
  mishards: {
    ...workload('mishards'),
    replicas: 2,
    maxWorkers: 80,
    maxRetry: 2,
    logLevel: 'INFO',
    discovery: 'kubernetes',
    discoveryIntervalSeconds: 7,
    database: { poolSize: 60, maxOverflow: 5, poolRecycleSeconds: 100, poolTimeoutSeconds: 10 },
    terminationGracePeriodSeconds: 60,
  },
  service: {
    type: 'LoadBalancer',
    port: 19531,
    nodePort: 31530,
    clusterIP: '10.96.0.99',
    loadBalancerIP: '192.0.2.10',
    loadBalancerSourceRanges: ['192.0.2.0/24'],
    externalIPs: ['198.51.100.7'],
    annotations: { 'example.com/lb': 'internal' },
    labels: { 'example.com/exposed': 'yes' },
  },
  minio: { ...workload('minio'), persistence: persistence('minio'), terminationGracePeriodSeconds: 15 },
  smokeTest: { ...workload('smoke-test'), schedule: '*/30 * * * *', timeoutSeconds: 300 },
  mysqlWaitSeconds: 111,
  images: {
    milvus: 'milvusdb/milvus:1.1.1-gpu-d061621-330cc6',
    mishards: 'quay.io/mirror/mishards:1.1.1',
    mysql: 'mysql:8.0.36',
    rclone: `rclone/rclone:1.68.2@sha256:${'0'.repeat(64)}`,
    minio: 'quay.io/minio/minio:RELEASE.2025-01-01T00-00-00Z',
  },
  imageRegistry: 'registry.example.com:5000/mirror',
  imagePullPolicy: 'Always',
  imagePullSecrets: ['registry-login'],
};

const s3: Omit<Every<MilvusConfig['s3']>, 'credentials'> = {
  address: 'rgw.storage.example.com',
  embedded: false,
  port: 7480,
  bucket: 'every-bucket',
  createBucket: true,
  waitSeconds: 222,
};

const s3Credentials: Every<NonNullable<MilvusConfig['s3']['credentials']>> = {
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
  tls: true,
  bucket: 'other-bucket',
  prefix: 'dumps/every',
};
const backup: Omit<Every<Backup>, 's3'> = {
  ...workload('backup'),
  enabled: true,
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

type Mysql = NonNullable<MilvusConfig['mysql']>;
const mysql: Omit<Every<Mysql>, 'credentials'> = {
  ...workload('mysql'),
  database: 'vectors',
  user: 'vector_user',
  maxConnections: 2000,
  persistence: { ...persistence('mysql'), subPath: 'the/data' },
  startupTimeoutSeconds: 600,
  terminationGracePeriodSeconds: 240,
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

/** Every option, with MySQL deployed and each way to give credentials. */
export const everyOption = (way: Way): MilvusConfig => ({
  ...common,
  s3: { ...s3, credentials: only(way, s3Credentials) },
  backup: { ...backup, s3: { ...backupStorage, credentials: only(way, backupCredentials) } },
  mysql: { ...mysql, credentials: only(way, mysqlCredentials) },
});

/** Every option, with an external MySQL. */
export const everyOptionExternalMysql = (way: Way): MilvusConfig => ({
  ...common,
  s3: { ...s3, credentials: only(way, s3Credentials) },
  backup: { ...backup, s3: { ...backupStorage, credentials: only(way, backupCredentials) } },
  externalMysql: { ...externalMysql, credentials: only(way, externalMysql.credentials) },
});

export const WAYS: readonly Way[] = ['existingSecret', 'externalSecret', 'inline'];

/** Every configuration that rules about the output as a whole are checked on, by name. */
export const samples: Readonly<Record<string, MilvusConfig>> = {
  minimal,
  'source scenario': sourceScenario,
  ...Object.fromEntries(WAYS.map((way) => [`every option, ${way}`, everyOption(way)])),
  ...Object.fromEntries(
    WAYS.map((way) => [`every option, external MySQL, ${way}`, everyOptionExternalMysql(way)]),
  ),
  'adopted storage.path': { ...minimal, storage: { path: '/var/lib/milvus' } },
  'no persistence': {
    ...minimal,
    wal: { persistence: { enabled: false } },
    mysql: { persistence: { enabled: false } },
  },
  'no HTTP listener': { ...minimal, milvus: { network: { httpEnabled: false } } },
  'embedded MinIO': { name: 'milvus-test', s3: { embedded: true, bucket: 'milvus-test' } },
  'embedded MinIO, every option': {
    ...minimal,
    ...common,
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
  'several of each': { ...minimal, readonly: { replicas: 5 }, mishards: { replicas: 3 } },
  'longest name': { ...minimal, name: `m${'x'.repeat(39)}` },
};

/** The Jobs that a person starts, as they are written to jobs/. */
export const jobsOf = (config: MilvusConfig): Manifest[] =>
  MilvusJob.namesFor(clusterOf(config).settings).flatMap((job) =>
    parse(Yaml.stringify(...(new MilvusJob(new App(), job, job, config).toJson() as unknown[]))),
  );

export const clusterOf = (config: MilvusConfig): MilvusCluster =>
  new MilvusCluster(new App(), 'cluster', config);

/** The manifest as it is written to the file. */
export const yamlOf = (config: MilvusConfig): string =>
  Yaml.stringify(...(clusterOf(config).toJson() as unknown[]));

/** The objects as kubectl reads them from the file. */
export const manifestsOf = (config: MilvusConfig): Manifest[] => parse(yamlOf(config));
