import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProject } from './support/project';

/** synth.js runs a bundle: it must never be older than what it was made from. */
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'synth-'));
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

test('an error that nobody expects names the lines of TypeScript', () => {
  edit('lib/milvus-cluster.ts', 'this.settings = settings;', "if (settings) throw new Error('a bug');");
  const { status, stderr } = synth();
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/a bug[\s\S]*milvus-cluster\.ts:\d+/);
});

test('where nothing can be kept it works all the same', () => {
  writeFileSync(join(project, '.cache'), 'a file in the way of the directory');
  chmodSync(join(project, '.cache'), 0o400);
  const { status, manifest } = synth();
  expect(status).toBe(0);
  expect(manifest).toContain('kind: Deployment');
});
