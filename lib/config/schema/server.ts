import { z } from 'zod';
import {
  bytesQuantity,
  count,
  flag,
  host,
  milvusPath,
  milvusSize,
  resourceName,
  rule,
  serverPort,
} from '../rules';
import { SERVER_CPU } from '../sizing';
import { claim, workload } from './workload';

/** What is configured about the servers. */

const serverConfigValue = rule(
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
  'a text, number, boolean or list of texts',
);
export const extraServerConfig = (inherited: string) =>
  z
    .record(z.string(), z.record(z.string(), serverConfigValue))
    .default({})
    .describe(
      `Sections and keys of server_config.yaml that have no option of their own; merged last${inherited}. Credentials and keys that an option sets are refused.`,
    );

export const cache = z
  .strictObject({
    cacheSize: milvusSize()
      .optional()
      .describe(
        'Memory for cached segments and indexes (cache.cache_size); it should hold the index of the data that is searched.\n\n@default - what the memory limit leaves, when that is set; otherwise 4GB on readonly and 1GB on writable',
      ),
    insertBufferSize: milvusSize()
      .optional()
      .describe(
        'Memory for rows that are not flushed yet (cache.insert_buffer_size). Without it 1.1.1 refuses to start.\n\n@default - 1GB on writable, 64MB on readonly, which never inserts',
      ),
    cpuCacheThreshold: rule(z.number().gt(0).lt(1), 'a number between 0 and 1, both excluded')
      .optional()
      .describe(
        "Share of the cache that is kept when it is cleaned (cache.cpu_cache_threshold).\n\n@default - the server's own: 0.7",
      ),
    cacheInsertData: flag()
      .optional()
      .describe(
        "Put inserted data into the cache at once (cache.cache_insert_data).\n\n@default - the server's own: false",
      ),
    preloadCollections: z
      .array(rule(z.string().regex(/^(\*|[A-Za-z_]\w*)$/), 'the name of a collection, or "*" for all'))
      .optional()
      .describe(
        'Collections to load into the cache at start (cache.preload_collection). A missing collection, or a full cache, makes 1.1.1 stop at start.\n\n@default - none',
      ),
  })
  .meta({ id: 'Cache', description: 'Memory of a server.' });

export const engine = z
  .strictObject({
    ompThreadNum: count(0, 1024, 'threads')
      .optional()
      .describe(
        "Threads for search and index building (engine_config.omp_thread_num); at most the node's CPUs, 0 means half of them.\n\n@default - the CPU limit, rounded down, at least 1",
      ),
    useBlasThreshold: count(0, 1_000_000_000, 'queries')
      .optional()
      .describe(
        "Number of query vectors from which BLAS is used (engine_config.use_blas_threshold).\n\n@default - the server's own: 1100",
      ),
    simdType: z
      .enum(['auto', 'avx512', 'avx2', 'sse'])
      .optional()
      .describe("Instruction set (engine_config.simd_type).\n\n@default - the server's own: auto"),
    searchCombineNq: count(0, 1_000_000, 'queries')
      .optional()
      .describe(
        "Query vectors up to which searches are combined (engine_config.search_combine_nq).\n\n@default - the server's own: 64",
      ),
    maxPartitionNum: count(1, 1_000_000_000, 'partitions')
      .optional()
      .describe(
        "Partitions that a collection may have (engine_config.max_partition_num).\n\n@default - the server's own: 4096",
      ),
  })
  .meta({ id: 'Engine', description: 'The search engine of a server.' });

const logFields = {
  level: () =>
    rule(
      z.enum(['debug', 'info', 'warning', 'error', 'fatal']),
      'one of debug, info, warning, error, fatal (lower case)',
      'Mind that at info and debug 1.1.1 prints its configuration with the credentials at start.',
    ),
  traceEnabled: flag,
  toStdout: flag,
  toFile: flag,
  maxFileSize: () => milvusSize(512 * 1024 ** 2, 4096 * 1024 ** 2, ', from 512MB to 4096MB'),
  rotateNum: () => count(0, 1024, 'files'),
};

export const logs = z.strictObject({
  level: logFields
    .level()
    .default('warning')
    .describe('Least level that is logged. At `info` and `debug` 1.1.1 prints its credentials.'),
  traceEnabled: logFields
    .traceEnabled()
    .default(false)
    .describe('Trace messages, those of faiss among them (logs.trace.enable).'),
  toStdout: logFields.toStdout().default(true).describe('Log to stdout, where `kubectl logs` finds it.'),
  toFile: logFields.toFile().default(false).describe('Log to files in `path` as well.'),
  path: milvusPath()
    .default('/var/lib/milvus/logs')
    .describe('Directory of the log files; 1.1.1 wants it writable even when it logs to stdout alone.'),
  maxFileSize: logFields.maxFileSize().default('512MB').describe('Size at which a log file is changed.'),
  rotateNum: logFields
    .rotateNum()
    .default(4)
    .describe('Log files kept, of those that one start of the server has written; 0 keeps all.'),
  sizeLimit: bytesQuantity('4Gi')
    .default('4Gi')
    .describe('Limit of the emptyDir that holds the logs; a pod that exceeds it is evicted.'),
  persistence: claim(
    'The volume of the log files: one claim for all servers, each pod in a directory of its own; wants toFile. Argo CD and Flux leave it, unless `annotations` say otherwise.',
    'disabled; otherwise 5Gi, ReadWriteMany (ReadWriteOnce with one server), of the default StorageClass',
    { enabled: false, size: '5Gi' },
  ),
});

const base = (key: string) => `\n\n@default - that of milvus.logs.${key}`;

/** What a role may have otherwise than `milvus.logs`. */
const logOverrides = z
  .strictObject({
    level: logFields
      .level()
      .optional()
      .describe(`Least level that is logged.${base('level')}`),
    traceEnabled: logFields
      .traceEnabled()
      .optional()
      .describe(`Trace messages.${base('traceEnabled')}`),
    toStdout: logFields
      .toStdout()
      .optional()
      .describe(`Log to stdout.${base('toStdout')}`),
    toFile: logFields
      .toFile()
      .optional()
      .describe(`Log to files.${base('toFile')}`),
    maxFileSize: logFields
      .maxFileSize()
      .optional()
      .describe(`Size at which a log file is changed.${base('maxFileSize')}`),
    rotateNum: logFields
      .rotateNum()
      .optional()
      .describe(`Log files kept.${base('rotateNum')}`),
  })
  .meta({ id: 'RoleLogs', description: 'What a role logs otherwise than `milvus.logs`.' });

const gpuDevice = rule(z.string().regex(/^gpu(\d|[1-9]\d)$/), 'a device such as gpu0');

/** GPUs of the servers; a CPU build ignores the section. */
export const gpu = z
  .strictObject({
    enabled: flag()
      .optional()
      .describe('Run the GPU build (images.milvusGpu) and give it devices.\n\n@default - false'),
    cacheSize: milvusSize()
      .optional()
      .describe('Memory of each device for cached data (gpu.cache_size).\n\n@default - 1GB'),
    cacheThreshold: rule(z.number().gt(0).lt(1), 'a number between 0 and 1, both excluded')
      .optional()
      .describe(
        "Share of the cache that is kept when it is cleaned (gpu.cache_threshold).\n\n@default - the server's own",
      ),
    gpuSearchThreshold: count(0, 1_000_000_000, 'queries')
      .optional()
      .describe(
        'Query vectors from which a search runs on the GPU (gpu.gpu_search_threshold).\n\n@default - 1000',
      ),
    searchDevices: z
      .array(gpuDevice)
      .min(1)
      .optional()
      .describe('Devices that search (gpu.search_devices), as the pod numbers them.\n\n@default - gpu0'),
    buildIndexDevices: z
      .array(gpuDevice)
      .min(1)
      .optional()
      .describe('Devices that build indexes (gpu.build_index_devices).\n\n@default - gpu0'),
    count: count(1, 64, 'devices')
      .optional()
      .describe(
        'Devices that each pod asks for.\n\n@default - as many as searchDevices and buildIndexDevices name',
      ),
    resourceName: resourceName()
      .optional()
      .describe('Resource of the device plugin.\n\n@default - nvidia.com/gpu'),
  })
  .meta({ id: 'Gpu', description: 'GPUs of a server.' });

export const metrics = z.strictObject({
  enabled: flag().default(false).describe('Push metrics to a Prometheus push gateway, every second.'),
  address: host('the host name or IPv4 address of a push gateway')
    .optional()
    .describe(
      'Host of a push gateway that exists already. One that is shared keeps the series of pods that are gone.\n\n@default - a push gateway beside each server, in its pod',
    ),
  port: serverPort().default(9091).describe('Port of the push gateway.'),
  clusterLabel: rule(z.string().regex(/^[\w.-]{1,63}$/), 'a text of letters, digits, "_", "." and "-"')
    .optional()
    .describe('Value of the label `cluster`.\n\n@default - name of the cluster'),
});

/** @param memory what the memory limit follows from */
export const serverRole = (memory: string) => ({
  ...workload({ ...SERVER_CPU, memoryLimit: memory }),
  securityProfile: z
    .enum(['restricted', 'baseline'])
    .optional()
    .describe(
      'Pod Security Standard that the pods meet. `baseline` runs the server as root: for directories that belong to root, as those of an adopted chart release do.\n\n@default - restricted; baseline for what an adopted storage.path of /var/lib/milvus takes to write: the writable, and with storage.persistence the readers',
    ),
  logs: logOverrides.prefault({}).describe('Overrides of `milvus.logs` for this role.'),
  gpu: gpu.prefault({}).describe('Overrides of `milvus.gpu` for this role.'),
  cache: cache.prefault({}).describe('Overrides of `milvus.cache` for this role.'),
  engine: engine.prefault({}).describe('Overrides of `milvus.engine` for this role.'),
  startupTimeoutSeconds: count(60, 86400, 'seconds')
    .default(1800)
    .describe('Seconds that the server may take to start (WAL replay, preloading) before it is restarted.'),
  extraServerConfig: extraServerConfig(' over `milvus.extraServerConfig`'),
});
