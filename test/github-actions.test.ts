import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyCheckout } from './support/project';
import { COMMIT, Workflow } from './support/workflow';

const workflow = new Workflow('github-actions/manifests.yaml');
afterAll(() => workflow.remove());
const { project } = workflow;
const bash = (script: string) => workflow.bash(script);
const done = (script: string) => workflow.done(script);
const step = (words: string) => workflow.step(words);

beforeAll(() => {
  copyCheckout(project);
  writeFileSync(join(project, '.gitignore'), 'node_modules\n.cache/\n');
  done(`git init -q -b main && npm run synth && ${COMMIT} && git update-ref refs/remotes/origin/main HEAD`);
  done('git checkout -qb change && sed -i "s/replicas: 1/replicas: 2/" milvus.yaml');
}, 60_000);

test('manifests that are not those of the configuration fail', () => {
  const { status, stderr } = bash(step('dist/ is what milvus.yaml gives'));
  expect(status).toBe(1);
  expect(stderr).toContain('dist/milvus-test.k8s.yaml: differs');
});

test('the pull request gets one comment with what would be applied', () => {
  done(`npm run synth && ${COMMIT}`);
  done(step('dist/ is what milvus.yaml gives'));
  done(step('What would be applied'));
  done(step('Comment it'));
  expect(workflow.left('gh')).toBe('pr comment 7 --body-file comment.md --edit-last --create-if-none\n');
  const comment = workflow.left('comment');
  expect(comment).toMatch(/^### What will be applied\n\n 1 file changed, \d+ insertions/);
  expect(comment).toContain('\n-  replicas: 1\n+  replicas: 2\n');
  expect(comment).toContain('\n+kind: PodDisruptionBudget\n');
  expect(comment.match(/^~{8}/gm)).toHaveLength(2);
  expect(comment).not.toContain('The rest is');
  expect(workflow.left('summary')).toBe(comment);
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
  expect(workflow.steps.map(({ run = '' }) => run).join('\n')).not.toContain('${{');
  expect(workflow.definition['permissions']).toEqual({ contents: 'read', 'pull-requests': 'write' });
  expect(workflow.definition['on']).toHaveProperty('pull_request');
  expect(workflow.steps.at(-1)?.if).toBe(
    'github.event.pull_request.head.repo.full_name == github.repository',
  );
});
