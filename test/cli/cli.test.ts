import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../lib/cli';
import { GENERATED } from '../../lib/output/files';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'cli-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'milvus.yaml'), 'name: milvus\ns3: {address: rgw, bucket: vectors}\n');
writeFileSync(join(directory, 'bad.yaml'), 'name: milvus\ns3: {adress: rgw, bucket: vectors}\n');

function run(...args: string[]) {
  let stdout = '';
  let stderr = '';
  const code = main(args, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text), isTTY: false },
    cwd: directory,
    env: {},
  });
  return { code, stdout, stderr };
}

test('synth writes the manifests, and tells what comes next', () => {
  const { code, stdout, stderr } = run('synth');
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('kubectl apply -f dist');
  expect(readdirSync(join(directory, 'dist')).sort()).toEqual(['Kustomization', 'jobs', 'milvus.k8s.yaml']);
  expect(run('synth', '-c', 'milvus.yaml', '--outdir=other', '-q')).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  expect(readFileSync(join(directory, 'other/milvus.k8s.yaml'))).toEqual(
    readFileSync(join(directory, 'dist/milvus.k8s.yaml')),
  );
});

test('a configuration that can not be used: 1, and nothing is written', () => {
  const { code, stdout, stderr } = run('synth', '--config', 'bad.yaml', '-o', 'none');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('did you mean "address"?');
  expect(stderr).toContain('Nothing was written.');
  expect(readdirSync(directory)).not.toContain('none');
  expect(run('images', '-c', 'bad.yaml').code).toBe(1);
});

test.each(['', ','])('-c %j: no configuration at all, and the manifests are still there', (config) => {
  run('synth', '-q', '-o', 'kept');
  for (const name of ['synth', 'check']) {
    expect(run(name, '-c', config, '-o', 'kept')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`given no file (${JSON.stringify(config)})`),
    });
  }
  expect(readdirSync(join(directory, 'kept'))).toContain('milvus.k8s.yaml');
});

test.each<[args: readonly string[], words: string]>([
  [['sinth'], 'cdk8s-milvus: there is no command "sinth"; did you mean "synth"?\nSee cdk8s-milvus --help'],
  [['constructor'], 'there is no command "constructor"'],
  [['synth', '--output', 'x'], "unknown option '--output'\nSee cdk8s-milvus synth --help"],
  [['synth', '-c'], "option '-c, --config <value>' argument missing"],
  [['synth', 'milvus.yaml'], "unexpected argument 'milvus.yaml'"],
])('wrong arguments %j: 2', (args, words) => {
  const { code, stdout, stderr } = run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});

test('help, of all and of one; without anything it is an error', () => {
  const { stdout } = run('--help');
  for (const name of ['synth', 'images', 'from-helm']) {
    expect(stdout).toContain(`cdk8s-milvus ${name} `);
    expect(run(name, '--help')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(name) });
  }
  expect(run()).toMatchObject({ code: 2, stdout });
});

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('images and from-helm are those of the npm scripts', () => {
  expect(run('images').stdout.split('\n')[0]).toContain('\timages.milvus\t');
  expect(run('images', '--all').stdout.trim().split('\n')).toHaveLength(9);
  writeFileSync(join(directory, 'values.yaml'), 'mysql: {enabled: false}\n');
  expect(
    run('from-helm', 'milvus', 'milvus/milvus', '--version', '1.1.6', '-f', 'values.yaml'),
  ).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('mode: standalone'),
  });
  expect(run('from-helm', 'milvus').code).toBe(1);
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
        'committed/Kustomization: missing\ncommitted/milvus.k8s.yaml: differs\ncommitted/other.k8s.yaml: left over\nSynthesize, and commit what changes.\n',
    });
    expect(readFileSync(file('milvus.k8s.yaml'), 'utf8')).toBe('changed');
    expect(run('check', '-o', 'nowhere').stderr).toContain('nowhere/milvus.k8s.yaml: missing');
    expect(run('check', '-c', 'bad.yaml').code).toBe(1);
  });
});
