import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { stringify } from 'yaml';
import { main } from '../../lib/cli';
import { minimal } from '../support/clusters';
import { LiveCluster } from '../support/live-cluster';

const directory = mkdtempSync(join(tmpdir(), 'status-'));
afterAll(() => rmSync(directory, { recursive: true }));
const bin = join(directory, 'bin');
mkdirSync(bin);
/** Answers lists from a file; the second and later times from a second one, where there is one. */
writeFileSync(
  join(bin, 'kubectl'),
  `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
fs.appendFileSync('${directory}/calls', args.join(' ') + '\\n');
const asked = args.find((one) => /^(pods|deployments|secrets)/.test(one)) ?? '';
if (args.includes('get') && asked.startsWith('secrets')) process.stdout.write(fs.readFileSync('${directory}/secrets'));
else if (args.includes('get')) {
  const file = fs.existsSync('${directory}/step') && fs.existsSync('${directory}/later.json') ? 'later' : 'world';
  if (asked.startsWith('deployments,')) fs.writeFileSync('${directory}/step', '');
  const items = JSON.parse(fs.readFileSync('${directory}/' + file + '.json'));
  const named = args.find((one) => one.startsWith('--namespace='))?.slice(12);
  const kinds = asked.split(',');
  console.log(JSON.stringify({ items: items.filter(({ kind, metadata }) => kinds.includes(kind.toLowerCase() + 's') && (named ?? metadata.namespace) === metadata.namespace) }));
}
`,
);
chmodSync(join(bin, 'kubectl'), 0o755);

const config = { ...minimal, namespace: 'vectors' };
const name = minimal.name;

async function status(
  args: readonly string[],
  worlds: readonly LiveCluster[],
  isTTY = false,
  later?: LiveCluster,
) {
  for (const file of ['step', 'later.json']) rmSync(join(directory, file), { force: true });
  writeFileSync(join(directory, 'calls'), '');
  const write = (file: string, clusters: readonly LiveCluster[]) =>
    writeFileSync(join(directory, file), JSON.stringify(clusters.flatMap(({ objects }) => objects)));
  write('world.json', worlds);
  if (later !== undefined) write('later.json', [later]);
  const secrets = worlds.flatMap((world) =>
    [...world.secrets].map(([secret, keys]) => [secret, ...keys].join(' ')),
  );
  writeFileSync(join(directory, 'secrets'), secrets.join('\n'));
  let [stdout, stderr] = ['', ''];
  const code = await main(['status', ...args], {
    stdout: { isTTY, write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    cwd: directory,
    env: { PATH: [bin, process.env['PATH']].join(delimiter) },
  });
  return { code, stdout, stderr, calls: readFileSync(join(directory, 'calls'), 'utf8').trim().split('\n') };
}
const configure = (...configs: readonly object[]) =>
  writeFileSync(join(directory, 'milvus.yaml'), configs.map((one) => stringify(one)).join('---\n'));
const broken = (reason = 'ImagePullBackOff') => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${name}-mishards`, 'mishards', { state: { waiting: { reason, message: 'gone' } } });
  return cluster;
};

beforeEach(() => configure(config));

test('ready is exit code 0, something in the way 1', async () => {
  const well = await status([], [new LiveCluster(config)]);
  expect(well).toMatchObject({ code: 0, stderr: '' });
  expect(well.stdout).toMatch(/^milvus-test in namespace vectors: ready\n/);
  const not = await status([name], [broken()]);
  expect(not.code).toBe(1);
  expect(not.stdout).toContain('docs/how-to/troubleshoot.md#an-image-can-not-be-pulled');
  expect(not.stdout).not.toContain('\x1b');
});

test('in a terminal with colours, unless NO_COLOR is set', async () => {
  expect((await status([], [broken()], true)).stdout).toContain('\x1b[31m');
});

test('for programs', async () => {
  const { code, stdout } = await status(['--format', 'json'], [broken()]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([
    {
      name,
      namespace: 'vectors',
      ready: false,
      causes: [
        { kind: 'an-image-can-not-be-pulled', mends: false, documentation: expect.stringContaining('#') },
      ],
    },
  ]);
});

test('context, kubeconfig and namespace are passed on, and the namespace of the command line wins', async () => {
  const { calls } = await status(
    ['-n', 'other', '--context', 'prod', '--kubeconfig', '/k'],
    [new LiveCluster(config, 'other')],
  );
  expect(calls[0]).toMatch(/^--context=prod --kubeconfig=\/k get deployments,\S+ --namespace=other /);
});

test('in another namespace than was asked: which', async () => {
  const { code, stdout } = await status(['-n', 'empty'], [new LiveCluster(config)]);
  expect(code).toBe(1);
  expect(stdout).toContain('it is in namespace vectors: add -n vectors');
});

describe('waiting', () => {
  test('until all is ready, with a line for each change', async () => {
    const { code, stdout, stderr } = await status(
      ['--wait'],
      [broken('ContainerCreating')],
      false,
      new LiveCluster(config),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^milvus-test-mysql 1\/1, .*milvus-test-mishards 0\/1; pod\/milvus-test-mishards-0: /,
    );
    expect(stdout).toMatch(/: ready\n/);
  });

  test('until something is in the way that does not mend itself', async () => {
    const began = Date.now();
    const { code, stdout } = await status(['--wait=10m'], [broken()]);
    expect(code).toBe(1);
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(stdout).toContain('an-image-can-not-be-pulled');
  });

  test('as long as it was told to', async () => {
    const waited = await status(['--wait=1s'], [broken('ContainerCreating')]);
    expect(waited).toMatchObject({ code: 1, stderr: expect.stringContaining('Not ready after 1s.') });
  });

  test('a live display in a terminal', async () => {
    const { stdout } = await status(['--wait=1s'], [broken('ContainerCreating')], true);
    expect(stdout.split('\x1b[2J').length).toBeGreaterThan(1);
  });

  test.each(['5', 'soon', '1d', '-1s'])('%s is no time, or one in seconds', async (time) => {
    const { code, stderr } = await status([`--wait=${time}`], [new LiveCluster(config)]);
    if (time === '5') expect(code).toBe(0);
    else
      expect({ code, stderr }).toMatchObject({
        code: 2,
        stderr: expect.stringContaining("option '--wait' is a time such as 15m"),
      });
  });
});

test('a fleet of 200 is a table, and two questions', async () => {
  const configs = Array.from({ length: 200 }, (_, index) => ({
    ...minimal,
    name: `cluster-${index}`,
    s3: { ...minimal.s3, bucket: `bucket-${index}` },
    namespace: `team-${index % 20}`,
  }));
  configure(...configs);
  const { code, stdout, calls } = await status(
    [],
    configs.map((one) => new LiveCluster(one, one.namespace)),
  );
  expect(stdout).toContain('200 of 200 clusters are ready.');
  expect(code).toBe(0);
  expect(calls).toHaveLength(2);
  expect(calls[0]).toContain('--all-namespaces');
}, 120_000);

test('a cluster that is not in the configuration, and no kubectl', async () => {
  const run = async (args: readonly string[], PATH: string) => {
    let written = '';
    const write = (text: string) => {
      written += text;
    };
    const code = await main(['status', ...args], {
      stdout: { write },
      stderr: { write },
      cwd: directory,
      env: { PATH },
    });
    return { code, written };
  };
  expect(await run(['other'], bin)).toEqual({
    code: 2,
    written: expect.stringContaining('there is no cluster "other" in the configuration: milvus-test'),
  });
  expect(await run([], directory)).toEqual({
    code: 1,
    written: expect.stringContaining('There is no kubectl in any directory of PATH'),
  });
});
