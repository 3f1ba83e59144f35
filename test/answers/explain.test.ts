import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Explanation } from '../../lib/answers/explain';
import { configurationKeys } from '../../lib/config/keys';
import { runIn } from '../cli/support';

const directory = mkdtempSync(join(tmpdir(), 'explain-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(
  join(directory, 'milvus.yaml'),
  `name: music
s3: {address: rgw, bucket: vectors, credentials: {inline: {accessKey: KEPT-SECRET, secretKey: KEPT-SECRET}}}
readonly:
  cache: {cacheSize: 8GB}
`,
);

async function explained(...args: string[]): Promise<readonly Explanation[]> {
  const { code, stdout, stderr } = await runIn(directory, ['explain', ...args, '--format', 'json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Explanation[];
}

test('a key: what it is, from where, who reads it, and what a change does', async () => {
  const [cache] = await explained('readonly.cache.cacheSize');
  expect(cache).toMatchObject({
    takes: 'a size in whole bytes such as 4GB or 512MB',
    default: expect.stringContaining('what a memory limit that you set leaves'),
    value: '8GB',
    from: 'milvus.yaml:4:22',
    source: expect.stringContaining('cache.cache_size of server_config.yaml'),
    change: { tried: '8GB -> 16GB', beside: [] },
  });
  expect(cache?.readBy).toContain('ConfigMap/music: data."readonly_server_config.yaml": cache.cache_size');
  const effects = cache?.change?.effects.join('\n');
  expect(effects).toContain('Restarts Deployment/music-readonly. The readers, one after another.');
  expect(effects).not.toContain('music-writable');
});

test.each<[key: string, effects: RegExp]>([
  ['readonly.replicas', /^Scales Deployment\/music-readonly from 1 to 2 pods/m],
  [
    'wal.bufferSize',
    /Restarts Deployment\/music-writable\. The writable\. It stops before it starts again: at most 300 s/,
  ],
  [
    'mysql.persistence.size',
    /Can not be changed in place: StatefulSet\/music-mysql spec\.volumeClaimTemplates.*--cascade=orphan.*patch pvc data-music-mysql-0/,
  ],
  ['wal.persistence.size', /^No pod restarts: it is in force at once\.$/],
  [
    'wal.persistence.storageClassName',
    /Can not be changed in place: PersistentVolumeClaim\/music-writable-wal spec\.storageClassName/,
  ],
  [
    'instance',
    /Can not be changed in place: Deployment\/music-readonly spec\.selector.*kubectl delete deployment music-readonly/,
  ],
  ['networkPolicy.enabled', /No longer there: NetworkPolicy\/music-default-deny.*delete them/],
  ['mode', /Refused beside the rest of the configuration: .*standalone/],
])('what a change of %s does', async (key, effects) => {
  const [explanation] = await explained(key);
  expect(explanation?.change?.effects.join('\n')).toMatch(effects);
});

test('what nothing reads is tried with its part switched on', async () => {
  const [schedule] = await explained('backup.schedule');
  expect(schedule?.change).toMatchObject({
    beside: ['backup.enabled: true'],
    effects: ['No pod restarts: the next run has it.'],
  });
});

test('a section lists its keys, and a field of a pod has the words of Kubernetes', async () => {
  const [section, field] = await explained(
    's3',
    'readonly.podTemplate.spec.containers[name=milvus].resources',
  );
  expect(section?.keys?.map(({ key }) => key)).toEqual(expect.arrayContaining(['s3.address', 's3.tls']));
  expect(field).toMatchObject({
    description: expect.stringContaining('Compute Resources required by this container'),
    takes: 'a mapping',
    source: expect.stringMatching(/Kubernetes 1\.\d+/),
    change: { effects: [expect.stringContaining('Restarts Deployment/music-readonly')] },
  });
});

test.each<[args: readonly string[], words: string]>([
  [['readonly.cache.cachSize'], 'did you mean "readonly.cache.cacheSize"?'],
  [['cacheSize'], 'readonly.cache.cacheSize'],
  [['podTemplate.spec.nodeSelectr'], 'did you mean "nodeSelector"?'],
  [['nothing-like-it'], 'At the top are: name, mode'],
  [[], 'which key?'],
  [['name', '--cluster', 'other'], 'there is no cluster "other"; there are music'],
])('explain %j: 2, and what was meant', async (args, words) => {
  const { code, stdout, stderr } = await runIn(directory, ['explain', ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});

test('without a configuration that can be used it is that of a cluster with all defaults, which is said', async () => {
  const empty = mkdtempSync(join(directory, 'empty-'));
  expect((await runIn(empty, ['explain', 'name'])).stdout).toContain(
    'For a cluster with all defaults: milvus.yaml can not be used',
  );
  expect(await runIn(empty, ['explain', 'name', '-c', 'none.yaml'])).toMatchObject({ code: 1, stdout: '' });
});

/** What writable, readonly and the workloads share is the same code: one of them is enough. */
const SHARED =
  /^(writable|mishards|mysql|minio|admin|backup|smokeTest)\.(.*\.)?(logs|engine|gpu|cache|resources|podTemplate|persistence)(\.|$)/;

test('every key has an explanation, with what a change does; and none has a credential', async () => {
  const keys = configurationKeys().filter(({ path }) => !SHARED.test(path));
  const all = await explained(...keys.map(({ path }) => path));
  const sections = new Set(keys.filter(({ section }) => section).map(({ path }) => path));
  const without = all.filter(({ key, change }) => change === undefined && !sections.has(key));
  // One value alone is taken.
  expect(without.map(({ key }) => key)).toEqual(['writable.replicas']);
  for (const { key, description, takes, keys: inside } of all) {
    expect([key, description === '', takes === undefined && inside === undefined]).toEqual([
      key,
      false,
      false,
    ]);
  }
  expect(JSON.stringify(all)).not.toContain('KEPT-SECRET');
}, 300_000);

test('fields that no pod template has are told, whatever JavaScript has under that name', async () => {
  for (const key of ['toString', '__proto__', 'constructor', 'spce']) {
    const { code, stderr } = await runIn(directory, ['explain', `writable.podTemplate.spec.${key}`]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`has no "spec.${key}"`) });
  }
});
