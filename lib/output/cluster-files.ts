import * as path from 'node:path';
import { App } from 'cdk8s';
import type { Settings } from '../config/settings';
import { MilvusCluster } from '../milvus-cluster';
import { MilvusJob } from '../milvus-job';
import { writeDocuments } from '../yaml/write';
import type { Manifest } from './changes';
import { GENERATED, KUSTOMIZATION, type Staged, stage } from './files';

/** A cluster and the directory that its files go to, relative to the output directory. */
export interface PlacedCluster {
  readonly settings: Settings;
  readonly directory: string;
}

/** The manifest of a cluster, relative to the output directory. */
export function manifestFile({ settings, directory }: PlacedCluster): string {
  return path.posix.join(directory, `${settings.name}.k8s.yaml`);
}

/** The programs that its pods run. It sorts before the manifest, so that `kubectl apply -f` takes it first. */
export function scriptsFile({ settings, directory }: PlacedCluster): string {
  return path.posix.join(directory, `${settings.name}-scripts.k8s.yaml`);
}

/** A Job of a cluster, beside what `kubectl apply -f` and kustomize take. */
export function jobFile(cluster: PlacedCluster, job: string): string {
  return path.posix.join(jobsDirectory(cluster), `${cluster.settings.name}-${job}.k8s.yaml`);
}

function jobsDirectory({ directory }: PlacedCluster): string {
  return path.posix.join(directory, 'jobs');
}

/** All files of a cluster, relative to the output directory, in the order in which they are staged. */
export function filesOf(cluster: PlacedCluster): string[] {
  return [
    scriptsFile(cluster),
    manifestFile(cluster),
    path.posix.join(cluster.directory, KUSTOMIZATION),
    path.posix.join(jobsDirectory(cluster), KUSTOMIZATION),
    ...MilvusJob.namesFor(cluster.settings).map((job) => jobFile(cluster, job)),
  ];
}

/** The objects of a cluster, as they are applied. */
export function objectsIn(settings: Settings): readonly Manifest[] {
  return new MilvusCluster(new App(), settings.name, settings).toJson();
}

/**
 * Synthesizes a cluster into staged files.
 * @returns the number of objects in its manifest
 */
export function stageCluster(outdir: string, cluster: PlacedCluster, staged: Staged): number {
  const { settings, directory } = cluster;
  // One App per cluster: cdk8s walks the whole App for each chart in it, which is quadratic in charts.
  const chart = new MilvusCluster(new App(), settings.name, settings);
  const names = chart.scripts.map(({ name }) => name);
  const isScript = ({ kind, metadata }: Manifest) => kind === 'ConfigMap' && names.includes(metadata.name);
  const all: readonly Manifest[] = chart.toJson();
  const objects = all.filter((object) => !isScript(object));
  stage(outdir, scriptsFile(cluster), GENERATED + writeDocuments(all.filter(isScript)), staged);
  stage(outdir, manifestFile(cluster), GENERATED + writeDocuments(objects), staged);
  const files = [scriptsFile(cluster), manifestFile(cluster)].map((file) => path.posix.basename(file));
  stageKustomization(outdir, directory, files, staged);
  const jobs = MilvusJob.namesFor(settings);
  // Not in the one above, which is applied; an overlay that changes names or images lists both.
  const jobFiles = jobs.map((job) => path.posix.basename(jobFile(cluster, job)));
  stageKustomization(outdir, jobsDirectory(cluster), jobFiles, staged);
  for (const job of jobs) {
    const jobObjects = new MilvusJob(new App(), job, job, settings).toJson();
    stage(outdir, jobFile(cluster, job), GENERATED + writeDocuments(jobObjects), staged);
  }
  return objects.length;
}

export function stageKustomization(
  outdir: string,
  directory: string,
  resources: readonly string[],
  staged: Staged,
): void {
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: KUSTOMIZATION, resources };
  const text = GENERATED + writeDocuments([kustomization]);
  stage(outdir, path.posix.join(directory, KUSTOMIZATION), text, staged);
}
