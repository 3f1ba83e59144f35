import * as fs from 'node:fs';
import * as path from 'node:path';
import { type LoadedCluster, LoadMemory, type LoadOptions, loadClusters } from '../config/load';
import { isStopped, type Settings } from '../config/settings';
import { type SecretInUse, secretsOf } from '../inventory/secrets';
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
import { commit, discard, guarded, nothingStaged, OutputError, remove, type Written } from './files';
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

/** What earlier runs of this process made: a cluster whose configuration and files are as they were is not made anew. */
export class Memory extends LoadMemory {
  private made = new Map<string, Made>();

  /** How many objects a cluster has; undefined when it is to be made. */
  public objectsOf(target: string, cluster: PlacedCluster): number | undefined {
    const known = this.made.get(cluster.directory);
    return known?.settings === cluster.settings && known.stamps === stampsOf(target, cluster)
      ? known.objects
      : undefined;
  }

  public keep(target: string, clusters: readonly PlacedCluster[], objects: readonly number[]): void {
    this.made = new Map(
      clusters.map((cluster, index) => [
        cluster.directory,
        {
          settings: cluster.settings,
          objects: objects[index] ?? 0,
          stamps: stampsOf(target, cluster),
        },
      ]),
    );
  }
}

interface Made {
  readonly settings: Settings;
  readonly objects: number;
  readonly stamps: string;
}

function stampsOf(target: string, cluster: PlacedCluster): string {
  return filesOf(cluster)
    .map((file) => {
      const { size, mtimeMs } = fs.statSync(path.join(target, file), { throwIfNoEntry: false }) ?? {};
      return `${size} ${mtimeMs}`;
    })
    .join();
}

/**
 * Loads the configuration, synthesizes every cluster and writes the manifests: one directory per cluster when there are
 * several, or when the output directory has others of an earlier run, which are left alone. No file changes before
 * everything is there, so that a failure leaves the output directory as it was.
 * @param memory of earlier runs, for the next one; without it nothing is remembered
 * @throws ConfigurationError with every problem of the configuration
 * @throws OutputError when the output directory can not be written
 */
export function synthesize(options: SynthesizeOptions = {}, memory?: Memory): Synthesis {
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
export function earlierClusters(target: string): readonly string[] {
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
  memory?: Memory,
): Synthesis {
  const loaded = loadClusters(options, memory);
  const placed = placeClusters(loaded, others);
  const counts = placed.map((cluster) => memory?.objectsOf(target, cluster));
  const toMake = placed.filter((_, index) => counts[index] === undefined);

  const top = nothingStaged();
  const shares: Share[] = [];
  try {
    shares.push(...stageClusters(target, toMake, (done) => options.onProgress?.(done, toMake.length)));
    failOf(shares);
    if (isFleet(loaded, others)) stageKustomization(target, '', directoriesOf(placed, others), top);
  } catch (error) {
    for (const staged of [top, ...shares.map((share) => share.staged)]) discard(staged);
    throw error;
  }

  const made = shares.flatMap((share) => share.objects).values();
  const objects = counts.map((count) => count ?? Number(made.next().value));
  const changed = commit(target, [...shares.map(({ staged }) => staged), top]);
  memory?.keep(target, placed, objects);
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
    written: {
      changed,
      files: [...placed.flatMap(filesOf), ...top.files],
      stale: [],
      removed: [],
    },
    warnings: warningsOf(loaded, options.outdir),
  };
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
  return [
    ...(Object.values(secretsOf(settings)) as SecretInUse[]).flatMap(({ path: where, credentials }) =>
      credentials.inline === undefined
        ? []
        : [`${where}.inline puts credentials into ${place}; for development only, do not commit it`],
    ),
    ...(isStopped(settings)
      ? [
          'backup.restore is there, so Milvus is stopped, and its backups are suspended; when the Job of the restore is complete, take it out again',
        ]
      : []),
    ...(settings.minio === undefined
      ? []
      : ['s3.embedded is one MinIO on one disk; for a first try, not for production']),
    ...(settings.networkPolicy.enabled
      ? []
      : [
          'networkPolicy.enabled is false: whatever runs in the Kubernetes cluster reaches Milvus, which asks nobody for a password',
        ]),
  ];
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
