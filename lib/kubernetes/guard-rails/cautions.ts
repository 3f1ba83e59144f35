import { WRITABLE_GRACE_SECONDS } from '../../config/settings';
import { restrictedViolations } from '../pod-security';
import { containersOf, type GuardedPod, graceOf, items, type Locate, locator } from './guarded-pod';

/** Warnings about a pod that works. */
export function cautions(guarded: GuardedPod): readonly string[] {
  const at = locator(guarded.pod.patches);
  return [notRestricted, keepsJobFromEnding, stopsEarly].flatMap((caution) => caution(guarded, at));
}

function notRestricted({ pod }: GuardedPod, at: Locate): readonly string[] {
  const known = restrictedViolations(pod.own).map(({ what }) => what);
  return restrictedViolations(pod.template)
    .filter(({ what }) => !known.includes(what))
    .map(
      ({ steps, what }) =>
        `${at(...steps)}: ${what}; a namespace with Pod Security "restricted" refuses the pods`,
    );
}

function keepsJobFromEnding({ pod }: GuardedPod, at: Locate): readonly string[] {
  const isJob = pod.own.spec['restartPolicy'] === 'Never';
  const ours = containersOf(pod.own).map(({ container }) => container.name);
  return items(isJob ? pod.template.spec.containers : [])
    .map(({ name }) => String(name))
    .filter((name) => !ours.includes(name))
    .map(
      (name) =>
        `${at('spec', 'containers', ['name', name])}: a Job ends only after ${name} has ended; put a container that does not end into initContainers, with restartPolicy: Always`,
    );
}

function stopsEarly({ section, pod }: GuardedPod, at: Locate): readonly string[] {
  const grace = graceOf(pod.template);
  if (section !== 'writable' || grace >= WRITABLE_GRACE_SECONDS) return [];
  return [
    `${at('spec', 'terminationGracePeriodSeconds')}: ${grace} seconds may be too few for the writable to flush and to finish an index build; the default is ${WRITABLE_GRACE_SECONDS}`,
  ];
}
