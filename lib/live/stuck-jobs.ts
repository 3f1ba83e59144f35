import type { Cause } from './causes';
import type { Here } from './here';
import { refused } from './kubernetes-words';
import { isEnded, isOwnedBy, type Meta } from './objects';
import { causeOfPod } from './pods';

/** Why Jobs that are there do not start. */
export function stuckJobs(here: Here): readonly Cause[] {
  const ofPods = here
    .labelled('Pod')
    .filter((pod) => pod.status?.phase === 'Pending' && isOwnedBy(pod, 'Job'))
    .flatMap((pod) => causeOfPod(pod, here) ?? [])
    .filter(({ kind }) => kind !== 'it-is-starting' && kind !== 'it-waits-for-another-workload');
  const jobs = [
    ...here
      .labelled('Job')
      .filter((job) => !isEnded(job))
      .map(({ metadata }) => metadata),
    // Those of a schedule have no labels, and are not asked for.
    ...here
      .labelled('CronJob')
      .flatMap(({ status: { active } = {} }) => (Array.isArray(active) ? (active as Meta[]) : [])),
  ];
  const withoutPods = jobs
    .filter(({ name }) => !here.all('Pod').some((pod) => isOwnedBy(pod, 'Job', name)))
    .flatMap(({ name, creationTimestamp }) => {
      const message = here.refusalOf('Job', name, creationTimestamp ?? '');
      return message === undefined ? [] : [refused(`job/${name}`, message, here.wanted.kubectl)];
    });
  return [...ofPods, ...withoutPods];
}
