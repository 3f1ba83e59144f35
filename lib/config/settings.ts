import { Names } from '../kubernetes/names';
import { mirrored } from './images';
import type { Problem } from './problems';
import { parseMilvusSize } from './quantities';
import type { ParsedConfig } from './schema';
import type { ExtraServerConfig } from './server-keys';
import { type Resources, resolveResources, sizeServer, threadsFor } from './sizing';

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

export type S3CredentialKey = 'accessKey' | 'secretKey';
export type MysqlCredentialKey = 'rootPassword' | 'password';

export interface CacheSettings {
  readonly cacheBytes: number;
  readonly insertBufferBytes: number;
  readonly cpuCacheThreshold?: number;
  readonly cacheInsertData?: boolean;
  readonly preloadCollections?: readonly string[];
}

export interface EngineSettings {
  readonly ompThreadNum: number;
  readonly useBlasThreshold?: number;
  readonly simdType?: string;
  readonly searchCombineNq?: number;
  readonly maxPartitionNum?: number;
}

interface ServerRoleSettings {
  readonly cache: CacheSettings;
  readonly engine: EngineSettings;
  readonly resources: Resources;
  readonly extraServerConfig: ExtraServerConfig;
}

type Replace<T, R> = Omit<T, keyof R> & R;

export type WritableSettings = Replace<ParsedConfig['writable'], ServerRoleSettings>;
export type ReadonlySettings = Replace<ParsedConfig['readonly'], ServerRoleSettings>;
export type MishardsSettings = Replace<ParsedConfig['mishards'], { readonly resources: Resources }>;

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
    readonly credentials: CredentialSettings<MysqlCredentialKey>;
    readonly maxConnections: number;
    readonly resources: Resources;
    readonly persistence: ParsedConfig['mysql']['persistence'] & { readonly subPath: string };
  }
>;

export type S3Settings = Replace<
  ParsedConfig['s3'],
  { readonly address: string; readonly credentials: CredentialSettings<S3CredentialKey> }
>;

/** Unset unless `s3.embedded`. */
export type MinioSettings = Replace<ParsedConfig['minio'], { readonly resources: Resources }>;

export type BackupSettings = Replace<
  ParsedConfig['backup'],
  {
    readonly resources: Resources;
    readonly s3: {
      readonly address: string;
      readonly port: number;
      readonly tls: boolean;
      readonly bucket: string;
      readonly prefix: string;
      readonly credentials: CredentialSettings<S3CredentialKey>;
    };
  }
>;

export type SmokeTestSettings = Replace<ParsedConfig['smokeTest'], { readonly resources: Resources }>;

/** Everything that the constructs need: the configuration with all defaults, fixed and derived, filled in. */
export type Settings = Replace<
  Omit<ParsedConfig, 'externalMysql' | 'mysqlWaitSeconds' | 'imageRegistry'>,
  {
    readonly s3: S3Settings;
    readonly writable: WritableSettings;
    readonly readonly: ReadonlySettings;
    readonly mishards: MishardsSettings;
    /** Unset with an external MySQL. */
    readonly mysql?: MysqlSettings;
    /** Unset with an S3 storage that exists. */
    readonly minio?: MinioSettings;
    readonly backup: BackupSettings;
    readonly smokeTest: SmokeTestSettings;
    readonly database: DatabaseSettings;
  }
>;

/** Port on which the embedded MinIO speaks S3. */
export const MINIO_PORT = 9000;

/** The server opens this many connections on a node with up to 16 CPUs (pool of max(8, CPUs), and one). */
const CONNECTIONS_PER_SERVER = 17;
const RESERVED_CONNECTIONS = 50;

/** Fills in the derived defaults. Problems of sizing come along, since they need the same arithmetic. */
export function resolveSettings(config: ParsedConfig): {
  readonly settings: Settings;
  readonly problems: readonly Problem[];
} {
  const { externalMysql, mysqlWaitSeconds, imageRegistry, ...rest } = config;
  const names = new Names(config.name);
  const problems: Problem[] = [];

  const workloadResources = (
    path: 'mishards' | 'mysql' | 'minio' | 'backup' | 'smokeTest',
    defaults: Parameters<typeof resolveResources>[2],
  ) => {
    const resolved = resolveResources(path, config[path].resources, defaults);
    problems.push(...resolved.problems);
    return resolved.resources;
  };

  const serverRole = (
    role: 'writable' | 'readonly',
    defaults: { cacheSize: string; insertBufferSize: string },
  ) => {
    const own = config[role];
    const merged = { ...config.milvus.cache, ...definedOnly(own.cache) };
    const writes = role === 'writable';
    const memory = sizeServer({
      role,
      cacheSize: merged.cacheSize,
      insertBufferSize: merged.insertBufferSize ?? defaults.insertBufferSize,
      defaultCacheSize: defaults.cacheSize,
      walBufferBytes: writes ? (parseMilvusSize(config.wal.bufferSize) ?? 0) : 0,
      maxIndexFileBytes: writes ? (parseMilvusSize(config.writable.maxIndexFileSize) ?? 0) : 0,
      memoryLimit: own.resources.limits.memory,
    });
    const { resources, problems: requestProblems } = resolveResources(role, own.resources, {
      cpuRequest: '500m',
      cpuLimit: '2',
      memoryLimit: memory.memoryLimit,
    });
    problems.push(...memory.problems, ...requestProblems);
    const engine = { ...config.milvus.engine, ...definedOnly(own.engine) };
    return {
      resources,
      cache: {
        cacheBytes: memory.cacheBytes,
        insertBufferBytes: memory.insertBufferBytes,
        cpuCacheThreshold: merged.cpuCacheThreshold,
        cacheInsertData: merged.cacheInsertData,
        preloadCollections: merged.preloadCollections,
      },
      engine: { ...engine, ompThreadNum: engine.ompThreadNum ?? threadsFor(resources.limits.cpu) },
      extraServerConfig: mergeSections(config.milvus.extraServerConfig, own.extraServerConfig),
    };
  };

  const mysqlCredentials = credentials(config.mysql.credentials, `${config.name}-mysql`);
  const database: DatabaseSettings =
    externalMysql === undefined
      ? {
          host: names.mysql,
          port: 3306,
          database: config.mysql.database,
          user: config.mysql.user,
          waitSeconds: mysqlWaitSeconds,
          credentials: mysqlCredentials,
        }
      : {
          ...externalMysql,
          waitSeconds: mysqlWaitSeconds,
          credentials: credentials(externalMysql.credentials, `${config.name}-mysql`),
        };

  const s3: S3Settings = {
    ...config.s3,
    ...(config.s3.embedded
      ? { address: names.minio, port: MINIO_PORT, createBucket: true }
      : // The schema wants it when the storage is not embedded.
        { address: config.s3.address ?? '' }),
    credentials: credentials(config.s3.credentials, `${config.name}-s3`),
  };

  const settings: Settings = {
    ...rest,
    images: Object.fromEntries(
      Object.entries(config.images).map(([name, image]) => [name, mirrored(image, imageRegistry)]),
    ) as Settings['images'],
    wal: {
      ...config.wal,
      persistence: {
        ...config.wal.persistence,
        storageClassName:
          config.wal.persistence.storageClassName ?? config.mysql.persistence.storageClassName,
      },
    },
    s3,
    minio: config.s3.embedded
      ? {
          ...config.minio,
          resources: workloadResources('minio', {
            cpuRequest: '100m',
            cpuLimit: '1',
            memoryRequest: '256Mi',
            memoryLimit: '1Gi',
          }),
        }
      : undefined,
    backup: {
      ...config.backup,
      s3: {
        address: config.backup.s3.address ?? s3.address,
        port: config.backup.s3.port ?? s3.port,
        tls: config.backup.s3.tls,
        bucket: config.backup.s3.bucket ?? s3.bucket,
        prefix: config.backup.s3.prefix ?? `backup/${config.name}`,
        credentials:
          config.backup.s3.credentials === undefined
            ? s3.credentials
            : credentials(config.backup.s3.credentials, `${config.name}-backup-s3`),
      },
      resources: workloadResources('backup', {
        cpuRequest: '100m',
        cpuLimit: '1',
        memoryRequest: '128Mi',
        memoryLimit: '512Mi',
      }),
    },
    smokeTest: {
      ...config.smokeTest,
      resources: workloadResources('smokeTest', {
        cpuRequest: '50m',
        cpuLimit: '1',
        memoryRequest: '128Mi',
        memoryLimit: '512Mi',
      }),
    },
    writable: {
      ...config.writable,
      ...serverRole('writable', { cacheSize: '1GB', insertBufferSize: '1GB' }),
    },
    readonly: {
      ...config.readonly,
      ...serverRole('readonly', { cacheSize: '4GB', insertBufferSize: '64MB' }),
    },
    mishards: {
      ...config.mishards,
      resources: workloadResources('mishards', {
        cpuRequest: '250m',
        cpuLimit: '2',
        memoryRequest: '256Mi',
        memoryLimit: '1Gi',
      }),
    },
    database,
    mysql:
      externalMysql === undefined
        ? {
            ...config.mysql,
            credentials: mysqlCredentials,
            maxConnections: config.mysql.maxConnections ?? Math.max(1000, connectionsNeeded(config)),
            persistence: {
              ...config.mysql.persistence,
              subPath:
                config.mysql.persistence.subPath ??
                (config.mysql.persistence.existingClaim === undefined ? 'data' : ''),
            },
            resources: workloadResources('mysql', { cpuRequest: '250m', cpuLimit: '1', memoryLimit: '1Gi' }),
          }
        : undefined,
  };
  return { settings, problems };
}

/** Connections that the servers and proxies of a cluster can hold open at once, and some for people. */
export function connectionsNeeded(config: ParsedConfig): number {
  const { poolSize, maxOverflow } = config.mishards.database;
  const perProxy = Math.min(poolSize + maxOverflow, config.mishards.maxWorkers);
  return (
    (config.readonly.replicas + 1) * CONNECTIONS_PER_SERVER +
    config.mishards.replicas * perProxy +
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
  return {
    secretName: given.existingSecret ?? defaultSecret,
    keys: given.keys,
    externalSecret: given.externalSecret,
    inline: given.inline,
  };
}

function mergeSections(base: ExtraServerConfig, over: ExtraServerConfig): ExtraServerConfig {
  const sections = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(sections.map((section) => [section, { ...base[section], ...over[section] }]));
}

function definedOnly<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
}
