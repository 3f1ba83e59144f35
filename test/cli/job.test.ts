import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { main } from '../../lib/cli';
import { untilJobEnds } from '../../lib/kubernetes/jobs';
import { complete, ended, failed, fakeKubectl, type Look, pod, running } from '../support/job-life';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'job-'));
afterAll(() => rmSync(directory, { recursive: true }));
const config = (name: string, more = '') => `name: ${name}\ns3: { embedded: true, bucket: ${name} }\n${more}`;
writeFileSync(
  join(directory, 'milvus.yaml'),
  config('milvus', 'namespace: vectors\nbackup: { enabled: true }\n'),
);
writeFileSync(join(directory, 'other.yaml'), config('other'));
writeFileSync(
  join(directory, 'restored.yaml'),
  config('milvus', 'backup: { enabled: true, restore: { backup: 20260701T021500Z } }\n'),
);
for (const folder of ['dist/jobs', 'dist/other/jobs', 'dist/milvus/jobs'])
  mkdirSync(join(directory, folder), { recursive: true });
for (const file of ['jobs/milvus-smoke-test', 'jobs/milvus-restore', 'other/jobs/other-smoke-test'])
  writeFileSync(join(directory, `dist/${file}.k8s.yaml`), '');

let lives = 0;
function life(looks: readonly Look[], logs?: Readonly<Record<string, string>>) {
  const bin = fakeKubectl(join(directory, `bin-${lives++}`), looks, logs);
  const env = {
    ...process.env,
    PATH: [bin, process.env['PATH']].join(delimiter),
    MILVUS_CONFIG: '',
    CDK8S_OUTDIR: '',
  };
  return {
    bin,
    env,
    calls: () =>
      existsSync(join(bin, 'calls')) ? readFileSync(join(bin, 'calls'), 'utf8').trim().split('\n') : [],
  };
}
const COMMAND = [join(ROOT, 'scripts/bundled.js'), 'cli', 'job'];

const job = (
  args: readonly string[],
  looks: readonly Look[] = right,
  logs?: Readonly<Record<string, string>>,
) => ran(['job', ...args], looks, logs);

async function ran(args: readonly string[], looks: readonly Look[], logs?: Readonly<Record<string, string>>) {
  const { env, calls } = life(looks, logs);
  let [stdout, stderr] = ['', ''];
  const status = await main(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    cwd: directory,
    env,
  });
  return { status, stdout, stderr, calls: calls() };
}

const right = [
  { pods: [pod('p', { main: [running('smoke-test')] })] },
  { pods: [pod('p', { main: [ended('smoke-test')] })], ...complete },
];

test('the smoke test is put in place of the last one and followed', async () => {
  const { status, stdout, stderr, calls } = await job(['smoke-test'], right, {
    'smoke-test': 'Query result is correct\n',
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: '[smoke-test] Query result is correct\n',
    stderr: 'Job milvus-smoke-test is started.\nJob milvus-smoke-test is complete.\n',
  });
  expect(calls[0]).toBe(
    '--namespace=vectors replace --force --cascade=foreground --filename dist/jobs/milvus-smoke-test.k8s.yaml',
  );
});

test('a Job that fails is exit code 1, with its reason', async () => {
  const looks = [
    { pods: [pod('p', { main: [ended('smoke-test', 1)] })], ...failed('BackoffLimitExceeded', 'enough') },
  ];
  const { status, stderr } = await job(['smoke-test', 'milvus', '-n', 'else'], looks);
  expect(status).toBe(1);
  expect(stderr).toContain(
    'Job milvus-smoke-test failed: BackoffLimitExceeded: enough; container smoke-test ended with exit code 1\n',
  );
});

test('a backup is made from its CronJob, under a name of its own', async () => {
  const { status, calls } = await job(['backup', '--context', 'prod', '-n', 'else'], [complete]);
  expect(status).toBe(0);
  expect(calls[0]).toMatch(
    /^--namespace=else --context=prod create job milvus-backup-\d{14} --from=cronjob\/milvus-backup$/,
  );
});

test('a restore takes variables, which go through kubectl', async () => {
  const { calls } = await job(
    ['restore', '--set', 'BACKUP=20260701T021500Z', '--set', 'RESTORE_FORCE=true'],
    [complete],
  );
  expect(calls.slice(0, 3)).toEqual([
    '--namespace=vectors set env --local --filename=dist/jobs/milvus-restore.k8s.yaml --output=yaml BACKUP=20260701T021500Z RESTORE_FORCE=true',
    '--namespace=vectors replace --force --cascade=foreground --filename -',
    '< set: BACKUP=20260701T021500Z RESTORE_FORCE=true',
  ]);
});

test.each([
  [['job', 'restore']],
  [['job', 'smoke-test']],
  [['restore', '--yes', '20260701T021500Z']],
  [['restore', '--undo']],
])('%j while a restore is declared: nothing is done beside it', async (args) => {
  const { status, stderr, calls } = await ran([...args, '-c', 'restored.yaml'], [complete]);
  expect({ status, calls }).toEqual({ status: 1, calls: [] });
  expect(stderr).toMatch(
    /^backup\.restore of milvus is in the configuration, .* until it is taken out: cdk8s-milvus status milvus says how far it is\.\n$/,
  );
});

test('while a restore is declared, backups are listed', async () => {
  writeFileSync(join(directory, 'dist/jobs/milvus-list-backups.k8s.yaml'), '');
  const { status } = await ran(['job', 'list-backups', '-c', 'restored.yaml'], [complete]);
  expect(status).toBe(0);
});

test('of several clusters one is named, and has its directory', async () => {
  const several = ['-c', 'milvus.yaml,other.yaml'];
  const { status, calls } = await job(['smoke-test', 'other', ...several], right);
  expect({ status, first: calls[0] }).toEqual({
    status: 0,
    first: 'replace --force --cascade=foreground --filename dist/other/jobs/other-smoke-test.k8s.yaml',
  });
  expect((await job(['smoke-test', ...several])).stderr).toContain(
    'which cluster? The configuration has several: milvus, other',
  );
});

test.each<[args: string[], status: number, words: string]>([
  [[], 2, 'which Job? smoke-test, backup, restore'],
  [['smoketest'], 2, 'did you mean "smoke-test"?'],
  [['smoke-test', 'milvsu'], 2, 'there is no cluster "milvsu" in the configuration: milvus'],
  [['smoke-test', 'milvus', 'other'], 2, 'one cluster at a time'],
  [['restore', '--set', 'BACKUP'], 2, "option '--set' is NAME=VALUE, not BACKUP"],
  [['backup', '--set', 'A=b'], 2, "option '--set' is not for backup"],
])('%j is refused', async (args, status, words) => {
  const { stderr, ...rest } = await job(args, right);
  expect({ status: rest.status, stderr }).toEqual({ status, stderr: expect.stringContaining(words) });
});

test.each<[args: string[], words: string]>([
  [['smoke-test', '-o', 'none'], 'There is no none/jobs/milvus-smoke-test.k8s.yaml: synthesize first'],
  [['backup', '-c', 'other.yaml'], 'other has no backups'],
])('%j: what is not there is said', async (args, words) => {
  const { status, stderr, calls } = await job(args);
  expect({ status, stderr, calls }).toEqual({ status: 1, stderr: expect.stringContaining(words), calls: [] });
});

test('Ctrl-C says how to go on, in words that can be pasted', async () => {
  const { env } = life([{ pods: [pod('p', { main: [running('smoke-test')] })] }], {
    'smoke-test': 'begins\n',
  });
  const child = spawn(process.execPath, [...COMMAND, 'smoke-test'], { cwd: directory, env });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.once('data', () => child.kill('SIGINT'));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const goOn = untilJobEnds('kubectl --namespace=vectors', 'milvus-smoke-test');
  expect({ code, stderr }).toEqual({
    code: 130,
    stderr: `Job milvus-smoke-test is started.\n\nThe Job goes on. Its end and its log:\n  ${goOn}\nTo stop it:\n  kubectl --namespace=vectors delete job/milvus-smoke-test\n`,
  });
}, 60_000);

test.each([
  ['Complete', complete],
  ['Failed', failed('BackoffLimitExceeded', 'enough')],
])(
  'the line for kubectl alone ends with a Job that is %s',
  (word, end) => {
    const suspended = { conditions: [{ type: 'SuccessCriteriaMet' }, { type: 'FailureTarget' }] };
    const { env } = life([{}, suspended, end], { download: 'got it\n', load: 'loaded\n' });
    const { status, stdout } = spawnSync('sh', ['-c', untilJobEnds('kubectl', 'x')], {
      encoding: 'utf8',
      env,
      timeout: 20_000,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${word}\ngot it\nloaded\n` });
  },
  30_000,
);
