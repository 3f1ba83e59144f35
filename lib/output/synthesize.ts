import * as path from 'node:path';
import { App, Yaml } from 'cdk8s';
import { type LoadedCluster, type LoadOptions, loadClusters } from '../config/load';
import type { Settings } from '../config/settings';
import { MilvusCluster } from '../milvus-cluster';
import { type JobName, MilvusJob } from '../milvus-job';
import { type Files, GENERATED, type Written, writeFiles } from './files';

export interface SynthesizeOptions extends LoadOptions {
  /**
   * Directory that the manifests are written to.
   * @default - the environment variable CDK8S_OUTDIR (the cdk8s CLI sets it), or `dist`
   */
  readonly outdir?: string;
}

/** A cluster that was synthesized. */
export interface SynthesizedCluster {
  readonly settings: Settings;
  /** Its manifest, relative to the output directory. */
  readonly file: string;
  /** Number of objects in the manifest. */
  readonly objects: number;
  /** The Jobs that a person starts, relative to the output directory. */
  readonly jobs: Readonly<Partial<Record<JobName, string>>>;
}

export interface Synthesis {
  readonly outdir: string;
  readonly clusters: readonly SynthesizedCluster[];
  readonly written: Written;
}

/**
 * Loads the configuration, synthesizes every cluster and writes the manifests. Nothing is written before everything
 * is there, so that a failure leaves the output directory as it was.
 * @throws ConfigurationError with every problem of the configuration
 * @throws OutputError when the output directory can not be written
 */
export function synthesize(options: SynthesizeOptions = {}): Synthesis {
  const env = options.env ?? process.env;
  const outdir = options.outdir ?? (env['CDK8S_OUTDIR'] || 'dist');
  const { files, clusters } = manifests(loadClusters(options));
  const target = path.resolve(options.cwd ?? '', outdir);
  return { outdir, clusters, written: writeFiles(target, files) };
}

/** The files of a configuration: one directory per cluster when there are several. */
export function manifests(loaded: readonly LoadedCluster[]): {
  readonly files: Files;
  readonly clusters: readonly SynthesizedCluster[];
} {
  const files = new Map<string, string>();
  const several = loaded.length > 1;
  const directories = loaded.map(({ settings }) => (several ? directoryOf(settings, loaded) : ''));

  const clusters = loaded.map(({ settings }, index): SynthesizedCluster => {
    const directory = directories[index] ?? '';
    const name = `${settings.name}.k8s.yaml`;
    // One App per cluster: cdk8s walks the whole App for each chart in it, which is quadratic in charts.
    const objects = new MilvusCluster(new App(), settings.name, settings).toJson();
    const file = path.posix.join(directory, name);
    files.set(file, GENERATED + Yaml.stringify(...objects));
    files.set(path.posix.join(directory, 'Kustomization'), kustomization([name]));

    // Beside what `kubectl apply -f` and kustomize take.
    const jobs = Object.fromEntries(
      MilvusJob.namesFor(settings).map((job) => {
        const jobFile = path.posix.join(directory, 'jobs', `${settings.name}-${job}.k8s.yaml`);
        files.set(
          jobFile,
          GENERATED + Yaml.stringify(...new MilvusJob(new App(), job, job, settings).toJson()),
        );
        return [job, jobFile];
      }),
    );
    return { settings, file, objects: objects.length, jobs };
  });
  if (several) files.set('Kustomization', kustomization(directories));
  return { files, clusters };
}

/** Clusters of one name in two namespaces get directories that tell them apart. */
function directoryOf({ name, namespace }: Settings, all: readonly LoadedCluster[]): string {
  const namesakes = all.filter(({ settings }) => settings.name === name).length;
  return namesakes > 1 && namespace !== undefined ? `${namespace}.${name}` : name;
}

/** Without an extension: kustomize finds it, `kubectl apply -f` does not take it for an object. */
function kustomization(resources: readonly string[]): string {
  return (
    GENERATED +
    Yaml.stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [...resources],
    })
  );
}
