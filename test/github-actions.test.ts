import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { copyCheckout, ROOT } from './support/project';

/** The steps of the workflow, run in a clone of a project that commits its manifests. */
const workflow = parse(readFileSync(join(ROOT, 'examples/github-actions/manifests.yaml'), 'utf8'));
const steps: readonly { name?: string; run?: string; if?: string }[] = workflow.jobs.manifests.steps;

const directory = mkdtempSync(join(tmpdir(), 'github-actions-'));
afterAll(() => rmSync(directory, { recursive: true }));
const project = join(directory, 'project');
const bin = join(directory, 'bin');

function bash(script: string): { status: number | null; stdout: string; stderr: string } {
  // As the runner does it.
  return spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: project,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${bin}:${process.env['PATH']}`,
      BASE: 'main',
      PULL_REQUEST: '7',
      GITHUB_STEP_SUMMARY: join(directory, 'summary'),
      GIT_CONFIG_GLOBAL: '/dev/null',
      NO_COLOR: '1',
    },
  });
}
const done = (script: string) => {
  const { status, stderr } = bash(script);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
};
const commit = "git add -A && git -c user.name=x -c user.email=x@example.com commit -qm 'a change'";
const step = (words: string) => {
  const found = steps.find(({ name, run }) => name === words || run === words);
  expect(found?.run).toBeDefined();
  return String(found?.run);
};

beforeAll(() => {
  mkdirSync(bin);
  // What the commands that reach out would do is done already, or looked at here.
  writeFileSync(
    join(bin, 'gh'),
    `#!/bin/sh\necho "$@" > ${join(directory, 'gh')}\ncp comment.md ${join(directory, 'comment')}\n`,
  );
  chmodSync(join(bin, 'gh'), 0o755);
  mkdirSync(project);
  copyCheckout(project);
  writeFileSync(join(project, '.gitignore'), 'node_modules\n.cache/\n');
  done(`git init -q -b main && npm run synth && ${commit} && git update-ref refs/remotes/origin/main HEAD`);
  done('git checkout -qb change && sed -i "s/replicas: 1/replicas: 2/" milvus.yaml');
}, 60_000);

test('manifests that are not those of the configuration fail', () => {
  const { status, stderr } = bash(step('dist/ is what milvus.yaml gives'));
  expect(status).toBe(1);
  expect(stderr).toContain('dist/milvus-test.k8s.yaml: differs');
});

test('the pull request gets one comment with what would be applied', () => {
  done(`npm run synth && ${commit}`);
  done(step('dist/ is what milvus.yaml gives'));
  done(step('What would be applied'));
  done(step('Comment it'));
  expect(readFileSync(join(directory, 'gh'), 'utf8')).toBe(
    'pr comment 7 --body-file comment.md --edit-last --create-if-none\n',
  );
  const comment = readFileSync(join(directory, 'comment'), 'utf8');
  expect(comment).toMatch(/^### What will be applied\n\n 1 file changed, \d+ insertions/);
  expect(comment).toContain('\n-  replicas: 1\n+  replicas: 2\n');
  expect(comment).toContain('\n+kind: PodDisruptionBudget\n');
  expect(comment.match(/^~{8}/gm)).toHaveLength(2);
  expect(comment).not.toContain('The rest is');
  expect(readFileSync(join(directory, 'summary'), 'utf8')).toBe(comment);
});

test('a long one is cut to what a comment takes, and says so; none at all is said as well', () => {
  writeFileSync(join(project, 'dist/long.yaml'), '# a line of a manifest\n'.repeat(20_000));
  done('git add -A');
  done(step('What would be applied'));
  const comment = readFileSync(join(project, 'comment.md'), 'utf8');
  expect(comment.length).toBeLessThan(65_536);
  expect(comment).toContain('The rest is under "Files changed".');
  done('git checkout -qf main');
  done(step('What would be applied'));
  expect(readFileSync(join(project, 'comment.md'), 'utf8')).toContain('No manifest changes.');
});

test('nothing of the pull request is pasted into a command, and forks do not comment', () => {
  expect(steps.map(({ run = '' }) => run).join('\n')).not.toContain('${{');
  expect(workflow.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
  expect(workflow.on).toHaveProperty('pull_request');
  expect(steps.at(-1)?.if).toBe('github.event.pull_request.head.repo.full_name == github.repository');
});
