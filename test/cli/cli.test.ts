import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { main } from '../../lib/cli';
import { GENERATED } from '../../lib/output/files';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'cli-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'milvus.yaml'), 'name: milvus\ns3: {address: rgw, bucket: vectors}\n');
writeFileSync(join(directory, 'bad.yaml'), 'name: milvus\ns3: {adress: rgw, bucket: vectors}\n');

const run = (...args: string[]) => runWith({}, ...args);

function runWith(env: Readonly<Record<string, string>>, ...args: string[]) {
  let stdout = '';
  let stderr = '';
  const code = main(args, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text), isTTY: false },
    cwd: directory,
    env,
  });
  return { code, stdout, stderr };
}

test('synth writes the manifests, and tells what comes next', () => {
  const { code, stdout, stderr } = run('synth');
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('kubectl apply -f dist');
  expect(readdirSync(join(directory, 'dist')).sort()).toEqual([
    'Kustomization',
    'jobs',
    'milvus-scripts.k8s.yaml',
    'milvus.k8s.yaml',
  ]);
  expect(run('synth', '-c', 'milvus.yaml', '--outdir=other', '-q')).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  expect(readFileSync(join(directory, 'other/milvus.k8s.yaml'))).toEqual(
    readFileSync(join(directory, 'dist/milvus.k8s.yaml')),
  );
});

test('synth warns of what works but is to be known: once, however many clusters have it', () => {
  const pods = 'podTemplate: {spec: {hostNetwork: true}}\n';
  for (const name of ['one', 'two', 'three']) {
    writeFileSync(
      join(directory, `${name}.yaml`),
      `name: ${name}\ns3: {address: rgw, bucket: ${name}-vectors}\n${pods}`,
    );
  }
  const files = ['one', 'two', 'three'].map((name) => `${name}.yaml`).join();
  expect(run('synth', '-q', '-c', files, '-o', 'warned')).toEqual({
    code: 0,
    stdout: '',
    stderr:
      'Warning: one.yaml and 2 more: podTemplate.spec.hostNetwork: hostNetwork is that of the node; a namespace with Pod Security "restricted" refuses the pods\n',
  });
});

test('a configuration that can not be used: 1, and nothing is written', () => {
  const { code, stdout, stderr } = run('synth', '--config', 'bad.yaml', '-o', 'none');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('did you mean "address"?');
  expect(stderr).toContain('Nothing was written.');
  expect(readdirSync(directory)).not.toContain('none');
  for (const name of ['images', 'check']) {
    const other = run(name, '-c', 'bad.yaml');
    expect(other).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('"address"?') });
    expect(other.stderr).not.toContain('Nothing was written.');
  }
});

describe('what is wrong, for programs', () => {
  const problem = {
    source: 'bad.yaml',
    file: 'bad.yaml',
    line: 2,
    column: 14,
    path: 's3.adress',
    given: 'an unknown key',
    expected: 'a known one; did you mean "address"?',
  };

  test.each(['synth', 'check', 'images'])('--format json: %s', (name) => {
    for (const format of [['--format', 'json'], ['--format=json']]) {
      const { code, stdout, stderr } = run(
        name,
        '-c',
        'bad.yaml',
        ...(name === 'images' ? [] : ['-o', 'none']),
        ...format,
      );
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      const { problems } = JSON.parse(stdout) as { problems: (typeof problem & { message: string })[] };
      expect(problems).toContainEqual(expect.objectContaining(problem));
      expect(problems.find(({ path }) => path === 's3.adress')?.message).toBe(
        's3.adress: given an unknown key; expected a known one; did you mean "address"?',
      );
    }
    expect(run(name, '--format', 'xml')).toMatchObject({ code: 2, stdout: '' });
  });

  test('--format json of images has those of the table', () => {
    const { code, stdout } = run('images', '--format', 'json');
    const { problems, images } = JSON.parse(stdout) as {
      problems: unknown[];
      images: { source: string; image: string; option: string; pinned: boolean }[];
    };
    expect({ code, problems }).toEqual({ code: 0, problems: [] });
    const lines = images.map(({ source, image, option, pinned }) =>
      [source, image, option, pinned ? 'by digest' : 'by tag'].join('\t'),
    );
    expect(`${lines.join('\n')}\n`).toBe(run('images').stdout);
  });

  test('--format json and annotations of from-helm', () => {
    writeFileSync(join(directory, 'values.yaml'), 'mysql: {enabled: false}\nreadonly:\n  replicas: many\n');
    const args = ['r', 'milvus/milvus', '-f', 'values.yaml'];
    const json = runWith(
      { GITHUB_ACTIONS: 'true' },
      'from-helm',
      ...args,
      '--format',
      'json',
      '--write',
      'w',
    );
    expect({ ...json, stdout: JSON.parse(json.stdout) }).toEqual({
      code: 1,
      stdout: {
        problems: [
          expect.objectContaining({ file: 'values.yaml', line: 3, column: 13, path: 'readonly.replicas' }),
        ],
      },
      stderr: expect.stringMatching(
        /^::error file=values\.yaml,line=3,col=13,title=\S.*readonly\.replicas.*\n$/,
      ),
    });
    writeFileSync(join(directory, 'values.yaml'), 'mysql: {enabled: false}\n');
    expect(run('from-helm', ...args, '--format=json', '--write=w').stdout).toBe('{\n  "problems": []\n}\n');
    expect(run('from-helm', ...args, '--format=json')).toMatchObject({ code: 2, stdout: '' });
  });

  test('--format json says that nothing is wrong, too, and which manifests are stale', () => {
    expect(run('synth', '-q', '-o', 'json', '--format', 'json')).toEqual({
      code: 0,
      stdout: '{\n  "problems": []\n}\n',
      stderr: '',
    });
    expect(run('check', '-o', 'json', '--format', 'json')).toMatchObject({ code: 0, stderr: '' });
    rmSync(join(directory, 'json/Kustomization'));
    const { code, stdout } = run('check', '-o', 'json', '--format', 'json');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      { problems: [{ file: 'json/Kustomization', given: 'a file that is missing' }] },
    ]);
  });

  test('annotations in GitHub Actions, at files as the repository has them', () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: join(directory, '..') };
    for (const name of ['synth', 'check', 'images']) {
      const { code, stdout, stderr } = runWith(env, name, '-c', 'bad.yaml');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(
        `\n::error file=${basename(directory)}/bad.yaml,line=2,col=14,title=bad.yaml::s3.adress: given an unknown key; expected a known one; did you mean "address"?\n`,
      );
    }
    expect(run('check', '-c', 'bad.yaml').stderr).not.toContain('::error');
  });

  test('annotations have a line each, whatever is in a message', () => {
    writeFileSync(join(directory, 'odd,50%.yaml'), 'name: "5%"\ns3: {address: "a:b", bucket: vectors}\n');
    const { stderr } = runWith({ GITHUB_ACTIONS: 'true' }, 'synth', '-c', 'odd*.yaml');
    const lines = stderr.split('\n').filter((line) => line.startsWith('::error'));
    expect(lines).toEqual([
      expect.stringMatching(
        /^::error file=odd%2C50%25\.yaml,line=1,col=7,title=odd%2C50%25\.yaml::name: given "5%25".*%0A/,
      ),
      expect.stringMatching(/^::error file=odd%2C50%25\.yaml,line=2,col=15,.*s3\.address: given "a:b".*%0A/),
    ]);
  });
});

test.each<[config: string, code: number, words: string]>([
  ['', 2, "option '--config' has an empty value"],
  [',', 1, 'given no file (",")'],
])('-c %j names nothing, and the manifests stay where they are', (config, code, words) => {
  run('synth', '-q', '-o', 'kept');
  for (const name of ['synth', 'check']) {
    expect(run(name, '-c', config, '-o', 'kept')).toMatchObject({
      code,
      stderr: expect.stringContaining(words),
    });
  }
  expect(readdirSync(join(directory, 'kept'))).toContain('milvus.k8s.yaml');
});

test('-c as often as there are files; none of them may be empty', () => {
  writeFileSync(join(directory, 'b.yaml'), 'name: b\ns3: {address: rgw, bucket: b-vectors}\n');
  expect(run('synth', '-q', '-c', 'milvus.yaml', '-c', 'b.yaml', '-o', 'both').code).toBe(0);
  expect(readdirSync(join(directory, 'both')).sort()).toEqual(['Kustomization', 'b', 'milvus']);
  expect(run('check', '-c', 'milvus.yaml,b.yaml', '-o', 'both').code).toBe(0);
  expect(run('synth', '-c', 'milvus.yaml', '-c', '', '-o', 'both').code).toBe(2);
});

test('CDK8S_OUTDIR is where the manifests are, unless -o says otherwise', () => {
  const env = { CDK8S_OUTDIR: 'from-env' };
  expect(runWith(env, 'synth', '-q').code).toBe(0);
  expect(readdirSync(join(directory, 'from-env'))).toContain('milvus.k8s.yaml');
  expect(runWith(env, 'check')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(runWith(env, 'check', '-o', 'nowhere').stderr).toContain('nowhere/milvus.k8s.yaml: missing');
});

test.each<[args: readonly string[], words: string]>([
  [['sinth'], 'cdk8s-milvus: there is no command "sinth"; did you mean "synth"?\nSee cdk8s-milvus --help'],
  [['constructor'], 'there is no command "constructor"'],
  [['synth', '--output', 'x'], "unknown option '--output'\nSee cdk8s-milvus synth --help"],
  [['synth', '-c'], "option '-c, --config <value>' argument missing"],
  [
    ['synth', 'Milvus.yaml'],
    "unexpected argument 'Milvus.yaml'; a configuration goes behind -c: -c Milvus.yaml\nSee",
  ],
  [['synth', 'Milvus'], "unexpected argument 'Milvus'\nSee"],
  [['synth', '--wach'], "unknown option '--wach'; did you mean '--watch'?\nSee"],
  [['synth', '-o', ''], "option '--outdir' has an empty value"],
  [['help', 'sinth'], 'did you mean "synth"?'],
])('wrong arguments %j: 2', (args, words) => {
  const { code, stdout, stderr } = run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});

test('an option that npm kept for itself is not passed over', () => {
  const npm = { npm_lifecycle_event: 'synth', npm_config_watch: 'true' };
  expect(runWith(npm, 'synth')).toEqual({
    code: 2,
    stdout: '',
    stderr: `cdk8s-milvus: npm kept '--watch' for itself: put options behind "--", as in the help\nSee npm run synth -- --help\n`,
  });
  // What a person may have in .npmrc, and what another script of npm was given.
  expect(runWith({ npm_lifecycle_event: 'images', npm_config_all: 'true' }, 'images').code).toBe(0);
  expect(runWith({ ...npm, npm_lifecycle_event: 'other' }, 'synth', '-q').code).toBe(0);
});

test('help, of all and of one; without anything it is an error', () => {
  const { stdout } = run('--help');
  for (const name of ['synth', 'check', 'diff', 'job', 'images', 'from-helm']) {
    expect(stdout).toContain(`cdk8s-milvus ${name} `);
    const help = run(name, '--help');
    expect(help).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining(`\n  cdk8s-milvus ${name} `),
    });
    expect(run('help', name)).toEqual(help);
    expect(run('-h', name)).toEqual(help);
    // As npm runs it.
    expect(runWith({ npm_lifecycle_event: name }, name, '-h').stdout).toContain(`\n  npm run ${name} -- `);
  }
  expect(run()).toMatchObject({ code: 2, stdout });
});

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('images and from-helm are those of the npm scripts', () => {
  expect(run('images').stdout.split('\n')[0]).toContain('\timages.milvus\t');
  expect(run('images', '--all').stdout.trim().split('\n')).toHaveLength(10);
  writeFileSync(join(directory, 'values.yaml'), 'mysql: {enabled: false}\n');
  expect(
    run('from-helm', 'milvus', 'milvus/milvus', '--version', '1.1.6', '-f', 'values.yaml'),
  ).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('mode: standalone'),
  });
  expect(run('from-helm', 'milvus').code).toBe(2);
});

describe('from-helm --write', () => {
  const milvus = ['from-helm', 'milvus', 'milvus/milvus', '--version', '1.1.6'];
  const target = join(directory, 'written.yaml');
  beforeEach(() => writeFileSync(target, 'before'));

  test.each([[['--write', 'written.yaml']], [['--write=written.yaml']]])('%j', (write) => {
    const { code, stdout } = run(...milvus, ...write, '--set', 'mysql.enabled=false');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(readFileSync(target, 'utf8')).toBe(run(...milvus, '--set', 'mysql.enabled=false').stdout);
    expect(readdirSync(directory).filter((name) => name.startsWith('written'))).toEqual(['written.yaml']);
  });

  test('a link stays one, with the permissions of its file, and a device what it is', () => {
    const real = join(directory, 'real.yaml');
    writeFileSync(real, 'before', { mode: 0o600 });
    symlinkSync('real.yaml', join(directory, 'link.yaml'));
    run(...milvus, '--write', 'link.yaml', '--set', 'mysql.enabled=false');
    expect(readlinkSync(join(directory, 'link.yaml'))).toBe('real.yaml');
    expect(readFileSync(real, 'utf8')).toContain('name: ');
    expect(statSync(real).mode & 0o777).toBe(0o600);
    run(...milvus, '--write', '/dev/null', '--set', 'mysql.enabled=false');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test.each<[args: readonly string[], code: number, words: string]>([
    [['--write', 'written.yaml', '--set', 'nonsense=1'], 1, 'nonsense'],
    [['--write', 'written.yaml', '--nonsense'], 2, '--nonsense'],
    [['--write'], 2, '--write needs the name of a file'],
    [['--write', '--adopt'], 2, '--write needs the name of a file'],
    [['--write', 'none/written.yaml', '--set', 'mysql.enabled=false'], 1, 'can not be written (ENOENT'],
  ])('%j fails, and the file is as it was', (args, code, words) => {
    expect(run(...milvus, ...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(words),
    });
    expect(readFileSync(target, 'utf8')).toBe('before');
  });
});

describe('output that goes nowhere', () => {
  const shell = (command: string) => {
    const bin = `${process.execPath} ${join(ROOT, 'scripts/bundled.js')} cli`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command.replace('BIN', bin)], {
      cwd: ROOT,
      encoding: 'utf8',
      env: {
        ...process.env,
        MILVUS_CONFIG: join(directory, 'milvus.yaml'),
        CDK8S_OUTDIR: join(directory, 'piped'),
      },
    });
    return { stdout, stderr };
  };

  test.each([
    ['stdout', 'BIN images | true; echo "$PIPESTATUS"'],
    ['stderr', 'BIN synth 2>&1 | true; echo "$PIPESTATUS"'],
  ])('nobody reads %s any more: no failure', (_, command) => {
    expect(shell(command)).toEqual({ stdout: '0\n', stderr: '' });
  });

  test('a full disk: a failure in one line', () => {
    expect(shell('BIN images > /dev/full; echo $?')).toEqual({
      stdout: '1\n',
      stderr: 'The output can not be written: ENOSPC: no space left on device, write\n',
    });
  });
});

describe('check', () => {
  const check = () => run('check', '-c', 'milvus.yaml', '-o', 'committed');
  beforeAll(() => {
    run('synth', '-q', '-o', 'committed');
  });

  test('manifests of the configuration are fine', () => {
    expect(check()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('what differs, is missing or left over is named, and left alone; other files are not looked at', () => {
    const file = (name: string) => join(directory, 'committed', name);
    writeFileSync(file('milvus.k8s.yaml'), 'changed');
    writeFileSync(file('namespace.yaml'), 'kind: Namespace\n');
    writeFileSync(file('other.k8s.yaml'), GENERATED);
    rmSync(file('Kustomization'));
    expect(check()).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'committed/Kustomization: missing\ncommitted/milvus.k8s.yaml: differs\ncommitted/other.k8s.yaml: left over\nSynthesize, and commit what changes.\nWhat is left over is removed by synth with --prune.\n',
    });
    expect(readFileSync(file('milvus.k8s.yaml'), 'utf8')).toBe('changed');
    expect(run('check', '-o', 'nowhere').stderr).toContain('nowhere/milvus.k8s.yaml: missing');
    expect(run('check', '-c', 'bad.yaml').code).toBe(1);
  });

  test('a file instead of a directory', () => {
    expect(run('check', '-o', 'milvus.yaml')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^\S*milvus\.yaml: can not be read \(ENOTDIR: .*\)\n$/),
    });
  });
});
