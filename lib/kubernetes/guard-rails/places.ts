import { type Problem, parsePath } from '../../config/problems';
import type { PodTemplatePatch } from '../../config/settings';
import { isMapping } from '../../config/validate';
import { fieldPath, itemPath } from '../strategic-merge';

/** Where the user wrote what came out of the merge. */

/** A step down a template: a key, a number, or the item of a list by its merge key. */
export type Step = string | number | readonly [key: string, value: string];
/** The path in a patch, as far down as it goes. */
export type Locate = (...steps: readonly Step[]) => string;

/** The place in the patch that has most of the steps; the last patch if several do. */
export function locator(patches: readonly PodTemplatePatch[]): Locate {
  return (...steps) => {
    const [best] = [...patches]
      .reverse()
      .map(({ path, patch }) => locate(patch, steps, path))
      .sort((a, b) => b.depth - a.depth);
    return best?.path ?? '';
  };
}

function locate(
  value: unknown,
  steps: readonly Step[],
  path: string,
  list = '',
): { path: string; depth: number } {
  const [step, ...rest] = steps;
  const here = { path, depth: 0 };
  if (step === undefined) return here;
  let found: ReturnType<typeof locate> | undefined;
  if (typeof step === 'number') {
    if (Array.isArray(value) && step < value.length) found = locate(value[step], rest, `${path}[${step}]`);
  } else if (typeof step === 'string') {
    if (isMapping(value) && Object.hasOwn(value, step)) {
      found = locate(value[step], rest, fieldPath(path, step), step);
    }
  } else if (Array.isArray(value)) {
    const index = value.findIndex((item) => isMapping(item) && String(item[step[0]]) === step[1]);
    if (index >= 0) found = locate(value[index], rest, itemPath(path, list, value[index], index));
  }
  return found === undefined ? here : { ...found, depth: found.depth + 1 };
}

/** The place of a problem of the merged template, whose path names items by their keys. */
export function placeOf({ path, given }: Problem, at: Locate): string {
  // The first key of `ports[containerPort=80,protocol=TCP]` is enough to find an item again.
  const steps = parsePath(path).map((step): Step => (typeof step === 'object' ? (step[0] ?? '') : step));
  const place = at(...steps);
  if (given?.startsWith('nothing') !== true) return place;
  // A missing field is nowhere in the patch, so its name is added to the path.
  const last = steps.at(-1);
  const missing = typeof last === 'string' ? fieldPath('x', last).slice(1) : '';
  return place.endsWith(missing) ? place : `${place}${missing}`;
}
