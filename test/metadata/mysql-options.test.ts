import type { MilvusConfig } from '../../lib';
import { everyOption, manifestsOf, minimal } from '../support/clusters';
import { at, find, type Manifest, records } from '../support/manifests';

const withMysql = (mysql: MilvusConfig['mysql']): MilvusConfig => ({ ...minimal, mysql });
const statefulSet = (config: MilvusConfig, name = 'milvus-test-mysql'): Manifest =>
  find(manifestsOf(config), 'StatefulSet', name);
const pod = (config: MilvusConfig, name?: string) =>
  at(statefulSet(config, name), 'spec', 'template', 'spec');
const main = (config: MilvusConfig) => records(at(pod(config), 'containers'))[0];

test('its objects have the name that it is given, and everybody looks for it there', () => {
  const manifests = manifestsOf(withMysql({ name: 'metadata' }));
  expect(statefulSet(withMysql({ name: 'metadata' }), 'metadata')).toMatchObject({
    spec: { serviceName: 'metadata-headless' },
  });
  find(manifests, 'Service', 'metadata');
  find(manifests, 'Service', 'metadata-headless');
  find(manifests, 'ConfigMap', 'metadata-configuration');
  expect(JSON.stringify(manifests)).not.toContain('milvus-test-mysql-');
  expect(at(find(manifests, 'ConfigMap', 'milvus-test'), 'data', 'server_config.yaml')).toContain(
    '@metadata:3306/',
  );
});

test('its longest name leaves room for what Kubernetes makes of it', () => {
  const name = 'm'.repeat(52);
  const manifests = manifestsOf(withMysql({ name }));
  const services = manifests.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
  expect(services.filter((one) => one.startsWith(name))).toEqual([`${name}-headless`, name]);
  expect(services.every((one) => one.length <= 63)).toBe(true);
  // controller-revision-hash, a label of its pods: the name, a hyphen and a hash of up to ten characters.
  expect(`${statefulSet(withMysql({ name }), name).metadata.name}-${'h'.repeat(10)}`).toHaveLength(63);
});

test('it is exposed as it is configured; the headless Service is not', () => {
  const manifests = manifestsOf(everyOption('existingSecret'));
  expect(find(manifests, 'Service', 'every-metadata')).toMatchObject({
    metadata: { annotations: { 'example.com/lb': 'mysql' }, labels: { 'example.com/exposed': 'yes' } },
    spec: {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.98',
      loadBalancerIP: '192.0.2.10',
      externalIPs: ['198.51.100.7'],
      // The node port is of MySQL; its exporter has none.
      ports: [
        { name: 'mysql', port: 3310, nodePort: 31531 },
        { name: 'metrics', port: 9104 },
      ],
    },
  });
  const headless = find(manifests, 'Service', 'every-metadata-headless');
  expect(headless).toMatchObject({ spec: { type: 'ClusterIP', clusterIP: 'None' } });
  expect(headless.metadata['labels']).not.toHaveProperty(['example.com/exposed']);
  expect(JSON.stringify(headless)).not.toMatch(/nodePort|externalIPs|loadBalancer/);
});

test('another port is that of the Service, not of the pod', () => {
  const config = withMysql({ service: { port: 3307, annotations: { a: 'b' } } });
  expect(find(manifestsOf(config), 'Service', 'milvus-test-mysql')).toMatchObject({
    metadata: { annotations: { a: 'b' } },
    spec: { ports: [{ name: 'mysql', port: 3307, targetPort: 'mysql' }] },
  });
  expect(main(config)).toMatchObject({ ports: [{ name: 'mysql', containerPort: 3306 }] });
  expect(at(find(manifestsOf(config), 'ConfigMap', 'milvus-test'), 'data', 'server_config.yaml')).toContain(
    ':3307/',
  );
});

test('option files come after our own, in the same file, so that the order is certain', () => {
  const config = withMysql({
    configurationFiles: { 'b.cnf': '[mysqld]\nmax_connections = 5\n', 'a.cnf': '[mysqld]\nx = 1' },
  });
  const text = String(
    at(find(manifestsOf(config), 'ConfigMap', 'milvus-test-mysql-configuration'), 'data', 'my.cnf'),
  );
  expect(text).toMatch(
    /max_connections = 1000[\s\S]*\n# b\.cnf\n\[mysqld\]\nmax_connections = 5\n\n# a\.cnf\n\[mysqld\]\nx = 1\n$/,
  );
});

test('arguments reach mysqld', () => {
  expect(main(withMysql({ extraArgs: ['--slow-query-log=ON', '--x=a b'] }))).toMatchObject({
    command: ['sh', '-c', expect.stringContaining('exec sh /opt/cdk8s-milvus/mysql-start.sh "$@"'), 'mysqld'],
    args: ['--slow-query-log=ON', '--x=a b'],
  });
  expect(main(minimal)).not.toHaveProperty('args');
});

test('scripts of the first start are where the image looks for them', () => {
  const config = withMysql({ initializationFiles: { 'a.sql': 'SELECT 1;' } });
  expect(at(find(manifestsOf(config), 'ConfigMap', 'milvus-test-mysql-initialization'), 'data')).toEqual({
    'a.sql': 'SELECT 1;',
  });
  expect(records(main(config)?.['volumeMounts'])).toContainEqual({
    name: 'initialization',
    mountPath: '/docker-entrypoint-initdb.d',
    readOnly: true,
  });
});

test('other option files roll its pod, scripts of the first start do not', () => {
  const annotation = (mysql: MilvusConfig['mysql']) =>
    at(statefulSet(withMysql(mysql)), 'spec', 'template', 'metadata', 'annotations', 'cdk8s-milvus/checksum');
  expect(annotation({ configurationFiles: { 'a.cnf': '[mysqld]\n' } })).not.toBe(annotation({}));
  expect(annotation({ initializationFiles: { 'a.sql': 'SELECT 1;' } })).toBe(
    annotation({ initializationFiles: { 'a.sql': 'SELECT 2;' } }),
  );
});

test('another user and group, for a volume that belongs to them', () => {
  expect(pod(withMysql({ runAsUser: 1001 }))).toMatchObject({
    securityContext: { runAsNonRoot: true, runAsUser: 1001, runAsGroup: 1001, fsGroup: 1001 },
  });
  expect(pod(withMysql({ fsGroup: 1002 }))).toMatchObject({
    securityContext: { runAsUser: 999, fsGroup: 1002 },
  });
});

test('the exporter logs in as the user of Milvus, and asks for nothing that takes more rights', () => {
  const config = withMysql({
    user: 'vectors',
    exporter: { enabled: true, flags: ['--collect.auto_increment.columns'] },
  });
  const [, exporter] = records(at(pod(config), 'containers'));
  expect(exporter).toMatchObject({
    name: 'metrics',
    ports: [{ name: 'metrics', containerPort: 9104 }],
    env: [
      {
        name: 'MYSQLD_EXPORTER_PASSWORD',
        valueFrom: { secretKeyRef: { name: 'milvus-test-mysql', key: 'mysql-password' } },
      },
    ],
  });
  expect(exporter?.['args']).toEqual(
    expect.arrayContaining([
      '--mysqld.username=vectors',
      '--no-collect.slave_status',
      '--collect.auto_increment.columns',
    ]),
  );
  expect(
    records(at(find(manifestsOf(config), 'Service', 'milvus-test-mysql'), 'spec', 'ports')),
  ).toMatchObject([
    { name: 'mysql', port: 3306 },
    { name: 'metrics', port: 9104, targetPort: 'metrics' },
  ]);
  expect(records(at(pod(minimal), 'containers'))).toHaveLength(1);
});
