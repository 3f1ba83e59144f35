import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'diff-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The script, with a kubectl that says how it was called and ends as it is told. */
function diff(outdir: string, exitCode: number, ...args: string[]) {
  writeFileSync(join(directory, 'kubectl'), `#!/bin/sh\necho "$@"\nexit ${exitCode}\n`);
  chmodSync(join(directory, 'kubectl'), 0o755);
  const { status, stdout, stderr } = spawnSync('node', ['-r', 'tsx/cjs', 'scripts/diff.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${directory}:${process.env['PATH']}`, CDK8S_OUTDIR: outdir },
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

test('without manifests there is nothing to compare', () => {
  expect(diff(join(directory, 'none'), 0)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('npm run synth'),
  });
});
