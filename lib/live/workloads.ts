import { differences } from './differences';
import type { ClusterWanted, Here } from './here';
import { containersOf, isReady, type LiveObject, type PodTemplate, statusesOf } from './objects';
import { type PodStatus, podStatus } from './pods';

export interface WorkloadStatus {
  readonly kind: string;
  readonly name: string;
  readonly component: string;
  readonly ready: number;
  readonly wanted: number;
  /** Whether the configuration wants no pods, as during a restore. */
  readonly rests: boolean;
  readonly images: readonly string[];
  /** Whether what runs is what the configuration says, or what is due. */
  readonly due:
    | 'as configured'
    | 'an apply is due'
    | 'a restart is due'
    | 'a roll-out goes on'
    | 'not applied'
    | 'may not be read';
  /** What differs from the configuration, or was changed since its pods started. */
  readonly differences: readonly string[];
  /** Whether all of its pods are there as the API server has it, and no older ones. */
  readonly settled: boolean;
  readonly pods: readonly PodStatus[];
}

/** Each with its name in plural, as kubectl says that it may not be read. */
const WORKLOADS: Readonly<Record<string, string>> = {
  StatefulSet: 'statefulsets',
  Deployment: 'deployments',
};

/** What runs of the workloads of the configuration. */
export function workloadsOf(here: Here): readonly WorkloadStatus[] {
  return here.wanted.objects
    .filter(({ kind }) => Object.hasOwn(WORKLOADS, kind))
    .map((object) => workloadStatus(object, here));
}

/** As kubectl names it. */
export const workloadName = ({ kind, name }: WorkloadStatus): string => `${kind.toLowerCase()}/${name}`;

/** Whether all of its pods are there, ready, and none of an earlier roll-out. */
export const isWell = ({ ready, wanted, rests, settled }: WorkloadStatus): boolean =>
  settled && (wanted > 0 || rests) && ready >= wanted;

/** Commands that make of what runs what is configured. */
export function dueCommands(
  workloads: readonly WorkloadStatus[],
  { kubectl, apply }: ClusterWanted,
): readonly string[] {
  const restarts = workloads.filter(({ due }) => due === 'a restart is due').map(workloadName);
  return [
    ...(workloads.some(({ due }) => due === 'an apply is due') ? [apply] : []),
    ...(restarts.length === 0 ? [] : [`${kubectl} rollout restart ${restarts.join(' ')}`]),
  ];
}

function workloadStatus(object: LiveObject, here: Here): WorkloadStatus {
  const { kind, metadata, spec } = object;
  const component = spec?.template?.metadata?.labels?.['component'] ?? '';
  const live = here.find(kind, metadata.name);
  const pods = here.podsOf(component);
  const mayRead = !here.snapshot.forbidden.includes(WORKLOADS[kind] ?? '');
  return {
    kind,
    name: metadata.name,
    component,
    ready: live === undefined ? pods.filter(isReady).length : (live.status?.readyReplicas ?? 0),
    wanted: live?.spec?.replicas ?? spec?.replicas ?? 1,
    rests: spec?.replicas === 0,
    images: imagesOf(live?.spec?.template ?? spec?.template),
    ...(live === undefined
      ? { due: mayRead ? 'not applied' : 'may not be read', differences: [], settled: false }
      : dueOf(object, live, pods, here)),
    pods: pods.map(podStatus),
  };
}

const imagesOf = (template: PodTemplate | undefined) =>
  (template?.spec?.containers ?? []).map(({ image = '' }) => image);

/** What it takes for the configuration to be what runs. */
function dueOf(
  object: LiveObject,
  live: LiveObject,
  pods: readonly LiveObject[],
  here: Here,
): Pick<WorkloadStatus, 'due' | 'differences' | 'settled'> {
  const { replicas, template } = object.spec ?? {};
  const { replicas: has = 1, template: running, updateStrategy } = live.spec ?? {};
  const {
    observedGeneration = 0,
    updatedReplicas = 0,
    readyReplicas = 0,
    replicas: all = 0,
  } = live.status ?? {};
  const settled =
    observedGeneration >= (live.metadata.generation ?? 0) && updatedReplicas >= has && all <= updatedReplicas;
  const found = [
    ...(replicas === undefined ? [] : differences({ replicas }, { replicas: has })),
    ...differences(
      { annotations: template?.metadata?.annotations, ...template?.spec },
      { annotations: running?.metadata?.annotations, ...running?.spec },
    ),
  ];
  if (found.length > 0) return { due: 'an apply is due', differences: found, settled };
  // The pods of a StatefulSet with `OnDelete` stay as they are.
  if (!settled && updateStrategy?.type === 'OnDelete' && readyReplicas >= has)
    return {
      due: 'a restart is due',
      differences: ['its pods are older than the last apply'],
      settled: true,
    };
  if (!settled) return { due: 'a roll-out goes on', differences: [], settled };
  const stale = secretsChangedSince(pods.filter(isReady), here).map(
    (name) => `Secret ${name} was changed after its pods had read it`,
  );
  return { due: stale.length > 0 ? 'a restart is due' : 'as configured', differences: stale, settled };
}

/** Secrets that containers have as variables, which they read once, as they start. */
function secretsChangedSince(
  pods: readonly LiveObject[],
  { snapshot: { secrets } }: Here,
): readonly string[] {
  const stale = pods.flatMap((pod) => {
    return containersOf(pod).flatMap(({ name, env = [] }) => {
      const { state } = statusesOf(pod).find((status) => status.name === name) ?? {};
      const read = state?.running?.startedAt ?? state?.terminated?.startedAt;
      return env.flatMap(({ valueFrom }) => {
        const secret = valueFrom?.secretKeyRef?.name ?? '';
        const changed = secrets?.get(`${pod.metadata.namespace}/${secret}`)?.changed;
        return read !== undefined && changed !== undefined && changed > read ? [secret] : [];
      });
    });
  });
  return [...new Set(stale)];
}
