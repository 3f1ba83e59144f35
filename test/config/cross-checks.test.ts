import { manifestsOf, minimal } from '../support/clusters';
import { at as field, find, records } from '../support/manifests';
import { at, messages } from './messages';

/** Configurations over the smallest one: what is fine, and what is refused with which words. */
type Fine = [what: string, over: object];
type Refused = [what: string, over: object, words: string, more?: string];

function rule(name: string, fine: readonly Fine[], refused: readonly Refused[]): void {
  describe(name, () => {
    test.each(fine)('%s: fine', (_, over) => {
      expect(messages({ ...minimal, ...over })).toEqual([]);
    });

    test.each(refused)('%s: refused', (_, over, words, more = '') => {
      const found = messages({ ...minimal, ...over });
      expect(found).toEqual([expect.stringContaining(words)]);
      expect(found[0]).toContain(more);
    });
  });
}

const s3 = (credentials: object) => ({ s3: { ...minimal.s3, credentials } });
const inline = { accessKey: 'a', secretKey: 'b' };
const passwords = { rootPassword: 'a', password: 'b' };
const externalSecret = {
  secretStoreRef: { name: 'vault' },
  remoteRefs: { accessKey: { key: 'a' }, secretKey: { key: 'b' } },
};

rule(
  'one source for each credential',
  [
    ['existingSecret', s3({ existingSecret: 'a' })],
    ['inline', s3({ inline })],
    ['externalSecret', s3({ externalSecret })],
    ['none: a Secret of the usual name', s3({})],
    ['names of keys beside each', s3({ inline, keys: { accessKey: 'x' } })],
    [
      'different ones for S3 and MySQL',
      { ...s3({ inline }), mysql: { credentials: { existingSecret: 'a' } } },
    ],
  ],
  [
    [
      'inline and existingSecret',
      s3({ inline, existingSecret: 'a' }),
      's3.credentials: given inline and existingSecret; expected one of existingSecret, externalSecret, inline',
    ],
    [
      'all three',
      s3({ inline, externalSecret, existingSecret: 'a' }),
      'given inline and externalSecret and existing',
    ],
    ['externalSecret and inline', s3({ externalSecret, inline }), 'given inline and externalSecret;'],
    [
      'of MySQL',
      { mysql: { credentials: { inline: passwords, existingSecret: 'a' } } },
      'mysql.credentials: given',
    ],
    [
      'of an external MySQL',
      { externalMysql: { host: 'db', credentials: { inline: { password: 'a' }, existingSecret: 'b' } } },
      'externalMysql.credentials: given inline and existingSecret',
    ],
  ],
);

const hides = 'expected a directory that does not hide files of the image';
rule(
  'paths',
  [
    ['as the chart has them', { storage: { path: '/var/lib/milvus' } }],
    ['the WAL within the storage', { storage: { path: '/data' }, wal: { path: '/data/wal' } }],
    [
      'everything within the storage',
      { storage: { path: '/d' }, wal: { path: '/d/w' }, milvus: { logs: { path: '/d/l' } } },
    ],
    ['names that begin alike', { storage: { path: '/data' }, wal: { path: '/data-wal' } }],
    ['beside the programs', { storage: { path: '/var/lib/milvus/binary' } }],
    ['like a system directory', { storage: { path: '/library' }, wal: { path: '/binary' } }],
  ],
  [
    [
      'over the programs',
      { storage: { path: '/var/lib/milvus/bin' } },
      `storage.path: given "/var/lib/milvus/bin"; ${hides}`,
      'Use one such as /var/lib/milvus/data',
    ],
    [
      'below the programs',
      { wal: { path: '/var/lib/milvus/lib/wal' } },
      'wal.path: given "/var/lib/milvus/lib/wal"; ',
      hides,
    ],
    [
      'over the configuration',
      { milvus: { logs: { path: '/var/lib/milvus/conf' } } },
      'milvus.logs.path: given',
      hides,
    ],
    ['above the programs', { storage: { path: '/var/lib' } }, 'storage.path: given "/var/lib"; ', hides],
    ['over the system', { storage: { path: '/etc/milvus' } }, 'storage.path: given "/etc/milvus"; ', hides],
    [
      'over what is rendered',
      { storage: { path: '/run/milvus' } },
      'storage.path: given "/run/milvus"; ',
      hides,
    ],
    [
      'the storage within the WAL',
      { storage: { path: '/data/s' }, wal: { path: '/data' } },
      'storage.path: given "/data/s"; expected a directory outside wal.path (/data)',
      'Each needs a volume of its own',
    ],
    [
      'storage and WAL in one',
      { storage: { path: '/data' }, wal: { path: '/data' } },
      'storage.path: given "/data"; expected a directory outside wal.path',
    ],
    [
      'the storage within the logs',
      { storage: { path: '/l/s' }, milvus: { logs: { path: '/l' } } },
      'storage.path',
      'outside milvus.logs.path (/l)',
    ],
    [
      'the WAL within the logs',
      { wal: { path: '/l/w' }, milvus: { logs: { path: '/l' } } },
      'wal.path',
      'outside milvus.logs.path (/l)',
    ],
    [
      'WAL and logs in one',
      { wal: { path: '/w' }, milvus: { logs: { path: '/w' } } },
      'wal.path',
      'outside milvus.logs.path (/w)',
    ],
    [
      'the logs within the WAL',
      { wal: { path: '/w' }, milvus: { logs: { path: '/w/l' } } },
      'milvus.logs.path',
      'outside wal.path (/w)',
    ],
    [
      'the WAL among the segments',
      { storage: { path: '/data' }, wal: { path: '/data/db' } },
      'wal.path: given "/data/db"; expected a directory outside /data/db, where',
    ],
  ],
);

rule(
  'ports of a server',
  [
    ['different', { milvus: { network: { port: 19121, httpPort: 19122 } } }],
    ['equal, without the HTTP listener', { milvus: { network: { port: 19121, httpEnabled: false } } }],
  ],
  [
    [
      'equal',
      { milvus: { network: { port: 19121 } } },
      'milvus.network.httpPort: given 19121; expected a port other than',
    ],
  ],
);

const gateway = (port: number, more: object = {}) => ({
  milvus: { metrics: { enabled: true, port }, ...more },
});
rule(
  'ports of containers in one pod, and of one Service',
  [
    ['a push gateway beside the server', gateway(19122)],
    ['on a port that nobody has', gateway(19121, { network: { httpEnabled: false } })],
    ['a push gateway elsewhere', { milvus: { metrics: { enabled: true, port: 19530, address: 'gateway' } } }],
    ['the port of an exporter that is not there', { mysql: { service: { port: 9104 } } }],
  ],
  [
    [
      'the gateway on that of the server',
      gateway(19530),
      'milvus.metrics.port: given 19530; expected a port other than milvus.network.port',
    ],
    [
      'the gateway on that of the HTTP listener',
      gateway(19121),
      'milvus.metrics.port: given 19121; expected a port other than milvus.network.httpPort',
    ],
    [
      'MySQL on that of its exporter',
      { mysql: { service: { port: 9104 }, exporter: { enabled: true } } },
      'mysql.service.port: given 9104; expected a port other than that of mysql.exporter',
    ],
  ],
);

rule(
  'the type of the Service',
  [
    ['NodePort', { service: { type: 'NodePort', nodePort: 30000 } }],
    [
      'LoadBalancer',
      {
        service: {
          type: 'LoadBalancer',
          nodePort: 30000,
          loadBalancerIP: '1.2.3.4',
          loadBalancerSourceRanges: ['10.0.0.0/8'],
        },
      },
    ],
    [
      'of every Service',
      {
        service: { type: 'NodePort', nodePort: 30000 },
        mysql: { service: { type: 'NodePort', nodePort: 30001 } },
        admin: { service: { type: 'LoadBalancer', nodePort: 30002, loadBalancerIP: '1.2.3.4' } },
      },
    ],
  ],
  [
    [
      'one port of the nodes for two Services',
      {
        service: { type: 'NodePort', nodePort: 30000 },
        admin: { service: { type: 'NodePort', nodePort: 30000 } },
      },
      'admin.service.nodePort: given 30000; expected a port other than service.nodePort',
    ],
    [
      "MySQL's",
      { mysql: { service: { nodePort: 30000 } } },
      'mysql.service.nodePort: given a value with mysql.service.type ClusterIP',
    ],
    [
      "the web interface's",
      { admin: { service: { type: 'NodePort', loadBalancerSourceRanges: ['10.0.0.0/8'] } } },
      'admin.service.loadBalancerSourceRanges: given a value with admin.service.type NodePort',
    ],
    [
      'nodePort without it',
      { service: { nodePort: 30000 } },
      'service.nodePort: given a value with service.type ClusterIP; expected service.type NodePort or LoadBalancer',
      'Set service.type, or leave service.nodePort out.',
    ],
    [
      'loadBalancerIP without it',
      { service: { loadBalancerIP: '1.2.3.4' } },
      'service.loadBalancerIP',
      'service.type LoadBalancer',
    ],
    [
      'loadBalancerSourceRanges without it',
      { service: { type: 'NodePort', loadBalancerSourceRanges: ['10.0.0.0/8'] } },
      'service.loadBalancerSourceRanges: given a value with service.type NodePort',
    ],
  ],
);

rule(
  'metrics need a push gateway',
  [
    ['off', { milvus: { metrics: { enabled: false } } }],
    ['beside the servers', { milvus: { metrics: { enabled: true } } }],
    ['with one', { milvus: { metrics: { enabled: true, address: 'pushgateway' } } }],
  ],
  [
    [
      'none',
      { milvus: { metrics: { enabled: true, address: '127.0.0.1' } } },
      'milvus.metrics.address: given 127.0.0.1; expected the address of an existing push gateway',
    ],
    [
      'in the pod itself',
      { milvus: { metrics: { enabled: true, address: 'localhost' } } },
      'given localhost;',
    ],
  ],
);

rule(
  'the version of MySQL',
  [
    ['5.7', { images: { mysql: 'mysql:5.7' } }],
    ['8.0', { images: { mysql: 'mysql:8.0.36-debian' } }],
    ['by digest alone', { images: { mysql: `mysql@sha256:${'0'.repeat(64)}` } }],
    ['a tag of its own', { images: { mysql: 'registry:5000/mysql:patched' } }],
    ['not ours', { images: { mysql: 'mysql:9.1' }, externalMysql: { host: 'db' } }],
  ],
  ['5.6.51', '8', '8.1', '8.4.3', '9', '9.1.0', '10.6'].map((version) => [
    version,
    { images: { mysql: `mysql:${version}` } },
    `images.mysql: given mysql:${version}; expected MySQL 5.7 or 8.0`,
    'mysql_native_password',
  ]),
);

// (1 reader + 1 writer) x 17 + 1 proxy x 50 + 50 for people
rule(
  'connections to MySQL',
  [
    ['just enough', { mysql: { maxConnections: 134 } }],
    ['fewer workers than connections', { mysql: { maxConnections: 94 }, mishards: { maxWorkers: 10 } }],
    ['not ours', { externalMysql: { host: 'db' }, readonly: { replicas: 1000 } }],
  ],
  [
    [
      'one too few',
      { mysql: { maxConnections: 133 } },
      'mysql.maxConnections: given 133; expected at least 134',
      'Raise it, or lower mishards.database.poolSize or the replicas.',
    ],
    ['more readers', { mysql: { maxConnections: 134 }, readonly: { replicas: 2 } }, 'expected at least 151'],
    ['more proxies', { mysql: { maxConnections: 134 }, mishards: { replicas: 2 } }, 'expected at least 184'],
  ],
);

rule(
  'memory of MySQL',
  [
    ['the least', { mysql: { resources: { limits: { memory: '512Mi' } } } }],
    ['as a number', { mysql: { resources: { limits: { memory: 512 * 1024 ** 2 } } } }],
  ],
  [
    [
      'too little',
      { mysql: { resources: { limits: { memory: '511Mi' } } } },
      'mysql.resources.limits.memory: given 511Mi; expected at least 512Mi',
    ],
  ],
);

const claim = (existingClaim: string) => ({ persistence: { existingClaim } });
rule(
  'claims',
  [
    ['different', { wal: claim('a'), mysql: claim('b') }],
    // As an adopted release has it.
    ['of the usual name', { wal: claim('milvus-test-writable-wal') }],
    ['of the name of one that is not made', { wal: claim('milvus-test-logs') }],
    ['of a MinIO that is not there', { wal: claim('a'), minio: claim('a') }],
  ],
  [
    [
      'one that is made for MySQL',
      { wal: claim('data-milvus-test-mysql-0') },
      'wal.persistence.existingClaim: given "data-milvus-test-mysql-0"; expected a claim of its own: mysql.persistence uses this one',
    ],
    [
      'one that is made for the log',
      {
        s3: undefined,
        storage: { persistence: { enabled: true, existingClaim: 'milvus-test-writable-wal' } },
      },
      'storage.persistence.existingClaim: given "milvus-test-writable-wal"; expected a claim of its own: wal.persistence uses this one',
    ],
    [
      'one for the vectors and the log files',
      {
        s3: undefined,
        storage: { persistence: { enabled: true, existingClaim: 'a' } },
        milvus: { logs: { toFile: true, persistence: { enabled: true, existingClaim: 'a' } } },
      },
      'milvus.logs.persistence.existingClaim: given "a"; expected a claim of its own: storage.persistence uses this one',
    ],
    [
      'one for both',
      { wal: claim('a'), mysql: claim('a') },
      'mysql.persistence.existingClaim: given "a"; expected a claim of its own: wal.persistence uses this one',
    ],
  ],
);

describe('labels that selectors are made of', () => {
  const places = ['labels', 'service.labels'];

  test.each(places)('%s', (place) => {
    expect(
      messages(at(place, { component: 'x', 'app.kubernetes.io/name': 'y', 'example.com/z': 'z' })),
    ).toEqual([
      `${place}.component: given a label that selectors use; expected other labels than component and app.kubernetes.io/*`,
      expect.stringContaining(`${place}."app.kubernetes.io/name": given a label`),
    ]);
    expect(messages(at(place, { components: 'x', 'my.app.kubernetes.io/name': 'y' }))).toEqual([]);
  });
});

describe.each(['writable', 'readonly', 'mishards', 'mysql'])('pods of %s', (role) => {
  test('a request above its limit', () => {
    const resources = { requests: { cpu: 4, memory: '33Gi' }, limits: { cpu: '3999m', memory: '32Gi' } };
    expect(messages(at(`${role}.resources`, resources))).toEqual([
      expect.stringContaining(`${role}.resources.requests.cpu: given 4; expected at most the limit, 3999m`),
      expect.stringContaining(
        `${role}.resources.requests.memory: given 33Gi; expected at most the limit, 32Gi`,
      ),
    ]);
  });
});

const tls = (s3: object, tls: object = {}) => ({
  s3: { address: 's3.example.com', bucket: 'milvus', ...s3, tls: { enabled: true, ...tls } },
});

rule(
  'TLS to S3',
  [
    ['to a name', tls({})],
    ['to a name, said twice', tls({}, { serverName: 's3.example.com' })],
    ['to an address, with the name in the certificate', tls({ address: '10.0.0.1' }, { serverName: 'rgw' })],
  ],
  [
    [
      'to an address without a name',
      tls({ address: '10.0.0.1' }),
      's3.tls.serverName: given nothing; expected the host name in the certificate, since s3.address is an IPv4 address',
    ],
    [
      'to another name than the address',
      tls({}, { serverName: 'rgw' }),
      's3.tls.serverName: given rgw; expected no value, or the same name as s3.address',
    ],
    [
      'to the port of plain HTTP',
      tls({ port: 80 }),
      's3.port: given 80; expected the port on which s3.example.com speaks TLS, usually 443',
    ],
    [
      'to the embedded storage',
      { s3: { embedded: true, bucket: 'milvus', tls: { enabled: true } } },
      's3.tls.enabled: given true beside s3.embedded; expected false',
    ],
    [
      'a CA without it',
      { s3: { address: 's3', bucket: 'milvus', tls: { caSecret: 'ca' } } },
      's3.tls.caSecret: given a value without s3.tls.enabled; expected s3.tls.enabled: true, or no caSecret',
    ],
    [
      'on the port of the server',
      { ...tls({ port: 7480 }), milvus: { network: { port: 7480 } } },
      'milvus.network.port: given 7480; expected a port other than s3.port',
    ],
  ],
);

rule(
  'MySQL of ours or another',
  [
    ['ours', { mysql: {} }],
    ['another', { externalMysql: { host: 'db' } }],
    ['undefined is not given', { externalMysql: { host: 'db' }, mysql: undefined }],
  ],
  [
    [
      'both',
      { externalMysql: { host: 'db' }, mysql: {} },
      'mysql: given a value beside externalMysql; expected one of mysql and externalMysql',
      'leave mysql out (over a base file: mysql: null)',
    ],
  ],
);

test('problems of several rules, and of sizing, are all there', () => {
  const config = {
    ...minimal,
    service: { nodePort: 30000 },
    milvus: { metrics: { enabled: true, address: 'localhost' } },
    readonly: { cache: { cacheSize: '8GB' }, resources: { limits: { memory: '4Gi' } } },
    mysql: { resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } },
  };
  expect(messages(config).map((message) => message.split(':')[0])).toEqual([
    'service.nodePort',
    'milvus.metrics.address',
    'readonly.resources.limits.memory',
    'mysql.resources.requests.memory',
  ]);
});

rule(
  'the embedded MinIO or an address',
  [['embedded', { s3: { embedded: true, bucket: 'milvus' } }]],
  [
    [
      'both',
      { s3: { ...minimal.s3, embedded: true } },
      's3.embedded: given true beside s3.address; expected one',
    ],
    ['neither', { s3: { bucket: 'milvus' } }, 's3.address: given nothing; expected a host name'],
  ],
);

rule(
  'where backups go',
  [
    ['beside the data', { backup: { s3: { prefix: 'backup/a' } } }],
    ['a sibling of the data', { backup: { s3: { prefix: 'var/lib/milvus/data2' } } }],
    [
      'below storage.path, in another bucket',
      { backup: { s3: { bucket: 'other', prefix: 'var/lib/milvus/data/x' } } },
    ],
    [
      'below storage.path, at another address',
      { backup: { s3: { address: 'other', prefix: 'var/lib/milvus/data/x' } } },
    ],
  ],
  [
    [
      'below storage.path',
      { backup: { s3: { prefix: 'var/lib/milvus/data/x' } } },
      'backup.s3.prefix: given "var/lib/milvus/data/x"; expected a prefix outside storage.path (/var/lib/milvus/data)',
    ],
    [
      'two sources of credentials',
      { backup: { s3: { credentials: { inline, existingSecret: 'a' } } } },
      'backup.s3.credentials: given inline and existingSecret; expected one of',
    ],
    [
      'a restore with two kinds of keys',
      { backup: { restoreFrom: { credentials: { inline, existingSecret: 'a' } } } },
      'backup.restoreFrom.credentials: given inline and existingSecret; expected one of',
    ],
    [
      'a restore over TLS from an address without a name',
      { backup: { restoreFrom: { address: '192.0.2.1', tls: { enabled: true } } } },
      'backup.restoreFrom.tls.serverName: given nothing; expected the host name in the certificate, since backup.restoreFrom.address is an IPv4 address',
    ],
  ],
);

const withoutS3 = (backup: object) => ({ s3: undefined, mode: 'standalone', backup });
rule(
  'where backups go without S3 storage for the vectors',
  [
    ['nowhere', withoutS3({})],
    ['to a storage of their own', withoutS3({ enabled: true, s3: { address: 'h', bucket: 'bkt' } })],
  ],
  [
    [
      'no address',
      withoutS3({ enabled: true, s3: { bucket: 'bkt' } }),
      'backup.s3.address: given nothing; expected the address of an S3 storage for the backups',
    ],
    [
      'no bucket',
      withoutS3({ enabled: true, s3: { address: 'h' } }),
      'backup.s3.bucket: given nothing; expected the bucket',
    ],
    [
      'with objects that are not in S3',
      withoutS3({ enabled: true, objects: true, s3: { address: 'h', bucket: 'bkt' } }),
      'backup.objects: given true without s3; expected false, or no value: vectors on a volume are backed up by a snapshot of that volume',
    ],
  ],
);

rule(
  'the claim of MinIO',
  [['one of its own', { minio: { persistence: { existingClaim: 'a' } } }]],
  [
    [
      'a claim of MySQL',
      { s3: { embedded: true, bucket: 'bkt' }, minio: claim('a'), mysql: claim('a') },
      'minio.persistence.existingClaim: given "a"; expected a claim of its own: mysql.persistence uses this one',
    ],
  ],
);

const volume = { persistence: { enabled: true } };
rule(
  'the vectors are in S3 or on a volume',
  [
    ['S3', {}],
    ['a shared volume', { s3: undefined, storage: volume }],
    [
      'an existing claim, which has its own access modes',
      {
        s3: undefined,
        storage: { persistence: { enabled: true, existingClaim: 'a', accessModes: ['ReadWriteOnce'] } },
      },
    ],
    [
      'a volume of one node for one server',
      { s3: undefined, mode: 'standalone', storage: { persistence: { accessModes: ['ReadWriteOncePod'] } } },
    ],
    ['a standalone server, without either', { s3: undefined, mode: 'standalone' }],
    ['SQLite beside S3', { mode: 'standalone', mysql: { enabled: false }, storage: volume }],
  ],
  [
    ['neither', { s3: undefined }, 's3: given nothing; expected S3 storage', 'storage.persistence.enabled'],
    [
      'a volume of one node for several servers',
      { s3: undefined, storage: { persistence: { enabled: true, accessModes: ['ReadWriteOnce'] } } },
      'storage.persistence.accessModes: given ReadWriteOnce; expected ReadWriteMany',
      'a StorageClass that offers it',
    ],
    [
      'no volume',
      { s3: undefined, storage: { persistence: { enabled: false } } },
      's3: given nothing; expected S3 storage',
    ],
    [
      'both',
      { storage: volume },
      'storage.persistence.enabled: given true beside s3; expected one of the two',
    ],
  ],
);

rule(
  'metadata in SQLite is for a standalone server',
  [['standalone', { mode: 'standalone', mysql: { enabled: false } }]],
  [
    ['a cluster', { mysql: { enabled: false } }, 'mysql.enabled: given false without externalMysql'],
    [
      'backups',
      { mode: 'standalone', mysql: { enabled: false }, backup: { enabled: true } },
      'backup.enabled: given true with SQLite',
    ],
  ],
);

const restore = { backup: '20260701T021500Z' };
rule(
  'a restore that is declared needs a place of backups, and a name for its Job',
  [
    ['with backups', { backup: { enabled: true, restore } }],
    ['the longest name', { name: 'm'.repeat(38), backup: { enabled: true, restore } }],
  ],
  [
    ['no backups', { backup: { restore } }, 'backup.restore: given a backup without backup.enabled'],
    [
      'a longer name',
      { name: 'm'.repeat(39), backup: { enabled: true, restore } },
      '(64 characters); expected a Job name of at most 63 characters',
    ],
  ],
);

rule(
  'a standalone server has no readers and no proxy',
  [['none', { mode: 'standalone' }]],
  [
    [
      'readers',
      { mode: 'standalone', readonly: { replicas: 2 } },
      'readonly: given a value with mode: standalone',
    ],
    ['a proxy', { mode: 'standalone', mishards: {} }, 'mishards: given a value with mode: standalone'],
  ],
);

rule(
  "MySQL's name is its own",
  [
    ['of another prefix', { mysql: { name: 'metadata' } }],
    ['the usual one', { mysql: { name: 'milvus-test-mysql' } }],
    ['as long as can be', { mysql: { name: 'm'.repeat(52) } }],
  ],
  [
    [
      'the Secret of the S3 keys',
      { mysql: { name: 'milvus-test-s3' } },
      'mysql.name: given milvus-test-s3; expected a name that no other object of the cluster has',
    ],
    [
      'the Secret of the keys for backups',
      { mysql: { name: 'milvus-test-backup-s3' } },
      'mysql.name: given milvus-test-backup-s3',
    ],
    [
      'a prefix of the cluster',
      { name: 'm-headless', mysql: { name: 'm' } },
      'mysql.name: given m, which makes m-headless; expected a name',
      'such as m-headless-mysql',
    ],
    [
      'a prefix of its ConfigMap',
      { name: 'm-configuration', mysql: { name: 'm' } },
      'mysql.name: given m, which makes m-configuration',
    ],
    [
      'the cluster',
      { mysql: { name: 'milvus-test' } },
      'mysql.name: given milvus-test; expected a name that no other',
    ],
    ['a server', { mysql: { name: 'milvus-test-writable' } }, 'mysql.name: given milvus-test-writable'],
  ],
);

const logs = (persistence: object, more: object = { toFile: true }) => ({
  milvus: { logs: { ...more, persistence: { enabled: true, ...persistence } } },
});
rule(
  'kept logs',
  [
    ['to files, shared', logs({})],
    ['to files of one role', { ...logs({}, {}), writable: { logs: { toFile: true } } }],
    ['on one node, standalone', { ...logs({ accessModes: ['ReadWriteOnce'] }), mode: 'standalone' }],
    ['on a claim that exists', logs({ accessModes: ['ReadWriteOnce'], existingClaim: 'a' })],
  ],
  [
    ['no files', logs({}, {}), 'milvus.logs.persistence.enabled: given true without log files'],
    [
      'on one node, in a cluster',
      logs({ accessModes: ['ReadWriteOnce'] }),
      'milvus.logs.persistence.accessModes: given ReadWriteOnce; expected ReadWriteMany',
    ],
  ],
);

rule(
  'a pod has the devices that it names',
  [
    ['as many', { milvus: { gpu: { enabled: true, count: 2, searchDevices: ['gpu1'] } } }],
    ['not said', { milvus: { gpu: { enabled: true, searchDevices: ['gpu7'] } } }],
    ['none at all', { milvus: { gpu: { count: 1, searchDevices: ['gpu7'] } } }],
    [
      'none, of the role that has too few',
      {
        writable: { gpu: { enabled: true } },
        milvus: { gpu: { count: 1 } },
        readonly: { gpu: { searchDevices: ['gpu7'] } },
      },
    ],
  ],
  [
    [
      'too few of both roles, said once',
      { milvus: { gpu: { enabled: true, count: 1, searchDevices: ['gpu1'] } } },
      'milvus.gpu.count: given 1; expected at least 2, for gpu1',
    ],
    [
      'too few',
      {
        milvus: { gpu: { enabled: true, count: 1, searchDevices: ['gpu0', 'gpu1'] } },
        readonly: { gpu: { count: 2 } },
      },
      'milvus.gpu.count: given 1; expected at least 2, for gpu0, gpu1',
    ],
    [
      'too few of a role',
      { writable: { gpu: { enabled: true, count: 1, buildIndexDevices: ['gpu3'] } } },
      'writable.gpu.count: given 1; expected at least 4, for gpu3',
    ],
  ],
);

rule(
  'static discovery',
  [
    ['of one reader', { mishards: { discovery: 'static' } }],
    [
      'of several, each by its host',
      { readonly: { replicas: 2 }, mishards: { discovery: 'static', staticHosts: ['a', 'b:19531'] } },
    ],
  ],
  [
    [
      'of several by one Service',
      { readonly: { replicas: 2 }, mishards: { discovery: 'static' } },
      'mishards.discovery: given static with 2 readers; expected dns',
    ],
    [
      'of as many as an autoscaler makes, by one Service',
      { readonly: { autoscaling: { enabled: true } }, mishards: { discovery: 'static' } },
      'mishards.discovery: given static with readonly.autoscaling; expected dns',
    ],
    [
      'hosts for another discovery',
      { mishards: { staticHosts: ['a'] } },
      'mishards.staticHosts: given a value with mishards.discovery dns',
    ],
  ],
);

rule(
  'files for MySQL break nothing and hold no password',
  [
    ['options', { mysql: { configurationFiles: { 'a.cnf': '[mysqld]\nreport-port = 1\n' } } }],
    ['a script', { mysql: { initializationFiles: { 'a.sql': 'CREATE DATABASE x;' } } }],
    [
      'arguments that only begin alike',
      { mysql: { extraArgs: ['--port-open-timeout=1', '--log-error-verbosity=3', '--socket-x', '-v'] } },
    ],
    ['just small enough', { mysql: { initializationFiles: { 'a.sql': '-'.repeat(240 * 1024 - 12) } } }],
  ],
  [
    ...(
      [
        ['--port=3307', 'port'],
        ['--port', 'port'],
        ['--datadir=/x', 'datadir'],
        ['--log_error=/x', 'log_error'],
        ['--loose-socket=/x', 'loose-socket'],
        ['-P3307', '-P'],
        ['-h/x', '-h'],
      ] as const
    ).map(
      ([arg, option]): Refused => [
        `the argument ${arg}`,
        { mysql: { extraArgs: ['-v', arg] } },
        `mysql.extraArgs[1]: given the option ${option}; expected options other than`,
        'The image and the probes depend on these',
      ],
    ),
    ...(
      [
        ['milvus.extraConfigFiles', { milvus: { extraConfigFiles: { a: 'x'.repeat(240 * 1024) } } }],
        [
          'mysql.initializationFiles',
          { mysql: { initializationFiles: { 'a.sql': '-'.repeat(240 * 1024 - 11) } } },
        ],
        ['mysql.configurationFiles', { mysql: { configurationFiles: { 'a.cnf': '#'.repeat(240 * 1024) } } }],
      ] as const
    ).map(
      ([path, over]): Refused => [`too large: ${path}`, over, `${path}: given 2457`, 'at most 245760 bytes'],
    ),
    [
      'a password of another spelling',
      { mysql: { configurationFiles: { 'a.cnf': '[client]\nloose-Password=CANARY\n' } } },
      'mysql.configurationFiles."a.cnf": given a password; expected no password',
    ],
    [
      'the error log',
      { mysql: { configurationFiles: { 'a.cnf': '[mysqld]\n log-error = /x\n' } } },
      'mysql.configurationFiles."a.cnf": given the option log-error',
    ],
    [
      'a password among the options',
      { mysql: { configurationFiles: { 'a.cnf': '[client]\npassword = CANARY\n' } } },
      'mysql.configurationFiles."a.cnf": given a password; expected no password',
    ],
    [
      'a password in a script',
      { mysql: { initializationFiles: { 'a.sql': "CREATE USER a IDENTIFIED BY 'CANARY';" } } },
      'mysql.initializationFiles."a.sql": given a password (not shown)',
      'mysql.podTemplate',
    ],
  ],
);

rule(
  'budgets and autoscalers that can be kept',
  [
    ['a share', { readonly: { replicas: 4, podDisruptionBudget: { maxUnavailable: '25%' } } }],
    ['fewer than there are', { readonly: { replicas: 3, podDisruptionBudget: { minAvailable: 2 } } }],
    [
      'more at most than at least',
      { mishards: { autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 2 } } },
    ],
    ['none, that would block', { readonly: { podDisruptionBudget: { enabled: false, maxUnavailable: 0 } } }],
  ],
  [
    [
      'two kinds',
      { readonly: { replicas: 3, podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 } } },
      'readonly.podDisruptionBudget: given minAvailable and maxUnavailable',
    ],
    [
      'none may go',
      { readonly: { replicas: 3, podDisruptionBudget: { maxUnavailable: 0 } } },
      'readonly.podDisruptionBudget.maxUnavailable: given 0; expected a budget that lets at least one of 3 pods go',
    ],
    [
      'all have to stay',
      { mishards: { replicas: 2, podDisruptionBudget: { minAvailable: 2 } } },
      'mishards.podDisruptionBudget.minAvailable: given 2',
    ],
    [
      'fewer at most than at least',
      { readonly: { replicas: 5, autoscaling: { enabled: true, maxReplicas: 4 } } },
      'readonly.autoscaling.maxReplicas: given 4; expected at least 5',
    ],
  ],
);

const peers = (peer: object) => ({ networkPolicy: { clients: { peers: [peer] } } });
rule(
  'peers of policies',
  [
    ['pods', peers({ podSelector: {} })],
    ['pods of namespaces', peers({ podSelector: {}, namespaceSelector: { matchLabels: { a: 'b' } } })],
    ['addresses', peers({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } })],
  ],
  [
    ['nothing', peers({}), 'networkPolicy.clients.peers[0]: given nothing'],
    [
      'pods at addresses',
      peers({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
      'networkPolicy.clients.peers[0]: given ipBlock beside a selector',
    ],
  ],
);

rule(
  'the writable of an adopted release can not be restricted',
  [['elsewhere', { writable: { securityProfile: 'restricted' } }]],
  [
    [
      "in the image's directory",
      { storage: { path: '/var/lib/milvus' }, writable: { securityProfile: 'restricted' } },
      'writable.securityProfile: given restricted with storage.path /var/lib/milvus; expected baseline',
    ],
  ],
);

rule(
  'a PodMonitor has something to monitor',
  [
    [
      'push gateways',
      { milvus: { metrics: { enabled: true } }, monitoring: { podMonitor: { enabled: true } } },
    ],
    [
      'the exporter',
      { mysql: { exporter: { enabled: true } }, monitoring: { podMonitor: { enabled: true } } },
    ],
  ],
  [
    [
      'nothing',
      { monitoring: { podMonitor: { enabled: true } } },
      'monitoring.podMonitor.enabled: given true',
    ],
    [
      'a gateway elsewhere',
      {
        milvus: { metrics: { enabled: true, address: 'gateway' } },
        monitoring: { podMonitor: { enabled: true } },
      },
      'monitoring.podMonitor.enabled: given true',
    ],
  ],
);

describe('any resource of a node, by the rules of Kubernetes', () => {
  const resources = (given: object) => messages(at('readonly.resources', given));
  const amounts = (given: object) => {
    const [container] = records(
      field(
        find(
          manifestsOf({ ...minimal, readonly: { resources: given } }),
          'Deployment',
          'milvus-test-readonly',
        ),
        'spec',
        'template',
        'spec',
        'containers',
      ),
    );
    return container?.['resources'];
  };

  test('scratch space is asked for and limited, devices and huge pages are the same in both', () => {
    expect(
      amounts({
        requests: { 'ephemeral-storage': '10Gi', 'hugepages-2Mi': '64Mi' },
        limits: { memory: '8Gi', 'ephemeral-storage': '20480Mi', 'example.com/fpga': 1 },
      }),
    ).toEqual({
      requests: expect.objectContaining({
        'ephemeral-storage': '10Gi',
        'hugepages-2Mi': '64Mi',
        'example.com/fpga': '1',
      }),
      limits: expect.objectContaining({
        memory: '8Gi',
        'ephemeral-storage': '20Gi',
        'hugepages-2Mi': '64Mi',
        'example.com/fpga': '1',
      }),
    });
  });

  test.each<[what: string, given: object, words: string]>([
    [
      'a typo',
      { limits: { memroy: '8Gi' } },
      'readonly.resources.limits.memroy: given an unknown resource; expected a known one; did you mean "memory"?',
    ],
    [
      'a name of Kubernetes’ own',
      { limits: { 'kubernetes.io/x': 1 } },
      'limits."kubernetes.io/x": given an unknown resource',
    ],
    [
      'half a device',
      { limits: { 'example.com/fpga': 0.5 } },
      'limits."example.com/fpga": given 0.5; expected a whole number of devices',
    ],
    [
      'fewer devices than the limit',
      { requests: { 'example.com/fpga': 1 }, limits: { 'example.com/fpga': 2 } },
      'requests."example.com/fpga": given 1; expected the same as the limit, 2',
    ],
    [
      'half a huge page',
      { limits: { 'hugepages-2Mi': '3Mi' } },
      'limits.hugepages-2Mi: given "3Mi"; expected a multiple of the size of a page, 2Mi',
    ],
    [
      'scratch space above its limit',
      { requests: { 'ephemeral-storage': '2Gi' }, limits: { 'ephemeral-storage': '1Gi' } },
      'requests.ephemeral-storage: given 2Gi; expected at most the limit, 1Gi',
    ],
    [
      'scratch space without a unit',
      { limits: { 'ephemeral-storage': 20 } },
      'limits.ephemeral-storage: given 20; expected a Kubernetes quantity of at least 1Mi',
    ],
    [
      'no amount',
      { limits: { 'ephemeral-storage': 'much' } },
      'limits.ephemeral-storage: given "much"; expected a Kubernetes quantity',
    ],
    [
      'no text and no number',
      { limits: { 'example.com/fpga': true } },
      'limits."example.com/fpga": given true (a boolean); expected an amount such as 20Gi or 1',
    ],
  ])('%s', (_, given, words) => {
    expect(resources(given)).toEqual([expect.stringContaining(words)]);
  });

  test('devices that gpu.count asks for are not asked for twice', () => {
    const gpu = { enabled: true };
    const limits = { 'nvidia.com/gpu': 2 };
    expect(messages(at('readonly', { gpu, resources: { limits } }))).toEqual([
      expect.stringContaining(
        'readonly.resources.limits."nvidia.com/gpu": given 2; expected none beside gpu.enabled',
      ),
    ]);
    expect(messages(at('readonly', { resources: { limits } }))).toEqual([]);
  });
});
