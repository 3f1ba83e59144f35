/** What is read of Kubernetes' objects here; all else of them is left alone. */

export interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string | null;
  readonly generation?: number;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly uid?: string;
  }[];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: Terminated;
}

export interface ContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  /** `Always` for an init container that is a sidecar. */
  readonly restartPolicy?: string;
  readonly env?: readonly {
    readonly name: string;
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string } };
  }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly { readonly key?: string; readonly effect?: string }[];
  readonly schedulingGates?: readonly { readonly name: string }[];
  readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName: string } }[];
}

export interface PodTemplate {
  readonly metadata?: Pick<Meta, 'labels' | 'annotations'>;
  readonly spec?: PodSpec;
}

/** Any object: each kind has some of these. */
export interface LiveObject {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: Meta;
  readonly spec?: PodSpec & {
    readonly replicas?: number;
    readonly template?: PodTemplate;
    readonly suspend?: boolean;
    readonly updateStrategy?: { readonly type?: string };
    readonly storageClassName?: string;
    /** Of a Node. */
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly effect?: string }[];
    readonly type?: string;
    readonly clusterIP?: string;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly nodePort?: number }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly completionTime?: string;
    readonly lastScheduleTime?: string;
    readonly lastSuccessfulTime?: string;
    readonly active?: readonly { readonly name: string }[] | number;
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly updateRevision?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
  /** Of an Event. */
  readonly involvedObject?: {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
    readonly fieldPath?: string;
  };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string | null;
}

export interface ObjectList {
  readonly items: readonly LiveObject[];
}

/** As kubectl names it. */
export const nameOf = ({ kind, metadata }: LiveObject): string => `${kind.toLowerCase()}/${metadata.name}`;

/** Whether an object is owned by one of a kind, or by a certain one of it. */
export const isOwnedBy = ({ metadata }: LiveObject, kind: string, name?: string): boolean =>
  metadata.ownerReferences?.some(
    (owner) => owner.kind === kind && (name === undefined || owner.name === name),
  ) === true;

/** The condition of a type, where it is in this state, if that matters. */
export const conditionOf = ({ status }: LiveObject, type: string, state?: string): Condition | undefined =>
  status?.conditions?.find((one) => one.type === type && (state === undefined || one.status === state));

export const isTrue = (object: LiveObject, type: string): boolean =>
  conditionOf(object, type, 'True') !== undefined;
export const isReady = (pod: LiveObject): boolean => isTrue(pod, 'Ready');
/** Whether a Job is over. */
export const isEnded = (job: LiveObject): boolean => isTrue(job, 'Complete') || isTrue(job, 'Failed');
/** Why a pod has no node yet. */
export const unscheduled = (pod: LiveObject): Condition | undefined =>
  conditionOf(pod, 'PodScheduled', 'False');
export const isUnschedulable = (pod: LiveObject): boolean => unscheduled(pod)?.reason === 'Unschedulable';

/** When an event was seen last. */
export const timeOf = ({ lastTimestamp, eventTime, firstTimestamp }: LiveObject): string =>
  lastTimestamp ?? eventTime ?? firstTimestamp ?? '';

export const containersOf = ({ spec }: LiveObject): readonly Container[] => [
  ...(spec?.initContainers ?? []),
  ...(spec?.containers ?? []),
];

/** Of all containers of a pod, those that come first at the front. */
export function statusesOf({ status }: LiveObject): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/** Init containers in their order, without the sidecars among them, which run as long as the pod does. */
export function initStatusesOf({ spec, status }: LiveObject): readonly ContainerStatus[] {
  const isSidecar = ({ name }: ContainerStatus) =>
    spec?.initContainers?.some((one) => one.name === name && one.restartPolicy === 'Always') === true;
  return (status?.initContainerStatuses ?? []).filter((one) => !isSidecar(one));
}

/** Whether a container has ended, and not well. */
export const hasFailed = ({ terminated }: ContainerState): boolean => (terminated?.exitCode ?? 0) !== 0;
