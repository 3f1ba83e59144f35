import type { Settings } from '../config/settings';
import { Names } from '../kubernetes/names';

/** A claim that a cluster uses, of a volume that outlives its pods. */
export interface ClaimInUse {
  /** Its place in the configuration. */
  readonly path: string;
  readonly name: string;
  /** Whether it is somebody else's, who made it before; otherwise it comes with the cluster. */
  readonly exists: boolean;
}

export function claimsOf(settings: Settings): readonly ClaimInUse[] {
  const { wal, storage, milvus, mysql, minio } = settings;
  const names = Names.of(settings);
  const volumes = [
    ['wal.persistence', wal.persistence, names.writableWal],
    ['storage.persistence', storage.persistence, names.storage],
    ['milvus.logs.persistence', milvus.logs.persistence, names.logs],
    ['mysql.persistence', mysql?.persistence, `data-${names.mysql}-0`],
    ['minio.persistence', minio?.persistence, `data-${names.minio}-0`],
  ] as const;
  return volumes.flatMap(([path, volume, made]) =>
    volume?.enabled
      ? [{ path, name: volume.existingClaim ?? made, exists: volume.existingClaim !== undefined }]
      : [],
  );
}
