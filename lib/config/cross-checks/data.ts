import { claimsOf } from '../../inventory/claims';
import { Names } from '../../kubernetes/names';
import { listOf } from '../../list-of';
import type { ParsedConfig } from '../parsed-config';
import type { Problem } from '../problems';
import { IMAGE_DIRECTORY, type Settings, usesSqlite } from '../settings';
import { rolesOf } from './workloads';

/** Where vectors, logs and backups are: S3, volumes, directories. */

/** The vectors are in S3 or on a volume, and one of the two has to be chosen. */
export function dataStorage(config: ParsedConfig): Problem[] {
  const { persistence } = config.storage;
  const onVolume = persistence.enabled === true;
  const isShared = config.s3 === undefined && config.mode === 'cluster';
  return listOf<Problem>(
    isShared && onVolume && shared('storage.persistence', 'read the vectors from', persistence),
    isShared &&
      !onVolume && {
        path: 's3',
        given: 'nothing',
        expected: 'S3 storage for the vectors: s3.address and s3.bucket',
        fix: 'Without S3 the servers can share a volume instead: storage.persistence.enabled, with a StorageClass for ReadWriteMany.',
      },
    config.s3 !== undefined &&
      onVolume &&
      !usesSqlite(config) && {
        path: 'storage.persistence.enabled',
        given: 'true beside s3',
        expected: 'one of the two',
        fix: 'With S3 the servers keep nothing on disk that needs a volume. Leave out storage.persistence, or s3.',
      },
  );
}

export function logVolume(config: ParsedConfig): Problem[] {
  const { logs } = config.milvus;
  if (!logs.persistence.enabled) return [];
  const writes = rolesOf(config).some((role) => config[role].logs.toFile ?? logs.toFile);
  return listOf(
    !writes && {
      path: 'milvus.logs.persistence.enabled',
      given: 'true without log files',
      expected: 'milvus.logs.toFile: true',
    },
    config.mode === 'cluster' && shared('milvus.logs.persistence', 'write their logs to', logs.persistence),
  );
}

/** An existing claim has its own access modes. */
function shared(
  path: string,
  use: string,
  { accessModes, existingClaim }: ParsedConfig['storage']['persistence'],
): Problem[] {
  if (existingClaim !== undefined || accessModes?.includes('ReadWriteMany') !== false) return [];
  return [
    {
      path: `${path}.accessModes`,
      given: accessModes.join(', '),
      expected: `ReadWriteMany: all servers ${use} this one claim`,
      fix: 'Use a StorageClass that offers it, such as NFS or CephFS.',
    },
  ];
}

export function claims(_config: ParsedConfig, settings: Settings): Problem[] {
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

export function embedded({ s3 }: ParsedConfig): Problem[] {
  const tls = s3?.tls.enabled === true;
  return listOf(
    s3?.embedded === true &&
      tls && {
        path: 's3.tls.enabled',
        given: 'true beside s3.embedded',
        expected: 'false: the embedded storage speaks plain HTTP, inside the cluster',
      },
    s3?.embedded === true &&
      !tls &&
      s3.address !== undefined && {
        path: 's3.embedded',
        given: 'true beside s3.address',
        expected: 'one of the two',
        fix: 'Leave s3.address out to deploy a MinIO with the cluster, or s3.embedded to use the storage at that address.',
      },
  );
}

export function profiles(config: ParsedConfig): Problem[] {
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
/** What the image has in its own directory. */
const OF_THE_IMAGE = ['bin', 'lib', 'conf'].map((name) => `${IMAGE_DIRECTORY}/${name}`);

export function paths({ storage, wal, milvus }: ParsedConfig): Problem[] {
  const directories = {
    'storage.path': storage.path,
    'wal.path': wal.path,
    'milvus.logs.path': milvus.logs.path,
  };
  const hiding = Object.entries(directories)
    .filter(([path, directory]) => {
      const adopted = path === 'storage.path' && directory === IMAGE_DIRECTORY;
      const hides = [...OF_THE_IMAGE, IMAGE_DIRECTORY].some((file) => isWithin(file, directory));
      const within = [...OF_THE_IMAGE, ...SYSTEM_DIRECTORIES].some((file) => isWithin(directory, file));
      return (hides && !adopted) || within;
    })
    .map(([path, directory]) => ({
      path,
      given: JSON.stringify(directory),
      expected: 'a directory that does not hide files of the image',
      fix: 'Use one such as /var/lib/milvus/data or /data.',
    }));
  const pairs = [
    ['storage.path', 'wal.path'],
    ['storage.path', 'milvus.logs.path'],
    ['wal.path', 'milvus.logs.path'],
    ['milvus.logs.path', 'wal.path'],
  ] as const;
  const nested = pairs.flatMap(([path, other]) => {
    const [inner, outer] = [directories[path], directories[other]];
    if (!isWithin(inner, outer) || (inner === outer && path === 'milvus.logs.path')) return [];
    return [
      {
        path,
        given: JSON.stringify(inner),
        expected: `a directory outside ${other} (${outer})`,
        fix: 'Each needs a volume of its own.',
      },
    ];
  });
  const segments = `${storage.path}/db`;
  return listOf<Problem>(
    hiding,
    nested,
    isWithin(wal.path, segments) && {
      path: 'wal.path',
      given: JSON.stringify(wal.path),
      expected: `a directory outside ${segments}, where the server keeps its segments`,
    },
  );
}

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

// Backups ----------------------------------------------------------------------------------------------------------------

/** Milvus deletes by prefix, so backups below storage.path in its bucket are not safe. */
export function backupPlace(config: ParsedConfig): Problem[] {
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

/** The name of its Job ends with the name of the backup, and has at most 63 characters. */
export function declaredRestore({ name, backup }: ParsedConfig): Problem[] {
  if (backup.restore === undefined) return [];
  const job = new Names(name).restoreOf(backup.restore.backup);
  return listOf(
    !backup.enabled && {
      path: 'backup.restore',
      given: 'a backup without backup.enabled',
      expected: 'backup.enabled: true, so that the cluster knows where backups are',
      fix: 'If this is a copy of another cluster, with the backups in backup.restoreFrom, add backup.suspend: true as well.',
    },
    job.length > 63 && {
      path: 'backup.restore',
      given: `a backup whose Job would be named ${job} (${job.length} characters)`,
      expected: 'a Job name of at most 63 characters',
      fix: 'The name of the cluster is too long for that. Use cdk8s-milvus restore, or the Job in jobs/.',
    },
  );
}
