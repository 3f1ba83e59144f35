import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCount, type SizeAnswer } from '../../lib/answers/size';
import { loadClusters } from '../../lib/config/load';
import { runIn } from '../cli/support';

const directory = mkdtempSync(join(tmpdir(), 'size-'));
afterAll(() => rmSync(directory, { recursive: true }));

const sized = async (...args: string[]) => runIn(directory, ['size', ...args]);
async function answer(...args: string[]): Promise<SizeAnswer> {
  const { code, stdout, stderr } = await sized(...args, '--format', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as SizeAnswer;
}
const amounts = ({ rows }: SizeAnswer) => Object.fromEntries(rows.map(({ what, amount }) => [what, amount]));

test('the example of docs/how-to/size.md: 10 million vectors of 768 dimensions, and one reader may be lost', async () => {
  const result = await answer('--vectors', '10M', '--dim', '768', '--index', 'IVF_SQ8', '--replicas', '2');
  expect(amounts(result)).toMatchObject({
    'raw vectors': '28.61 GiB',
    index: '8.58 GiB',
    'cache of a reader': '8960MB',
    // 1.25 x (8960 MB + 64 MB) + 1 GiB = 12.02 GiB
    'memory of a reader': '13Gi',
    'memory of the writable': '8Gi',
  });
});

test.each([
  ['--vectors', '100M', '--dim', '128', '--index', 'IVF_SQ8', '--replicas', '3'],
  ['--vectors', '1', '--dim', '1'],
  ['--vectors', '2B', '--dim', '512', '--index', 'hnsw', '--replicas', '12'],
  ['--vectors', '5M', '--dim', '2048', '--binary', '--index', 'flat', '--replicas', '1'],
  ['--vectors', '1M', '--dim', '96', '--index', 'ANNOY', '--ratio', '2.5'],
])('the lines for milvus.yaml are a configuration, with the memory that was said: %j', async (...args) => {
  const { stdout } = await sized(...args);
  const [, lines = ''] = stdout.split('In milvus.yaml:\n\n');
  writeFileSync(join(directory, 'milvus.yaml'), `name: x\ns3: {address: rgw, bucket: vectors}\n${lines}`);
  const [cluster] = loadClusters({ cwd: directory, env: {} });
  const said = amounts(await answer(...args));
  expect(cluster?.settings.readonly.resources.limits.memory).toBe(said['memory of a reader']);
  expect(cluster?.settings.writable.resources.limits.memory).toBe(said['memory of the writable']);
});

test('a reader more holds less; a measured ratio counts', async () => {
  const cacheOf = async (...args: string[]) =>
    (await answer('--vectors', '100M', '--dim', '128', ...args)).config.readonly?.cache?.cacheSize;
  expect(await cacheOf('--replicas', '2', '--ratio', '0.5')).toBe('24576MB'.replace('24576MB', '24GB'));
  expect(await cacheOf('--replicas', '3', '--ratio', '0.5')).toBe('12GB');
});

test('readers that few nodes have room for: more of them, or several clusters', async () => {
  const question = ['--vectors', '100M', '--dim', '2048', '--index', 'FLAT'];
  expect((await answer(...question)).notes).toContain(
    'Few nodes have 955Gi free. More readers share the index: try --replicas 3.',
  );
  const { rows, notes } = await answer(...question, '--replicas', '3');
  expect(amounts({ rows, config: {}, notes })['memory of a reader']).toBe('478Gi');
  expect(notes.join()).not.toContain('Few nodes');
  expect((await answer('--vectors', '100B', '--dim', '2048', '--index', 'FLAT')).notes).toContainEqual(
    expect.stringMatching(/^Few nodes have \d+Gi free\. Spread the vectors over several clusters/),
  );
});

test.each([
  [[], 'for example: --vectors 20M --dim 256'],
  [['--dim', '128'], 'for example: --vectors 20M --dim 128'],
  [['--vectors', 'many', '--dim', '128'], "'--vectors' is a number such as"],
  [['--vectors', '1M'], 'for example: --vectors 1M --dim 256'],
  [['--vectors', '1M', '--dim', '1.5'], "'--dim' is a whole number"],
  [['--vectors', '1M', '--dim', '8', '--index', 'BTREE'], "'--index' is one of FLAT"],
  [['--vectors', '1M', '--dim', '8', '--index', 'ANNOY'], 'give --ratio'],
  [['--vectors', '1M', '--dim', '8', '--replicas', '0'], "'--replicas' is a whole number"],
  [['--vectors', '1M', '--dim', '8', '--binary'], "'--index' is one of FLAT, IVF_FLAT with binary vectors"],
  [['--vectors', '1M', '--dim', '9', '--binary', '--index', 'FLAT'], "'--dim' is a multiple of 8"],
  [['--vectors', '1M', '--dim', '8', '-c', 'milvus.yaml'], "'--quota' goes with '--config'"],
  [['--vectors', '1M', '--quota'], "'--quota' goes with '--config'"],
])('%j: wrong arguments', async (args, words) => {
  expect(await sized(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
});

test('counts as people write them', () => {
  expect(['100M', '1.5B', '250k', '1_000', '7', '0', '-1', '1e6', 'M'].map(parseCount)).toEqual([
    1e8,
    1.5e9,
    250_000,
    1000,
    7,
    undefined,
    undefined,
    1e6,
    undefined,
  ]);
});
