import { Names } from '../kubernetes/names';
import type { PersistenceOptions } from '../kubernetes/objects';
import { listOf } from '../list-of';
import { isMapping } from '../mapping';
import type { ExtraServerConfig } from './extra-server-config';
import { mirrored } from './images';
import type { ParsedConfig } from './parsed-config';
import { formatPath, type Problem } from './problems';
import { parseMilvusSize } from './quantities';
import { regionOf, SIGNED_REGION } from './regions';
import {
  definedOnly,
  RESOURCE_DEFAULTS,
  type ResourceDefaults,
  type Resources,
  type ResourcesInput,
  resolveResources,
  SERVER_CPU,
  sizeServer,
  threadsFor,
} from './sizing';

/** The sections that describe pods. */
const POD_SECTIONS = [
  'writable',
  'readonly',
  'mishards',
  'mysql',
  'minio',
  'admin',
  'backup',
  'smokeTest',
] as const;
export type PodSection = (typeof POD_SECTIONS)[number];

/** A podTemplate of the configuration. */
export interface PodTemplatePatch {
  /** Where it stands, e.g. `readonly.podTemplate`. */
  readonly path: string;
  readonly patch: Readonly<Record<string, unknown>>;
}

/** The two roles of a server. */
export type ServerRole = 'writable' | 'readonly';

/** A credential source with everything filled in: which Secret, which keys, and who makes it. */
export interface CredentialSettings<Key extends string> {
  /** The Secret that pods read. */
  readonly secretName: string;
  /** Keys in that Secret, by what they hold. */
  readonly keys: Readonly<Record<Key, string>>;
  /** Emit an ExternalSecret that makes the Secret. */
  readonly externalSecret?: {
    readonly secretStoreRef: { readonly name: string; readonly kind: string };
    readonly refreshInterval: string;
    readonly remoteRefs: Readonly<Record<Key, { readonly key: string; readonly property?: string }>>;
  };
  /** Emit the Secret itself (development only). */
  readonly inline?: Readonly<Record<Key, string>>;
}

type S3CredentialKey = 'accessKey' | 'secretKey';
type MysqlCredentialKey = 'rootPassword' | 'password';

interface CacheSettings {
  readonly cacheBytes: number;
  readonly insertBufferBytes: number;
  readonly cpuCacheThreshold?: number;
  readonly cacheInsertData?: boolean;
  readonly preloadCollections?: readonly string[];
}

interface EngineSettings {
  readonly ompThreadNum: number;
  readonly useBlasThreshold?: number;
  readonly simdType?: string;
  readonly searchCombineNq?: number;
  readonly maxPartitionNum?: number;
}

type LogSettings = Omit<ParsedConfig['milvus']['logs'], 'persistence' | 'path' | 'sizeLimit'>;

/** GPUs of a role; unset on a role that runs the CPU build. */
interface GpuSettings {
  readonly enabled: true;
  readonly cacheSize: string;
  readonly cacheThreshold?: number;
  readonly gpuSearchThreshold: number;
  readonly searchDevices: readonly string[];
  readonly buildIndexDevices: readonly string[];
  readonly count: number;
  readonly resourceName: string;
}

interface ServerRoleSettings {
  /** Image of the server. */
  readonly image: string;
  readonly securityProfile: 'restricted' | 'baseline';
  readonly cache: CacheSettings;
  readonly logs: LogSettings;
  readonly gpu?: GpuSettings;
  readonly engine: EngineSettings;
  readonly resources: Resources;
  readonly extraServerConfig: ExtraServerConfig;
}

type Replace<T, R> = Omit<T, keyof R> & R;

/** Bounds between which the number of pods is chosen. */
export interface AutoscalingSettings {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly targetCPUUtilizationPercentage: number;
}

/** How many pods may be missing. */
export interface BudgetSettings {
  readonly maxUnavailable?: string | number;
  readonly minAvailable?: string | number;
  readonly unhealthyPodEvictionPolicy?: string;
}

/** How many pods a workload has. */
export interface ReplicationSettings {
  /** The number of pods, or the most of them. */
  readonly replicas: number;
  /** Undefined where the number is fixed. */
  readonly autoscaling: AutoscalingSettings | undefined;
  /** Undefined where there is none. */
  readonly podDisruptionBudget: BudgetSettings | undefined;
}

export type WritableSettings = Replace<ParsedConfig['writable'], ServerRoleSettings>;
export type ReadonlySettings = Replace<ParsedConfig['readonly'], ServerRoleSettings & ReplicationSettings>;
type MishardsSettings = Replace<
  ParsedConfig['mishards'],
  ReplicationSettings & { readonly resources: Resources }
>;

/** How Milvus reaches its metadata, whoever runs the server. */
export interface DatabaseSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly waitSeconds: number;
  readonly credentials: CredentialSettings<'password'>;
}

export type MysqlSettings = Replace<
  ParsedConfig['mysql'],
  {
    readonly name: string;
    readonly fsGroup: number;
    readonly exporter: Replace<ParsedConfig['mysql']['exporter'], { readonly resources: Resources }>;
    readonly credentials: CredentialSettings<MysqlCredentialKey>;
    readonly maxConnections: number;
    readonly resources: Resources;
    readonly persistence: ParsedConfig['mysql']['persistence'] & { readonly subPath: string };
  }
>;

/** TLS to an S3 endpoint, as far as it is not what everybody takes. */
export interface TlsSettings {
  readonly caSecret?: string;
  readonly serverName?: string;
}

export type S3Settings = Replace<
  NonNullable<ParsedConfig['s3']>,
  {
    readonly address: string;
    readonly port: number;
    /** Unset where plain HTTP is spoken. */
    readonly tls?: TlsSettings;
    readonly credentials: CredentialSettings<S3CredentialKey>;
  }
>;

/** A volume with everything filled in. */
interface VolumeSettings extends PersistenceOptions {
  readonly subPath?: string;
}

/** Unset unless `s3.embedded`. */
export type MinioSettings = Replace<ParsedConfig['minio'], { readonly resources: Resources }>;

export type BackupSettings = Replace<
  ParsedConfig['backup'],
  {
    readonly resources: Resources;
    readonly objects: boolean;
    readonly timeoutSeconds: number;
    readonly s3: BackupStorage;
    readonly restoreFrom: BackupStorage;
  }
>;

/** Whether Milvus is stopped, for the restore that the configuration has. */
export const isStopped = ({ backup }: Settings): boolean => backup?.restore !== undefined;

/** Whether backups and their verification do not run on their schedules. */
export const areSuspended = (backup: BackupSettings): boolean =>
  backup.suspend || backup.restore !== undefined;

/** A place of backups. */
export interface BackupStorage {
  readonly address: string;
  readonly port: number;
  readonly tls?: TlsSettings;
  /** Unset where requests are signed as those of Milvus are. */
  readonly region?: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly credentials: CredentialSettings<S3CredentialKey>;
}

export type AdminSettings = Replace<ParsedConfig['admin'], { readonly resources: Resources }>;

type SmokeTestSettings = Replace<ParsedConfig['smokeTest'], { readonly resources: Resources }>;

/** Everything that the constructs need: the configuration with all defaults, fixed and derived, filled in. */
export type Settings = Replace<
  Omit<ParsedConfig, 'externalMysql' | 'mysqlWaitSeconds' | 'imageRegistry' | 'podTemplate'>,
  {
    readonly instance: string;
    /** What is to be otherwise with the pods of each section, in the order in which it is merged. */
    readonly podTemplates: Readonly<Record<PodSection, readonly PodTemplatePatch[]>>;
    /** The images as configured; `images` are where imageRegistry has them. */
    readonly imageSources: ParsedConfig['images'];
    /** Unset when the vectors are on a volume. */
    readonly s3?: S3Settings;
    readonly storage: Replace<ParsedConfig['storage'], { readonly persistence: VolumeSettings }>;
    readonly milvus: Replace<
      ParsedConfig['milvus'],
      {
        readonly logs: Replace<ParsedConfig['milvus']['logs'], { readonly persistence: VolumeSettings }>;
      }
    >;
    /** Unset unless enabled. */
    readonly admin?: AdminSettings;
    readonly writable: WritableSettings;
    readonly readonly: ReadonlySettings;
    readonly mishards: MishardsSettings;
    /** Unset with an external MySQL, and with SQLite. */
    readonly mysql?: MysqlSettings;
    /** Unset unless the S3 storage is embedded. */
    readonly minio?: MinioSettings;
    /** Unset unless enabled. */
    readonly backup?: BackupSettings;
    readonly smokeTest: SmokeTestSettings;
    /** Unset with SQLite, which is a file on the server's volume. */
    readonly database?: DatabaseSettings;
  }
>;

/** Seconds that the writable gets to stop: it flushes, and waits for merges and a running index build. */
export const WRITABLE_GRACE_SECONDS = 300;

/** Port on which the embedded MinIO speaks S3. */
export const MINIO_PORT = 9000;

/** Port of the MySQL exporter, in the pod and on the Service. */
export const EXPORTER_PORT = 9104;

/** The server opens this many connections on a node with up to 16 CPUs (pool of max(8, CPUs), and one). */
const CONNECTIONS_PER_SERVER = 17;
const RESERVED_CONNECTIONS = 50;

/** Fills in the derived defaults. Problems of sizing come along, since they need the same arithmetic. */
export function resolveSettings(config: ParsedConfig): {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
} {
  const { externalMysql, mysqlWaitSeconds, imageRegistry, podTemplate, ...rest } = config;
  const mysqlName = config.mysql.name ?? `${config.name}-mysql`;
  const names = new Names(config.name, mysqlName);
  const problems: Problem[] = [];
  const images = Object.fromEntries(
    Object.entries(config.images).map(([name, image]) => [name, mirrored(image, imageRegistry)]),
  ) as Settings['images'];

  const resources = (path: string, given: ResourcesInput, defaults: ResourceDefaults) => {
    const resolved = resolveResources(path, given, defaults);
    problems.push(...resolved.problems);
    return resolved.resources;
  };
  /** A section as it is configured, but for its resources. */
  const sized = <Section extends 'mishards' | 'mysql' | 'minio' | 'backup' | 'smokeTest' | 'admin'>(
    section: Section,
  ) => ({
    ...config[section],
    resources: resources(section, config[section].resources, RESOURCE_DEFAULTS[section]),
  });
  const server = (role: ServerRole) => {
    const resolved = serverRole(config, role, images);
    problems.push(...resolved.problems);
    return resolved.settings;
  };

  const s3: S3Settings | undefined = config.s3 && {
    ...config.s3,
    ...(config.s3.embedded
      ? { address: names.minio, port: MINIO_PORT, createBucket: true }
      : // The schema wants it when the storage is not embedded.
        { address: config.s3.address ?? '', port: config.s3.port ?? defaultPort(config.s3.tls) }),
    tls: tlsSettings(config.s3.tls),
    credentials: credentials(config.s3.credentials, `${config.name}-s3`),
  };
  const shared = (volume: ParsedConfig['storage']['persistence'], enabled: boolean) => ({
    ...volume,
    enabled,
    accessModes: volume.accessModes ?? [config.mode === 'standalone' ? 'ReadWriteOnce' : 'ReadWriteMany'],
  });
  const { wal, storage, milvus, mysql } = config;
  const { logs } = milvus;

  const settings: Settings = {
    ...rest,
    instance: config.instance ?? config.name,
    podTemplates: podTemplates(config),
    images,
    imageSources: config.images,
    wal: {
      ...wal,
      persistence: {
        ...wal.persistence,
        enabled: wal.enabled && wal.persistence.enabled,
        storageClassName: wal.persistence.storageClassName ?? mysql.persistence.storageClassName,
      },
    },
    s3,
    storage: { ...storage, persistence: shared(storage.persistence, keepsDataOnVolume(config)) },
    milvus: {
      ...milvus,
      logs: { ...logs, persistence: shared(logs.persistence, logs.persistence.enabled) },
    },
    minio: config.s3?.embedded ? sized('minio') : undefined,
    admin: config.admin.enabled ? sized('admin') : undefined,
    backup: config.backup.enabled ? { ...sized('backup'), ...backupSettings(config, s3) } : undefined,
    smokeTest: sized('smokeTest'),
    writable: { ...config.writable, ...server('writable') },
    readonly: { ...config.readonly, ...server('readonly'), ...replication(config.readonly) },
    mishards: { ...sized('mishards'), ...replication(config.mishards) },
    database: databaseSettings(config, names),
    mysql: deploysMysql(config)
      ? {
          ...sized('mysql'),
          name: mysqlName,
          fsGroup: mysql.fsGroup ?? mysql.runAsUser,
          credentials: credentials(mysql.credentials, mysqlName),
          maxConnections: mysql.maxConnections ?? Math.max(1000, connectionsNeeded(config)),
          persistence: {
            ...mysql.persistence,
            subPath:
              mysql.persistence.subPath ?? (mysql.persistence.existingClaim === undefined ? 'data' : ''),
          },
          exporter: {
            ...mysql.exporter,
            resources: resources('mysql.exporter', mysql.exporter.resources, RESOURCE_DEFAULTS.mysqlExporter),
          },
        }
      : undefined,
  };
  return { settings, problems };
}

function serverRole(config: ParsedConfig, role: ServerRole, images: Settings['images']) {
  const { mode, wal, milvus } = config;
  const own = config[role];
  const writes = role === 'writable';
  const { cacheSize, insertBufferSize, ...cache } = overridden(milvus.cache, own.cache);
  const memory = sizeServer({
    role,
    cacheSize,
    insertBufferSize: insertBufferSize ?? (writes ? '1GB' : '64MB'),
    // A standalone server searches too.
    defaultCacheSize: writes && mode === 'cluster' ? '1GB' : '4GB',
    walBufferBytes: writes && wal.enabled ? (parseMilvusSize(wal.bufferSize) ?? 0) : 0,
    maxIndexFileBytes: writes ? (parseMilvusSize(config.writable.maxIndexFileSize) ?? 0) : 0,
    memoryLimit: own.resources.limits.memory,
    memoryRequest: own.resources.requests.memory,
  });
  const { resources, problems } = resolveResources(role, own.resources, {
    ...SERVER_CPU,
    memoryLimit: memory.memoryLimit,
  });
  const engine = overridden(milvus.engine, own.engine);
  const gpu = gpuSettings(overridden(milvus.gpu, own.gpu));
  const devices = gpu && resources.limits[gpu.resourceName];
  const { persistence: _, path: _path, sizeLimit: _sizeLimit, ...logs } = milvus.logs;
  return {
    settings: {
      image: gpu === undefined ? images.milvus : images.milvusGpu,
      securityProfile: own.securityProfile ?? securityProfile(config, role),
      resources,
      cache: { cacheBytes: memory.cacheBytes, insertBufferBytes: memory.insertBufferBytes, ...cache },
      logs: overridden(logs, own.logs),
      gpu,
      engine: { ...engine, ompThreadNum: engine.ompThreadNum ?? threadsFor(resources.limits.cpu) },
      extraServerConfig: mergeSections(milvus.extraServerConfig, own.extraServerConfig),
    },
    problems: listOf<Problem>(
      memory.problems,
      problems,
      gpu !== undefined &&
        devices !== undefined && {
          path: `${role}.resources.limits.${formatPath([gpu.resourceName])}`,
          given: devices,
          expected: 'none beside gpu.enabled',
          fix: `Use ${role}.gpu.count.`,
        },
    ),
  };
}

/** What the servers have, and over it what a role has itself. */
function overridden<T extends object>(all: T, own: Partial<T>): T {
  return { ...all, ...definedOnly(own) };
}

function podTemplates(config: ParsedConfig): Settings['podTemplates'] {
  const patch = (path: string, given: PodTemplatePatch['patch'] | undefined) =>
    given === undefined ? [] : [{ path, patch: withoutUndefined(given) }];
  const everywhere = patch('podTemplate', config.podTemplate);
  const of = (section: PodSection): readonly PodTemplatePatch[] => [
    ...everywhere,
    ...patch(`${section}.podTemplate`, config[section].podTemplate),
  ];
  return Object.fromEntries(
    POD_SECTIONS.map((section) => [section, of(section)]),
  ) as Settings['podTemplates'];
}

/** What code leaves open takes nothing away; null does. */
function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutUndefined) as T;
  if (!isMapping(value)) return value;
  const entries = Object.entries(definedOnly(value)).map(([key, item]) => [key, withoutUndefined(item)]);
  return Object.fromEntries(entries) as T;
}

/** Where the image, or the chart, keeps files that belong to root. */
export const IMAGE_DIRECTORY = '/var/lib/milvus';

/**
 * What a role can meet. The writer locks a file directly in storage.path, which takes root where that is the image's own
 * directory; and what root has written on a volume, a reader can only use as root.
 */
function securityProfile(config: ParsedConfig, role: ServerRole): 'restricted' | 'baseline' {
  const adopted = config.storage.path === IMAGE_DIRECTORY;
  return adopted && (role === 'writable' || keepsDataOnVolume(config)) ? 'baseline' : 'restricted';
}

/** The fewest and the most pods of a workload. */
function podRange({ replicas, autoscaling }: ParsedConfig['readonly' | 'mishards']) {
  if (!autoscaling.enabled) return { least: replicas, most: replicas };
  const least = autoscaling.minReplicas ?? replicas;
  return { least, most: autoscaling.maxReplicas ?? Math.max(3 * least, autoscaling.minReplicas ?? 0) };
}

function replication(given: ParsedConfig['readonly' | 'mishards']): ReplicationSettings {
  const { least, most } = podRange(given);
  const { autoscaling, podDisruptionBudget } = given;
  const { enabled = least > 1, minAvailable, maxUnavailable, ...budget } = podDisruptionBudget;
  return {
    replicas: most,
    autoscaling: autoscaling.enabled
      ? {
          minReplicas: least,
          maxReplicas: most,
          targetCPUUtilizationPercentage: autoscaling.targetCPUUtilizationPercentage,
        }
      : undefined,
    podDisruptionBudget: enabled
      ? {
          ...budget,
          minAvailable,
          maxUnavailable: maxUnavailable ?? (minAvailable === undefined ? 1 : undefined),
        }
      : undefined,
  };
}

/** Whether MySQL comes with the cluster. */
export function deploysMysql({
  mysql,
  externalMysql,
}: Pick<ParsedConfig, 'mysql' | 'externalMysql'>): boolean {
  return externalMysql === undefined && mysql.enabled;
}

/** Whether the metadata is in a file of the server: neither MySQL is deployed nor an external one given. */
export function usesSqlite({ mysql, externalMysql }: Pick<ParsedConfig, 'mysql' | 'externalMysql'>): boolean {
  return externalMysql === undefined && !mysql.enabled;
}

/** Whether the directory `db` is on a volume of its own: with a cluster, only when that is asked for. */
function keepsDataOnVolume(config: ParsedConfig): boolean {
  const needed = config.mode === 'standalone' && (config.s3 === undefined || usesSqlite(config));
  return config.storage.persistence.enabled ?? needed;
}

function databaseSettings(config: ParsedConfig, names: Names): DatabaseSettings | undefined {
  const { externalMysql, mysql, mysqlWaitSeconds: waitSeconds } = config;
  if (usesSqlite(config)) return undefined;
  const { host, port, database, user } = externalMysql ?? {
    ...mysql,
    host: names.mysql,
    port: mysql.service.port,
  };
  const given = (externalMysql ?? mysql).credentials;
  return {
    host,
    port,
    database,
    user,
    waitSeconds,
    credentials: credentials<'password'>(given, names.mysql),
  };
}

function tlsSettings({ enabled, ...tls }: NonNullable<ParsedConfig['s3']>['tls']): TlsSettings | undefined {
  return enabled ? tls : undefined;
}

function defaultPort({ enabled }: NonNullable<ParsedConfig['s3']>['tls']): number {
  return enabled ? 443 : 80;
}

function backupSettings({ name, backup }: ParsedConfig, s3: S3Settings | undefined) {
  const objects = backup.objects ?? s3 !== undefined;
  const prefix = `backup/${name}`;
  const to = backupStorage(backup.s3, s3 && { ...s3, prefix }, prefix, `${name}-backup-s3`);
  return {
    objects,
    timeoutSeconds: backup.timeoutSeconds ?? (objects ? 21600 : 3600),
    s3: to,
    restoreFrom: backupStorage(backup.restoreFrom, to, to.prefix, `${name}-restore-s3`),
  };
}

function backupStorage(
  own: ParsedConfig['backup']['s3'],
  other: BackupStorage | undefined,
  prefix: string,
  secretName: string,
): BackupStorage {
  const ownTls = own.tls ?? { enabled: false };
  const sameEndpoint = own.address === undefined;
  const region =
    own.region ??
    (sameEndpoint ? other?.region : undefined) ??
    regionOf(own.address ?? other?.address)?.region;
  return {
    // Without S3 the place of the backups has to be given whole; that is checked elsewhere.
    address: own.address ?? other?.address ?? '',
    port: own.port ?? (own.tls === undefined ? other?.port : undefined) ?? defaultPort(ownTls),
    tls: own.tls === undefined && own.address === undefined ? other?.tls : tlsSettings(ownTls),
    region: region === SIGNED_REGION ? undefined : region,
    bucket: own.bucket ?? other?.bucket ?? '',
    prefix: own.prefix ?? prefix,
    credentials:
      own.credentials === undefined && other !== undefined
        ? other.credentials
        : credentials(own.credentials ?? DEFAULT_S3_CREDENTIALS, secretName),
  };
}

const DEFAULT_S3_CREDENTIALS = { keys: { accessKey: 'access-key', secretKey: 'secret-key' } };

/** The GPUs of a role, from what both roles have and what it has itself; undefined where none is enabled. */
function gpuSettings(given: ParsedConfig['milvus']['gpu']): GpuSettings | undefined {
  if (given.enabled !== true) return undefined;
  const searchDevices = given.searchDevices ?? ['gpu0'];
  const buildIndexDevices = given.buildIndexDevices ?? ['gpu0'];
  return {
    enabled: true,
    cacheSize: given.cacheSize ?? '1GB',
    cacheThreshold: given.cacheThreshold,
    gpuSearchThreshold: given.gpuSearchThreshold ?? 1000,
    searchDevices,
    buildIndexDevices,
    count: given.count ?? devicesNamed([...searchDevices, ...buildIndexDevices]),
    resourceName: given.resourceName ?? 'nvidia.com/gpu',
  };
}

/** A pod numbers its devices from 0, so that the highest number tells how many it needs. */
export function devicesNamed(devices: readonly string[]): number {
  return 1 + Math.max(...devices.map((device) => Number(device.slice('gpu'.length))));
}

/** Connections that the servers and proxies of a cluster can hold open at once, and some for people. */
export function connectionsNeeded(config: ParsedConfig): number {
  if (config.mode === 'standalone') return CONNECTIONS_PER_SERVER + RESERVED_CONNECTIONS;
  const { poolSize, maxOverflow } = config.mishards.database;
  const perProxy = Math.min(poolSize + maxOverflow, config.mishards.maxWorkers);
  return (
    (podRange(config.readonly).most + 1) * CONNECTIONS_PER_SERVER +
    podRange(config.mishards).most * perProxy +
    RESERVED_CONNECTIONS
  );
}

function credentials<Key extends string>(
  given: {
    readonly existingSecret?: string;
    readonly keys: Readonly<Record<Key, string>>;
    readonly externalSecret?: CredentialSettings<Key>['externalSecret'];
    readonly inline?: Readonly<Record<Key, string>>;
  },
  defaultSecret: string,
): CredentialSettings<Key> {
  const { existingSecret, ...source } = given;
  return { secretName: existingSecret ?? defaultSecret, ...source };
}

function mergeSections(base: ExtraServerConfig, over: ExtraServerConfig): ExtraServerConfig {
  const sections = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(sections.map((section) => [section, { ...base[section], ...over[section] }]));
}
