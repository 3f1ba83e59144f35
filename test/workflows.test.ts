import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { at, records } from './support/manifests';
import { ROOT } from './support/project';

/** What this project has GitHub do for itself. */
const workflows = readdirSync(join(ROOT, '.github/workflows')).map((name) => ({
  name,
  workflow: parse(readFileSync(join(ROOT, '.github/workflows', name), 'utf8')) as {
    readonly permissions: unknown;
    readonly jobs: Readonly<Record<string, unknown>>;
  },
}));
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

test.each(workflows)(
  '$name: read-only by default, nothing pasted into a command, scripts that exist',
  ({ workflow }) => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const jobs = Object.values(workflow.jobs);
    for (const job of jobs) expect(at(job, 'timeout-minutes')).toEqual(expect.any(Number));
    const commands = jobs
      .flatMap((job) => records(at(job, 'steps')))
      .flatMap(({ run }) => (run === undefined ? [] : [String(run)]));
    expect(commands).not.toEqual([]);
    for (const command of commands) {
      expect(command).not.toContain('${{');
      const [, script] = /^npm run (\S+)/.exec(command) ?? [];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    }
  },
);

test('the page is published from main alone, as it was tested', () => {
  const site = workflows.find(({ name }) => name === 'site.yml')?.workflow;
  const steps = records(at(site, 'jobs', 'build', 'steps'));
  const where = (words: string) => steps.findIndex(({ run, uses }) => `${run} ${uses}`.includes(words));
  expect(where('npm run site:test')).toBeGreaterThan(where('npm run site '));
  expect(where('upload-pages-artifact')).toBeGreaterThan(where('npm run site:test'));
  const fromMain = "github.ref == 'refs/heads/main'";
  expect(steps[where('upload-pages-artifact')]).toMatchObject({ if: fromMain, with: { path: 'site/dist' } });
  expect(at(site, 'jobs', 'publish')).toMatchObject({ if: fromMain, needs: 'build' });
});
