import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadOptions, loadClusters } from '../../lib/config/load';
import { ConfigurationError } from '../../lib/config/problems';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'load-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

type Options = Omit<LoadOptions, 'cwd'>;
const load = (options: Options = {}) => loadClusters({ cwd, env: {}, ...options });

/** Writes files, and gives the names of the clusters in them. */
function names(files: Readonly<Record<string, string>>, options?: Options): string[] {
  write(files);
  return load(options).map(({ settings }) => settings.name);
}

/** Writes files, and gives the report on them. */
function report(files: Readonly<Record<string, string | Uint8Array>>, options?: Options): string {
  write(files);
  try {
    load(options);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(cwd, file, '..'), { recursive: true });
    writeFileSync(join(cwd, file), content);
  }
}

const KEPT_LOGS = 'milvus: {logs: {toFile: true, persistence: {enabled: true, existingClaim: c}}}\n';
const standalone = (name: string, more: string) => `name: ${name}\nmode: standalone\n${more}`;
const cluster = (name: string, more = '') =>
  `name: ${name}\ns3:\n  address: 192.168.18.13\n  bucket: ${name}-bucket\n${more}`;

describe('what is loaded', () => {
  test('milvus.yaml, when nothing says otherwise', () => {
    expect(names({ 'milvus.yaml': cluster('a'), 'other.yaml': cluster('b') })).toEqual(['a']);
    expect(names({}, { env: { MILVUS_CONFIG: '' } })).toEqual(['a']);
  });

  test('what MILVUS_CONFIG names, and rather what the caller names', () => {
    const files = { 'milvus.yaml': cluster('a'), 'b.yaml': cluster('b'), 'c.yaml': cluster('c') };
    expect(names(files, { env: { MILVUS_CONFIG: 'b.yaml' } })).toEqual(['b']);
    expect(names({}, { config: 'c.yaml', env: { MILVUS_CONFIG: 'b.yaml' } })).toEqual(['c']);
  });

  test.each([
    ['a file', 'fleet/b.yaml', ['b']],
    ['an absolute path', '<cwd>/fleet/b.yaml', ['b']],
    ['several files, in the order given', 'fleet/b.yaml, fleet/a.yaml', ['b', 'a']],
    ['a comma at the end', 'fleet/b.yaml,', ['b']],
    ['a directory, in the order of its names', 'fleet', ['a', 'b', 'j']],
    ['a directory with a slash', 'fleet/', ['a', 'b', 'j']],
    ['a glob', 'fleet/*.yaml', ['a', 'b']],
    ['a glob with alternatives', 'fleet/{b,z}.yaml', ['b']],
    ['a glob through directories', '**/*.yml', ['c']],
    ['a glob and a file', 'fleet/*.yaml,other/deep/c.yml', ['a', 'b', 'c']],
    ['a file that a directory has too: once', 'fleet/b.yaml,fleet', ['b', 'a', 'j']],
    ['a file twice: once', 'fleet/b.yaml,./fleet/b.yaml', ['b']],
  ])('%s', (_, config, expected) => {
    const files = {
      'fleet/b.yaml': cluster('b'),
      'fleet/a.yaml': cluster('a'),
      'fleet/j.json': '{"name": "j", "s3": {"address": "h", "bucket": "jjj"}}',
      'fleet/README.md': 'no cluster',
      'other/deep/c.yml': cluster('c'),
    };
    expect(names(files, { config: config.replace('<cwd>', cwd) })).toEqual(expected);
  });

  test('every document of a file is a cluster; empty ones are none', () => {
    expect(names({ 'milvus.yaml': `---\n${cluster('a')}---\n# none\n---\n${cluster('b')}...\n` })).toEqual([
      'a',
      'b',
    ]);
  });

  test('where each came from', () => {
    write({ 'one.yaml': cluster('a'), 'two.yaml': `${cluster('b')}---\n${cluster('c')}` });
    expect(load({ config: 'one.yaml,two.yaml' }).map(({ source }) => source)).toEqual([
      'one.yaml',
      'two.yaml, document 1 (b)',
      'two.yaml, document 2 (c)',
    ]);
  });

  test('YAML: anchors, merge keys, a byte order mark, CRLF, numbers in other notations', () => {
    const text = [
      'x: &storage { address: s3.example.com, port: 0x50 }',
      'name: a',
      's3: { <<: *storage, bucket: a-bucket }',
    ];
    const message = report({ 'milvus.yaml': text.join('\n') });
    expect(message).toContain('x: given an unknown key');
    expect(message).toContain('1 problem');

    write({
      'milvus.yaml': `\ufeff${cluster('a', 'readonly: &r { replicas: 2 }\nmishards: { <<: *r }\n').replaceAll('\n', '\r\n')}`,
    });
    expect(load()[0]?.settings).toMatchObject({ readonly: { replicas: 2 }, mishards: { replicas: 2 } });
  });

  test.each([
    [
      'no such file',
      'nope.yaml',
      'nope.yaml: 1 problem\n  - given no such file; expected the configuration in nope.yaml\n    Let "npm run init" (or "cdk8s-milvus init") make one, or create it with these lines at least:\n    name: milvus\n    s3: { address: s3.example.com, bucket: vectors }\n    Or name another one with -c or MILVUS_CONFIG.',
    ],
    [
      'a directory without YAML',
      'empty',
      'empty: 1 problem\n  - given no files; expected YAML files (*.yaml, *.yml, *.json)',
    ],
    ['a glob without a match', '*.yaml', '*.yaml: 1 problem\n  - given no files; expected YAML files'],
    ['an empty name', '', 'configuration: 1 problem\n  - given no file (""); expected a file, a directory'],
    ['nothing but commas', ', ,', 'given no file (", ,")'],
    ['a file in a file', 'README.md/a.yaml', 'given a file that can not be read (ENOTDIR)'],
    ['a link to itself', 'loop.yaml', 'given a file that can not be read (ELOOP)'],
    ['a name that is too long', 'x'.repeat(300), 'given a file that can not be read (ENAMETOOLONG)'],
  ])('%s', (_, config, message) => {
    mkdirSync(join(cwd, 'empty'));
    symlinkSync('loop.yaml', join(cwd, 'loop.yaml'));
    expect(report({ 'README.md': 'no cluster' }, { config })).toContain(message);
  });

  test('a comma in the environment does not mean the file that is taken without it', () => {
    expect(report({ 'milvus.yaml': cluster('a') }, { env: { MILVUS_CONFIG: ',' } })).toContain(
      'given no file (",")',
    );
  });

  test('a directory named as a cluster', () => {
    mkdirSync(join(cwd, 'fleet/odd.yaml'), { recursive: true });
    expect(report({ 'fleet/a.yaml': cluster('a') }, { config: 'fleet' })).toBe(
      'fleet/odd.yaml: 1 problem\n' +
        '  - given a file that can not be read (EISDIR); expected the configuration in fleet/odd.yaml\n' +
        '    Name another one with -c or MILVUS_CONFIG.',
    );
  });
});

describe('files that are no configuration', () => {
  test.each([
    ['empty', ''],
    ['white space', ' \n\n'],
    ['comments', '# name: a\n# s3: {}\n'],
    ['empty documents', '---\n---\n'],
    ['null', 'null\n'],
  ])('%s', (_, text) => {
    expect(report({ 'milvus.yaml': text })).toBe(
      'milvus.yaml: 1 problem\n  - milvus.yaml:1:1: given an empty file; expected a cluster: at least name, s3.address and s3.bucket\n    For example:\n    name: milvus\n    s3: { address: s3.example.com, bucket: vectors }',
    );
  });

  test.each([
    ['a list', '- name: a\n', 'given a list; expected a mapping with the keys name, mode'],
    ['a text', 'S3_SECRET_KEY=CANARY\n', 'given a text; expected a mapping with the keys name'],
    ['a number', '42\n', 'given 42 (a number); expected a mapping'],
    [
      'a quoted key',
      `name: "a\ns3: {bucket: CANARY}\n`,
      'milvus.yaml:3:1: expected valid YAML (Missing closing "quote)',
    ],
    [
      'indentation',
      'name: a\n s3: CANARY\n',
      'milvus.yaml: 1 problem\n  - milvus.yaml:1:7: expected valid YAML (Nested mappings are not allowed in compact mappings)\n    A line below begins too far to the right,',
    ],
    [
      'a tab',
      's3:\n\taddress: CANARY\n',
      'milvus.yaml:2:1: expected valid YAML (Tabs are not allowed as indentation',
    ],
    ['an unclosed list', 'name: [a, CANARY\n', 'expected valid YAML (Flow sequence'],
    ['an unclosed mapping', 's3: {secretKey: CANARY\nname: b\n', 'expected valid YAML'],
    [
      'two values',
      'name: "a" CANARY\n',
      'milvus.yaml:1:11: expected valid YAML (Unexpected scalar at node end)',
    ],
    [
      'a value that begins with @',
      'password: @CANARY\n',
      'milvus.yaml:1:11: expected valid YAML (Plain value cannot',
    ],
    ['a value with ": "', 'password: CANARY: x\n', 'milvus.yaml:1:11: expected valid YAML (Nested mappings'],
    ['an escape', 'password: "\\qCANARY"\n', 'expected valid YAML (Invalid escape sequence)'],
    [
      'a block header',
      'password: |CANARY\n  x\n',
      'expected valid YAML (Block scalar header includes extra characters)',
    ],
    [
      'a line without a key',
      'name: a\nCANARY\n',
      'milvus.yaml:2:1: expected valid YAML (Implicit map keys need',
    ],
    [
      'a tag that nobody knows',
      'password: !vault CANARY\n',
      'milvus.yaml:1:11: expected valid YAML (Unresolved tag)',
    ],
    ['a key that is a mapping', '{a: CANARY}: x\n', 'milvus.yaml:1:1: expected a text as a key'],
    [
      'a key twice',
      'name: a\nname: CANARY\n',
      'milvus.yaml:2:1: expected valid YAML (Map keys must be unique)',
    ],
    [
      'a key twice, deep down',
      'name: a\ns3:\n  port: 1\n  port: 2\n',
      'milvus.yaml:4:3: expected valid YAML (Map keys',
    ],
    [
      'an alias to nowhere',
      's3: *CANARY\n',
      'milvus.yaml:1:5: given an alias (*name) without an anchor (&name) above it',
    ],
    [
      'a merge of a text',
      '<<: CANARY\n',
      'milvus.yaml:1:1: given a merge key (<<) with something that is no mapping',
    ],
    [
      'aliases of aliases of aliases',
      [
        'a: &a [1, 1, 1, 1, 1]',
        ...[...'bcdefgh'].map(
          (name, index) => `${name}: &${name} [${Array(6).fill(`*${'abcdefg'[index]}`)}]`,
        ),
      ].join('\n'),
      'milvus.yaml:7:8: given aliases of aliases that multiply; expected at most 100000 values in a document',
    ],
    ['no YAML at all', '\0\x01\x02CANARY', 'milvus.yaml: 1 problem'],
  ])('%s', (_, text, message) => {
    const found = report({ 'milvus.yaml': text });
    expect(found).toContain(message);
    expect(found).not.toContain('CANARY');
  });

  test('each error of a file, and each bad file, in one report', () => {
    const files = {
      'a.yaml': 'name: a\nname: b\n---\nname: c\nname: d\n',
      'b.yaml': 'name: 5\n',
      'c.yaml': cluster('c'),
      'd.yaml': '',
    };
    const found = report(files, { config: '*.yaml,nope.yaml' });
    expect(found.split('\n\n').map((part) => part.split('\n')[0])).toEqual([
      'nope.yaml: 1 problem',
      'a.yaml: 2 problems',
      'b.yaml: 2 problems',
      'd.yaml: 1 problem',
    ]);
    expect(found).toContain('a.yaml:5:1: expected valid YAML');
  });
});

describe('extends', () => {
  const base = 's3: {address: s3.example.com, port: 8080, bucket: base-bucket}\nreadonly: {replicas: 2}\n';

  test('mappings are merged, everything else is replaced, null takes away', () => {
    write({
      'base.yaml': `${base}labels: {a: x, b: y}\nservice: {externalIPs: [192.0.2.1, 192.0.2.2]}\nmysql: {database: other}\n`,
      'milvus.yaml':
        'extends: base.yaml\nname: a\ns3: {bucket: own-bucket, port: null}\nlabels: {b: null, c: z}\nservice: {externalIPs: [192.0.2.3]}\nmysql:\n',
    });
    const [{ settings } = {}] = load();
    expect(settings).toMatchObject({
      s3: { address: 's3.example.com', port: 80, bucket: 'own-bucket' },
      readonly: { replicas: 2 },
      service: { externalIPs: ['192.0.2.3'] },
      mysql: { database: 'milvus' },
    });
    expect(settings?.labels).toEqual({ a: 'x', c: 'z' });
  });

  test('null makes room for what excludes it', () => {
    expect(
      names({
        'base.yaml': `${base}mysql: {database: other}\n`,
        'milvus.yaml': 'extends: base.yaml\nname: a\nmysql: null\nexternalMysql: {host: db}\n',
      }),
    ).toEqual(['a']);
  });

  test('a chain, through directories, relative to each file', () => {
    write({
      'common/base.yaml': base,
      'common/site/site.yaml': 'extends: ../base.yaml\nnamespace: vectors\nreadonly: {replicas: 3}\n',
      'clusters/milvus.yaml': 'extends: ../common/site/site.yaml\nname: a\ns3: {bucket: own}\n',
    });
    expect(load({ config: 'clusters/milvus.yaml' })[0]?.settings).toMatchObject({
      namespace: 'vectors',
      readonly: { replicas: 3 },
      s3: { port: 8080, bucket: 'own' },
    });
  });

  test('a base beside the clusters that extend it is none itself, unless it is named', () => {
    const files = {
      'fleet/base.yaml': cluster('base'),
      'fleet/one.yaml': 'extends: base.yaml\nname: one\ns3: {bucket: one}\n',
      'fleet/two.yaml': 'extends: ./base.yaml\nname: two\ns3: {bucket: two}\n',
    };
    expect(names(files, { config: 'fleet' })).toEqual(['one', 'two']);
    expect(names({}, { config: 'fleet/*.yaml' })).toEqual(['one', 'two']);
    expect(names({}, { config: 'fleet/base.yaml,fleet' })).toEqual(['base', 'one', 'two']);
  });

  test('a value of the base in several documents is not shared among them', () => {
    write({
      'base.yaml': base,
      'milvus.yaml':
        'extends: base.yaml\nname: a\ns3: {bucket: aaa}\n---\nextends: base.yaml\nname: b\ns3: {bucket: bbb}\n',
    });
    expect(load().map(({ settings }) => settings.s3?.bucket)).toEqual(['aaa', 'bbb']);
  });

  test.each([
    [
      'no such base',
      { 'milvus.yaml': 'extends: nope.yaml\nname: a\n' },
      'milvus.yaml: 1 problem\n  - milvus.yaml:1:10: extends: given no such file; expected the configuration in nope.yaml',
    ],
    [
      'itself',
      { 'milvus.yaml': 'extends: ./milvus.yaml\nname: a\n' },
      'extends: given "./milvus.yaml"; expected a file that does not extend this one again (milvus.yaml -> milvus.yaml)',
    ],
    [
      'in a circle',
      { 'milvus.yaml': 'extends: b.yaml', 'b.yaml': 'extends: c.yaml', 'c.yaml': 'extends: b.yaml' },
      '(milvus.yaml -> b.yaml -> c.yaml -> b.yaml)',
    ],
    [
      'several documents',
      { 'milvus.yaml': 'extends: b.yaml', 'b.yaml': 'name: a\n---\nname: b\n' },
      'extends: given "b.yaml"; expected a file with one YAML document',
    ],
    ['a directory', { 'milvus.yaml': 'extends: .' }, 'extends: given a file that can not be read (EISDIR)'],
    [
      'no text',
      { 'milvus.yaml': 'extends: [a, b]' },
      'extends: given a list; expected the path of a YAML file',
    ],
    [
      'an empty base',
      { 'milvus.yaml': 'extends: b.yaml', 'b.yaml': '' },
      'b.yaml: 1 problem\n  - b.yaml:1:1: given an empty file',
    ],
    [
      'a base with a bad value',
      { 'milvus.yaml': `extends: b.yaml\nname: a\n`, 'b.yaml': 's3: {address: h, bucket: b}\n' },
      'b.yaml, which a cluster extends: 1 problem\n  - b.yaml:1:26: s3.bucket: given "b"; expected a bucket name',
    ],
    [
      'a base with a typo',
      { 'milvus.yaml': 'extends: b.yaml\nname: a\n', 'b.yaml': 's3: {adress: h, bucket: bbb}\n' },
      'did you mean "address"?',
    ],
    [
      'a list over a mapping',
      { 'milvus.yaml': 'extends: b.yaml\ns3: [a]\n', 'b.yaml': cluster('a') },
      's3: given a list; expected a mapping',
    ],
  ])('%s', (_, files, message) => {
    expect(report(files)).toContain(message);
  });

  test('a bad base of several clusters is reported once', () => {
    const found = report(
      {
        'base.yaml': 'a: 1\na: 2\n',
        'one.yaml': 'extends: base.yaml\nname: one\n',
        'two.yaml': 'extends: base.yaml\nname: two\n',
      },
      { config: '*.yaml' },
    );
    expect(found).toBe(
      'base.yaml: 1 problem\n  - base.yaml:2:1: expected valid YAML (Map keys must be unique)\n    Write the key once, with all that belongs to it.',
    );
  });
});

describe('where it is wrong', () => {
  const latin1 = Buffer.from('name: a\nannotations: { owner: "M\u00fcller" }\n', 'latin1');

  test('a file that is not UTF-8, a base among them', () => {
    const fault =
      'latin.yaml:2:25: given bytes that are not UTF-8, but of an older encoding; expected UTF-8\n    Save it as UTF-8';
    expect(report({ 'latin.yaml': latin1 }, { config: 'latin.yaml' })).toContain(fault);
    expect(report({ 'milvus.yaml': 'extends: latin.yaml\n', 'latin.yaml': latin1 })).toContain(fault);
    expect(report({ 'milvus.yaml': Buffer.from(`\ufeff${cluster('a')}`, 'utf16le') })).toContain(
      'milvus.yaml:1:1: given UTF-16; expected UTF-8',
    );
  });

  test('in a base it is reported once, with how many clusters extend it; what a cluster says or lacks, with the cluster', () => {
    const found = report(
      {
        'base.yaml': 'extends: deep.yaml\nreadonly:\n  replica: 1\n',
        'deep.yaml': 's3: { address: "a:b", port: 0 }\nmode: cluster\n',
        'one.yaml': 'extends: base.yaml\nname: one\ns3: { bucket: one }\n',
        'two.yaml': 'extends: base.yaml\nname: two\ns3: { bucket: two, port: 80 }\n',
        'three.yaml': 'extends: base.yaml\nname: three\nmode: both\n',
      },
      { config: '*.yaml' },
    );
    expect(found.match(/^\S.*|^ {2}- .*?: given/gm)).toEqual([
      'base.yaml, which 3 clusters extend: 1 problem',
      '  - base.yaml:3:12: readonly.replica: given',
      'deep.yaml, which 3 clusters extend: 2 problems',
      '  - deep.yaml:1:16: s3.address: given',
      '  - deep.yaml:1:29: s3.port: given',
      'three.yaml: 2 problems',
      '  - three.yaml:1:1: s3.bucket: given',
      '  - three.yaml:3:7: mode: given',
    ]);
  });

  test('an item of a podTemplate is found by all of its keys', () => {
    const ports = '[{ containerPort: 80, protocol: UDP }, { containerPort: 80, protocol: TCP, hostPort: x }]';
    const pod = `podTemplate: { spec: { containers: [{ name: side, image: "b:1" }, { name: milvus, ports: ${ports} }] } }`;
    const text = `${cluster('a')}readonly:\n  ${pod}\n`;
    const lines = text.split('\n');
    const line = lines.findIndex((one) => one.includes('hostPort')) + 1;
    const column = (lines[line - 1] ?? '').indexOf('x }') + 1;
    expect(report({ 'milvus.yaml': text })).toContain(
      `milvus.yaml:${line}:${column}: readonly.podTemplate.spec.containers[name=milvus].ports[containerPort=80,protocol=TCP].hostPort: given "x"`,
    );
  });

  test('what a file replaces is not looked for in its base', () => {
    const files = {
      'milvus.yaml': 'extends: b.yaml\nname: a\ns3: 5\n',
      'b.yaml': 's3: { address: "a:b" }\n',
    };
    expect(report(files)).toContain('milvus.yaml:3:5: s3: given 5');
  });

  test('a base that is a cluster as well has its problems once', () => {
    const files = {
      'base.yaml': `${cluster('base')}mode: both\n`,
      'one.yaml': 'extends: base.yaml\nname: one\n',
    };
    expect(report(files, { config: 'base.yaml,one.yaml' }).match(/mode: given/g)).toHaveLength(1);
  });
});

describe('${env:NAME}', () => {
  const with3 = (value: string) => ({ 'milvus.yaml': cluster('a', `namespace: ${value}\n`) });
  const namespace = (value: string, env: Record<string, string>) => {
    write(with3(value));
    return load({ env })[0]?.settings.namespace;
  };

  test.each([
    ['"${env:X}"', { X: 'from-env' }, 'from-env'],
    ['${env:X}', { X: 'from-env' }, 'from-env'],
    ['a-${env:X}-${env:_Y2}', { X: '1', _Y2: '2' }, 'a-1-2'],
    ['"${env:X:-other}"', {}, 'other'],
    ['"${env:X:-other}"', { X: '' }, 'other'],
    ['"${env:X:-other}"', { X: 'own' }, 'own'],
    ['"a${env:X:-}"', {}, 'a'],
    ['"${env:X:-a:-b}"', { X: 'own' }, 'own'],
  ])('%s with %j', (value, env, expected) => {
    expect(namespace(value, env as Record<string, string>)).toBe(expected);
  });

  test('a value is not looked into again', () => {
    write(with3('"${env:X}"'));
    expect(report({}, { env: { X: '${env:Y}', Y: 'y' } })).toContain(
      'namespace: given ${env:X}; expected a name',
    );
  });

  test('numbers and booleans where they belong, texts where those belong', () => {
    write({
      'milvus.yaml': cluster(
        'a',
        [
          '  port: ${env:PORT}',
          '  createBucket: "${env:YES}"',
          'labels: {a: "${env:PORT}", b: "${env:YES}"}',
          'readonly: {resources: {limits: {cpu: "${env:CPU}"}}, podTemplate: {spec: {tolerations: [{effect: NoExecute, key: "${env:PORT}", tolerationSeconds: "${env:PORT}"}], shareProcessNamespace: "${env:YES}"}}}',
          'milvus: {cache: {cpuCacheThreshold: "${env:SHARE}"}}',
          '',
        ].join('\n'),
      ),
    });
    const [loaded] = load({ env: { PORT: '8080', YES: 'true', CPU: '2', SHARE: '0.5' } });
    // What was configured, and no defaults.
    expect(loaded?.config.s3).toEqual({
      address: '192.168.18.13',
      bucket: 'a-bucket',
      port: 8080,
      createBucket: true,
    });
    expect(loaded?.settings).toMatchObject({
      s3: { port: 8080, createBucket: true },
      labels: { a: '8080', b: 'true' },
      readonly: {
        resources: { limits: { cpu: '2' } },
        cache: { cpuCacheThreshold: 0.5 },
      },
    });
    const patch = {
      spec: {
        tolerations: [{ effect: 'NoExecute', key: '8080', tolerationSeconds: 8080 }],
        shareProcessNamespace: true,
      },
    };
    expect(loaded?.config.readonly?.podTemplate).toEqual(patch);
    expect(loaded?.settings.podTemplates.readonly).toEqual([{ path: 'readonly.podTemplate', patch }]);
  });

  test.each([
    ['no number', 'abc'],
    ['no whole number', '80.5'],
    ['out of range', '70000'],
    ['a number in another notation', '0x50'],
    ['with a space', '80 '],
  ])('a port: %s', (_, PORT) => {
    const found = report({ 'milvus.yaml': cluster('a', '  port: ${env:PORT}\n') }, { env: { PORT } });
    expect(found).toBe(
      'milvus.yaml: 1 problem\n  - milvus.yaml:5:9: s3.port: given ${env:PORT}; expected a port number from 1 to 65534',
    );
  });

  test('an unset one is one problem, though the value has no good form either', () => {
    expect(report(with3('${env:NOPE}'))).toBe(
      'milvus.yaml: 1 problem\n' +
        '  - milvus.yaml:5:12: namespace: given ${env:NOPE}; expected the environment variable NOPE to be set\n' +
        '    Set it, or give a default: ${env:NOPE:-default}.',
    );
    expect(report({ 'milvus.yaml': cluster('a', '  port: ${env:NOPE}\n') })).toContain(
      'milvus.yaml: 1 problem',
    );
  });

  test('an empty one is set', () => {
    expect(report(with3('"${env:X}"'), { env: { X: '' } })).toContain(
      'namespace: given ${env:X}; expected a name',
    );
  });

  test.each([
    ['no name', '${env:}', '${env:}'],
    ['a name with a hyphen', '${env:MY-CANARY}', '${env:MY...}'],
    ['a name with a digit first', '${env:1X:-CANARY}', '${env:1X:-...}'],
    ['a default as in a shell without a colon', '${env:X-CANARY}', '${env:X...}'],
    ['no end', '${env:X and CANARY', '${env:X...'],
  ])('a malformed one: %s', (_, value, shown) => {
    const found = report({ 'milvus.yaml': cluster('a', `annotations: {a: "${value}"}\n`) });
    expect(found).toBe(
      `milvus.yaml: 1 problem\n  - milvus.yaml:5:18: annotations.a: given ${shown}; expected \${env:NAME} or \${env:NAME:-default}`,
    );
  });

  test('in lists, and in what comes from a base', () => {
    write({
      'base.yaml':
        's3: {address: "${env:HOST}", bucket: bbb}\nservice: {externalIPs: ["${env:A}", 192.0.2.2]}\n',
      'milvus.yaml': 'extends: base.yaml\nname: a\n',
    });
    expect(load({ env: { HOST: 's3.example.com', A: '192.0.2.1' } })[0]?.settings).toMatchObject({
      s3: { address: 's3.example.com' },
      service: { externalIPs: ['192.0.2.1', '192.0.2.2'] },
    });
  });

  test('neither values, nor defaults, nor what stands around them is shown', () => {
    const inline = [
      'mysql: {credentials: {inline: {rootPassword: "CANARY ${env:PW}", password: "${env:NOPE:-CANARY 2}"}}}',
      'annotations: {a: "CANARY ${env:UNSET} CANARY"}',
      'namespace: "https://user:CANARY@${env:PW}"',
      'mysqlWaitSeconds: "${env:PW:-CANARY}"',
      '',
    ];
    const found = report({ 'milvus.yaml': cluster('a', inline.join('\n')) }, { env: { PW: 'CANARY:pw' } });
    expect(found).toContain('milvus.yaml: 5 problems');
    expect(found).toContain('mysql.credentials.inline.password: given ${env:NOPE:-...}; expected a password');
    expect(found).toContain('namespace: given ${env:PW}; expected a name');
    expect(found).not.toContain('CANARY');
  });
});

describe('clusters beside each other', () => {
  const documents = (...texts: string[]) => ({ 'milvus.yaml': texts.join('---\n') });
  const b = (more: string) => cluster('b', more);

  test('unlike ones are fine', () => {
    expect(names(documents(cluster('a'), b(''), cluster('c', 'namespace: n\n')))).toEqual(['a', 'b', 'c']);
  });

  test('one name in two namespaces is fine', () => {
    const other = 'name: a\nnamespace: two\ns3: {address: h, bucket: other}\n';
    expect(names(documents(cluster('a', 'namespace: one\n'), other))).toEqual(['a', 'a']);
  });

  test('one bucket with two paths, or at two endpoints, is fine', () => {
    const s3 = (address: string) => `s3: {address: ${address}, bucket: a-bucket}\n`;
    expect(
      names(
        documents(
          cluster('a'),
          `name: b\n${s3('192.168.18.13')}storage: {path: /data/b}\n`,
          `name: c\n${s3('192.168.18.14')}`,
        ),
      ),
    ).toHaveLength(3);
  });

  test.each([
    [
      'a name',
      [cluster('a'), 'name: a\ns3: {address: h, bucket: other}\n'],
      'milvus.yaml, document 2 (a): 1 problem\n  - milvus.yaml:6:7: name: given name a, as in milvus.yaml, document 1 (a); expected a name that no other cluster in the namespace has',
    ],
    [
      'a name in a namespace',
      [cluster('a', 'namespace: n\n'), 'name: a\nnamespace: n\ns3: {address: h, bucket: other}\n'],
      'name: given name a in namespace n, as in milvus.yaml, document 1 (a)',
    ],
    [
      'the name of an object of the other',
      [cluster('a'), cluster('a-mysql')],
      'name: given name a-mysql, as in milvus.yaml, document 1 (a); expected a name that no other cluster in the namespace has, nor one of its objects',
    ],
    [
      'the name of an object of the other, whatever the order',
      [cluster('a-readonly'), cluster('a')],
      'name: given name a-readonly, as in milvus.yaml, document 1 (a-readonly)',
    ],
    [
      'a bucket and a path',
      [cluster('a'), 'name: b\ns3: {address: 192.168.18.13, bucket: a-bucket}\n'],
      's3.bucket: given bucket a-bucket at 192.168.18.13:80, path /var/lib/milvus/data, as in milvus.yaml, document 1 (a); expected a bucket, or a storage.path in it, of its own\n    Clusters that share both delete each other',
    ],
    [
      'an external database',
      [cluster('a', 'externalMysql: {host: db}\n'), b('externalMysql: {host: db}\n')],
      'externalMysql.database: given database milvus at db:3306, as in milvus.yaml, document 1 (a); expected a database of its own',
    ],
    [
      'a claim of the WAL',
      [
        cluster('a', 'wal: {persistence: {existingClaim: c}}\n'),
        b('wal: {persistence: {existingClaim: c}}\n'),
      ],
      'wal.persistence.existingClaim: given claim c in namespace (unset), as in milvus.yaml, document 1 (a); expected a claim of its own',
    ],
    [
      "a claim of the WAL and MySQL's",
      [
        cluster('a', 'mysql: {persistence: {existingClaim: c}}\n'),
        b('wal: {persistence: {existingClaim: c}}\n'),
      ],
      'wal.persistence.existingClaim: given claim c in namespace (unset)',
    ],
    [
      'an instance',
      [cluster('a', 'instance: release\n'), b('instance: release\n')],
      'milvus.yaml, document 2 (b): 1 problem\n  - milvus.yaml:11:11: instance: given instance release of milvus, as in milvus.yaml, document 1 (a); expected an instance of its own: the labels that select its pods are made of it',
    ],
    [
      'an instance that is the name of the other',
      [cluster('a'), b('instance: a\n')],
      'instance: given instance a of milvus, as in milvus.yaml, document 1 (a)',
    ],
    [
      'an instance in a namespace',
      [cluster('a', 'namespace: n\ninstance: r\n'), b('namespace: n\ninstance: r\n')],
      'instance: given instance r of milvus in namespace n,',
    ],
    [
      'the name of MySQL',
      [cluster('a', 'mysql: {name: metadata}\n'), b('mysql: {name: metadata}\n')],
      'name: given name metadata, as in milvus.yaml, document 1 (a)',
    ],
    [
      'the name of MySQL and that of a cluster',
      [cluster('a', 'mysql: {name: b}\n'), b('')],
      'name: given name b, as in milvus.yaml, document 1 (a)',
    ],
    [
      'a volume of the vectors',
      ['a', 'b'].map((name) => standalone(name, 'storage: {persistence: {existingClaim: c}}\n')),
      'storage.persistence.existingClaim: given claim c in namespace (unset), as in milvus.yaml, document 1 (a)',
    ],
    [
      'a volume of the vectors, of a cluster',
      ['a', 'b'].map((name) => `name: ${name}\nstorage: {persistence: {enabled: true, existingClaim: c}}\n`),
      'storage.persistence.existingClaim: given claim c in namespace (unset)',
    ],
    [
      'a volume of the logs',
      [cluster('a', KEPT_LOGS), b(KEPT_LOGS)],
      'milvus.logs.persistence.existingClaim: given claim c in namespace (unset)',
    ],
    [
      'an external database, of standalone servers',
      ['a', 'b'].map((name) => standalone(name, 'externalMysql: {host: db}\n')),
      'externalMysql.database: given database milvus at db:3306',
    ],
  ])('shared: %s', (_, texts, message) => {
    expect(report(documents(...texts))).toContain(message);
  });

  test('two external databases on a server, and equal claims in two namespaces, are fine', () => {
    const claim = (namespace: string) => `namespace: ${namespace}\nwal: {persistence: {existingClaim: c}}\n`;
    expect(names(documents(cluster('a', claim('one')), b(claim('two'))))).toHaveLength(2);
    expect(
      names(
        documents(
          cluster('a', 'externalMysql: {host: db}\n'),
          b('externalMysql: {host: db, database: other}\n'),
        ),
      ),
    ).toHaveLength(2);
  });

  test('clusters without S3, SQLite, and one instance in two namespaces or of two applications, are fine', () => {
    const sqlite = (name: string) => standalone(name, 'mysql: {enabled: false}\n');
    expect(names(documents(standalone('a', ''), sqlite('b'), sqlite('c')))).toHaveLength(3);
    for (const [one, other] of [
      ['namespace: n\n', 'namespace: m\n'],
      ['appName: milvus-a\n', 'appName: milvus-b\n'],
    ] as const) {
      const texts = [cluster('a', `instance: r\n${one}`), b(`instance: r\n${other}`)];
      expect(names(documents(...texts))).toHaveLength(2);
    }
  });

  test('everything that two of three share', () => {
    const found = report(documents(cluster('a'), cluster('a'), cluster('a')));
    expect(found).toContain('document 2 (a): 2 problems');
    expect(found).toContain('document 3 (a): 2 problems');
  });
});
