import type { ApiObject } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import type { BackupStorage, DatabaseSettings, S3Settings, Settings } from '../config/settings';
import { job, STARTED_BY_HAND } from '../kubernetes/jobs';
import { persistentVolume } from '../kubernetes/objects';
import { Part, type PartProps } from '../kubernetes/part';
import { containerSecurity, emptyDir, podOf, resourceRequirements } from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { databaseEnv } from '../metadata/database';
import { s3RemoteEnv } from '../storage/s3';
import { type CaPlace, caMounts, caVolumes, endpointAliases } from '../storage/s3-tls';

const EXPORT = 'export/milvus_export.py';
const IMPORT = 'export/milvus_import.py';
const LIBRARY = ['export/milvus_objects.py', 'export/milvus_metadata.py'];

/** Where a claim for exports is mounted, and where the vectors of a cluster without S3 are. */
const CLAIM_DIRECTORY = '/export';
const SOURCE_DIRECTORY = '/source';
/** A week: 1 TiB at 2 MiB/s. Started again, both go on where they were, and so does each of these. */
const TIMEOUT_SECONDS = 604800;
const RETRIES = 3;

/** How one run differs from what is in the file of the Job. */
export interface RunOptions {
  /** Values of the container's variables, by name. @default - those in the file */
  readonly values?: Readonly<Record<string, string>>;
  /** A claim that the export goes to, or comes from, instead of S3. @default - S3 */
  readonly claim?: string;
}

/** An S3 storage, as that of the vectors and that of the backups. */
type Storage = S3Settings | BackupStorage;

/** The storage that exports go to: that of the backups, or that of the vectors; undefined where there is neither. */
export function exportStorage({ backup, s3 }: Pick<Settings, 'backup' | 's3'>): Storage | undefined {
  return backup?.s3 ?? s3;
}

/** The folder of the exports of a cluster. */
const prefixOf = ({ name }: Settings) => `export/${name}`;

/** A Job that brings its program along, which is large and seldom run. */
abstract class Move extends Part {
  protected scripts(name: string, script: string): void {
    new Scripts(this, 'Scripts', {
      metadata: this.metadata(name, { annotations: STARTED_BY_HAND }),
      files: [...LIBRARY, script],
    });
  }
}

export interface ExportProps extends PartProps {
  readonly database: DatabaseSettings;
  readonly run?: RunOptions;
}

/** Takes collections out, as arrays that bulk insert of Milvus 2 reads: from the objects and the metadata, past the server. */
export class Export extends Move {
  /** The Job, which is started by a person. */
  public readonly job: ApiObject;

  public constructor(scope: Construct, id: string, { settings, names, database, run = {} }: ExportProps) {
    super(scope, id, settings, 'export');
    const { s3, storage, backup } = settings;
    const { subPath } = storage.persistence;
    // An export of what runs needs no keys of backups.
    const from = run.values?.['BACKUP'] === undefined ? undefined : backup?.restoreFrom;
    const vectors: Place = { storage: s3 };
    const exports: Place = { storage: exportStorage(settings), variables: 'TARGET_', ca: EXPORT_CA };
    const backups: Place = { storage: from, variables: 'BACKUP_', ca: BACKUP_CA };
    const env: k8s.EnvVar[] = [
      // Names with spaces between, or --all.
      { name: 'COLLECTIONS', value: '--all' },
      ...databaseEnv(database, 'MYSQL_PWD'),
      { name: 'CREDENTIALS_FROM_MYSQL', value: database.credentials.secretName },
      { name: 'WAIT_SECONDS', value: String(database.waitSeconds) },
      { name: 'STORAGE_PATH', value: storage.path },
      ...(s3 === undefined ? [{ name: 'SOURCE_DIRECTORY', value: SOURCE_DIRECTORY }] : placeEnv(vectors)),
      ...placeEnv(exports),
      { name: 'TARGET_PREFIX', value: prefixOf(settings) },
      ...(from === undefined ? [] : [...placeEnv(backups), { name: 'BACKUP_PREFIX', value: from.prefix }]),
    ];
    this.scripts(names.export, EXPORT);
    this.job = this.workload(
      job({
        metadata: this.metadata(names.export, { annotations: STARTED_BY_HAND }),
        timeoutSeconds: TIMEOUT_SECONDS,
        retries: RETRIES,
      }),
      pod(this, settings, names.export, {
        name: 'export',
        script: EXPORT,
        env,
        run,
        variable: 'TARGET_',
        places: [vectors, exports, backups],
        // What is in memory does not grow with the data: 4 parts at a time, with two buffers of 8 MiB each.
        memory: '512Mi',
        volumes: s3 === undefined ? persistentVolume('storage', storage.persistence, names.storage) : [],
        mounts:
          s3 === undefined
            ? [
                {
                  name: 'storage',
                  mountPath: `${SOURCE_DIRECTORY}/db`,
                  subPath: subPath || undefined,
                  readOnly: true,
                },
              ]
            : [],
      }),
    );
  }
}

export interface ImportProps extends PartProps {
  readonly run?: RunOptions;
}

/** Puts an export, or arrays of NumPy, into the cluster, through the proxy. */
export class Import extends Move {
  /** The Job, which is started by a person. */
  public readonly job: ApiObject;

  public constructor(scope: Construct, id: string, { settings, names, run = {} }: ImportProps) {
    super(scope, id, settings, 'import');
    const source: Place = { storage: exportStorage(settings), variables: 'SOURCE_', ca: EXPORT_CA };
    this.scripts(names.import, IMPORT);
    this.job = this.workload(
      job({
        metadata: this.metadata(names.import, { annotations: STARTED_BY_HAND }),
        timeoutSeconds: TIMEOUT_SECONDS,
        retries: RETRIES,
      }),
      pod(this, settings, names.import, {
        name: 'import',
        script: IMPORT,
        env: [
          // The name of an export, or the path of a folder with id.npy and vectors.npy.
          { name: 'FROM', value: 'latest' },
          { name: 'COLLECTIONS', value: '--all' },
          { name: 'MILVUS_HOST', value: names.cluster },
          { name: 'MILVUS_PORT', value: String(settings.service.port) },
          ...placeEnv(source),
          { name: 'SOURCE_PREFIX', value: prefixOf(settings) },
        ],
        run,
        variable: 'SOURCE_',
        places: [source],
        // A batch of 8 MiB is ten times as large as the numbers of Python, and as a message beside them.
        memory: '1Gi',
        volumes: [],
        mounts: [],
      }),
    );
  }
}

interface Program {
  readonly name: 'export' | 'import';
  readonly script: string;
  readonly env: readonly k8s.EnvVar[];
  readonly run: RunOptions;
  /** How the variables begin that say where the export is. */
  readonly variable: 'SOURCE_' | 'TARGET_';
  /** What the program speaks to. */
  readonly places: readonly Place[];
  readonly memory: string;
  readonly volumes: readonly k8s.Volume[];
  readonly mounts: readonly k8s.VolumeMount[];
}

/** Where the CAs of the exports' storage and of the backups' are; that of the vectors' may be another one. */
const EXPORT_CA: CaPlace = { volume: 'export-ca', directory: '/etc/export-ca' };
const BACKUP_CA: CaPlace = { volume: 'backup-ca', directory: '/etc/backup-ca' };

/** A storage, under the variables of which a program reads it. */
interface Place {
  /** Undefined where there is none. */
  readonly storage: Storage | undefined;
  /** How they begin. @default - as they are */
  readonly variables?: string;
  /** @default - that of the vectors */
  readonly ca?: CaPlace;
}

function placeEnv({ storage, variables = '', ca }: Place): k8s.EnvVar[] {
  if (storage === undefined) return [];
  return s3RemoteEnv(storage, [], ca).map((each) => ({ ...each, name: `${variables}${each.name}` }));
}

function pod(
  part: Part,
  { images, imagePullPolicy, podTemplates }: Settings,
  scripts: string,
  program: Program,
) {
  const { name, script, memory, run, places, variable } = program;
  const changed: Readonly<Record<string, string>> = {
    ...(run.claim === undefined ? {} : { [`${variable}DIRECTORY`]: CLAIM_DIRECTORY }),
    ...run.values,
  };
  const there = new Set(program.env.map((each) => each.name));
  const container: k8s.Container = {
    name,
    image: images.mishards,
    imagePullPolicy,
    command: ['python3', Scripts.path(script)],
    env: [
      ...program.env.map((each) => (each.name in changed ? { ...each, value: changed[each.name] } : each)),
      ...Object.entries(changed).flatMap(([key, value]) => (there.has(key) ? [] : [{ name: key, value }])),
      { name: 'PYTHONDONTWRITEBYTECODE', value: '1' },
      { name: 'PYTHONUNBUFFERED', value: '1' },
    ],
    resources: resourceRequirements({
      requests: { cpu: '250m', memory: '256Mi' },
      limits: { cpu: '2', memory },
    }),
    securityContext: containerSecurity(),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      Scripts.mount(),
      { name: 'tmp', mountPath: '/tmp' },
      ...places.flatMap(({ storage, ca }) => caMounts(storage?.tls, ca)),
      ...program.mounts,
      ...(run.claim === undefined ? [] : [{ name: 'export', mountPath: CLAIM_DIRECTORY }]),
    ],
  };
  return podOf({
    patches: podTemplates.backup,
    selectorLabels: part.selectorLabels,
    restartPolicy: 'Never',
    hostAliases: endpointAliases(
      places.map(({ storage }) => storage).filter((storage) => storage !== undefined),
    ),
    containers: [container],
    volumes: [
      Scripts.volume(scripts, [...LIBRARY, script]),
      emptyDir('tmp', '64Mi'),
      ...places.flatMap(({ storage, ca }) => caVolumes(storage?.tls, ca)),
      ...program.volumes,
      ...(run.claim === undefined
        ? []
        : [{ name: 'export', persistentVolumeClaim: { claimName: run.claim } }]),
    ],
  });
}
