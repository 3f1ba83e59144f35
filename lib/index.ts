/**
 * The public API. `new MilvusCluster(app, 'milvus', config)` in a cdk8s app of your own, or `synthesize()` for
 * everything from the configuration file to the manifests.
 */
export { type LoadedCluster, type LoadOptions, loadClusters } from './config/load';
export type { MilvusConfig } from './config/milvus-config';
export { ConfigurationError, type FilePlace, type Problem, type ProblemReport } from './config/problems';
export type { Settings } from './config/settings';
export {
  type AdoptionStep,
  adoptionSteps,
  type CommandResult,
  fromHelm,
  fromHelmValues,
  type HelmTranslation,
  type Note,
  type ReleaseOptions,
  rollbackSteps,
  type SecretEntry,
  type SecretToMake,
  translateHelmValues,
} from './helm';
export { type ImageInfo, imagesOf } from './inventory/images';
export type { Names } from './kubernetes/names';
export type { Backup, BackupVerification } from './metadata/backup';
export type { Mysql } from './metadata/mysql';
export type { Mishards } from './milvus/mishards';
export type { ReadonlyNodes } from './milvus/readonly';
export type { ServerConfigs, ServerConfigTemplate } from './milvus/server-config';
export type { WritableNode } from './milvus/writable';
export { MilvusCluster } from './milvus-cluster';
export { type JobName, MilvusJob } from './milvus-job';
export type { Admin } from './operations/admin';
export type { Monitoring } from './operations/monitoring';
export type { NetworkPolicies } from './operations/network-policies';
export type { SmokeTest } from './operations/smoke-test';
export { OutputError, type Written } from './output/files';
export { imageTable } from './output/images';
export { progressLine, type Terminal } from './output/progress';
export { type StaleFile, staleFiles } from './output/stale';
export { synthesizeStream } from './output/stream';
export { summary } from './output/summary';
export {
  type Synthesis,
  type SynthesizedCluster,
  type SynthesizeOptions,
  synthesize,
} from './output/synthesize';
export type { Minio } from './storage/minio';
