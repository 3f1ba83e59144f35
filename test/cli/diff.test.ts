import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'diff-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The command, with a kubectl that says how it was called and ends as it is told. */
function diff(outdir: string, exitCode: number, ...args: string[]) {
  const bin = join(directory, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'kubectl'), `#!/bin/sh\necho "$@"\nexit ${exitCode}\n`);
  chmodSync(join(bin, 'kubectl'), 0o755);
  return diffWith(`${bin}:${process.env['PATH']}`, outdir, ...args);
}

function diffWith(path: string, outdir: string, ...args: string[]) {
  const command = ['scripts/bundled.js', 'cli', 'diff', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: path, CDK8S_OUTDIR: outdir },
  });
  return { status, stdout: stdout.trim(), stderr: stderr.trim() };
}

const one = join(directory, 'one');
const several = join(directory, 'several');
mkdirSync(join(several, 'a'), { recursive: true });
mkdirSync(one);
writeFileSync(join(one, 'a.k8s.yaml'), '');

test.each<[exitCode: number, words: string]>([
  [0, 'No differences'],
  [1, 'There are differences'],
  [3, 'kubectl could not compare'],
])('the exit code %i of kubectl diff is passed on, and said in words', (exitCode, words) => {
  const { status, stdout, stderr } = diff(one, exitCode, '-n', 'milvus');
  expect({ status, stdout }).toEqual({ status: exitCode, stdout: `diff -f ${one} -n milvus` });
  expect(stderr).toContain(words);
});

test('several clusters are looked at through their Kustomization', () => {
  expect(diff(several, 0).stdout).toBe(`diff -k ${several}`);
});

test.each([
  [['-k', 'overlays/prod']],
  [['--kustomize=overlays/prod', '-n', 'milvus']],
  [['-n', 'milvus', '-foverlays/a.yaml']],
  [['--filename', 'a.yaml']],
])('what the arguments name is compared, and nothing else: %j', (args) => {
  expect(diff(join(directory, 'none'), 0, ...args).stdout).toBe(`diff ${args.join(' ')}`);
});

test('flags that only begin like those that name something', () => {
  expect(diff(one, 0, '--field-manager=x', '--force-conflicts').stdout).toBe(
    `diff -f ${one} --field-manager=x --force-conflicts`,
  );
});

test('without kubectl', () => {
  expect(diffWith(directory, one)).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'kubectl can not be run: no directory of PATH has it. See https://kubernetes.io/docs/tasks/tools/',
  });
});

test('without manifests there is nothing to compare', () => {
  expect(diff(join(directory, 'none'), 0)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('npm run synth'),
  });
});
