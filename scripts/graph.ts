import { readFileSync, writeFileSync } from 'node:fs';
import { clusterGraph } from './cluster-graph';

/** `npm run graph -- dist/milvus-test.k8s.yaml cluster.svg`: draws a synthesized cluster. */
async function main([manifest, target, ...others]: readonly string[]): Promise<void> {
  if (manifest === undefined || target === undefined || others.length > 0) {
    console.error('Usage: npm run graph -- dist/<name>.k8s.yaml <file>.svg');
    process.exitCode = 2;
    return;
  }
  writeFileSync(target, await clusterGraph(readFileSync(manifest, 'utf8')));
  console.error(`Drawn: ${target}`);
}

void main(process.argv.slice(2));
