import { isDeepStrictEqual } from 'node:util';
import type { ApiObject } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import {
  areSuspended,
  type BackupSettings,
  type BackupStorage,
  type DatabaseSettings,
  type PodTemplatePatch,
  type S3Settings,
  type Settings,
} from '../config/settings';
import { patchedSpec } from '../inventory/prerequisites';
import { cronJob, declaredJob, type JobProps, job, STARTED_BY_HAND } from '../kubernetes/jobs';
import { MILVUS_VERSION } from '../kubernetes/labels';
import { persistentVolume } from '../kubernetes/objects';
import { Part, type PartProps } from '../kubernetes/part';
import {
  baselineAnnotations,
  containerSecurity,
  emptyDir,
  podOf,
  resourceRequirements,
} from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { S3_REMOTE, s3RemoteEnv } from '../storage/s3';
import { type CaPlace, caMounts, caVolumes, endpointAliases } from '../storage/s3-tls';
import { databaseEnv, WAIT_FOR_MYSQL } from './database';

const DUMP = 'backup-dump.sh';
const OBJECTS = 'backup-objects.sh';
const UPLOAD = 'backup-upload.sh';
const VERIFY = 'backup-verify.sh';
const LIST = 'backup-list.sh';
const DOWNLOAD = 'restore-download.sh';
const BRING_BACK = 'restore-objects.sh';
const LOAD = 'restore-load.sh';
const OBJECTS_REMOTE = 'objects-remote.sh';

/** Scripts that backup and restore run, and those of the servers that they use. */
export const BACKUP_SCRIPTS = [
  WAIT_FOR_MYSQL,
  S3_REMOTE,
  OBJECTS_REMOTE,
  DUMP,
  OBJECTS,
  UPLOAD,
  VERIFY,
  LIST,
  DOWNLOAD,
  BRING_BACK,
  LOAD,
];

const WORK_DIRECTORY = '/work';
/** Where the volume of the write-ahead log is, to be emptied. */
const WAL_DIRECTORY = '/wal';
/** Room for a dump, as it is and compressed, and for lists of objects: a row and some lines of 100 bytes per segment file. */
const WORK_SIZE = '4Gi';
/** Where the CA of the vectors' storage is; that of the backups may be another one. */
const DATA_CA: CaPlace = { volume: 'data-ca', directory: '/etc/data-ca' };

export interface BackupProps extends PartProps {
  readonly backup: BackupSettings;
  readonly database: DatabaseSettings;
}

/** Dumps the metadata on a schedule, copies the objects that it names, and keeps the newest backups in S3. */
export class Backup extends Part {
  /** Makes the backups. */
  public readonly cronJob: ApiObject;

  public constructor(scope: Construct, id: string, props: BackupProps) {
    const { settings, names, backup, database } = props;
    super(scope, id, settings, 'backup');
    const { images } = settings;
    const vectors = backup.objects ? settings.s3 : undefined;
    const place: Place = { to: backup.s3, vectors };
    const dump = (name: string) => container(props, place, name, images.mysql, DUMP, loginEnv(database));
    const objectsEnv = [
      ...storageEnv(place),
      ...(vectors === undefined ? [] : dataEnv(props, vectors)),
      { name: 'TIMEOUT_SECONDS', value: String(backup.timeoutSeconds) },
      { name: 'JOB_NAME', valueFrom: { fieldRef: { fieldPath: "metadata.labels['job-name']" } } },
    ];
    const copy = (name: string) => container(props, place, name, images.rclone, OBJECTS, objectsEnv);
    this.cronJob = this.workload(
      cronJob({
        metadata: this.metadata(names.backup, backup),
        schedule: backup.schedule,
        suspend: areSuspended(backup),
        timeoutSeconds: backup.timeoutSeconds,
        retries: 2,
      }),
      podOf({
        ...podProps(this, props, place),
        // One after the other: what is not a whole dump is never uploaded. Milvus goes on meanwhile, so that objects of a dump may be
        // gone before they are copied: then there is a second dump, and a third, for which less and less is left to be copied.
        initContainers: backup.objects
          ? [dump('dump'), copy('objects'), dump('dump-2'), copy('objects-2'), dump('dump-3')]
          : [dump('dump')],
        containers: [
          container(props, place, 'upload', images.rclone, UPLOAD, [
            ...(backup.objects
              ? [
                  ...objectsEnv,
                  { name: 'BACKUP_OBJECTS', value: 'true' },
                  { name: 'MILVUS_VERSION', value: MILVUS_VERSION },
                  { name: 'MYSQL_DATABASE', value: database.database },
                ]
              : storageEnv(place)),
            { name: 'KEEP', value: String(backup.keep) },
          ]),
        ],
      }),
    );
  }
}

/**
 * Brings a backup back, and empties the write-ahead log. A person starts it, or it is part of what is applied, with Milvus
 * stopped; it waits until that is so, and refuses a database that is not empty.
 */
export class Restore extends Part {
  /** The Job. */
  public readonly job: ApiObject;

  public constructor(scope: Construct, id: string, props: BackupProps) {
    const { settings, names, backup, database } = props;
    super(scope, id, settings, 'restore');
    const { images, s3, wal, writable } = settings;
    const { restore } = backup;
    const place: Place = { to: backup.restoreFrom, vectors: s3 };
    const log =
      wal.enabled && wal.persistence.enabled
        ? persistentVolume('wal', wal.persistence, names.writableWal)
        : [];
    // Who owns the files of the log.
    const asRoot = log.length > 0 && writable.securityProfile === 'baseline';
    const load = (name: string, env: readonly k8s.EnvVar[]) =>
      container(props, place, name, images.mysql, LOAD, [
        ...loginEnv(database),
        { name: 'RESTORE_FORCE', value: String(restore?.force ?? false) },
        ...env,
      ]);
    const main = load('load', log.length === 0 ? [] : [{ name: 'WAL_DIR', value: WAL_DIRECTORY }]);
    const annotations = {
      ...(restore === undefined && STARTED_BY_HAND),
      ...(asRoot && baselineAnnotations('the files of the write-ahead log belong to root', false)),
    };
    const jobProps: JobProps = {
      metadata: this.metadata(restore === undefined ? names.restore : names.restoreOf(restore.backup), {
        annotations,
      }),
      timeoutSeconds: backup.timeoutSeconds,
      retries: 0,
    };
    const common = podProps(this, props, place);
    this.job = this.workload(
      restore === undefined ? job(jobProps) : declaredJob(jobProps),
      podOf({
        ...common,
        patches: [...common.patches, ...(log.length === 0 ? [] : toleratedByWritable(settings))],
        asRoot,
        volumes: [...common.volumes, ...log],
        // Nothing is changed before all is known to be there, and the metadata last.
        initContainers: [
          container(props, place, 'download', images.rclone, DOWNLOAD, [
            ...storageEnv(place),
            // `latest`, or the name of a backup.
            { name: 'BACKUP', value: restore?.backup ?? 'latest' },
            { name: 'TIMEOUT_SECONDS', value: String(backup.timeoutSeconds) },
          ]),
          load('check', [{ name: 'RESTORE_STEP', value: 'check' }]),
          container(props, place, 'bring-back', images.rclone, BRING_BACK, [
            ...storageEnv(place),
            ...(s3 === undefined ? [] : dataEnv(props, s3)),
            { name: 'RESTORE_OBJECTS', value: 'true' },
          ]),
        ],
        containers: [
          {
            ...main,
            volumeMounts: [
              ...(main.volumeMounts ?? []),
              ...log.map(({ name }) => ({
                name,
                mountPath: WAL_DIRECTORY,
                subPath: wal.persistence.subPath,
              })),
            ],
          },
        ],
      }),
    );
  }
}

/** Reads a backup again, all of it. */
export class BackupVerification extends Part {
  /** The Job, or the CronJob. */
  public readonly job: ApiObject;

  /** @param schedule when it runs; undefined for a Job that a person starts */
  public constructor(scope: Construct, id: string, props: BackupProps, schedule?: string) {
    const { settings, names, backup } = props;
    super(scope, id, settings, 'backup');
    const place: Place = { to: backup.s3 };
    const jobProps: JobProps = {
      metadata: this.metadata(names.backupVerify, schedule === undefined ? BY_HAND : backup),
      timeoutSeconds: backup.timeoutSeconds,
      retries: 0,
    };
    this.job = this.workload(
      schedule === undefined
        ? job(jobProps)
        : cronJob({ ...jobProps, schedule, suspend: areSuspended(backup) }),
      podOf({
        ...podProps(this, props, place),
        containers: [
          container(props, place, 'verify', settings.images.rclone, VERIFY, [
            ...storageEnv(place),
            { name: 'BACKUP', value: 'latest' },
          ]),
        ],
      }),
    );
  }
}

/** Prints what backups there are. */
export class BackupList extends Part {
  /** The Job, which is started by a person. */
  public readonly job: ApiObject;

  public constructor(scope: Construct, id: string, props: BackupProps) {
    const { settings, names, backup } = props;
    super(scope, id, settings, 'backup');
    const place: Place = { to: backup.s3 };
    this.job = this.workload(
      job({
        metadata: this.metadata(names.backupList, BY_HAND),
        timeoutSeconds: LIST_SECONDS,
        retries: 0,
      }),
      podOf({
        ...podProps(this, props, place),
        containers: [container(props, place, 'list', settings.images.rclone, LIST, storageEnv(place))],
      }),
    );
  }
}

/** Where its volume is bound to a node, the write-ahead log can be emptied there alone: where the writable may be. */
function toleratedByWritable(settings: Settings): readonly PodTemplatePatch[] {
  const [own = [], theirs = []] = (['backup', 'writable'] as const).map(
    (section) => patchedSpec(settings, section).tolerations,
  );
  const more = theirs.filter((one) => !own.some((known) => isDeepStrictEqual(known, one)));
  if (more.length === 0) return [];
  return [{ path: 'writable.podTemplate', patch: { spec: { tolerations: [...own, ...more] } } }];
}

const BY_HAND = { annotations: STARTED_BY_HAND };
const LIST_SECONDS = 600;

/** The storages that a pod uses. */
interface Place {
  readonly to: BackupStorage;
  /** That of the vectors. @default - the pod does not use it */
  readonly vectors?: S3Settings;
}

function podProps(part: Part, { settings, names }: BackupProps, { to, vectors }: Place) {
  return {
    patches: settings.podTemplates.backup,
    selectorLabels: part.selectorLabels,
    restartPolicy: 'Never' as const,
    volumes: [
      Scripts.volume(names.scripts, BACKUP_SCRIPTS),
      emptyDir('work', WORK_SIZE),
      emptyDir('tmp', '64Mi'),
      ...caVolumes(to.tls),
      ...caVolumes(vectors?.tls, DATA_CA),
    ],
    hostAliases: endpointAliases([to, ...(vectors === undefined ? [] : [vectors])]),
  };
}

function container(
  { backup, settings }: BackupProps,
  { to, vectors }: Place,
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
      ...(image === settings.images.rclone ? [...caMounts(to.tls), ...caMounts(vectors?.tls, DATA_CA)] : []),
    ],
  };
}

function loginEnv(database: DatabaseSettings): k8s.EnvVar[] {
  return [
    ...databaseEnv(database, 'MYSQL_PWD'),
    { name: 'CREDENTIALS_FROM', value: database.credentials.secretName },
  ];
}

function storageEnv({ to }: Place): k8s.EnvVar[] {
  return [
    ...(to.tls === undefined ? [{ name: 'S3_SCHEME', value: 'http' }] : []),
    ...s3RemoteEnv(to, [{ name: 'BACKUP_PREFIX', value: to.prefix }]),
  ];
}

/** Where the vectors are, as objects-remote.sh reads it. */
function dataEnv({ settings }: BackupProps, s3: S3Settings): k8s.EnvVar[] {
  return s3RemoteEnv(s3, [{ name: 'S3_PATH', value: settings.storage.path.slice(1) }], DATA_CA).map(
    (one) => ({
      ...one,
      name: `DATA_${one.name.replace(/^S3_/, '')}`,
    }),
  );
}
