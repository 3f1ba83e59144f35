import { NO_RESERVED_LABEL, RESERVED_LABELS } from '../../kubernetes/labels';
import { listOf } from '../../list-of';
import { extraServerConfigProblems } from '../extra-server-config';
import { imageParts, imageVersion } from '../images';
import type { ParsedConfig } from '../parsed-config';
import { formatPath, type Problem } from '../problems';
import { deploysMysql, devicesNamed, type ServerRole } from '../settings';

/** How many pods there are, and what they run and have. */

/** The roles that a cluster has. */
export function rolesOf({ mode }: ParsedConfig): readonly ServerRole[] {
  return mode === 'cluster' ? ['writable', 'readonly'] : ['writable'];
}

/** Whether a role gets GPUs. */
function hasGpu(config: ParsedConfig, role: ServerRole): boolean {
  return (config[role].gpu.enabled ?? config.milvus.gpu.enabled) === true;
}

/** A pod that asks for two devices has gpu0 and gpu1, whatever the node calls them. */
export function devices(config: ParsedConfig): Problem[] {
  return (['writable', 'readonly'] as const).flatMap((role) => {
    if (!hasGpu(config, role)) return [];
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
        fix: 'In a pod, devices are numbered from 0.',
      },
    ];
  });
}

export function staticDiscovery({ mishards, readonly }: ParsedConfig): Problem[] {
  const { discovery, staticHosts } = mishards;
  const { autoscaling, replicas } = readonly;
  return listOf(
    staticHosts !== undefined &&
      discovery !== 'static' && {
        path: 'mishards.staticHosts',
        given: `a value with mishards.discovery ${discovery}`,
        expected: 'mishards.discovery: static',
      },
    staticHosts === undefined &&
      discovery === 'static' &&
      (replicas !== 1 || autoscaling.enabled) && {
        path: 'mishards.discovery',
        given: autoscaling.enabled ? 'static with readonly.autoscaling' : `static with ${replicas} readers`,
        expected: 'dns, or a host of its own for each reader in mishards.staticHosts',
        fix: 'Static discovery opens one connection to each host. Through one Service it would use only one reader.',
      },
  );
}

export function replication(config: ParsedConfig): Problem[] {
  return (['readonly', 'mishards'] as const).flatMap((workload) => {
    const { autoscaling, podDisruptionBudget, replicas } = config[workload];
    const { enabled, maxReplicas, minReplicas: least = replicas } = autoscaling;
    const { minAvailable, maxUnavailable } = podDisruptionBudget;
    const key = minAvailable === undefined ? 'maxUnavailable' : 'minAvailable';
    const blocks =
      maxUnavailable === 0 ||
      maxUnavailable === '0%' ||
      minAvailable === '100%' ||
      (typeof minAvailable === 'number' && minAvailable >= least);
    return listOf(
      enabled &&
        maxReplicas !== undefined &&
        maxReplicas < least && {
          path: `${workload}.autoscaling.maxReplicas`,
          given: String(maxReplicas),
          expected: `at least ${least}, the smallest number of pods`,
        },
      minAvailable !== undefined &&
        maxUnavailable !== undefined && {
          path: `${workload}.podDisruptionBudget`,
          given: 'minAvailable and maxUnavailable',
          expected: 'one of the two',
        },
      podDisruptionBudget.enabled !== false &&
        blocks && {
          path: `${workload}.podDisruptionBudget.${key}`,
          given: String(podDisruptionBudget[key]),
          expected: `a budget that lets at least one of ${least} pods go`,
          fix: 'With this budget, kubectl drain would never finish on a node that runs such a pod.',
        },
    );
  });
}

export function reservedLabels(config: ParsedConfig): Problem[] {
  return Object.entries({ labels: config.labels, 'service.labels': config.service.labels }).flatMap(
    ([path, labels]) =>
      Object.keys(labels)
        .filter((key) => RESERVED_LABELS.test(key))
        .map((key) => ({ path: `${path}.${formatPath([key])}`, ...NO_RESERVED_LABEL })),
  );
}

// Images -----------------------------------------------------------------------------------------------------------------

/** What the name of an image tells: a private tag, or a digest alone, tells nothing. */
export function versions(config: ParsedConfig): Problem[] {
  const { images } = config;
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
    const gpu = hasGpu(config, 'writable') || hasGpu(config, 'readonly');
    return key === 'milvusGpu' && gpu && /^1\.1\.1-cpu\b/.test(tag)
      ? [{ path, given, expected: 'a GPU build, such as 1.1.1-gpu-...: a CPU build ignores gpu' }]
      : [];
  });
  return [...ofMilvus, ...(deploysMysql(config) ? mysqlImage(images.mysql) : [])];
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

// Files ------------------------------------------------------------------------------------------------------------------

/** kubectl apply keeps the whole object in an annotation, all of which may have 256 KiB. */
const LARGEST_FILES = 240 * 1024;

export function fileSizes({ milvus, mysql }: ParsedConfig): Problem[] {
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

export function serverConfigs(config: ParsedConfig): Problem[] {
  const readers = { milvus: rolesOf(config), writable: ['writable'], readonly: ['readonly'] } as const;
  return (['milvus', 'writable', 'readonly'] as const).flatMap((section) =>
    extraServerConfigProblems(
      config[section].extraServerConfig,
      `${section}.extraServerConfig`,
      readers[section].some((role) => hasGpu(config, role)),
    ),
  );
}
