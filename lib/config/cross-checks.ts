import { imageVersion } from './images';
import type { Problem } from './problems';
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
  reservedLabels,
  architecture,
  mishardsStop,
  serverConfigs,
];

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
  if (!enabled || address !== '127.0.0.1') return [];
  return [
    {
      path: 'milvus.metrics.address',
      given: address,
      expected: 'the address of a push gateway',
      fix: 'With metrics.enabled the servers push to it every second; nothing listens on 127.0.0.1 in their pods.',
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
  const wal = config.wal.persistence.existingClaim;
  if (wal === undefined || wal !== config.mysql.persistence.existingClaim) return [];
  return [
    {
      path: 'wal.persistence.existingClaim',
      given: JSON.stringify(wal),
      expected: 'another claim than that of MySQL',
    },
  ];
}

function reservedLabels(config: ParsedConfig): Problem[] {
  const given: Record<string, Readonly<Record<string, string>>> = {
    labels: config.labels,
    'service.labels': config.service.labels,
    'writable.podLabels': config.writable.podLabels,
    'readonly.podLabels': config.readonly.podLabels,
    'mishards.podLabels': config.mishards.podLabels,
    'mysql.podLabels': config.mysql.podLabels,
  };
  return Object.entries(given).flatMap(([path, labels]) =>
    Object.keys(labels)
      .filter((key) => key === 'component' || key.startsWith('app.kubernetes.io/'))
      .map((key) => ({
        path: `${path}.${JSON.stringify(key)}`,
        given: 'a label that selectors are made of',
        expected: 'other labels than component and app.kubernetes.io/*',
      })),
  );
}

function architecture(config: ParsedConfig): Problem[] {
  return (['writable', 'readonly', 'mishards', 'mysql'] as const).flatMap((role) => {
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
  if (config.externalMysql === undefined || !isMapping(input) || input['mysql'] === undefined) return [];
  return [
    {
      path: 'mysql',
      given: 'a value beside externalMysql',
      expected: 'one of mysql and externalMysql',
      fix: 'With externalMysql no MySQL is deployed: leave mysql out (over a base file: mysql: null).',
    },
  ];
}
