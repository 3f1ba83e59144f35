import { join } from 'node:path';
import type { MilvusConfig } from '../../../lib';
import { ROOT } from '../../support/project';

/** What a run of the suite is told by its environment. */
export interface Plan {
  readonly namespace: string;
  /** Leave everything at the end, so that single tests can be run again on it (`-t`). */
  readonly keep: boolean;
  /** How long one thing may take to become ready, with images that have to be pulled. */
  readonly waitMinutes: number;
  readonly storageClassName: string | undefined;
  /** By the key of `images`. */
  readonly images: Readonly<Record<string, string>>;
  /** What runs `cdk8s-milvus`, and its first arguments. */
  readonly program: readonly string[];
  /** The bucket is emptied by the suite. @default - the embedded MinIO */
  readonly s3: S3 | undefined;
}

export interface S3 {
  readonly address: string;
  readonly port: number;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

/** The name of the cluster under test. */
export const NAME = 'e2e';

export const VARIABLES = `KUBECONFIG            a cluster with nodes; what the suite makes is in a namespace of its own
E2E_NAMESPACE         that namespace (cdk8s-milvus-e2e)
E2E_KEEP              1: leave everything at the end, so that single tests can be run again with -t
E2E_WAIT_MINUTES      how long something may take to become ready, images to be pulled included (15)
E2E_STORAGE_CLASS     StorageClass of the claims (the default one of the cluster)
E2E_IMAGES            other images, as mysql=registry.example/mysql:5.7.44,mishards=...
E2E_PROGRAM           the cdk8s-milvus that is tested (that of this checkout)
E2E_S3_ADDRESS, E2E_S3_PORT, E2E_S3_BUCKET, E2E_S3_ACCESS_KEY, E2E_S3_SECRET_KEY
                      an S3 endpoint that pods reach, without TLS; the suite EMPTIES the bucket
                      (none of them: the embedded MinIO)`;

const OURS = [process.execPath, join(ROOT, 'node_modules/tsx/dist/cli.mjs'), join(ROOT, 'lib/cli/bin.ts')];

/** @throws Error that lists every variable that is wrong */
export function planOf(env: Readonly<Record<string, string | undefined>>): Plan {
  const problems: string[] = [];
  const text = (name: string) => env[name] || undefined;
  const number = (name: string, fallback: number, most: number) => {
    const value = Number(text(name) ?? fallback);
    if (!(Number.isInteger(value) && value >= 1 && value <= most)) {
      problems.push(`${name} is "${text(name)}": expected a number from 1 to ${most}`);
    }
    return value;
  };
  const s3 = {
    address: text('E2E_S3_ADDRESS') ?? '',
    port: number('E2E_S3_PORT', 80, 65535),
    bucket: text('E2E_S3_BUCKET') ?? '',
    accessKey: text('E2E_S3_ACCESS_KEY') ?? '',
    secretKey: text('E2E_S3_SECRET_KEY') ?? '',
  };
  const needed = ['ADDRESS', 'BUCKET', 'ACCESS_KEY', 'SECRET_KEY'].map((end) => `E2E_S3_${end}`);
  const missing = needed.filter((name) => text(name) === undefined);
  if (missing.length > 0 && missing.length < needed.length) {
    problems.push(`${missing.join(', ')}: not set, though others of E2E_S3_* are`);
  }
  const images = Object.fromEntries(
    (text('E2E_IMAGES') ?? '')
      .split(',')
      .filter(Boolean)
      .map((pair) => {
        const [, key = '', image = ''] = /^(\w+)=(\S+)$/.exec(pair) ?? [];
        if (image === '') problems.push(`E2E_IMAGES has "${pair}": expected KEY=IMAGE`);
        return [key, image];
      }),
  );
  const plan = {
    namespace: text('E2E_NAMESPACE') ?? 'cdk8s-milvus-e2e',
    keep: text('E2E_KEEP') === '1',
    waitMinutes: number('E2E_WAIT_MINUTES', 15, 240),
    storageClassName: text('E2E_STORAGE_CLASS'),
    images,
    program: env['E2E_PROGRAM'] ? [env['E2E_PROGRAM']] : OURS,
    s3: missing.length === 0 ? s3 : undefined,
  };
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\n\n${VARIABLES}`);
  return plan;
}

/** A cluster that fits on a laptop, with all that a production one has: several readers and proxies, backups, policies. */
export function configurationOf({ s3, storageClassName, images }: Plan): MilvusConfig {
  const persistence = { size: '2Gi', ...(storageClassName === undefined ? {} : { storageClassName }) };
  const cpu = { requests: { cpu: '50m' } };
  const server = { cache: { cacheSize: '256MB', insertBufferSize: '128MB' }, resources: cpu };
  return {
    name: NAME,
    images,
    s3: {
      ...(s3 === undefined
        ? { embedded: true, bucket: NAME }
        : { address: s3.address, port: s3.port, bucket: s3.bucket }),
      createBucket: true,
      credentials: { existingSecret: `${NAME}-s3` },
    },
    mysql: { persistence, resources: cpu, credentials: { existingSecret: `${NAME}-mysql` } },
    minio: { persistence, resources: cpu },
    wal: { persistence },
    writable: { ...server, maxIndexFileSize: '64MB' },
    readonly: { ...server, replicas: 2 },
    mishards: { replicas: 2, resources: cpu },
    // By hand alone.
    backup: { enabled: true, suspend: true, resources: cpu },
    smokeTest: { resources: cpu },
  };
}
