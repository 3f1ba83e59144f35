import { posix } from 'node:path';
import type { Problem } from '../../config/problems';
import type { PodSection } from '../../config/settings';
import { isMapping } from '../../config/validate';
import {
  CONTAINER_LISTS,
  type ContainerJson,
  DEFAULT_GRACE_SECONDS,
  type Pod,
  type PodTemplateJson,
} from '../pod';
import type { Mapping } from '../strategic-merge';
import type { Locate, Step } from './places';

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
