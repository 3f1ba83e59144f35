/** From Helm chart milvus 1.1.6 to our configuration. */
export { type AdoptionStep, adoptionSteps, rollbackSteps } from './adoption';
export { type CommandResult, fromHelm } from './from-helm';
export { type InstallCommand, parseInstallCommand, type ReadFile } from './install-command';
export { fromHelmValues, type HelmTranslation, type ReleaseOptions, translateHelmValues } from './translate';
export type { Note, SecretEntry, SecretToMake } from './translation';
export { CHART_VALUES, type ChartValue } from './values';
