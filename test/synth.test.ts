import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
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
import { copyProject } from './support/project';

/** synth.js runs a bundle: it must never be older than what it was made from, nor damaged. */
jest.setTimeout(120_000);
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'a project-'));
  copyProject(project);
});
afterEach(() => rmSync(project, { recursive: true }));

function synth(...args: string[]) {
  const { status, stderr } = spawnSync('node', ['synth.js', ...args], { cwd: project, encoding: 'utf8' });
  const files = ['milvus-test-scripts', 'milvus-test'].map((name) => join(project, `dist/${name}.k8s.yaml`));
  const manifest = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  return { status, stderr, manifest: manifest.join('') };
}

function edit(file: string, from: string, to: string): void {
  const target = join(project, file);
  const { atime, mtime } = statSync(target);
  const before = readFileSync(target, 'utf8');
  expect(before).toContain(from);
  writeFileSync(target, before.replace(from, to));
  // As unnoticeable as an edit can be.
  utimesSync(target, atime, mtime);
}

test('an edit shows at once, even one that leaves size and time of the file as they were', () => {
  expect(synth().manifest).toContain('managed-by: cdk8s\n');
  edit(
    'lib/kubernetes/labels.ts',
    "'app.kubernetes.io/managed-by': 'cdk8s'",
    "'app.kubernetes.io/managed-by': 'cdk9s'",
  );
  expect(synth().manifest).toContain('managed-by: cdk9s\n');
  edit('assets/mysql-ready.sh', 'readiness probe', 'READINESS PROBE');
  expect(synth().manifest).toContain('READINESS PROBE');
  edit('main.ts', 'npm run synth --', 'npm run SYNTH --');
  expect(synth('--bogus')).toMatchObject({ status: 2, stderr: expect.stringContaining('npm run SYNTH --') });
});

test('it takes what `cdk8s-milvus synth` takes, and nothing else', () => {
  writeFileSync(join(project, 'other.yaml'), 'name: other\ns3: {address: rgw, bucket: vectors}\n');
  expect(synth('--bogus', '-c', 'other.yaml')).toEqual({
    status: 2,
    stderr: "cdk8s-milvus: unknown option '--bogus'\nSee npm run synth -- --help\n",
    manifest: '',
  });
  expect(synth('-c', 'other.yaml', '-o', 'elsewhere', '-q')).toEqual({ status: 0, stderr: '', manifest: '' });
  expect(existsSync(join(project, 'elsewhere/other.k8s.yaml'))).toBe(true);
});

test('a new file that takes the place of another one is seen', () => {
  synth();
  mkdirSync(join(project, 'lib/kubernetes/labels'));
  cpSync(join(project, 'lib/kubernetes/labels.ts'), join(project, 'lib/kubernetes/labels/index.ts'));
  rmSync(join(project, 'lib/kubernetes/labels.ts'));
  edit(
    'lib/kubernetes/labels/index.ts',
    "'app.kubernetes.io/managed-by': 'cdk8s'",
    "'app.kubernetes.io/managed-by': 'moved'",
  );
  expect(synth().manifest).toContain('managed-by: moved\n');
});

test('a mistake in the sources is shown with its place, and mended by the next edit', () => {
  synth();
  edit('lib/kubernetes/labels.ts', 'export function selectorLabels(', 'export function selectorLabels((');
  const broken = synth();
  expect(broken.status).not.toBe(0);
  expect(broken.stderr).toMatch(/labels\.ts/);
  edit('lib/kubernetes/labels.ts', 'export function selectorLabels((', 'export function selectorLabels(');
  expect(synth().status).toBe(0);
});

test('an error that nobody expects names the lines of TypeScript, and the app is not run a second time', () => {
  edit('main.ts', 'process.exitCode =', "process.stderr.write('main runs\\n');\nprocess.exitCode =");
  edit('lib/milvus-cluster.ts', 'this.settings = settings;', "if (settings) throw new Error('a bug');");
  const { status, stderr } = synth();
  expect(status).not.toBe(0);
  const lines = readFileSync(join(project, 'lib/milvus-cluster.ts'), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes('a bug')) + 1;
  expect(stderr).toMatch(new RegExp(`a bug[^]*${project}/lib/milvus-cluster\\.ts:${line}:`));
  expect(stderr.match(/^main runs$/gm)).toHaveLength(1);
});

describe('what is kept is not what it was', () => {
  const cache = (...names: string[]) => join(project, '.cache', ...names);
  /** The files of the cache, in the bundle's directory, which has the hash in its name, or above it. */
  const kept = () =>
    readdirSync(cache(), { recursive: true, encoding: 'utf8' }).filter((file) =>
      statSync(cache(file)).isFile(),
    );
  let whole: string;
  beforeEach(() => {
    whole = synth().manifest;
    rmSync(join(project, 'dist'), { recursive: true });
  });

  test('the bundle, its machine code and what is known of both', () => {
    const names = kept().map((file) => basename(file));
    expect(names.sort()).toEqual([
      'main.code',
      'main.js',
      'main.js.map',
      'manifest.json',
      'worker.js',
      'worker.js.map',
    ]);
  });

  const DAMAGES = {
    empty: () => Buffer.alloc(0),
    cut: (content: Buffer) => content.subarray(0, content.length / 2),
    'of other bytes': (content: Buffer) => content.map((byte) => byte ^ 1),
  };

  test.each<[name: string, how: keyof typeof DAMAGES]>([
    ['main.js', 'empty'],
    ['worker.js', 'empty'],
    ['main.code', 'cut'],
    ['main.code', 'of other bytes'],
    ['manifest.json', 'cut'],
  ])('%s is %s: it is made anew', (name, how) => {
    const file = cache(kept().find((one) => basename(one) === name) ?? '');
    writeFileSync(file, DAMAGES[how](readFileSync(file)));
    expect(synth()).toMatchObject({ status: 0, manifest: whole });
    expect(synth()).toMatchObject({ status: 0, manifest: whole });
  });

  test('what it can do without can not be kept: it works all the same, and once', () => {
    rmSync(cache(), { recursive: true });
    const full = join(project, 'full.js');
    writeFileSync(
      full,
      `const fs = require('node:fs');
       const { renameSync } = fs;
       fs.renameSync = (from, to) => {
         if (to.endsWith('main.code')) throw new Error('no space left');
         renameSync(from, to);
       };`,
    );
    const { status, stderr } = spawnSync('node', ['-r', full, 'synth.js'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect({ status, synthesized: stderr.match(/^Synthesized /gm) }).toMatchObject({
      status: 0,
      synthesized: ['Synthesized '],
    });
    expect(kept().map((file) => basename(file))).not.toContain('main.code');
  });
});

test('where nothing can be kept it works all the same', () => {
  writeFileSync(join(project, '.cache'), 'a file in the way of the directory');
  chmodSync(join(project, '.cache'), 0o400);
  const { status, manifest } = synth();
  expect(status).toBe(0);
  expect(manifest).toContain('kind: Deployment');
});
