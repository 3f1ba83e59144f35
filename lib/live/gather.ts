import type { Settings } from '../config/settings';
import { claimsOf } from '../inventory/claims';
import type { Kubectl } from './kubectl';
import { isOwnedBy, isUnschedulable, type LiveObject } from './objects';
import { Reader, type SecretKeys } from './reader';
import { secretNames } from './secrets';

/** What of a cluster is asked about. */
export interface AskedFor {
  readonly settings: Settings;
  /** Undefined: that of the context, and of all others that are asked about, too. */
  readonly namespace: string | undefined;
}

/** What kubectl says about some clusters: data, with no opinion. Values of Secrets are never in it. */
export interface Snapshot {
  readonly objects: readonly LiveObject[];
  /** The keys of each Secret in use, by `namespace/name`; undefined where they may not be read, and for several clusters. */
  readonly secrets: ReadonlyMap<string, SecretKeys> | undefined;
  /** Last lines of a container, by `namespace/pod/container`. */
  readonly logs: ReadonlyMap<string, string>;
  /** Nodes, and the pods on them; only where a pod has found no room. */
  readonly nodes: readonly LiveObject[];
  readonly allPods: readonly LiveObject[];
  /** Names of the StorageClasses; only where a claim waits. */
  readonly storageClasses: readonly string[] | undefined;
  /** What may not be read, in plural, as kubectl names it. */
  readonly forbidden: readonly string[];
}

/** All of them have the labels of their cluster. */
const KINDS = [
  'deployments',
  'statefulsets',
  'replicasets',
  'pods',
  'jobs',
  'cronjobs',
  'persistentvolumeclaims',
  'services',
];

/**
 * Looks at clusters, with two calls for all of them, and once more for what the first answer makes a question of: logs,
 * nodes, StorageClasses. It gets and lists, and nothing else.
 * @throws KubectlError when the cluster does not answer at all
 */
export async function gather(
  kubectl: Pick<Kubectl, 'run'>,
  clusters: readonly AskedFor[],
): Promise<Snapshot> {
  const reader = new Reader(kubectl, [...new Set(clusters.map(({ namespace }) => namespace))]);
  const [cluster] = clusters;
  const alone = clusters.length === 1 ? cluster : undefined;
  const claims =
    alone === undefined ? [] : claimsOf(alone.settings).flatMap(({ name, exists }) => (exists ? [name] : []));
  const [labelled, events, others, secrets] = await all([
    reader.listHere(KINDS.join(','), `--selector=${selectorOf(clusters)}`),
    reader.listHere('events', '--field-selector=type=Warning'),
    claims.length === 0 ? [] : reader.listHere('persistentvolumeclaims', ...claims),
    alone && reader.secrets(secretNames(alone.settings), alone.namespace),
  ]);
  const objects = [...labelled, ...events, ...others];

  const instances = new Set(clusters.map(({ settings }) => settings.instance));
  const pods = labelled.filter(
    (one) =>
      one.kind === 'Pod' &&
      instances.has(one.metadata.labels?.['app.kubernetes.io/instance'] ?? '') &&
      !isOwnedBy(one, 'Job'),
  );
  const noRoom = pods.some(isUnschedulable);
  const claimWaits = objects.some(
    (one) => one.kind === 'PersistentVolumeClaim' && one.status?.phase === 'Pending',
  );
  const [logs, nodes, allPods, classes, ...scaleUps] = await all([
    reader.logs(pods),
    noRoom ? reader.list('nodes') : [],
    noRoom ? reader.list('pods', '--all-namespaces', '--field-selector=spec.nodeName!=') : [],
    claimWaits ? reader.list('storageclasses') : [],
    ...SCALE_UPS.map((reason) =>
      noRoom ? reader.listHere('events', `--field-selector=reason=${reason}`) : [],
    ),
  ]);
  return {
    objects: [...objects, ...scaleUps.flat().filter(isScaleUp)],
    secrets,
    logs,
    nodes,
    allPods,
    storageClasses:
      claimWaits && !reader.forbidden.has('storageclasses')
        ? classes.map(({ metadata }) => metadata.name)
        : undefined,
    forbidden: [...reader.forbidden].sort(),
  };
}

/** All of what is asked for at once; a failure is one only when no other kubectl runs any more. */
async function all<const T extends readonly unknown[]>(
  asked: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(asked);
  return await Promise.all(asked);
}

/** Labels of all that these clusters have. */
function selectorOf(clusters: readonly AskedFor[]): string {
  const [first, ...others] = clusters;
  if (first !== undefined && others.length === 0)
    return `app.kubernetes.io/instance=${first.settings.instance}`;
  const names = [...new Set(clusters.map(({ settings }) => settings.appName))];
  return `app.kubernetes.io/name in (${names.join(',')})`;
}

/** What autoscalers say about a pod for which they add a node: the one of Kubernetes, and Karpenter. */
const SCALE_UPS = ['TriggeredScaleUp', 'Nominated'];
export const isScaleUp = ({ reason = '' }: LiveObject) => SCALE_UPS.includes(reason);
