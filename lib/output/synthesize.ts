import * as path from 'node:path';
import { type LoadedCluster, type LoadOptions, loadClusters } from '../config/load';
import type { Settings } from '../config/settings';
import { type JobName, MilvusJob } from '../milvus-job';
import { jobFile, manifestFile, type PlacedCluster, scriptsFile, stageKustomization } from './cluster-files';
import { commit, discard, nothingStaged, OutputError, type Written } from './files';
import { type Share, stageClusters } from './threads';

export interface SynthesizeOptions extends LoadOptions {
  /**
   * Directory that the manifests are written to.
   * @default - the environment variable CDK8S_OUTDIR (the cdk8s CLI sets it), or `dist`
   */
  readonly outdir?: string;
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

/**
 * Loads the configuration, synthesizes every cluster and writes the manifests: one directory per cluster when there are
 * several. No file changes before everything is there, so that a failure leaves the output directory as it was.
 * @throws ConfigurationError with every problem of the configuration
 * @throws OutputError when the output directory can not be written
 */
export function synthesize(options: SynthesizeOptions = {}): Synthesis {
  const env = options.env ?? process.env;
  const outdir = options.outdir ?? defaultOutdir(env);
  const target = path.resolve(options.cwd ?? '', outdir);
  const loaded = loadClusters(options);
  const placed = placeClusters(loaded);

  const top = nothingStaged();
  const shares: Share[] = [];
  try {
    shares.push(...stageClusters(target, placed, (done) => options.onProgress?.(done, placed.length)));
    failOf(shares);
    if (placed.length > 1)
      stageKustomization(
        target,
        '',
        placed.map(({ directory }) => directory),
        top,
      );
  } catch (error) {
    for (const staged of [top, ...shares.map((share) => share.staged)]) discard(staged);
    throw error;
  }

  const objects = shares.flatMap((share) => share.objects);
  const clusters = placed.map((cluster, index) => ({
    settings: cluster.settings,
    file: manifestFile(cluster),
    scripts: scriptsFile(cluster),
    objects: objects[index] ?? 0,
    jobs: Object.fromEntries(MilvusJob.namesFor(cluster.settings).map((job) => [job, jobFile(cluster, job)])),
  }));
  return {
    outdir,
    clusters,
    written: commit(target, [...shares.map(({ staged }) => staged), top]),
    warnings: warningsOf(loaded),
  };
}

function warningsOf(loaded: readonly LoadedCluster[]): readonly string[] {
  const sources = new Map<string, string[]>();
  for (const { source, warnings } of loaded) {
    for (const warning of warnings) sources.set(warning, [...(sources.get(warning) ?? []), source]);
  }
  return [...sources].map(([warning, [first, ...others]]) =>
    others.length === 0 ? `${first}: ${warning}` : `${first} and ${others.length} more: ${warning}`,
  );
}

/** Where the manifests are when nobody says so. */
export function defaultOutdir(env: NonNullable<LoadOptions['env']>): string {
  return env['CDK8S_OUTDIR'] || 'dist';
}

/** Clusters of one name in two namespaces get directories that tell them apart. */
export function placeClusters(loaded: readonly Pick<LoadedCluster, 'settings'>[]): PlacedCluster[] {
  const namesakes = new Map<string, number>();
  for (const { settings } of loaded) namesakes.set(settings.name, (namesakes.get(settings.name) ?? 0) + 1);
  return loaded.map(({ settings }) => {
    const { name, namespace } = settings;
    const unique = namesakes.get(name) === 1 || namespace === undefined;
    return { settings, directory: loaded.length === 1 ? '' : unique ? name : `${namespace}.${name}` };
  });
}

function failOf(shares: readonly Share[]): void {
  for (const { failure } of shares) {
    if (failure !== undefined)
      throw failure.expected ? new OutputError(failure.message) : new Error(failure.message);
  }
}
