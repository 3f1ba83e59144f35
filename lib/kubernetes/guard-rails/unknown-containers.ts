import { type Problem, suggest } from '../../config/problems';
import type { PodTemplatePatch } from '../../config/settings';
import { isMapping } from '../../config/validate';
import { CONTAINER_LISTS, type Pod } from '../pod';
import { itemPath } from '../strategic-merge';
import { items } from './guarded-pod';

/**
 * Containers of a patch that no pod has, and that are no new containers because they have no image. `pods` are all pods
 * that the patch is for.
 */
export function unknownContainers(
  { path, patch }: PodTemplatePatch,
  pods: readonly Pod[],
): readonly Problem[] {
  const spec = patch['spec'];
  // The cluster has no pods of this section.
  if (!isMapping(spec) || pods.length === 0) return [];
  return CONTAINER_LISTS.flatMap((list) => {
    const containers = pods.flatMap(({ own, template }) =>
      [own, template].flatMap((one) => items(one.spec[list])),
    );
    const known = [...new Set(containers.map(({ name }) => String(name)))];
    return items(spec[list]).flatMap((container) => {
      const { name, image: given, ...rest } = container;
      const order = Object.keys(rest).length === 0;
      if (typeof given === 'string' || name === undefined || order || known.includes(String(name))) return [];
      const meant = suggest(String(name), known);
      return [
        {
          path: itemPath(`${path}.spec.${list}`, list, container, 0),
          given: 'a container without an image',
          expected: `the name of a container of these pods${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
          fix: `The pods have ${known.join(', ') || 'none'}. A new container needs an image.`,
        },
      ];
    });
  });
}
