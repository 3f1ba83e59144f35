import { imageVersion } from './images';
import { formatPath, type Problem } from './problems';
import { parseQuantity } from './quantities';
import type { ParsedConfig } from './schema';
import { extraServerConfigProblems } from './server-keys';
import { connectionsNeeded } from './settings';
import { isMapping } from './validate';

/** The rules that need more than one value, each a function from the configuration to what is wrong with it. */
const CHECKS: readonly ((config: ParsedConfig) => readonly Problem[])[] = [
  credentialSources,
  paths,
  ports,
  service,
  metrics,
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
const WORKLOADS = ['writable', 'readonly', 'mishards', 'mysql', 'minio', 'backup', 'smokeTest'] as const;

/**
 * Checks what the schema can't: one value against another.
 * @param input the configuration as it was given, to tell what was set from what is a default
 */
export function crossCheck(config: ParsedConfig, input: unknown): readonly Problem[] {
  return [...CHECKS.flatMap((check) => check(config)), ...unusedMysql(config, input)];
}

function credentialSources(config: ParsedConfig): Problem[] {
  const sources = {
    's3.credentials': config.s3.credentials,
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

const IMAGE_ROOT = '/var/lib/milvus';
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
    const ofImage = ['bin', 'lib', 'conf'].map((name) => `${IMAGE_ROOT}/${name}`);
    const hides = [...ofImage, '/var/lib/milvus'].some((file) => isWithin(file, directory));
    const within = [...ofImage, ...SYSTEM_DIRECTORIES].some((file) => isWithin(directory, file));
    const adopted = path === 'storage.path' && directory === IMAGE_ROOT;
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
  const { type, nodePort, loadBalancerIP, loadBalancerSourceRanges } = config.service;
  const only = (set: boolean, key: string, types: readonly string[]): Problem[] =>
    !set || types.includes(type)
      ? []
      : [
          {
            path: `service.${key}`,
            given: `a value with service.type ${type}`,
            expected: `service.type ${types.join(' or ')}`,
            fix: `Set service.type, or leave service.${key} out.`,
          },
        ];
  return [
    ...only(nodePort !== undefined, 'nodePort', ['NodePort', 'LoadBalancer']),
    ...only(loadBalancerIP !== undefined, 'loadBalancerIP', ['LoadBalancer']),
    ...only(loadBalancerSourceRanges.length > 0, 'loadBalancerSourceRanges', ['LoadBalancer']),
  ];
}

function metrics(config: ParsedConfig): Problem[] {
  const { enabled, address } = config.milvus.metrics;
  if (!enabled || !/^(localhost|127(\.\d+){3})$/.test(address)) return [];
  return [
    {
      path: 'milvus.metrics.address',
      given: address,
      expected: 'the address of a push gateway',
      fix: `With milvus.metrics.enabled the servers push to it every second; nothing listens on ${address} in their pods.`,
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
  return (['mysql', 'wal', 'minio'] as const).flatMap((part) => {
    const claim = config[part].persistence.existingClaim;
    const owner = claim === undefined ? undefined : used.get(claim);
    if (claim === undefined) return [];
    used.set(claim, part);
    if (owner === undefined) return [];
    return [
      {
        path: `${part}.persistence.existingClaim`,
        given: JSON.stringify(claim),
        expected: `another claim than that of ${owner}.persistence`,
      },
    ];
  });
}

function embedded(config: ParsedConfig): Problem[] {
  if (!config.s3.embedded || config.s3.address === undefined) return [];
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
