import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { main } from '../../lib/cli';
import type { CommandContext } from '../../lib/cli/command';
import { parse } from '../support/manifests';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'earlier runs-'));
  mkdirSync(join(directory, 'clusters'));
  for (const name of ['books', 'music', 'films']) configure(name);
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (...names: string[]) => join(directory, ...names);

function configure(name: string, more = ''): void {
  writeFileSync(
    file('clusters', `${name}.yaml`),
    `name: ${name}\ns3: {address: 10.0.0.1, bucket: ${name}}\n${more}`,
  );
}

/** The command as a person types it; with its exit code and what it wrote. */
function run(...args: string[]) {
  return runWith({}, ...args);
}

function runWith(env: Record<string, string>, ...args: string[]) {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) => ({ write: (text: string) => (written[name] += text) });
  const context: CommandContext = { stdout: sink('stdout'), stderr: sink('stderr'), cwd: directory, env };
  return { code: main(args, context), ...written };
}

const filesIn = (place = 'dist') =>
  readdirSync(file(place), { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(file(place, name)).isFile())
    .sort();

const contents = (place = 'dist') =>
  filesIn(place).map((name) => [name, readFileSync(file(place, name), 'utf8')]);

const resourcesIn = (place = 'dist') =>
  (parseYaml(readFileSync(file(place, 'Kustomization'), 'utf8')) as { resources: string[] }).resources;

describe('a run over one cluster of several', () => {
  beforeEach(() => expect(run('synth', '-c', 'clusters', '-q').code).toBe(0));

  test('leaves the others alone, and what it makes is where it was', () => {
    const before = contents();
    expect(run('synth', '-c', 'clusters/books.yaml', '-q').code).toBe(0);
    expect(contents()).toEqual(before);
  });

  test('changes its own files, and the others stay in the Kustomization', () => {
    configure('music', 'readonly: {replicas: 7}\n');
    const before = new Map(contents().map(([name, text]) => [name, text]));
    const { stderr } = run('synth', '-c', 'clusters/music.yaml');
    const changed = contents().filter(([name, text]) => before.get(name) !== text);
    expect(changed.map(([name]) => name)).toEqual(['music/music.k8s.yaml']);
    expect(resourcesIn()).toEqual(['books', 'films', 'music']);
    // Only this one is to be applied.
    expect(stderr).toContain('\n  kubectl apply -f dist/music\n');
    expect(run('check', '-c', 'clusters')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('adds a new one to them', () => {
    writeFileSync(file('new.yaml'), 'name: new\nnamespace: there\ns3: {address: 10.0.0.1, bucket: new}\n');
    expect(run('synth', '-c', 'new.yaml', '-q').code).toBe(0);
    expect(resourcesIn()).toEqual(['books', 'films', 'music', 'new']);
    expect(filesIn()).toContain('new/new.k8s.yaml');
  });

  test('names what it did not make, with a command to remove it that can be pasted', () => {
    renameSync(file('clusters'), file("it's a fleet"));
    const { stderr } = run('synth', '-q', '-c', "it's a fleet/films.yaml");
    expect(stderr).toBe(
      'Warning: dist/ has 10 files of earlier runs that this one does not make: books/, music/. Nothing was done to them; ' +
        "if no other run makes them, this removes them: cdk8s-milvus synth -c 'it'\\''s a fleet/films.yaml' --prune\n",
    );
  });

  test('the command says where, whatever the environment is when it is pasted', () => {
    const env = { MILVUS_CONFIG: 'clusters/films.yaml', CDK8S_OUTDIR: 'dist' };
    expect(runWith(env, 'synth', '-q').stderr).toMatch(
      /: cdk8s-milvus synth -c clusters\/films\.yaml -o dist --prune\n$/,
    );
  });
});

describe('--prune', () => {
  test('removes a cluster that is gone, after it has said so, and nothing else', () => {
    run('synth', '-c', 'clusters', '-q');
    rmSync(file('clusters/films.yaml'));
    expect(run('synth', '-c', 'clusters', '-q').code).toBe(0);
    expect(filesIn()).toContain('films/films.k8s.yaml');
    expect(run('check', '-c', 'clusters')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('dist/films/films.k8s.yaml: left over\n'),
    });
    const { stderr } = run('synth', '-c', 'clusters', '-q', '--prune');
    expect(stderr).toMatch(/^Removing 5 files of earlier runs from dist\/: films\/Kustomization, /);
    expect(readdirSync(file('dist'))).toEqual(['Kustomization', 'books', 'music']);
    expect(resourcesIn()).toEqual(['books', 'music']);
    expect(run('check', '-c', 'clusters').code).toBe(0);
    expect(run('synth', '-c', 'clusters', '-q', '--prune')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('a renamed cluster leaves its old files, and only the new ones are to be applied, until they go', () => {
    run('synth', '-c', 'clusters/books.yaml', '-q');
    writeFileSync(file('clusters/books.yaml'), 'name: novels\ns3: {address: 10.0.0.1, bucket: books}\n');
    const { stderr } = run('synth', '-c', 'clusters/books.yaml');
    expect(stderr).toContain(
      ' has 3 files of earlier runs that this one does not make: books-scripts.k8s.yaml, books.k8s.yaml, jobs/books-smoke-test.k8s.yaml.',
    );
    expect(stderr).toContain('5 of 5 files changed, 1 warning.');
    expect(stderr).toContain('\n  kubectl apply -k dist\n');
    expect(resourcesIn()).toEqual(['novels-scripts.k8s.yaml', 'novels.k8s.yaml']);
    run('synth', '-c', 'clusters/books.yaml', '--prune');
    expect(filesIn().filter((name) => name.includes('books'))).toEqual([]);
  });

  test('from a fleet to one cluster', () => {
    run('synth', '-c', 'clusters', '-q');
    run('synth', '-c', 'clusters/books.yaml', '--prune');
    const pruned = contents();
    rmSync(file('dist'), { recursive: true });
    run('synth', '-c', 'clusters/books.yaml');
    expect(contents()).toEqual(pruned);
  });

  test('a run that was stopped leaves files under way: they go when no run can still need them', () => {
    run('synth', '-c', 'clusters/books.yaml', '-q');
    const [old, fresh] = ['.books.k8s.yaml.1-0123abcd', '.books.k8s.yaml.2-0123abcd'];
    for (const name of [old, fresh]) writeFileSync(file('dist', name), 'half of');
    utimesSync(file('dist', old), 1_600_000_000, 1_600_000_000);
    run('synth', '-c', 'clusters/books.yaml', '-q');
    expect(filesIn()).toEqual(expect.arrayContaining([old, fresh]));
    run('synth', '-c', 'clusters/books.yaml', '-q', '--prune');
    expect(filesIn()).toContain(fresh);
    expect(filesIn()).not.toContain(old);
  });

  test.each([[['-o', '.']], [['-o', 'dist']], [['-o', 'dist', '-c', 'clusters']], [['-o', '-']]])(
    'files of others stay, with %j',
    (args) => {
      run('synth', '-c', 'clusters', '-q');
      run('synth', '-c', 'clusters/books.yaml', '-q', '-o', 'other');
      const copies = ['dist/books-of-may.k8s.yaml', 'dist/books/music.k8s.yaml', 'dist/mine/books.k8s.yaml'];
      const mine = [
        'dist/mine.k8s.yaml',
        'dist/books/notes.md',
        'dist/mine/Kustomization',
        'mine.k8s.yaml',
        'README',
      ];
      mkdirSync(file('dist/mine'));
      for (const name of copies) cpSync(file('dist/books/books.k8s.yaml'), file(name));
      for (const name of mine) writeFileSync(file(name), 'kind: Precious\n');
      const before = [...copies, ...mine].map((name) => readFileSync(file(name), 'utf8'));
      const other = contents('other');
      const all = args.includes('.') ? contents() : undefined;
      run('synth', '-c', 'clusters/music.yaml', ...args, '--prune');
      expect([...copies, ...mine].map((name) => readFileSync(file(name), 'utf8'))).toEqual(before);
      expect(contents('other')).toEqual(other);
      if (all !== undefined) expect(contents()).toEqual(all);
    },
  );

  test('what is wrong with the configuration is said, and nothing is removed', () => {
    run('synth', '-c', 'clusters', '-q');
    configure('books', 'readonly: {replicas: 0}\n');
    const before = contents();
    expect(run('synth', '-c', 'clusters/books.yaml', '--prune').code).toBe(1);
    expect(contents()).toEqual(before);
  });
});

describe('-o -', () => {
  test('one stream of all clusters, without Jobs, and no directory is touched', () => {
    run('synth', '-c', 'clusters', '-q');
    const wanted = contents();
    rmSync(file('dist'), { recursive: true });
    const { code, stdout, stderr } = run('synth', '-c', 'clusters', '-o', '-');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^Synthesized 3 clusters \(\d+ objects\) to standard output\.\n$/),
    });
    expect(readdirSync(directory)).toEqual(['clusters']);
    const objects = wanted
      .filter(([name = '']) => name.endsWith('.k8s.yaml') && !name.includes('jobs/'))
      .flatMap(([, text = '']) => parse(text));
    const keys = (all: readonly unknown[]) => all.map((object) => JSON.stringify(object)).sort();
    expect(keys(parse(stdout))).toEqual(keys(objects));
  });

  test.each([
    [['--prune'], "option '--prune' needs a directory, not standard output"],
    [['--format', 'json'], "option '--format json' and the manifests would both go to standard output"],
  ])('%j does not go with it', (args, words) => {
    expect(run('synth', '-c', 'clusters', '-o', '-', ...args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(words),
    });
  });

  test('a configuration that is refused prints nothing', () => {
    configure('books', 'readonly: {replicas: 0}\n');
    expect(run('synth', '-c', 'clusters', '-o', '-')).toMatchObject({ code: 1, stdout: '' });
  });
});

test('warnings are written with -q, too, and counted without it', () => {
  writeFileSync(
    file('weak.yaml'),
    'name: weak\ns3: {address: 10.0.0.1, bucket: weak, credentials: {inline: {accessKey: a, secretKey: bbbbbbbb}}}\nnetworkPolicy: {enabled: false}\n',
  );
  const quiet = run('synth', '-c', 'weak.yaml', '-q').stderr;
  expect(quiet.split('\n')).toEqual([
    'Warning: weak.yaml: s3.credentials.inline puts credentials into dist/; for development only, do not commit it',
    expect.stringMatching(/^Warning: weak\.yaml: networkPolicy\.enabled is false: /),
    '',
  ]);
  expect(run('synth', '-c', 'weak.yaml').stderr).toContain('0 of 5 files changed, 2 warnings.');
});

test('a place without room for directories is refused, and does not take forever', () => {
  if (!existsSync('/proc/self')) return;
  const bin = join(__dirname, '../../scripts/bundled.js');
  const args = [bin, 'cli', 'synth', '-c', file('clusters/books.yaml'), '-o', '/proc/none/dist'];
  const { status, stderr } = spawnSync('node', args, { encoding: 'utf8', timeout: 60_000 });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^\/proc\/none\/dist: can not be written \(ENOENT/),
  });
}, 70_000);
