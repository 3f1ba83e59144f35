import {
  canonicalQuantity,
  formatMilvusSize,
  GIB,
  parseQuantity,
  quantityOfGibibytes,
  readableBytes,
} from '../config/quantities';
import { claimsOf } from '../inventory/claims';
import { prerequisitesOf } from '../inventory/prerequisites';
import { type SecretInUse, secretsOf } from '../inventory/secrets';
import { Names } from '../kubernetes/names';
import { type Cause, inOrder, NEVER, WORDS } from './causes';
import { differences } from './differences';
import { type AskedFor, isScaleUp, isUnschedulable, type Snapshot } from './gather';
import { cureFor, IMAGES, PLACES, refusalCure, STARTS } from './kubernetes-words';
import {
  type Condition,
  type ContainerStatus,
  initStatusesOf,
  type LiveObject,
  type Meta,
  type PodTemplate,
  statusesOf,
  timeOf,
} from './objects';
import {
  type BackupRun,
  backupCauses,
  type LastRun,
  lastBackup,
  lastRun,
  lastVerification,
  restoreCause,
} from './runs';

/** A cluster as the configuration says it is. */
export interface ClusterWanted extends AskedFor {
  /** What the manifests say, as kubectl applies them. */
  readonly objects: readonly LiveObject[];
  /** How commands begin that are to be pasted, with the context and namespace that were asked for. */
  readonly kubectl: string;
  /** The command that applies the manifests. */
  readonly apply: string;
}

export interface PodStatus {
  readonly name: string;
  readonly ready: boolean;
  /** In a word or two. */
  readonly state: string;
  readonly since: string | undefined;
  readonly restarts: number;
}

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

export interface ClusterStatus {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly ready: boolean;
  readonly workloads: readonly WorkloadStatus[];
  /** Commands that make of what runs what is configured. */
  readonly due: readonly string[];
  readonly claims: readonly {
    readonly name: string;
    readonly phase: string;
    readonly storageClass: string;
    readonly size: string;
  }[];
  readonly services: readonly { readonly name: string; readonly type: string; readonly address: string }[];
  /** Undefined: there are no backups. */
  readonly backup: BackupRun | undefined;
  /** Undefined: none is scheduled, and none is known. */
  readonly verification: LastRun | undefined;
  readonly smokeTest: LastRun | undefined;
  readonly causes: readonly Cause[];
  /** What may not be read, so that this is not all. */
  readonly forbidden: readonly string[];
}

const WORKLOADS = { StatefulSet: 'statefulsets', Deployment: 'deployments' } as const;
const isWorkload = (kind: string): kind is keyof typeof WORKLOADS => Object.hasOwn(WORKLOADS, kind);
/** A container that takes no longer than this to start is nothing to speak of. */
const REPLAY_AFTER_SECONDS = 60;

/** What a snapshot says about a cluster. */
export function diagnose(wanted: ClusterWanted, snapshot: Snapshot, now: number): ClusterStatus {
  const { settings } = wanted;
  const here = new Here(wanted, snapshot);
  const workloads = wanted.objects.flatMap((object) =>
    isWorkload(object.kind) ? [workloadStatus(object, object.kind, here)] : [],
  );
  const isNothing = workloads.every(({ due }) => due === 'not applied');
  const restoring = restoreCause(here, settings, wanted);
  const causes = isNothing ? [nothingApplied(here)] : causesOf(workloads, here, restoring, now);
  return {
    name: settings.name,
    namespace: wanted.namespace,
    // While it is being restored nothing is ready for anything.
    ready: workloads.every(isWell) && (restoring === undefined || restoring.kind === 'a-restore-is-complete'),
    workloads,
    due: dueCommands(workloads, wanted),
    claims: claimsOf(settings).flatMap(({ name }) => {
      const claim = here.find('PersistentVolumeClaim', name);
      if (claim === undefined) return [];
      return [
        {
          name,
          phase: claim.status?.phase ?? 'Pending',
          storageClass: claim.spec?.storageClassName ?? '',
          size: claim.status?.capacity?.['storage'] ?? '',
        },
      ];
    }),
    services: here.clientServices(),
    backup: lastBackup(here, settings),
    verification: lastVerification(here, settings),
    smokeTest: lastRun(here, Names.of(settings).smokeTest),
    causes,
    forbidden: snapshot.forbidden,
  };
}

/** A cluster's part of a snapshot. */
class Here {
  public readonly names: Names;

  public constructor(
    public readonly wanted: ClusterWanted,
    public readonly snapshot: Snapshot,
  ) {
    this.names = Names.of(wanted.settings);
  }

  public isHere({ metadata }: LiveObject): boolean {
    const { namespace } = this.wanted;
    return namespace === undefined || metadata.namespace === namespace;
  }

  public all(kind: string): readonly LiveObject[] {
    return this.snapshot.objects.filter((one) => one.kind === kind && this.isHere(one));
  }

  public find(kind: string, name: string): LiveObject | undefined {
    return this.all(kind).find(({ metadata }) => metadata.name === name);
  }

  public podsOf(component: string): readonly LiveObject[] {
    const { instance } = this.wanted.settings;
    return this.all('Pod').filter(({ metadata: { labels = {}, ownerReferences = [] } }) => {
      const ofJob = ownerReferences.some(({ kind }) => kind === 'Job');
      return !ofJob && labels['app.kubernetes.io/instance'] === instance && labels['component'] === component;
    });
  }

  /** Warnings about an object, or about all of a kind, the newest last. */
  public warnings(kind: string, name?: string): readonly LiveObject[] {
    return this.all('Event')
      .filter(
        ({ type, involvedObject: about }) =>
          type === 'Warning' && about?.kind === kind && (name === undefined || about.name === name),
      )
      .sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
  }

  /** Whether a workload has all of its pods. */
  public isWell(name: string): boolean {
    const found = this.find('Deployment', name) ?? this.find('StatefulSet', name);
    const { readyReplicas = 0 } = found?.status ?? {};
    return readyReplicas > 0 && readyReplicas >= (found?.spec?.replicas ?? 1);
  }

  /** Whether one of its Secrets was changed after that. */
  public hasSecretSince(time: string | undefined): boolean {
    return [...(this.snapshot.secrets?.values() ?? [])].some(
      ({ changed }) => time !== undefined && changed !== undefined && changed > time,
    );
  }

  public log({ metadata }: LiveObject, container: string): string {
    return this.snapshot.logs.get(`${metadata.namespace}/${metadata.name}/${container}`) ?? '';
  }

  public clientServices(): ClusterStatus['services'] {
    return [this.names.cluster, this.names.admin].flatMap((name) => {
      const service = this.find('Service', name);
      if (service === undefined) return [];
      const { type = 'ClusterIP', clusterIP = '', ports = [] } = service.spec ?? {};
      const [first] = service.status?.loadBalancer?.ingress ?? [];
      const [{ port = 19530, nodePort = undefined } = {}] = ports;
      const host = first?.ip ?? first?.hostname ?? (type === 'LoadBalancer' ? 'no address yet' : clusterIP);
      const address = type === 'NodePort' ? `port ${nodePort} of every node` : `${host}:${port}`;
      return [{ name, type, address }];
    });
  }
}

function dueCommands(workloads: readonly WorkloadStatus[], { kubectl, apply }: ClusterWanted): string[] {
  const restarts = workloads.filter(({ due }) => due === 'a restart is due').map(nameOf);
  return [
    ...(workloads.some(({ due }) => due === 'an apply is due') ? [apply] : []),
    ...(restarts.length === 0 ? [] : [`${kubectl} rollout restart ${restarts.join(' ')}`]),
  ];
}

/** Whether all of its pods are there, ready, and none of an earlier roll-out. */
const isWell = ({ ready, wanted, rests, settled }: WorkloadStatus) =>
  settled && (wanted > 0 || rests) && ready >= wanted;

function workloadStatus(object: LiveObject, kind: keyof typeof WORKLOADS, here: Here): WorkloadStatus {
  const { metadata, spec } = object;
  const component = spec?.template?.metadata?.labels?.['component'] ?? '';
  const live = here.find(kind, metadata.name);
  const pods = here.podsOf(component);
  const wanted = live?.spec?.replicas ?? spec?.replicas ?? 1;
  const mayRead = !here.snapshot.forbidden.includes(WORKLOADS[kind]);
  return {
    kind,
    name: metadata.name,
    component,
    ready: live === undefined ? pods.filter(isReady).length : (live.status?.readyReplicas ?? 0),
    wanted,
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
    ...(replicas === undefined || replicas === has ? [] : differences({ replicas }, { replicas: has })),
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
    const { initContainers = [], containers = [] } = pod.spec ?? {};
    return [...initContainers, ...containers].flatMap(({ name, env = [] }) => {
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

const isReady = ({ status }: LiveObject) =>
  (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

function podStatus(pod: LiveObject): PodStatus {
  const condition: Condition | undefined = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const statuses = statusesOf(pod);
  const busy = statuses.find(
    ({ state }) => state?.waiting !== undefined || (state?.terminated?.exitCode ?? 0) !== 0,
  );
  const init = initStatusesOf(pod).find(({ state }) => state?.running !== undefined);
  const state = pod.metadata.deletionTimestamp
    ? 'Terminating'
    : isReady(pod)
      ? 'Ready'
      : init !== undefined
        ? `in ${init.name}`
        : (busy?.state?.waiting?.reason ?? busy?.state?.terminated?.reason ?? pod.status?.phase ?? 'Pending');
  return {
    name: pod.metadata.name,
    ready: isReady(pod),
    state,
    since: condition?.lastTransitionTime ?? pod.metadata.creationTimestamp ?? undefined,
    restarts: Math.max(0, ...statuses.map(({ restartCount = 0 }) => restartCount)),
  };
}

// Causes ----------------------------------------------------------------------------------------------------------------

function nothingApplied({ wanted, names, snapshot }: Here): Cause {
  const elsewhere = snapshot.objects.find(
    ({ kind, metadata, spec }) =>
      kind === 'Deployment' &&
      metadata.name === names.writable &&
      spec?.template?.metadata?.labels?.['app.kubernetes.io/instance'] === wanted.settings.instance,
  );
  if (elsewhere === undefined)
    return {
      kind: 'nothing-is-applied',
      object: wanted.settings.name,
      what: `nothing of ${wanted.settings.name} is in ${wanted.namespace === undefined ? 'this namespace' : `namespace ${wanted.namespace}`}`,
      cure: `${wanted.apply}, or name another namespace with -n or another cluster with --context`,
    };
  return {
    kind: 'it-is-in-another-namespace',
    object: `deployment/${names.writable}`,
    what: `the cluster is in namespace ${elsewhere.metadata.namespace}`,
    cure: `add -n ${elsewhere.metadata.namespace}`,
  };
}

function causesOf(
  workloads: readonly WorkloadStatus[],
  here: Here,
  restoring: Cause | undefined,
  now: number,
): readonly Cause[] {
  const missing = missingSecrets(here);
  /** Where Secrets may be read, what is missing has been said in better words. */
  const isSaid = ({ kind, object }: Cause) =>
    missing.some((one) => one.kind === kind && (kind === 'a-secret-has-other-keys' || one.object === object));
  const found: Cause[] = [...missing];
  for (const workload of workloads) {
    if (workload.due === 'not applied') {
      found.push({
        kind: 'nothing-is-applied',
        object: nameOf(workload),
        what: `${workload.kind} ${workload.name} is not there`,
        cure: here.wanted.apply,
      });
      continue;
    }
    const pods = here.podsOf(workload.component);
    if (isWell(workload)) {
      found.push(...pods.filter(isReady).flatMap((pod) => killedBefore(pod, here, now)));
      continue;
    }
    if (workload.wanted === 0) {
      found.push({
        kind: 'a-workload-is-stopped',
        object: nameOf(workload),
        what: 'it is scaled to 0',
        cure: `${here.wanted.apply}; if a restore was interrupted, start it again: it goes on where it stopped`,
      });
      continue;
    }
    const unready = pods.filter((pod) => !isReady(pod));
    const alive = newestOf(
      workload,
      unready.filter(({ status }) => !isOver(status?.phase)),
      here,
    );
    found.push(...keptPods(workload, alive, here));
    const ofPods = alive.flatMap((pod) => causeOfPod(pod, here, now) ?? []).filter((cause) => !isSaid(cause));
    const refused = refusedPods(workload, pods, here);
    if (alive.length === 0) found.push(...unready.flatMap(evicted));
    found.push(...refused, ...ofPods);
    if (
      alive.every(({ metadata }) => metadata.deletionTimestamp !== undefined) &&
      refused.length + ofPods.length === 0
    ) {
      const what = workload.pods.length === 0 ? 'it has no pods yet' : 'its pods are being replaced';
      found.push({ kind: 'it-is-starting', object: nameOf(workload), what });
    }
  }
  // Who waits for a workload that has a cause of its own says nothing more.
  const own = found.filter(
    ({ waitsFor }) => waitsFor === undefined || !found.some(({ object }) => isOf(object, waitsFor)),
  );
  const jobs = stuckJobs(here, now).filter((cause) => !isSaid(cause));
  return [
    ...inOrder([
      ...own,
      ...(restoring === undefined ? [] : [...jobs, restoring]),
      ...backupCauses(here, here.wanted.settings, here.wanted.kubectl, now),
    ]),
    // Beside a restore nothing waits for them.
    ...(restoring === undefined ? inOrder(jobs).map((cause) => ({ ...cause, patience: NEVER })) : []),
  ];
}

/** Why Jobs that are there do not start. */
function stuckJobs(here: Here, now: number): Cause[] {
  const { instance } = here.wanted.settings;
  const isOf = ({ metadata }: LiveObject, name: string) =>
    metadata.ownerReferences?.some((owner) => owner.kind === 'Job' && owner.name === name) === true;
  const pods = here.all('Pod');
  const ofPods = pods
    .filter(
      ({ metadata: { labels = {}, ownerReferences = [] }, status }) =>
        status?.phase === 'Pending' &&
        labels['app.kubernetes.io/instance'] === instance &&
        ownerReferences.some(({ kind }) => kind === 'Job'),
    )
    .flatMap((pod) => causeOfPod(pod, here, now) ?? [])
    .filter(({ kind }) => kind !== 'it-is-starting' && kind !== 'it-waits-for-another-workload');
  const ours = (kind: string) =>
    here
      .all(kind)
      .filter(({ metadata: { labels = {} } }) => labels['app.kubernetes.io/instance'] === instance);
  const jobs = [
    ...ours('Job')
      .filter((job) => !isEnded(job))
      .map(({ metadata }) => metadata),
    // Those of a schedule have no labels, and are not asked for.
    ...ours('CronJob').flatMap(({ status: { active } = {} }) =>
      Array.isArray(active) ? (active as Meta[]) : [],
    ),
  ];
  const withoutPods = jobs
    .filter(({ name }) => !pods.some((pod) => isOf(pod, name)))
    .flatMap(({ name, creationTimestamp }): Cause[] => {
      const event = here
        .warnings('Job', name)
        .findLast((one) => one.reason === 'FailedCreate' && timeOf(one) >= (creationTimestamp ?? ''));
      return event?.message === undefined ? [] : [refused(`job/${name}`, event.message, here)];
    });
  return [...ofPods, ...withoutPods];
}

const isEnded = ({ status }: LiveObject) =>
  (status?.conditions ?? []).some(
    ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
  );

/** Whether an object is a workload, one of its pods, or what it needs by its name. */
const isOf = (object: string, workload: string) => {
  const name = object.slice(object.indexOf('/') + 1);
  return name === workload || name.startsWith(`${workload}-`) || name.startsWith(`data-${workload}-`);
};

/** Of a Deployment that rolls out, the pods of the last change: the others are about to go, and their causes with them. */
function newestOf({ kind, name, settled }: WorkloadStatus, pods: readonly LiveObject[], here: Here) {
  const revision = ({ metadata }: LiveObject) =>
    Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  const isOwnedBy = (one: LiveObject, owner: string | undefined) =>
    one.metadata.ownerReferences?.some((reference) => reference.name === owner) === true;
  const [newest] = here
    .all('ReplicaSet')
    .filter((one) => isOwnedBy(one, name))
    .sort((a, b) => revision(b) - revision(a));
  const isReplaced = kind === 'Deployment' && !settled && newest !== undefined;
  return isReplaced ? pods.filter((pod) => isOwnedBy(pod, newest.metadata.name)) : pods;
}

/** A StatefulSet waits for a pod of before to be ready, and does not replace it with the one that would be. */
function keptPods({ kind, name }: WorkloadStatus, unready: readonly LiveObject[], here: Here): Cause[] {
  const latest = here.find(kind, name)?.status?.updateRevision;
  if (kind !== 'StatefulSet' || latest === undefined) return [];
  return unready.flatMap(({ metadata }): Cause[] => {
    const revision = metadata.labels?.['controller-revision-hash'];
    if (revision === undefined || revision === latest || metadata.deletionTimestamp !== undefined) return [];
    return [
      {
        kind: 'an-old-pod-is-kept',
        object: `pod/${metadata.name}`,
        what: 'it is older than the last change and not ready, so the StatefulSet does not replace it',
        cure: `${here.wanted.kubectl} delete pod ${metadata.name}`,
      },
    ];
  });
}

const isOver = (phase: string | undefined) => phase === 'Failed' || phase === 'Succeeded';

/** A pod that had to go, or that its node did not take, and of which there is no other yet. */
function evicted({ metadata, status }: LiveObject): Cause[] {
  if (status?.reason === undefined) return [];
  const { reason, message = 'the node needed the room' } = status;
  const cure = /exceed/.test(message)
    ? 'raise the limit in the message, or keep less there'
    : /^(Evicted|OutOf.*)$/.test(reason)
      ? 'make room on the node, or set resources.requests to what the pod uses'
      : undefined;
  return [
    {
      kind: 'a-pod-was-evicted',
      object: `pod/${metadata.name}`,
      what: oneLine(message),
      ...(cure && { cure }),
    },
  ];
}

/** How long ago a container that runs now was killed for its memory, for it to be worth a word. */
const KILLED_WITHIN_SECONDS = 3600;

function killedBefore(pod: LiveObject, here: Here, now: number): Cause[] {
  return statusesOf(pod).flatMap(({ name, lastState }) => {
    const { reason, finishedAt = '' } = lastState?.terminated ?? {};
    const isRecent = now - Date.parse(finishedAt) < KILLED_WITHIN_SECONDS * 1000;
    // It is ready now, so that this is nothing to give up for.
    return reason === 'OOMKilled' && isRecent ? [{ ...outOfMemory(pod, name, here), patience: NEVER }] : [];
  });
}

const nameOf = ({ kind, name }: { kind: string; name: string }) => `${kind.toLowerCase()}/${name}`;

function missingSecrets(here: Here): Cause[] {
  const { secrets } = here.snapshot;
  if (secrets === undefined) return [];
  const namespaces = new Set(
    here.snapshot.objects.filter((one) => here.isHere(one)).map(({ metadata }) => metadata.namespace),
  );
  const inUse: readonly SecretInUse[] = Object.values(secretsOf(here.wanted.settings));
  const keysOf = (name: string) =>
    [...namespaces]
      .map((namespace) => secrets.get(`${namespace}/${name}`))
      .find((found) => found !== undefined)?.keys;
  const others = prerequisitesOf(here.wanted.settings).flatMap((needed): Cause[] => {
    const [, name] = /^secret\/(.*)/.exec(needed) ?? [];
    if (name === undefined || keysOf(name) !== undefined) return [];
    return [
      { kind: 'a-secret-is-missing', object: needed, what: `there is no Secret ${name}`, cure: 'create it' },
    ];
  });
  const ofCredentials = inUse.flatMap(({ path, credentials, variables }): Cause[] => {
    const name = credentials.secretName;
    const keys = keysOf(name);
    const object = `secret/${name}`;
    if (keys === undefined && credentials.externalSecret !== undefined)
      return [
        {
          kind: 'a-secret-is-missing',
          object,
          what: `the External Secrets Operator has not made Secret ${name} (${path})`,
          cure: `${here.wanted.kubectl} describe externalsecret ${name}`,
          patience: EXTERNAL_SECRET_SECONDS,
        },
      ];
    if (keys === undefined)
      return [
        {
          kind: 'a-secret-is-missing',
          object,
          what: `there is no Secret ${name} (${path})`,
          cure: `create it, with the keys ${Object.keys(variables).join(' and ')}; npm run synth prints the command`,
        },
      ];
    const missing = Object.keys(variables).filter((key) => !keys.includes(key));
    if (missing.length === 0) return [];
    return [
      {
        kind: 'a-secret-has-other-keys',
        object,
        what: `Secret ${name} has no key ${missing.join(' and ')}; it has ${keys.join(', ') || 'none'}`,
        cure: `add the key, or write the name of an existing key into ${path}.keys`,
      },
    ];
  });
  return [...ofCredentials, ...others];
}

/** What the operator gets to make a Secret, before --wait gives up. */
const EXTERNAL_SECRET_SECONDS = 60;

/** Why a workload has too few pods, which its ReplicaSet or it itself says. */
function refusedPods(workload: WorkloadStatus, pods: readonly LiveObject[], here: Here): Cause[] {
  if (workload.settled && pods.length >= workload.wanted) return [];
  const owners = [
    [workload.kind, workload.name] as const,
    ...here
      .all('ReplicaSet')
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === workload.name))
      .map(({ metadata }) => ['ReplicaSet', metadata.name] as const),
  ];
  // What was refused before the last pod came was allowed since.
  const since =
    pods
      .map(({ metadata }) => metadata.creationTimestamp ?? '')
      .sort()
      .at(-1) ?? '';
  const message =
    owners
      .flatMap(([kind, name]) => here.warnings(kind, name))
      .findLast((event) => event.reason === 'FailedCreate' && timeOf(event) >= since)?.message ??
    // Events are gone after an hour.
    here
      .find(workload.kind, workload.name)
      ?.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
      ?.message;
  if (message === undefined) return [];
  return [refused(nameOf(workload), message, here)];
}

/** What the API server said when it took no pods of a workload or a Job. */
const refused = (object: string, message: string, { wanted: { kubectl } }: Here): Cause => ({
  kind: /(exceeded|failed) quota/.test(message) ? 'the-quota-is-used-up' : 'the-pods-are-refused',
  object,
  what: `no pods of ${object.slice(object.indexOf('/') + 1)}: ${oneLine(message)}`,
  cure: refusalCure(message, kubectl),
});

const oneLine = (text: string) => text.trim().replace(/\s+/g, ' ');

function causeOfPod(pod: LiveObject, here: Here, now: number): Cause | undefined {
  const object = `pod/${pod.metadata.name}`;
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
    if (!(now - Date.parse(deletionTimestamp) > OVERDUE_SECONDS * 1000)) return undefined;
    return {
      kind: 'the-node-is-lost',
      object,
      what: `it should be gone since ${deletionTimestamp}, and node ${nodeName} does not say that it is`,
      cure: 'repair the node or its kubelet; if it is gone for good, delete the node',
    };
  }
  if (isUnschedulable(pod)) return unschedulable(pod, here, now);
  if (schedulingGates.length > 0)
    return {
      kind: 'it-is-starting',
      object,
      what: `it is not scheduled while it has scheduling gates: ${schedulingGates.map(({ name }) => name).join(', ')}`,
    };
  // A class that waits for the first consumer makes the volume when the pod has its node, before the pod is told so.
  if (nodeName === undefined) {
    const claim = claimCause(here, pod, true);
    if (claim !== undefined) return claim;
  }
  // A container that has begun has its volumes, whatever an older event says.
  const hasBegun = statusesOf(pod).some(
    ({ state, lastState }) => (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined,
  );
  const warnings = here
    .warnings('Pod', pod.metadata.name)
    .filter((event) => !(now - Date.parse(timeOf(event)) > REPEATED_SECONDS * 1000));
  const mounts = warnings.filter(({ reason }) => reason === 'FailedMount' || reason === 'FailedAttachVolume');
  // "timed out" comes after what it is about.
  const warning =
    mounts.findLast(({ message = '' }) => !/^Unable to attach or mount/.test(message)) ?? mounts.at(-1);
  if (!hasBegun && warning !== undefined) {
    const message = oneLine(warning.message ?? '');
    const missing = ofMissing(object, message, here);
    return missing === undefined
      ? {
          kind: 'a-volume-can-not-be-mounted',
          object,
          what: message,
          cure: /Multi-Attach/.test(message)
            ? 'the other node lets go of it after about six minutes at most'
            : `${here.wanted.kubectl} describe ${object}`,
        }
      : { ...missing, patience: STILL_REPEATED_SECONDS };
  }
  const sandbox = warnings.findLast(({ reason }) => reason === 'FailedCreatePodSandBox')?.message;
  if (!hasBegun && sandbox !== undefined)
    return {
      kind: 'a-container-does-not-start',
      object,
      what: oneLine(sandbox),
      cure: cureFor(STARTS, sandbox) ?? `repair what the message names on node ${nodeName}`,
      patience: STILL_REPEATED_SECONDS,
    };
  const inits = initStatusesOf(pod);
  const causes = (statuses: readonly ContainerStatus[]) =>
    statuses.flatMap((status) => causeOfContainer(pod, status, here, now) ?? []);
  // Those that come later have not begun; beside each other are a server and its sidecars.
  const [cause] = [
    ...causes(inits).slice(0, 1),
    ...inOrder(causes(statusesOf(pod).filter((status) => !inits.includes(status)))),
  ];
  if (cause !== undefined) return cause;
  // Of a readiness gate, or of a volume that the scheduler waits for.
  const saidOfPod = pod.status?.conditions?.find(
    ({ type, status, reason }) =>
      reason === 'ReadinessGatesNotReady' || (type === 'PodScheduled' && status === 'False'),
  )?.message;
  return { kind: 'it-is-starting', object, what: saidOfPod ?? `it is ${podStatus(pod).state}` };
}

/** After the end of its grace period. */
const OVERDUE_SECONDS = 60;
/** The longest time between two starts of a container that ends again and again. */
const BACK_OFF_SECONDS = 300;
/** What goes on has an event that often at least: of more than 25 the kubelet sends one in five minutes. */
const REPEATED_SECONDS = 360;
/** For which an event is there only if it came again: it may be over, and an image be pulled since. */
const STILL_REPEATED_SECONDS = REPEATED_SECONDS + 60;
/** What a registry says, or does not say, that is slow or has too much to do. */
const IS_BUSY =
  /timeout|timed out|deadline exceeded|connection reset|EOF|toomanyrequests|\b(429|50[0234])\b/i;
/** In which the kubelet has tried a few times more. */
const BUSY_SECONDS = 180;
/** After which the kubelet has tried again to make a container. */
const RETRY_SECONDS = 150;

/**
 * Whether the node of a pod has stopped to answer. The node controller then takes away its readiness, and nothing else:
 * the kubelet, which says why, would have said that of its containers.
 */
function isNodeLost({ status }: LiveObject): boolean {
  const { reason, conditions = [] } = status ?? {};
  const is = (type: string) => conditions.find((one) => one.type === type);
  const ready = is('Ready');
  return (
    reason === 'NodeLost' ||
    (ready?.status === 'False' && ready.reason === undefined && is('ContainersReady')?.status === 'True')
  );
}

/** What the kubelet says about a Secret, a key of one, or a ConfigMap that is not there; it may be by now. */
function ofMissing(object: string, message: string, { wanted }: Here): Cause | undefined {
  const [, kind, name] = /(secret|configmap) "([^"]+)" not found/.exec(message) ?? [];
  const isOurs = wanted.objects.some((one) => one.kind === 'ConfigMap' && one.metadata.name === name);
  if (kind !== undefined)
    return {
      ...(kind === 'secret'
        ? { kind: 'a-secret-is-missing', cure: 'create it' }
        : isOurs
          ? { kind: 'nothing-is-applied', cure: wanted.apply }
          : { kind: 'a-container-does-not-start', cure: 'create it, or correct its name in podTemplate' }),
      object: `${kind}/${name}`,
      what: message,
      patience: RETRY_SECONDS,
    };
  if (!/non-existent secret key|couldn't find key \S+ in Secret/.test(message)) return undefined;
  return {
    kind: 'a-secret-has-other-keys',
    object,
    what: message,
    cure: 'add the key to the Secret, or write the name of an existing key into credentials.keys',
    patience: RETRY_SECONDS,
  };
}

/** Waiting for which there is a reason in the state of the container alone. */
function causeOfContainer(
  pod: LiveObject,
  status: ContainerStatus,
  here: Here,
  now: number,
): Cause | undefined {
  const { name, state, lastState, image = '', ready } = status;
  const object = `pod/${pod.metadata.name}`;
  const waiting = state?.waiting;
  const warnings = here.warnings('Pod', pod.metadata.name);
  if (waiting !== undefined && /Image|SignatureValidation|RegistryUnavailable/.test(waiting.reason ?? '')) {
    const told = oneLine(waiting.message ?? waiting.reason ?? '');
    // While it backs off, a kubelet before 1.31 has the reason in an event alone.
    const failure = warnings.findLast(({ message = '' }) =>
      message.startsWith(`Failed to pull image "${image}"`),
    );
    const message = oneLine((/^Back-off pulling image "[^"]*"$/.test(told) && failure?.message) || told);
    return {
      kind: 'an-image-can-not-be-pulled',
      object,
      what: `${image}: ${message}`,
      cure:
        cureFor(IMAGES, message) ??
        'correct the image, mirror it, or name a Secret for the registry in podTemplate.spec.imagePullSecrets',
      ...(IS_BUSY.test(message) && { patience: BUSY_SECONDS }),
    };
  }
  const ended = state?.terminated ?? lastState?.terminated;
  const isRunning = state?.running !== undefined;
  const notBegun =
    /^(StartError|ContainerCannotRun)$/.test(ended?.reason ?? '') && !isRunning ? ended : undefined;
  if (/Error$/.test(waiting?.reason ?? '') || notBegun !== undefined) {
    const message = oneLine(notBegun?.message ?? waiting?.message ?? '');
    const cause = ofMissing(object, message, here);
    if (cause !== undefined) return cause;
    const cure = cureFor(STARTS, message) ?? `${here.wanted.kubectl} describe ${object}`;
    return { kind: 'a-container-does-not-start', object, what: `${name}: ${message}`, cure };
  }
  if (ended?.reason === 'OOMKilled' && !(isRunning && ready === true)) return outOfMemory(pod, name, here);
  const isInit = initStatusesOf(pod).includes(status);
  const unready = warnings.findLast(
    ({ reason, involvedObject: { fieldPath } = {} }) =>
      reason === 'Unhealthy' && (fieldPath === undefined || fieldPath.endsWith(`{${name}}`)),
  )?.message;
  // Who ends well, and should not, is only told by Kubernetes' patience with it.
  if (ended !== undefined && !isRunning && (ended.exitCode !== 0 || waiting?.reason === 'CrashLoopBackOff')) {
    const text = ended.message?.trim() || here.log(pod, name);
    const inVain = isInit && /gave up after/.test(text) ? waitsFor(pod, name, text, here) : undefined;
    const words = inVain ?? said(pod, name, text);
    const probe =
      /^(Liveness|Startup) /.test(unready ?? '') && ended.exitCode !== 0 ? `, after ${unready}` : '';
    // It is read when the container begins again.
    if (words !== undefined && here.hasSecretSince(ended.finishedAt))
      return { ...words, patience: BACK_OFF_SECONDS };
    return (
      words ?? {
        kind: 'the-server-ends-again-and-again',
        object,
        what: oneLine(
          `${name} ended with exit code ${ended.exitCode}${probe}${text.trim() === '' ? '' : `: ${lastLines(text)}`}`,
        ),
        cure: `${here.wanted.kubectl} logs ${pod.metadata.name} -c ${name}${state?.terminated === undefined ? ' --previous' : ''}`,
      }
    );
  }
  if (!isRunning || ready === true) return undefined;
  const log = here.log(pod, name);
  if (isInit) {
    return (
      waitsFor(pod, name, log, here) ??
      said(pod, name, log) ?? {
        kind: 'it-is-starting',
        object,
        what: `init container ${name} runs${log.trim() === '' ? '' : `: ${ownLine(log)}`}`,
      }
    );
  }
  const component = pod.metadata.labels?.['component'];
  if (component === 'mishards' && name === 'mishards') {
    const cause = proxyNotReady(object, log, here);
    if (cause !== undefined) return cause;
  }
  if (component === 'mysql' && unready !== undefined) {
    const cause = said(pod, name, unready);
    if (cause !== undefined) return cause;
  }
  const started = Date.parse(state?.running?.startedAt ?? '');
  if (component === 'writable' && name === 'milvus' && now - started > REPLAY_AFTER_SECONDS * 1000)
    return {
      kind: 'the-write-ahead-log-is-replayed',
      object,
      what: `the server has run for ${Math.round((now - started) / 60_000)} min and does not answer yet`,
      cure: 'give it time; it is restarted after writable.startupTimeoutSeconds',
    };
  return {
    kind: 'it-is-starting',
    object,
    what: `${name} is not ready${unready === undefined ? '' : `: ${oneLine(unready)}`}`,
  };
}

/** Milvus prints its whole configuration at level info, passwords included; those of URIs may have any character. */
const CREDENTIAL = /password|passwd|pwd|secret|access_?key|meta_uri|:\/\/[^\s/]*:.*@/i;

const linesOf = (text: string) =>
  text
    .split('\n')
    .map(oneLine)
    .filter((line) => line !== '' && !CREDENTIAL.test(line));

const lastLine = (text: string) => linesOf(text).at(-1) ?? '';
const lastLines = (text: string) => linesOf(text).slice(-3).join(' / ');

/** What mishards says about itself, as its /ready does; each of it is about another workload. */
function proxyNotReady(object: string, log: string, { names }: Here): Cause | undefined {
  const [, problems] =
    /not ready: (.*)/.exec(log.split('\n').findLast((line) => line.includes('not ready: ')) ?? '') ?? [];
  if (problems === undefined) return undefined;
  const what = `it is not ready: ${oneLine(problems)}`;
  if (/the writable/.test(problems))
    return { kind: 'it-waits-for-another-workload', object, what, waitsFor: names.writable };
  if (/the database/.test(problems))
    return { kind: 'it-waits-for-another-workload', object, what, waitsFor: names.mysql };
  if (!/reader/.test(problems)) return undefined;
  return {
    kind: 'the-proxy-has-no-reader',
    object,
    what,
    waitsFor: names.readonly,
    cure: 'look at the pods of the readers',
  };
}

/** The last line of ours, without the name of its script. */
const ownLine = (log: string) => lastLine(log).replace(/^[a-z][a-z0-9-]*: (?=\w)/, '');

/** The init containers that wait for another workload, whose own cause comes first. */
function waitsFor(pod: LiveObject, container: string, log: string, here: Here): Cause | undefined {
  const { names, wanted } = here;
  const bucket = /the writable creates it/.test(lastLine(log)) ? names.writable : undefined;
  const storage = wanted.settings.minio === undefined ? undefined : names.minio;
  const other = {
    'wait-for-mysql': wanted.settings.mysql === undefined ? undefined : names.mysql,
    'wait-for-writable': names.writable,
    'volume-preflight': /waiting|gave up/.test(log) ? names.writable : undefined,
    's3-preflight': /waiting|gave up/.test(log) ? (bucket ?? storage) : undefined,
  }[container];
  if (other === undefined) return undefined;
  const what = log.trim() === '' ? `init container ${container} waits` : ownLine(log);
  const cause = { object: `pod/${pod.metadata.name}`, what, waitsFor: other };
  // It is not the other one's fault where that one is well.
  const kind = here.isWell(other) && bucket === undefined ? wordsFor(what) : undefined;
  return { kind: kind ?? 'it-waits-for-another-workload', ...cause };
}

const wordsFor = (line: string) => WORDS.find(([words]) => words.test(line))?.[1];

/** A line of a script or a probe of ours, which name no credential, only the Secret that has it. */
const IS_OURS = /^[A-Za-z][\w -]*: /;

function said(pod: LiveObject, container: string, text: string): Cause | undefined {
  const line = text
    .trim()
    .split('\n')
    .findLast((one) => wordsFor(one) !== undefined && (IS_OURS.test(one) || !CREDENTIAL.test(one)));
  const kind = line === undefined ? undefined : wordsFor(line);
  if (line === undefined || kind === undefined) return undefined;
  const what = oneLine(line).replace(new RegExp(`^${container}: `), '');
  const object = `pod/${pod.metadata.name}`;
  // Our own messages have their cure after a colon.
  const cure =
    kind === 'the-write-ahead-log-does-not-fit'
      ? 'set wal.recoveryErrorIgnore to true'
      : cureFor(STARTS, what);
  return { kind, object, what, ...(cure && { cure }) };
}

function outOfMemory(pod: LiveObject, container: string, here: Here): Cause {
  const component = pod.metadata.labels?.['component'] ?? '';
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const isInit = initContainers.some(({ name }) => name === container);
  const limit = [...containers, ...initContainers].find(({ name }) => name === container)?.resources
    ?.limits?.['memory'];
  const what = `${container} was killed: it needs more memory than its limit${limit === undefined ? '' : ` of ${limit}`}`;
  const section = { writable: 'writable', readonly: 'readonly' }[component];
  if (section === undefined || container !== 'milvus')
    return {
      kind: 'out-of-memory',
      object: `pod/${pod.metadata.name}`,
      what,
      cure: isInit
        ? `raise it in ${component}.podTemplate.spec.initContainers, by the name ${container}`
        : `raise ${component || container}.resources.limits.memory`,
    };
  // Half as much again: what is killed has gone beyond what follows from its cache, by nobody knows how much.
  const { cacheBytes } = here.wanted.settings[section as 'writable' | 'readonly'].cache;
  const memory = quantityOfGibibytes((parseQuantity(limit ?? '') ?? GIB) * 1.5);
  const cache = formatMilvusSize(Math.floor((cacheBytes * 2) / 3 / STEP) * STEP);
  return {
    kind: 'out-of-memory',
    object: `pod/${pod.metadata.name}`,
    what,
    cure: `set ${section}.resources.limits.memory: ${memory}, or ${section}.cache.cacheSize: ${cache}`,
  };
}

/** Of cache sizes. */
const STEP = 256 * 1024 ** 2;

function unschedulable(pod: LiveObject, here: Here, now: number): Cause {
  const object = `pod/${pod.metadata.name}`;
  const message = oneLine(
    pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
      ?.message ?? '',
  );
  if (OF_CLAIMS.test(message)) {
    const [, missing] = /persistentvolumeclaim "(.*)" not found/.exec(message) ?? [];
    return (
      claimCause(here, pod) ?? {
        kind: 'a-claim-has-no-volume',
        object,
        what: message,
        ...(missing !== undefined && { cure: `create the claim, or ${here.wanted.apply}` }),
      }
    );
  }
  const growing = here
    .all('Event')
    .filter((one) => isScaleUp(one) && one.involvedObject?.name === pod.metadata.name)
    .find((one) => now - Date.parse(timeOf(one)) < SCALE_UP_SECONDS * 1000);
  if (growing !== undefined)
    return {
      kind: 'no-node-has-room',
      object,
      what: message,
      cure: 'wait, an autoscaler is adding a node',
      patience: NEVER,
    };
  // Which pods would have to go is said after the reasons, and in the same words.
  const [reasons = ''] = message.split(' preemption: ');
  const cure = /Insufficient|Too many pods/.test(reasons) ? missingRoom(pod, here) : cureFor(PLACES, reasons);
  return {
    kind: 'no-node-has-room',
    object,
    what: message,
    cure: cure?.replace('KUBECTL', here.wanted.kubectl) ?? 'choose smaller resources, or add a node',
  };
}

/** What the scheduler says where the claim is the cause, and not the nodes. */
const OF_CLAIMS =
  /unbound immediate PersistentVolumeClaims|persistentvolumeclaim ".*" (not found|bound to|is being deleted)|available persistent volumes to bind|enough free storage|non-existent pv/;
/** After which an autoscaler gives up a node that does not come. */
const SCALE_UP_SECONDS = 900;

/**
 * Why a claim of a pod has no volume.
 * @param certain only what an event or a missing StorageClass proves
 */
function claimCause(here: Here, pod: LiveObject, certain = false): Cause | undefined {
  const { storageClasses } = here.snapshot;
  const own = (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  for (const name of own) {
    const claim = here.find('PersistentVolumeClaim', name);
    const { phase } = claim?.status ?? {};
    if (claim === undefined || (phase !== 'Pending' && phase !== 'Lost')) continue;
    const object = `persistentvolumeclaim/${name}`;
    const wanted = claim.spec?.storageClassName;
    if (
      wanted !== undefined &&
      wanted !== '' &&
      storageClasses !== undefined &&
      !storageClasses.includes(wanted)
    )
      return {
        kind: 'a-storageclass-is-missing',
        object,
        what: `there is no StorageClass ${wanted}; the cluster has ${storageClasses.join(', ') || 'none'}`,
        cure: 'set storageClassName, delete the claim (and the StatefulSet of MySQL), and apply',
      };
    if (wanted === undefined)
      return {
        kind: 'a-storageclass-is-missing',
        object,
        what: `the claim names no StorageClass, and none is the default${storageClasses?.length ? ` (the cluster has ${storageClasses.join(', ')})` : ''}`,
        cure: 'set storageClassName, delete the claim (and the StatefulSet of MySQL), and apply',
      };
    if (phase === 'Lost')
      return {
        kind: 'a-claim-has-no-volume',
        object,
        what: 'its volume is gone (Lost)',
        cure: 'bring the PersistentVolume back, or delete the claim (what was on it is lost), and apply',
      };
    const message = here.warnings('PersistentVolumeClaim', name).at(-1)?.message;
    if (certain && message === undefined) continue;
    return {
      kind: 'a-claim-has-no-volume',
      object,
      what: oneLine(message ?? 'it waits for its volume'),
      cure: `${here.wanted.kubectl} describe ${object}`,
    };
  }
  return undefined;
}

/** Which resource is missing, and how much on the node that has the most of it, of those where the pod may be. */
function missingRoom(pod: LiveObject, { snapshot }: Here): string | undefined {
  const { nodes, allPods, forbidden } = snapshot;
  // Without the other pods each node looks empty.
  if (forbidden.includes('pods')) return undefined;
  const amount = (value: string | undefined) => parseQuantity(value ?? '0') ?? 0;
  const requests = ({ spec }: LiveObject, resource: string) => {
    if (resource === 'pods') return 1;
    const of = ({
      resources,
    }: {
      readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
    }) => amount(resources?.requests?.[resource]);
    const sum = (spec?.containers ?? []).reduce((all, one) => all + of(one), 0);
    return Math.max(sum, ...(spec?.initContainers ?? []).map(of));
  };
  const wanted = [
    'cpu',
    'memory',
    ...(pod.spec?.containers ?? []).flatMap(({ resources }) => Object.keys(resources?.requests ?? {})),
    'pods',
  ];
  const gaps = nodes
    .filter((node) => mayBeOn(pod, node))
    .map(({ metadata, status: { allocatable = {} } = {} }) => {
      const on = allPods.filter(
        ({ spec, status: { phase } = {} }) =>
          spec?.nodeName === metadata.name && phase !== 'Succeeded' && phase !== 'Failed',
      );
      const missing = [...new Set(wanted)]
        .filter((resource) => resource !== 'pods' || allocatable['pods'] !== undefined)
        .map((resource) => {
          const free =
            amount(allocatable[resource]) - on.reduce((sum, one) => sum + requests(one, resource), 0);
          return { resource, gap: requests(pod, resource) - free };
        });
      return { node: metadata.name, missing: missing.filter(({ gap }) => gap > 0) };
    });
  const best = gaps
    .filter(({ missing }) => missing.length > 0)
    .sort(
      (a, b) => a.missing.length - b.missing.length || (a.missing[0]?.gap ?? 0) - (b.missing[0]?.gap ?? 0),
    )[0];
  if (best === undefined) return undefined;
  const words = best.missing.map(({ resource, gap }) =>
    resource === 'memory' || resource === 'ephemeral-storage'
      ? `${readableBytes(gap)} of ${resource}`
      : resource === 'pods'
        ? 'a place for one more pod'
        : `${canonicalQuantity(String(Math.ceil(gap * 1000) / 1000))} ${resource === 'cpu' ? 'CPU' : resource}`,
  );
  return `node ${best.node} lacks ${words.join(' and ')}: choose smaller resources, or add a node`;
}

/** Whether a node would take the pod if it had room: by its taints and labels, as far as they are looked at here. */
function mayBeOn({ spec }: LiveObject, node: LiveObject): boolean {
  const { unschedulable = false, taints = [] } = node.spec ?? {};
  const { nodeSelector = {}, tolerations = [] } = spec ?? {};
  const isTolerated = (taint: string, of: string | undefined) =>
    tolerations.some(({ key, effect }) => (key ?? taint) === taint && (effect ?? of) === of);
  return (
    !unschedulable &&
    taints.every(({ key, effect }) => effect === 'PreferNoSchedule' || isTolerated(key, effect)) &&
    Object.entries(nodeSelector).every(([key, value]) => node.metadata.labels?.[key] === value)
  );
}
