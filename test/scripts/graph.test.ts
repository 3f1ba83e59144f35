import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'graph-'));
afterAll(() => rmSync(directory, { recursive: true }));

const graph = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('node', ['-r', 'tsx/cjs', 'scripts/graph.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

test('a manifest that is not there: a sentence, and no picture', () => {
  const target = join(directory, 'x.svg');
  expect(graph('nofile.yaml', target)).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'There is no nofile.yaml: synthesize first (npm run synth), and take a file or directory that it wrote.\n',
  });
  expect(existsSync(target)).toBe(false);
});

test('help, and wrong arguments', () => {
  const usage = expect.stringContaining(
    'Usage: npm run graph -- dist/<name>.k8s.yaml <file>.svg\n       npm run graph -- dist <file>.svg',
  );
  expect(graph('--help')).toEqual({ status: 0, stdout: usage, stderr: '' });
  expect(graph('one')).toEqual({ status: 2, stdout: '', stderr: usage });
});
