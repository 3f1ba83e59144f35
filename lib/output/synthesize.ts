import * as path from 'node:path';
import { type LoadedCluster, type LoadMemory, type LoadOptions, loadClusters } from '../config/load';
import { isStopped, type Settings } from '../config/settings';
import { type SecretInUse, secretsOf } from '../inventory/secrets';
import { listOf } from '../list-of';
import { type JobName, MilvusJob } from '../milvus-job';
import {
  filesOf,
  jobFile,
  manifestFile,
  type PlacedCluster,
  scriptsFile,
  stageKustomization,
} from './cluster-files';
import { abandonedFiles, clustersOfEarlierRuns, filesOfEarlierRuns } from './earlier';
import {
  commit,
  discard,
  guarded,
  nothingStaged,
  OutputError,
  remove,
  type Staged,
  type Written,
} from './files';
import type { MadeBefore } from './made';
import { type Share, stageClusters } from './threads';

export interface SynthesizeOptions extends LoadOptions {
  /**
   * Directory that the manifests are written to.
   * @default - the environment variable CDK8S_OUTDIR (the cdk8s CLI sets it), or `dist`
   */
  readonly outdir?: string;
  /**
   * Removes what earlier runs made in the output directory and this one does not. Files that were not made here stay.
   * @default false - such files are left as they are, and listed
   */
  readonly prune?: boolean;
  /**
   * Called with what is to be removed, before it is.
   * @default - nothing is called
   */
  readonly onPrune?: (files: readonly string[]) => void;
  /**
   * Called now and then while clusters are synthesized.
   * @default - nothing is called
   */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A cluster that was synthesized. */
export interface SynthesizedCluster {
  readonly settings: Settings;
  /** Its manifest, relative to the output directory. */
  readonly file: string;
  /** The ConfigMaps with the programs that its pods run, relative to the output directory. */
  readonly scripts: string;
  /** Number of objects in the manifest. */
  readonly objects: number;
  /** The Jobs that a person starts, relative to the output directory. */
  readonly jobs: Readonly<Partial<Record<JobName, string>>>;
}

export interface Synthesis {
  readonly outdir: string;
  readonly clusters: readonly SynthesizedCluster[];
  readonly written: Written;
  /** What works, but is to be known; what is so with several clusters once, with the first of them. */
  readonly warnings: readonly string[];
}

/** What earlier runs found out and made. */
export interface Memory {
  /** For a run that looks at the same files again. @default - all of them are read and checked */
  readonly loaded?: LoadMemory;
  /** @default - all clusters are made */
  readonly made?: MadeBefore;
}

/**
 * Loads the configuration, synthesizes every cluster and writes the manifests: one directory per cluster when there are
 * several, or when the output directory has others of an earlier run, which are left alone. No file changes before
 * everything is there, so that a failure leaves the output directory as it was.
 * @param memory of earlier runs, for the next one; without it nothing is remembered, and all is made
 * @throws ConfigurationError with every problem of the configuration
 * @throws OutputError when the output directory can not be written
 */
export function synthesize(options: SynthesizeOptions = {}, memory: Memory = {}): Synthesis {
  const { cwd = '', prune = false, onPrune } = options;
  const outdir = options.outdir ?? defaultOutdir(options.env ?? process.env);
  const target = path.resolve(cwd, outdir);
  const others = prune ? [] : earlierClusters(target);
  const synthesis = synthesizeInto(target, others, { ...options, outdir }, memory);
  const { files } = synthesis.written;
  const stale = guarded(target, 'read', () => {
    const belongs = new Set(files);
    return filesOfEarlierRuns(target, belongs).filter((file) => !belongs.has(file));
  });
  if (!prune) return { ...synthesis, written: { ...synthesis.written, stale } };
  const removed = [...stale, ...guarded(target, 'read', () => abandonedFiles(target))];
  if (removed.length > 0) onPrune?.(removed);
  remove(target, removed);
  return { ...synthesis, written: { ...synthesis.written, removed } };
}

/** The directories of the clusters that an output directory has beside each other, as a run finds it. */
function earlierClusters(target: string): readonly string[] {
  return guarded(target, 'read', () => clustersOfEarlierRuns(target));
}

/**
 * The same, without a look at what else is in the directory.
 * @param others the directories of clusters that are to stay, whether this run makes them or not
 */
export function synthesizeInto(
  target: string,
  others: readonly string[],
  options: SynthesizeOptions & { readonly outdir: string },
  { loaded: looked, made }: Memory = {},
): Synthesis {
  const loaded = loadClusters(options, looked);
  const placed = placeClusters(loaded, others);
  const known = placed.map((cluster) => made?.objectsOf(target, cluster));
  const toMake = placed.filter((_, index) => known[index] === undefined);
  const { shares, top } = stageAll(target, placed, toMake, others, false, options.onProgress);
  const staged = [...shares.map((share) => share.staged), top];
  const counts = shares.flatMap((share) => share.objects);
  const changed = commit(target, staged);
  made?.keep(target, toMake, counts, stampsOf(staged));
  const rest = counts.values();
  const objects = known.map((count) => count ?? Number(rest.next().value));
  return {
    outdir: options.outdir,
    clusters: placed.map((cluster, index) => ({
      settings: cluster.settings,
      file: manifestFile(cluster),
      scripts: scriptsFile(cluster),
      objects: objects[index] ?? 0,
      jobs: Object.fromEntries(
        MilvusJob.namesFor(cluster.settings).map((job) => [job, jobFile(cluster, job)]),
      ),
    })),
    written: { changed, files: [...placed.flatMap(filesOf), ...top.files], stale: [], removed: [] },
    warnings: warningsOf(loaded, options.outdir),
  };
}

function stampsOf(staged: readonly Staged[]): ReadonlyMap<string, string> {
  return new Map(
    staged.flatMap(({ files, stamps }) => files.map((file, index) => [file, stamps[index] ?? ''])),
  );
}

/** What the files are, relative to the output directory, and which of them are not there as they would be written now. */
export function compare(
  target: string,
  options: LoadOptions,
  made?: MadeBefore,
): { readonly files: readonly string[]; readonly changed: readonly string[] } {
  const others = earlierClusters(target);
  const placed = placeClusters(loadClusters(options), others);
  const toMake = placed.filter((cluster) => made?.objectsOf(target, cluster) === undefined);
  const { shares, top } = stageAll(target, placed, toMake, others, true);
  return {
    files: [...placed.flatMap(filesOf), ...top.files],
    changed: [...shares.map((share) => share.staged), top].flatMap(({ changed }) =>
      changed.map(({ file }) => file),
    ),
  };
}

/** The files of clusters, and of a fleet the one that lists them; nothing is left of them when that fails. */
function stageAll(
  target: string,
  placed: readonly PlacedCluster[],
  toMake: readonly PlacedCluster[],
  others: readonly string[],
  dry: boolean,
  onProgress?: SynthesizeOptions['onProgress'],
): { readonly shares: readonly Share[]; readonly top: Staged } {
  const top = nothingStaged(dry);
  const shares: Share[] = [];
  try {
    shares.push(...stageClusters(target, toMake, dry, (done) => onProgress?.(done, toMake.length)));
    failOf(shares);
    if (isFleet(placed, others)) stageKustomization(target, '', directoriesOf(placed, others), top);
    return { shares, top };
  } catch (error) {
    for (const staged of [top, ...shares.map((share) => share.staged)]) discard(staged);
    throw error;
  }
}

function isFleet(loaded: readonly unknown[], others: readonly string[]): boolean {
  return loaded.length > 1 || others.length > 0;
}

/** In the order of the configuration when it has all of them; otherwise as they were, and what is new behind. */
function directoriesOf(placed: readonly PlacedCluster[], others: readonly string[]): readonly string[] {
  const made = placed.map(({ directory }) => directory);
  return others.every((directory) => made.includes(directory)) ? made : [...new Set([...others, ...made])];
}

function warningsOf(loaded: readonly LoadedCluster[], outdir: string): readonly string[] {
  const sources = new Map<string, string[]>();
  for (const { source, settings, warnings } of loaded) {
    for (const warning of [...warnings, ...cautions(settings, outdir)])
      sources.set(warning, [...(sources.get(warning) ?? []), source]);
  }
  return [...sources].map(([warning, [first, ...others]]) =>
    others.length === 0 ? `${first}: ${warning}` : `${first} and ${others.length} more: ${warning}`,
  );
}

/** What is for a first try, and easily taken along to where it harms. */
function cautions(settings: Settings, outdir: string): string[] {
  const place = outdir === STDOUT ? 'the output' : `${outdir}/`;
  return listOf(
    (Object.values(secretsOf(settings)) as SecretInUse[]).flatMap(({ path: where, credentials }) =>
      credentials.inline === undefined
        ? []
        : [`${where}.inline puts credentials into ${place}; for development only, do not commit it`],
    ),
    isStopped(settings) &&
      'backup.restore is set, so Milvus is stopped and its backups are suspended; remove it when the Job of the restore is complete',
    settings.minio !== undefined &&
      's3.embedded is one MinIO on one disk; for a first try, not for production',
    !settings.networkPolicy.enabled &&
      'networkPolicy.enabled is false: every pod in the Kubernetes cluster can reach Milvus, which has no logins',
  );
}

/** The output directory that means standard output. */
export const STDOUT = '-';

/** Where the manifests are when nobody says so. */
export function defaultOutdir(env: NonNullable<LoadOptions['env']>): string {
  return env['CDK8S_OUTDIR'] || 'dist';
}

/** Clusters of one name in two namespaces get directories that tell them apart, and keep those that they have. */
export function placeClusters(
  loaded: readonly Pick<LoadedCluster, 'settings'>[],
  others: readonly string[] = [],
): PlacedCluster[] {
  const namesakes = new Map<string, number>();
  for (const { settings } of loaded) namesakes.set(settings.name, (namesakes.get(settings.name) ?? 0) + 1);
  return loaded.map(({ settings }) => {
    const { name, namespace } = settings;
    const full = `${namespace}.${name}`;
    const unique = namespace === undefined || (namesakes.get(name) === 1 && !others.includes(full));
    return { settings, directory: isFleet(loaded, others) ? (unique ? name : full) : '' };
  });
}

function failOf(shares: readonly Share[]): void {
  for (const { failure } of shares) {
    if (failure !== undefined)
      throw failure.expected ? new OutputError(failure.message) : new Error(failure.message);
  }
}
