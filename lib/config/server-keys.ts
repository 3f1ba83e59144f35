import { formatPath, type Problem, suggest } from './problems';

/** Of a key that no option sets either. */
const FIXED = 'fixed';

/**
 * Every key that the 1.1.1 server reads (core/src/config/Config.cpp), and which of our options sets it. The server
 * ignores unknown keys without a word, so a typo in `extraServerConfig` would never be noticed: it is refused here.
 * `undefined`: no option has it, extraServerConfig may.
 */
const SERVER_KEYS: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  general: { timezone: 'milvus.timezone', meta_uri: 'mysql or externalMysql' },
  cluster: { enable: FIXED, role: FIXED },
  network: {
    'bind.address': FIXED,
    'bind.port': 'milvus.network.port',
    'http.enable': 'milvus.network.httpEnabled',
    'http.port': 'milvus.network.httpPort',
  },
  storage: {
    path: 'storage.path',
    auto_flush_interval: 'storage.autoFlushInterval',
    file_cleanup_timeout: 'storage.fileCleanupTimeout',
    s3_enabled: 's3',
    s3_address: 's3.address',
    s3_port: 's3.port',
    s3_access_key: 's3.credentials',
    s3_secret_key: 's3.credentials',
    s3_bucket: 's3.bucket',
  },
  wal: {
    enable: FIXED,
    recovery_error_ignore: 'wal.recoveryErrorIgnore',
    buffer_size: 'wal.bufferSize',
    path: 'wal.path',
  },
  cache: {
    cache_size: 'milvus.cache.cacheSize',
    insert_buffer_size: 'milvus.cache.insertBufferSize',
    cpu_cache_threshold: 'milvus.cache.cpuCacheThreshold',
    cache_insert_data: 'milvus.cache.cacheInsertData',
    preload_collection: 'milvus.cache.preloadCollections',
  },
  engine_config: {
    use_blas_threshold: 'milvus.engine.useBlasThreshold',
    omp_thread_num: 'milvus.engine.ompThreadNum',
    simd_type: 'milvus.engine.simdType',
    search_combine_nq: 'milvus.engine.searchCombineNq',
    max_partition_num: 'milvus.engine.maxPartitionNum',
  },
  gpu: {
    enable: undefined,
    'cache.enable': undefined,
    cache_size: undefined,
    cache_threshold: undefined,
    gpu_search_threshold: undefined,
    search_devices: undefined,
    build_index_devices: undefined,
  },
  db_config: { archive_disk_threshold: undefined, archive_days_threshold: undefined },
  metric: {
    enable: 'milvus.metrics.enabled',
    address: 'milvus.metrics.address',
    port: 'milvus.metrics.port',
    cluster_label: 'milvus.metrics.clusterLabel',
    instance_label: undefined,
  },
  tracing_config: { json_config_path: undefined },
  logs: {
    level: 'milvus.logs.level',
    'trace.enable': 'milvus.logs.traceEnabled',
    path: 'milvus.logs.path',
    max_log_file_size: 'milvus.logs.maxFileSize',
    log_rotate_num: 'milvus.logs.rotateNum',
    log_to_stdout: 'milvus.logs.toStdout',
    log_to_file: 'milvus.logs.toFile',
  },
};

export type ExtraServerConfig = Readonly<
  Record<string, Readonly<Record<string, string | number | boolean | readonly string[]>>>
>;

/** What is wrong with an `extraServerConfig`; its values are never shown, they may be credentials. */
export function extraServerConfigProblems(extra: ExtraServerConfig, path: string): Problem[] {
  return Object.entries(extra).flatMap(([section, keys]) => {
    const known = Object.hasOwn(SERVER_KEYS, section) ? SERVER_KEYS[section] : undefined;
    if (known === undefined) {
      return [unknown(`${path}.${formatPath([section])}`, section, Object.keys(SERVER_KEYS), 'section')];
    }
    return Object.entries(keys).flatMap(([key, value]) => {
      const keyPath = `${path}.${formatPath([section, key])}`;
      if (!Object.hasOwn(known, key)) return [unknown(keyPath, key, Object.keys(known), 'key')];
      const option = known[key];
      if (option !== undefined) {
        return [
          {
            path: keyPath,
            given: 'a key that is set already',
            expected: 'only keys that have no option',
            fix:
              option === FIXED
                ? 'Leave it out: only one value works, and it is set.'
                : `Use ${option} instead.`,
          },
        ];
      }
      if ([value].flat().some((text) => typeof text === 'string' && PLACEHOLDER.test(text))) {
        return [{ path: keyPath, expected: 'a value without "@NAME@": such words stand for credentials' }];
      }
      return [];
    });
  });
}

const PLACEHOLDER = /@[A-Z0-9_]+@/;

function unknown(path: string, word: string, known: readonly string[], what: string): Problem {
  const meant = suggest(word, known);
  return {
    path,
    given: `an unknown ${what}`,
    expected: `a ${what} that Milvus 1.1.1 reads${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    fix: `The server ignores others without a word. Known: ${known.join(', ')}.`,
  };
}
