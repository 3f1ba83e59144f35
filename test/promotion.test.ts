import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyProject, ROOT } from './support/project';
import { COMMIT, Workflow } from './support/workflow';

const workflow = new Workflow('promotion/environments.yaml');
afterAll(() => workflow.remove());
const { project } = workflow;
const SYNTH = ['staging', 'production']
  .map((name) => `npm run synth -- -q -c ${name}/milvus.yaml -o dist/${name}`)
  .join(' && ');
const step = (words: string) => workflow.done(workflow.step(words));
const changed = () => workflow.bash('git diff --name-only origin/main HEAD').stdout.trim().split('\n');

beforeAll(() => {
  copyProject(project);
  cpSync(join(ROOT, 'examples/promotion'), project, { recursive: true });
  writeFileSync(join(project, '.gitignore'), 'node_modules\n.cache/\nall.md\ncomment.md\n');
  workflow.done(
    `git init -q -b main && ${SYNTH} && ${COMMIT} && git update-ref refs/remotes/origin/main HEAD`,
  );
}, 120_000);

test('both begin with the same settings, so that a promotion of nothing changes nothing', () => {
  workflow.done('cmp staging/settings.yaml production/settings.yaml');
});

test('a change in staging is told in words, and production stays as it is', () => {
  workflow.done("git checkout -qb try && sed -i 's/cacheSize: 4GB/cacheSize: 8GB/' staging/settings.yaml");
  expect(workflow.bash(workflow.step('dist/ is what the configuration gives')).status).toBe(1);
  workflow.done(`${SYNTH} && ${COMMIT}`);
  expect(changed()).toEqual(['dist/staging/milvus.k8s.yaml', 'staging/settings.yaml']);
  step('dist/ is what the configuration gives');
  step('What an apply would do');
  step('Comment it');
  const [, staging = '', production = ''] = workflow.left('comment').split(/^### /m);
  expect(staging).toContain('cache.cache_size: 4GB -> 8GB');
  expect(staging).toContain('Restarts Deployment/milvus-readonly.');
  expect(production).toMatch(/^production\n\n~{8}\nNo differences: .*\n~{8}\n$/);
  expect(workflow.left('summary')).toBe(workflow.left('comment'));
  expect(workflow.left('gh')).toContain('pr comment 7 --body-file comment.md');
}, 120_000);

test('a promotion is a copy of one file, and changes production alone', () => {
  workflow.done(
    'git update-ref refs/remotes/origin/main HEAD && cp staging/settings.yaml production/settings.yaml',
  );
  workflow.done(`${SYNTH} && ${COMMIT}`);
  expect(changed()).toEqual(['dist/production/milvus.k8s.yaml', 'production/settings.yaml']);
  step('dist/ is what the configuration gives');
  step('What an apply would do');
  const [, staging = '', production = ''] = workflow.left('summary').split(/^### /m).slice(-3);
  expect(staging).toContain('No differences');
  expect(production).toContain('cache.cache_size: 4GB -> 8GB');
}, 120_000);

test('what can not be compared fails, and nothing of the pull request is pasted into a command', () => {
  workflow.done("sed -i 's/4GB/lots/;s/8GB/lots/' staging/settings.yaml");
  workflow.done('git update-ref -d refs/remotes/origin/main');
  expect(workflow.bash(workflow.step('What an apply would do')).status).not.toBe(0);
  expect(workflow.steps.map(({ run = '' }) => run).join('\n')).not.toContain('${{');
  expect(workflow.definition['permissions']).toEqual({ contents: 'read', 'pull-requests': 'write' });
  expect(workflow.steps.at(-1)?.if).toBe(
    'github.event.pull_request.head.repo.full_name == github.repository',
  );
}, 60_000);
