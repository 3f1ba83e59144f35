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

test('clients find it at the port and the address that are configured', () => {
  const config: MilvusConfig = {
    ...standalone,
    milvus: { network: { port: 19531 } },
    service: { type: 'LoadBalancer', port: 19540, loadBalancerSourceRanges: ['192.0.2.0/24'] },
  };
  expect(at(find(manifestsOf(config), 'Service', 'milvus-test'), 'spec')).toMatchObject({
    type: 'LoadBalancer',
    loadBalancerSourceRanges: ['192.0.2.0/24'],
    ports: [{ port: 19540, targetPort: 'engine' }],
  });
  expect(records(podTemplates(manifestsOf(config)).at(-1)?.spec['containers'])[0]?.['ports']).toContainEqual({
    name: 'engine',
    containerPort: 19531,
    protocol: 'TCP',
  });
  const [job] = jobsOf(config);
  expect(JSON.stringify(job)).toContain('"MILVUS_PORT","value":"19540"');
});

test('no Service, script or image of the proxy and the readers is left', () => {
  const manifests = manifestsOf(standalone);
  expect(manifests.filter(({ kind }) => kind === 'Service').map(idOf)).toEqual([
    'Service/milvus-test-mysql-headless',
    'Service/milvus-test-mysql',
    'Service/milvus-test',
  ]);
  // The smoke test runs in the image of the proxy, as a Job.
  const images = podTemplates(manifests).flatMap(({ spec }) => containers(spec).map(({ image }) => image));
  expect(images.filter((image) => String(image).includes('mishards'))).toEqual([]);
  expect(Object.keys(at(find(manifests, 'ConfigMap', 'milvus-test-scripts'), 'data') ?? {})).toEqual([
    'mysql-ready.sh',
    'mysql-start.sh',
    'render-config.sh',
    'smoke_test.py',
    'volume-preflight.sh',
    'wait-for-mysql.sh',
  ]);
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

const summaryOf = (config: MilvusConfig) =>
  summary({
    outdir: 'dist',
    clusters: [
      { settings: clusterOf(config).settings, file: 'f', objects: 1, jobs: { 'smoke-test': 'jobs/s' } },
    ],
    written: { files: ['f'], changed: 1, stale: [], removed: [] },
    warnings: [],
  } as unknown as Parameters<typeof summary>[0]);

test.each<[what: string, config: MilvusConfig, commands: readonly string[]]>([
  ['MySQL', standalone, ['milvus-test-mysql --from-literal=mysql-root-password="$(openssl']],
  ['SQLite', { ...standalone, mysql: { enabled: false } }, []],
  [
    'an external MySQL',
    { ...standalone, externalMysql: { host: 'db' } },
    ['milvus-test-mysql --from-literal=mysql-password="${MYSQL_PASSWORD:?}"'],
  ],
  [
    'SQLite and S3',
    { ...minimal, mode: 'standalone', mysql: { enabled: false } },
    [
      'milvus-test-s3 --from-literal=access-key="${S3_ACCESS_KEY:?}" --from-literal=secret-key="${S3_SECRET_KEY:?}"',
    ],
  ],
])('with %s the commands make the Secrets that it needs, and no others', (_, config, commands) => {
  const found = summaryOf(config)
    .split('\n')
    .filter((line) => line.includes('create secret'));
  expect(found).toEqual(commands.map((command) => expect.stringContaining(`secret generic ${command}`)));
});

test('the smoke test and the next commands are for the server', () => {
  const text = summaryOf(standalone);
  expect(text).toContain('rollout status deployment/milvus-test-writable');
  expect(text).toContain('port-forward service/milvus-test 19530:19530');
  expect(text).not.toContain('mishards');
  const [job] = jobsOf(standalone);
  expect(JSON.stringify(job)).toContain('"MILVUS_HOST","value":"milvus-test"');
});
