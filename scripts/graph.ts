import { readFileSync, writeFileSync } from 'node:fs';
import { decode } from '../lib/yaml/read';
import { clusterGraph } from './cluster-graph';

const USAGE = 'Usage: npm run graph -- dist/<name>.k8s.yaml <file>.svg';

/** Draws a synthesized cluster. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(`Draws the objects of a cluster, and who talks to whom.\n\n${USAGE}`);
    return 0;
  }
  const [manifest, target, ...others] = args;
  if (manifest === undefined || target === undefined || others.length > 0) {
    console.error(USAGE);
    return 2;
  }
  try {
    writeFileSync(target, await clusterGraph(decode(readFileSync(manifest))));
  } catch (error) {
    console.error(
      `${manifest} can not be drawn to ${target}: ${error instanceof Error ? error.message : error}`,
    );
    return 1;
  }
  console.error(`Drawn: ${target}`);
  return 0;
}

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
