import type { ApiObject } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import type { BackupSettings, DatabaseSettings } from '../config/settings';
import { cronJob, job, STARTED_BY_HAND } from '../kubernetes/jobs';
import { Part, type PartProps } from '../kubernetes/part';
import { containerSecurity, emptyDir, podOf, resourceRequirements } from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { S3_REMOTE, s3RemoteEnv } from '../storage/s3';
import { caMounts, caVolumes, endpointAliases } from '../storage/s3-tls';
import { databaseEnv, WAIT_FOR_MYSQL } from './database';

const DUMP = 'backup-dump.sh';
const UPLOAD = 'backup-upload.sh';
const DOWNLOAD = 'restore-download.sh';
const LOAD = 'restore-load.sh';

/** Scripts that backup and restore run, and those of the servers that they use. */
export const BACKUP_SCRIPTS = [WAIT_FOR_MYSQL, S3_REMOTE, DUMP, UPLOAD, DOWNLOAD, LOAD];

const WORK_DIRECTORY = '/work';
/** Room for a dump, as it is and compressed. Metadata is small: a row per segment file. */
const WORK_SIZE = '4Gi';

export interface BackupProps extends PartProps {
  readonly backup: BackupSettings;
  readonly database: DatabaseSettings;
}

/** Dumps the metadata on a schedule and keeps the newest dumps in S3. */
export class Backup extends Part {
  /** Makes the dumps. */
  public readonly cronJob: ApiObject;

  public constructor(scope: Construct, id: string, props: BackupProps) {
    const { settings, names, backup, database } = props;
    super(scope, id, settings, 'backup');
    const { images } = settings;
    this.cronJob = this.workload(
      cronJob({
        metadata: this.metadata(names.backup, backup),
        schedule: backup.schedule,
        suspend: backup.suspend,
        timeoutSeconds: backup.timeoutSeconds,
        retries: 2,
      }),
      podOf({
        ...podProps(this, props),
        // One after the other: what is not a whole dump is never uploaded.
        initContainers: [container(props, 'dump', images.mysql, DUMP, loginEnv(database))],
        containers: [
          container(props, 'upload', images.rclone, UPLOAD, [
            ...storageEnv(backup),
            { name: 'KEEP', value: String(backup.keep) },
          ]),
        ],
      }),
    );
  }
}

/** Loads a dump back. A person starts it, after having stopped Milvus; it refuses a database that is not empty. */
export class Restore extends Part {
  /** The Job, which is started by a person. */
  public readonly job: ApiObject;

  public constructor(scope: Construct, id: string, props: BackupProps) {
    const { settings, names, backup, database } = props;
    super(scope, id, settings, 'restore');
    const { images } = settings;
    this.job = this.workload(
      job({
        metadata: this.metadata(names.restore, { annotations: STARTED_BY_HAND }),
        timeoutSeconds: backup.timeoutSeconds,
        retries: 0,
      }),
      podOf({
        ...podProps(this, props),
        initContainers: [
          container(props, 'download', images.rclone, DOWNLOAD, [
            ...storageEnv(backup),
            // `latest`, or the name of a backup.
            { name: 'BACKUP', value: 'latest' },
          ]),
        ],
        containers: [
          container(props, 'load', images.mysql, LOAD, [
            ...loginEnv(database),
            { name: 'RESTORE_FORCE', value: 'false' },
          ]),
        ],
      }),
    );
  }
}

function podProps(part: Part, { settings, names, backup }: BackupProps) {
  return {
    patches: settings.podTemplates.backup,
    selectorLabels: part.selectorLabels,
    restartPolicy: 'Never' as const,
    volumes: [
      Scripts.volume(names.scripts, BACKUP_SCRIPTS),
      emptyDir('work', WORK_SIZE),
      emptyDir('tmp', '64Mi'),
      ...caVolumes(backup.s3.tls),
    ],
    hostAliases: endpointAliases(backup.s3),
  };
}

function container(
  { backup, settings }: BackupProps,
  name: string,
  image: string,
  script: string,
  env: readonly k8s.EnvVar[],
): k8s.Container {
  return {
    name,
    image,
    imagePullPolicy: settings.imagePullPolicy,
    command: ['sh', Scripts.path(script)],
    env: [...env, { name: 'WORK_DIR', value: WORK_DIRECTORY }],
    resources: resourceRequirements(backup.resources),
    securityContext: containerSecurity(),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      Scripts.mount(),
      { name: 'work', mountPath: WORK_DIRECTORY },
      { name: 'tmp', mountPath: '/tmp' },
      ...(image === settings.images.rclone ? caMounts(backup.s3.tls) : []),
    ],
  };
}

function loginEnv(database: DatabaseSettings): k8s.EnvVar[] {
  return [
    ...databaseEnv(database, 'MYSQL_PWD'),
    { name: 'CREDENTIALS_FROM', value: database.credentials.secretName },
  ];
}

function storageEnv({ s3 }: BackupSettings): k8s.EnvVar[] {
  return [
    ...(s3.tls === undefined ? [{ name: 'S3_SCHEME', value: 'http' }] : []),
    ...s3RemoteEnv(s3, [{ name: 'BACKUP_PREFIX', value: s3.prefix }]),
  ];
}
