import { loadClusters } from '../config/load';
import type { BackupSettings } from '../config/settings';
import { KubectlError } from '../live/kubectl-error';
import type { PlacedCluster } from '../output/cluster-files';
import { placeClusters } from '../output/synthesize';
import type { CommandContext } from './command';
import { loadOptions, UsageError } from './options';

/**
 * The one cluster of the configuration that a command is about.
 * @throws UsageError where it is not clear which
 * @throws ConfigurationError with every problem of the configuration
 */
export function clusterOf(
  config: readonly string[] | undefined,
  name: string | undefined,
  context: Pick<CommandContext, 'cwd' | 'env'>,
): PlacedCluster {
  const placed = placeClusters(loadClusters(loadOptions(config, context)));
  const found = placed.filter(({ settings }) => name === undefined || settings.name === name);
  const [cluster] = found;
  if (cluster !== undefined && found.length === 1) return cluster;
  if (name === undefined) {
    const names = placed.map(({ settings }) => settings.name).join(', ');
    throw new UsageError(`which cluster? The configuration has several: ${names}`);
  }
  if (cluster === undefined) throw noSuchCluster(name, placed);
  throw new UsageError(
    'which cluster? The configuration has several of that name; name its file with --config',
  );
}

/** A name that no cluster of the configuration has. */
export function noSuchCluster(
  name: string,
  known: readonly { readonly settings: { readonly name: string } }[],
): UsageError {
  const names = known.map(({ settings }) => settings.name).join(', ');
  return new UsageError(`there is no cluster "${name}" in the configuration: ${names}`);
}

/** @throws KubectlError where there are none */
export function backupsOf({ settings: { name, backup } }: PlacedCluster): BackupSettings {
  if (backup === undefined)
    throw new KubectlError(`${name} has no backups: set backup.enabled, synthesize and apply.`);
  return backup;
}

/** @throws KubectlError where the configuration has a restore, so that no command restores, and nothing answers a test */
export function refuseDeclaredRestore({ settings: { name, backup } }: PlacedCluster): void {
  if (backup?.restore !== undefined)
    throw new KubectlError(
      `backup.restore of ${name} is in the configuration, so that its Job is applied with the rest, and Milvus is stopped until it is taken out: cdk8s-milvus status ${name} says how far it is.`,
    );
}
