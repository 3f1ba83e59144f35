import type { MilvusConfig } from '../../lib';
import { summary } from '../../lib';
import { clusterOf, jobsOf, manifestsOf, minimal } from '../support/clusters';
import { at, containers, find, idOf, podTemplates, records } from '../support/manifests';

const standalone: MilvusConfig = { name: 'milvus-test', mode: 'standalone' };
const configOf = (config: MilvusConfig) =>
  String(at(find(manifestsOf(config), 'ConfigMap', 'milvus-test'), 'data', 'server_config.yaml'));
const secretsOf = (config: MilvusConfig) =>
  [
    ...new Set(
      [...manifestsOf(config), ...jobsOf(config)].flatMap((one) =>
        podTemplates([one]).flatMap(({ spec }) => [
          ...containers(spec).flatMap((container) =>
            records(container['env']).map(({ valueFrom }) => at(valueFrom, 'secretKeyRef', 'name')),
          ),
          ...records(spec['volumes']).map((volume) => at(volume, 'secret', 'secretName')),
        ]),
      ),
    ),
  ].filter((name) => name !== undefined);

test('one server, MySQL, and the Service in front of the server', () => {
  const ids = manifestsOf(standalone)
    .map(idOf)
    .filter((id) => !id.startsWith('NetworkPolicy/'));
  expect(ids).toEqual([
    'ConfigMap/milvus-test-scripts',
    'ConfigMap/milvus-test',
    'ConfigMap/milvus-test-mysql-configuration',
    'StatefulSet/milvus-test-mysql',
    'Service/milvus-test-mysql-headless',
    'Service/milvus-test-mysql',
    'PersistentVolumeClaim/milvus-test-writable-wal',
    'PersistentVolumeClaim/milvus-test',
    'Deployment/milvus-test-writable',
    'Service/milvus-test',
  ]);
  const service = find(manifestsOf(standalone), 'Service', 'milvus-test');
  expect(service).toMatchObject({
    spec: {
      selector: { component: 'writable' },
      ports: [{ name: 'engine', port: 19530, targetPort: 'engine' }],
    },
  });
  expect(clusterOf(standalone)).toMatchObject({ writable: { host: 'milvus-test', port: 19530 } });
  expect([clusterOf(standalone).mishards, clusterOf(standalone).readonly]).toEqual([undefined, undefined]);
});

test('it reads and writes by itself, on its volume, and caches as a reader does', () => {
  const config = configOf(standalone);
  expect(config).toContain('cluster:\n  enable: false\n  role: rw\n');
  expect(config).toContain('s3_enabled: false\n');
  expect(config).not.toContain('s3_bucket');
  expect(config).toContain('cache_size: 4GB\n');
  expect(at(find(manifestsOf(standalone), 'ConfigMap', 'milvus-test'), 'data')).not.toHaveProperty([
    'readonly_server_config.yaml',
  ]);
});

test('its directory db is on a claim of one node, and the lock beside it is not', () => {
  const manifests = manifestsOf(standalone);
  expect(find(manifests, 'PersistentVolumeClaim', 'milvus-test')).toMatchObject({
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '50Gi' } } },
  });
  const [server] = records(
    at(find(manifests, 'Deployment', 'milvus-test-writable'), 'spec', 'template', 'spec', 'containers'),
  );
  expect(server?.['volumeMounts']).toEqual(
    expect.arrayContaining([
      { name: 'lock', mountPath: '/var/lib/milvus/data' },
      { name: 'storage', mountPath: '/var/lib/milvus/data/db' },
    ]),
  );
});

test.each<[what: string, config: MilvusConfig, secrets: readonly string[]]>([
  ['MySQL', standalone, ['milvus-test-mysql']],
  ['SQLite', { ...standalone, mysql: { enabled: false } }, []],
  ['S3', { ...minimal, mode: 'standalone' }, ['milvus-test-mysql', 'milvus-test-s3']],
  ['an external MySQL', { ...standalone, externalMysql: { host: 'db' } }, ['milvus-test-mysql']],
])('with %s it needs these Secrets alone', (_, config, secrets) => {
  expect(secretsOf(config).sort()).toEqual(secrets);
});

test('SQLite: the metadata is with the data, and nobody waits for MySQL', () => {
  const config: MilvusConfig = { ...standalone, mysql: { enabled: false } };
  expect(configOf(config)).toContain('meta_uri: sqlite://:@:/\n');
  const [server] = podTemplates(manifestsOf(config));
  expect(records(server?.spec['initContainers']).map(({ name }) => name)).toEqual([
    'volume-preflight',
    'render-config',
  ]);
});

test('beside S3 SQLite has a volume, as the vectors are in the bucket and it is not', () => {
  const config: MilvusConfig = { ...minimal, mode: 'standalone', mysql: { enabled: false } };
  expect(manifestsOf(config).map(idOf)).toContain('PersistentVolumeClaim/milvus-test');
  expect(manifestsOf({ ...minimal, mode: 'standalone' }).map(idOf)).not.toContain(
    'PersistentVolumeClaim/milvus-test',
  );
});

test('the smoke test and the next commands are for the server', () => {
  const { settings } = clusterOf(standalone);
  const text = summary({
    outdir: 'dist',
    clusters: [{ settings, file: 'f', objects: 1, jobs: { 'smoke-test': 'jobs/s' } }],
    written: { files: ['f'], changed: 1, removed: [] },
  } as unknown as Parameters<typeof summary>[0]);
  expect(text).toContain('rollout status deployment/milvus-test-writable');
  expect(text).not.toContain('mishards');
  const [job] = jobsOf(standalone);
  expect(JSON.stringify(job)).toContain('"MILVUS_HOST","value":"milvus-test"');
});
