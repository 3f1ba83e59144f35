import * as z from 'zod';
import { formatMilvusSize, parseMilvusSize } from './quantities';
import { count, flag, host, milvusPath, milvusSize, rule, serverPort, timezone } from './rules';

/** A key of server_config.yaml, and the option that sets it. */
export interface ServerKey {
  /**
   * The option, as a path; words where several have a part in it; `FIXED` where only one value works. Unset: no option has
   * it, extraServerConfig may.
   */
  readonly option?: string;
  /** Kind and range: of the option, and of what extraServerConfig may say. Unset: the schema has it where the option is. */
  readonly kind?: z.ZodType;
  /** What the option is for; the reference puts the name of the key behind its first part. */
  readonly description?: string;
  /** What the option is when it is not given. @default - it is not written, and the server has its own */
  readonly default?: unknown;
  /** What happens without the option, in words, when that is more than a fixed value. @default - the server's own */
  readonly otherwise?: string;
  /** What the server takes without the key (Config.cpp); its own template often says otherwise. */
  readonly server?: string;
  /**
   * `all`: one value for all servers. `each`: an option that `writable` and `readonly` may have otherwise than `milvus`.
   * `writable`: a switch that is off for the others. @default all
   */
  readonly roles?: 'all' | 'each' | 'writable';
  /** A switch in the same section without which the key is not written. @default - none */
  readonly needs?: string;
  /** From what the option says to what the server reads. @default - as it is */
  readonly write?: (value: never) => string | undefined;
  /** The same value of Helm chart 1.1.6, in which `readonly.` before it stands for the readers'. */
  readonly chart?: readonly [value: string, itsDefault: string, why?: string];
}

/** What stands for a credential in server_config.yaml, until it is rendered in the pod. */
export const PLACEHOLDER = /@[A-Z0-9_]+@/;

/** Of a key of which only one value works. */
export const FIXED = 'fixed';

/** A row of a key with an option of its own. */
function option<const Path extends string, Kind extends z.ZodType, const More extends ServerKey>(
  path: Path,
  kind: Kind,
  description: string,
  more: More,
) {
  return { option: path, kind, description, ...more };
}

const size = (given: string | number): string =>
  formatMilvusSize(typeof given === 'number' ? given : (parseMilvusSize(given) ?? 0));
const share = () => rule(z.number().gt(0).lt(1), 'a number between 0 and 1, both excluded');
const gpuDevices = () => z.array(rule(z.string().regex(/^gpu(\d|[1-9]\d)$/), 'a device such as gpu0')).min(1);
const anyText = () => rule(z.string(), 'a text');

/**
 * Every key that the 1.1.1 server reads (core/src/config/Config.cpp; kinds and ranges also ValidationUtil.cpp), by section, in
 * the order in which they are written. From this table come the options and their checks, the reference, the file itself,
 * what extraServerConfig may say, and what becomes of a value of the chart.
 */
export const SERVER_KEYS = {
  cluster: {
    enable: { option: FIXED, server: 'true' },
    role: { option: FIXED, server: 'rw' },
  },
  general: {
    timezone: option('milvus.timezone', timezone(), 'Time zone of the servers, as an offset from UTC.', {
      default: 'UTC+0',
      server: 'UTC+8',
      chart: ['timeZone', 'UTC+8', 'If unset, UTC+0.'],
    }),
    meta_uri: { option: 'mysql or externalMysql', server: 'sqlite://:@:/' },
  },
  network: {
    'bind.address': { option: FIXED, server: '127.0.0.1' },
    'bind.port': option('milvus.network.port', serverPort(), 'Port on which the servers speak gRPC.', {
      default: 19530,
      server: '19530',
    }),
    'http.enable': option(
      'milvus.network.httpEnabled',
      flag(),
      'HTTP listener for the probes. Switch it off on nodes whose kernel has no IPv6: it can not bind there, and the probes then use the gRPC port.',
      { default: true, server: 'true' },
    ),
    'http.port': option(
      'milvus.network.httpPort',
      serverPort(),
      'Port of the HTTP listener. It shows the credentials to anyone, so no Service exposes it.',
      { default: 19121, server: '19121' },
    ),
  },
  storage: {
    path: option(
      'storage.path',
      milvusPath(),
      'Prefix of the keys in the bucket, and directory of local copies in the pods. It can not be changed once there is data; a release taken over from the chart has /var/lib/milvus.',
      {
        default: '/var/lib/milvus/data',
        server: '/tmp/milvus',
        chart: [
          'primaryPath',
          '/var/lib/milvus',
          'It is the prefix of the keys in the bucket. If unset, /var/lib/milvus/data, which needs no root; with --adopt, /var/lib/milvus.',
        ],
      },
    ),
    auto_flush_interval: option(
      'storage.autoFlushInterval',
      count(0, 86400, 'seconds'),
      'Seconds between regular flushes to S3; 0 switches them off.',
      { default: 1, server: '1', chart: ['storage.autoFlushInterval', '1'] },
    ),
    file_cleanup_timeout: option(
      'storage.fileCleanupTimeout',
      count(0, 3600, 'seconds'),
      "Seconds after which replaced files are deleted. Readers may still need them, so the server's own default of 10 is too short.",
      {
        default: 60,
        server: '10',
        chart: [
          'storage.fileCleanupTimeout',
          '- (only in its README)',
          'No template of the chart reads it. Here it is used.',
        ],
      },
    ),
    s3_enabled: { option: 's3', server: 'false' },
    s3_address: { option: 's3.address', needs: 's3_enabled', server: '127.0.0.1' },
    s3_port: { option: 's3.port', needs: 's3_enabled', server: '80' },
    s3_access_key: { option: 's3.credentials', needs: 's3_enabled', server: '' },
    s3_secret_key: { option: 's3.credentials', needs: 's3_enabled', server: '' },
    s3_bucket: { option: 's3.bucket', needs: 's3_enabled', server: '' },
  },
  wal: {
    enable: option(
      'wal.enabled',
      flag(),
      'Log inserts and deletes before they are acknowledged. Without the log, rows that are not flushed are lost when the process ends.',
      { roles: 'writable', default: true, server: 'true', chart: ['wal.enabled', 'true'] },
    ),
    recovery_error_ignore: option(
      'wal.recoveryErrorIgnore',
      flag(),
      'Start even if the log can not be replayed. `true` can lose rows that were never flushed; `false` can crash-loop with "Wal init error!" even after a clean restart.',
      {
        needs: 'enable',
        default: true,
        server: 'true',
        chart: [
          'wal.recoveryErrorIgnore',
          'false',
          'If unset, true: with false the server can stop for good with "Wal init error!".',
        ],
      },
    ),
    buffer_size: option(
      'wal.bufferSize',
      milvusSize(
        64 * 1024 ** 2,
        4 * 1024 ** 3,
        ', from 64MB to 4GB (the server silently changes other sizes)',
      ),
      'Memory for the write-ahead log.',
      { needs: 'enable', default: '256MB', server: '256MB', write: size, chart: ['wal.bufferSize', '256MB'] },
    ),
    path: option('wal.path', milvusPath(), 'Directory of the write-ahead log.', {
      needs: 'enable',
      default: '/var/lib/milvus/wal',
      server: '/tmp/milvus/wal',
    }),
  },
  cache: {
    cache_size: option(
      'milvus.cache.cacheSize',
      milvusSize(),
      'Memory for cached segments and indexes; it should hold the indexes that are searched.',
      {
        roles: 'each',
        server: '4GB',
        otherwise: 'what a memory limit that you set leaves; otherwise 4GB on readonly and 1GB on writable',
        write: size,
        chart: [
          'cache.cacheSize',
          '4GB',
          'The memory limit follows from it. If you set a limit of your own, the two must fit.',
        ],
      },
    ),
    insert_buffer_size: option(
      'milvus.cache.insertBufferSize',
      milvusSize(),
      'Memory for rows that are not flushed yet.',
      {
        roles: 'each',
        otherwise: '1GB on writable, 64MB on readonly, which never inserts',
        write: size,
        chart: ['cache.insertBufferSize', '1GB'],
      },
    ),
    cpu_cache_threshold: option(
      'milvus.cache.cpuCacheThreshold',
      share(),
      'Share of the cache that stays when old entries are evicted, between 0 and 1.',
      { roles: 'each', server: '0.7' },
    ),
    cache_insert_data: option(
      'milvus.cache.cacheInsertData',
      flag(),
      'Put inserted data into the cache at once, so that the first search does not have to load it.',
      { roles: 'each', server: 'false' },
    ),
    preload_collection: option(
      'milvus.cache.preloadCollections',
      z.array(rule(z.string().regex(/^(\*|[A-Za-z_]\w*)$/), 'the name of a collection, or "*" for all')),
      'Collections to load into the cache at start, or "*" for all. Milvus 1.1.1 ends at start if one is missing or the cache is full.',
      {
        roles: 'each',
        server: '',
        otherwise: 'none',
        write: (names: readonly string[]) => names.join(',') || undefined,
      },
    ),
  },
  engine_config: {
    omp_thread_num: option(
      'milvus.engine.ompThreadNum',
      count(0, 1024, 'threads'),
      'Threads for search and index building; at most the CPUs of the node. 0 means half of them.',
      { roles: 'each', server: '0', otherwise: 'the CPU limit, rounded down, at least 1' },
    ),
    use_blas_threshold: option(
      'milvus.engine.useBlasThreshold',
      count(0, 1_000_000_000, 'queries'),
      'Searches with at least this many query vectors use BLAS.',
      { roles: 'each', server: '1100' },
    ),
    simd_type: option(
      'milvus.engine.simdType',
      z.enum(['auto', 'avx512', 'avx2', 'sse']),
      'CPU instruction set for searches; `auto` takes the best that the node has.',
      { roles: 'each', server: 'auto' },
    ),
    search_combine_nq: option(
      'milvus.engine.searchCombineNq',
      count(0, 1_000_000, 'queries'),
      'Small searches are combined into one, up to this many query vectors.',
      { roles: 'each', server: '64' },
    ),
    max_partition_num: option(
      'milvus.engine.maxPartitionNum',
      count(1, 1_000_000_000, 'partitions'),
      'Largest number of partitions in a collection.',
      { roles: 'each', server: '4096' },
    ),
  },
  // Read by a GPU build alone.
  gpu: {
    enable: option(
      'milvus.gpu.enabled',
      flag(),
      'Run the GPU build of Milvus (images.milvusGpu), and request devices for it.',
      {
        roles: 'each',
        otherwise: 'false',
        chart: [
          'gpu.enabled',
          'false',
          'The pods also get devices and the image of the GPU build. The chart changes only the configuration file.',
        ],
      },
    ),
    'cache.enable': { kind: flag() },
    cache_size: option('milvus.gpu.cacheSize', milvusSize(), 'Memory on each device for cached data.', {
      roles: 'each',
      needs: 'enable',
      otherwise: '1GB',
      write: size,
      chart: ['gpu.cacheSize', '1GB'],
    }),
    cache_threshold: option(
      'milvus.gpu.cacheThreshold',
      share(),
      'Share of the cache that stays when old entries are evicted, between 0 and 1.',
      { roles: 'each', needs: 'enable' },
    ),
    gpu_search_threshold: option(
      'milvus.gpu.gpuSearchThreshold',
      count(0, 1_000_000_000, 'queries'),
      'Searches with at least this many query vectors run on the GPU.',
      { roles: 'each', needs: 'enable', otherwise: '1000', chart: ['gpu.gpuSearchThreshold', '1000'] },
    ),
    search_devices: option(
      'milvus.gpu.searchDevices',
      gpuDevices(),
      'Devices for searches, by their number in the pod: gpu0, gpu1.',
      { roles: 'each', needs: 'enable', otherwise: 'gpu0', chart: ['gpu.searchDevices', '[gpu0]'] },
    ),
    build_index_devices: option('milvus.gpu.buildIndexDevices', gpuDevices(), 'Devices for index builds.', {
      roles: 'each',
      needs: 'enable',
      otherwise: 'gpu0',
      chart: ['gpu.buildIndexDevices', '[gpu0]'],
    }),
  },
  metric: {
    enable: option(
      'milvus.metrics.enabled',
      flag(),
      'Push metrics to a Prometheus push gateway, every second.',
      { default: false, server: 'false', chart: ['metrics.enabled', 'false'] },
    ),
    address: option(
      'milvus.metrics.address',
      host('the host name or IPv4 address of a push gateway'),
      'Host of a push gateway that already exists. A shared push gateway keeps the series of pods that are gone.',
      { needs: 'enable', server: '127.0.0.1', otherwise: 'each server has a push gateway in its pod' },
    ),
    port: option('milvus.metrics.port', serverPort(), 'Port of the push gateway.', {
      needs: 'enable',
      default: 9091,
      server: '9091',
      chart: ['metrics.port', '9091'],
    }),
    cluster_label: option(
      'milvus.metrics.clusterLabel',
      rule(z.string().regex(/^[\w.-]{1,63}$/), 'a text of letters, digits, "_", "." and "-"'),
      'Value of the label `cluster`.',
      { needs: 'enable', server: 'milvus_cluster', otherwise: 'name of the cluster' },
    ),
    instance_label: { kind: anyText(), server: '' },
  },
  logs: {
    level: option(
      'milvus.logs.level',
      rule(
        z.enum(['debug', 'info', 'warning', 'error', 'fatal']),
        'one of debug, info, warning, error, fatal (lower case)',
        'At info and debug, Milvus 1.1.1 prints its configuration with the credentials when it starts.',
      ),
      'Lowest level that is logged. At `info` and `debug` Milvus 1.1.1 prints its credentials.',
      {
        roles: 'each',
        default: 'warning',
        server: 'debug',
        chart: [
          'logs.level',
          'debug',
          'At info and debug the server prints its credentials when it starts. If unset, warning.',
        ],
      },
    ),
    'trace.enable': option(
      'milvus.logs.traceEnabled',
      flag(),
      'Log trace messages as well: the search library writes one for each search.',
      {
        roles: 'each',
        default: false,
        server: 'true',
      },
    ),
    path: option(
      'milvus.logs.path',
      milvusPath(),
      'Directory of the log files. Milvus 1.1.1 needs it to be writable even if it logs to stdout only.',
      {
        default: '/var/lib/milvus/logs',
        server: '/tmp/milvus/logs',
        chart: ['logs.path', '/var/lib/milvus/logs', 'All servers have the same path.'],
      },
    ),
    max_log_file_size: option(
      'milvus.logs.maxFileSize',
      milvusSize(512 * 1024 ** 2, 4096 * 1024 ** 2, ', from 512MB to 4096MB'),
      'Size at which a new log file begins.',
      {
        roles: 'each',
        default: '512MB',
        server: '1GB',
        write: size,
        chart: ['logs.maxLogFileSize', '1024MB'],
      },
    ),
    log_rotate_num: option(
      'milvus.logs.rotateNum',
      count(0, 1024, 'files'),
      'Number of log files that are kept for each start of the server; 0 keeps all.',
      { roles: 'each', default: 4, server: '0', chart: ['logs.logRotateNum', '0'] },
    ),
    log_to_stdout: option('milvus.logs.toStdout', flag(), 'Log to stdout, where `kubectl logs` finds it.', {
      roles: 'each',
      default: true,
      server: 'false',
      chart: ['logs.logToStdOut', '"false"'],
    }),
    log_to_file: option('milvus.logs.toFile', flag(), 'Log to files in milvus.logs.path as well.', {
      roles: 'each',
      default: false,
      server: 'true',
      chart: ['logs.logToFile', '"true"'],
    }),
  },
  db_config: {
    archive_disk_threshold: { kind: count(0, 1_000_000_000, 'GB'), server: '0' },
    archive_days_threshold: { kind: count(0, 1_000_000_000, 'days'), server: '0' },
  },
  tracing_config: {
    json_config_path: { kind: anyText(), server: '' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ServerKey>>>>;

export type ServerSection = keyof typeof SERVER_KEYS;

/** A row of the table, with its place. */
export interface ServerKeyRow extends ServerKey {
  readonly section: string;
  readonly key: string;
}

const ROWS: readonly ServerKeyRow[] = Object.entries(SERVER_KEYS).flatMap(([section, keys]) =>
  Object.entries(keys).map(([key, row]) => ({ section, key, ...row })),
);

/** The rows of the table, or those of one section. */
export function serverKeys(section?: ServerSection): readonly ServerKeyRow[] {
  return section === undefined ? ROWS : ROWS.filter((row) => row.section === section);
}

// Pieces of the schema ---------------------------------------------------------------------------------------------------

type Row = {
  [S in ServerSection]: (typeof SERVER_KEYS)[S][keyof (typeof SERVER_KEYS)[S]];
}[ServerSection];
type OptionRow = Extract<Row, { readonly option: string; readonly kind: z.ZodType }>;
/** The last word of an option that stands directly in that section of the configuration. */
type NameIn<Path extends string, Option extends string> = Option extends `${Path}.${infer Name}`
  ? Name extends `${string}.${string}`
    ? never
    : Name
  : never;
type Schema<R extends OptionRow> = R extends { readonly default: unknown }
  ? z.ZodDefault<R['kind']>
  : z.ZodOptional<R['kind']>;

/** The options in a section of the configuration, such as `milvus.cache`, for its schema. */
export function serverOptions<Path extends string>(path: Path) {
  return optionsIn(path, ({ kind, ...row }) =>
    row.default === undefined
      ? kind.optional().describe(`${describe(row)}\n\n@default - ${otherwise(row)}`)
      : kind.default(row.default).describe(describe(row)),
  ) as { [R in OptionRow as NameIn<Path, R['option']>]: Schema<R> };
}

/** The same as overrides of a role: none has a default but that of the section. */
export function roleOptions<Path extends string>(path: Path) {
  return optionsIn(path, ({ kind, ...row }) =>
    row.roles === 'each'
      ? kind.optional().describe(`${describe(row)}\n\n@default - that of ${row.option}`)
      : undefined,
  ) as {
    [R in Extract<OptionRow, { readonly roles: 'each' }> as NameIn<Path, R['option']>]: z.ZodOptional<
      R['kind']
    >;
  };
}

function optionsIn(
  path: string,
  schema: (row: ServerKeyRow & { readonly kind: z.ZodType }) => z.ZodType | undefined,
): Record<string, z.ZodType> {
  return Object.fromEntries(
    ROWS.flatMap(({ kind, ...row }) => {
      const [, name] = new RegExp(`^${path}\\.(\\w+)$`).exec(row.option ?? '') ?? [];
      const made = name === undefined || kind === undefined ? undefined : schema({ ...row, kind });
      return made === undefined ? [] : [[name, made]];
    }),
  );
}

/** With the name of the key behind the first part, where it is another. */
function describe({ section, key, option, description = '' }: Omit<ServerKeyRow, 'kind'>): string {
  if (option === `${section}.${key}`) return description;
  return description.replace(/[.;:](?=\s|$)/, (end) => ` (${section}.${key})${end}`);
}

function otherwise(row: Omit<ServerKeyRow, 'kind'>): string {
  return row.otherwise ?? `the server's own${row.server === undefined ? '' : `: ${row.server}`}`;
}
