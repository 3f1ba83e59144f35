import { posix } from 'node:path';
import { type Problem, parsePath } from '../../config/problems';
import type { PodSection, PodTemplatePatch } from '../../config/settings';
import { isMapping } from '../../mapping';
import {
  CONTAINER_LISTS,
  type ContainerJson,
  DEFAULT_GRACE_SECONDS,
  type Pod,
  type PodTemplateJson,
} from '../pod';
import { fieldPath, itemPath, type Mapping } from '../strategic-merge';

/** The pods of a workload, and the section of the configuration that describes them. */
export interface GuardedPod {
  readonly section: PodSection;
  readonly pod: Pod;
  /** Claims of a StatefulSet, which are volumes of the pod, too. */
  readonly claims: readonly string[];
}

/** What is wrong, and where: the steps down the template, or the path where no steps lead there. */
export type Violation = Omit<Problem, 'path'> &
  ({ readonly steps: readonly Step[] } | { readonly path: string });

/** What is wrong with the pods of a workload. */
export type Rule = (pod: GuardedPod, at: Locate) => readonly Violation[];

/** The mappings in a list; none where there is no list. */
export function items(list: unknown): readonly Mapping[] {
  return Array.isArray(list) ? list.filter(isMapping) : [];
}

/** The item of a list that has the name. */
export function named(list: unknown, name: unknown): Mapping | undefined {
  return items(list).find((item) => item['name'] === name);
}

/** The containers of a template, with the list that has them and the steps to them. */
export function containersOf({ spec }: PodTemplateJson) {
  return CONTAINER_LISTS.flatMap((list) =>
    items(spec[list]).map((item) => {
      const container = item as ContainerJson;
      return { list, container, where: ['spec', list, ['name', container.name]] as const };
    }),
  );
}

/** A container of ours, as it was and as it is, and the steps to it. */
export interface OwnContainer {
  readonly where: readonly Step[];
  readonly before: ContainerJson;
  readonly after: ContainerJson;
}

/** Our containers that are still there. */
export function ownContainers({ own, template }: Pod): readonly OwnContainer[] {
  return containersOf(own).flatMap(({ list, where, container: before }) => {
    const after = named(template.spec[list], before.name);
    return after === undefined ? [] : [{ where, before, after: after as ContainerJson }];
  });
}

/** The volumes of a template, with the steps to them. */
export function volumesOf({ spec }: PodTemplateJson) {
  return items(spec.volumes).map((volume) => {
    const name = String(volume['name']);
    return { name, volume, where: ['spec', 'volumes', ['name', name]] as const };
  });
}

/** The privileges of a pod or a container. */
export function securityOf({ securityContext }: Mapping): Mapping {
  return isMapping(securityContext) ? securityContext : {};
}

/** The steps to the user that a container runs as: its own, or that of the pod. */
export function stepsToUser(container: Mapping, where: readonly Step[]): readonly Step[] {
  const owner = securityOf(container)['runAsUser'] === undefined ? ['spec'] : where;
  return [...owner, 'securityContext', 'runAsUser'];
}

/** The mounts of a container: as the kubelet takes the path, from the root and without what leads nowhere, and the steps to it. */
export function mountsOf(container: ContainerJson, where: readonly Step[]) {
  return items(container.volumeMounts).map((mount) => {
    const mountPath = String(mount['mountPath']);
    const steps: readonly Step[] = [...where, 'volumeMounts', ['mountPath', mountPath]];
    return { mount, mountPath, place: posix.resolve('/', mountPath), steps };
  });
}

/** Seconds that the pods get to stop. */
export function graceOf({ spec }: PodTemplateJson): number {
  return spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}

// Where it was written -------------------------------------------------------------------------------------------------

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
