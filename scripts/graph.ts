import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOfAllRuns } from '../lib/output/earlier';
import { decode } from '../lib/yaml/read';
import { clusterGraph } from './cluster-graph';
import { fleetGraph } from './fleet-graph';

const USAGE = `Usage: npm run graph -- dist/<name>.k8s.yaml <file>.svg
       npm run graph -- dist <file>.svg`;

/** Of a directory the fleet; its Jobs and programs are no part of the picture. */
function drawn(source: string): Promise<string> {
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory() !== true)
    return clusterGraph(decode(readFileSync(source)));
  const files = filesOfAllRuns(source).filter(
    (file) => !/(^|[\\/])(jobs[\\/].*|Kustomization|.*-scripts\.k8s\.yaml)$/.test(file),
  );
  if (files.length === 0) throw new Error('there are no manifests');
  return fleetGraph(files.map((file) => decode(readFileSync(join(source, file)))));
}

/** Draws a synthesized cluster, or a fleet. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(
      `Draws the objects of a cluster, and who talks to whom; of a directory, what the clusters of a fleet are made of.\n\n${USAGE}`,
    );
    return 0;
  }
  const [manifest, target, ...others] = args;
  if (manifest === undefined || target === undefined || others.length > 0) {
    console.error(USAGE);
    return 2;
  }
  try {
    writeFileSync(target, await drawn(manifest));
  } catch (error) {
    console.error(
      existsSync(manifest)
        ? `${manifest} can not be drawn to ${target}: ${error instanceof Error ? error.message : error}`
        : `There is no ${manifest}: synthesize first (npm run synth), and take a file or directory that it wrote.`,
    );
    return 1;
  }
  console.error(`Drawn: ${target}`);
  return 0;
}

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
