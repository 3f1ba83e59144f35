import { extraServerConfigProblems } from '../../lib/config/extra-server-config';
import { serverKeys } from '../../lib/config/server-keys';
import { clusterOf, minimal } from '../support/clusters';
import { readServerConfig } from '../support/milvus-parser';
import { at, messages } from './messages';

describe('the table of keys, against the model of the server', () => {
  const read = readServerConfig('version: "0.5"\ncache:\n  insert_buffer_size: 1GB\n');
  const own: Readonly<Record<string, unknown>> = read.ok ? read.settings : {};
  const named = (row: { section: string; key: string }) => `${row.section}.${row.key}`;
  const rows = serverKeys().filter(({ section }) => section !== 'gpu');

  test('has the keys that the server reads, and no others', () => {
    expect(rows.map(named).sort()).toEqual(Object.keys(own).sort());
    expect(rows.length).toBeGreaterThan(45);
  });

  test.each(rows.filter(({ server }) => server !== undefined).map((row) => [named(row), row] as const))(
    '%s: the default is that of the server',
    (name, { server = '' }) => {
      const [section, ...key] = name.split('.');
      const given = readServerConfig(
        `version: "0.5"\ncache:\n  insert_buffer_size: 1GB\n${section === 'cache' ? '' : `${section}:\n`}  ${key.join('.')}: ${JSON.stringify(server)}\n`,
      );
      expect(given.ok && (given.settings as Readonly<Record<string, unknown>>)[name]).toEqual(own[name]);
    },
  );

  test('each switch stands before what needs it', () => {
    const seen = new Set<string>();
    for (const { section, key, needs } of serverKeys()) {
      if (needs !== undefined) expect(seen).toContain(`${section}.${needs}`);
      seen.add(`${section}.${key}`);
    }
  });
});

describe.each(['milvus', 'writable', 'readonly'])('%s.extraServerConfig', (section) => {
  const path = `${section}.extraServerConfig`;
  const check = (extra: unknown) => messages(at(path, extra));

  test.each([
    ['nothing', {}],
    ['a number', { db_config: { archive_disk_threshold: 0 } }],
    ['a text', { metric: { instance_label: 'here' } }],
    ['a text with an @', { metric: { instance_label: 'me@here' } }],
    [
      'a boolean and a list',
      { gpu: { enable: true, 'cache.enable': false, search_devices: ['gpu0', 'gpu1'] } },
    ],
    ['a path', { tracing_config: { json_config_path: '/etc/tracing.json' } }],
  ])('%s is accepted', (_, extra) => {
    expect(check(extra)).toEqual([]);
  });

  test.each([
    [
      'a typo in a section',
      { db_confg: {} },
      'db_confg: given an unknown section',
      'did you mean "db_config"?',
    ],
    [
      'no section at all',
      { cheese: {} },
      'cheese: given an unknown section',
      'Known: cluster, general, network',
    ],
    [
      'a typo in a key',
      { metric: { instancelabel: 'x' } },
      'metric.instancelabel: given an unknown key',
      'did you mean "instance_label"?',
    ],
    [
      'no key at all',
      { gpu: { cheese: 1 } },
      'gpu.cheese: given an unknown key; expected a key that Milvus 1.1.1 reads',
      'Known: enable, cache.enable',
    ],
    [
      'a key that came after 1.1.1',
      { storage: { s3_region: 'eu' } },
      'storage.s3_region: given an unknown key',
      'The server ignores others without a word.',
    ],
    [
      'what every object inherits',
      { constructor: {} },
      'constructor: given an unknown section',
      'Known: cluster',
    ],
    [
      'what every object inherits',
      { gpu: { toString: 'x' } },
      'gpu.toString: given an unknown key',
      'Known: enable',
    ],
    [
      'a key that an option sets',
      { cache: { cache_size: '4GB' } },
      'cache.cache_size: given a key that is set already; expected only keys that have no option',
      'Use milvus.cache.cacheSize instead.',
    ],
    [
      'a key with a dot',
      { network: { 'bind.port': 19531 } },
      'network."bind.port": given a key that is set already',
      'Use milvus.network.port instead.',
    ],
    [
      'what the cluster is',
      { cluster: { role: 'rw' } },
      'cluster.role: given a key that is set already',
      'Leave it out: only one value works, and it is set.',
    ],
    [
      'a secret',
      { storage: { s3_secret_key: 'CANARY' } },
      'storage.s3_secret_key: given a key that is set already',
      'Use s3.credentials instead.',
    ],
    [
      'the database',
      { general: { meta_uri: 'mysql://u:CANARY@h:3306/d' } },
      'general.meta_uri: given a key that is set already',
      'Use mysql or externalMysql instead.',
    ],
    [
      'the word for a credential',
      { metric: { instance_label: 'x @MYSQL_PASSWORD@' } },
      'metric.instance_label: expected a value without "@NAME@": such words stand for credentials',
      '',
    ],
    [
      'the word for a credential, in a list',
      { gpu: { search_devices: ['gpu0', '@S3_SECRET_KEY@'] } },
      'gpu.search_devices: expected a value without "@NAME@"',
      '',
    ],
    [
      'a number out of range',
      { db_config: { archive_days_threshold: -1 } },
      'db_config.archive_days_threshold: given another value (not shown); expected a whole number of days',
      '',
    ],
    [
      'a value of another kind',
      { gpu: { enable: 'CANARY' } },
      'gpu.enable: given another value (not shown); expected true or false',
      '',
    ],
    [
      'keys nested instead of dotted',
      { network: { http: { port: 1 } } },
      'network.http: given a mapping',
      'a text, number',
    ],
  ])('%s is refused', (_, extra, start, words) => {
    const found = check(extra);
    expect(found).toEqual([expect.stringContaining(words)]);
    expect(found[0]).toContain(`${path}.${start}`);
    expect(found[0]).not.toContain('CANARY');
  });
});

describe('keys of GPUs are set by options where there are GPUs', () => {
  const extra = { gpu: { enable: false } };
  const refused = (path: string) => [
    expect.stringContaining(`${path}.extraServerConfig.gpu.enable: given a key that is set already`),
  ];

  test.each([
    ['of all servers', 'milvus', { milvus: { gpu: { enabled: true } } }],
    ['of this role, in the section of both', 'milvus', { readonly: { gpu: { enabled: true } } }],
    ['of this role', 'writable', { writable: { gpu: { enabled: true } } }],
    ['of all servers, in the section of one', 'readonly', { milvus: { gpu: { enabled: true } } }],
  ])('%s: refused', (_, section, config: Record<string, object>) => {
    const given = { ...config, [section]: { ...config[section], extraServerConfig: extra } };
    const found = messages({ ...minimal, ...given });
    expect(found).toEqual(refused(section));
    expect(found[0]).toContain('Use milvus.gpu.enabled instead.');
  });

  test.each([
    ['a role without', { writable: { gpu: { enabled: true } }, readonly: { extraServerConfig: extra } }],
    [
      'a role that has them switched off',
      { milvus: { gpu: { enabled: true } }, readonly: { gpu: { enabled: false }, extraServerConfig: extra } },
    ],
    [
      'the key that has no option',
      { milvus: { gpu: { enabled: true }, extraServerConfig: { gpu: { 'cache.enable': false } } } },
    ],
  ])('%s: accepted', (_, config) => {
    expect(messages({ ...minimal, ...config })).toEqual([]);
  });
});

test('every key that we write is known, so that none can be set twice', () => {
  const { data } = clusterOf(minimal).serverConfigs.configMap.toJson() as { data: Record<string, string> };
  const written = Object.values(data).flatMap((text) => {
    let section = '';
    return text.split('\n').flatMap((line) => {
      const [, indent, key] = /^( *)([\w.]+):/.exec(line) ?? [];
      if (key === undefined) return [];
      if (indent === '') section = key;
      return indent === '' ? [] : [[section, key] as const];
    });
  });
  expect(written.length).toBeGreaterThan(40);
  for (const [section, key] of written) {
    expect(extraServerConfigProblems({ [section]: { [key]: 1 } }, '', false)).toEqual([
      expect.objectContaining({ given: 'a key that is set already' }),
    ]);
  }
});
