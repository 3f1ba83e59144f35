import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { ClusterChanges } from '../../lib/answers/differences';
import type { Manifest } from '../../lib/output/changes';
import { ROOT } from '../support/project';
import { describeWith } from '../support/requires';
import { runIn } from './support';

const directory = mkdtempSync(join(tmpdir(), 'diff-words-'));
afterAll(() => rmSync(directory, { recursive: true }));
let made = 0;

const MILVUS = `name: music
s3: {address: rgw, bucket: vectors, credentials: {inline: {accessKey: FIRST-SECRET, secretKey: FIRST-SECRET}}}
mysql: {persistence: {size: 4Gi}}
`;

/** A directory with a configuration and its manifests. */
async function project(config = MILVUS): Promise<string> {
  const place = join(directory, `project-${made++}`);
  mkdirSync(place);
  writeFileSync(join(place, 'milvus.yaml'), config);
  expect((await runIn(place, ['synth', '-q'])).code).toBe(0);
  return place;
}
const change = (place: string, config: string) => writeFileSync(join(place, 'milvus.yaml'), config);
const diff = (place: string, ...args: string[]) => runIn(place, ['diff', ...args]);

test.each([
  'milvus.yaml',
  'examples/production/milvus.yaml',
  'examples/fleet/clusters',
  'examples/standalone/milvus.yaml',
])('nothing differs after a synth of %s', async (config) => {
  const place = join(directory, `project-${made++}`);
  mkdirSync(place);
  cpSync(join(ROOT, 'examples'), join(place, 'examples'), { recursive: true });
  cpSync(join(ROOT, 'milvus.yaml'), join(place, 'milvus.yaml'));
  await runIn(place, ['synth', '-q', '-c', config]);
  expect(await diff(place, '--against', 'dist', '-c', config)).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No differences: dist is what the configuration gives.\n',
  });
});

test('against dist: objects with what changes in them, restarts in their order, and what they mean', async () => {
  const place = await project();
  change(place, `${MILVUS}milvus: {timezone: UTC+8}\nreadonly: {replicas: 3}\nmishards: {logLevel: INFO}\n`);
  const { code, stdout, stderr } = await diff(place, '--against', 'dist');
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain('  changed  ConfigMap/music\n');
  expect(stdout).toContain('data."server_config.yaml": general.timezone: UTC+0 -> UTC+8');
  expect(stdout).toContain('  added    PodDisruptionBudget/music-readonly\n');
  expect(stdout).toContain('Scales Deployment/music-readonly from 1 to 3 pods');
  const restarts = [...stdout.matchAll(/^ {2}- Restarts (\S+)\./gm)].map(([, id]) => id);
  expect(restarts).toEqual([
    'Deployment/music-writable',
    'Deployment/music-readonly',
    'Deployment/music-mishards',
  ]);
  expect(stdout).toContain('they are ready in this order');
  expect(stdout).toMatch(
    /^When, at the longest.*\n.*\n {2}Deployment\/music-writable +\|-+=+ *\| {2}away for at most/m,
  );
});

test('what can not be changed in place, and what leaves the manifests, comes with the way', async () => {
  const place = await project();
  change(
    place,
    `${MILVUS.replace('4Gi', '8Gi')}networkPolicy: {enabled: false}\nwal: {persistence: {size: 5Gi}}\n`,
  );
  const { code, stdout } = await diff(place, '--against=dist');
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /Can not be changed in place: StatefulSet\/music-mysql spec\.volumeClaimTemplates.*--cascade=orphan/,
  );
  expect(stdout).toContain(
    'PersistentVolumeClaim/music-writable-wal spec.resources.requests.storage. A claim can grow, but not shrink: at least 10Gi.',
  );
  expect(stdout).toContain('  removed  NetworkPolicy/music-default-deny\n');
  expect(stdout).toContain('in force: delete them');
  expect(stdout).not.toContain('Restarts');
});

test('credentials are in no word; the same for programs', async () => {
  const place = await project();
  change(place, MILVUS.replaceAll('FIRST-SECRET', 'SECOND-SECRET'));
  const { stdout } = await diff(place, '--against', 'dist');
  expect(stdout).toContain('  changed  Secret/music-s3\n');
  const secret = new RegExp(`SECRET|${Buffer.from('FIRST-SECRET').toString('base64')}`);
  expect(stdout).not.toMatch(secret);
  const json = await diff(place, '--against', 'dist', '--format', 'json');
  expect(json.stdout).not.toMatch(secret);
  const [cluster] = JSON.parse(json.stdout) as readonly ClusterChanges[];
  expect(cluster).toMatchObject({
    instance: 'music',
    changes: { objects: [{ id: 'Secret/music-s3', how: 'changed' }] },
  });
});

test('several clusters have a part each, those that stay as they are have none', async () => {
  const of = (name: string, more = '') =>
    `name: ${name}\ns3: {address: rgw, bucket: ${name}-vectors}\n${more}`;
  const place = await project(`${of('one')}---\n${of('two')}`);
  change(place, `${of('one')}---\n${of('two', 'mishards: {maxWorkers: 60}\n')}---\n${of('three')}`);
  const { stdout } = await diff(place, '--against', 'dist');
  expect(stdout.match(/^\w+: \d+ objects?$/gm)).toEqual([
    'two: 1 object',
    expect.stringMatching(/^three: \d+ objects$/),
  ]);
});

describeWith(['git'], 'against a revision of git', () => {
  test('the manifests that were committed there', async () => {
    const place = await project();
    const git = (...args: string[]) =>
      expect(
        spawnSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], { cwd: place }),
      ).toMatchObject({ status: 0 });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'first');
    change(place, `${MILVUS}mishards: {maxWorkers: 60}\n`);
    await runIn(place, ['synth', '-q']);
    expect((await diff(place, '--against', 'dist')).code).toBe(0);
    const { code, stdout } = await diff(place, '--against', 'HEAD');
    expect([code, stdout]).toEqual([1, expect.stringContaining('Restarts Deployment/music-mishards.')]);
    git('commit', '-qam', 'second');
    expect((await diff(place, '--against', 'HEAD')).code).toBe(0);
    expect((await diff(place, '--against', 'HEAD~1')).code).toBe(1);
    for (const revision of ['none', '--output=x']) {
      expect(await diff(place, `--against=${revision}`)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('a revision that git knows'),
      });
    }
  });
});

test('what is for files alone does not go to kubectl', async () => {
  const place = await project();
  expect(await diff(place, '-c', 'milvus.yaml')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is for --against dist or a revision'),
  });
});

/** Shows both sides to the program that compares, in files, as kubectl does. */
const KUBECTL = `#!/bin/sh
\${KUBECTL_EXTERNAL_DIFF:-diff -u -N} "$SIDES/LIVE-1" "$SIDES/MERGED-2"
`;

describeWith(['diff'], 'against the cluster', () => {
  test('after what kubectl shows, what it means', async () => {
    const place = await project();
    const bin = join(place, 'bin');
    for (const side of ['bin', 'LIVE-1', 'MERGED-2']) mkdirSync(join(place, side));
    writeFileSync(join(bin, 'kubectl'), KUBECTL, { mode: 0o755 });
    for (const document of parseAllDocuments(readFileSync(join(place, 'dist/music.k8s.yaml'), 'utf8'))) {
      const object = document.toJS() as Manifest;
      const file = `${object.apiVersion.replace('/', '.')}.${object.kind}.default.${object.metadata.name}`;
      const stored = {
        ...object,
        metadata: { ...object.metadata, uid: 'x', generation: 1 },
        status: { observed: 1 },
      };
      writeFileSync(join(place, 'LIVE-1', file), stringify(stored));
      const merged = { ...stored, metadata: { ...stored.metadata, generation: 2 } };
      writeFileSync(join(place, 'MERGED-2', file), stringify(merged));
      if (object.kind !== 'Deployment' || !file.endsWith('readonly')) continue;
      writeFileSync(
        join(place, 'MERGED-2', file),
        stringify(merged).replaceAll('memory: 7Gi', 'memory: 9Gi'),
      );
    }
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'scripts/bundled.js'), 'cli', 'diff', '--against', 'cluster', '-n', 'default'],
      {
        cwd: place,
        encoding: 'utf8',
        env: {
          ...process.env,
          NODE_PATH: join(ROOT, 'node_modules'),
          SIDES: place,
          PATH: `${bin}:${process.env['PATH']}`,
        },
      },
    );
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('music: 1 object\n  changed  Deployment/music-readonly\n'),
    });
    expect(stdout).toContain('+              memory: 9Gi');
    expect(stderr).toContain('resources.limits.memory: 7Gi -> 9Gi');
    expect(stderr).toContain('Restarts Deployment/music-readonly. The readers');
    expect(stderr).toContain('There are differences');
  });
});
