import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { ConfigurationError, OutputError, synthesize } from '../../lib';
import { GENERATED } from '../../lib/output/files';
import { at } from '../config/messages';
import { ROOT } from '../support/project';

let directory: string;
let outdir: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bad-configuration-'));
  outdir = join(directory, 'dist');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What is in a directory: every file and directory with its time, and every byte. */
const state = (path: string): unknown =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const file = join(path, name);
      const { mtimeNs } = statSync(file, { bigint: true });
      return [name, mtimeNs, statSync(file).isFile() ? readFileSync(file, 'utf8') : undefined];
    });

const cluster = (name: string, more = '') =>
  `name: ${name}\ns3: {address: 192.168.18.13, bucket: ${name}-bucket}\n${more}`;

/** An output directory as a good run leaves it, long ago, with a file of somebody else's in it. */
function prepare(...names: string[]): void {
  write('good.yaml', names.map((name) => cluster(name)).join('---\n'));
  synthesize({ config: join(directory, 'good.yaml'), outdir, env: {} });
  writeFileSync(join(outdir, 'README.md'), 'ours\n');
  for (const file of ['.', ...readdirSync(outdir, { recursive: true, encoding: 'utf8' })]) {
    utimesSync(join(outdir, file), 1_600_000_000, 1_600_000_000);
  }
}

function write(file: string, text: string): string {
  writeFileSync(join(directory, file), text);
  return join(directory, file);
}

/** Synthesizes; of a failure the message. */
function attempt(config: string, env: Record<string, string> = {}): string {
  try {
    synthesize({ config, outdir, env, cwd: directory });
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError || error instanceof OutputError) return error.message;
    throw error;
  }
}

/** Synthesizes a bad configuration over a good output, of which nothing may change; gives the report. */
function refused(text: string, env?: Record<string, string>): string {
  prepare('good');
  const before = state(outdir);
  const message = attempt(write('milvus.yaml', text), env);
  expect(state(outdir)).toEqual(before);
  return message;
}

const LONG = `m${'x'.repeat(59)}`;
const CLUSTER_KEYS = 'a mapping with the keys';

/** The key, a bad value for it, how that is shown, and what would be right. */
const values: readonly [path: string, value: unknown, given: string, expected: string][] = [
  ['name', LONG, `"${LONG.slice(0, 59)}`, 'a name of at most 40 lower-case letters'],
  ['name', 'Milvus', '"Milvus"', 'a name of at most 40 lower-case letters'],
  ['name', '1milvus', '"1milvus"', 'that begins with a letter'],
  ['name', 'milvus-', '"milvus-"', 'a name of at most 40'],
  ['name', 'my.milvus', '"my.milvus"', 'a name of at most 40'],
  ['name', 5, '5 (a number)', 'a name of at most 40'],
  ['name', null, 'nothing', 'a name of at most 40'],
  ['namespace', 'My_Space', '"My_Space"', 'a name of at most 63'],
  ['namespace', true, 'true (a boolean)', 'a name of at most 63'],
  ['labels', ['a'], 'a list', 'a mapping'],
  ['labels', { 'two words': 'x' }, '"two words"', 'a label key'],
  ['labels', { team: 'two words' }, '"two words"', 'a label value'],
  ['labels', { component: 'x' }, 'a label that selectors use', 'other labels than component'],
  ['annotations', { a: 1 }, '1 (a number)', 'a text\n    Quote numbers'],
  ['s3', null, 'nothing', 'S3 storage for the vectors: s3.address and s3.bucket'],
  ['s3', 'http://s3', 'a text', `${CLUSTER_KEYS} address`],
  ['s3.address', null, 'nothing', 'a host name or IPv4 address'],
  ['s3.address', 'https://s3.example.com', '"https://s3.example.com"', 'without scheme, port or path'],
  ['s3.address', 's3.example.com:80', '"s3.example.com:80"', 'without scheme, port or path'],
  ['s3.address', 's3.example.com/bucket', '"s3.example.com/bucket"', 'without scheme, port or path'],
  ['s3.address', 'http://user:CANARY@s3', '"***@s3"', 'without scheme, port or path'],
  ['s3.address', 'fe80::1', '"fe80::1"', 'a host name or IPv4 address'],
  ['s3.address', '192.168.18.256', '"192.168.18.256"', 'a host name or IPv4 address'],
  ['s3.port', 0, '0 (a number)', 'a port number from 1 to 65534'],
  ['s3.port', 70000, '70000 (a number)', 'a port number from 1 to 65534'],
  ['s3.port', '80', '"80" (a text)', 'a port number from 1 to 65534'],
  ['s3.port', 80.5, '80.5 (a number)', 'a port number from 1 to 65534'],
  ['s3.bucket', 'tenant:bucket', '"tenant:bucket"', 'a bucket name: letters, digits'],
  ['s3.bucket', 'my/bucket', '"my/bucket"', 'a bucket name'],
  [
    's3.bucket',
    'b',
    '"b"',
    'a bucket name: letters, digits, dots, hyphens and underscores, 2 to 255 of them',
  ],
  ['networkPolicy', false, 'false (a boolean)', 'extraEgress\n    Write { enabled: false }.'],
  ['s3.bucket', 'a..b', '"a..b"', 'a bucket name'],
  ['s3.bucket', '192.168.18.13', '"192.168.18.13"', 'a bucket name'],
  ['s3.bucket', 'tenant:bucket', '"tenant:bucket"', 'a bucket name'],
  ['s3.credentials', 'CANARY', 'a text', `${CLUSTER_KEYS} existingSecret`],
  ['s3.credentials.inline', { accessKey: 'CANARY' }, 'nothing', 'a secret key'],
  ['s3.credentials.existingSecret', 'My_Secret', '"My_Secret"', 'the name of a Kubernetes object'],
  [
    's3.credentials',
    { existingSecret: 'a', inline: { accessKey: 'CANARY', secretKey: 'CANARY' } },
    'inline and existingSecret',
    'one of existingSecret, externalSecret, inline',
  ],
  [
    's3.credentials.externalSecret',
    {
      secretStoreRef: { name: 'vault', kind: 'Vault' },
      remoteRefs: { accessKey: { key: 'a' }, secretKey: { key: 'b' } },
    },
    '"Vault"',
    'one of SecretStore, ClusterSecretStore',
  ],
  [
    'mysql.credentials.inline',
    { rootPassword: 'CANARY:1', password: 'x' },
    'a text (not shown',
    'a password of ASCII characters',
  ],
  ['storage.path', '/data/v1.1', '"/data/v1.1"', 'an absolute path'],
  ['storage.path', '/data/', '"/data/"', 'without dots, spaces or a trailing "/"'],
  ['storage.path', 'data', '"data"', 'an absolute path'],
  [
    'storage.path',
    '/var/lib/milvus/bin',
    '"/var/lib/milvus/bin"',
    'a directory that does not hide files of the image',
  ],
  ['storage.path', '/var/lib/milvus/wal/data', '"/var/lib/milvus/wal/data"', 'a directory outside wal.path'],
  ['storage.sizeLimit', '10GB', '"10GB"', 'a Kubernetes quantity such as 10Gi'],
  ['wal.path', '/var/lib/milvus/data/db/wal', '"/var/lib/milvus/data/db/wal"', 'a directory outside'],
  ['wal.bufferSize', '32MB', '"32MB"', 'from 64MB to 4GB'],
  ['wal.bufferSize', '8GB', '"8GB"', 'from 64MB to 4GB'],
  ['wal.persistence.accessModes', [], 'a list', 'a list with at least one entry'],
  ['wal.persistence.accessModes', ['RWO'], '"RWO"', 'one of ReadWriteOnce, ReadWriteOncePod, ReadWriteMany'],
  ['wal.persistence.size', -1, '-1 (a number)', 'a Kubernetes quantity'],
  ['milvus.timezone', 'Asia/Shanghai', '"Asia/Shanghai"', 'an offset from UTC such as UTC+0'],
  ['milvus.timezone', 'UTC', '"UTC"', 'an offset from UTC'],
  ['milvus.timezone', 'UTC+24', '"UTC+24"', 'an offset from UTC'],
  ['milvus.logs.level', 'INFO', '"INFO"', 'one of debug, info, warning, error, fatal (lower case)'],
  ['milvus.logs.level', 'warn', '"warn"', 'one of debug, info, warning'],
  ['milvus.logs.maxFileSize', '100MB', '"100MB"', 'from 512MB to 4096MB'],
  ['milvus.network.port', 80, '80 (a number)', 'a port number from 1025 to 65534'],
  ['milvus.network.httpPort', 19530, '19530', 'a port other than milvus.network.port'],
  ['milvus.cache.cacheSize', '4TB', '"4TB"', 'a size in whole bytes such as 4GB'],
  ['milvus.cache.cacheSize', '4Ti', '"4Ti"', 'a size in whole bytes such as 4GB'],
  ['milvus.cache.cacheSize', '-4GB', '"-4GB"', 'a size in whole bytes'],
  ['milvus.cache.cacheSize', 4, '4 (a number)', 'a size in whole bytes'],
  ['milvus.cache.cpuCacheThreshold', 1, '1 (a number)', 'a number between 0 and 1'],
  ['milvus.cache.preloadCollections', ['a,b'], '"a,b"', 'the name of a collection'],
  ['milvus.engine.simdType', 'sse4', '"sse4"', 'one of auto, avx512, avx2, sse'],
  [
    'milvus.metrics',
    { enabled: true, address: '127.0.0.1' },
    '127.0.0.1',
    'the address of an existing push gateway',
  ],
  ['milvus.metrics.enabled', 'on', '"on"', 'true or false'],
  ['milvus.extraServerConfig', { db_confg: {} }, 'an unknown section', 'did you mean "db_config"?'],
  ['milvus.extraServerConfig', { gpu: { enabel: true } }, 'an unknown key', 'did you mean "enable"?'],
  [
    'milvus.extraServerConfig',
    { cache: { cache_size: '4GB' } },
    'a key that is set already',
    'Use milvus.cache.cacheSize',
  ],
  [
    'readonly.extraServerConfig',
    { storage: { s3_secret_key: 'CANARY' } },
    'a key that is set already',
    'Use s3.credentials',
  ],
  ['milvus.extraServerConfig', 'CANARY', 'a text', 'a mapping'],
  ['writable.replicas', 2, '2 (a number)', '1: there is exactly one writable'],
  ['readonly.replicas', 0, '0 (a number)', 'a whole number of readers from 1'],
  ['readonly.replicas', '3', '"3" (a text)', 'a whole number of readers'],
  ['readonly', ['replicas'], 'a list', `${CLUSTER_KEYS} replicas`],
  ['readonly.cache', 4, '4 (a number)', `${CLUSTER_KEYS} cacheSize`],
  [
    'readonly',
    { cache: { cacheSize: '16GB' }, resources: { limits: { memory: '8Gi' } } },
    '8Gi',
    'at least 21.08 GiB: 1.25 x (cache 16GB + insert buffer 64MB) + 1GB working room\n    The smallest limit that works is 22Gi',
  ],
  [
    'writable',
    { cache: { insertBufferSize: '8GB' }, resources: { limits: { memory: '8Gi' } } },
    '8Gi',
    'insert buffer 8GB',
  ],
  [
    'mishards.resources',
    { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } },
    '2Gi',
    'at most the limit, 1Gi',
  ],
  ['mishards.resources.limits.cpu', '2 cores', '"2 cores"', 'an amount of CPU such as 2 or 500m'],
  ['mishards.resources.limits.cpu', 1e-7, '1e-7 (a number)', 'an amount of CPU such as 2 or 500m'],
  ['mishards.resources.limits.memory', '1GB', '"1GB"', 'a Kubernetes quantity'],
  ['mishards.podTemplate.spec.terminationGracePeriodSeconds', 5, '5', 'more than 10'],
  ['mishards.discovery', 'consul', '"consul"', '"dns", "kubernetes" or "static"'],
  [
    'mishards.podTemplate.spec.nodeSelector',
    { 'kubernetes.io/arch': 'arm64' },
    '"arm64"',
    'amd64: the images exist for amd64 only',
  ],
  [
    'mishards.podTemplate.spec.tolerations',
    [{ key: 'a', effect: 'NoScedule' }],
    '"NoScedule"',
    'one of NoExecute, NoSchedule, PreferNoSchedule',
  ],
  [
    'mishards.podTemplate.spec.tolerations',
    [{ effect: 'NoSchedule' }],
    'nothing',
    'a taint key, or operator: Exists',
  ],
  [
    'mishards.podTemplate.metadata.labels',
    { 'app.kubernetes.io/name': 'x' },
    'a label that selectors',
    'other labels than',
  ],
  ['mishards.podTemplate.metadata.labels', { 'a/b/c': 'x' }, '"a/b/c"', 'a label'],
  ['service.type', 'ExternalName', '"ExternalName"', 'one of ClusterIP, NodePort, LoadBalancer'],
  ['service.nodePort', 30000, 'a value with service.type ClusterIP', 'service.type NodePort or LoadBalancer'],
  ['service.loadBalancerIP', '1.2.3.4', 'a value with service.type ClusterIP', 'service.type LoadBalancer'],
  ['service.loadBalancerSourceRanges', ['10.0.0.0'], '"10.0.0.0"', 'an IPv4 range such as 10.0.0.0/8'],
  ['mysql.user', 'root', '"root"', 'and not root'],
  ['mysql.database', 'my.db', '"my.db"', 'a database name of letters, digits, underscores and hyphens'],
  ['mysql.maxConnections', 100, '100', 'at least 134: the servers and proxies can open that many together'],
  ['mysql.resources.limits.memory', '256Mi', '256Mi', 'at least 512Mi'],
  ['mysql.persistence.size', '4GB', '"4GB"', 'a Kubernetes quantity such as 10Gi'],
  ['externalMysql', {}, 'nothing', 'the host name or IPv4 address of a MySQL server'],
  ['externalMysql.host', 'mysql://u:CANARY@db/milvus', '"***@db/milvus"', 'without scheme or port'],
  ['images.milvus', 'milvusdb/milvus', '"milvusdb/milvus"', 'an image with a version'],
  ['images.milvus', 'milvusdb/milvus:latest', '"milvusdb/milvus:latest"', 'not "latest"'],
  ['images.mysql', 'mysql:8.4', 'mysql:8.4', 'MySQL 5.7 or 8.0'],
  ['images.mysql', 'mysql:9', 'mysql:9', 'MySQL 5.7 or 8.0'],
  ['imageRegistry', 'https://registry.example.com', '"https://registry.example.com"', 'a registry such as'],
  ['podTemplate.spec.imagePullSecrets', 'login', '"login"', 'a list'],
  ['s3.adress', 'x', 'an unknown key', 'did you mean "address"?'],
  ['readonly.resources.limit', {}, 'an unknown key', 'did you mean "limits"?'],
  ['maxWorkers', 5, 'an unknown key', 'did you mean "mishards.maxWorkers"?'],
  ['mysql.password', 'CANARY', 'an unknown key', 'did you mean "mysql.credentials"?'],
  ['s3.secret_key', 'CANARY', 'an unknown key', 'did you mean "s3.credentials"?'],
  ['cluster', { enabled: true }, 'an unknown key', 'a known one'],
];

test('there are plenty', () => {
  expect(values.length).toBeGreaterThan(100);
});

test.each(values)('%s: %j', (path, value, given, expected) => {
  const message = refused(stringify(at(path, value)));
  const [head = '', ...problems] = message.split('\n  - ');
  expect(head).toBe(`milvus.yaml: ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`);
  const problem = problems.find((line) => line.includes(`given ${given}`)) ?? '';
  expect([problem, message]).toEqual([expect.stringContaining(expected), message]);
  const [place = '', ...words] = problem.split(': ');
  expect(place).toMatch(/^milvus\.yaml:\d+:\d+$/);
  expect(words.join(': ').startsWith(path)).toBe(true);
  expect(message).not.toContain('CANARY');
});

describe('files', () => {
  test.each<[what: string, text: string, ...words: string[]]>([
    [
      'an empty file',
      '',
      'given an empty file',
      'expected a cluster: at least name, s3.address and s3.bucket',
    ],
    ['comments only', '# name: a\n', 'given an empty file'],
    ['a list', '- name: a\n', 'given a list; expected a mapping with the keys name'],
    ['a scalar', 'S3_SECRET_KEY=CANARY\n', 'given a text; expected a mapping with the keys name'],
    ['a YAML syntax error', 'name: a\ns3: {secretKey: CANARY\n', 'milvus.yaml:3:1: expected valid YAML'],
    [
      'a key twice',
      cluster('a', 'mysql: {}\nmysql: {}\n'),
      'milvus.yaml:4:1: expected valid YAML (Map keys must be unique)',
    ],
    ['an alias to nowhere', 's3: *CANARY\n', 'milvus.yaml:1:5: given an alias (*name) without an anchor'],
    [
      'an unset reference',
      cluster('a', 'namespace: ${env:SPACE}\n'),
      'namespace: given ${env:SPACE}; expected the environment variable SPACE to be set',
      'Set it, or give a default',
    ],
    [
      'a malformed reference',
      cluster('a', 'namespace: "${env:A-B}"\n'),
      'namespace: given ${env:A...}; expected ${env:NAME}',
    ],
    [
      'a reference that is no number',
      cluster('a', 'mysqlWaitSeconds: ${env:PW}\n'),
      'mysqlWaitSeconds: given ${env:PW}; expected a whole number',
    ],
    [
      'two clusters of one name',
      `${cluster('a')}---\nname: a\ns3: {address: h, bucket: other}\n`,
      'milvus.yaml, document 2 (a): 1 problem\n  - milvus.yaml:4:7: name: given name a, as in milvus.yaml, document 1 (a)',
    ],
    [
      'two clusters on one bucket',
      `${cluster('a')}---\nname: b\ns3: {address: 192.168.18.13, bucket: a-bucket}\n`,
      's3.bucket: given bucket a-bucket at 192.168.18.13:80, path /var/lib/milvus/data',
    ],
    [
      'MySQL twice',
      cluster('a', 'mysql: {}\nexternalMysql: {host: db}\n'),
      'mysql: given a value beside externalMysql',
    ],
    [
      'a base that is not there',
      'extends: base.yaml\nname: a\n',
      'extends: given no such file; expected the configuration in base.yaml',
    ],
    [
      'a base that is the file itself',
      'extends: milvus.yaml\n',
      'expected a file that does not extend this one again',
    ],
  ])('%s', (_, text, ...words) => {
    const message = refused(text, { PW: 'CANARY' });
    for (const word of words) expect(message).toContain(word);
    expect(message).not.toContain('CANARY');
  });

  test('one that does not exist', () => {
    prepare('good');
    const before = state(outdir);
    expect(attempt('nope.yaml')).toContain('nope.yaml: 1 problem\n  - given no such file');
    expect(state(outdir)).toEqual(before);
  });

  test('two bad ones beside a good one give both reports', () => {
    prepare('good');
    write('a.yaml', 'name: A\n');
    write('b.yaml', cluster('b', 'readonly: {replicas: 0}\n'));
    const before = state(outdir);
    expect(attempt('a.yaml,good.yaml,b.yaml')).toMatch(
      /^a\.yaml: 2 problems\n {2}- a\.yaml:1:1: s3: given nothing;.*\n {2}- a\.yaml:1:7: name: given "A";.*\n\nb\.yaml: 1 problem\n {2}- b\.yaml:3:22: readonly\.replicas: given 0/s,
    );
    expect(state(outdir)).toEqual(before);
  });

  test('several problems of one are all listed', () => {
    const message = refused(
      'name: Milvus\ns3: {address: "https://s3", bucket: B, port: 0}\nreadonly: {replicas: -1, cach: {}}\nmilvus: {timezone: UTC}\n',
    );
    expect([...message.matchAll(/^ {2}- milvus\.yaml:(.*?): given/gm)].map(([, found]) => found)).toEqual([
      '1:7: name',
      '2:15: s3.address',
      '2:37: s3.bucket',
      '2:46: s3.port',
      '3:22: readonly.replicas',
      '3:26: readonly.cach',
      '4:20: milvus.timezone',
    ]);
  });
});

describe('what stands in the way', () => {
  const config = () => write('milvus.yaml', cluster('a'));

  test.each(['a.k8s.yaml', 'Kustomization'])('a file %s of somebody else is refused and kept', (name) => {
    prepare('good');
    writeFileSync(join(outdir, name), 'kind: Precious\n');
    const before = state(outdir);
    expect(attempt(config())).toBe(
      `${join(outdir, name)}: exists and was not generated by cdk8s-milvus\n` +
        '  - Move it away, or choose another output directory (-o, CDK8S_OUTDIR).',
    );
    expect(state(outdir)).toEqual(before);
  });

  test('a directory in the place of a file', () => {
    prepare('good');
    mkdirSync(join(outdir, 'a.k8s.yaml'));
    const before = state(outdir);
    expect(attempt(config())).toContain(
      `${join(outdir, 'a.k8s.yaml')}: is a directory and was not generated`,
    );
    expect(state(outdir)).toEqual(before);
  });

  test('a file in the place of the output directory', () => {
    writeFileSync(outdir, 'precious\n');
    expect(attempt(config())).toContain(`${outdir}: can not be written (`);
    expect(readFileSync(outdir, 'utf8')).toBe('precious\n');
  });

  test('a file in the place of a directory of one of several clusters: nothing of the others is left', () => {
    prepare('good');
    writeFileSync(join(outdir, 'b'), 'precious\n');
    const before = state(outdir);
    const several = write('several.yaml', ['a', 'b', 'c'].map((name) => cluster(name)).join('---\n'));
    expect(attempt(several)).toContain(`${outdir}: can not be written (`);
    expect(state(outdir)).toEqual(before);
  });

  test('an output directory that does not exist yet is not left behind either', () => {
    const base = join(directory, 'file');
    writeFileSync(base, 'precious\n');
    expect(() => synthesize({ config: config(), outdir: join(base, 'dist'), env: {} })).toThrow(OutputError);
    attempt(write('bad.yaml', 'name: A\n'));
    expect(readdirSync(directory).sort()).toEqual(['bad.yaml', 'file', 'milvus.yaml']);
  });
});

describe('over an earlier output', () => {
  const times = () => state(outdir) as readonly (readonly [string, bigint, string | undefined])[];
  /** Without the Jobs that somebody starts by hand. */
  const filesOf = () =>
    times().flatMap(([name, , content]) => (content === undefined || name.includes('jobs/') ? [] : [name]));

  test('the same configuration touches nothing', () => {
    prepare('a', 'b');
    const before = state(outdir);
    const { written } = synthesize({ config: join(directory, 'good.yaml'), outdir, env: {} });
    expect(written).toMatchObject({ changed: 0, removed: [] });
    expect(state(outdir)).toEqual(before);
  });

  test('only the file of the cluster that changed is written', () => {
    prepare('a', 'b');
    const before = new Map(times().map(([name, time]) => [name, time]));
    write('good.yaml', `${cluster('a')}---\n${cluster('b', 'readonly: {replicas: 2}\n')}`);
    expect(attempt('good.yaml')).toBe('');
    const changed = times().filter(([name, time]) => before.get(name) !== time);
    expect(changed.map(([name]) => name)).toEqual(['b', 'b/b.k8s.yaml']);
  });

  test('a cluster that left the configuration leaves the output when it is told to; what is not ours stays', () => {
    prepare('a', 'b', 'c');
    writeFileSync(join(outdir, 'c/notes.txt'), 'ours\n');
    writeFileSync(join(outdir, 'mine.k8s.yaml'), 'kind: Precious\n');
    mkdirSync(join(outdir, 'odd.k8s.yaml'));
    write('good.yaml', `${cluster('a')}---\n${cluster('d')}`);
    const before = filesOf();
    const run = (prune: boolean) =>
      synthesize({ config: join(directory, 'good.yaml'), outdir, env: {}, prune }).written;
    const { stale, removed } = run(false);
    expect(removed).toEqual([]);
    expect(filesOf()).toEqual(expect.arrayContaining(before));
    expect(run(true)).toMatchObject({ stale: [], removed: stale });
    expect(new Set(stale.map((file) => file.split('/')[0]))).toEqual(new Set(['b', 'c']));
    expect(filesOf()).toEqual([
      'Kustomization',
      'README.md',
      'a/Kustomization',
      'a/a-scripts.k8s.yaml',
      'a/a.k8s.yaml',
      'c/notes.txt',
      'd/Kustomization',
      'd/d-scripts.k8s.yaml',
      'd/d.k8s.yaml',
      'mine.k8s.yaml',
    ]);
    expect(times().map(([name]) => name)).not.toContainEqual(expect.stringMatching(/^(b|c\/jobs)/));
    expect(readdirSync(outdir)).toContain('odd.k8s.yaml');
  });

  test('from several clusters to one, and back', () => {
    prepare('a', 'b');
    const several = filesOf();
    const run = (config: string) =>
      synthesize({ config: join(directory, config), outdir, env: {}, prune: true });
    run(basename(write('milvus.yaml', cluster('a'))));
    expect(filesOf()).toEqual(['Kustomization', 'README.md', 'a-scripts.k8s.yaml', 'a.k8s.yaml']);
    run('good.yaml');
    expect(filesOf()).toEqual(several);
  });

  test('our file is ours also after git gave it other line ends', () => {
    prepare('a');
    writeFileSync(join(outdir, 'a.k8s.yaml'), `${GENERATED}kind: Old\n`.replaceAll('\n', '\r\n'));
    expect(attempt('good.yaml')).toBe('');
    expect(readFileSync(join(outdir, 'a.k8s.yaml'), 'utf8')).not.toContain('\r');
  });
});

describe('npm run synth', () => {
  function run(config: string, env: Record<string, string> = {}) {
    const { status, stderr, stdout } = spawnSync('node', ['synth.js'], {
      cwd: ROOT,
      env: { ...process.env, MILVUS_CONFIG: config, CDK8S_OUTDIR: outdir, ...env },
      encoding: 'utf8',
    });
    return { status, stderr, stdout };
  }

  test.each<[what: string, text: string, ...words: string[]]>([
    [
      'wrong values',
      'name: A\ns3: {address: "https://AKIA:CANARY@s3", bucket: bbb}\n',
      'milvus.yaml: 2 problems\n  - ',
      'milvus.yaml:1:7: name: given "A"; expected a name',
      'milvus.yaml:2:15: s3.address: given "***@s3"; expected a host name',
    ],
    ['a YAML syntax error', 'secret: "CANARY\n', 'milvus.yaml:2:1: expected valid YAML'],
    [
      'an unset reference',
      cluster('a', 'namespace: "${env:NOT_SET_ANYWHERE:}"\n'),
      'namespace: given ${env:NOT_SET_ANYWHERE...}',
    ],
    [
      'values that do not go together',
      cluster('a', 'service: {nodePort: 30000}\n'),
      'service.nodePort: given a value',
    ],
    [
      'a number that is no quantity',
      cluster('a', 'mysql: {resources: {limits: {cpu: 1e-7}}}\n'),
      'mysql.resources.limits.cpu: given 1e-7',
    ],
  ])('%s: exit code 1, the report and nothing else, the output as it was', (_, text, ...words) => {
    prepare('good');
    const before = state(outdir);
    const { status, stderr, stdout } = run(write('milvus.yaml', text));
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).toMatch(/\n\nNothing was written\.\n$/);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain('CANARY');
    expect(state(outdir)).toEqual(before);
  });

  test('an output that is in the way', () => {
    prepare('good');
    writeFileSync(join(outdir, 'a.k8s.yaml'), 'kind: Precious\n');
    const before = state(outdir);
    const { status, stderr } = run(write('milvus.yaml', cluster('a')));
    expect(status).toBe(1);
    expect(stderr).toBe(
      `${join(outdir, 'a.k8s.yaml')}: exists and was not generated by cdk8s-milvus\n` +
        '  - Move it away, or choose another output directory (-o, CDK8S_OUTDIR).\n\nNothing was written.\n',
    );
    expect(state(outdir)).toEqual(before);
  });
});
