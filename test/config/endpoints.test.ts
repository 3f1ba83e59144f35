import fc from 'fast-check';
import { manifestsOf, minimal } from '../support/clusters';
import { seeded } from '../support/fuzz';
import { containers, find, podTemplates } from '../support/manifests';
import { messages } from './messages';

/** Messages about a configuration over the smallest one. */
const over = (more: object): string[] => messages({ ...minimal, ...more });
const s3 = (more: object) => ({ s3: { ...minimal.s3, ...more } });
const backup = (more: object) => ({ backup: { enabled: true, s3: more } });

describe('addresses that lead a pod to itself', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const loopback = fc.oneof(
    fc.tuple(byte, byte, byte).map((rest) => `127.${rest.join('.')}`),
    fc.constantFrom(
      'localhost',
      'LocalHost',
      'localhost.',
      'localhost.localdomain',
      's3.localhost',
      '0.0.0.0',
      '0x7f000001',
      '0x7f.1',
      'ip6-localhost',
      'ip6-loopback',
      'localhost4.localdomain4',
    ),
  );
  const noHost = fc.oneof(
    fc.constant('255.255.255.255'),
    fc.tuple(fc.integer({ min: 224, max: 239 }), byte, byte, byte).map((all) => all.join('.')),
  );
  const places: readonly [path: string, config: (address: string) => object][] = [
    ['s3.address', (address) => s3({ address })],
    ['backup.s3.address', (address) => backup({ address })],
    ['externalMysql.host', (host) => ({ externalMysql: { host } })],
    ['milvus.metrics.address', (address) => ({ milvus: { metrics: { enabled: true, address } } })],
    ['mishards.tracing.host', (host) => ({ mishards: { tracing: { enabled: true, host } } })],
    [
      'mishards.staticHosts[1]',
      (host) => ({
        readonly: { replicas: 2 },
        mishards: { discovery: 'static', staticHosts: ['10.0.0.1', `${host}:19531`] },
      }),
    ],
  ];

  test.each(places)('%s: refused', (path, config) => {
    fc.assert(
      fc.property(loopback, (address) => {
        expect(over(config(address))).toEqual([expect.stringContaining(`${path}: given`)]);
      }),
      seeded(30),
    );
  });

  test.each(places.filter(([path]) => path !== 'milvus.metrics.address'))(
    '%s: where no machine can be, as well',
    (_, config) => {
      fc.assert(
        fc.property(noHost, (address) => {
          expect(over(config(address))).toEqual([expect.stringContaining('multicast')]);
        }),
        seeded(30),
      );
    },
  );

  test.each(places)('%s: others are taken', (_, config) => {
    for (const address of [
      '10.127.0.1',
      '12.7.0.1',
      'localhost.example.com',
      'mylocalhost',
      '128.0.0.1',
      '240.0.0.1',
    ]) {
      expect(over(config(address))).toEqual([]);
    }
  });

  test('unless the pods have something of their own that listens there', () => {
    const agent = { spec: { containers: [{ name: 'agent', image: 'jaegertracing/jaeger-agent:1.53' }] } };
    const tracing = { tracing: { enabled: true, host: '127.0.0.1' } };
    expect(over({ mishards: { ...tracing, podTemplate: agent } })).toEqual([]);
    expect(over({ mishards: tracing, podTemplate: agent })).toEqual([]);
    expect(over({ mishards: tracing, readonly: { podTemplate: agent } })).toHaveLength(1);
    expect(
      over({ mishards: { ...tracing, podTemplate: { spec: { terminationGracePeriodSeconds: 60 } } } }),
    ).toHaveLength(1);
    expect(over({ ...s3({ address: 'localhost' }), podTemplate: { spec: { hostNetwork: true } } })).toEqual(
      [],
    );
  });
});

describe('regions', () => {
  const REGIONS = [
    'eu-central-1',
    'us-west-2',
    'ap-southeast-3',
    'us-gov-west-1',
    'cn-north-1',
    'me-south-1',
  ];
  const inRegion = (region: string) => [
    `s3.${region}.amazonaws.com`,
    `s3-${region}.amazonaws.com`,
    `s3.dualstack.${region}.amazonaws.com`,
    `bucket.vpce-0a1b-c2d3.s3.${region}.vpce.amazonaws.com`,
    `s3.${region}.wasabisys.com`,
    `S3.${region}.AMAZONAWS.COM.`,
  ];

  test.each(REGIONS.flatMap(inRegion))('%s: refused for the vectors, taken for backups', (address) => {
    const found = over(s3({ address }));
    expect(found).toEqual([
      expect.stringContaining(
        `s3.address: given "${address}"; expected an endpoint in us-east-1, the only region that Milvus 1.1.1 signs for`,
      ),
    ]);
    expect(found[0]).toContain('AuthorizationHeaderMalformed');
    expect(over(backup({ address }))).toEqual([]);
  });

  test.each([
    's3.amazonaws.com',
    's3-external-1.amazonaws.com',
    's3.dualstack.us-east-1.amazonaws.com',
    's3.wasabisys.com',
    ...inRegion('us-east-1'),
    // Storages of one's own, whatever they are called.
    's3.eu-central-1.example.com',
    's3-gateway-1a2b.elb.eu-central-1.amazonaws.com',
    'ec2-1-2-3-4.eu-central-1.compute.amazonaws.com',
  ])('%s: taken', (address) => {
    expect(over(s3({ address }))).toEqual([]);
  });

  test.each(['vectors.s3.amazonaws.com', 'a.b.s3.us-east-1.amazonaws.com', 'vectors.s3.wasabisys.com'])(
    '%s: a bucket is no part of the endpoint',
    (address) => {
      expect(over(s3({ address }))).toEqual([
        expect.stringContaining(`expected the endpoint without the bucket: s3.`),
      ]);
    },
  );

  const regionsOf = (config: object) =>
    podTemplates([
      find(manifestsOf({ ...minimal, ...config } as typeof minimal), 'CronJob', 'milvus-test-backup'),
    ])
      .flatMap(({ spec }) => containers(spec))
      .flatMap(({ env }) => (Array.isArray(env) ? env : []))
      .filter(({ name }) => name === 'S3_REGION')
      .map(({ value }) => value);

  test('requests of a backup are signed for the region of its endpoint', () => {
    const address = 's3.eu-central-1.amazonaws.com';
    expect([...new Set(regionsOf(backup({ address })))]).toEqual(['eu-central-1']);
    expect([...new Set(regionsOf(backup({ address: 's3.example.com', region: 'fr-par' })))]).toEqual([
      'fr-par',
    ]);
    expect([...new Set(regionsOf(backup({ address: 's3.example.com' })))]).toEqual([]);
    expect([...new Set(regionsOf(backup({ address: 's3.us-east-1.amazonaws.com' })))]).toEqual([]);
    expect(over(backup({ address, region: 'eu-west-1' }))).toEqual([
      'backup.s3.region: given "eu-west-1"; expected eu-central-1, the region of s3.eu-central-1.amazonaws.com',
    ]);
  });
});

describe('plain HTTP to what speaks HTTPS alone', () => {
  test.each([
    ['s3.port: given 443 without TLS', s3({ port: 443 })],
    ['backup.s3.port: given 443 without TLS', backup({ address: 's3.example.com', port: 443 })],
    [
      // It would have the port of the vectors, and not their TLS.
      'backup.s3.port: given 443 without TLS',
      {
        ...s3({ address: 's3.example.com', port: 443, tls: { enabled: true } }),
        ...backup({ address: 'b.example.com' }),
      },
    ],
    ['s3.tls.enabled: given false', s3({ address: 'abc.r2.cloudflarestorage.com' })],
    ['s3.tls.enabled: given false', s3({ address: 's3-fips.us-east-1.amazonaws.com' })],
    ['backup.s3.tls.enabled: given false', backup({ address: 's3.us-west-004.backblazeb2.com' })],
  ])('%s: refused', (words, config) => {
    const found = over(config);
    expect(found).toEqual([expect.stringContaining(words)]);
    expect(found[0]).toMatch(/s3\.tls: \{ enabled: true \}/);
  });

  test('with TLS: taken', () => {
    expect(over(s3({ address: 's3.example.com', port: 443, tls: { enabled: true } }))).toEqual([]);
    expect(over(s3({ address: 'abc.r2.cloudflarestorage.com', tls: { enabled: true } }))).toEqual([]);
    expect(over(s3({ port: 8443 }))).toEqual([]);
  });
});

describe('ports of other services', () => {
  test.each<[path: string, port: number, config: object]>([
    ...[22, 3306, 5432, 6379, 9090, 19121, 19530, 33060].flatMap((port) => [
      ['s3.port', port, s3({ port })] as [string, number, object],
      ['backup.s3.port', port, backup({ address: 's3.example.com', port })] as [string, number, object],
    ]),
    ...[80, 443, 5432, 9000, 19121, 19530, 33060].flatMap((port) => [
      ['externalMysql.port', port, { externalMysql: { host: 'db', port } }] as [string, number, object],
      ['mysql.service.port', port, { mysql: { service: { port } } }] as [string, number, object],
    ]),
    ['service.port', 3306, { service: { port: 3306 } }],
    ['service.port', 19121, { service: { port: 19121 } }],
    ['milvus.network.port', 3306, { milvus: { network: { port: 3306 } } }],
    ['milvus.network.httpPort', 3306, { milvus: { network: { httpPort: 3306 } } }],
    ['milvus.metrics.port', 9090, { milvus: { metrics: { enabled: true, address: 'push', port: 9090 } } }],
    ['mishards.tracing.port', 16686, { mishards: { tracing: { enabled: true, port: 16686 } } }],
    ['mishards.staticHosts[0]', 19121, { mishards: { discovery: 'static', staticHosts: ['r:19121'] } }],
    ['admin.service.port', 19530, { admin: { enabled: true, service: { port: 19530 } } }],
  ])('%s %d: refused', (path, port, config) => {
    expect(over(config)).toContainEqual(expect.stringContaining(`${path}: given ${port}, the port of `));
  });

  test.each<[what: string, config: object]>([
    ['MinIO', s3({ port: 9000 })],
    ['Ceph RGW', s3({ port: 7480 })],
    ['MinIO beside another', s3({ port: 9001 })],
    ['a proxy of MySQL', { externalMysql: { host: 'db', port: 6033 } }],
    ['a load balancer through a firewall', { service: { port: 443 } }],
    ['a push gateway in the pod', { milvus: { metrics: { enabled: true, port: 9090 } } }],
    ['tracing that is off', { mishards: { tracing: { port: 6831 } } }],
  ])('%s: taken', (_, config) => {
    expect(over(config)).toEqual([]);
  });
});

describe('images of other programs and versions', () => {
  const digest = `@sha256:${'0'.repeat(64)}`;
  test.each([
    ['milvus', 'milvusdb/milvus:v2.3.0'],
    ['milvus', 'milvusdb/milvus:0.10.6-cpu-d022221-64ddc2'],
    ['milvus', 'milvusdb/milvus:1.0.0-cpu-d030521-1ea92e'],
    ['milvus', 'milvusdb/milvus:1.1.0-cpu-d050721-310d2a'],
    ['milvus', 'registry.example.com:5000/mirror/milvus:2.4'],
    ['milvus', `milvusdb/milvus:v2.3.0${digest}`],
    ['milvus', 'milvusdb/mishards:1.1.1'],
    ['milvusGpu', 'milvusdb/milvus:v2.3.0-gpu'],
    ['mishards', 'milvusdb/mishards:0.10.4'],
    ['mishards', 'milvusdb/milvus:1.1.1-cpu-d061621-330cc6'],
    ['mysql', 'mysql:8'],
    ['mysql', 'mysql:8.4.3'],
    ['mysql', 'mysql:9'],
    ['mysql', 'mysql:lts'],
    ['mysql', 'mysql:5.6'],
    ['mysql', 'mariadb:10.11'],
    ['mysql', 'mariadb:lts'],
    ['mysql', `mariadb${digest}`],
    ['mysql', 'docker.io/bitnami/mysql:5.7.43'],
    ['mysql', 'bitnamilegacy/mysql:8.0'],
  ])('images.%s %s: refused', (key, image) => {
    expect(over({ images: { [key]: image } })).toEqual([
      expect.stringContaining(`images.${key}: given ${image}`),
    ]);
  });

  test.each([
    ['milvus', 'milvusdb/milvus:1.1.1-cpu-other'],
    ['milvus', 'milvusdb/milvus:v1.1.1'],
    ['milvus', `registry.example.com/milvus${digest}`],
    ['milvus', 'registry.example.com/vectors/milvus:2021.6.17'],
    ['milvus', 'registry.example.com/vectors/milvus-with-s3:2.0'],
    ['milvus', 'registry.example.com/milvus:d061621'],
    ['mishards', 'registry.example.com/mishards:fixed'],
    ['mysql', 'mysql:5'],
    ['mysql', 'mysql:5.7-debian'],
    ['mysql', 'mysql:8.0.36'],
    ['mysql', 'percona:5.7.44'],
    ['mysql', 'mysql/mysql-server:5.7'],
    ['mysql', `mysql${digest}`],
    ['mysql', 'registry.example.com/db:our-own'],
  ])('images.%s %s: taken', (key, image) => {
    expect(over({ images: { [key]: image } })).toEqual([]);
  });

  test('a CPU build for GPUs: refused, where there are any', () => {
    const images = { milvusGpu: 'milvusdb/milvus:1.1.1-cpu-d061621-330cc6' };
    expect(over({ images, writable: { gpu: { enabled: true } } })).toEqual([
      expect.stringContaining('images.milvusGpu: given'),
    ]);
    expect(over({ images })).toEqual([]);
  });

  test('of a MySQL that is not deployed nothing is asked', () => {
    expect(over({ externalMysql: { host: 'db' }, images: { mysql: 'mariadb:10.11' } })).toEqual([]);
  });
});

describe('ports and addresses of Services', () => {
  const service = (more: object) => ({ service: { type: 'NodePort', ...more } });
  test.each([80, 443, 8080, 19530, 29999, 32768, 65535])('nodePort %d: refused', (nodePort) => {
    const found = over(service({ nodePort }));
    expect(found).toEqual([expect.stringContaining('expected a port number from 30000 to 32767')]);
    expect(found[0]).toContain('--service-node-port-range');
  });
  test.each([30000, 31234, 32767])('nodePort %d: taken', (nodePort) => {
    expect(over(service({ nodePort }))).toEqual([]);
  });
  test.each(['127.0.0.1', '0.0.0.0', '169.254.1.1', '224.0.0.1', '239.1.1.1'])('%s: refused', (address) => {
    expect(over(service({ externalIPs: [address] }))).toEqual([
      expect.stringContaining('expected an IPv4 address'),
    ]);
    expect(over(service({ clusterIP: address }))).toEqual([
      expect.stringContaining('expected an IPv4 address'),
    ]);
  });
  test('one address for two Services: refused', () => {
    const clusterIP = '10.96.0.99';
    expect(over({ service: { clusterIP }, mysql: { service: { clusterIP } } })).toEqual([
      'mysql.service.clusterIP: given 10.96.0.99; expected an address other than service.clusterIP',
    ]);
  });
});

describe('seconds and durations', () => {
  const SECONDS = [
    'mysqlWaitSeconds',
    's3.waitSeconds',
    'writable.startupTimeoutSeconds',
    'mysql.startupTimeoutSeconds',
    'backup.timeoutSeconds',
    'smokeTest.timeoutSeconds',
    'mishards.database.poolRecycleSeconds',
    'storage.fileCleanupTimeout',
  ];
  const nested = (path: string, value: unknown): object => {
    const [first = '', ...rest] = path.split('.');
    const inner = rest.length === 0 ? value : nested(rest.join('.'), value);
    return { [first]: first === 's3' ? { ...minimal.s3, ...(inner as object) } : inner };
  };
  test.each(SECONDS)('%s in other units: what was meant', (path) => {
    expect(over(nested(path, 3_000_000))).toEqual([
      expect.stringContaining('write 3000 for 3000000 milliseconds'),
    ]);
    expect(over(nested(path, '5m'))).toEqual([expect.stringContaining('It is in seconds: write 300.')]);
    expect(over(nested(path, -1))).toEqual([expect.stringContaining(`${path}: given -1`)]);
    expect(over(nested(path, 300))).toEqual([]);
  });

  const interval = (value: unknown) => ({
    milvus: { metrics: { enabled: true } },
    monitoring: { podMonitor: { enabled: true, interval: value } },
  });
  test.each(['30s', '1m', '1m30s', '500ms', '5m'])('an interval of %s: taken', (value) => {
    expect(over(interval(value))).toEqual([]);
  });
  test.each([
    ['30', '30s'],
    ['0s', ''],
    ['30000s', ''],
    ['30m', ''],
    ['1.5m', ''],
    ['', ''],
  ])('an interval of %j: refused', (value, fix) => {
    const found = over(interval(value));
    expect(found).toEqual([expect.stringContaining('expected a duration such as 30s, of at most 5m')]);
    expect(found[0]).toContain(fix);
  });
});
