import { k8s } from 'cdk8s-plus-25';
import { canonicalQuantity } from '../config/quantities';
import type { Resources } from '../config/sizing';

/**
 * The user that Milvus, mishards and the init containers run as. It never changes: Milvus creates files that no other
 * user of the group may write (0744, 0640), so that a volume written by another uid is refused at start.
 */
export const MILVUS_UID = 10001;

/** What a workload's configuration says about its pods. */
export interface PodOptions {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly object[];
  readonly affinity?: object;
  readonly priorityClassName?: string;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly topologySpreadConstraints?: readonly object[];
  readonly schedulerName?: string;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds: number;
  readonly extraEnv?: readonly object[];
  readonly extraVolumes?: readonly object[];
  readonly extraVolumeMounts?: readonly object[];
  readonly extraContainers?: readonly object[];
  readonly extraInitContainers?: readonly object[];
}

/** Timing of a probe, as far as it is configured. */
export interface ProbeTiming {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
}

/** What is the same for all images of a cluster. */
export interface ImageOptions {
  readonly imagePullPolicy: string;
  readonly imagePullSecrets: readonly string[];
}

export interface PodProps {
  readonly options: PodOptions;
  readonly imagePullSecrets: readonly string[];
  /** Labels that the workload's selector uses. */
  readonly selectorLabels: Readonly<Record<string, string>>;
  /** Hash of what the pod reads at start. @default - none: pods of a Job are new each time */
  readonly checksum?: string;
  readonly uid?: number;
  /** For an adopted storage.path inside the image, which root owns. @default false */
  readonly asRoot?: boolean;
  /** The ServiceAccount whose token the pod uses. @default - the configured one, and no token */
  readonly tokenOf?: string;
  readonly runtimeClassName?: string;
  /** Group of the volumes. @default - the uid */
  readonly fsGroup?: number;
  readonly initContainers?: readonly k8s.Container[];
  readonly containers: readonly k8s.Container[];
  readonly volumes: readonly k8s.Volume[];
  /** `Never` for a Job. @default - Always */
  readonly restartPolicy?: 'Never';
  /** Names of hosts that only this pod knows. @default - none */
  readonly hostAliases?: readonly k8s.HostAlias[];
  /** A port below 1024 that a container listens on. @default - none */
  readonly lowPort?: number;
  /** Number of pods of the workload; more than one are spread over the nodes. @default 1 */
  readonly replicas?: number;
}

/** A pod template as `restricted` wants it, as far as its image allows. */
export function podTemplate(props: PodProps): k8s.PodTemplateSpec {
  const { options } = props;
  const uid = props.uid ?? MILVUS_UID;
  const identity: k8s.PodSecurityContext = props.asRoot
    ? { runAsUser: 0, fsGroup: props.fsGroup ?? uid }
    : { runAsNonRoot: true, runAsUser: uid, runAsGroup: uid, fsGroup: props.fsGroup ?? uid };
  return {
    metadata: {
      labels: {
        ...options.podLabels,
        ...props.selectorLabels,
        'app.kubernetes.io/component': String(props.selectorLabels['component']),
      },
      annotations:
        props.checksum === undefined
          ? nonEmpty(options.podAnnotations)
          : { ...options.podAnnotations, 'cdk8s-milvus/checksum': props.checksum },
    },
    spec: {
      restartPolicy: props.restartPolicy,
      serviceAccountName: props.tokenOf ?? options.serviceAccountName,
      automountServiceAccountToken: props.tokenOf !== undefined,
      schedulerName: options.schedulerName,
      runtimeClassName: props.runtimeClassName,
      // A Service called "server" would otherwise inject SERVER_PORT, which mishards reads as its own.
      enableServiceLinks: false,
      imagePullSecrets:
        props.imagePullSecrets.length > 0 ? props.imagePullSecrets.map((name) => ({ name })) : undefined,
      securityContext: {
        ...identity,
        // Every start: volumes of adopted releases were written by root.
        fsGroupChangePolicy: 'Always',
        seccompProfile: { type: 'RuntimeDefault' },
        // A safe one since Kubernetes 1.22, which Pod Security "restricted" admits.
        sysctls:
          props.lowPort === undefined
            ? undefined
            : [{ name: 'net.ipv4.ip_unprivileged_port_start', value: String(props.lowPort) }],
      },
      hostAliases: nonEmptyList(props.hostAliases),
      terminationGracePeriodSeconds: options.terminationGracePeriodSeconds,
      nodeSelector: { ...options.nodeSelector, 'kubernetes.io/arch': 'amd64' },
      priorityClassName: options.priorityClassName,
      ...((props.replicas ?? 1) > 1 ? spread(props.selectorLabels) : {}),
      initContainers: props.initContainers ? [...props.initContainers] : undefined,
      containers: [...props.containers],
      volumes: [...props.volumes],
    },
  };
}

/**
 * Several pods go to different nodes, as far as there are any. Both ways: the constraint keeps the numbers even, and the
 * anti-affinity is what linters and older schedulers look at.
 */
function spread(selectorLabels: Readonly<Record<string, string>>): Partial<k8s.PodSpec> {
  const topologyKey = 'kubernetes.io/hostname';
  const labelSelector = { matchLabels: { ...selectorLabels } };
  return {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, podAffinityTerm: { topologyKey, labelSelector } },
        ],
      },
    },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey, whenUnsatisfiable: 'ScheduleAnyway', labelSelector },
    ],
  };
}

/** Metadata that is left out when there is none of it. */
export function nonEmpty(map: Readonly<Record<string, string>>): Record<string, string> | undefined {
  return Object.keys(map).length > 0 ? { ...map } : undefined;
}

/** A list that is left out when nothing is in it. */
export function nonEmptyList<T>(list: readonly T[] | undefined): T[] | undefined {
  return list !== undefined && list.length > 0 ? [...list] : undefined;
}

type PodSpecJson = Record<string, unknown>;

/** A new pod is ready before an old one goes. */
export const ROLLING_UPDATE: k8s.DeploymentStrategy = {
  type: 'RollingUpdate',
  rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(0), maxSurge: k8s.IntOrString.fromNumber(1) },
};

/** Seconds for a pod to be scheduled and its images to be pulled: Kubernetes' own default for all of a rollout's step. */
const PULL_SECONDS = 600;
const PROBE_PERIOD_SECONDS = 10;

/**
 * Seconds that a pod may take to start, by its own rules: what its checks wait for, and what its startup probe allows.
 * A Deployment's progressDeadlineSeconds, which has to be longer than that: 600 by default, so that a long replay of the
 * log would count as a rollout that failed (kubectl rollout status, Argo CD, Flux) while all goes as it should.
 */
export function startSeconds({ spec }: k8s.PodTemplateSpec): number {
  const waits = (spec?.initContainers ?? []).flatMap(({ env }) =>
    (env ?? []).filter(({ name }) => name === 'WAIT_SECONDS').map(({ value }) => Number(value)),
  );
  const startups = (spec?.containers ?? []).map(probeSeconds);
  return PULL_SECONDS + waits.reduce((sum, seconds) => sum + seconds, 0) + Math.max(0, ...startups);
}

/** Seconds that a startup probe allows; 0 without one. */
export function probeSeconds({ startupProbe }: k8s.Container): number {
  return (startupProbe?.failureThreshold ?? 0) * (startupProbe?.periodSeconds ?? PROBE_PERIOD_SECONDS);
}

interface WorkloadJson {
  readonly spec: {
    readonly template?: { readonly spec: PodSpecJson };
    readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: PodSpecJson } } };
  };
}

/**
 * Puts what is configured in Kubernetes' own words into the manifest of a workload as it is. The typed mapping of
 * cdk8s-plus-25 would drop, without a word, every field that is newer than Kubernetes 1.25.
 */
export function withPodOptions<T extends WorkloadJson>(manifest: T, options: PodOptions): T {
  const pod = (manifest.spec.template ?? manifest.spec.jobTemplate?.spec.template)?.spec;
  if (pod === undefined) throw new Error('the manifest has no pod template');
  const { tolerations, affinity } = options;
  if (tolerations.length > 0) pod['tolerations'] = tolerations;
  if (affinity !== undefined) pod['affinity'] = { ...(pod['affinity'] as object | undefined), ...affinity };
  if (options.topologySpreadConstraints !== undefined) {
    pod['topologySpreadConstraints'] = options.topologySpreadConstraints;
  }

  const [main] = pod['containers'] as Record<string, unknown>[];
  append(main ?? {}, 'env', options.extraEnv);
  append(main ?? {}, 'volumeMounts', options.extraVolumeMounts);
  append(pod, 'volumes', options.extraVolumes);
  append(pod, 'initContainers', options.extraInitContainers?.map(withSecurity));
  append(pod, 'containers', options.extraContainers?.map(withSecurity));
  return manifest;
}

function append(object: Record<string, unknown>, key: string, items: readonly object[] = []): void {
  if (items.length > 0) object[key] = [...((object[key] as object[] | undefined) ?? []), ...items];
}

/** A container that says nothing about its privileges gets none, so that the pod stays within `restricted`. */
function withSecurity(container: object): object {
  const { readOnlyRootFilesystem: _, ...security } = containerSecurity();
  return { securityContext: security, ...container };
}

/** A probe with the timing that is configured. */
export function timed(probe: k8s.Probe, timing: ProbeTiming): k8s.Probe {
  const given = Object.entries(timing).filter(([, value]) => value !== undefined);
  return { ...probe, ...Object.fromEntries(given) };
}

/**
 * What reviewers' tools are told about a workload that can not be `restricted`.
 * @param reason why it runs as root
 * @param writableRoot whether it also writes to its root filesystem
 */
export function baselineAnnotations(reason: string, writableRoot: boolean): Record<string, string> {
  return {
    'ignore-check.kube-linter.io/run-as-non-root': reason,
    ...(writableRoot ? { 'ignore-check.kube-linter.io/no-read-only-root-fs': reason } : {}),
  };
}

/** Privileges of a container: none, and a root filesystem that nothing writes to. */
export function containerSecurity(readOnlyRootFilesystem = true): k8s.SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem,
  };
}

export function resourceRequirements({ requests, limits }: Resources): k8s.ResourceRequirements {
  return { requests: quantities(requests), limits: quantities(limits) };
}

/** What an init container needs for a few seconds. */
export const INIT_RESOURCES = resourceRequirements({
  requests: { cpu: '50m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '128Mi' },
});

function quantities(amounts: Readonly<Record<string, string>>): Record<string, k8s.Quantity> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, quantity(amount)]));
}

/** An environment variable from a key of a Secret. */
export function secretEnv(name: string, secretName: string, key: string): k8s.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}

/** An amount as the API server stores it, so that a second apply changes nothing. */
export function quantity(amount: string | number): k8s.Quantity {
  return k8s.Quantity.fromString(canonicalQuantity(String(amount)));
}

/** A scratch volume. With `memory` it is a tmpfs, for what must never touch a disk. */
export function emptyDir(name: string, sizeLimit: string | number, memory = false): k8s.Volume {
  return { name, emptyDir: { sizeLimit: quantity(sizeLimit), medium: memory ? 'Memory' : undefined } };
}

export function configMapVolume(name: string, configMap: string, keys?: readonly string[]): k8s.Volume {
  return { name, configMap: { name: configMap, items: keys?.map((key) => ({ key, path: key })) } };
}
