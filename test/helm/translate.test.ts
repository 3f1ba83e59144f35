import { fromHelmValues, type MilvusConfig } from '../../lib';
import { translateHelmValues } from '../../lib/helm';
import { manifestsOf } from '../support/clusters';
import { at, find, idOf, records } from '../support/manifests';

const S3 = {
  s3: { enabled: true, address: '10.1.1.1', port: 80, access_key: 'AK', secret_key: 'SK', bucket: 'vectors' },
};
const CLUSTER = { cluster: { enabled: true }, storage: S3 };
const from = (values: object, release = 'milvus-test', namespace?: string): MilvusConfig =>
  fromHelmValues({ ...CLUSTER, ...values }, { release, namespace });

test.each<[given: object, expected: object]>([
  [{ address: 'https://s3.example.com' }, { address: 's3.example.com', tls: { enabled: true } }],
  [
    { address: 'https://s3.example.com:7481/' },
    { address: 's3.example.com', port: 7481, tls: { enabled: true } },
  ],
  [
    { address: 'https://s3.example.com', port: 8443 },
    { address: 's3.example.com', port: 8443, tls: { enabled: true } },
  ],
  [{ address: 's3.example.com' }, { address: 's3.example.com', port: 9000 }],
])('the S3 address %j', (given, expected) => {
  const { port: _, ...rest } = S3.s3;
  const { address, port, tls } = from({ storage: { s3: { ...rest, ...given } } }).s3 ?? {};
  expect(JSON.parse(JSON.stringify({ address, port, tls }))).toEqual(expected);
});

describe('names are those of the chart', () => {
  test.each<[release: string, values: object, expected: object]>([
    ['milvus', {}, { name: 'milvus', mysql: 'milvus-mysql' }],
    ['my-milvus-1', {}, { name: 'my-milvus-1', mysql: 'my-milvus-1-mysql' }],
    ['db', {}, { name: 'db-milvus', instance: 'db', mysql: 'db-mysql' }],
    // Bug 14: the chart itself looks for mysql-vec-mysql, which nobody has.
    ['mysql-vec', {}, { name: 'mysql-vec-milvus', instance: 'mysql-vec', mysql: 'mysql-vec' }],
    // Both charts would call it milvus-mysql.
    ['milvus-mysql', {}, { name: 'milvus-mysql', mysql: 'milvus-mysql-mysql' }],
    ['db', { nameOverride: 'vec' }, { name: 'db-vec', instance: 'db', appName: 'vec', mysql: 'db-mysql' }],
    ['vec-1', { nameOverride: 'vec' }, { name: 'vec-1', appName: 'vec', mysql: 'vec-1-mysql' }],
    ['db', { fullnameOverride: 'vectors' }, { name: 'vectors', instance: 'db', mysql: 'db-mysql' }],
    ['db', { fullnameOverride: 'vectors-' }, { name: 'vectors-', mysql: '' }],
    ['milvus', { mysql: { fullnameOverride: 'metadata' } }, { name: 'milvus', mysql: 'metadata' }],
    ['milvus', { mysql: { nameOverride: 'meta' } }, { name: 'milvus', mysql: 'milvus-meta' }],
    ['milvus', { mysql: { fullnameOverride: 'milvus-writable' } }, { name: 'milvus', mysql: 'milvus-mysql' }],
  ])('release %s with %j', (release, values, { mysql, ...expected }: { mysql?: string; name?: string }) => {
    if (expected.name?.endsWith('-')) {
      expect(from(values, release)).toMatchObject({ name: 'vectors' });
      return;
    }
    const config = from(values, release);
    expect(config).toMatchObject(expected);
    expect(config.instance).toBe((expected as { instance?: string }).instance);
    const manifests = manifestsOf(config);
    expect(idOf(find(manifests, 'StatefulSet', String(mysql)))).toBe(`StatefulSet/${mysql}`);
    // Where MySQL is is where the servers look for it.
    expect(at(find(manifests, 'ConfigMap', config.name), 'data', 'server_config.yaml')).toContain(
      `@${mysql}:3306/`,
    );
    const ids = manifests.map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('selectors have the name of the release and of the chart', () => {
    const manifests = manifestsOf(from({ nameOverride: 'vec' }, 'db'));
    expect(at(find(manifests, 'Deployment', 'db-vec-readonly'), 'spec', 'selector', 'matchLabels')).toEqual({
      'app.kubernetes.io/instance': 'db',
      'app.kubernetes.io/name': 'vec',
      component: 'readonly',
    });
  });

  test.each(['x'.repeat(41), '1st'])(
    'a name that we can not have, %s, is refused with the way out',
    (release) => {
      expect(() => from({}, `${release}-milvus`.slice(0, 53))).toThrow(
        'Set fullnameOverride to such a name.',
      );
      expect(from({ fullnameOverride: 'short' }, `${release}-milvus`.slice(0, 53))).toMatchObject({
        name: 'short',
      });
    },
  );

  test('the namespace is that of the release', () => {
    expect(from({}, 'milvus', 'vectors').namespace).toBe('vectors');
    expect(from({}).namespace).toBeUndefined();
  });
});

describe('credentials', () => {
  test('are in no configuration, but in the Secrets that are to be made', () => {
    const values = {
      ...CLUSTER,
      mysql: { mysqlRootPassword: 'CANARY-root', mysqlPassword: 'CANARY-user' },
      storage: { s3: { ...S3.s3, access_key: 'CANARY-key', secret_key: 'CANARY-secret' } },
    };
    const { config, notes, secrets } = translateHelmValues(values, { release: 'milvus-test' });
    expect(JSON.stringify([config, notes])).not.toContain('CANARY');
    expect(secrets).toEqual([
      {
        name: 'milvus-test-s3',
        entries: [
          { key: 'access-key', variable: 'S3_ACCESS_KEY', value: 'CANARY-key', known: true },
          { key: 'secret-key', variable: 'S3_SECRET_KEY', value: 'CANARY-secret', known: true },
        ],
      },
      {
        name: 'milvus-test-mysql',
        entries: [
          { key: 'mysql-root-password', variable: 'MYSQL_ROOT_PASSWORD', value: 'CANARY-root', known: true },
          { key: 'mysql-password', variable: 'MYSQL_PASSWORD', value: 'CANARY-user', known: true },
        ],
      },
    ]);
  });

  test('nobody needs to know passwords that were not given; an existing Secret is not made again', () => {
    const secretsOf = (values: object) =>
      translateHelmValues({ ...CLUSTER, ...values }, { release: 'milvus-test' }).secrets.map(
        ({ name, entries }) => [name, ...entries.map(({ known }) => known)],
      );
    expect(secretsOf({})).toEqual([
      ['milvus-test-s3', true, true],
      ['milvus-test-mysql', false, false],
    ]);
    expect(secretsOf({ mysql: { existingSecret: 'there' } })).toEqual([['milvus-test-s3', true, true]]);
  });

  test.each(['', 'root'])('Milvus never logs in as root: mysqlUser %j', (mysqlUser) => {
    const { config, notes } = translateHelmValues(
      { ...CLUSTER, mysql: { mysqlUser } },
      { release: 'milvus-test' },
    );
    expect(config.mysql?.user).toBeUndefined();
    expect(notes.map(({ path }) => path)).toContain('mysql.mysqlUser');
  });
});

describe('storage', () => {
  test('the defaults of the chart that are meant are written', () => {
    const storage = { s3: { enabled: true, address: 'rgw' } };
    expect(from({ storage }).s3).toMatchObject({ address: 'rgw', port: 9000, bucket: 'milvus' });
    expect(() => from({ storage: { s3: { enabled: true } } })).toThrow('storage.s3.address: given nothing');
  });

  test('S3 values without S3 are dropped', () => {
    const { config, notes } = translateHelmValues(
      { storage: { s3: { address: 'x', access_key: 'CANARY' } } },
      { release: 'milvus-test' },
    );
    expect(config).toMatchObject({ mode: 'standalone' });
    expect(config.s3).toBeUndefined();
    expect(notes.map(({ path }) => path)).toEqual(['storage.s3.address', 'storage.s3.access_key']);
    expect(JSON.stringify(notes)).not.toContain('CANARY');
  });

  test('a shared volume, with everything that is said about it', () => {
    const config = from({
      storage: {},
      persistence: {
        enabled: true,
        mountPath: '/var/lib/milvus/db',
        annotations: { a: 'b' },
        persistentVolumeClaim: {
          existingClaim: 'claim',
          storageClass: '-',
          accessModes: 'ReadWriteMany',
          size: '9Gi',
          subPath: 'x',
        },
      },
    });
    expect(config.storage?.persistence).toEqual({
      enabled: true,
      existingClaim: 'claim',
      storageClassName: '',
      accessModes: ['ReadWriteMany'],
      size: '9Gi',
      subPath: 'x',
      annotations: { a: 'b' },
    });
  });

  test('a cluster without any storage that it could share is refused', () => {
    expect(() => from({ storage: {} })).toThrow('persistence.enabled: given nothing (the default is false)');
    expect(() => from({ storage: {}, persistence: { enabled: false } })).toThrow(
      'persistence.enabled: given false',
    );
  });

  test('a standalone server keeps its data, unless it is told not to', () => {
    const claims = (values: Record<string, unknown>) =>
      manifestsOf(fromHelmValues(values, { release: 'milvus-test' }))
        .filter(({ kind }) => kind === 'PersistentVolumeClaim')
        .map(({ metadata }) => metadata.name);
    expect(claims({})).toEqual(['milvus-test-writable-wal', 'milvus-test']);
    expect(claims({ persistence: { enabled: false } })).toEqual(['milvus-test-writable-wal']);
  });

  test('with S3 a volume is dropped; for SQLite it is needed', () => {
    const enabled = { persistence: { enabled: true, persistentVolumeClaim: { size: '9Gi' } } };
    expect(from(enabled).storage).toBeUndefined();
    const sqlite = fromHelmValues(
      { storage: S3, mysql: { enabled: false }, ...enabled },
      { release: 'milvus-test' },
    );
    expect(sqlite.storage?.persistence).toMatchObject({ enabled: true, size: '9Gi' });
  });

  test('kept logs are written to files; so are those that a container reads', () => {
    expect(
      from({ logsPersistence: { enabled: true, persistentVolumeClaim: { size: '2Gi' } } }).milvus?.logs,
    ).toEqual({
      persistence: { enabled: true, size: '2Gi' },
      toFile: true,
    });
    const tail =
      '- {name: tail, image: "busybox:1", volumeMounts: [{name: milvus-logs-disk, mountPath: /logs}]}';
    expect(from({ extraContainers: tail })).toMatchObject({
      milvus: { logs: { toFile: true } },
      writable: {
        podTemplate: {
          spec: {
            containers: [
              { name: 'milvus' },
              { name: 'tail', volumeMounts: [{ name: 'logs', mountPath: '/logs' }] },
            ],
          },
        },
      },
    });
    expect(from({ extraContainers: tail, logs: { logToFile: false } }).milvus).toBeUndefined();
  });

  test.each<[primaryPath: string | undefined, path: string, expected: string | undefined]>([
    [undefined, '/var/lib/milvus/db/wal', '/var/lib/milvus/db/wal'],
    ['/var/lib/milvus', '/var/lib/milvus/db/wal', undefined],
    ['/data', '/data/db/wal', undefined],
    ['/data', '/wal', '/wal'],
  ])('with primaryPath %s a log at %s is at %s', (primaryPath, path, expected) => {
    expect(from({ primaryPath, wal: { path } }).wal?.path).toBe(expected);
  });
});

describe('MySQL', () => {
  test('an external one', () => {
    const externalMysql = {
      enabled: true,
      ip: 'db',
      port: '3307',
      user: 'u',
      password: 'CANARY',
      database: 'd',
    };
    const { config, notes, secrets } = translateHelmValues(
      { ...CLUSTER, externalMysql, mysql: { imageTag: '5.7.44' } },
      { release: 'milvus-test' },
    );
    expect(config.externalMysql).toEqual({
      host: 'db',
      port: 3307,
      user: 'u',
      database: 'd',
      credentials: { existingSecret: 'milvus-test-mysql' },
    });
    expect(config.mysql).toBeUndefined();
    expect(notes.map(({ path }) => path)).toContain('mysql');
    expect(secrets[1]?.entries).toMatchObject([{ key: 'mysql-password', value: 'CANARY' }]);
  });

  test('an external one that is not said to be anywhere is refused', () => {
    expect(() => from({ externalMysql: { enabled: true } })).toThrow(
      /externalMysql\.ip.*\n.*externalMysql\.user.*\n.*externalMysql\.database/,
    );
  });

  test('none, in a cluster, is refused', () => {
    expect(() => from({ mysql: { enabled: false } })).toThrow(
      'mysql.enabled: given false without externalMysql',
    );
  });

  test("the chart's own option file and grant come along without what breaks", () => {
    const config = from({
      mysql: {
        configurationFiles: {
          'mysql.cnf':
            '[mysqld]\npid-file        = /var/run/mysqld/mysqld.pid\nsocket = /x\nlog-error       = /var/log/mysql/error.log # x\nskip-name-resolve\nmax_connections = 1000\n',
        },
        initializationFiles: {
          'grant.sql': "GRANT ALL PRIVILEGES ON milvus.* TO 'root'@'%';\nFLUSH PRIVILEGES;",
        },
      },
    });
    expect(config.mysql).toMatchObject({
      configurationFiles: { 'mysql.cnf': '[mysqld]\nskip-name-resolve\nmax_connections = 1000\n' },
    });
    expect(config.mysql?.initializationFiles).toBeUndefined();
  });

  test('TLS for others: the Secret is mounted where the chart has it', () => {
    expect(from({ mysql: { ssl: { enabled: true } } }).mysql).toMatchObject({
      podTemplate: {
        spec: {
          volumes: [{ name: 'certificates', secret: { secretName: 'mysql-ssl-certs' } }],
          containers: [
            { name: 'mysql', volumeMounts: [{ name: 'certificates', mountPath: '/ssl', readOnly: true }] },
          ],
        },
      },
    });
  });
});

test('a release that runs keeps what its data depends on', () => {
  const { config, secrets } = translateHelmValues(
    { ...CLUSTER, logsPersistence: { enabled: true } },
    { release: 'milvus-test', adopt: true },
  );
  expect(config).toMatchObject({
    storage: { path: '/var/lib/milvus' },
    images: { mysql: 'mysql:5.7.30' },
    mysql: {
      persistence: { existingClaim: 'milvus-test-mysql' },
      credentials: { existingSecret: 'milvus-test-mysql' },
    },
    milvus: { logs: { persistence: { existingClaim: 'milvus-test-logs' } } },
  });
  // That of MySQL is there.
  expect(secrets.map(({ name }) => name)).toEqual(['milvus-test-s3']);
  const shared = translateHelmValues(
    { cluster: { enabled: true }, persistence: { enabled: true }, mysql: { imageTag: '5.7.44' } },
    { release: 'milvus-test', adopt: true },
  ).config;
  expect(shared).toMatchObject({
    storage: { persistence: { existingClaim: 'milvus-test' } },
    images: { mysql: 'mysql:5.7.44' },
  });
});

test('a nodePort, an address or ranges of a type that does not have them are dropped, as in the chart', () => {
  const { config, notes } = translateHelmValues(
    {
      ...CLUSTER,
      service: { nodePort: 30001, loadBalancerIP: '192.0.2.1', loadBalancerSourceRanges: ['0.0.0.0/0'] },
    },
    { release: 'milvus-test' },
  );
  expect(config.service).toBeUndefined();
  expect(notes.map(({ path }) => path).sort()).toEqual(['service.loadBalancerIP', 'service.nodePort']);
});

test('static discovery of several readers becomes dns', () => {
  const mishards = { discoveryClassName: 'static' };
  expect(from({ mishards }).mishards).toEqual({ discovery: 'static' });
  expect(from({ mishards, readonly: { replicas: 3 } }).mishards).toBeUndefined();
});

test('pull secrets of both charts, each once', () => {
  const config = from({
    image: { pullSecrets: ['a', 'b'] },
    mysql: { imagePullSecrets: [{ name: 'b' }, { name: 'c' }] },
  });
  expect(config.podTemplate).toEqual({
    spec: { imagePullSecrets: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
  });
});

test('a mix of many values, as somebody may have them', () => {
  const config = from(
    {
      fullnameOverride: 'vectors',
      timeZone: 'UTC+8',
      readonly: { replicas: 2, cache: { cacheSize: '8GB' }, resources: { requests: { memory: '20Gi' } } },
      mishards: { replicas: 2, debug: true },
      service: { type: 'NodePort', nodePort: 30530, annotations: { a: 'b' } },
      mysql: { persistence: { storageClass: 'csi-rbd-sc', size: '8Gi' }, service: { port: 3307 } },
      metrics: { enabled: true },
      nodeSelector: { disk: 'ssd' },
      podAnnotations: { 'sidecar.istio.io/inject': false },
      extraEnv: [{ name: 'OMP_NUM_THREADS', value: 4 }],
    },
    'prod',
    'search',
  );
  const manifests = manifestsOf(config);
  const reader = find(manifests, 'Deployment', 'vectors-readonly');
  expect(reader).toMatchObject({
    metadata: { namespace: 'search' },
    spec: {
      replicas: 2,
      template: {
        metadata: { annotations: { 'sidecar.istio.io/inject': 'false' } },
        spec: { nodeSelector: { disk: 'ssd', 'kubernetes.io/arch': 'amd64' } },
      },
    },
  });
  const [container, gateway] = records(at(reader, 'spec', 'template', 'spec', 'containers'));
  expect(container).toMatchObject({
    env: [{ name: 'OMP_NUM_THREADS', value: '4' }],
    resources: { requests: { memory: '20Gi' }, limits: { memory: '20Gi' } },
  });
  expect(gateway).toMatchObject({ name: 'pushgateway' });
  expect(find(manifests, 'Service', 'vectors')).toMatchObject({
    metadata: { annotations: { a: 'b' } },
    spec: { type: 'NodePort', ports: [{ port: 19530, nodePort: 30530 }] },
  });
  expect(find(manifests, 'Service', 'prod-mysql')).toMatchObject({
    spec: { ports: [{ port: 3307, targetPort: 'mysql' }] },
  });
  expect(at(find(manifests, 'ConfigMap', 'vectors'), 'data', 'server_config.yaml')).toContain(
    '@prod-mysql:3307/milvus',
  );
});

test.each([
  [30, undefined],
  [66, undefined],
  [67, 67],
])('a grace period of %d s: of the writable, and of a reader if it can stop in it', (given, ofReaders) => {
  const values = {
    cluster: { enabled: true },
    storage: { s3: { enabled: true, address: 'rgw' } },
    terminationGracePeriodSeconds: given,
  };
  const { config, notes } = translateHelmValues(values, { release: 'milvus' });
  const seconds = (section: string) =>
    at(config, section, ...'podTemplate.spec.terminationGracePeriodSeconds'.split('.'));
  expect([seconds('writable'), seconds('readonly')]).toEqual([given, ofReaders]);
  expect(notes.map(({ path }) => path)).toEqual(
    ofReaders === undefined ? ['terminationGracePeriodSeconds'] : [],
  );
});
