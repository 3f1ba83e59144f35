import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { requires } from '../support/requires';
import { ASSETS, type Result, run, shells, shim } from './run';

const SCRIPT = path.join(ASSETS, 'render-config.sh');

const TEMPLATE = `# As the ConfigMap has it.
meta_uri: "mysql://milvus:@MYSQL_PASSWORD@@milvus-test-mysql:3306/milvus"
s3_access_key: "@S3_ACCESS_KEY@"
s3_secret_key: "@S3_SECRET_KEY@"
twice: "@S3_ACCESS_KEY@@S3_SECRET_KEY@"
other: "@S3_SECRET@ \\\\ & $1"
`;

const NASTY = [
  'plain',
  '"',
  "'",
  '\\',
  '\\\\',
  '\\"',
  '\\n',
  'ends in a backslash\\',
  '$',
  '$(x)',
  '$' + '{MYSQL_PASSWORD}',
  '`x`',
  '#',
  'a #b',
  'a: b',
  '- a',
  '&',
  '\\&',
  '\\\\&',
  '&&\\0\\1',
  '%s%d%',
  '~',
  'null',
  '0',
  '1e3',
  '0x10',
  ' leading',
  'trailing ',
  '  ',
  '\t',
  'a\tb',
  'a\nb',
  '\n',
  'a\n',
  'a\r\nb\r',
  '\u0001\u0002\u0007\b\u000b\f\u000e\u001b\u001f',
  '\u007f',
  '\u0080\u0085\u009f',
  '\u00a0é',
  '\u2028\u2029',
  '\ufeff',
  'a\ufeffb',
  '\ufffd\ufffe\uffff',
  '日本語',
  '😀👩‍💻\u{10ffff}',
  '@MYSQL_PASSWORD@',
  '@S3_ACCESS_KEY@@S3_SECRET_KEY@',
  '@S3_SECRET_KEY',
  'MYSQL_PASSWORD@@',
  '@',
  '/+=?*[]{}|<>,;!()',
  'x'.repeat(4096),
  '\\"\u0085é'.repeat(800),
];

/** A few hundred values from the characters most likely to go wrong; the same ones in every run. */
function randomValues(count: number): string[] {
  const alphabet = [
    ...'ab0 \\\\""\'&@#:$`%{}[]/\n\t\r\u0001\u007f\u0085\u2028\ufeffé日😀',
    '@S3_SECRET_KEY@',
  ];
  let state = 20_240_229;
  const next = (limit: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + next(24) }, () => alphabet[next(alphabet.length)]).join(''),
  );
}

const folder = mkdtempSync(path.join(tmpdir(), 'render-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const template = path.join(folder, 'template.yaml');
writeFileSync(template, TEMPLATE);

const AWKS = [['mawk'], ['gawk'], ['gawk', '--posix'], ['busybox', 'awk'], ['original-awk']]
  .filter(([command = '']) => requires(command))
  .map((command) => ({
    awk: command.join(' '),
    PATH: `${shim(path.join(folder, command.join('')), 'awk', `exec ${command.join(' ')} "$@"`)}:/usr/bin:/bin`,
  }));
const SHELLS = shells();

let runs = 0;
async function render(env: Record<string, string>, shell = ['sh']): Promise<Result & { output: string }> {
  const output = path.join(folder, `output-${runs++}.yaml`);
  const result = await run([...shell, SCRIPT, template, output], { PATH: '/usr/bin:/bin', ...env });
  return { ...result, output };
}

/** Only the S3 keys may be anything at all. */
const forMysql = (value: string) => value.replace(/[:\n\r]/g, '_');

async function expectFaithful(
  env: Record<string, string>,
  values: string[],
  shell?: string[],
): Promise<void> {
  const [first = 'a', second = 'b', third = 'c'] = values;
  const password = forMysql(third);
  const credentials = { S3_ACCESS_KEY: first, S3_SECRET_KEY: second, MYSQL_PASSWORD: password };
  const { code, stdout, stderr, output } = await render({ ...env, ...credentials }, shell);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `rendered ${output}\n` });
  expect(stderr.replace(/^render-config: warning: S3_\w+ ends in a line break.*\n/gm, '')).toBe('');
  const text = readFileSync(output, 'utf8');
  // This parser is lenient where the server's may not be: what YAML 1.1 does not print has to be an escape.
  expect(text).not.toMatch(
    /[^\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u,
  );
  for (const version of ['1.1', '1.2'] as const) {
    expect(parse(text, { version })).toEqual({
      meta_uri: `mysql://milvus:${password}@milvus-test-mysql:3306/milvus`,
      s3_access_key: first,
      s3_secret_key: second,
      twice: first + second,
      other: '@S3_SECRET@ \\ & $1',
    });
  }
}

async function expectAllFaithful(PATH: string, values: string[]): Promise<void> {
  const threes = Array.from({ length: Math.ceil(values.length / 3) }, (_, i) =>
    values.slice(i * 3, i * 3 + 3),
  );
  // Four at a time: most of the time goes into starting processes.
  await Promise.all(
    [0, 1, 2, 3].map(async (lane) => {
      for (const three of threes.filter((_, i) => i % 4 === lane)) {
        await expectFaithful({ PATH }, three);
      }
    }),
  );
}

test('there is more than one awk and more than one shell to test with', () => {
  expect(AWKS.length).toBeGreaterThan(1);
  expect(SHELLS.length).toBeGreaterThan(1);
});

describe.each(AWKS)('with $awk', ({ PATH }) => {
  test('renders nasty credentials byte for byte', () => expectAllFaithful(PATH, NASTY));

  test('renders random credentials byte for byte', () => expectAllFaithful(PATH, randomValues(240)));

  test.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('works in %s', async (_, shell) => {
    await expectFaithful(
      { PATH },
      ['\\"&\n\t\u0085😀', NASTY.slice(0, 40).join(''), '@S3_SECRET_KEY@\\&"$(x)'],
      shell,
    );
  });

  test('names every problem, and no value', async () => {
    const { code, stdout, stderr, output } = await render(
      { PATH, MYSQL_PASSWORD: 'hunter2:x\n', S3_SECRET_KEY: '' },
      // An environment variable that is not UTF-8 can be made by a shell only.
      [
        'sh',
        '-c',
        'S3_ACCESS_KEY=$(printf "hunter2\\355\\240\\200"); export S3_ACCESS_KEY; exec sh "$@"',
        'sh',
      ],
    );
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/MYSQL_PASSWORD contains a ":".*choose a password without it$/),
      expect.stringMatching(/MYSQL_PASSWORD contains a line break.*echo instead of printf$/),
      expect.stringMatching(/S3_ACCESS_KEY is not valid UTF-8/),
      expect.stringMatching(/S3_SECRET_KEY is not set or empty/),
      '',
    ]);
    expect(stderr).not.toContain('hunter2');
    expect(existsSync(output)).toBe(false);
  });

  test.each([
    '\\377',
    '\\200',
    '\\303',
    '\\300\\200',
    '\\340\\200\\200',
    '\\360\\200\\200\\200',
    '\\364\\220\\200\\200',
    'a\\342\\200',
  ])('refuses the invalid UTF-8 %s', async (bytes) => {
    const { code, stderr } = await render({ PATH, MYSQL_PASSWORD: 'x', S3_SECRET_KEY: 'x' }, [
      'sh',
      '-c',
      `S3_ACCESS_KEY=$(printf 'a${bytes}'); export S3_ACCESS_KEY; exec sh "$@"`,
      'sh',
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^render-config: S3_ACCESS_KEY is not valid UTF-8.*\n$/);
  });
});

const credentials = { MYSQL_PASSWORD: 'x', S3_ACCESS_KEY: 'x', S3_SECRET_KEY: 'x' };

test('only its user can read the result', async () => {
  const { output } = await render(credentials);
  expect(statSync(output).mode & 0o777).toBe(0o600);
});

test('warns of an S3 key that ends in a line break, and uses it as it is', async () => {
  const { code, stderr } = await render({ ...credentials, S3_ACCESS_KEY: 'x\n' });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^render-config: warning: S3_ACCESS_KEY ends in a line break.*printf\n$/);
});

test('needs only the credentials that the template mentions', async () => {
  const standalone = path.join(folder, 'sqlite.yaml');
  const output = path.join(folder, 'sqlite-output.yaml');
  writeFileSync(standalone, 'meta_uri: sqlite://:@:/\n');
  expect(await run(['sh', SCRIPT, standalone, output], { PATH: '/usr/bin:/bin' })).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(readFileSync(output, 'utf8')).toBe('meta_uri: sqlite://:@:/\n');
});

test('leaves an earlier result alone, and no temporary file, when it fails', async () => {
  const place = mkdtempSync(path.join(folder, 'kept-'));
  const output = path.join(place, 'server_config.yaml');
  writeFileSync(output, 'earlier');
  expect(await run(['sh', SCRIPT, template, output], { PATH: '/usr/bin:/bin' })).toMatchObject({ code: 1 });
  expect(readFileSync(output, 'utf8')).toBe('earlier');
  expect(readdirSync(place)).toEqual(['server_config.yaml']);
});

test.each([[[]], [['template']], [['/nope.yaml', '/tmp/x']]])('fails with arguments %j', async (args) => {
  const { code, stderr } = await run(['sh', SCRIPT, ...args], { PATH: '/usr/bin:/bin' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^render-config: .+\n$/);
});
