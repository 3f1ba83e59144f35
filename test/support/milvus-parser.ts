// How the Milvus 1.1.1 server (CPU build) reads server_config.yaml: a model of its YamlConfigMgr.cpp, Config.cpp and
// ValidationUtil.cpp, with the server's own defaults, messages and mistakes.
import { isIPv4 } from 'node:net';
import { type Document, isAlias, isMap, isScalar, type Node, parseAllDocuments, Scalar } from 'yaml';

/** The node that the server runs on. */
export interface Machine {
  /** What sysinfo() reports: the memory of the node, not of the pod. */
  readonly memoryBytes: number;
  /** What the memory limit is on a node with cgroup v1; the server does not see it on v2. */
  readonly cgroupBytes?: number;
  readonly cpus: number;
  /** Whether gethostbyname() finds the host. */
  readonly resolves: (host: string) => boolean;
}

export interface MetaUri {
  readonly dialect: string;
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
}

export type ServerConfig =
  | { readonly ok: false; readonly message: string }
  | {
      readonly ok: true;
      /** What is in effect for every key, given or not. */
      readonly settings: Settings;
      readonly metaUri: MetaUri;
      /** What the server does without a word, or with a word that nobody reads. */
      readonly warnings: readonly string[];
    };

const gib = 1024 ** 3;
const mib = 1024 ** 2;
const roomyMachine: Machine = { memoryBytes: 256 * gib, cpus: 64, resolves: () => true };

export function readServerConfig(yamlText: string, machine: Machine = roomyMachine): ServerConfig {
  const warnings: string[] = [];
  try {
    const given = load(yamlText, warnings);
    const reading: Reading = { given, machine, warnings };
    const version = given.get('version') ?? '';
    if (version !== '0.5')
      throw new Refusal(`Invalid config version: ${version}. Expected config version: 0.5`);
    const settings = Object.fromEntries(
      Object.entries(keys).map(([name, key]) => [
        name,
        key.read(given.get(name) ?? (name === mandatory ? '0' : key.byDefault), reading),
      ]),
    ) as Settings;
    for (const name of given.keys()) {
      if (name !== 'version' && !(name in keys) && !readByGpuBuildsOnly.test(name))
        warnings.push(`ignored: ${name}`);
    }
    const metaUri = splitMetaUri(settings['general.meta_uri']);
    if (!metaUri || !/^(mysql|sqlite)$/i.test(metaUri.dialect)) {
      throw new Refusal('URI dialect is not mysql / sqlite');
    }
    warnings.push(...trapsIn(settings, metaUri));
    return { ok: true, settings, metaUri, warnings };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, message: error.message };
    throw error;
  }
}

/** The server does not start: its message, and exit code 1. */
class Refusal extends Error {}

// --- values ---------------------------------------------------------------------------------------------------

interface Reading {
  readonly given: ReadonlyMap<string, string>;
  readonly machine: Machine;
  readonly warnings: string[];
}

interface Key<Value> {
  readonly byDefault: string;
  readonly read: (value: string, reading: Reading) => Value;
}

type Reason = (value: string) => string;

/** The usual shape of the server's messages. */
const invalid =
  (what: string, reason: string): Reason =>
  (value) =>
    `Invalid ${what}: ${value}. Possible reason: ${reason}.`;

const anyText = (byDefault: string): Key<string> => ({ byDefault, read: (value) => value });

const oneOf = (byDefault: string, allowed: readonly string[], message: string): Key<string> => ({
  byDefault,
  read: (value) => {
    if (!allowed.includes(value)) throw new Refusal(message);
    return value;
  },
});

const bool = (byDefault: string, reason: Reason = (value) => `Invalid boolean: ${value}`): Key<boolean> => ({
  byDefault,
  read: (value) => {
    const lower = value.toLowerCase();
    if (['true', 'on', 'yes', '1'].includes(lower)) return true;
    if (['false', 'off', 'no', '0', ''].includes(lower)) return false;
    throw new Refusal(reason(value));
  },
});

const isNumber = (value: string): boolean => /^\d+$/.test(value) && BigInt(value) < 2n ** 63n;

const number = (
  byDefault: string,
  reason: Reason,
  range?: readonly [number, number, Reason],
): Key<number> => ({
  byDefault,
  read: (value) => {
    if (!isNumber(value)) throw new Refusal(reason(value));
    if (range && (Number(value) < range[0] || Number(value) > range[1])) throw new Refusal(range[2](value));
    return Number(value);
  },
});

const port = (byDefault: string, what: string, name: string): Key<number> =>
  number(byDefault, invalid(what, `${name} is not a number`), [
    1025,
    65534,
    invalid(what, `${name} is not in range (1024, 65535)`),
  ]);

// Components of word characters and single hyphens, as ^\/(\w+-?\/?)+$ asks for, but without its exponential time.
const pathPattern = /^\/\w+(?:(?:-\/?|\/)\w+)*(?:-\/?|\/)?$/;

const directory = (byDefault: string, emptyMessage: string): Key<string> => ({
  byDefault,
  read: (value) => {
    if (value === '') throw new Refusal(emptyMessage);
    if (!pathPattern.test(value)) throw new Refusal('Invalid file path');
    return value;
  },
});

const units: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['k', 1024],
  ['m', mib],
  ['g', gib],
]);

/** `parse_bytes` in config/Utils.cpp: throws its message. */
function bytesOf(value: string): number {
  if (/^\d+$/.test(value)) return Number(value);
  if (value === '') return 0;
  const unknown = 'Unknown error happened on parse bytes.';
  if (value.length === 1) throw new Refusal(unknown);
  const short = /[a-z]b$/i.test(value) ? value.slice(0, -1) : value;
  const last = short.slice(-1).toLowerCase();
  const unit = /\d/.test(last) ? 1 : units.get(last);
  if (unit === undefined) {
    throw new Refusal(
      `The specified value for memory (${value}) should specify the units.The postfix should be one of the \`b\` \`k\` \`m\` \`g\` characters`,
    );
  }
  const leading = /^\s*[+-]?\d+/.exec(short)?.[0];
  if (leading === undefined) throw new Refusal(unknown);
  return Number(leading) * unit;
}

const bytes = (
  byDefault: string,
  check: (amount: number, value: string, reading: Reading) => number,
  unreadable?: Reason,
): Key<number> => ({
  byDefault,
  read: (value, reading) => {
    if (/[.,]/.test(value)) reading.warnings.push(`${value} counts as its whole part`);
    let amount: number;
    try {
      amount = bytesOf(value);
    } catch (error) {
      throw unreadable ? new Refusal(unreadable(value)) : error;
    }
    return check(amount, value, reading);
  },
});

/** What the check of one cache key sees of the other: an unreadable value counts as nothing, for now. */
function otherBytes(reading: Reading, name: string, byDefault: string): number {
  try {
    return bytesOf(reading.given.get(name) ?? byDefault);
  } catch {
    return 0;
  }
}

const cacheSize = bytes(String(4 * gib), (amount, value, reading) => {
  const { memoryBytes, cgroupBytes = Number.POSITIVE_INFINITY } = reading.machine;
  const refuse = (what: string, reason: string) => new Refusal(invalid(what, reason)(value));
  if (amount <= 0) throw refuse('cpu cache capacity', 'cache.cache_size is not a positive integer');
  if (cgroupBytes < memoryBytes && amount >= cgroupBytes) {
    throw refuse('cpu cache size', 'cache.cache_size exceeds system cgroup memory');
  }
  if (amount >= memoryBytes) throw refuse('cpu cache size', 'cache.cache_size exceeds system memory');
  if (amount > memoryBytes * 0.9) reading.warnings.push('WARNING: cpu cache size value is too big');
  if (amount + otherBytes(reading, mandatory, '0') >= memoryBytes) {
    throw refuse(
      'cpu cache size',
      'sum of cache.cache_size and cache.insert_buffer_size exceeds system memory',
    );
  }
  return amount;
});

// The check of cache_size looks this key up with the default 0 and remembers it, so the real default never counts.
const mandatory = 'cache.insert_buffer_size';

const insertBufferSize = bytes(String(gib), (amount, value, reading) => {
  const refuse = (reason: string) => new Refusal(invalid('insert buffer size', reason)(value));
  if (amount <= 0) throw refuse('cache.insert_buffer_size is not a positive integer');
  if (amount + otherBytes(reading, 'cache.cache_size', String(4 * gib)) >= reading.machine.memoryBytes) {
    throw refuse('sum of cache.cache_size and cache.insert_buffer_size exceeds system memory');
  }
  return amount;
});

const unreadableWalBuffer = invalid('wal buffer size', 'wal.buffer_size is not a positive integer');

const walBufferSize = bytes(
  String(256 * mib),
  (amount, value, { warnings }) => {
    if (amount < 0) throw new Refusal(unreadableWalBuffer(value));
    const clamped = Math.min(Math.max(amount, 64 * mib), 4096 * mib);
    if (clamped !== amount) warnings.push(`wal.buffer_size ${value} is out of range, clamped to ${clamped}`);
    return clamped;
  },
  unreadableWalBuffer,
);

const fileSize = 'max_log_file_size';
const logFileSize = bytes(
  String(gib),
  (amount, value) => {
    const [least, most] = [512 * mib, 4096 * mib];
    if (amount >= least && amount <= most) return amount;
    throw new Refusal(invalid(fileSize, `logs.${fileSize} is not in range [${least}, ${most}]`)(value));
  },
  invalid(fileSize, `logs.${fileSize} is not a positive integer`),
);

const cacheThreshold: Key<number> = {
  byDefault: '0.7',
  read: (value) => {
    const amount = Number.parseFloat(value);
    if (amount > 0 && amount < 1) return amount;
    throw new Refusal(
      invalid('cpu cache threshold', 'cache_config.cpu_cache_threshold is not in range (0.0, 1.0]')(value),
    );
  },
};

const ompThreads: Key<number> = {
  byDefault: '0',
  read: (value, { machine }) => {
    const refuse = (reason: string) => new Refusal(invalid('omp thread num', reason)(value));
    if (!isNumber(value)) throw refuse('engine_config.omp_thread_num is not a positive integer');
    if (Number(value) > machine.cpus) throw refuse('engine_config.omp_thread_num exceeds system cpu cores');
    return Number(value);
  },
};

const timezone: Key<string> = {
  byDefault: 'UTC+8',
  read: (value) => {
    if (/^UTC[+-](\d|[01]\d|2[0-3])(:[0-5]\d)?$/.test(value)) return value;
    throw new Refusal(`Invalid general.timezone: ${value}`);
  },
};

const bindAddress: Key<string> = {
  byDefault: '127.0.0.1',
  read: (value) => {
    if (isIPv4(value)) return value;
    throw new Refusal(invalid('server IP address', 'network.bind.address is invalid')(value));
  },
};

const s3Address: Key<string> = {
  byDefault: '127.0.0.1',
  read: (value, { machine }) => {
    const plain = /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?$/.test(value);
    if (plain && machine.resolves(value)) return value;
    throw new Refusal(invalid('s3 address', 'storage_config.s3_address is invalid')(value));
  },
};

// --- meta_uri -------------------------------------------------------------------------------------------------

const uri: Key<string> = {
  byDefault: 'sqlite://:@:/',
  read: (value) => {
    const parts = splitMetaUri(value);
    const readable =
      parts && /mysql|sqlite/i.test(parts.dialect) && (parts.port === '' || isNumber(parts.port));
    if (readable) return value;
    throw new Refusal(
      `Invalid meta uri: ${value}. Possible reason: general.meta_uri is invalid. The correct format should be like sqlite://:@:/ or mysql://root:123456@127.0.0.1:3306/milvus.`,
    );
  },
};

/** The greedy `(.*)://(.*):(.*)@(.*):(.*)/(.*)`: each separator is the last one that leaves room for the others. */
function splitMetaUri(value: string): MetaUri | undefined {
  if (/[\n\r]/.test(value)) return undefined;
  const parts: string[] = [];
  let rest = value;
  for (const separator of ['/', ':', '@', ':', '://']) {
    const cut = rest.lastIndexOf(separator);
    if (cut < 0) return undefined;
    parts.unshift(rest.slice(cut + separator.length));
    rest = rest.slice(0, cut);
  }
  const [user = '', password = '', host = '', portText = '', database = ''] = parts;
  return { dialect: rest, user, password, host, port: portText, database };
}

// --- every key ------------------------------------------------------------------------------------------------

const notBool = (what: string, name: string) => invalid(what, `${name} is not a boolean`);
const notPositive = (what: string, name: string) => invalid(what, `${name} is not a positive integer`);

/** In the order in which the server checks them; the last four are read later, while it starts. */
const keys = {
  'cluster.enable': bool('true'),
  'cluster.role': oneOf('rw', ['rw', 'ro'], 'cluster.role is not one of rw and ro.'),
  'general.timezone': timezone,
  'general.meta_uri': uri,
  'network.bind.address': bindAddress,
  'network.bind.port': port('19530', 'server port', 'network.bind.port'),
  'network.http.enable': bool('true'),
  'network.http.port': port('19121', 'web server port', 'network.http.port'),
  'db_config.archive_disk_threshold': number(
    '0',
    invalid('archive disk threshold', 'db_config.archive_disk_threshold is invalid'),
  ),
  'db_config.archive_days_threshold': number(
    '0',
    invalid('archive days threshold', 'db_config.archive_days_threshold is invalid'),
  ),
  'storage.path': directory('/tmp/milvus', 'storage.path is empty.'),
  'storage.auto_flush_interval': number(
    '1',
    invalid(
      'storage configuration auto_flush_interval',
      'storage.auto_flush_interval is not a natural number',
    ),
  ),
  'storage.s3_enabled': bool('false', notBool('storage config', 'storage_config.s3_enable')),
  'storage.s3_address': s3Address,
  'storage.s3_port': number('80', invalid('s3 port', 'storage_config.s3_port is not a number'), [
    1,
    65534,
    invalid('s3 port', 'storage_config.s3_port is not in range (0, 65535)'),
  ]),
  'storage.s3_access_key': anyText(''),
  'storage.s3_secret_key': anyText(''),
  'storage.s3_bucket': anyText(''),
  'metric.enable': bool('false', notBool('metric config', 'metric.enable')),
  'metric.address': anyText('127.0.0.1'),
  'metric.port': port('9091', 'metric port', 'metric.port'),
  'metric.cluster_label': anyText('milvus_cluster'),
  'metric.instance_label': anyText(''),
  'cache.cache_size': cacheSize,
  'cache.cpu_cache_threshold': cacheThreshold,
  'cache.insert_buffer_size': insertBufferSize,
  'cache.cache_insert_data': bool(
    'false',
    notBool('cache insert data option', 'cache_config.cache_insert_data'),
  ),
  'cache.preload_collection': anyText(''),
  'engine_config.use_blas_threshold': number(
    '1100',
    notPositive('use blas threshold', 'engine_config.use_blas_threshold'),
  ),
  'engine_config.omp_thread_num': ompThreads,
  'engine_config.simd_type': oneOf(
    'auto',
    ['avx512', 'avx2', 'sse', 'auto'],
    'engine_config.simd_type is not one of avx512, avx2, sse and auto.',
  ),
  'engine_config.max_partition_num': number(
    '4096',
    notPositive('max partition number', 'engine_config.max_partition_num'),
  ),
  'tracing_config.json_config_path': anyText(''),
  'wal.enable': bool('true', notBool('wal config', 'wal.enable')),
  'wal.recovery_error_ignore': bool('true', notBool('wal config', 'wal.recovery_error_ignore')),
  'wal.buffer_size': walBufferSize,
  'wal.path': directory('/tmp/milvus/wal', 'wal.path is empty!'),
  'logs.level': oneOf(
    'debug',
    ['debug', 'info', 'warning', 'error', 'fatal'],
    'Log level must be one of debug, info, warning, error and fatal.',
  ),
  'logs.trace.enable': bool('true', notBool('logs config', 'logs.trace.enable')),
  'logs.path': directory('/tmp/milvus/logs', 'logs.path is empty!'),
  'logs.max_log_file_size': logFileSize,
  'logs.log_rotate_num': number('0', notPositive('log_rotate_num', 'logs.log_rotate_num'), [
    0,
    1024,
    invalid('log_rotate_num', 'logs.log_rotate_num is not in range [0, 1024]'),
  ]),
  'logs.log_to_stdout': bool('false', notBool('logs config', 'logs.log_to_stdout')),
  'logs.log_to_file': bool('true', notBool('logs config', 'logs.log_to_file')),
  'storage.file_cleanup_timeout': number(
    '10',
    notPositive('file_cleanup_timeout', 'storage.file_cleanup_timeout'),
    [
      0,
      3600,
      // The server prints its minimum twice.
      invalid('file_cleanup_timeout', 'storage.file_cleanup_timeout is not in range [0, 0]'),
    ],
  ),
  // Never validated; std::stoll throws on the rest.
  'engine_config.search_combine_nq': number('64', () => 'stoll'),
} satisfies Readonly<Record<string, Key<unknown>>>;

export type Settings = {
  readonly [Name in keyof typeof keys]: ReturnType<(typeof keys)[Name]['read']>;
};

const readByGpuBuildsOnly = /^(gpu|fpga)\./;

function trapsIn(settings: Settings, metaUri: MetaUri): string[] {
  const s3 = settings['storage.s3_enabled'];
  const traps: readonly (readonly [boolean, string])[] = [
    [
      metaUri.user.includes(':'),
      `general.meta_uri: the user is ${metaUri.user}: a ':' in the password moved the cut`,
    ],
    [
      settings['network.bind.address'].startsWith('127.'),
      'network.bind.address: nobody outside the pod can connect',
    ],
    [
      s3 && settings['storage.path'].endsWith('/'),
      "storage.path: S3 listings miss objects because of the last '/'",
    ],
    [s3 && settings['storage.s3_bucket'] === '', 'storage.s3_bucket is empty'],
    [
      s3 && (settings['storage.s3_access_key'] === '' || settings['storage.s3_secret_key'] === ''),
      'storage.s3_access_key, storage.s3_secret_key: requests are not signed',
    ],
    [['debug', 'info'].includes(settings['logs.level']), 'logs.level: the log shows the credentials'],
  ];
  return traps.flatMap(([found, trap]) => (found ? [trap] : []));
}

// --- the file -------------------------------------------------------------------------------------------------

/** What the server finds in the file: `section.key` (the key may have dots of its own) and the text of its scalar. */
function load(yamlText: string, warnings: string[]): Map<string, string> {
  // Scalars are text, whatever they look like; of several documents the first counts.
  const [document] = parseAllDocuments(yamlText, { schema: 'failsafe', uniqueKeys: false });
  const [complaint] = document && 'errors' in document ? document.errors : [];
  if (complaint) throw new Refusal(`Exception: load config file fail: ${complaint.message}`);
  const given = new Map<string, string>();
  if (!document || !('contents' in document)) return given;

  const readSection = (section: string, content: Node | null): void => {
    for (const [key, node] of entriesOf(content, document, `${section}.`, warnings)) {
      const name = `${section}.${key}`;
      const value = textOf(node);
      if (value !== undefined) given.set(name, value);
      else if (node && !isScalar(node) && !readByGpuBuildsOnly.test(name)) warnings.push(`ignored: ${name}`);
    }
  };
  for (const [section, content] of entriesOf(document.contents, document, '', warnings)) {
    const value = textOf(content);
    if (section === 'version' && value !== undefined) given.set(section, value);
    else if (value !== undefined || section.includes('.')) warnings.push(`ignored: ${section}`);
    else readSection(section, content);
  }
  return given;
}

/** The entries of a map; of equal keys the first counts, as yaml-cpp looks them up. */
function entriesOf(
  node: unknown,
  document: Document,
  prefix: string,
  warnings: string[],
): Map<string, Node | null> {
  const entries = new Map<string, Node | null>();
  if (!isMap<Node, Node | null>(node)) return entries;
  for (const { key, value } of node.items) {
    const name = textOf(key) ?? '';
    if (entries.has(name)) warnings.push(`ignored: the second ${prefix}${name}`);
    else entries.set(name, (isAlias(value) ? value.resolve(document) : value) ?? null);
  }
  return entries;
}

/** The text of a scalar; undefined for anything else and for a plain null. */
function textOf(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  const value = String(node.value ?? '');
  const plain = node.type === Scalar.PLAIN || node.type === undefined;
  return plain && ['', '~', 'null', 'Null', 'NULL'].includes(value) ? undefined : value;
}
