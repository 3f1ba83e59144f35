import { App } from 'cdk8s';
import { Names } from '../kubernetes/names';
import { type KubectlTarget, TARGET } from '../live/kubectl';
import { isMapping } from '../mapping';
import { MilvusJob } from '../milvus-job';
import type { PlacedCluster } from '../output/cluster-files';
import { writeDocuments } from '../yaml/write';
import { clusterOf } from './clusters';
import { type Command, type CommandContext, EXIT, type ExitCode } from './command';
import { exitCodeOf, INTERRUPTED, withJobRunner } from './job-runner';
import { CONFIG, optionsAndNames, UsageError } from './options';
import { backupPlace } from './restore';

const METRICS = ['L2', 'IP', 'HAMMING', 'JACCARD', 'TANIMOTO', 'SUBSTRUCTURE', 'SUPERSTRUCTURE'];

/** Options of both commands. */
const OPTIONS = {
  config: CONFIG,
  cluster: {
    type: 'string',
    value: 'NAME',
    about: 'which cluster, if the configuration has several',
  },
  claim: { type: 'string', value: 'NAME', about: 'a PersistentVolumeClaim instead of S3' },
  run: {
    type: 'boolean',
    about: 'run the Job instead of printing it, and wait for its end (with the options below)',
  },
  ...TARGET,
} as const;

const EXIT_CODES = `0 printed, or with --run complete; 1 the configuration can not be used, or the Job failed or could not be started; 2 wrong
arguments; ${INTERRUPTED} interrupted (Ctrl-C): the Job goes on without you.`;

const EXPORT_OPTIONS = {
  all: { type: 'boolean', about: 'all collections' },
  name: {
    type: 'string',
    value: 'NAME',
    about: `the name of the export
(default: the time; an unfinished export of the same collections goes on)`,
  },
  backup: {
    type: 'string',
    value: 'BACKUP',
    about: 'export a backup: its name, such as 20260701T021500Z, or latest',
  },
  from: {
    type: 'string',
    value: 'BUCKET/PREFIX',
    about:
      "take another cluster's backups, at the endpoint of backup.restoreFrom (default: those of backup.restoreFrom)",
  },
  'part-size': {
    type: 'string',
    value: 'MIB',
    about: 'largest size of a file of vectors (default: 512)',
  },
  'skip-missing': {
    type: 'boolean',
    about: 'leave out segments whose objects are missing, and name them in collection.json',
  },
  ...OPTIONS,
} as const;

const IMPORT_OPTIONS = {
  collection: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    about: 'a collection of the export; can be repeated (default: all)',
  },
  as: { type: 'string', value: 'NAME', about: 'another name for the collection; required for other arrays' },
  partition: { type: 'string', value: 'TAG', about: 'insert everything into this partition' },
  metric: {
    type: 'string',
    value: 'METRIC',
    about: `metric of a FOLDER/ (default: L2)
one of ${METRICS.join(', ')}`,
    completion: METRICS,
  },
  index: {
    type: 'string',
    value: 'INDEX',
    about: 'index type, such as IVF_FLAT (default: that of the export; for a FOLDER/ none)',
  },
  'index-parameters': { type: 'string', value: 'JSON', about: 'index parameters, such as {"nlist":1024}' },
  'into-existing': {
    type: 'boolean',
    about: 'also insert into a collection that this import did not create',
  },
  ...OPTIONS,
} as const;

/** As Milvus takes them (ValidationUtil.cpp): the shell must not make something else of them, nor S3 a folder. */
const COLLECTION = /^[A-Za-z_][\w$]{0,254}$/;
const BACKUP = /^(\d{8}T\d{6}Z|latest)$/;
const NAME = /^[\w][\w.-]*$/;
const CLAIM = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export const exportCommand: Command = {
  synopsis: 'COLLECTION...|--all [--run]',
  summary: 'prints or runs a Job that exports collections',
  about: `Prints a Job that exports collections as arrays of NumPy, which bulk insert of Milvus 2 reads. It reads MySQL and S3, and does not use the server.
The export goes to export/<name of the cluster>/<name of the export>/ in the storage of the backups, or else of the vectors. Add --run to run it
through your kubectl and see its log; or
  cdk8s-milvus export films | kubectl replace --force -f -`,
  options: EXPORT_OPTIONS,
  exitCodes: EXIT_CODES,
  example: 'films codes --part-size 256',
  run: (args, context) => {
    const { values, names } = optionsAndNames(args, EXPORT_OPTIONS);
    const { name, backup, from, 'part-size': partSize } = values;
    const cluster = clusterOf(values.config, values.cluster, context);
    const { settings } = cluster;
    if (backup !== undefined && settings.backup === undefined) {
      throw new UsageError(
        `option '--backup' needs backup.enabled, which cluster ${settings.name} does not have`,
      );
    }
    if (from !== undefined && backup === undefined)
      throw new UsageError(`option '--from' says where a backup is: name that with '--backup'`);
    if (
      partSize !== undefined &&
      !(/^\d{1,5}$/.test(partSize) && Number(partSize) >= 1 && Number(partSize) <= 16384)
    ) {
      throw new UsageError(`option '--part-size' is a number of MiB from 1 to 16384, not "${partSize}"`);
    }
    return make(context, cluster, 'export', values, {
      COLLECTIONS: collections(values.all, names),
      EXPORT: matching('--name', name, NAME, 'letters, digits, "_", "." and "-"'),
      BACKUP: matching(
        '--backup',
        backup,
        BACKUP,
        'the name of a backup such as 20260701T021500Z, or latest',
      ),
      ...(from === undefined ? {} : variablesOf(from)),
      PART_MIB: partSize,
      SKIP_MISSING: values['skip-missing'] ? 'true' : undefined,
    });
  },
};

export const importCommand: Command = {
  synopsis: '[EXPORT|FOLDER/] [--run]',
  summary: 'prints or runs a Job that imports an export, or arrays of NumPy',
  about: `Prints a Job that inserts collections through the proxy, flushes, builds the indexes, and checks them by counts and searches. Add --run to run it
through your kubectl and see its log; or
  cdk8s-milvus import | kubectl replace --force -f -
EXPORT is the name of an export (default: the newest that is finished). FOLDER/ is the path of an export, or of your own id.npy and
vectors.npy (then with --as), in the bucket or on the claim. It ends with "/".`,
  options: IMPORT_OPTIONS,
  exitCodes: EXIT_CODES,
  example: '20260701T021500Z --collection films --as films_copy',
  run: (args, context) => {
    const { values, names } = optionsAndNames(args, IMPORT_OPTIONS);
    const [from, ...others] = names;
    if (others.length > 0) throw new UsageError(`one export at a time, not also "${others.join(' ')}"`);
    const folder = from?.includes('/') === true;
    return make(context, clusterOf(values.config, values.cluster, context), 'import', values, {
      FROM: folder
        ? from
        : matching('EXPORT', from, NAME, 'the name of an export, or a folder that ends with "/"'),
      COLLECTIONS: values.collection && collections(false, values.collection),
      AS: matching('--as', values.as, COLLECTION, COLLECTION_MEANT),
      PARTITION: values.partition,
      METRIC: values.metric,
      INDEX: values.index,
      INDEX_PARAMETERS: indexParameters(values['index-parameters']),
      INTO_EXISTING: values['into-existing'] ? 'true' : undefined,
    });
  },
};

const COLLECTION_MEANT = 'the name of a collection: letters, digits and "_", not a digit first';

function variablesOf(from: string) {
  const { bucket, prefix } = backupPlace(from);
  return { BACKUP_S3_BUCKET: bucket, BACKUP_PREFIX: prefix };
}

function indexParameters(text: string | undefined): string | undefined {
  if (text === undefined || isMapping(parsed(text))) return text;
  throw new UsageError(`option '--index-parameters' is JSON such as {"nlist":1024}, not "${text}"`);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The names of collections as a variable has them. */
function collections(all: boolean | undefined, names: readonly string[]): string {
  if (all === true) {
    if (names.length > 0) throw new UsageError(`either --all, or "${names.join(' ')}"`);
    return '--all';
  }
  if (names.length === 0) throw new UsageError('which collections? Name them, or --all');
  for (const name of names) matching('COLLECTION', name, COLLECTION, COLLECTION_MEANT);
  return names.join(' ');
}

function matching(
  what: string,
  value: string | undefined,
  pattern: RegExp,
  meant: string,
): string | undefined {
  if (value !== undefined && !pattern.test(value))
    throw new UsageError(`${what} is ${meant}, not "${value}"`);
  return value;
}

interface HowToRun extends KubectlTarget {
  readonly claim?: string;
  readonly run?: boolean;
}

/**
 * Prints the Job, or runs it.
 * @param variables of its containers; those that are undefined keep their defaults
 */
function make(
  context: CommandContext,
  cluster: PlacedCluster,
  name: 'export' | 'import',
  { claim, run: isRun, ...options }: HowToRun,
  variables: Readonly<Record<string, string | undefined>>,
): ExitCode {
  const { settings } = cluster;
  const { namespace, kubeconfig, context: ofKubectl } = options;
  const target = { namespace, context: ofKubectl, kubeconfig };
  const unused = Object.entries(target).find(([, value]) => value !== undefined);
  if (unused !== undefined && !isRun) throw new UsageError(`option '--${unused[0]}' needs --run`);
  const values = Object.fromEntries(
    Object.entries(variables).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
  const run = { values, claim: matching('--claim', claim, CLAIM, 'the name of a PersistentVolumeClaim') };
  if (!MilvusJob.movesFor(settings, run).includes(name)) {
    throw new UsageError(
      MilvusJob.movesFor(settings, { claim: name }).includes(name)
        ? `cluster ${settings.name} has no S3: name a claim with option '--claim'`
        : `an export needs the metadata in MySQL and the vectors in S3 or on a volume, which cluster ${settings.name} does not have`,
    );
  }
  const manifest = writeDocuments(new MilvusJob(new App(), name, name, settings, run).toJson());
  if (!isRun) {
    context.stdout.write(manifest);
    return EXIT.ok;
  }
  return withJobRunner(cluster, target, context, async (runner) =>
    exitCodeOf(await runner.runManifest(Names.of(settings)[name], manifest)),
  );
}
