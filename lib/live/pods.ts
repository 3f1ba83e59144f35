import { type Cause, inOrder, oneLine } from './causes';
import { claimCause } from './claims';
import { causeOfContainer } from './containers';
import type { Here } from './here';
import { cureFor, STARTS } from './kubernetes-words';
import {
  type ContainerStatus,
  conditionOf,
  hasFailed,
  initStatusesOf,
  isReady,
  isUnschedulable,
  type LiveObject,
  nameOf,
  statusesOf,
  timeOf,
  unscheduled,
} from './objects';
import { unschedulable } from './scheduling';
import { ofMissing } from './secrets';

/** After the end of its grace period. */
const OVERDUE_SECONDS = 60;
/** What goes on has an event that often at least: of more than 25 the kubelet sends one in five minutes. */
const REPEATED_SECONDS = 360;
/** For which an event is there only if it came again: it may be over, and an image be pulled since. */
const STILL_REPEATED_SECONDS = REPEATED_SECONDS + 60;

export interface PodStatus {
  readonly name: string;
  readonly ready: boolean;
  /** In a word or two. */
  readonly state: string;
  readonly since: string | undefined;
  readonly restarts: number;
}

export function podStatus(pod: LiveObject): PodStatus {
  return {
    name: pod.metadata.name,
    ready: isReady(pod),
    state: stateOf(pod),
    since: conditionOf(pod, 'Ready')?.lastTransitionTime ?? pod.metadata.creationTimestamp ?? undefined,
    restarts: Math.max(0, ...statusesOf(pod).map(({ restartCount = 0 }) => restartCount)),
  };
}

function stateOf(pod: LiveObject): string {
  if (pod.metadata.deletionTimestamp) return 'Terminating';
  if (isReady(pod)) return 'Ready';
  const init = initStatusesOf(pod).find(({ state }) => state?.running !== undefined);
  if (init !== undefined) return `in ${init.name}`;
  const { state } =
    statusesOf(pod).find(({ state: one = {} }) => one.waiting !== undefined || hasFailed(one)) ?? {};
  return state?.waiting?.reason ?? state?.terminated?.reason ?? pod.status?.phase ?? 'Pending';
}

/** Why a pod is not ready; nothing of one that goes in its time. */
export function causeOfPod(pod: LiveObject, here: Here): Cause | undefined {
  const object = nameOf(pod);
  const { nodeName, schedulingGates = [] } = pod.spec ?? {};
  if (isNodeLost(pod))
    return {
      kind: 'the-node-is-lost',
      object,
      what: `node ${nodeName} does not answer`,
      cure: 'repair or delete the node; its volumes are detached after about six minutes',
    };
  const { deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined) {
    // It is the time at which it has to be gone.
    if (!(here.secondsSince(deletionTimestamp) > OVERDUE_SECONDS)) return undefined;
    return {
      kind: 'the-node-is-lost',
      object,
      what: `it should be gone since ${deletionTimestamp}, and node ${nodeName} does not say that it is`,
      cure: 'repair the node or its kubelet; if it is gone for good, delete the node',
    };
  }
  if (isUnschedulable(pod)) return unschedulable(pod, here);
  if (schedulingGates.length > 0)
    return {
      kind: 'it-is-starting',
      object,
      what: `it is not scheduled while it has scheduling gates: ${schedulingGates.map(({ name }) => name).join(', ')}`,
    };
  return (
    // A class that waits for the first consumer makes the volume when the pod has its node, before the pod is told so.
    (nodeName === undefined ? claimCause(pod, here, true) : undefined) ??
    causeBeforeContainers(pod, here) ??
    causeOfContainers(pod, here) ?? {
      kind: 'it-is-starting',
      object,
      what: saidOf(pod) ?? `it is ${stateOf(pod)}`,
    }
  );
}

/**
 * Whether the node of a pod has stopped to answer. The node controller then takes away its readiness, and nothing else:
 * the kubelet, which says why, would have said that of its containers.
 */
function isNodeLost(pod: LiveObject): boolean {
  const ready = conditionOf(pod, 'Ready', 'False');
  const containersReady = conditionOf(pod, 'ContainersReady', 'True');
  return (
    pod.status?.reason === 'NodeLost' ||
    (ready !== undefined && ready.reason === undefined && containersReady !== undefined)
  );
}

/** What is wrong with its volumes or its network. A container that has begun has both, whatever an older event says. */
function causeBeforeContainers(pod: LiveObject, here: Here): Cause | undefined {
  const hasBegun = statusesOf(pod).some(
    ({ state, lastState }) => (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined,
  );
  if (hasBegun) return undefined;
  const object = nameOf(pod);
  const { kubectl } = here.wanted;
  const warnings = here
    .warnings('Pod', pod.metadata.name)
    .filter((event) => !(here.secondsSince(timeOf(event)) > REPEATED_SECONDS));
  const mounts = warnings.filter(({ reason }) => reason === 'FailedMount' || reason === 'FailedAttachVolume');
  // "timed out" comes after what it is about.
  const mount =
    mounts.findLast(({ message = '' }) => !/^Unable to attach or mount/.test(message)) ?? mounts.at(-1);
  if (mount !== undefined) {
    const message = oneLine(mount.message ?? '');
    const missing = ofMissing(object, message, here);
    if (missing !== undefined) return { ...missing, patience: STILL_REPEATED_SECONDS };
    return {
      kind: 'a-volume-can-not-be-mounted',
      object,
      what: message,
      cure: /Multi-Attach/.test(message)
        ? 'the other node lets go of it after about six minutes at most'
        : `${kubectl} describe ${object}`,
    };
  }
  const sandbox = warnings.findLast(({ reason }) => reason === 'FailedCreatePodSandBox')?.message;
  if (sandbox === undefined) return undefined;
  return {
    kind: 'a-container-does-not-start',
    object,
    what: oneLine(sandbox),
    cure: cureFor(STARTS, sandbox, kubectl) ?? `repair what the message names on node ${pod.spec?.nodeName}`,
    patience: STILL_REPEATED_SECONDS,
  };
}

/** Of init containers the first, since those that come later have not begun; beside each other are a server and its sidecars. */
function causeOfContainers(pod: LiveObject, here: Here): Cause | undefined {
  const inits = initStatusesOf(pod);
  const others = statusesOf(pod).filter((status) => !inits.includes(status));
  const causes = (statuses: readonly ContainerStatus[]) =>
    statuses.flatMap((status) => causeOfContainer(pod, status, here) ?? []);
  return causes(inits)[0] ?? inOrder(causes(others))[0];
}

/** What is said of a readiness gate, or of a volume that the scheduler waits for. */
const saidOf = (pod: LiveObject) =>
  pod.status?.conditions?.find((one) => one.reason === 'ReadinessGatesNotReady' || one === unscheduled(pod))
    ?.message;
