import { Document, isMap, isScalar } from 'yaml';
import type { MilvusConfig } from '../config/milvus-config';
import type { Note } from './translation';

/**
 * A milvus.yaml of a translated configuration: readable, with a short comment where something is other than it was.
 * @param headline where it comes from, in one line; no credentials
 */
export function milvusYaml(config: MilvusConfig, notes: readonly Note[], headline: string): string {
  const document = new Document(config, { aliasDuplicateObjects: false });
  document.commentBefore = [' yaml-language-server: $schema=./milvus.schema.json', '', ` ${headline}`].join(
    '\n',
  );
  for (const { path, text, at } of notes) {
    if (at !== undefined) comment(document, at.split('.'), ` ${path}: ${text}`);
  }
  if (isMap(document.contents)) {
    for (const { key } of document.contents.items.slice(1)) {
      // A blank line before each section, none between plain values.
      if (isScalar(key) && isMap(document.get(key.value))) key.spaceBefore = true;
    }
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Puts a comment before a key, if it is there. */
function comment(document: Document, steps: readonly string[], text: string): void {
  const parent = steps.length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true);
  if (!isMap(parent)) return;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === steps.at(-1));
  if (pair === undefined || !isScalar(pair.key)) return;
  pair.key.commentBefore = [pair.key.commentBefore, text].filter((line) => line).join('\n');
}
