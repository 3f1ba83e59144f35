import { type Machine, readServerConfig } from '../support/milvus-parser';

const minimal = 'version: 0.5\ncache:\n  insert_buffer_size: 1GB\n';
const gib = 1024 ** 3;
const machine: Machine = { memoryBytes: 8 * gib, cpus: 4, resolves: (host) => host !== 'nowhere' };

/** The smallest configuration that starts, with one section more (or with other lines for `cache`). */
const withLines = (section: string, ...lines: string[]): string =>
  section === 'cache'
    ? `version: 0.5\ncache:\n${lines.map((line) => `  ${line}\n`).join('')}`
    : `${minimal}${section}:\n${lines.map((line) => `  ${line}\n`).join('')}`;

function settingsOf(yaml: string) {
  const read = readServerConfig(yaml, machine);
  if (!read.ok) throw new Error(read.message);
  return read;
}

test('takes its compiled defaults, which are not those of the template', () => {
  const { settings, metaUri } = settingsOf(minimal);
  expect(settings).toMatchObject({
    'cluster.enable': true,
    'network.bind.address': '127.0.0.1',
    'storage.path': '/tmp/milvus',
    'storage.file_cleanup_timeout': 10,
    'wal.recovery_error_ignore': true,
    'wal.buffer_size': 256 * 1024 ** 2,
    'cache.cache_size': 4 * gib,
    'logs.level': 'debug',
    'logs.log_to_stdout': false,
  });
  expect(metaUri.dialect).toBe('sqlite');
});

test('reads text, quoted or not, with dots in keys, and takes null for absent', () => {
  const { settings, warnings } = settingsOf(
    `${minimal}network:\n  bind.address: 0.0.0.0\n  bind.port: "19531"\nwal:\nstorage:\n  path: ~\nlogs: {level: 'error', trace.enable: OFF}\n`,
  );
  expect(settings).toMatchObject({
    'network.bind.port': 19531,
    'storage.path': '/tmp/milvus',
    'logs.trace.enable': false,
  });
  expect(warnings).toEqual([]);
});

test.each([
  ['storage', 's3_enable: true', 'ignored: storage.s3_enable'],
  ['network', 'bind: {address: 0.0.0.0}', 'ignored: network.bind'],
  ['network.bind', 'address: 0.0.0.0', 'ignored: network.bind'],
  ['storage', 's3_use_https: true', 'ignored: storage.s3_use_https'],
  ['storge', 'path: /data', 'ignored: storge.path'],
  ['wal', 'enable: [true]', 'ignored: wal.enable'],
  ['wal', 'enable: true\n  enable: false', 'ignored: the second wal.enable'],
  ['wal', 'buffer_size: 32MB', 'wal.buffer_size 32MB is out of range, clamped to 67108864'],
  ['wal', 'buffer_size: 8GB', 'clamped to 4294967296'],
  ['wal', 'buffer_size: 1.5GB', '1.5GB counts as its whole part'],
  ['storage', 's3_enabled: true\n  path: /data/', 'S3 listings miss objects'],
  [
    'general',
    'meta_uri: mysql://root:pa:ss@db:3306/milvus',
    "the user is root:pa: a ':' in the password moved the cut",
  ],
])('says nothing of it, or little: %s %s', (section, line, warning) => {
  expect(settingsOf(withLines(section, line)).warnings.join('\n')).toContain(warning);
});

test('of equal keys the first counts', () => {
  expect(settingsOf(withLines('wal', 'enable: no', 'enable: yes')).settings['wal.enable']).toBe(false);
});

test('ignores the GPU sections', () => {
  const gpu = withLines('gpu', 'enable: maybe', 'search_devices: [gpu0]');
  expect(settingsOf(gpu).warnings).toEqual(settingsOf(minimal).warnings);
});

test.each([
  ['mysql://root:p@ss/w@rd%40@db:3306/milvus', ['root', 'p@ss/w@rd%40', 'db', '3306', 'milvus']],
  ['mysql://root:pa:ss@db:3306/milvus', ['root:pa', 'ss', 'db', '3306', 'milvus']],
  ['mysql://ro:ot:@db:3306/milvus', ['ro:ot', '', 'db', '3306', 'milvus']],
  ['mysql://u:p@h:/db?charset=utf8', ['u', 'p', 'h', '', 'db?charset=utf8']],
  ['mysql://@:@@:@:/', ['@:@@', '', '', '', '']],
])('cuts meta_uri %s as the greedy pattern does', (uri, parts) => {
  const { user, password, host, port, database } = settingsOf(
    withLines('general', `meta_uri: ${uri}`),
  ).metaUri;
  expect([user, password, host, port, database]).toEqual(parts);
  expect(/^(?:.*):\/\/(.*):(.*)@(.*):(.*)\/(.*)$/.exec(uri)?.slice(1)).toEqual(parts);
});

const refused: readonly (readonly [section: string, line: string, message: string])[] = [
  [
    'cache',
    'cache_size: 2GB',
    'Invalid insert buffer size: 0. Possible reason: cache.insert_buffer_size is not a positive integer.',
  ],
  ['cache', 'insert_buffer_size: 4Gi', 'The specified value for memory (4Gi) should specify the units.'],
  ['cache', 'insert_buffer_size: 1TB', 'should specify the units'],
  ['cache', 'insert_buffer_size: GB', 'Unknown error happened on parse bytes.'],
  [
    'cache',
    'insert_buffer_size: 5GB',
    'Invalid cpu cache size: 4294967296. Possible reason: sum of cache.cache_size and',
  ],
  ['cache', 'cache_size: 8GB', 'cache.cache_size exceeds system memory'],
  ['cache', 'cache_size: 0', 'Invalid cpu cache capacity: 0'],
  ['cache', 'cpu_cache_threshold: 1.0', 'Invalid cpu cache threshold: 1.0'],
  ['cache', 'insert_buffer_size: 1GB\n  cache_insert_data: y', 'Invalid cache insert data option: y'],
  ['cluster', 'role: RW', 'cluster.role is not one of rw and ro.'],
  ['cluster', 'enable: si', 'Invalid boolean: si'],
  ['general', 'timezone: UTC', 'Invalid general.timezone: UTC'],
  ['general', 'timezone: UTC+24', 'Invalid general.timezone'],
  ['general', 'timezone: UTC+8:3', 'Invalid general.timezone'],
  ['general', 'timezone: utc+8', 'Invalid general.timezone'],
  ['general', 'timezone: Asia/Shanghai', 'Invalid general.timezone'],
  [
    'general',
    'meta_uri: mysql://u:p@h/db',
    'Invalid meta uri: mysql://u:p@h/db. Possible reason: general.meta_uri is invalid.',
  ],
  ['general', 'meta_uri: mysql://u:p@h:3306', 'Invalid meta uri'],
  ['general', 'meta_uri: mysql://u:p@h:3306/a/b', 'Invalid meta uri'],
  ['general', 'meta_uri: "mysql://u:p\\nq@h:3306/a"', 'Invalid meta uri'],
  ['general', 'meta_uri: mysql+pymysql://u:p@h:3306/db', 'URI dialect is not mysql / sqlite'],
  ['network', 'bind.address: localhost', 'Invalid server IP address: localhost'],
  ['network', 'bind.address: "::"', 'Invalid server IP address'],
  ['network', 'bind.port: 1024', 'network.bind.port is not in range (1024, 65535)'],
  ['network', 'bind.port: 65535', 'network.bind.port is not in range'],
  ['network', 'http.port: -1', 'network.http.port is not a number'],
  ['storage', 'path: ""', 'storage.path is empty.'],
  ['storage', 'path: /var/lib/mil.vus', 'Invalid file path'],
  ['storage', 'path: data', 'Invalid file path'],
  ['storage', 'path: /a--b', 'Invalid file path'],
  ['storage', 'path: /-a', 'Invalid file path'],
  ['storage', 'path: /a//b', 'Invalid file path'],
  ['storage', 'path: /', 'Invalid file path'],
  ['storage', `path: /${'a'.repeat(2000)}.b`, 'Invalid file path'],
  ['storage', 's3_enabled: y', 'Invalid storage config: y'],
  ['storage', 's3_address: http://s3', 'Invalid s3 address: http://s3'],
  ['storage', 's3_address: s3:80', 'Invalid s3 address'],
  ['storage', 's3_address: nowhere', 'Invalid s3 address: nowhere'],
  ['storage', 's3_port: 0', 'storage_config.s3_port is not in range (0, 65535)'],
  ['storage', 'auto_flush_interval: 1.5', 'storage.auto_flush_interval is not a natural number'],
  ['storage', 'file_cleanup_timeout: 3601', 'Invalid file_cleanup_timeout: 3601'],
  ['metric', 'port: 80', 'metric.port is not in range (1024, 65535)'],
  ['engine_config', 'omp_thread_num: 5', 'engine_config.omp_thread_num exceeds system cpu cores'],
  ['engine_config', 'simd_type: AVX2', 'engine_config.simd_type is not one of'],
  ['engine_config', 'search_combine_nq: many', 'stoll'],
  ['wal', 'buffer_size: 256Mi', 'Invalid wal buffer size: 256Mi'],
  ['wal', 'path: /wal.d', 'Invalid file path'],
  ['logs', 'level: warn', 'Log level must be one of debug, info, warning, error and fatal.'],
  ['logs', 'level: DEBUG', 'Log level must be one of'],
  ['logs', 'max_log_file_size: 511MB', 'logs.max_log_file_size is not in range [536870912, 4294967296]'],
  ['logs', 'max_log_file_size: 1Gi', 'logs.max_log_file_size is not a positive integer'],
  ['logs', 'log_rotate_num: 1025', 'logs.log_rotate_num is not in range [0, 1024]'],
  ['logs', 'log_to_stdout: maybe', 'logs.log_to_stdout is not a boolean'],
];

test.each(refused)('refuses %s %s', (section, line, message) => {
  const read = readServerConfig(withLines(section, line), machine);
  expect(read).toMatchObject({ ok: false, message: expect.stringContaining(message) });
});

test.each([
  ['storage', 'path: /data-1/milvus_2', 'storage.path', '/data-1/milvus_2'],
  ['storage', 'path: /a-/b', 'storage.path', '/a-/b'],
  ['general', 'timezone: UTC+0', 'general.timezone', 'UTC+0'],
  ['general', 'timezone: UTC-05:30', 'general.timezone', 'UTC-05:30'],
  ['network', 'bind.port: 1025', 'network.bind.port', 1025],
  ['network', 'http.enable: ""', 'network.http.enable', false],
  ['logs', 'max_log_file_size: 4096MB', 'logs.max_log_file_size', 4 * gib],
  ['logs', 'max_log_file_size: 512m', 'logs.max_log_file_size', gib / 2],
  ['metric', 'address: pushgateway', 'metric.address', 'pushgateway'],
  ['storage', 's3_address: 192.168.18.13', 'storage.s3_address', '192.168.18.13'],
] as const)('takes %s %s', (section, line, key, value) => {
  expect(settingsOf(withLines(section, line)).settings[key]).toBe(value);
});

test.each([
  ['', 'Invalid config version: . Expected config version: 0.5'],
  ['version: 0.4', 'Invalid config version: 0.4. Expected config version: 0.5'],
  ['version: 0.50', 'Invalid config version: 0.50'],
  ['version: 0.5\n\tcache: {}', 'Exception: load config file fail: '],
])('refuses the file %j', (yaml, message) => {
  expect(readServerConfig(yaml)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
});

test('sees the limit of cgroup v1 only', () => {
  const limited = readServerConfig(minimal, { ...machine, cgroupBytes: 4 * gib });
  expect(limited).toMatchObject({
    ok: false,
    message: expect.stringContaining('exceeds system cgroup memory'),
  });
});

test('a placeholder that was not rendered is plain text to the server', () => {
  const { metaUri } = settingsOf(withLines('general', 'meta_uri: mysql://$USER:$PASSWORD@db:3306/milvus'));
  expect(metaUri).toMatchObject({ user: '$USER', password: '$PASSWORD' });
});
