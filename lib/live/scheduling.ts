import { canonicalQuantity, parseQuantity, readableBytes } from '../config/quantities';
import { type Cause, NEVER, oneLine } from './causes';
import { claimCause } from './claims';
import { isScaleUp } from './gather';
import type { Here } from './here';
import { cureFor, PLACES } from './kubernetes-words';
import { type Container, type LiveObject, nameOf, timeOf, unscheduled } from './objects';

/** What the scheduler says where the claim is the cause, and not the nodes. */
const OF_CLAIMS =
  /unbound immediate PersistentVolumeClaims|persistentvolumeclaim ".*" (not found|bound to|is being deleted)|available persistent volumes to bind|enough free storage|non-existent pv/;
/** After which an autoscaler gives up a node that does not come. */
const SCALE_UP_SECONDS = 900;

/** Why the scheduler finds no node for a pod. */
export function unschedulable(pod: LiveObject, here: Here): Cause {
  const object = nameOf(pod);
  const message = oneLine(unscheduled(pod)?.message ?? '');
  if (OF_CLAIMS.test(message)) {
    const isMissing = /persistentvolumeclaim ".*" not found/.test(message);
    return (
      claimCause(pod, here) ?? {
        kind: 'a-claim-has-no-volume',
        object,
        what: message,
        ...(isMissing && { cure: `create the claim, or ${here.wanted.apply}` }),
      }
    );
  }
  const noRoom = { kind: 'no-node-has-room', object, what: message } as const;
  const isGrowing = here
    .all('Event')
    .filter((one) => isScaleUp(one) && one.involvedObject?.name === pod.metadata.name)
    .some((one) => here.secondsSince(timeOf(one)) < SCALE_UP_SECONDS);
  if (isGrowing) return { ...noRoom, cure: 'wait, an autoscaler is adding a node', patience: NEVER };
  // Which pods would have to go is said after the reasons, and in the same words.
  const [reasons = ''] = message.split(' preemption: ');
  const cure = /Insufficient|Too many pods/.test(reasons)
    ? missingRoom(pod, here)
    : cureFor(PLACES, reasons, here.wanted.kubectl);
  return { ...noRoom, cure: cure ?? 'choose smaller resources, or add a node' };
}

/** Which resource is missing, and how much on the node that has the most of it, of those where the pod may be. */
function missingRoom(pod: LiveObject, { snapshot }: Here): string | undefined {
  const { nodes, allPods, forbidden } = snapshot;
  // Without the other pods each node looks empty.
  if (forbidden.includes('pods')) return undefined;
  const resources = new Set([
    'cpu',
    'memory',
    ...(pod.spec?.containers ?? []).flatMap((one) => Object.keys(one.resources?.requests ?? {})),
    'pods',
  ]);
  const gaps = nodes
    .filter((node) => mayBeOn(pod, node))
    .map(({ metadata, status: { allocatable = {} } = {} }) => {
      const on = allPods.filter(
        ({ spec, status: { phase } = {} }) =>
          spec?.nodeName === metadata.name && phase !== 'Succeeded' && phase !== 'Failed',
      );
      const missing = [...resources]
        .filter((resource) => resource !== 'pods' || allocatable['pods'] !== undefined)
        .map((resource) => {
          const taken = on.reduce((sum, one) => sum + requestOf(one, resource), 0);
          return { resource, gap: requestOf(pod, resource) - (amount(allocatable[resource]) - taken) };
        });
      return { node: metadata.name, missing: missing.filter(({ gap }) => gap > 0) };
    });
  const [best] = gaps
    .filter(({ missing }) => missing.length > 0)
    .sort(
      (a, b) => a.missing.length - b.missing.length || (a.missing[0]?.gap ?? 0) - (b.missing[0]?.gap ?? 0),
    );
  if (best === undefined) return undefined;
  const words = best.missing.map(({ resource, gap }) => inWords(resource, gap));
  return `node ${best.node} lacks ${words.join(' and ')}: choose smaller resources, or add a node`;
}

const amount = (quantity: string | undefined) => parseQuantity(quantity ?? '0') ?? 0;

/** What a pod takes of a node: its containers together, or the init container that takes more. */
function requestOf({ spec }: LiveObject, resource: string): number {
  if (resource === 'pods') return 1;
  const request = ({ resources }: Container) => amount(resources?.requests?.[resource]);
  const together = (spec?.containers ?? []).reduce((sum, one) => sum + request(one), 0);
  return Math.max(together, ...(spec?.initContainers ?? []).map(request));
}

function inWords(resource: string, lacking: number): string {
  if (resource === 'pods') return 'a place for one more pod';
  if (resource === 'memory' || resource === 'ephemeral-storage')
    return `${readableBytes(lacking)} of ${resource}`;
  const number = canonicalQuantity(String(Math.ceil(lacking * 1000) / 1000));
  return `${number} ${resource === 'cpu' ? 'CPU' : resource}`;
}

/** Whether a node would take the pod if it had room: by its taints and labels, as far as they are looked at here. */
function mayBeOn({ spec }: LiveObject, node: LiveObject): boolean {
  const { unschedulable: isCordoned = false, taints = [] } = node.spec ?? {};
  const { nodeSelector = {}, tolerations = [] } = spec ?? {};
  const isTolerated = (taint: string, of: string | undefined) =>
    tolerations.some(({ key, effect }) => (key ?? taint) === taint && (effect ?? of) === of);
  return (
    !isCordoned &&
    taints.every(({ key, effect }) => effect === 'PreferNoSchedule' || isTolerated(key, effect)) &&
    Object.entries(nodeSelector).every(([key, value]) => node.metadata.labels?.[key] === value)
  );
}
