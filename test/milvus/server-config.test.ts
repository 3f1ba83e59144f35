import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { MilvusConfig } from '../../lib';
import { serverKeys } from '../../lib/config/server-keys';
import {
  CANARIES,
  clusterOf,
  everyOption,
  everyOptionExternalMysql,
  minimal,
  samples,
} from '../support/clusters';
import { type Machine, readServerConfig } from '../support/milvus-parser';
import { ROOT } from '../support/project';

const GB = 1024 ** 3;
const MB = 1024 ** 2;

const directory = mkdtempSync(join(tmpdir(), 'server-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What a credential of each kind may be made of. */
const CREDENTIALS = {
  MYSQL_PASSWORD: CANARIES.mysqlPassword,
  S3_ACCESS_KEY: CANARIES.s3AccessKey,
  S3_SECRET_KEY: CANARIES.s3SecretKey,
};

/** The configuration as the server gets it: rendered by the script that the init container runs. */
function rendered(config: MilvusConfig, role: 'writable' | 'readonly', machine?: Machine) {
  const template = join(directory, 'template.yaml');
  const output = join(directory, 'server_config.yaml');
  writeFileSync(template, clusterOf(config).serverConfigs[role]?.text ?? '');
  execFileSync('sh', [join(ROOT, 'assets/render-config.sh'), template, output], {
    env: { PATH: process.env['PATH'], ...CREDENTIALS },
    stdio: 'pipe',
  });
  const result = readServerConfig(readFileSync(output, 'utf8'), machine);
  if (!result.ok) throw new Error(result.message);
  return result;
}

const rolesOf = (config: MilvusConfig) =>
  config.mode === 'standalone' ? (['writable'] as const) : (['writable', 'readonly'] as const);

describe.each(Object.entries(samples))('%s', (_, config) => {
  test.each(rolesOf(config))('the server of the %s accepts it, and ignores nothing', (role) => {
    expect(rendered(config, role).warnings).toEqual([]);
  });

  test('fits the memory limit of its container, so that nothing is left to the node', () => {
    const { settings } = clusterOf(config);
    for (const role of rolesOf(config)) {
      const limit = gibibytes(settings[role].resources.limits.memory);
      const machine = { memoryBytes: limit, cgroupBytes: limit, cpus: 4, resolves: () => true };
      const { settings: effective } = rendered(config, role, machine);
      const wal = role === 'writable' ? effective['wal.buffer_size'] : 0;
      expect(effective['cache.cache_size'] + effective['cache.insert_buffer_size'] + wal).toBeLessThan(limit);
    }
  });

  test('all roles agree on what they must agree on', () => {
    const writable = rendered(config, 'writable');
    const readers = rendered(config, rolesOf(config).at(-1) ?? 'writable');
    for (const key of [
      'storage.path',
      'storage.s3_bucket',
      'storage.s3_address',
      'general.meta_uri',
    ] as const) {
      expect(readers.settings[key]).toBe(writable.settings[key]);
    }
  });
});

test('the minimal configuration: roles, S3, metadata, WAL, cache, network, logs', () => {
  const writable = rendered(minimal, 'writable');
  expect(writable.metaUri).toEqual({
    dialect: 'mysql',
    user: 'milvus',
    password: CANARIES.mysqlPassword,
    host: 'milvus-test-mysql',
    port: '3306',
    database: 'milvus',
  });
  expect(writable.settings).toMatchObject({
    'cluster.enable': true,
    'cluster.role': 'rw',
    'general.timezone': 'UTC+0',
    'network.bind.address': '0.0.0.0',
    'network.bind.port': 19530,
    'network.http.enable': true,
    'network.http.port': 19121,
    'storage.path': '/var/lib/milvus/data',
    'storage.auto_flush_interval': 1,
    'storage.file_cleanup_timeout': 60,
    'storage.s3_enabled': true,
    'storage.s3_address': '192.168.18.13',
    'storage.s3_port': 80,
    'storage.s3_access_key': CANARIES.s3AccessKey,
    'storage.s3_secret_key': CANARIES.s3SecretKey,
    'storage.s3_bucket': 'milvus-test',
    'wal.enable': true,
    'wal.recovery_error_ignore': true,
    'wal.buffer_size': 256 * MB,
    'wal.path': '/var/lib/milvus/wal',
    'cache.cache_size': GB,
    'cache.insert_buffer_size': GB,
    'engine_config.omp_thread_num': 2,
    'metric.enable': false,
    'logs.level': 'warning',
    'logs.path': '/var/lib/milvus/logs',
    'logs.log_to_stdout': true,
    'logs.log_to_file': false,
  });

  const readers = rendered(minimal, 'readonly');
  expect(readers.settings).toMatchObject({
    'cluster.enable': true,
    'cluster.role': 'ro',
    'wal.enable': false,
    'cache.cache_size': 4 * GB,
    'cache.insert_buffer_size': 64 * MB,
  });
});

test('every option reaches the server that it is for', () => {
  const writable = rendered(everyOption('existingSecret'), 'writable').settings;
  const shared = {
    'general.timezone': 'UTC-3:30',
    'network.bind.port': 29530,
    'network.http.enable': true,
    'network.http.port': 29121,
    'storage.path': '/data/milvus',
    'storage.auto_flush_interval': 2,
    'storage.file_cleanup_timeout': 120,
    'storage.s3_address': 'rgw.storage.example.com',
    'storage.s3_port': 7480,
    'storage.s3_bucket': 'every-bucket',
    'cache.insert_buffer_size': 512 * MB,
    'cache.cpu_cache_threshold': 0.8,
    'cache.cache_insert_data': true,
    'engine_config.use_blas_threshold': 1000,
    'engine_config.simd_type': 'avx2',
    'engine_config.search_combine_nq': 32,
    'engine_config.max_partition_num': 100,
    'db_config.archive_days_threshold': 30,
    'metric.enable': true,
    'metric.address': 'pushgateway.monitoring',
    'metric.port': 9092,
    'metric.cluster_label': 'every-label',
    'logs.level': 'fatal',
    'logs.trace.enable': true,
    'logs.path': '/data/logs',
    'logs.max_log_file_size': 2 * GB,
    'logs.log_rotate_num': 9,
    'logs.log_to_stdout': true,
    'logs.log_to_file': true,
  };
  expect(writable).toMatchObject({
    ...shared,
    'wal.path': '/data/wal',
    'wal.buffer_size': 512 * MB,
    'wal.recovery_error_ignore': false,
    'cache.cache_size': 6 * GB,
    'cache.preload_collection': 'first,second',
    'engine_config.omp_thread_num': 3,
    'metric.instance_label': 'the-writable',
  });

  const readers = rendered(everyOption('existingSecret'), 'readonly').settings;
  expect(readers).toMatchObject({
    ...shared,
    'cache.cache_size': 8 * GB,
    'cache.preload_collection': '*',
    'engine_config.omp_thread_num': 2,
    'metric.instance_label': 'shared',
    'tracing_config.json_config_path': '/data/tracing.json',
  });
});

describe.each(['writable', 'readonly'] as const)('the keys of the %s are what the options say', (role) => {
  const config = everyOption('existingSecret');
  const file = parse(clusterOf(config).serverConfigs[role]?.text ?? '') as Record<string, object>;
  const at = (path: string) =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], config);
  const rows = serverKeys()
    .filter(({ option, kind, section }) => option && kind && (section !== 'wal' || role === 'writable'))
    .map((row) => [`${row.section}.${row.key}`, row.option ?? '', row] as const);

  test.each(rows)('%s from %s', (_, option, { section, key, roles, write = (value: unknown) => value }) => {
    const given = (roles === 'each' ? at(option.replace('milvus', role)) : undefined) ?? at(option);
    expect(given).toBeDefined();
    expect(file[section]).toHaveProperty([key], write(given as never));
  });
});

test('an external MySQL is where the metadata is', () => {
  const { metaUri } = rendered(everyOptionExternalMysql('existingSecret'), 'writable');
  expect(metaUri).toEqual({
    dialect: 'mysql',
    user: 'milvus@outside',
    password: CANARIES.mysqlPassword,
    host: 'mysql.example.com',
    port: '3307',
    database: 'outside',
  });
});

describe('a standalone server', () => {
  const standalone: MilvusConfig = { name: 'milvus-test', mode: 'standalone' };

  test('reads and writes by itself, on its disk', () => {
    const { settings, metaUri } = rendered(standalone, 'writable');
    expect(settings).toMatchObject({
      'cluster.enable': false,
      'cluster.role': 'rw',
      'storage.s3_enabled': false,
      'wal.enable': true,
      'cache.cache_size': 4 * GB,
      'cache.insert_buffer_size': GB,
    });
    expect(metaUri).toMatchObject({ dialect: 'mysql', host: 'milvus-test-mysql' });
  });

  test('keeps its metadata in SQLite, without a password that the rendering would miss', () => {
    const { metaUri } = rendered({ ...standalone, mysql: { enabled: false } }, 'writable');
    expect(metaUri).toMatchObject({ dialect: 'sqlite', user: '', password: '', host: '' });
  });

  test('keeps its metadata in an external MySQL', () => {
    const { metaUri } = rendered({ ...standalone, externalMysql: { host: 'db', port: 3307 } }, 'writable');
    expect(metaUri).toMatchObject({ dialect: 'mysql', host: 'db', port: '3307' });
  });

  test('uses the bucket when there is one', () => {
    const { settings } = rendered({ ...minimal, mode: 'standalone' }, 'writable');
    expect(settings).toMatchObject({ 'cluster.enable': false, 'storage.s3_enabled': true });
  });
});

test('on a shared volume the roles are those of a cluster, without S3', () => {
  const config: MilvusConfig = { name: 'milvus-test', storage: { persistence: { enabled: true } } };
  for (const [role, clusterRole] of [
    ['writable', 'rw'],
    ['readonly', 'ro'],
  ] as const) {
    expect(rendered(config, role).settings).toMatchObject({
      'cluster.enable': true,
      'cluster.role': clusterRole,
      'storage.s3_enabled': false,
      'storage.path': '/var/lib/milvus/data',
    });
  }
});

test('metrics go to the gateway in the pod, under the name of the cluster, unless another is named', () => {
  const metrics = (over: object) => rendered({ ...minimal, milvus: { metrics: over } }, 'readonly').settings;
  expect(metrics({ enabled: true })).toMatchObject({
    'metric.enable': true,
    'metric.address': '127.0.0.1',
    'metric.port': 9091,
    'metric.cluster_label': 'milvus-test',
  });
  expect(metrics({ enabled: true, address: 'gateway', clusterLabel: 'c' })).toMatchObject({
    'metric.address': 'gateway',
    'metric.cluster_label': 'c',
  });
});

function gibibytes(quantity: string): number {
  const [, amount] = /^(\d+)Gi$/.exec(quantity) ?? [];
  return Number(amount) * GB;
}
