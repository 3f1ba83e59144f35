import { ConfigurationError, imageTable, loadClusters } from '../lib';

/**
 * Prints the images of the configured clusters, for mirrors and air-gapped installations; with `--all` also those of
 * parts that are switched off. Options: see imageTable().
 */
function main(args: readonly string[]): void {
  const unknown = args.filter((arg) => arg !== '--all');
  if (unknown.length > 0) {
    console.error(`images: unknown argument ${unknown.join(' ')}; there is only --all`);
    process.exitCode = 1;
    return;
  }
  try {
    const clusters = loadClusters().map(({ settings }) => settings);
    console.log(imageTable(clusters, args.includes('--all')));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

main(process.argv.slice(2));
