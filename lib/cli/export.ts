import { App } from 'cdk8s';
import { loadClusters } from '../config/load';
import type { Settings } from '../config/settings';
import { MilvusJob } from '../milvus-job';
import { writeDocuments } from '../yaml/write';
import {
  CONFIG,
  CONFIG_HELP,
  type Command,
  type CommandContext,
  EXIT,
  optionsAndNames,
  UsageError,
} from './command';

/** Options of both commands. */
const OPTIONS = {
  config: CONFIG,
  cluster: { type: 'string' },
  claim: { type: 'string' },
  all: { type: 'boolean' },
} as const;

const OPTIONS_HELP = `  --cluster NAME   which cluster, where the configuration has several
  --claim NAME     a PersistentVolumeClaim instead of S3
${CONFIG_HELP}`;

/** As Milvus takes them (ValidationUtil.cpp): the shell must not make something else of them, nor S3 a folder. */
const COLLECTION = /^[A-Za-z_][\w$]{0,254}$/;
const BACKUP = /^\d{8}T\d{6}Z$/;
const NAME = /^[\w][\w.-]*$/;
const CLAIM = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export const exportCommand: Command = {
  synopsis: 'COLLECTION...|--all [-c milvus.yaml]',
  summary: 'prints the Job that takes collections out',
  help: (
    called,
  ) => `Prints a Job that takes collections out, as arrays of NumPy that bulk insert of Milvus 2 reads. It asks MySQL and S3, and the server nothing.

  ${called} films | kubectl replace --force -f -
  ${called} --all --claim exports | kubectl replace --force -f -

  COLLECTION...    their names; --all for all
  --name NAME      the name of the export (default: the time; one of the same collections that is not finished is gone on with)
  --backup TIME    as the backup of that time has it, such as 20260701T021500Z; its objects must still be there
  --part-size MIB  how large a file of vectors may become (default: 512)
  --skip-missing   leave out segments whose objects are lost, and name them in collection.json
${OPTIONS_HELP}

It goes to export/<name of the cluster>/<name of the export>/ in the storage of the backups, or in that of the vectors.
`,
  run: (args, context) => {
    const { values, names } = optionsAndNames(args, {
      ...OPTIONS,
      name: { type: 'string' },
      backup: { type: 'string' },
      'part-size': { type: 'string' },
      'skip-missing': { type: 'boolean' },
    });
    const { name, backup, 'part-size': partSize } = values;
    const settings = clusterOf(values, context);
    if (backup !== undefined && settings.backup === undefined) {
      throw new UsageError(
        `option '--backup' needs backup.enabled, which cluster ${settings.name} does not have`,
      );
    }
    if (
      partSize !== undefined &&
      !(/^\d{1,5}$/.test(partSize) && Number(partSize) >= 1 && Number(partSize) <= 16384)
    ) {
      throw new UsageError(`option '--part-size' is a number of MiB from 1 to 16384, not "${partSize}"`);
    }
    print(context, settings, 'export', values.claim, {
      COLLECTIONS: collections(values.all, names),
      ...given('EXPORT', matching('--name', name, NAME, 'letters, digits, "_", "." and "-"')),
      ...given(
        'BACKUP',
        matching('--backup', backup, BACKUP, 'the time of a backup such as 20260701T021500Z'),
      ),
      ...given('PART_MIB', partSize),
      ...given('SKIP_MISSING', values['skip-missing'] ? 'true' : undefined),
    });
    return EXIT.ok;
  },
};

export const importCommand: Command = {
  synopsis: '[EXPORT|FOLDER/] [-c milvus.yaml]',
  summary: 'prints the Job that puts an export, or arrays of NumPy, into the cluster',
  help: (
    called,
  ) => `Prints a Job that puts an export, or arrays of NumPy, into the cluster, through its proxy; with flush and index, counted and searched.

  ${called} | kubectl replace --force -f -
  ${called} 20260701T021500Z --collection films --as films_copy | kubectl replace --force -f -
  ${called} mine/ --as films --metric IP --index IVF_FLAT --index-parameters '{"nlist":1024}' | kubectl replace --force -f -

  EXPORT                   the name of an export (default: the newest that is finished)
  FOLDER/                  the path in the bucket or on the claim of id.npy and vectors.npy, which ends with "/"
  --collection NAME        one of the export, as often as you like (default: all)
  --as NAME                another name for it; the name for a FOLDER/
  --partition TAG          all of it into this partition
  --metric METRIC          of a FOLDER/: L2, IP, HAMMING, JACCARD, TANIMOTO, SUBSTRUCTURE or SUPERSTRUCTURE (default: L2)
  --index INDEX            such as IVF_FLAT (default: that of the export; none)
  --index-parameters JSON  such as {"nlist":1024}
  --into-existing          also add to a collection that is there and not from this import
${OPTIONS_HELP}
`,
  run: (args, context) => {
    const { values, names } = optionsAndNames(args, {
      ...OPTIONS,
      collection: { type: 'string', multiple: true },
      as: { type: 'string' },
      partition: { type: 'string' },
      metric: { type: 'string' },
      index: { type: 'string' },
      'index-parameters': { type: 'string' },
      'into-existing': { type: 'boolean' },
    });
    const [from, ...others] = names;
    if (others.length > 0) throw new UsageError(`one export at a time, not also "${others.join(' ')}"`);
    const folder = from?.includes('/') === true;
    if (folder && values.as === undefined)
      throw new UsageError(`a folder needs option '--as', the name of the collection`);
    const settings = clusterOf(values, context);
    print(context, settings, 'import', values.claim, {
      ...given(
        'FROM',
        folder
          ? from
          : matching('EXPORT', from, NAME, 'the name of an export, or a folder that ends with "/"'),
      ),
      ...(values.collection === undefined ? {} : { COLLECTIONS: collections(values.all, values.collection) }),
      ...given('AS', matching('--as', values.as, COLLECTION, COLLECTION_MEANT)),
      ...given('PARTITION', values.partition),
      ...given('METRIC', values.metric),
      ...given('INDEX', values.index),
      ...given('INDEX_PARAMETERS', values['index-parameters']),
      ...given('INTO_EXISTING', values['into-existing'] ? 'true' : undefined),
    });
    return EXIT.ok;
  },
};

const COLLECTION_MEANT = 'the name of a collection: letters, digits and "_", not a digit first';

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

const given = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });

function clusterOf(
  { config, cluster }: { readonly config?: readonly string[]; readonly cluster?: string },
  { cwd, env }: CommandContext,
): Settings {
  const clusters = loadClusters({ config: config?.join(), cwd, env }).map(({ settings }) => settings);
  const chosen = clusters.filter(({ name }) => cluster === undefined || name === cluster);
  const [settings, ...others] = chosen;
  if (settings === undefined || others.length > 0) {
    const names = clusters.map(({ name }) => name).join(', ');
    throw new UsageError(`option '--cluster' has to name one of: ${names}`);
  }
  return settings;
}

function print(
  { stdout }: CommandContext,
  settings: Settings,
  name: 'export' | 'import',
  claim: string | undefined,
  values: Readonly<Record<string, string>>,
): void {
  const run = { values, claim: matching('--claim', claim, CLAIM, 'the name of a PersistentVolumeClaim') };
  if (!MilvusJob.namesFor(settings, run).includes(name)) {
    throw new UsageError(
      MilvusJob.namesFor(settings, { claim: name }).includes(name)
        ? `cluster ${settings.name} has no S3: name a claim with option '--claim'`
        : `an export needs the metadata in MySQL and the vectors in S3 or on a volume, which cluster ${settings.name} does not have`,
    );
  }
  stdout.write(writeDocuments(new MilvusJob(new App(), name, name, settings, run).toJson()));
}
