import { Names } from '../kubernetes/names';
import { imageVersion } from './images';
import { formatPath, type Problem } from './problems';
import { parseQuantity } from './quantities';
import type { ParsedConfig } from './schema';
import { extraServerConfigProblems } from './server-keys';
import { connectionsNeeded, devicesNamed, IMAGE_DIRECTORY, usesSqlite } from './settings';
import { isMapping } from './validate';

/** The rules that need more than one value, each a function from the configuration to what is wrong with it. */
const CHECKS: readonly ((config: ParsedConfig) => readonly Problem[])[] = [
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
  additions,
  credentialSources,
  paths,
  ports,
  service,
  metrics,
  mysqlFiles,
  mysqlImage,
  mysqlConnections,
  mysqlMemory,
  claims,
  embedded,
  backupPlace,
  reservedLabels,
  architecture,
  tolerations,
  mishardsStop,
  serverConfigs,
];

/** The sections that describe pods. */
const WORKLOADS = [
  'writable',
  'readonly',
  'mishards',
  'mysql',
  'minio',
  'admin',
  'backup',
  'smokeTest',
] as const;

/**
 * Checks what the schema can't: one value against another.
 * @param input the configuration as it was given, to tell what was set from what is a default
 */
export function crossCheck(config: ParsedConfig, input: unknown): readonly Problem[] {
  return [
    ...CHECKS.flatMap((check) => check(config)),
    ...unusedMysql(config, input),
    ...unusedByStandalone(config, input),
  ];
}

function credentialSources(config: ParsedConfig): Problem[] {
  const sources = {
    ...(config.s3 === undefined ? {} : { 's3.credentials': config.s3.credentials }),
    ...(config.backup.s3.credentials === undefined
      ? {}
      : { 'backup.s3.credentials': config.backup.s3.credentials }),
    ...(config.externalMysql === undefined
      ? { 'mysql.credentials': config.mysql.credentials }
      : { 'externalMysql.credentials': config.externalMysql.credentials }),
  };
  return Object.entries(sources).flatMap(([path, given]) => {
    const used = [
      ...(given.inline === undefined ? [] : ['inline']),
      ...(given.externalSecret === undefined ? [] : ['externalSecret']),
    ];
    // existingSecret beside one of the two would be a Secret of somebody else's that we overwrite.
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
        expected: 'a directory whose mount hides nothing of the image',
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

function ports(config: ParsedConfig): Problem[] {
  const { port, httpPort, httpEnabled } = config.milvus.network;
  if (!httpEnabled || port !== httpPort) return [];
  return [
    {
      path: 'milvus.network.httpPort',
      given: String(httpPort),
      expected: 'another port than milvus.network.port',
    },
  ];
}

function service(config: ParsedConfig): Problem[] {
  return Object.entries({
    service: config.service,
    'mysql.service': config.mysql.service,
    'admin.service': config.admin.service,
  }).flatMap(([path, { type, nodePort, loadBalancerIP, loadBalancerSourceRanges }]) => {
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
    return [
      ...only(nodePort !== undefined, 'nodePort', ['NodePort', 'LoadBalancer']),
      ...only(loadBalancerIP !== undefined, 'loadBalancerIP', ['LoadBalancer']),
      ...only(loadBalancerSourceRanges.length > 0, 'loadBalancerSourceRanges', ['LoadBalancer']),
    ];
  });
}

function metrics(config: ParsedConfig): Problem[] {
  const { enabled, address } = config.milvus.metrics;
  if (!enabled || address === undefined || !/^(localhost|127(\.\d+){3})$/.test(address)) return [];
  return [
    {
      path: 'milvus.metrics.address',
      given: address,
      expected: 'the address of a push gateway that exists already',
      fix: 'Leave milvus.metrics.address out: then one runs beside each server, in its pod.',
    },
  ];
}

function mysqlImage(config: ParsedConfig): Problem[] {
  const version = imageVersion(config.images.mysql);
  if (config.externalMysql !== undefined || version === undefined) return [];
  const [major, minor] = version;
  if ((major === 5 && minor === 7) || (major === 8 && minor === 0)) return [];
  return [
    {
      path: 'images.mysql',
      given: config.images.mysql,
      expected: 'MySQL 5.7 or 8.0',
      fix: 'The clients in Milvus 1.1.1 know mysql_native_password alone, which later versions have dropped, and utf8mb4 keys, which earlier ones cannot index.',
    },
  ];
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
      expected: `at least ${needed}, which the servers and proxies can open together`,
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

function claims(config: ParsedConfig): Problem[] {
  const used = new Map<string, string>();
  return Object.entries({
    'mysql.persistence': config.mysql.persistence,
    'wal.persistence': config.wal.persistence,
    'minio.persistence': config.minio.persistence,
    'storage.persistence': config.storage.persistence,
    'milvus.logs.persistence': config.milvus.logs.persistence,
  }).flatMap(([path, { existingClaim: claim }]) => {
    const owner = claim === undefined ? undefined : used.get(claim);
    if (claim === undefined) return [];
    used.set(claim, path);
    if (owner === undefined) return [];
    return [
      {
        path: `${path}.existingClaim`,
        given: JSON.stringify(claim),
        expected: `another claim than that of ${owner}`,
      },
    ];
  });
}

function embedded(config: ParsedConfig): Problem[] {
  if (!config.s3?.embedded || config.s3.address === undefined) return [];
  return [
    {
      path: 's3.embedded',
      given: 'true beside s3.address',
      expected: 'one of the two',
      fix: 'Leave s3.address out to deploy a MinIO with the cluster, or s3.embedded to use the storage at that address.',
    },
  ];
}

/** Milvus deletes by prefix: what lies below storage.path in its bucket is not safe there. */
function backupPlace(config: ParsedConfig): Problem[] {
  const { address, bucket, prefix } = config.backup.s3;
  if (config.s3 === undefined) {
    if (!config.backup.enabled) return [];
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
    if (standalone || persistence.enabled === true) return [];
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
      fix: 'With S3 the servers keep nothing on disk that is worth a volume: leave it out, or s3.',
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
      fix: 'SQLite is a file of one server; it takes mode: standalone.',
    });
  }
  if (config.backup.enabled) {
    problems.push({
      path: 'backup.enabled',
      given: 'true with SQLite',
      expected: 'MySQL, whose dumps are what is backed up',
      fix: 'Back the volume of storage.persistence up instead, while the server is stopped.',
    });
  }
  return problems;
}

/** MySQL's objects must not be taken for others of the cluster. */
function mysqlName({ name, mysql }: ParsedConfig): Problem[] {
  const { mysql: ours, mysqlHeadless, ...others } = new Names(name);
  if (mysql.name === undefined || ![...Object.values(others)].includes(mysql.name)) return [];
  return [
    {
      path: 'mysql.name',
      given: mysql.name,
      expected: `a name that no other object of the cluster has; ${ours} is the usual one`,
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
  const modes = logs.persistence.accessModes;
  if (config.mode === 'cluster' && modes !== undefined && !modes.includes('ReadWriteMany')) {
    problems.push({
      path: 'milvus.logs.persistence.accessModes',
      given: modes.join(', '),
      expected: 'ReadWriteMany: all servers write their logs to this one claim',
      fix: 'Use a StorageClass that offers it, such as NFS or CephFS; or read the logs with kubectl logs.',
    });
  }
  return problems;
}

/** A pod that asks for two devices has gpu0 and gpu1, whatever the node calls them. */
function devices(config: ParsedConfig): Problem[] {
  return (['writable', 'readonly'] as const).flatMap((role) => {
    const own = config[role].gpu;
    const base = config.milvus.gpu;
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
        fix: 'A pod numbers the devices that it is given from 0.',
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
  if (discovery !== 'static' || staticHosts !== undefined || config.readonly.replicas === 1) return [];
  return [
    {
      path: 'mishards.discovery',
      given: `static with ${config.readonly.replicas} readers`,
      expected: 'dns, or a host of its own for each reader in mishards.staticHosts',
      fix: 'The static discovery connects once to each host: through one Service it would use one reader.',
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
      fix: "The writable locks a file in storage.path; in the image's own directory only root can. Leave writable.securityProfile out.",
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
        expected: `a budget that lets a pod go, of at least ${least}`,
        fix: 'With this one no node that such a pod runs on could ever be drained.',
      });
    }
    return problems;
  });
}

function policyPeers({ networkPolicy }: ParsedConfig): Problem[] {
  const { clients, s3, mysql, prometheus, apiServer, dns } = networkPolicy;
  return Object.entries({ clients, s3, mysql, prometheus, apiServer, dns }).flatMap(([key, { peers }]) =>
    (peers ?? []).flatMap((peer, index) => {
      const path = `networkPolicy.${key}.peers[${index}]`;
      const selects = peer.podSelector !== undefined || peer.namespaceSelector !== undefined;
      if (peer.ipBlock !== undefined && selects) {
        return [{ path, given: 'ipBlock beside a selector', expected: 'one of the two; make two peers' }];
      }
      return peer.ipBlock === undefined && !selects
        ? [{ path, given: 'nothing', expected: 'podSelector, namespaceSelector or ipBlock' }]
        : [];
    }),
  );
}

/** A monitor without anything to monitor. */
function monitored(config: ParsedConfig): Problem[] {
  const { metrics } = config.milvus;
  const gateways = metrics.enabled && metrics.address === undefined;
  const exporter =
    config.externalMysql === undefined && config.mysql.enabled && config.mysql.exporter.enabled;
  if (!config.monitoring.podMonitor.enabled || gateways || exporter) return [];
  return [
    {
      path: 'monitoring.podMonitor.enabled',
      given: 'true, but nothing in the pods can be scraped',
      expected: 'milvus.metrics.enabled (without an address), mysql.exporter.enabled, or both',
    },
  ];
}

/** What the pods have already, by workload: names that additions must not take, and names that they may mount. */
const OWN = {
  servers: {
    containers: [
      'milvus',
      'pushgateway',
      'wait-for-mysql',
      's3-preflight',
      'volume-preflight',
      'render-config',
    ],
    volumes: [
      'server-config-template',
      'scripts',
      'server-config',
      'tmp',
      'storage',
      'lock',
      'wal',
      'logs',
      'extra-config',
    ],
    env: /^POD_NAME$/,
  },
  mishards: {
    containers: ['mishards', 'wait-for-mysql', 'wait-for-writable', 'wait-for-readonly'],
    volumes: ['scripts', 'discovery', 'tmp'],
    env: /^(WOSERVER|SQLALCHEMY_DATABASE_URI|MYSQL_\w+|SERVER_PORT|MAX_WORKERS|MAX_RETRY|LOG_LEVEL|LOG_PATH|pool_(size|recycle|timeout|pre_ping)|max_overflow|STOP_SECONDS|PYTHON\w+|DISCOVERY_\w+|TRAC(ER|ING)_\w+)$/,
  },
  mysql: {
    containers: ['mysql', 'metrics'],
    volumes: ['data', 'configuration', 'initialization', 'credentials', 'scripts', 'run', 'tmp'],
    env: /^MYSQL_(DATABASE|USER|(ROOT_)?PASSWORD(_FILE)?|ROOT_HOST|ALLOW_EMPTY_PASSWORD)$/,
  },
};

const ADDED_TO = [
  ['writable', OWN.servers],
  ['readonly', OWN.servers],
  ['mishards', OWN.mishards],
  ['mysql', OWN.mysql],
] as const;

function additions(config: ParsedConfig): Problem[] {
  return ADDED_TO.flatMap(([workload, own]) => [
    ...addedNames(workload, config[workload], own),
    ...addedEnv(workload, config[workload].extraEnv, own.env),
    ...addedMounts(workload, config[workload], own.volumes),
  ]);
}

type Added = ParsedConfig['writable'];

function addedNames(
  workload: string,
  added: Pick<Added, 'extraVolumes' | 'extraContainers' | 'extraInitContainers'>,
  own: { readonly containers: readonly string[]; readonly volumes: readonly string[] },
): Problem[] {
  const duplicates = (
    lists: readonly (readonly [key: string, items: readonly { readonly name: string }[]])[],
    taken: readonly string[],
    what: string,
  ): Problem[] => {
    const names = new Set(taken);
    return lists.flatMap(([key, items]) =>
      items.flatMap(({ name }, index) => {
        if (!names.has(name)) {
          names.add(name);
          return [];
        }
        return [
          {
            path: `${workload}.${key}[${index}].name`,
            given: JSON.stringify(name),
            expected: `a name that no other ${what} of the pod has (its own: ${taken.join(', ')})`,
          },
        ];
      }),
    );
  };
  return [
    ...duplicates([['extraVolumes', added.extraVolumes]], own.volumes, 'volume'),
    ...duplicates(
      [
        ['extraContainers', added.extraContainers],
        ['extraInitContainers', added.extraInitContainers],
      ],
      own.containers,
      'container',
    ),
  ];
}

const CREDENTIAL_NAME = /PASSW|SECRET|TOKEN|ACCESS_?KEY|CREDENTIAL/i;

function addedEnv(workload: string, env: Added['extraEnv'], own: RegExp): Problem[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value, valueFrom }, index) => {
    const path = `${workload}.extraEnv[${index}]`;
    const problems: Problem[] = [];
    if (own.test(name)) {
      problems.push({
        path: `${path}.name`,
        given: name,
        expected: 'a variable that is not set already',
        fix: 'Use the option that sets it.',
      });
    }
    if (seen.has(name)) {
      problems.push({ path: `${path}.name`, given: name, expected: 'each variable once' });
    }
    seen.add(name);
    if (value !== undefined && valueFrom !== undefined) {
      problems.push({ path, given: 'value and valueFrom', expected: 'one of the two' });
    }
    if (value !== undefined && value !== '' && CREDENTIAL_NAME.test(name)) {
      problems.push({
        path: `${path}.value`,
        given: 'a value (not shown: by its name it is a credential)',
        expected: 'valueFrom.secretKeyRef',
        fix: 'Manifests are read by many: put it into a Secret.',
      });
    }
    return problems;
  });
}

/** Every mount has its volume, or the API server refuses the pod. */
function addedMounts(
  workload: string,
  added: Pick<Added, 'extraVolumes' | 'extraVolumeMounts'>,
  own: readonly string[],
): Problem[] {
  const known = [...own, ...added.extraVolumes.map(({ name }) => name)];
  return added.extraVolumeMounts.flatMap(({ name }, index) =>
    known.includes(name)
      ? []
      : [
          {
            path: `${workload}.extraVolumeMounts[${index}].name`,
            given: JSON.stringify(name),
            expected: `a volume of the pod: ${known.join(', ')}`,
          },
        ],
  );
}

/** Options that would stop the server or move its data, and passwords, which must not be in a ConfigMap. */
function mysqlFiles(config: ParsedConfig): Problem[] {
  const { configurationFiles, initializationFiles } = config.mysql;
  const options = Object.entries(configurationFiles).flatMap(([file, text]) => {
    const path = `mysql.configurationFiles.${formatPath([file])}`;
    const fixed = [...text.matchAll(/^\s*(log[-_]error|datadir|port|socket|pid[-_]file)\s*(=|$)/gm)];
    const password = /^\s*password\s*=/m.test(text);
    return [
      ...fixed.map(([, option]) => ({
        path,
        given: `the option ${option}`,
        expected: 'options other than log-error, datadir, port, socket and pid-file',
        fix: 'The image and the probes depend on them; the error log belongs on stderr, where kubectl logs finds it.',
      })),
      ...(password ? [{ path, given: 'a password', expected: 'none: the file ends in a ConfigMap' }] : []),
    ];
  });
  const scripts = Object.entries(initializationFiles)
    .filter(([, text]) => /\bIDENTIFIED\b[^;]*\b(BY|AS)\b|\bSET\s+PASSWORD\b/i.test(text))
    .map(([file]) => ({
      path: `mysql.initializationFiles.${formatPath([file])}`,
      given: 'a password (not shown)',
      expected: 'none: the file ends in a ConfigMap',
      fix: 'Put the script into a Secret, and that into /docker-entrypoint-initdb.d by mysql.extraVolumes and mysql.extraVolumeMounts.',
    }));
  return [...options, ...scripts];
}

function reservedLabels(config: ParsedConfig): Problem[] {
  const given: Record<string, Readonly<Record<string, string>>> = {
    labels: config.labels,
    'service.labels': config.service.labels,
    ...Object.fromEntries(WORKLOADS.map((workload) => [`${workload}.podLabels`, config[workload].podLabels])),
  };
  return Object.entries(given).flatMap(([path, labels]) =>
    Object.keys(labels)
      .filter((key) => key === 'component' || key.startsWith('app.kubernetes.io/'))
      .map((key) => ({
        path: `${path}.${formatPath([key])}`,
        given: 'a label that selectors are made of',
        expected: 'other labels than component and app.kubernetes.io/*',
      })),
  );
}

function architecture(config: ParsedConfig): Problem[] {
  return WORKLOADS.flatMap((role) => {
    const given = config[role].nodeSelector['kubernetes.io/arch'];
    return given === undefined || given === 'amd64'
      ? []
      : [
          {
            path: `${role}.nodeSelector."kubernetes.io/arch"`,
            given: JSON.stringify(given),
            expected: 'amd64: there are no other images',
          },
        ];
  });
}

/** What the API server asks of tolerations (ValidateTolerations), so that it is not the apply that fails. */
function tolerations(config: ParsedConfig): Problem[] {
  return WORKLOADS.flatMap((role) =>
    config[role].tolerations.flatMap(
      ({ key, operator = 'Equal', value, effect, tolerationSeconds }, index) => {
        const path = `${role}.tolerations[${index}]`;
        const problems: Problem[] = [];
        if (key === undefined && operator !== 'Exists') {
          problems.push({
            path: `${path}.key`,
            given: 'nothing',
            expected: 'a taint key, or operator: Exists',
          });
        }
        if (value !== undefined && value !== '' && operator === 'Exists') {
          problems.push({
            path: `${path}.value`,
            given: 'a value',
            expected: 'none with operator Exists, which takes any',
          });
        }
        if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
          problems.push({
            path: `${path}.tolerationSeconds`,
            given: String(tolerationSeconds),
            expected: 'none, or effect: NoExecute',
          });
        }
        return problems;
      },
    ),
  );
}

/** Seconds that a proxy keeps serving after it was told to stop, until no client is sent to it any more. */
export const MISHARDS_DRAIN_SECONDS = 10;

function mishardsStop(config: ParsedConfig): Problem[] {
  const seconds = config.mishards.terminationGracePeriodSeconds;
  if (seconds > MISHARDS_DRAIN_SECONDS) return [];
  return [
    {
      path: 'mishards.terminationGracePeriodSeconds',
      given: String(seconds),
      expected: `more than ${MISHARDS_DRAIN_SECONDS}, the seconds that a stopping proxy goes on serving`,
    },
  ];
}

function serverConfigs(config: ParsedConfig): Problem[] {
  return (['milvus', 'writable', 'readonly'] as const).flatMap((section) =>
    extraServerConfigProblems(config[section].extraServerConfig, `${section}.extraServerConfig`),
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
