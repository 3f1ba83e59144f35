import * as path from 'node:path';
import { App, Yaml } from 'cdk8s';
import type { Settings } from '../config/settings';
import { MilvusCluster } from '../milvus-cluster';
import { MilvusJob } from '../milvus-job';
import { GENERATED, type Staged, stage } from './files';

/** A cluster and the directory that its files go to, relative to the output directory. */
export interface PlacedCluster {
  readonly settings: Settings;
  readonly directory: string;
}

/** The manifest of a cluster, relative to the output directory. */
export function manifestFile({ settings, directory }: PlacedCluster): string {
  return path.posix.join(directory, `${settings.name}.k8s.yaml`);
}

/** A Job of a cluster, beside what `kubectl apply -f` and kustomize take. */
export function jobFile(cluster: PlacedCluster, job: string): string {
  return path.posix.join(jobsDirectory(cluster), `${cluster.settings.name}-${job}.k8s.yaml`);
}

function jobsDirectory({ directory }: PlacedCluster): string {
  return path.posix.join(directory, 'jobs');
}

/**
 * Synthesizes a cluster into staged files.
 * @returns the number of objects in its manifest
 */
export function stageCluster(outdir: string, cluster: PlacedCluster, staged: Staged): number {
  const { settings, directory } = cluster;
  // One App per cluster: cdk8s walks the whole App for each chart in it, which is quadratic in charts.
  const objects = new MilvusCluster(new App(), settings.name, settings).toJson();
  const manifest = manifestFile(cluster);
  stage(outdir, manifest, GENERATED + manifestText(objects), staged);
  stageKustomization(outdir, directory, [path.posix.basename(manifest)], staged);
  const jobs = MilvusJob.namesFor(settings);
  // Not in the one above, which is applied; an overlay that changes names or images lists both.
  const jobFiles = jobs.map((job) => path.posix.basename(jobFile(cluster, job)));
  stageKustomization(outdir, jobsDirectory(cluster), jobFiles, staged);
  for (const job of jobs) {
    const jobObjects = new MilvusJob(new App(), job, job, settings).toJson();
    stage(outdir, jobFile(cluster, job), GENERATED + Yaml.stringify(...jobObjects), staged);
  }
  return objects.length;
}

interface ConfigMap {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The data of ConfigMaps as YAML, by what is in them. */
const writtenData = new Map<string, string>();
/** From this size on it is worth while: scripts are the longest texts, and the same in all clusters of a fleet. */
const LONG_DATA = 10_000;

/** As Yaml.stringify() of all objects, but each long text is put into YAML once. */
function manifestText(objects: readonly ConfigMap[]): string {
  return objects
    .map((object) => {
      if (object.kind !== 'ConfigMap' || object.data === undefined) return Yaml.stringify(object);
      const { data, ...rest } = object;
      const key = JSON.stringify(data);
      if (key.length < LONG_DATA) return Yaml.stringify(object);
      const written = writtenData.get(key) ?? Yaml.stringify({ data });
      writtenData.set(key, written);
      return Yaml.stringify(rest) + written;
    })
    .join('---\n');
}

/** Without an extension: kustomize finds it, `kubectl apply -f` does not take it for an object. */
export function stageKustomization(
  outdir: string,
  directory: string,
  resources: readonly string[],
  staged: Staged,
): void {
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [...resources],
  };
  stage(
    outdir,
    path.posix.join(directory, 'Kustomization'),
    GENERATED + Yaml.stringify(kustomization),
    staged,
  );
}
