import { type Cause, NEVER, oneLine } from './causes';
import { outOfMemory } from './containers';
import type { Here } from './here';
import { refused } from './kubernetes-words';
import { conditionOf, isOwnedBy, isReady, type LiveObject, nameOf, statusesOf } from './objects';
import { causeOfPod } from './pods';
import { isWell, type WorkloadStatus, workloadName } from './workloads';

/** How long ago a container that runs now was killed for its memory, for it to be worth a word. */
const KILLED_WITHIN_SECONDS = 3600;

/** Why a workload does not have all of its pods, and what was wrong a moment ago where it has. */
export function causesOfWorkload(workload: WorkloadStatus, here: Here): readonly Cause[] {
  const object = workloadName(workload);
  const { apply } = here.wanted;
  if (workload.due === 'not applied') {
    const what = `${workload.kind} ${workload.name} is not there`;
    return [{ kind: 'nothing-is-applied', object, what, cure: apply }];
  }
  const pods = here.podsOf(workload.component);
  if (isWell(workload)) return pods.filter(isReady).flatMap((pod) => killedBefore(pod, here));
  if (workload.wanted === 0)
    return [
      {
        kind: 'a-workload-is-stopped',
        object,
        what: 'it is scaled to 0',
        cure: `${apply}; if a restore was interrupted, start it again: it goes on where it stopped`,
      },
    ];
  const unready = pods.filter((pod) => !isReady(pod));
  const unended = unready.filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded');
  const alive = newestOf(workload, unended, here);
  const causes = [
    ...refusedPods(workload, pods, here),
    ...alive.flatMap((pod) => causeOfPod(pod, here) ?? []),
  ];
  const isBetween =
    causes.length === 0 && alive.every(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const what = pods.length === 0 ? 'it has no pods yet' : 'its pods are being replaced';
  return [
    ...keptPods(workload, alive, here),
    ...(alive.length === 0 ? unready.flatMap(evicted) : []),
    ...causes,
    ...(isBetween ? [{ kind: 'it-is-starting', object, what } as const] : []),
  ];
}

/** Of a Deployment that rolls out, the pods of the last change: the others are about to go, and their causes with them. */
function newestOf({ kind, name, settled }: WorkloadStatus, pods: readonly LiveObject[], here: Here) {
  const revision = ({ metadata }: LiveObject) =>
    Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  if (kind !== 'Deployment' || settled) return pods;
  const [newest] = here
    .all('ReplicaSet')
    .filter((one) => isOwnedBy(one, 'Deployment', name))
    .sort((a, b) => revision(b) - revision(a));
  return newest === undefined
    ? pods
    : pods.filter((pod) => isOwnedBy(pod, 'ReplicaSet', newest.metadata.name));
}

/** A StatefulSet waits for a pod of before to be ready, and does not replace it with the one that would be. */
function keptPods({ kind, name }: WorkloadStatus, unready: readonly LiveObject[], here: Here): Cause[] {
  const latest = here.find(kind, name)?.status?.updateRevision;
  if (kind !== 'StatefulSet' || latest === undefined) return [];
  return unready
    .filter(({ metadata: { labels, deletionTimestamp } }) => {
      const revision = labels?.['controller-revision-hash'];
      return revision !== undefined && revision !== latest && deletionTimestamp === undefined;
    })
    .map((pod) => ({
      kind: 'an-old-pod-is-kept',
      object: nameOf(pod),
      what: 'it is older than the last change and not ready, so the StatefulSet does not replace it',
      cure: `${here.wanted.kubectl} delete pod ${pod.metadata.name}`,
    }));
}

/** A pod that had to go, or that its node did not take, and of which there is no other yet. */
function evicted(pod: LiveObject): Cause[] {
  const { reason, message = 'the node needed the room' } = pod.status ?? {};
  if (reason === undefined) return [];
  const cure = /exceed/.test(message)
    ? 'raise the limit in the message, or keep less there'
    : /^(Evicted|OutOf.*)$/.test(reason)
      ? 'make room on the node, or set resources.requests to what the pod uses'
      : undefined;
  return [{ kind: 'a-pod-was-evicted', object: nameOf(pod), what: oneLine(message), cure }];
}

function killedBefore(pod: LiveObject, here: Here): Cause[] {
  return statusesOf(pod).flatMap(({ name, lastState }) => {
    const { reason, finishedAt } = lastState?.terminated ?? {};
    const isRecent = here.secondsSince(finishedAt) < KILLED_WITHIN_SECONDS;
    // It is ready now, so that this is nothing to give up for.
    return reason === 'OOMKilled' && isRecent ? [{ ...outOfMemory(pod, name, here), patience: NEVER }] : [];
  });
}

/** Why a workload has too few pods, which its ReplicaSet or it itself says. */
function refusedPods(workload: WorkloadStatus, pods: readonly LiveObject[], here: Here): Cause[] {
  const { kind, name, settled, wanted } = workload;
  if (settled && pods.length >= wanted) return [];
  const owner = here.find(kind, name);
  const sets = here.all('ReplicaSet').filter((one) => isOwnedBy(one, kind, name));
  // What was refused before the last pod came was allowed since.
  const since = pods.map(({ metadata }) => metadata.creationTimestamp ?? '').sort();
  const message =
    [owner, ...sets]
      .map((one) => one && here.refusalOf(one.kind, one.metadata.name, since.at(-1)))
      .findLast((one) => one !== undefined) ??
    // Events are gone after an hour.
    (owner && conditionOf(owner, 'ReplicaFailure', 'True')?.message);
  return message === undefined ? [] : [refused(workloadName(workload), message, here.wanted.kubectl)];
}
