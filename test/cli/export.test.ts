import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { untilJobEnds } from '../../lib/kubernetes/jobs';
import { complete, ended, failed, fakeKubectl, type Look, pod, running } from '../support/job-life';
import { ROOT } from '../support/project';
import { runIn } from './support';

const directory = mkdtempSync(join(tmpdir(), 'export-run-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(
  join(directory, 'milvus.yaml'),
  'name: milvus\nnamespace: vectors\ns3: { address: rgw, bucket: milvus }\n',
);

let lives = 0;
function life(looks: readonly Look[], logs: Readonly<Record<string, string>>) {
  const bin = fakeKubectl(join(directory, `bin-${lives++}`), looks, logs);
  return {
    env: { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter), MILVUS_CONFIG: '' },
    calls: () => readFileSync(join(bin, 'calls'), 'utf8'),
  };
}

test.each([
  ['export', ['--all', '--part-size', '256'], ['-n', 'vectors', '--context', 'prod']],
  ['import', ['20260701T021500Z', '--collection', 'films'], ['--kubeconfig=other']],
] as const)(
  '%s --run puts in place what is printed without it, and follows it',
  async (name, args, target) => {
    const looks = [
      { pods: [pod('p', { main: [running(name)] })] },
      { pods: [pod('p', { main: [ended(name)] })], ...complete },
    ];
    const { env, calls } = life(looks, { [name]: 'all of it\n' });
    expect(await runIn(directory, [name, ...args, '--run', ...target], { env })).toEqual({
      code: 0,
      stdout: `[${name}] all of it\n`,
      stderr: `Job milvus-${name} is started.\nJob milvus-${name} is complete.\n`,
    });
    const printed = (await runIn(directory, [name, ...args])).stdout;
    expect(parseAllDocuments(printed).map((document) => document.get('kind'))).toEqual(['ConfigMap', 'Job']);
    const flags = { export: '--context=prod', import: '--kubeconfig=other' }[name];
    const replaced = `--namespace=vectors ${flags} replace --force --cascade=foreground --filename -\n< ${printed}`;
    expect(calls().slice(0, replaced.length)).toBe(replaced);
    expect(calls()).toContain(`--namespace=vectors ${flags} get job/milvus-${name} --output=json\n`);
  },
  60_000,
);

test('a Job that fails is exit code 1, with its log and its reason', async () => {
  const looks = [
    { pods: [pod('p', { main: [ended('export', 1)] })], ...failed('BackoffLimitExceeded', 'enough') },
  ];
  const { env } = life(looks, { export: 'milvus-export: there is no collection films\n' });
  expect(await runIn(directory, ['export', 'films', '--run'], { env })).toEqual({
    code: 1,
    stdout: '[export] milvus-export: there is no collection films\n',
    stderr:
      'Job milvus-export is started.\nJob milvus-export failed: BackoffLimitExceeded: enough; container export ended with exit code 1\n',
  });
});

test('Ctrl-C says how to go on', async () => {
  const { env } = life([{ pods: [pod('p', { main: [running('import')] })] }], { import: 'begins\n' });
  const command = [join(ROOT, 'scripts/bundled.js'), 'cli', 'import', '--run'];
  const child = spawn(process.execPath, command, { cwd: directory, env });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.once('data', () => child.kill('SIGINT'));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const goOn = untilJobEnds('kubectl --namespace=vectors', 'milvus-import');
  expect({ code, stderr }).toEqual({
    code: 130,
    stderr: `Job milvus-import is started.\n\nThe Job goes on. Its end and its log:\n  ${goOn}\nTo stop it:\n  kubectl --namespace=vectors delete job/milvus-import\n`,
  });
}, 60_000);

test.each([
  ['-n', 'namespace'],
  ['--context', 'context'],
  ['--kubeconfig', 'kubeconfig'],
])('%s alone is refused', async (flag, option) => {
  expect(await runIn(directory, ['import', flag, 'prod'])).toEqual({
    code: 2,
    stdout: '',
    stderr: `cdk8s-milvus: option '--${option}' needs --run\nSee cdk8s-milvus import --help\n`,
  });
});
