import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { withJobRunner } from '../../lib/cli/job-runner';
import { loadClusters } from '../../lib/config/load';
import { placeClusters } from '../../lib/output/synthesize';
import { complete, ended, failed, fakeKubectl, type Look, pod, running } from '../support/job-life';
import { runIn } from './support';

const directory = mkdtempSync(join(tmpdir(), 'backups-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(
  join(directory, 'milvus.yaml'),
  'name: milvus\nnamespace: vectors\ns3: { embedded: true, bucket: milvus }\nbackup: { enabled: true }\n',
);
writeFileSync(join(directory, 'without.yaml'), 'name: other\ns3: { embedded: true, bucket: other }\n');
mkdirSync(join(directory, 'dist/jobs'), { recursive: true });
for (const kind of ['list-backups', 'restore'])
  writeFileSync(join(directory, `dist/jobs/milvus-${kind}.k8s.yaml`), '');

let lives = 0;
const live = (looks: readonly Look[], logs: Readonly<Record<string, string>>) => {
  const bin = fakeKubectl(join(directory, `bin-${lives++}`), looks, logs);
  const env = { PATH: [bin, process.env['PATH']].join(delimiter) };
  const calls = () => readFileSync(join(bin, 'calls'), 'utf8').trim().split('\n');
  return { env, calls };
};
const right = [{ pods: [pod('p', { main: [ended('list')] })], ...complete }];
/** As the script prints them, which its own tests compare. */
const header = 'BACKUP            KIND             SIZE';
const row = '20260702T031700Z  whole       412.5 GiB';
const json = { backup: '20260702T031700Z', latest: true, kind: 'whole', rows: 201554310, verified: null };
const log = `${header}\n${row}\n${JSON.stringify(json)}\n`;

async function backups(args: readonly string[], looks: readonly Look[] = right, list = log) {
  const { env, calls } = live(looks, { list });
  return { ...(await runIn(directory, ['backups', ...args], { env })), calls };
}

test('the table of the Job, without what is for programs', async () => {
  const { code, stdout, calls } = await backups([]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${header}\n${row}\n` });
  expect(calls()[0]).toBe(
    '--namespace=vectors replace --force --cascade=foreground --filename dist/jobs/milvus-list-backups.k8s.yaml',
  );
});

test('the rows as JSON, and nothing else on stdout', async () => {
  const { code, stdout } = await backups(['milvus', '--format', 'json', '-n', 'else', '--context', 'prod']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual([json]);
});

test('none yet', async () => {
  const { code, stdout, stderr } = await backups(['--format=json'], right, `${header}\n`);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '[]\n' });
  expect(stderr).toContain('There is no backup of milvus yet.\n');
});

test('a Job that fails says why; one whose log can not be read has no answer', async () => {
  const looks = [
    { pods: [pod('p', { main: [ended('list', 1)] })], ...failed('BackoffLimitExceeded', 'enough') },
  ];
  const { code, stdout, stderr } = await backups([], looks, "backup-list: correct the keys in Secret 'x'\n");
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain("[list] backup-list: correct the keys in Secret 'x'\n");
  const unread = await backups([], right, '!Error from server (Forbidden)');
  expect(unread).toMatchObject({ code: 1, stdout: '' });
  expect(unread.stderr).toContain('its log can not be read: kubectl logs needs the right to get pods/log.');
}, 30_000);

test.each<[args: string[], code: number, words: string]>([
  [['milvus', 'other'], 2, 'one cluster at a time'],
  [['none'], 2, 'there is no cluster "none"'],
  [['--format', 'yaml'], 2, "option '--format' is text or json"],
  [['-c', 'without.yaml'], 1, 'other has no backups: set backup.enabled'],
  [['-o', 'nowhere'], 1, 'There is no nowhere/jobs/milvus-list-backups.k8s.yaml: synthesize first'],
])('%j is refused', async (args, code, words) => {
  expect(await backups(args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) });
});

describe('a Job that is there already', () => {
  const gone = { pods: [pod('p', { init: [ended('download', 1)] })], ...failed('BackoffLimitExceeded', 'x') };
  test.each<[adopt: 'none' | 'alive' | 'any', looks: readonly Look[], isReplaced: boolean]>([
    ['none', [complete], true],
    ['alive', [complete], false],
    ['alive', [{ pods: [pod('p', { init: [running('download')] })] }, complete], false],
    ['alive', [gone, complete], true],
    ['any', [gone], false],
  ])(
    '%s, case %#',
    async (adopt, looks, isReplaced) => {
      const { env, calls } = live(looks, { download: 'took it\n' });
      const [cluster] = placeClusters(loadClusters({ config: 'milvus.yaml', cwd: directory, env: {} }));
      if (cluster === undefined) throw new Error('no cluster');
      const lines: string[] = [];
      const sink = { write: () => true };
      const context = { cwd: directory, env, stdout: sink, stderr: sink };
      const onLog = (line: string) => lines.push(line);
      await withJobRunner(cluster, {}, context, (runner) => runner.run('restore', { adopt, onLog }));
      expect(calls().some((call) => /^(--\S+ )*replace /.test(call))).toBe(isReplaced);
      if (looks.some((look) => look.pods !== undefined)) expect(lines).toContain('[download] took it');
    },
    20_000,
  );
});
