import { suggest } from '../../lib/config/problems';
import { minimal } from '../support/clusters';
import { at, messages } from './messages';

test('the smallest configuration is accepted', () => {
  expect(messages(minimal)).toEqual([]);
});

describe('every rule at its edges', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

  const cases: readonly {
    path: string;
    accepted: readonly unknown[];
    refused: readonly unknown[];
    words: string;
  }[] = [
    {
      path: 'name',
      accepted: ['a', 'milvus-1', `m${'x'.repeat(39)}`],
      refused: [
        '',
        `m${'x'.repeat(40)}`,
        'Milvus',
        '1milvus',
        'milvus-',
        '-milvus',
        'a.b',
        'a_b',
        'a b',
        'a\n',
        7,
      ],
      words: 'expected a name of at most 40 lower-case letters, digits and hyphens that begins with a letter',
    },
    {
      path: 'namespace',
      accepted: ['a', '1', 'kube-system', 'x'.repeat(63)],
      refused: ['', 'A', 'a.b', 'a-', 'x'.repeat(64), false],
      words: 'at most 63 lower-case letters',
    },
    {
      path: 'labels',
      accepted: [{}, { a: '' }, { 'example.com/A_b.c-1': 'V_1.x-y' }, { ['k'.repeat(63)]: 'v'.repeat(63) }],
      refused: [[], 'a=b', { a: 1 }, { a: true }, { a: 'b c' }, { a: '-b' }, { a: 'v'.repeat(64) }],
      words: 'expected a',
    },
    {
      path: 'labels',
      accepted: [{ '1': 'x' }],
      refused: [
        { '': 'x' },
        { 'a b': 'x' },
        { '/a': 'x' },
        { 'EXAMPLE.com/a': 'x' },
        { ['k'.repeat(64)]: 'x' },
      ],
      words: 'expected a label key',
    },
    {
      path: 'annotations',
      accepted: [{ a: 'any text: {}\n' }, { 'example.com/a': '' }],
      refused: [{ a: 1 }, { a: false }, { a: ['b'] }],
      words: 'expected a text',
    },
    {
      path: 's3.address',
      accepted: [
        '192.168.18.13',
        '254.255.255.255',
        'rgw.storage.svc',
        'rgw_1.example',
        'S3.example.com.',
        '1.example',
        '1a.2b',
        `${'a'.repeat(63)}.b`,
      ],
      refused: [
        '',
        'http://s3',
        'https://s3.example.com',
        's3:80',
        's3/bucket',
        's3.example.com/',
        '::1',
        '[::1]',
        'fe80::1',
        '192.168.18.256',
        '192.168.18',
        '192.168.18.013',
        '1.2.3.4.5',
        '3232240141',
        'a..b',
        '.a',
        '-a',
        'a b',
        'a\n',
        'a'.repeat(64),
        `${'a.'.repeat(126)}ab`,
        5,
      ],
      words: 'expected a host name or IPv4 address, without scheme, port or path',
    },
    {
      path: 's3.port',
      accepted: [1, 80, 65534],
      refused: [0, 65535, 70000, -1, 80.5, '80', true],
      words: 'expected a port number from 1 to 65534',
    },
    {
      path: 's3.bucket',
      accepted: ['abc', '1bc', 'a.b-c', 'ab', 'Abc', 'a_b', 'x'.repeat(255), '1.2.3'],
      refused: [
        '',
        'a',
        'a..b',
        '-ab',
        'ab-',
        '.ab',
        'ab.',
        'x'.repeat(256),
        '192.168.18.13',
        'tenant:bkt',
        'a/b',
      ],
      words: 'expected a bucket name: letters, digits, dots',
    },
    {
      path: 's3.waitSeconds',
      accepted: [0, 86400],
      refused: [-1, 86401, 1.5, '5m'],
      words: 'expected a whole number of seconds from 0 to 86400',
    },
    {
      path: 'monitoring.prometheusRule.runbookUrl',
      accepted: ['https://wiki.example.com/alerts', 'http://wiki/a?b=c'],
      refused: ['wiki.example.com', 'https://wiki.example.com/alerts#top', 'docs/how-to/alerts.md', ''],
      words: 'expected an http or https URL without "#"',
    },
    {
      path: 's3.createBucket',
      accepted: [true, false],
      refused: ['yes', 'true', 1],
      words: 'expected true or false',
    },
    {
      path: 's3.credentials.inline',
      accepted: [{ accessKey: 'AKIA', secretKey: 'any/thing+:@"\'=' }],
      refused: [
        { accessKey: 'a b', secretKey: 'x' },
        { accessKey: 'a\n', secretKey: 'x' },
        { accessKey: '', secretKey: 'x' },
        { accessKey: 1, secretKey: 'x' },
      ],
      words: 'an access key',
    },
    {
      path: 'mysql.credentials.inline',
      accepted: [{ rootPassword: 'Az09._~-', password: 'a@b/c#d$e%f&g?h!i;j"k+l=m<n>o[p]{q}|`^*(),' }],
      refused: ['a:b', 'a b', "a'b", 'a\\b', '', 'ä', 'a\n', 12345678].map((password) => ({
        rootPassword: 'x',
        password,
      })),
      words: 'expected a password of ASCII characters without space, ":", "\'" and "\\"',
    },
    {
      path: 's3.credentials.externalSecret.refreshInterval',
      accepted: [],
      refused: ['1', '1d', '1h 30m', 'h', 60],
      words: 'expected a duration such as 1h or 30m',
    },
    {
      path: 'storage.path',
      accepted: ['/data', '/data-1/milvus_2', '/a-/b', '/var/lib/milvus', '/var/lib/milvus/data'],
      refused: [
        '',
        '/',
        'data',
        './data',
        '/data/',
        '/a.b',
        '/a b',
        '/a--b',
        '/-a',
        '//a',
        '/a//b',
        '/a/../b',
        '/ä',
      ],
      words: 'expected an absolute path of letters',
    },
    {
      path: 'storage.fileCleanupTimeout',
      accepted: [0, 3600],
      refused: [-1, 3601],
      words: 'expected a whole number of seconds from 0 to 3600',
    },
    {
      path: 'storage.sizeLimit',
      accepted: ['10Gi', '1Mi', '1.5Gi', '500M', 1048576, '2Ti'],
      refused: [
        '1',
        1024,
        '1023Ki',
        '10GB',
        '10gb',
        '0',
        '0.5',
        '1.5',
        '500m',
        '-1Gi',
        '',
        0,
        -1,
        1.5,
        '1.0001k',
        '10 Gi',
        true,
      ],
      words: 'expected a Kubernetes quantity such as 10Gi',
    },
    {
      path: 'wal.bufferSize',
      accepted: ['64MB', '4GB', '4096MB', '1Gi'],
      refused: ['63MB', '4097MB', '64', '1TB', 268435456],
      words: 'from 64MB to 4GB',
    },
    {
      path: 'wal.persistence.accessModes',
      accepted: [['ReadWriteOnce'], ['ReadWriteOncePod', 'ReadWriteMany']],
      refused: [[], 'ReadWriteOnce', ['ReadOnlyMany'], ['RWO']],
      words: 'expected',
    },
    {
      path: 'milvus.timezone',
      accepted: ['UTC+0', 'UTC+8', 'UTC-5', 'UTC+00:00', 'UTC+5:30', 'UTC-3:30', 'UTC+23:59'],
      refused: ['UTC', 'UTC+24', 'UTC+8:3', 'UTC+8:60', 'utc+8', 'GMT+8', 'Asia/Shanghai', '+8', 'UTC8', 8],
      words: 'expected an offset from UTC such as UTC+0, UTC+8 or UTC-3:30',
    },
    {
      path: 'milvus.network.port',
      accepted: [1025, 65534],
      refused: [1024, 65535, '19530'],
      words: 'expected a port number from 1025 to 65534',
    },
    {
      path: 'milvus.logs.level',
      accepted: ['debug', 'info', 'warning', 'error', 'fatal'],
      refused: ['INFO', 'warn', 'trace', ''],
      words: 'expected one of debug, info, warning, error, fatal (lower case)',
    },
    {
      path: 'milvus.logs.maxFileSize',
      accepted: ['512MB', '4096MB', '4GB', '512Mi'],
      refused: ['511MB', '4097MB', '100MB', 1024],
      words: 'from 512MB to 4096MB',
    },
    { path: 'milvus.logs.rotateNum', accepted: [0, 1024], refused: [-1, 1025], words: 'from 0 to 1024' },
    {
      path: 'milvus.cache.cacheSize',
      accepted: ['1MB', '4GB', '1.5GB'],
      refused: ['45', '1023KB', '0', '0GB', '-1', '4TB', '4Ti', '1.1GB', '1e9', '', 4, 4294967296],
      words: 'expected a size in whole bytes such as 4GB or 512MB',
    },
    {
      path: 'milvus.cache.cpuCacheThreshold',
      accepted: [0.01, 0.99],
      refused: [0, 1, 1.5, -0.1, '0.7'],
      words: 'expected a number between 0 and 1, both excluded',
    },
    {
      path: 'milvus.cache.preloadCollections',
      accepted: [[], ['*'], ['a', '_b', 'C1']],
      refused: [['a,b'], ['1a'], ['a b'], [''], '*', [1]],
      words: 'expected',
    },
    {
      path: 'milvus.engine.ompThreadNum',
      accepted: [0, 1024],
      refused: [-1, 1025, 1.5, '2'],
      words: 'expected a whole number of threads from 0 to 1024',
    },
    {
      path: 'milvus.engine.simdType',
      accepted: ['auto', 'avx512', 'avx2', 'sse'],
      refused: ['AVX2', 'sse4_2'],
      words: 'expected one of auto, avx512, avx2, sse',
    },
    {
      path: 'milvus.metrics.clusterLabel',
      accepted: ['a', 'A_b.c-1'],
      refused: ['', 'a b', 'x'.repeat(64)],
      words: 'expected a text of letters, digits, "_", "." and "-"',
    },
    {
      path: 'milvus.extraServerConfig',
      accepted: [
        {},
        { db_config: { archive_days_threshold: 3 } },
        { gpu: { enable: true, search_devices: ['gpu0'] } },
      ],
      refused: [{ gpu: 'on' }, { gpu: { enable: { a: 1 } } }, { gpu: { search_devices: [1] } }, []],
      words: 'expected a',
    },
    {
      path: 'writable.replicas',
      accepted: [1],
      refused: [0, 2, '1', true],
      words: 'expected 1: there is exactly one writable',
    },
    {
      path: 'writable.startupTimeoutSeconds',
      accepted: [60, 86400],
      refused: [59, 86401],
      words: 'expected a whole number of seconds from 60 to 86400',
    },
    {
      path: 'readonly.replicas',
      accepted: [1, 1000],
      refused: [0, 1001, -1, 1.5, '2'],
      words: 'expected a whole number of readers from 1 to 1000',
    },
    {
      path: 'readonly.resources.limits.cpu',
      accepted: [1, 0.5, '500m', '2', '.5', '0.1'],
      refused: [0, -1, 1e-7, 1e21, '0', '0m', '2Gi', '2 cores', '1.2.3', '', true],
      words: 'expected an amount of CPU such as 2 or 500m',
    },
    {
      path: 'mishards.logLevel',
      accepted: ['DEBUG', 'CRITICAL'],
      refused: ['info', 'WARN'],
      words: 'expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL (upper case)',
    },
    {
      path: 'mishards.discovery',
      accepted: ['dns', 'kubernetes', 'static'],
      refused: ['DNS', 'consul'],
      words: 'expected "dns", "kubernetes" or "static"',
    },
    {
      path: 'mishards.discoveryIntervalSeconds',
      accepted: [1, 300],
      refused: [0, 301],
      words: 'expected a whole number of seconds from 1 to 300',
    },
    {
      path: 'service.type',
      accepted: ['ClusterIP', 'NodePort', 'LoadBalancer'],
      refused: ['clusterIP', 'ExternalName'],
      words: 'expected one of ClusterIP, NodePort, LoadBalancer',
    },
    {
      path: 'service.port',
      accepted: [1, 65535],
      refused: [0, 65536, '19530'],
      words: 'expected a port number from 1 to 65535',
    },
    {
      path: 'service.clusterIP',
      accepted: ['10.96.0.9'],
      refused: ['None', '', '10.96.0.09', '10.96.0.256', '::1', 'svc'],
      words: 'expected an IPv4 address',
    },
    {
      path: 'service.externalIPs',
      accepted: [['1.2.3.4']],
      refused: [['host'], '1.2.3.4'],
      words: 'expected a',
    },
    {
      path: 'mysql.database',
      accepted: ['m', 'A_1', 'a-b', '1-2', 'x'.repeat(64)],
      refused: ['', '-a', 'a/b', 'a.b', 'x'.repeat(65), 'a`b'],
      words: 'expected a database name of letters, digits, underscores and hyphens',
    },
    {
      path: 'mysql.user',
      accepted: ['m', 'a.b-c_d', 'roots', 'x'.repeat(32)],
      refused: ['', 'root', 'a b', "a'b", 'a:b', 'a@b', 'x'.repeat(33)],
      words: 'and not root',
    },
    {
      path: 'mysql.maxConnections',
      accepted: [1000, 100000],
      refused: [9, 100001, '1000'],
      words: 'expected a whole number of connections from 10 to 100000',
    },
    {
      path: 'mysql.persistence.storageClassName',
      accepted: ['csi-rbd-sc', 'a.b', '', 'x'.repeat(253)],
      refused: ['Csi', 'a_b', '-a', 'x'.repeat(254)],
      words: 'expected the name of a StorageClass, or "" for none',
    },
    {
      path: 'mishards.staticHosts',
      // Accepted below, with the discovery that uses them.
      accepted: [],
      refused: [
        [],
        'a',
        ...['', 'a:', 'a:0', 'a:65536', 'a:99999', 'a:080', 'a:b', 'a:1:2', 'a..b', 'tcp://a', 'a/b'],
        ...['256.1.1.1', '256.1.1.1:80', '1.2.3:80', '1.2.3.4.5:80', '1.2.3.4.5', '::1', 'a '],
      ].map((host) => (host === 'a' || Array.isArray(host) ? host : [host])),
      words: 'expected a',
    },
    {
      path: 'milvus.gpu.resourceName',
      accepted: ['nvidia.com/gpu', 'amd.com/gpu', 'nvidia.com/mig-1g.5gb'],
      refused: ['gpu', 'a..b/gpu', '.a/gpu', 'Nvidia.com/gpu', 'nvidia.com/-gpu', 'nvidia.com/', '/gpu'],
      words: 'expected the name of a device resource such as nvidia.com/gpu',
    },
    {
      path: 'storage.persistence.subPath',
      accepted: ['', 'a', 'a/b', '.a', '..a/b', 'a/b..', 'a.../b'],
      refused: ['/a', 'a/', '..', '../a', 'a/..', 'a/../b', 'a//b', 'a b'],
      words: 'expected a relative path without ".."',
    },
    {
      path: 'storage.persistence.storageClassName',
      accepted: ['', 'nfs', 'csi-rbd.example'],
      refused: ['-', 'A', 'a_b', 5],
      words: 'expected the name of a StorageClass, or "" for none',
    },
    {
      path: 'instance',
      accepted: ['a', 'A_1.b', 'i'.repeat(63)],
      refused: ['', '-a', 'a b', 'i'.repeat(64), 5],
      words: 'expected a label value',
    },
    {
      path: 'mysql.name',
      accepted: ['a', 'metadata-1', 'm'.repeat(52)],
      refused: ['', 'A', '1a', 'a-', 'a.b', 'm'.repeat(53)],
      words: 'expected a name of at most 52 lower-case letters',
    },
    {
      path: 'milvus.extraConfigFiles',
      accepted: [{}, { 'filebeat.yml': '' }, { A_1: 'x' }],
      refused: [{ '../a': 'x' }, { '.a': 'x' }, { 'a/b': 'x' }, { '': 'x' }],
      words: 'expected the name of a file',
    },
    {
      path: 'mysql.initializationFiles',
      accepted: [{ 'a.sql': '', 'b-1.sh': 'x' }],
      refused: [{ 'a.txt': 'x' }, { '.sql': 'x' }, { '../a.sql': 'x' }, { 'a.sql.gz': 'x' }],
      words: 'expected the name of a file that ends in .sql or .sh',
    },
    {
      path: 'mysql.exporter.flags',
      accepted: [[], ['--collect.x', '--timeout=5']],
      refused: [['collect.x'], ['-x'], ['--a b'], '--a'],
      words: 'expected a',
    },
    {
      path: 'mysql.persistence.subPath',
      accepted: ['', 'data', 'a/b.c-d'],
      refused: ['/data', 'data/', 'a//b', 'a b'],
      words: 'expected a relative path',
    },
    {
      path: 'images.milvus',
      accepted: [
        'milvus:1',
        'milvusdb/milvus:1.1.1-cpu-d061621-330cc6',
        'registry.example.com:5000/a/b:v1',
        `milvus@${digest}`,
        `milvus:1@${digest}`,
      ],
      refused: [
        'milvus',
        'milvus:latest',
        `milvus:latest@${digest}`,
        'a/milvus:',
        'Milvus:1',
        'milvus@sha256:12',
        'milvus 1',
        'registry:5000/milvus',
      ],
      words: 'expected an image with a version',
    },
    {
      path: 'imageRegistry',
      accepted: ['registry.example.com', 'localhost:5000', 'registry.example.com:5000/mirror/a'],
      refused: ['', 'https://registry.example.com', 'registry.example.com/', 'Registry'],
      words: 'expected a registry such as registry.example.com or registry.example.com:5000/mirror',
    },
    {
      path: 'imagePullPolicy',
      accepted: ['IfNotPresent', 'Always', 'Never'],
      refused: ['always'],
      words: 'expected one of IfNotPresent, Always, Never',
    },
  ];

  const accepted = cases.flatMap(({ path, accepted: values }) =>
    values.map((value) => [path, value] as const),
  );
  test.each(accepted)('%s: %j is accepted', (path, value) => {
    expect(messages(at(path, value))).toEqual([]);
  });

  const refused = cases.flatMap(({ path, refused: values, words }) =>
    values.map((value) => [path, value, words] as const),
  );
  test.each(refused)('%s: %j is refused', (path, value, words) => {
    const found = messages(at(path, value)).filter((message) => message.startsWith(path));
    expect(found).toEqual(expect.arrayContaining([expect.stringContaining(words)]));
  });

  test.each([
    ['readonly.resources.limits.memory', 512, '512Mi'],
    ['readonly.resources.limits.memory', '64', '64Gi'],
    ['wal.persistence.size', 10, '10Gi'],
    ['milvus.logs.sizeLimit', '4096', '4096Mi'],
    ['readonly.resources.limits.cpu', 2000, '2000m'],
    ['mysql.resources.requests.cpu', '1500', '1500m'],
  ])('%s: %j has lost its unit, which is named', (path, value, meant) => {
    expect(messages(at(path, value))).toEqual([expect.stringContaining(`: write ${meant}`)]);
  });

  test('a preposterous path is refused at once: the server itself takes minutes', () => {
    const start = performance.now();
    expect(messages(at('storage.path', `/${'a'.repeat(100_000)}.`))).toHaveLength(1);
    expect(messages(at('s3.address', `${'a.'.repeat(50_000)}!`))).toHaveLength(1);
    // Too long and ill-formed, and said once.
    expect(messages(at('name', `${'a-'.repeat(50_000)}!`))).toHaveLength(1);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

test('hosts of the static discovery, with and without a port', () => {
  const staticHosts = ['reader', '10.1.2.3', 'reader-1.vectors.svc:19531', '10.1.2.3:1', 'a.:65535', 'a_b'];
  expect(messages({ ...minimal, mishards: { discovery: 'static', staticHosts } })).toEqual([]);
});

describe('externalMysql', () => {
  test.each(['mysql', '10.0.0.3', 'mysql.example.com'])('host %s is accepted', (host) => {
    expect(messages(at('externalMysql.host', host))).toEqual([]);
  });

  test.each(['mysql://db', 'db:3306', 'db/milvus', '::1', ''])('host %j is refused', (host) => {
    expect(messages(at('externalMysql.host', host))).toEqual([
      expect.stringContaining(
        'expected the host name or IPv4 address of a MySQL server, without scheme or port',
      ),
    ]);
  });

  test('the host is required', () => {
    expect(messages(at('externalMysql', {}))).toEqual([
      expect.stringMatching(/^externalMysql\.host: given nothing/),
    ]);
  });

  test("a user of another server's may hold what Azure wants", () => {
    expect(messages(at('externalMysql', { host: 'db', user: 'milvus@server-1' }))).toEqual([]);
  });
});

describe('what is given is shown', () => {
  test.each([
    ['a text', 's3.port', '80', 's3.port: given "80" (a text); expected a port number'],
    ['a number', 's3.address', 5, 's3.address: given 5 (a number); expected a host name'],
    ['a boolean', 'readonly.replicas', true, 'readonly.replicas: given true (a boolean); expected'],
    ['a list', 'readonly', [], 'readonly: given a list; expected a mapping with the keys replicas,'],
    ['a mapping', 'milvus.timezone', {}, 'milvus.timezone: given a mapping; expected an offset'],
    ['a text for a section', 'readonly', 'two', 'readonly: given a text; expected a mapping with the keys'],
    ['nothing', 's3', undefined, 's3: given nothing; expected S3 storage for the vectors'],
    ['null', 's3', null, 's3: given nothing; expected S3 storage for the vectors'],
    [
      'a long text',
      'milvus.timezone',
      'x'.repeat(99),
      `given "${'x'.repeat(59)}..." (99 characters); expected`,
    ],
    [
      'an entry of a list',
      'service.externalIPs',
      ['192.0.2.1', 'B'],
      'service.externalIPs[1]: given "B"; expected an IPv4 address',
    ],
    [
      'a key with a dot',
      'labels',
      { 'a.b/c': 1 },
      'labels."a.b/c": given 1 (a number); expected a label value',
    ],
  ])('%s', (_, path, value, message) => {
    expect(messages(at(path, value))).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    ['a list', [], 'given a list; expected a mapping with the keys name, mode,'],
    ['a list, and how to mend it', [], '\n    A "-" at the beginning of a line makes a list: leave it out.'],
    ['a number', 42, 'given 42 (a number); expected a mapping'],
    ['a text', 'name: a', 'given a text; expected a mapping'],
    ['a line without its colon', 'name a', '\n    Put a colon and a space between a key and its value'],
    ['null', null, 'given null; expected a mapping'],
  ])('the whole configuration as %s', (_, input, message) => {
    expect(messages(input)).toEqual([expect.stringContaining(message)]);
  });

  test('all problems at once', () => {
    const config = {
      name: 'A',
      s3: { address: 'http://x', bucket: 'b', port: 0 },
      readonly: { replicas: 0 },
      x: 1,
    };
    expect(messages(config).map((message) => message.split(':')[0])).toEqual([
      'name',
      's3.address',
      's3.port',
      's3.bucket',
      'readonly.replicas',
      'x',
    ]);
  });
});

describe('unknown keys', () => {
  test.each([
    ['a typo', 's3.adress', 'did you mean "address"?'],
    ['another word for the address', 's3.endpoint', 'did you mean "address"?'],
    ['another word for the host', 'externalMysql.address', 'did you mean "host"?'],
    ['an Ingress', 'ingress', 'There is none: Milvus speaks gRPC'],
    ['a typo at the top', 'readOnly', 'did you mean "readonly"?'],
    ['snake case', 's3.wait_seconds', 'did you mean "waitSeconds"?'],
    ['all lower case', 'mysql.persistence.storageclassname', 'did you mean "storageClassName"?'],
    ['singular', 'image', 'did you mean "images"?'],
    ['deep down', 'readonly.resources.limit', 'did you mean "limits"?'],
    ['at the wrong level', 'maxWorkers', 'did you mean "mishards.maxWorkers"?'],
    ['at the wrong level', 'host', 'did you mean "mishards.tracing.host" or "externalMysql.host"?'],
    [
      'at the wrong level, nearby',
      'mysql.storageClassName',
      'did you mean "mysql.persistence.storageClassName"?',
    ],
    ['at the wrong level, nearby', 'mysql.size', 'did you mean "mysql.persistence.size"?'],
    [
      'in the wrong section',
      's3.cacheSize',
      'did you mean "milvus.cache.cacheSize" or "milvus.gpu.cacheSize" or "writable',
    ],
    [
      'in the wrong section, snake case',
      'readonly.cache_size',
      'did you mean "readonly.gpu.cacheSize" or "readonly.cache.cacheSize"?',
    ],
    ['a credential beside its section', 's3.secretKey', 'did you mean "s3.credentials"?'],
    ['a credential, snake case', 's3.access_key', 'did you mean "s3.credentials"?'],
    ['a password', 'mysql.password', 'did you mean "mysql.credentials"?'],
    ['a password', 'externalMysql.password', 'did you mean "externalMysql.credentials"?'],
    ['a password at the top', 'password', 'did you mean "mysql.credentials" or "externalMysql.credentials"?'],
    ['what is unlike any', 'sharding', 'expected a known one\n    Known here: name, mode, instance,'],
    ['a value of the chart', 'cluster', 'expected a known one\n    The Helm chart has it: from-helm makes'],
    ['a value of the chart', 'storage.s3', 'expected a known one\n    The Helm chart has it'],
    ['a value of the chart, much like a key', 'image', 'did you mean "images"?\n    The Helm chart has it'],
    [
      'what other clients call so',
      's3.useSSL',
      'expected a known one\n    TLS to S3 is s3.tls: { enabled: true }.',
    ],
    ['what Milvus does not know', 's3.region', 'expected a known one\n    Milvus 1.1.1 knows no region'],
    ['what every object inherits', 'constructor', 'expected a known one\n    Known here: name,'],
  ])('%s: %s', (_, path, words) => {
    const found = messages(at(path, 'x')).filter((message) =>
      message.startsWith(`${path}: given an unknown key`),
    );
    expect(found).toEqual([expect.stringContaining(words)]);
  });

  test('a key without a value is not given, unless there is no such key', () => {
    expect(messages(at('mysql', null))).toEqual([]);
    expect(messages(at('mysq', null))).toEqual([expect.stringContaining('did you mean "mysql"?')]);
  });

  test('__proto__ is one, too', () => {
    const input: unknown = JSON.parse(
      '{"name": "a", "s3": {"address": "h", "bucket": "bkt"}, "__proto__": {"a": 1}}',
    );
    expect(messages(input)).toEqual([expect.stringContaining('__proto__: given an unknown key')]);
  });

  test('characters that nobody sees are named', () => {
    const config = { name: 'a', s3: { address: 'h', bucket: 'bkt' } };
    expect(messages({ ...config, 'read\u200bonly': {} })).toEqual([
      expect.stringMatching(/did you mean "readonly"\?\n.*It has U\+200B in it, .*: type it again\.$/),
    ]);
    expect(messages({ ...config, '\u0430dmin': {} })).toEqual([
      expect.stringContaining('It has U+0430 in it'),
    ]);
  });

  test('a credential in the wrong place of its section is meant for one of those within', () => {
    expect(messages(at('s3.credentials', { accessKey: 'CANARY' }))).toEqual([
      expect.stringContaining(
        'did you mean "s3.credentials.keys.accessKey" or "s3.credentials.externalSecret.remoteRefs.accessKey" or "s3.credentials.inline.accessKey"?',
      ),
    ]);
  });

  test.each([
    ['readonly.replicas', '2', 'Leave out the quotes: 2.'],
    ['backup.enabled', 'true', 'Leave out the quotes: true.'],
  ])('quotes that are one too many: %s', (path, value, words) => {
    expect(messages(at(path, value))).toEqual([expect.stringContaining(words)]);
    expect(messages(at(path, 'CANARY'))).toEqual([expect.not.stringContaining('quotes')]);
  });

  test('a suggestion needs some likeness', () => {
    expect(suggest('replica', ['replicas', 'resources'])).toBe('replicas');
    expect(suggest('max-retry', ['maxRetry'])).toBe('maxRetry');
    expect(suggest('ab', ['xy'])).toBeUndefined();
    expect(suggest('a', [])).toBeUndefined();
  });
});

describe('a credential is never in a message', () => {
  const CANARY = 'CANARY';
  const leaks: readonly [string, string, unknown][] = [
    ['inline, unfit', 'mysql.credentials.inline', { rootPassword: 'CANARY:1', password: 'CANARY 2' }],
    ['inline, as a number', 'mysql.credentials.inline', { rootPassword: 'x', password: 1234567 }],
    ['inline, as a list', 'mysql.credentials.inline', ['CANARY', 'CANARY']],
    ['inline, as a text', 'mysql.credentials.inline', 'CANARY'],
    [
      'inline, as a mapping deeper',
      's3.credentials.inline',
      { accessKey: { CANARY: 'CANARY' }, secretKey: 'x' },
    ],
    ['inline, user to password', 'mysql.credentials.inline', { 'CANARY-user': 'CANARY' }],
    ['inline, access key to secret key', 's3.credentials.inline', { CANARY: 'CANARY' }],
    ['inline, with a space', 's3.credentials.inline', { accessKey: 'CANARY 1', secretKey: 'CANARY 2' }],
    ['credentials as a text', 's3.credentials', 'CANARY:CANARY'],
    ['credentials as a list', 's3.credentials', ['CANARY']],
    ['the section as a text', 's3', 'address=x accessKey=CANARY'],
    ['the whole file as a text', '', 'S3_SECRET_KEY=CANARY'],
    ['in the place of its name', 's3.credentials.keys', { accessKey: 'CANARY/1', secretKey: 'CANARY+2' }],
    ['in the place of its Secret', 's3.credentials.existingSecret', 'CANARY/+='],
    ['as an entry of the store', 's3.credentials.externalSecret', { remoteRefs: { accessKey: 'CANARY' } }],
    ['s3.secretKey', 's3.secretKey', 'CANARY'],
    ['s3.secret_key', 's3.secret_key', 'CANARY'],
    ['mysql.password', 'mysql.password', 'CANARY'],
    ['mysql.rootPassword', 'mysql.rootPassword', { value: 'CANARY' }],
    ['a URL with user information', 's3.address', 'http://AKIA:CANARY@s3.example.com'],
    ['a URL whose secret has slashes', 's3.address', 'http://AKIA:x/CANARY/y@s3.example.com'],
    ['a URL whose secret has an @', 's3.address', 'http://AKIA:x@CANARY@s3.example.com'],
    ['user information without a scheme', 's3.address', 'AKIA:CANARY@s3'],
    ['parameters of a URL', 's3.address', 'http://s3/?X-Amz-Signature=CANARY'],
    ['a URI of MySQL', 'externalMysql.host', 'mysql://milvus:CANARY@db:3306/milvus'],
    ['a registry with a login', 'imageRegistry', 'user:CANARY@registry.example.com'],
    ['an image with a login', 'images.mysql', 'user:CANARY@registry/mysql:5.7@sha256:12'],
    ['extraServerConfig, S3', 'milvus.extraServerConfig', { storage: { s3_secret_key: 'CANARY' } }],
    ['extraServerConfig, unknown', 'milvus.extraServerConfig', { storage: { secret: 'CANARY' } }],
    [
      'extraServerConfig, MySQL',
      'writable.extraServerConfig',
      { general: { meta_uri: 'mysql://u:CANARY@h:1/d' } },
    ],
    [
      'extraServerConfig, nested',
      'milvus.extraServerConfig',
      { storage: { s3_secret_key: { a: 'CANARY' } } },
    ],
    ['a variable of a container', 'mysql.extraEnv', [{ name: 'MY_PASSWORD', value: 'CANARY' }]],
    ['a variable, as a number', 'writable.extraEnv', [{ name: 'PIN', value: 1234567 }]],
    [
      'a variable of an additional container',
      'mishards.extraContainers',
      [{ name: 'a', image: 'a:1', env: [{ name: 'API_TOKEN', value: 'CANARY' }] }],
    ],
    ['a password in a script', 'mysql.initializationFiles', { 'a.sql': "SET PASSWORD = 'CANARY';" }],
    ['a password in an option file', 'mysql.configurationFiles', { 'a.cnf': 'password = CANARY' }],
    ['a dockerconfigjson', 'imagePullSecrets', ['{"auths":{"r":{"auth":"CANARY"}}}']],
    [
      'a dockerconfigjson, in a podTemplate',
      'podTemplate',
      { spec: { imagePullSecrets: [{ name: '{"auths":{"r":{"auth":"CANARY"}}}' }] } },
    ],
    [
      'a variable of a podTemplate',
      'readonly.podTemplate',
      { spec: { containers: [{ name: 'milvus', env: [{ name: 'MY_PASSWORD', value: 'CANARY' }] }] } },
    ],
    [
      'a variable of a podTemplate, as a number',
      'readonly.podTemplate',
      { spec: { containers: [{ name: 'milvus', env: [{ name: 'PIN', value: 1234567 }] }] } },
    ],
    [
      'both ways',
      's3.credentials',
      { existingSecret: 'a', inline: { accessKey: 'CANARY', secretKey: 'CANARY' } },
    ],
  ];
  test.each(leaks)('%s', (_, path, value) => {
    const found = messages(path === '' ? value : at(path, value));
    expect(found).not.toEqual([]);
    expect(found.join('\n')).not.toContain(CANARY);
    expect(found.join('\n')).not.toContain('1234567');
  });

  test('but names are shown: of Secrets, of their keys, of stores', () => {
    expect(messages(at('s3.credentials.existingSecret', 'My_Secret'))).toEqual([
      expect.stringContaining('existingSecret: given "My_Secret"; expected the name of a Kubernetes object'),
    ]);
    expect(messages(at('s3.credentials.keys', { accessKey: '', secret_key: 'x' }))).toEqual([
      expect.stringContaining('keys.accessKey: given'),
      expect.stringContaining('did you mean "secretKey"?'),
    ]);
  });
});

describe('one report has everything, whatever kind of rule is broken', () => {
  test('rules of the schema, rules between values, and sizing', () => {
    const found = messages({
      name: 'A',
      s3: { bucket: 'x' },
      service: { nodePort: 30000 },
      readonly: { resources: { limits: { memory: '1Gi' } } },
      wrtable: {},
    });
    expect(found.map((message) => message.split(':')[0])).toEqual([
      'name',
      's3.bucket',
      's3.address',
      'wrtable',
      'service.nodePort',
      'readonly.resources.limits.memory',
    ]);
  });

  test('but a value that is wrong is named once', () => {
    const found = messages(at('readonly.resources.limits', { memory: '4TB' }));
    expect(found).toEqual([expect.stringContaining('readonly.resources.limits.memory: given "4TB"')]);
  });
});

describe('what can not be handed on is refused, wherever it stands', () => {
  /** Mappings in which any key may stand. */
  const FREE = [
    'labels',
    'annotations',
    'readonly.annotations',
    'readonly.resources.limits',
    'writable.extraServerConfig.cache',
    'writable.podTemplate.metadata.labels',
    'writable.podTemplate.spec.nodeSelector',
    'podTemplate.spec',
  ];
  const own = (key: string, value: unknown) => Object.fromEntries([[key, value]]);

  test.each(FREE)('%s: a key that JavaScript has for itself', (path) => {
    for (const key of ['__proto__', 'constructor']) {
      expect(messages(at(path, own(key, 'x')))).toEqual([
        expect.stringContaining(`${path}.${key}: given the key ${key};`),
      ]);
    }
  });

  test.each(FREE)('%s: names of its functions do no harm', (path) => {
    for (const key of ['toString', 'valueOf', 'hasOwnProperty']) {
      // Taken, or refused in words; never a crash.
      expect(messages(at(path, own(key, '1'))).join()).not.toContain('native code');
    }
    expect(messages(at('labels', { toString: 'x', valueOf: 'y' }))).toEqual([]);
    const limits = { toString: '1' };
    const containers = [{ name: 'milvus', resources: { limits } }];
    expect(messages(at('mishards.podTemplate', { spec: { containers } }))).toHaveLength(1);
  });

  test('half of a character', () => {
    for (const text of ['a\ud83d', '\ude00b']) {
      for (const path of ['annotations.a', 'annotations', 'podTemplate.metadata.annotations.a']) {
        const value = path === 'annotations' ? own(text, 'x') : text;
        expect(messages(at(path, value)).join('\n')).toMatch(/with half of a character|expected a label key/);
      }
    }
    expect(messages(at('annotations.a', 'whole: \u{1f600}'))).toEqual([]);
  });

  test('the null character, where a text is for the kernel, which ends it there', () => {
    const own = { name: 'side', image: 'a:1', args: ['a\0b'], env: [{ name: 'A', value: '\0' }] };
    expect(messages(at('readonly.podTemplate', { spec: { containers: [own] } }))).toEqual([
      expect.stringMatching(/containers\[0\]\.args\[0\]: given a text with the character U\+0000/),
      expect.stringMatching(/containers\[0\]\.env\[0\]\.value: given a text with the character U\+0000/),
    ]);
    expect(messages(at('annotations.a', 'a\0b'))).toEqual([]);
  });
});
