import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { fromHelm, loadClusters, type MilvusConfig } from '../../lib';
import { sourceScenario, yamlOf } from '../support/clusters';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'from-helm-'));
afterAll(() => rmSync(directory, { recursive: true }));

const SCENARIO =
  'milvus-test milvus/milvus --version 1.1.6 --set cluster.enabled=true --set storage.s3.enabled=true --set storage.s3.address=192.168.18.13 --set storage.s3.port=80 --set storage.s3.access_key=CANARY-KEY --set storage.s3.secret_key=CANARY-SECRET --set storage.s3.bucket=milvus-test --set mysql.persistence.storageClass=csi-rbd-sc'.split(
    ' ',
  );
const noFile = (path: string): string => {
  throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
};
const run = (...args: string[]) => fromHelm(args, noFile);

test('the source scenario, pasted, gives what milvus.yaml gives', () => {
  const { stdout, exitCode } = run(...SCENARIO);
  expect(exitCode).toBe(0);
  const config = parse(stdout) as MilvusConfig;
  expect(config).toEqual({
    name: 'milvus-test',
    s3: {
      address: '192.168.18.13',
      port: 80,
      bucket: 'milvus-test',
      credentials: { existingSecret: 'milvus-test-s3' },
    },
    mysql: {
      persistence: { storageClassName: 'csi-rbd-sc' },
      credentials: { existingSecret: 'milvus-test-mysql' },
    },
  });
  expect(yamlOf(config)).toBe(yamlOf(sourceScenario));
});

test('what it prints is a milvus.yaml: it can be loaded', () => {
  const { stdout } = run(...SCENARIO, '-n', 'vectors');
  writeFileSync(join(directory, 'milvus.yaml'), stdout);
  const [cluster] = loadClusters({ config: join(directory, 'milvus.yaml'), env: {} });
  expect(cluster?.settings).toMatchObject({ name: 'milvus-test', namespace: 'vectors' });
  expect(stdout).toContain('# From the Helm release milvus-test of milvus/milvus in vectors.');
});

test('no credential is printed, but how to make the Secrets', () => {
  const { stdout, stderr } = run(...SCENARIO, '-n', 'vectors');
  expect(stdout + stderr).not.toContain('CANARY');
  expect(stderr).toBe(`
# Create the Secrets, unless they exist; set S3_ACCESS_KEY, S3_SECRET_KEY first:
kubectl -n vectors create secret generic milvus-test-s3 --from-literal=access-key="\${S3_ACCESS_KEY:?}" --from-literal=secret-key="\${S3_SECRET_KEY:?}"
kubectl -n vectors create secret generic milvus-test-mysql --from-literal=mysql-root-password="$(openssl rand -hex 24)" --from-literal=mysql-password="$(openssl rand -hex 24)"
`);
});

test('with --show-secrets the commands have the values, whatever is in them', () => {
  const { stdout, stderr } = run(
    ...SCENARIO,
    '--show-secrets',
    '--set-string',
    "mysql.mysqlPassword=it's $x",
  );
  expect(stdout).not.toContain('CANARY');
  expect(stderr).toContain(
    `--from-literal=access-key='CANARY-KEY' --from-literal=secret-key='CANARY-SECRET'`,
  );
  expect(stderr).toContain('# Create the Secrets, unless they exist:');
  const [, literal = ''] = /--from-literal=mysql-password=(.*)/.exec(stderr) ?? [];
  expect(execFileSync('sh', ['-c', `printf %s ${literal}`], { encoding: 'utf8' })).toBe("it's $x");
});

test('what was changed, replaced or dropped is on stderr, and where it shows in the file', () => {
  const { stdout, stderr } = run(...SCENARIO, '--set', 'network.httpPort=1,wal.recoveryErrorIgnore=false');
  expect(stderr).toContain('network.httpPort (dropped): no Service exposes the HTTP port');
  expect(stderr).toContain('wal.recoveryErrorIgnore (changed): kept; but');
  expect(stdout).toMatch(/^wal:\n {2}# wal\.recoveryErrorIgnore: kept; .*\n {2}recoveryErrorIgnore: false$/m);
});

test('files and warnings', () => {
  const { stdout, stderr } = fromHelm(
    ['db', 'milvus/milvus', '-f', 'v.yaml'],
    () => 'mysql: {enabled: false}\n',
  );
  expect(parse(stdout)).toEqual({
    name: 'db-milvus',
    mode: 'standalone',
    instance: 'db',
    mysql: { enabled: false },
  });
  expect(stderr).toBe('Warning: no --version was given; the values are read as those of chart 1.1.6.\n');
});

test.each<[args: readonly string[], words: string]>([
  [[], 'helm install: 1 problem'],
  [['milvus-test'], 'helm install: 1 problem'],
  [[...SCENARIO, '--nonsense'], '--nonsense: given an unknown flag'],
  [[...SCENARIO, '-f', 'none.yaml'], '--values: given none.yaml, which is not there'],
])('wrong arguments: nothing on stdout, everything on stderr, exit code 2 (%#)', (args, words) => {
  const { stdout, stderr, exitCode } = run(...args);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
  expect(stderr).toContain(words);
  expect(stderr).not.toContain('CANARY');
});

test('a value that can not be taken over is reported where it was given, by what counts at last', () => {
  const files: Record<string, string> = {
    'a.yaml': 'readonly:\n  replicas: many\nnonsense: 1\n',
    'b.yaml': 'wal:\n  recoveryErrorIgnore: {}\nreadonly: {replicas: [1]}\n',
  };
  const { problems = [], stderr } = fromHelm(
    [...SCENARIO, '-f', 'a.yaml,b.yaml', '--set', 'replicas=2,mishards.replica=1', '--set-string', 'other=x'],
    (path) => files[path] ?? '',
  );
  const places = problems.flatMap((report) =>
    report.problems.map(({ at, flag, path }) => [at ? `${at.file}:${at.line}:${at.column}` : flag, path]),
  );
  expect(places).toEqual([
    ['--set', 'mishards.replica'],
    ['--set-string', 'other'],
    ['--set', 'replicas'],
    ['a.yaml:3:11', 'nonsense'],
    ['b.yaml:2:3', 'wal.recoveryErrorIgnore'],
    ['b.yaml:3:12', 'readonly.replicas'],
  ]);
  expect(stderr).toContain('  - b.yaml:3:12: readonly.replicas: given');
  expect(stderr).toContain('  - --set replicas: given');
});

test.each<[args: readonly string[], words: string]>([
  [[...SCENARIO, '--set', 'replicas=2'], 'values of chart 1.1.6: 1 problem\n  - --set replicas:'],
  [[...SCENARIO, '--set', 'readonly.replica=2'], 'did you mean "replicas"?'],
  [
    [...SCENARIO, '--set', 'image.resources.limits.memory=1Gi'],
    'values of chart 1.1.6, as a configuration: 1 problem\n  - writable.resources.limits.memory: given 1Gi; expected at least',
  ],
])('bad values: nothing on stdout, everything on stderr, exit code 1 (%#)', (args, words) => {
  const { stdout, stderr, exitCode } = run(...args);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
  expect(stderr).toContain(words);
  expect(stderr).not.toContain('CANARY');
});

test('--help', () => {
  expect(run('--help')).toMatchObject({
    stdout: expect.stringContaining('npm run from-helm --'),
    exitCode: 0,
  });
});

test('as a command', () => {
  const stdout = execFileSync('npm', ['run', '--silent', 'from-helm', '--', ...SCENARIO], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(stdout).toBe(run(...SCENARIO).stdout);
});
