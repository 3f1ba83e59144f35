import type { LoadedCluster } from '../config/load';
import { writeYaml } from '../yaml/write';
import { filledIn } from './filled-in';

/** Of a comment that belongs behind the line below it. */
const MARK = '@from ';
/** Where those begin, if the line is not longer. */
const COLUMN = 56;

/**
 * The whole configuration of clusters: every default filled in, and behind each line where its value comes from. It loads
 * again, and gives the same manifests; credentials stand in the environment there.
 */
export function show(clusters: readonly LoadedCluster[]): string {
  return clusters.map(documentOf).join('---\n');
}

function documentOf(cluster: LoadedCluster): string {
  const { config, from } = filledIn(cluster);
  const text = writeYaml(config, {
    comments: (steps) => {
      const source = from(steps);
      return source === undefined ? [] : [MARK + source];
    },
  });
  const lines = text.replace(
    new RegExp(`^ *# ${MARK}(.*)\\n(.*)$`, 'gm'),
    (_, source: string, line: string) => `${line.padEnd(COLUMN)}  # ${source}`,
  );
  return `# ${cluster.source}, with every default\n${lines}`;
}
