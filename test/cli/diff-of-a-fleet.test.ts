import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EffectGroup } from '../../lib/answers/fleet-differences';
import { ROOT } from '../support/project';
import { requires } from '../support/requires';
import { runIn } from './support';

const directory = mkdtempSync(join(tmpdir(), 'diff-fleet-'));
afterAll(() => rmSync(directory, { recursive: true }));
const BASE = 's3: { address: rgw.storage.example.com }\nmishards: { replicas: 2 }\n';
const ARGS = ['-c', 'clusters'];

/** A fleet over one base, with its manifests. */
async function fleet(name: string, clusters: Readonly<Record<string, string>>): Promise<string> {
  const place = join(directory, name);
  mkdirSync(join(place, 'clusters'), { recursive: true });
  writeFileSync(join(place, 'base.yaml'), BASE);
  for (const [cluster, more] of Object.entries(clusters)) {
    const own = `extends: ../base.yaml\nname: ${cluster}\nnamespace: ${cluster}\ns3: { bucket: ${cluster} }\n`;
    writeFileSync(join(place, 'clusters', `${cluster}.yaml`), own + more);
  }
  // The program itself, which takes threads for many.
  const { status } = spawnSync('node', [join(ROOT, 'synth.js')], {
    cwd: place,
    env: { ...process.env, MILVUS_CONFIG: 'clusters' },
  });
  expect(status).toBe(0);
  return place;
}
const base = (place: string, more: string) => writeFileSync(join(place, 'base.yaml'), BASE + more);
const diff = (place: string, ...args: string[]) =>
  runIn(place, ['diff', '--against', 'dist', ...ARGS, ...args]);

test('500 clusters: how many do what, then what that is, in about the time of a synth', async () => {
  const names = Array.from({ length: 500 }, (_, index) => `tenant-${String(index).padStart(3, '0')}`);
  const own = 'readonly: { cache: { cacheSize: 8GB } }\n';
  const start = performance.now();
  const place = await fleet(
    'large',
    Object.fromEntries(names.map((name, index) => [name, index < 18 ? own : ''])),
  );
  const synth = performance.now() - start;
  base(place, own);
  const { code, stdout, stderr } = await diff(place);
  expect(performance.now() - start - synth).toBeLessThan(4 * synth);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toMatch(/^500 clusters:\n {2}482 {2}restart readers\n {3}18 {2}nothing\n\n/);
  expect(stdout.split('\n').length).toBeLessThan(30);
  expect(stdout).toContain(
    '482 clusters restart readers: tenant-018, tenant-019, tenant-020, tenant-021, tenant-022, tenant-023 and 476 more',
  );
  expect(stdout).toContain('  changed  Deployment/NAME-readonly\n');
  expect(stdout).toContain('memory: 7Gi -> 12Gi\n');
  expect(stdout).toContain('  - Restarts Deployment/NAME-readonly. The readers, one after another.');
  expect(stdout).toContain('Nothing happens to 18 clusters: tenant-000, ');
}, 300_000);

describe('a fleet of all kinds', () => {
  let place: string;
  beforeAll(async () => {
    place = await fleet('mixed', {
      books: 'readonly: { cache: { cacheSize: 2GB } }\n',
      films: 'readonly: { cache: { cacheSize: 2GB } }\nmishards: { maxWorkers: 60 }\n',
      games: 'readonly: { cache: { cacheSize: 1GB } }\n',
      leaving: '',
      music: '',
      still: 'mishards: { maxWorkers: 90, replicas: 1 }\n',
    });
    rmSync(join(place, 'clusters/leaving.yaml'));
    writeFileSync(
      join(place, 'clusters/young.yaml'),
      'extends: ../base.yaml\nname: young\nnamespace: young\ns3: { bucket: young }\n',
    );
    base(place, 'readonly: { cache: { cacheSize: 8GB } }\nmysql: { persistence: { size: 9Gi } }\n');
    for (const name of ['books', 'films', 'games', 'music']) {
      const file = join(place, 'clusters', `${name}.yaml`);
      const lines = readFileSync(file, 'utf8').split('\n');
      writeFileSync(file, `${lines.filter((line) => !line.startsWith('readonly')).join('\n')}`);
    }
    writeFileSync(
      join(place, 'clusters/still.yaml'),
      `${readFileSync(join(place, 'clusters/still.yaml'), 'utf8')}readonly: { cache: { cacheSize: 4GB } }\nmysql: { persistence: { size: 4Gi } }\n`,
    );
  });

  test('those to which the same happens are one group, whatever their values', async () => {
    const { code, stdout } = await diff(place);
    expect(code).toBe(1);
    expect(stdout).toContain('cache.cache_size: 2GB/1GB/4GB -> 8GB');
    expect(stdout).toMatch(
      /4 clusters can not change StatefulSet\/NAME-mysql in place; restart readers: books, films, games, music/,
    );
    expect(stdout).toContain('kubectl delete statefulset NAME-mysql --cascade=orphan');
    expect(stdout).toMatch(/^young: \d+ objects$/m);
    expect(stdout).toMatch(/^leaving: \d+ objects$/m);
  });

  test('for programs: every group with all of its clusters', async () => {
    const groups = JSON.parse((await diff(place, '--format', 'json')).stdout) as readonly EffectGroup[];
    expect(groups.map(({ effect, clusters }) => [effect, clusters])).toEqual([
      [
        'can not change StatefulSet/NAME-mysql in place; restart readers',
        ['books', 'films', 'games', 'music'],
      ],
      ['are new', ['young']],
      ['are no longer configured', ['leaving']],
      ['nothing', ['still']],
    ]);
    expect(groups[0]?.objects.map(({ id, how }) => `${how} ${id}`)).toEqual(
      expect.arrayContaining(['changed StatefulSet/NAME-mysql', 'changed Deployment/NAME-readonly']),
    );
    expect(groups[0]?.effects.join('\n')).toContain('Restarts Deployment/NAME-readonly.');
  });
});

test('clusters of one name in two namespaces are two', async () => {
  const place = join(directory, 'namesakes');
  const of = (namespace: string, more: string) =>
    `name: milvus\nnamespace: ${namespace}\ns3: { address: rgw, bucket: ${namespace}-vectors }\n${more}`;
  const write = (more: string) =>
    writeFileSync(join(place, 'milvus.yaml'), `${of('one', '')}---\n${of('two', more)}`);
  mkdirSync(place);
  write('');
  await runIn(place, ['synth', '-q']);
  write('mishards: { maxWorkers: 60 }\n');
  const { stdout } = await runIn(place, ['diff', '--against', 'dist']);
  expect(stdout).toMatch(
    /^2 clusters:\n {2}1 {2}restart proxies\n {2}1 {2}nothing\n\ntwo\.milvus: 1 object\n/,
  );
  expect(stdout).toContain('Nothing happens to 1 cluster: one.milvus\n');
});

(requires('git') ? test : test.skip)('against a revision, with all files from one process', async () => {
  const place = await fleet('committed', { books: '', music: '' });
  const git = (...args: string[]) =>
    expect(
      spawnSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], { cwd: place }),
    ).toMatchObject({ status: 0 });
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'first');
  expect((await runIn(place, ['diff', '--against', 'HEAD', ...ARGS])).code).toBe(0);
  base(place, 'milvus: { timezone: UTC+8 }\n');
  const { stdout } = await runIn(place, ['diff', '--against', 'HEAD', ...ARGS]);
  expect(stdout).toContain('2 clusters restart the writable, readers: books, music\n');
});
