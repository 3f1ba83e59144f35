import type { Settings } from '../config/settings';
import { type ImageInfo, imagesOf } from '../inventory/images';

/**
 * The images of clusters, each once.
 * @param all also those that no configuration uses
 */
export function imageList(clusters: readonly Settings[], all = false): Omit<ImageInfo, 'used'>[] {
  const images = clusters
    .flatMap(imagesOf)
    .filter(({ used }) => used || all)
    .map(({ used, ...image }) => image);
  return [...new Map(images.map((image) => [JSON.stringify(image), image])).values()];
}

/**
 * A table for people and scripts: one image in a line, the source, where the pods look for it, and its option, with tabs
 * between them.
 * @param all also those that no configuration uses
 */
export function imageTable(clusters: readonly Settings[], all = false): string {
  return imageList(clusters, all)
    .map(({ source, image, option, pinned }) =>
      [source, image, option, pinned ? 'by digest' : 'by tag'].join('\t'),
    )
    .join('\n');
}
