import type { MilvusConfig } from '../config/milvus-config';
import { isMapping } from '../mapping';
import { writeYaml } from '../yaml/write';
import type { Note } from './translation';

/**
 * A milvus.yaml of a translated configuration: readable, with a short comment where something is other than it was.
 * @param headline where it comes from, in one line; no credentials
 */
export function milvusYaml(config: MilvusConfig, notes: readonly Note[], headline: string): string {
  const [first] = Object.keys(config);
  const comments = (steps: readonly PropertyKey[]): string[] => {
    const [key, ...deeper] = steps;
    // A blank line before each section, none between plain values.
    const startsSection =
      deeper.length === 0 && key !== first && isMapping(config[key as keyof MilvusConfig]);
    const here = notes.filter(({ at }) => at === steps.join('.'));
    return [...(startsSection ? [''] : []), ...here.map(({ path, text }) => `${path}: ${text}`)];
  };
  const heading = `# yaml-language-server: $schema=./milvus.schema.json\n\n# ${headline}\n\n`;
  return heading + writeYaml(config, { comments });
}
