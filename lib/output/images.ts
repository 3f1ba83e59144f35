import type { Settings } from '../config/settings';
import { imagesOf } from '../inventory/images';

/**
 * A table for people and scripts: one image in a line, the source, where the pods look for it, and its option, with tabs
 * between them.
 * @param all also those that no configuration uses
 */
export function imageTable(clusters: readonly Settings[], all = false): string {
  const lines = clusters
    .flatMap(imagesOf)
    .filter(({ used }) => used || all)
    .map(({ source, image, option, pinned }) =>
      [source, image, option, pinned ? 'by digest' : 'by tag'].join('\t'),
    );
  return [...new Set(lines)].join('\n');
}
