import type { k8s } from 'cdk8s-plus-25';
import type { S3Settings, Settings } from '../config/settings';
import { tlsName } from '../config/tls';
import { containerSecurity, INIT_RESOURCES, secretEnv } from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { type CaPlace, caMounts, tlsEnv } from './s3-tls';

export const S3_PREFLIGHT = 's3-preflight.sh';
/** Read by the scripts that use the storage. */
export const S3_REMOTE = 's3-remote.sh';

/** An S3 storage that scripts use: that of the vectors, or that of the backups. */
type Storage = Pick<S3Settings, 'address' | 'port' | 'tls' | 'bucket' | 'credentials'> & {
  readonly region?: string;
};

/** The environment variables that carry the S3 keys into an init container. */
export function s3CredentialsEnv({ credentials }: Pick<Storage, 'credentials'>): k8s.EnvVar[] {
  return [
    secretEnv('S3_ACCESS_KEY', credentials.secretName, credentials.keys.accessKey),
    secretEnv('S3_SECRET_KEY', credentials.secretName, credentials.keys.secretKey),
  ];
}

/** What s3-remote.sh reads, and between the place and the keys what a script has of its own. */
export function s3RemoteEnv(s3: Storage, own: readonly k8s.EnvVar[], ca?: CaPlace): k8s.EnvVar[] {
  return [
    ...tlsEnv(s3.tls, ca),
    { name: 'S3_ADDRESS', value: tlsName(s3) },
    { name: 'S3_PORT', value: String(s3.port) },
    ...(s3.region === undefined ? [] : [{ name: 'S3_REGION', value: s3.region }]),
    { name: 'S3_BUCKET', value: s3.bucket },
    ...own,
    ...s3CredentialsEnv(s3),
    { name: 'CREDENTIALS_FROM', value: s3.credentials.secretName },
  ];
}

export interface S3PreflightOptions {
  /** Whether it is this pod that creates the bucket, where that is wanted; the others wait for it. */
  readonly createBucket: boolean;
  /** A scratch volume that is mounted at /tmp. */
  readonly tmpVolume: string;
}

/**
 * Puts, gets, lists and deletes an object with the real key before the server starts: 1.1.1 ignores a failed upload
 * (S3IOWriter::close), reports the flush as done and drops the rows from the log.
 */
export function s3Preflight(
  settings: Settings,
  s3: S3Settings,
  { createBucket, tmpVolume }: S3PreflightOptions,
): k8s.Container {
  const { storage, images, imagePullPolicy } = settings;
  return {
    name: 's3-preflight',
    image: images.rclone,
    imagePullPolicy,
    command: ['sh', Scripts.path(S3_PREFLIGHT)],
    env: [
      ...s3RemoteEnv(s3, [
        { name: 'S3_PREFIX', value: storage.path.slice(1) },
        ...(s3.createBucket ? [{ name: 'S3_CREATE_BUCKET', value: createBucket ? 'true' : 'wait' }] : []),
      ]),
      { name: 'WAIT_SECONDS', value: String(s3.waitSeconds) },
      { name: 'PROBE_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
    resources: INIT_RESOURCES,
    securityContext: containerSecurity(),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [Scripts.mount(), { name: tmpVolume, mountPath: '/tmp' }, ...caMounts(s3.tls)],
  };
}
