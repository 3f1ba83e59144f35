import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import { formatMilvusSize, parseMilvusSize } from '../config/quantities';
import type { ReadonlySettings, Settings, WritableSettings } from '../config/settings';
import { apiObject } from '../kubernetes/objects';
import { writeYaml } from '../yaml/write';

/** The template of one role's server_config.yaml. */
export interface ServerConfigTemplate {
  /** Key in the ConfigMap. */
  readonly key: string;
  /** The file, with placeholders where credentials go. */
  readonly text: string;
}

export interface ServerConfigsProps {
  readonly settings: Settings;
  readonly metadata: k8s.ObjectMeta;
}

/** The ConfigMap with the servers' configurations, readable and free of credentials. */
export class ServerConfigs extends Construct {
  /** Holds the templates of both roles. */
  public readonly configMap: ApiObject;
  /** Of the writable, or the standalone server. */
  public readonly writable: ServerConfigTemplate;
  /** Of the readers; unset on a standalone server. */
  public readonly readonly?: ServerConfigTemplate;

  public constructor(scope: Construct, id: string, { settings, metadata }: ServerConfigsProps) {
    super(scope, id);
    this.writable = { key: 'server_config.yaml', text: writableServerConfig(settings) };
    if (settings.mode === 'cluster') {
      this.readonly = { key: 'readonly_server_config.yaml', text: readonlyServerConfig(settings) };
    }
    const templates = [this.writable, ...(this.readonly === undefined ? [] : [this.readonly])];
    this.configMap = apiObject(
      this,
      'ConfigMap',
      k8s.KubeConfigMap.manifest({
        metadata,
        data: Object.fromEntries(templates.map(({ key, text }) => [key, text])),
      }),
    );
    this.node.defaultChild = this.configMap;
  }
}

type Value = string | number | boolean | readonly string[] | undefined;
type Sections = Record<string, Record<string, Value>>;

/** Only this text is accepted, whatever the release (Config.cpp). */
const CONFIG_VERSION = '0.5';

const HEADER = (
  role: string,
) => `# Configuration of the ${role}. The words between @ are credentials; an init container
# puts them in, from the Secrets, into memory.
`;
/** In double quotes, within which the render script can put any credential. */
const PLACEHOLDER = /@[A-Z0-9_]+@/;

/**
 * server_config.yaml of the writable. Keys with a dot are literal names for the server, not nested mappings.
 */
export function writableServerConfig(settings: Settings): string {
  const { wal, writable } = settings;
  if (!wal.enabled) return render(settings, writable, 'rw', { enable: false });
  return render(settings, writable, 'rw', {
    enable: true,
    recovery_error_ignore: wal.recoveryErrorIgnore,
    buffer_size: size(wal.bufferSize),
    path: wal.path,
  });
}

/** server_config.yaml of the readers. With a WAL a reader would replay it (DBImpl::Start). */
export function readonlyServerConfig(settings: Settings): string {
  return render(settings, settings.readonly, 'ro', { enable: false });
}

function render(
  settings: Settings,
  role: WritableSettings | ReadonlySettings,
  clusterRole: 'rw' | 'ro',
  wal: Record<string, Value>,
): string {
  const { milvus, storage } = settings;
  const { cache, engine, logs } = role;
  const cluster = settings.mode === 'cluster';
  const sections: Sections = {
    cluster: { enable: cluster, role: clusterRole },
    general: { timezone: milvus.timezone, meta_uri: metaUri(settings) },
    network: {
      'bind.address': '0.0.0.0',
      'bind.port': milvus.network.port,
      'http.enable': milvus.network.httpEnabled,
      'http.port': milvus.network.httpPort,
    },
    storage: {
      path: storage.path,
      auto_flush_interval: storage.autoFlushInterval,
      file_cleanup_timeout: storage.fileCleanupTimeout,
      ...s3Keys(settings),
    },
    wal,
    cache: {
      cache_size: formatMilvusSize(cache.cacheBytes),
      insert_buffer_size: formatMilvusSize(cache.insertBufferBytes),
      cpu_cache_threshold: cache.cpuCacheThreshold,
      cache_insert_data: cache.cacheInsertData,
      preload_collection: cache.preloadCollections?.join(',') || undefined,
    },
    engine_config: {
      omp_thread_num: engine.ompThreadNum,
      use_blas_threshold: engine.useBlasThreshold,
      simd_type: engine.simdType,
      search_combine_nq: engine.searchCombineNq,
      max_partition_num: engine.maxPartitionNum,
    },
    ...gpuSection(role),
    metric: milvus.metrics.enabled
      ? {
          enable: true,
          // Without an address of its own the push gateway is in the same pod.
          address: milvus.metrics.address ?? '127.0.0.1',
          port: milvus.metrics.port,
          cluster_label: milvus.metrics.clusterLabel ?? settings.name,
        }
      : { enable: false },
    logs: {
      level: logs.level,
      'trace.enable': logs.traceEnabled,
      path: milvus.logs.path,
      max_log_file_size: size(logs.maxFileSize),
      log_rotate_num: logs.rotateNum,
      log_to_stdout: logs.toStdout,
      log_to_file: logs.toFile,
    },
  };
  for (const [section, keys] of Object.entries(role.extraServerConfig)) {
    sections[section] = { ...sections[section], ...keys };
  }

  const text = writeYaml({ version: CONFIG_VERSION, ...sections }, { quote: PLACEHOLDER });
  return `${HEADER(headline(cluster, clusterRole))}\n${text}`;
}

function headline(cluster: boolean, role: 'rw' | 'ro'): string {
  if (!cluster) return 'server';
  return role === 'rw' ? 'writable' : 'readers';
}

/** Taken literally by the server: no percent-encoding. SQLite's file is `db/meta.sqlite` in storage.path. */
function metaUri({ database }: Settings): string {
  return database === undefined
    ? 'sqlite://:@:/'
    : `mysql://${database.user}:@MYSQL_PASSWORD@@${database.host}:${database.port}/${database.database}`;
}

function s3Keys({ s3 }: Settings): Record<string, Value> {
  if (s3 === undefined) return { s3_enabled: false };
  return {
    s3_enabled: true,
    s3_address: s3.address,
    s3_port: s3.port,
    s3_access_key: '@S3_ACCESS_KEY@',
    s3_secret_key: '@S3_SECRET_KEY@',
    s3_bucket: s3.bucket,
  };
}

/** Only of a GPU build: a CPU build ignores the section. */
function gpuSection({ gpu }: WritableSettings | ReadonlySettings): Sections {
  if (gpu === undefined) return {};
  return {
    gpu: {
      enable: true,
      cache_size: size(gpu.cacheSize),
      cache_threshold: gpu.cacheThreshold,
      gpu_search_threshold: gpu.gpuSearchThreshold,
      search_devices: [...gpu.searchDevices],
      build_index_devices: [...gpu.buildIndexDevices],
    },
  };
}

function size(text: string): string {
  return formatMilvusSize(parseMilvusSize(text) ?? 0);
}
