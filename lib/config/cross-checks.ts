import { claimsOf } from '../inventory/claims';
import { metricSources } from '../inventory/metrics';
import { NO_RESERVED_LABEL, RESERVED_LABELS } from '../kubernetes/labels';
import { Names } from '../kubernetes/names';
import { foreignPorts, reachable, regions, speaksTls } from './endpoints';
import { extraServerConfigProblems } from './extra-server-config';
import { imageParts, imageVersion } from './images';
import type { ParsedConfig } from './parsed-config';
import { formatPath, formatProblem, type Problem } from './problems';
import { parseQuantity } from './quantities';
import { IPV4 } from './rules';
import {
  connectionsNeeded,
  devicesNamed,
  EXPORTER_PORT,
  IMAGE_DIRECTORY,
  type Settings,
  usesSqlite,
} from './settings';
import { PROXY_HEALTH_PORT, proxyPort } from './tls';
import { isMapping } from './validate';

/** The rules that need more than one value, each a function from the configuration to what is wrong with it. */
const CHECKS: readonly ((config: ParsedConfig, settings: Settings) => readonly Problem[])[] = [
  dataStorage,
  metadata,
  mysqlName,
  logVolume,
  devices,
  staticDiscovery,
  profiles,
  replication,
  policyPeers,
  monitored,
  credentialSources,
  paths,
  ports,
  service,
  regions,
  speaksTls,
  reachable,
  foreignPorts,
  mysqlFiles,
  fileSizes,
  versions,
  mysqlConnections,
  mysqlMemory,
  claims,
  embedded,
  tlsNames,
  tlsIsOn,
  backupPlace,
  declaredRestore,
  reservedLabels,
  serverConfigs,
];

/**
 * Checks what the schema can't: one value against another.
 * @param input the configuration as it was given, to tell what was set from what is a default
 * @param settings the same with all defaults
 */
export function crossCheck(config: ParsedConfig, input: unknown, settings: Settings): readonly Problem[] {
  const problems = [
    ...CHECKS.flatMap((check) => check(config, settings)),
    ...unusedMysql(config, input),
    ...unusedByStandalone(config, input),
  ];
  // A problem of a section that both roles read is found twice, and reported once.
  return [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
}

function credentialSources(config: ParsedConfig): Problem[] {
  const sources = {
    ...(config.s3 === undefined ? {} : { 's3.credentials': config.s3.credentials }),
    ...(config.backup.s3.credentials === undefined
      ? {}
      : { 'backup.s3.credentials': config.backup.s3.credentials }),
    ...(config.backup.restoreFrom.credentials === undefined
      ? {}
      : { 'backup.restoreFrom.credentials': config.backup.restoreFrom.credentials }),
    ...(config.externalMysql === undefined
      ? { 'mysql.credentials': config.mysql.credentials }
      : { 'externalMysql.credentials': config.externalMysql.credentials }),
  };
  return Object.entries(sources).flatMap(([path, given]) => {
    const used = [
      ...(given.inline === undefined ? [] : ['inline']),
      ...(given.externalSecret === undefined ? [] : ['externalSecret']),
    ];
    // With one of the two, an existingSecret would be somebody else's Secret that we overwrite.
    if (given.existingSecret !== undefined) used.push('existingSecret');
    if (used.length < 2) return [];
    return [{ path, given: used.join(' and '), expected: 'one of existingSecret, externalSecret, inline' }];
  });
}

const SYSTEM_DIRECTORIES = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib64',
  '/proc',
  '/sbin',
  '/sys',
  '/usr',
  '/run',
];

function paths(config: ParsedConfig): Problem[] {
  const directories: Record<string, string> = {
    'storage.path': config.storage.path,
    'wal.path': config.wal.path,
    'milvus.logs.path': config.milvus.logs.path,
  };
  const problems: Problem[] = [];
  for (const [path, directory] of Object.entries(directories)) {
    const ofImage = ['bin', 'lib', 'conf'].map((name) => `${IMAGE_DIRECTORY}/${name}`);
    const hides = [...ofImage, '/var/lib/milvus'].some((file) => isWithin(file, directory));
    const within = [...ofImage, ...SYSTEM_DIRECTORIES].some((file) => isWithin(directory, file));
    const adopted = path === 'storage.path' && directory === IMAGE_DIRECTORY;
    if ((hides && !adopted) || within) {
      problems.push({
        path,
        given: JSON.stringify(directory),
        expected: 'a directory that does not hide files of the image',
        fix: 'Use one such as /var/lib/milvus/data or /data.',
      });
    }
  }
  for (const [path, other] of [
    ['storage.path', 'wal.path'],
    ['storage.path', 'milvus.logs.path'],
    ['wal.path', 'milvus.logs.path'],
    ['milvus.logs.path', 'wal.path'],
  ] as const) {
    const [inner = '', outer = ''] = [directories[path], directories[other]];
    if (isWithin(inner, outer) && !(inner === outer && path === 'milvus.logs.path')) {
      problems.push({
        path,
        given: JSON.stringify(inner),
        expected: `a directory outside ${other} (${outer})`,
        fix: 'Each needs a volume of its own.',
      });
    }
  }
  const data = `${config.storage.path}/db`;
  if (isWithin(config.wal.path, data)) {
    problems.push({
      path: 'wal.path',
      given: JSON.stringify(config.wal.path),
      expected: `a directory outside ${data}, where the server keeps its segments`,
    });
  }
  return problems;
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

function ports(config: ParsedConfig, settings: Settings): Problem[] {
  const { pushgateways } = metricSources(settings);
  const { metrics, network } = config.milvus;
  const { port, httpPort, httpEnabled } = network;
  const { exporter, service: ofMysql } = config.mysql;
  const taken = (path: string, given: number, other: string): Problem => ({
    path,
    given: String(given),
    expected: `a port other than ${other}`,
  });
  const listeners = {
    'milvus.network.port': port,
    ...(httpEnabled ? { 'milvus.network.httpPort': httpPort } : {}),
  };
  return [
    ...(httpEnabled && port === httpPort
      ? [taken('milvus.network.httpPort', httpPort, 'milvus.network.port')]
      : []),
    // The push gateway is in the pod of the server.
    ...Object.entries(pushgateways ? listeners : {})
      .filter(([, used]) => used === metrics.port)
      .map(([path]) => taken('milvus.metrics.port', metrics.port, path)),
    ...proxyPorts(settings, pushgateways ? { ...listeners, 'milvus.metrics.port': metrics.port } : listeners),
    ...(exporter.enabled && ofMysql.port === EXPORTER_PORT
      ? [taken('mysql.service.port', EXPORTER_PORT, 'that of mysql.exporter')]
      : []),
  ];
}

/** The proxy that speaks TLS to S3 is in the pod of the server, and listens there on the port of the endpoint. */
function proxyPorts({ s3 }: Settings, listeners: Readonly<Record<string, number>>): Problem[] {
  if (s3?.tls === undefined) return [];
  const port = proxyPort(s3);
  return Object.entries(listeners).flatMap(([path, used]) =>
    used === port || used === PROXY_HEALTH_PORT
      ? [
          {
            path,
            given: String(used),
            expected: `a port other than ${used === port ? 's3.port' : String(PROXY_HEALTH_PORT)}: the proxy of s3.tls listens there in the same pod`,
          },
        ]
      : [],
  );
}

function service(config: ParsedConfig): Problem[] {
  const services = {
    service: config.service,
    'mysql.service': config.mysql.service,
    'admin.service': config.admin.service,
  };
  const nodePorts = new Map<number, string>();
  const clusterIPs = new Map<string, string>();
  return Object.entries(services).flatMap(
    ([path, { type, nodePort, clusterIP, loadBalancerIP, loadBalancerSourceRanges }]) => {
      const only = (set: boolean, key: string, types: readonly string[]): Problem[] =>
        !set || types.includes(type)
          ? []
          : [
              {
                path: `${path}.${key}`,
                given: `a value with ${path}.type ${type}`,
                expected: `${path}.type ${types.join(' or ')}`,
                fix: `Set ${path}.type, or leave ${path}.${key} out.`,
              },
            ];
      const owner = nodePort === undefined ? undefined : nodePorts.get(nodePort);
      if (nodePort !== undefined) nodePorts.set(nodePort, path);
      const sameIP = clusterIP === undefined ? undefined : clusterIPs.get(clusterIP);
      if (clusterIP !== undefined) clusterIPs.set(clusterIP, path);
      return [
        ...(sameIP === undefined
          ? []
          : [
              {
                path: `${path}.clusterIP`,
                given: String(clusterIP),
                expected: `an address other than ${sameIP}.clusterIP`,
              },
            ]),
        ...(owner === undefined
          ? []
          : [
              {
                path: `${path}.nodePort`,
                given: String(nodePort),
                expected: `a port other than ${owner}.nodePort: a node port belongs to one Service`,
              },
            ]),
        ...only(nodePort !== undefined, 'nodePort', ['NodePort', 'LoadBalancer']),
        ...only(loadBalancerIP !== undefined, 'loadBalancerIP', ['LoadBalancer']),
        ...only(loadBalancerSourceRanges.length > 0, 'loadBalancerSourceRanges', ['LoadBalancer']),
      ];
    },
  );
}

/** What the name of an image tells: a private tag, or a digest alone, tells nothing. */
function versions({ images, externalMysql, ...config }: ParsedConfig): Problem[] {
  const ofMilvus = (['milvus', 'mishards', 'milvusGpu'] as const).flatMap((key): Problem[] => {
    const given = images[key];
    const { name, tag } = imageParts(given);
    const program = key === 'milvusGpu' ? 'milvus' : key;
    const path = `images.${key}`;
    const other = program === 'milvus' ? 'mishards' : 'milvus';
    if (name === other) return [{ path, given, expected: `${program} 1.1.1, not ${other}` }];
    // An image with another name may have other version numbers.
    const [, version] = name === program ? (/^v?([0-2]\.\d+(\.\d+)?)(?![\d.])/.exec(tag) ?? []) : [];
    if (version !== undefined && version !== '1.1.1') {
      return [
        {
          path,
          given,
          expected: `${program} 1.1.1, the only version that this configuration is for`,
          fix: version.startsWith('2.')
            ? 'Milvus 2 is a different program. Its configuration and its data are different, too.'
            : 'Other versions do not read the data and the configuration of 1.1.1.',
        },
      ];
    }
    const gpu = (['writable', 'readonly'] as const).some(
      (role) => config[role].gpu.enabled ?? config.milvus.gpu.enabled,
    );
    return key === 'milvusGpu' && gpu && /^1\.1\.1-cpu\b/.test(tag)
      ? [{ path, given, expected: 'a GPU build, such as 1.1.1-gpu-...: a CPU build ignores gpu' }]
      : [];
  });
  const mysql = externalMysql === undefined && config.mysql.enabled ? mysqlImage(images.mysql) : [];
  return [...ofMilvus, ...mysql];
}

function mysqlImage(given: string): Problem[] {
  const { repository, name, tag } = imageParts(given);
  const problem = (fix: string): Problem[] => [
    { path: 'images.mysql', given, expected: 'MySQL 5.7 or 8.0', fix },
  ];
  if (/mariadb/.test(name)) {
    return problem('MariaDB has other system variables and other password plugins. Use mysql:5.7.44.');
  }
  if (/(^|[/-])bitnami/.test(repository)) {
    return problem(
      'Bitnami images keep their data in /bitnami/mysql, where no volume is mounted, and run as another user. Use the official mysql image.',
    );
  }
  const [major, minor] = imageVersion(given) ?? [];
  const fits = major === 5 ? minor === undefined || minor === 7 : major === 8 && minor === 0;
  const later = /^(lts|innovation|oracle|debian)/.test(tag) && name === 'mysql';
  if (major === undefined ? !later : fits) return [];
  return problem(
    'The MySQL clients in Milvus 1.1.1 only know mysql_native_password, which later versions dropped. Earlier versions cannot index utf8mb4 keys.',
  );
}

function mysqlConnections(config: ParsedConfig): Problem[] {
  const { maxConnections } = config.mysql;
  const needed = connectionsNeeded(config);
  if (config.externalMysql !== undefined || maxConnections === undefined || maxConnections >= needed)
    return [];
  return [
    {
      path: 'mysql.maxConnections',
      given: String(maxConnections),
      expected: `at least ${needed}: the servers and proxies can open that many together`,
      fix: 'Raise it, or lower mishards.database.poolSize or the replicas.',
    },
  ];
}

const SMALLEST_MYSQL = 512 * 1024 ** 2;

function mysqlMemory(config: ParsedConfig): Problem[] {
  const limit = config.mysql.resources.limits.memory;
  const enough = limit === undefined || (parseQuantity(String(limit)) ?? 0) >= SMALLEST_MYSQL;
  if (config.externalMysql !== undefined || enough) return [];
  return [
    {
      path: 'mysql.resources.limits.memory',
      given: String(limit),
      expected: 'at least 512Mi: half of it is the buffer pool, and each connection takes some',
    },
  ];
}

function claims(_config: ParsedConfig, settings: Settings): Problem[] {
  const inUse = claimsOf(settings);
  const owners = new Map(inUse.filter(({ exists }) => !exists).map(({ name, path }) => [name, path]));
  return inUse.flatMap(({ path, name, exists }) => {
    if (!exists) return [];
    const owner = owners.get(name);
    owners.set(name, path);
    if (owner === undefined) return [];
    return [
      {
        path: `${path}.existingClaim`,
        given: JSON.stringify(name),
        expected: `a claim of its own: ${owner} uses this one`,
      },
    ];
  });
}

function embedded(config: ParsedConfig): Problem[] {
  if (!config.s3?.embedded) return [];
  if (config.s3.tls.enabled) {
    return [
      {
        path: 's3.tls.enabled',
        given: 'true beside s3.embedded',
        expected: 'false: the embedded storage speaks plain HTTP, inside the cluster',
      },
    ];
  }
  if (config.s3.address === undefined) return [];
  return [
    {
      path: 's3.embedded',
      given: 'true beside s3.address',
      expected: 'one of the two',
      fix: 'Leave s3.address out to deploy a MinIO with the cluster, or s3.embedded to use the storage at that address.',
    },
  ];
}

/** The proxy that speaks TLS verifies the name, and all who use the endpoint must use the same name. */
function tlsNames({ s3, backup }: ParsedConfig): Problem[] {
  const endpoints = [
    { path: 's3', address: s3?.address, port: s3?.port, tls: s3?.tls },
    {
      path: 'backup.s3',
      address: backup.s3.address ?? s3?.address,
      port: backup.s3.port,
      tls: backup.s3.tls,
    },
    {
      path: 'backup.restoreFrom',
      address: backup.restoreFrom.address ?? backup.s3.address ?? s3?.address,
      port: backup.restoreFrom.port,
      tls: backup.restoreFrom.tls,
    },
  ];
  return endpoints.flatMap(({ path, address, port, tls }): Problem[] => {
    if (tls?.enabled !== true || address === undefined) return [];
    const { serverName } = tls;
    if (port === 80) {
      return [
        {
          path: `${path}.port`,
          given: '80',
          expected: `the port on which ${address} speaks TLS, usually 443`,
        },
      ];
    }
    if (IPV4.test(address)) {
      if (serverName !== undefined && !IPV4.test(serverName)) return [];
      return [
        {
          path: `${path}.tls.serverName`,
          given: serverName ?? 'nothing',
          expected: `the host name in the certificate, since ${path}.address is an IPv4 address`,
        },
      ];
    }
    if (serverName === undefined || serverName === address) return [];
    return [
      {
        path: `${path}.tls.serverName`,
        given: serverName,
        expected: `no value, or the same name as ${path}.address`,
        fix: `Write the name in the certificate into ${path}.address. If that name leads elsewhere, write an IPv4 address there (for a Service, its clusterIP).`,
      },
    ];
  });
}

/** Settings of TLS have no effect if it is off. */
function tlsIsOn({ s3, backup }: ParsedConfig): Problem[] {
  return Object.entries({
    s3: s3?.tls,
    'backup.s3': backup.s3.tls,
    'backup.restoreFrom': backup.restoreFrom.tls,
  }).flatMap(([path, tls]) =>
    (['caSecret', 'serverName'] as const)
      .filter((key) => tls?.enabled === false && tls[key] !== undefined)
      .map((key) => ({
        path: `${path}.tls.${key}`,
        given: `a value without ${path}.tls.enabled`,
        expected: `${path}.tls.enabled: true, or no ${key}`,
      })),
  );
}

/** The name of its Job ends with the name of the backup, and has at most 63 characters. */
function declaredRestore({ name, backup }: ParsedConfig): Problem[] {
  if (backup.restore === undefined) return [];
  const job = new Names(name).restoreOf(backup.restore.backup);
  return [
    ...(backup.enabled
      ? []
      : [
          {
            path: 'backup.restore',
            given: 'a backup without backup.enabled',
            expected: 'backup.enabled: true, so that the cluster knows where backups are',
            fix: 'If this is a copy of another cluster, with the backups in backup.restoreFrom, add backup.suspend: true as well.',
          },
        ]),
    ...(job.length <= 63
      ? []
      : [
          {
            path: 'backup.restore',
            given: `a backup whose Job would be named ${job} (${job.length} characters)`,
            expected: 'a Job name of at most 63 characters',
            fix: 'The name of the cluster is too long for that. Use cdk8s-milvus restore, or the Job in jobs/.',
          },
        ]),
  ];
}

/** Milvus deletes by prefix, so backups below storage.path in its bucket are not safe. */
function backupPlace(config: ParsedConfig): Problem[] {
  const { address, bucket, prefix } = config.backup.s3;
  if (config.s3 === undefined) {
    if (!config.backup.enabled) return [];
    if (config.backup.objects === true) {
      return [
        {
          path: 'backup.objects',
          given: 'true without s3',
          expected: 'false, or no value: vectors on a volume are backed up by a snapshot of that volume',
        },
      ];
    }
    return Object.entries({ address, bucket })
      .filter(([, value]) => value === undefined)
      .map(([key]) => ({
        path: `backup.s3.${key}`,
        given: 'nothing',
        expected: `the ${key} of an S3 storage for the backups, since the cluster has none`,
      }));
  }
  const elsewhere =
    (address !== undefined && address !== config.s3.address) ||
    (bucket !== undefined && bucket !== config.s3.bucket);
  if (elsewhere || prefix === undefined || !isWithin(`/${prefix}`, config.storage.path)) return [];
  return [
    {
      path: 'backup.s3.prefix',
      given: JSON.stringify(prefix),
      expected: `a prefix outside storage.path (${config.storage.path}), where Milvus deletes by prefix`,
    },
  ];
}

/** The vectors are in S3 or on a volume, and one of the two has to be chosen. */
function dataStorage(config: ParsedConfig): Problem[] {
  const { persistence } = config.storage;
  const standalone = config.mode === 'standalone';
  if (config.s3 === undefined) {
    if (standalone) return [];
    if (persistence.enabled === true)
      return shared('storage.persistence', 'read the vectors from', persistence);
    return [
      {
        path: 's3',
        given: 'nothing',
        expected: 'S3 storage for the vectors: s3.address and s3.bucket',
        fix: 'Without S3 the servers can share a volume instead: storage.persistence.enabled, with a StorageClass for ReadWriteMany.',
      },
    ];
  }
  if (persistence.enabled !== true || usesSqlite(config)) return [];
  return [
    {
      path: 'storage.persistence.enabled',
      given: 'true beside s3',
      expected: 'one of the two',
      fix: 'With S3 the servers keep nothing on disk that needs a volume. Leave out storage.persistence, or s3.',
    },
  ];
}

function metadata(config: ParsedConfig): Problem[] {
  if (!usesSqlite(config)) return [];
  const problems: Problem[] = [];
  if (config.mode === 'cluster') {
    problems.push({
      path: 'mysql.enabled',
      given: 'false without externalMysql',
      expected: 'MySQL: deployed with the cluster, or externalMysql',
      fix: 'SQLite is a file that only one server can use. It needs mode: standalone.',
    });
  }
  if (config.backup.enabled) {
    problems.push({
      path: 'backup.enabled',
      given: 'true with SQLite',
      expected: 'MySQL: a backup is a dump of it',
      fix: 'Instead, stop the server and back up the volume of storage.persistence.',
    });
  }
  return problems;
}

/** MySQL's objects must not be taken for others of the cluster, nor its Secret for that of the S3 keys. */
function mysqlName({ name, mysql }: ParsedConfig): Problem[] {
  const {
    mysql: given,
    mysqlHeadless,
    mysqlConfiguration,
    mysqlInitialization,
    ...others
  } = new Names(name, mysql.name);
  const taken = new Set([...Object.values(others), `${name}-s3`, `${name}-backup-s3`, `${name}-restore-s3`]);
  const clash = [given, mysqlHeadless, mysqlConfiguration, mysqlInitialization].find((one) => taken.has(one));
  if (clash === undefined) return [];
  return [
    {
      path: 'mysql.name',
      given: clash === given ? given : `${given}, which makes ${clash}`,
      expected: `a name that no other object of the cluster has, such as ${new Names(name).mysql}`,
    },
  ];
}

function logVolume(config: ParsedConfig): Problem[] {
  const { logs } = config.milvus;
  if (!logs.persistence.enabled) return [];
  const roles = config.mode === 'cluster' ? (['writable', 'readonly'] as const) : (['writable'] as const);
  const writes = roles.some((role) => config[role].logs.toFile ?? logs.toFile);
  const problems: Problem[] = [];
  if (!writes) {
    problems.push({
      path: 'milvus.logs.persistence.enabled',
      given: 'true without log files',
      expected: 'milvus.logs.toFile: true',
    });
  }
  return config.mode === 'standalone'
    ? problems
    : [...problems, ...shared('milvus.logs.persistence', 'write their logs to', logs.persistence)];
}

/** An existing claim has its own access modes. */
function shared(
  path: string,
  use: string,
  {
    accessModes,
    existingClaim,
  }: Pick<ParsedConfig['storage']['persistence'], 'accessModes' | 'existingClaim'>,
): Problem[] {
  if (accessModes === undefined || existingClaim !== undefined || accessModes.includes('ReadWriteMany')) {
    return [];
  }
  return [
    {
      path: `${path}.accessModes`,
      given: accessModes.join(', '),
      expected: `ReadWriteMany: all servers ${use} this one claim`,
      fix: 'Use a StorageClass that offers it, such as NFS or CephFS.',
    },
  ];
}

/** A pod that asks for two devices has gpu0 and gpu1, whatever the node calls them. */
function devices(config: ParsedConfig): Problem[] {
  return (['writable', 'readonly'] as const).flatMap((role) => {
    const own = config[role].gpu;
    const base = config.milvus.gpu;
    if ((own.enabled ?? base.enabled) !== true) return [];
    const count = own.count ?? base.count;
    const named = [
      ...(own.searchDevices ?? base.searchDevices ?? []),
      ...(own.buildIndexDevices ?? base.buildIndexDevices ?? []),
    ];
    if (count === undefined || named.length === 0 || devicesNamed(named) <= count) return [];
    return [
      {
        path: `${own.count === undefined ? 'milvus' : role}.gpu.count`,
        given: String(count),
        expected: `at least ${devicesNamed(named)}, for ${named.join(', ')}`,
        fix: 'In a pod, devices are numbered from 0.',
      },
    ];
  });
}

function staticDiscovery(config: ParsedConfig): Problem[] {
  const { discovery, staticHosts } = config.mishards;
  if (staticHosts !== undefined && discovery !== 'static') {
    return [
      {
        path: 'mishards.staticHosts',
        given: `a value with mishards.discovery ${discovery}`,
        expected: 'mishards.discovery: static',
      },
    ];
  }
  const { autoscaling, replicas } = config.readonly;
  const one = replicas === 1 && !autoscaling.enabled;
  if (discovery !== 'static' || staticHosts !== undefined || one) return [];
  return [
    {
      path: 'mishards.discovery',
      given: autoscaling.enabled ? 'static with readonly.autoscaling' : `static with ${replicas} readers`,
      expected: 'dns, or a host of its own for each reader in mishards.staticHosts',
      fix: 'Static discovery opens one connection to each host. Through one Service it would use only one reader.',
    },
  ];
}

function profiles(config: ParsedConfig): Problem[] {
  if (config.writable.securityProfile !== 'restricted' || config.storage.path !== IMAGE_DIRECTORY) return [];
  return [
    {
      path: 'writable.securityProfile',
      given: `restricted with storage.path ${IMAGE_DIRECTORY}`,
      expected: 'baseline',
      fix: "The writable locks a file in storage.path. In the image's own directory only root can do that. Leave writable.securityProfile out.",
    },
  ];
}

function replication(config: ParsedConfig): Problem[] {
  return (['readonly', 'mishards'] as const).flatMap((workload) => {
    const { autoscaling, podDisruptionBudget, replicas } = config[workload];
    const least = autoscaling.minReplicas ?? replicas;
    const problems: Problem[] = [];
    if (autoscaling.enabled && autoscaling.maxReplicas !== undefined && autoscaling.maxReplicas < least) {
      problems.push({
        path: `${workload}.autoscaling.maxReplicas`,
        given: String(autoscaling.maxReplicas),
        expected: `at least ${least}, the smallest number of pods`,
      });
    }
    const { minAvailable, maxUnavailable } = podDisruptionBudget;
    if (minAvailable !== undefined && maxUnavailable !== undefined) {
      problems.push({
        path: `${workload}.podDisruptionBudget`,
        given: 'minAvailable and maxUnavailable',
        expected: 'one of the two',
      });
    }
    const blocks =
      maxUnavailable === 0 ||
      maxUnavailable === '0%' ||
      minAvailable === '100%' ||
      (typeof minAvailable === 'number' && minAvailable >= least);
    if (podDisruptionBudget.enabled !== false && blocks) {
      const key = minAvailable === undefined ? 'maxUnavailable' : 'minAvailable';
      problems.push({
        path: `${workload}.podDisruptionBudget.${key}`,
        given: String(podDisruptionBudget[key]),
        expected: `a budget that lets at least one of ${least} pods go`,
        fix: 'With this budget, kubectl drain would never finish on a node that runs such a pod.',
      });
    }
    return problems;
  });
}

function policyPeers({ networkPolicy }: ParsedConfig): Problem[] {
  const { clients, s3, mysql, prometheus, apiServer, dns, extraIngress, extraEgress } = networkPolicy;
  const lists = [
    ...Object.entries({ clients, s3, mysql, prometheus, apiServer, dns }).map(
      ([key, { peers }]) => [`${key}.peers`, peers] as const,
    ),
    ...extraIngress.map(({ from }, index) => [`extraIngress[${index}].from`, from] as const),
    ...extraEgress.map(({ to }, index) => [`extraEgress[${index}].to`, to] as const),
  ];
  return lists.flatMap(([key, peers = []]) =>
    peers.flatMap((peer, index) => {
      const path = `networkPolicy.${key}[${index}]`;
      const selects = peer.podSelector !== undefined || peer.namespaceSelector !== undefined;
      if (peer.ipBlock !== undefined && selects) {
        return [{ path, given: 'ipBlock beside a selector', expected: 'one of the two; make two peers' }];
      }
      const { cidr = '', except = [] } = peer.ipBlock ?? {};
      const outside = except.findIndex((part) => !isPartOf(part, cidr));
      if (outside >= 0) {
        return [
          {
            path: `${path}.ipBlock.except[${outside}]`,
            given: String(except[outside]),
            expected: `a smaller range, within ${cidr}`,
          },
        ];
      }
      return peer.ipBlock === undefined && !selects
        ? [{ path, given: 'nothing', expected: 'podSelector, namespaceSelector or ipBlock' }]
        : [];
    }),
  );
}

function isPartOf(part: string, range: string): boolean {
  const [inner, outer] = [part, range].map((cidr) => {
    const [address = '', bits = ''] = cidr.split('/');
    const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    return { number, bits: Number(bits) };
  });
  if (inner === undefined || outer === undefined || inner.bits <= outer.bits) return false;
  const size = 2 ** (32 - outer.bits);
  return Math.floor(inner.number / size) === Math.floor(outer.number / size);
}

/** A PodMonitor needs something to scrape. */
function monitored(_config: ParsedConfig, settings: Settings): Problem[] {
  const { pushgateways, exporter } = metricSources(settings);
  if (!settings.monitoring.podMonitor.enabled || pushgateways || exporter) return [];
  return [
    {
      path: 'monitoring.podMonitor.enabled',
      given: 'true, but nothing in the pods can be scraped',
      expected: 'milvus.metrics.enabled (without an address), mysql.exporter.enabled, or both',
    },
  ];
}

/** Options that would stop the server or move its data, and passwords, which must not be in a ConfigMap. */
function mysqlFiles(config: ParsedConfig): Problem[] {
  const { configurationFiles, extraArgs, initializationFiles } = config.mysql;
  const args = extraArgs.flatMap((arg, index) => {
    const [, long, option = long] = FIXED_ARGUMENT.exec(arg) ?? [];
    return option === undefined ? [] : [{ path: `mysql.extraArgs[${index}]`, ...fixedOption(option) }];
  });
  const options = Object.entries(configurationFiles).flatMap(([file, text]) => {
    const path = `mysql.configurationFiles.${formatPath([file])}`;
    const fixed = [...text.matchAll(FIXED_OPTIONS)];
    const password = /^\s*(loose[-_])?password\d?\s*=/im.test(text);
    return [
      ...fixed.map(([, option = '']) => ({ path, ...fixedOption(option) })),
      ...(password
        ? [{ path, given: 'a password', expected: 'no password: the file goes into a ConfigMap' }]
        : []),
    ];
  });
  const scripts = Object.entries(initializationFiles)
    .filter(([, text]) => /\bIDENTIFIED\b[^;]*\b(BY|AS)\b|\bSET\s+PASSWORD\b/i.test(text))
    .map(([file]) => ({
      path: `mysql.initializationFiles.${formatPath([file])}`,
      given: 'a password (not shown)',
      expected: 'no password: the file goes into a ConfigMap',
      fix: 'Put the script into a Secret, and mount it in /docker-entrypoint-initdb.d with mysql.podTemplate.',
    }));
  return [...args, ...options, ...scripts];
}

const FIXED = '((?:loose[-_])?(?:log[-_]error|datadir|port|socket|pid[-_]file))';
const FIXED_OPTIONS = new RegExp(`^\\s*${FIXED}\\s*(?:=|$)`, 'gm');
/** In mysqld -h is --datadir. */
const FIXED_ARGUMENT = new RegExp(`^(?:--${FIXED}(?:=|$)|(-[hP]))`);

function fixedOption(option: string) {
  return {
    given: `the option ${option}`,
    expected: 'options other than log-error, datadir, port, socket and pid-file',
    fix: 'The image and the probes depend on these. The error log goes to stderr, where kubectl logs finds it.',
  };
}

/** kubectl apply keeps the whole object in an annotation, all of which may have 256 KiB. */
const LARGEST_FILES = 240 * 1024;

function fileSizes({ milvus, mysql }: ParsedConfig): Problem[] {
  return Object.entries({
    'milvus.extraConfigFiles': milvus.extraConfigFiles,
    'mysql.configurationFiles': mysql.configurationFiles,
    'mysql.initializationFiles': mysql.initializationFiles,
  }).flatMap(([path, files]) => {
    const bytes = Buffer.byteLength(JSON.stringify(files));
    if (bytes <= LARGEST_FILES) return [];
    return [
      {
        path,
        given: `${bytes} bytes`,
        expected: `at most ${LARGEST_FILES} bytes: with more, kubectl apply refuses the ConfigMap`,
      },
    ];
  });
}

function reservedLabels(config: ParsedConfig): Problem[] {
  return Object.entries({ labels: config.labels, 'service.labels': config.service.labels }).flatMap(
    ([path, labels]) =>
      Object.keys(labels)
        .filter((key) => RESERVED_LABELS.test(key))
        .map((key) => ({ path: `${path}.${formatPath([key])}`, ...NO_RESERVED_LABEL })),
  );
}

function serverConfigs(config: ParsedConfig): Problem[] {
  const roles = {
    milvus: config.mode === 'cluster' ? (['writable', 'readonly'] as const) : (['writable'] as const),
    writable: ['writable'] as const,
    readonly: ['readonly'] as const,
  };
  return (['milvus', 'writable', 'readonly'] as const).flatMap((section) =>
    extraServerConfigProblems(
      config[section].extraServerConfig,
      `${section}.extraServerConfig`,
      roles[section].some((role) => config[role].gpu.enabled ?? config.milvus.gpu.enabled),
    ),
  );
}

/** Sections of workloads that a standalone server does not have. */
function unusedByStandalone(config: ParsedConfig, input: unknown): Problem[] {
  if (config.mode !== 'standalone' || !isMapping(input)) return [];
  return ['readonly', 'mishards']
    .filter((section) => (input[section] ?? undefined) !== undefined)
    .map((section) => ({
      path: section,
      given: 'a value with mode: standalone',
      expected: 'none: there is one server, configured under writable',
      fix: `Leave ${section} out (over a base file: ${section}: null), or use mode: cluster.`,
    }));
}

function unusedMysql(config: ParsedConfig, input: unknown): Problem[] {
  if (config.externalMysql === undefined || !isMapping(input) || (input['mysql'] ?? undefined) === undefined)
    return [];
  return [
    {
      path: 'mysql',
      given: 'a value beside externalMysql',
      expected: 'one of mysql and externalMysql',
      fix: 'With externalMysql no MySQL is deployed: leave mysql out (over a base file: mysql: null).',
    },
  ];
}
