import { k8s } from 'cdk8s-plus-25';
import { canonicalQuantity } from '../config/quantities';
import type { PodTemplatePatch } from '../config/settings';
import type { Resources } from '../config/sizing';
import { isMapping } from '../mapping';
import { strategicMerge } from './strategic-merge';

/**
 * The user that Milvus, mishards and the init containers run as. It never changes: Milvus creates files that no other
 * user of the group may write (0744, 0640), so that a volume written by another uid is refused at start.
 */
const MILVUS_UID = 10001;

/** A container as it is in a manifest. */
export interface ContainerJson {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: { readonly failureThreshold?: number; readonly periodSeconds?: number };
  readonly [key: string]: unknown;
}

/** A pod template as it is in a manifest. */
export interface PodTemplateJson {
  readonly [key: string]: unknown;
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly ContainerJson[];
    readonly initContainers?: readonly ContainerJson[];
    readonly volumes?: readonly { readonly name: string; readonly [key: string]: unknown }[];
    readonly terminationGracePeriodSeconds?: number;
    readonly serviceAccountName?: string;
    readonly [key: string]: unknown;
  };
}

/** The pods of a workload. */
export interface Pod {
  /** The template as this project has it. */
  readonly own: PodTemplateJson;
  /** What the configuration has otherwise, in the order in which it was merged. */
  readonly patches: readonly PodTemplatePatch[];
  /** The template with that. */
  readonly template: PodTemplateJson;
  /** Seconds that it keeps serving after it was told to stop. */
  readonly drainSeconds?: number;
  /** What of it has no effect, since the key that tells items of its list apart is missing. */
  readonly lost: readonly LostItem[];
}

interface LostItem {
  readonly path: string;
  readonly key: string;
}

export interface PodProps {
  readonly patches: readonly PodTemplatePatch[];
  /** Seconds that a pod gets to stop. @default 30 */
  readonly terminationGracePeriodSeconds?: number;
  /** Seconds that it keeps serving after it was told to stop. @default - none */
  readonly drainSeconds?: number;
  /** Labels that the workload's selector uses. */
  readonly selectorLabels: Readonly<Record<string, string>>;
  /** Hash of what the pod reads at start. @default - none: pods of a Job are new each time */
  readonly checksum?: string;
  readonly uid?: number;
  /** For an adopted storage.path inside the image, which root owns. @default false */
  readonly asRoot?: boolean;
  /** The ServiceAccount whose token the pod uses. @default - none, and no token */
  readonly tokenOf?: string;
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

/** The pods of a workload: the project's template, and over it what the configuration has otherwise. */
export function podOf(props: PodProps): Pod {
  const own = withDefaults(k8s.toJson_PodTemplateSpec(podTemplate(props)) as PodTemplateJson);
  const { template, lost } = patched(own, props.patches);
  return {
    own,
    patches: props.patches,
    drainSeconds: props.drainSeconds,
    template: template === own ? own : withDefaults(template),
    lost,
  };
}

/**
 * What the API server fills in where it takes a mapping or a list as a whole (`x-kubernetes-map-type: atomic`). Left to
 * it, the value in the cluster is never that of the manifest, and of the ways of `kubectl apply` (client side, server
 * side, Argo CD, Flux) the second to come sees a conflict: facts of a real node. From the API's own defaults.
 */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  fieldRef: { apiVersion: 'v1' },
  resourceFieldRef: { divisor: '0' },
  serviceAccountToken: { expirationSeconds: 3600 },
};

/** A pod template with those, wherever they stand in it. */
function withDefaults<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withDefaults) as T;
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, child]) => {
      const defaults = Object.hasOwn(DEFAULTS, field) ? DEFAULTS[field] : undefined;
      return [
        field,
        defaults !== undefined && isMapping(child) ? { ...defaults, ...child } : withDefaults(child),
      ];
    }),
  ) as T;
}

/** Seconds that the pods of a workload get to stop, of which its containers have to know before they are made. */
export function graceSeconds(patches: readonly PodTemplatePatch[], fallback: number): number {
  const own = { spec: { containers: [], terminationGracePeriodSeconds: fallback } };
  const { spec } = patched(own, patches).template;
  return Number(spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
}

/** Kubernetes' own. */
export const DEFAULT_GRACE_SECONDS = 30;

function patched(own: PodTemplateJson, patches: readonly PodTemplatePatch[]): Pick<Pod, 'template' | 'lost'> {
  const lost: LostItem[] = [];
  const template = patches.reduce((base, { path, patch }) => {
    const merged = strategicMerge(base, forThisPod(patch, base), (item, key) =>
      lost.push({ path: `${path}.${item}`, key }),
    );
    return withSecurity(merged as PodTemplateJson, own);
  }, own);
  return { template, lost };
}

export const CONTAINER_LISTS = ['containers', 'initContainers'] as const;

/**
 * A patch may be for several pods. Of its containers without an image those are left out that the pod does not have:
 * they belong to another one (guard-rails/ sees to it that there is one), or give nothing but the order.
 */
function forThisPod(patch: PodTemplatePatch['patch'], { spec }: PodTemplateJson): PodTemplatePatch['patch'] {
  const given = patch['spec'];
  if (!isMapping(given)) return patch;
  const lists = CONTAINER_LISTS.flatMap((key) => {
    const list = given[key];
    if (!Array.isArray(list)) return [];
    const names = new Set((spec[key] ?? []).map(({ name }) => name));
    const kept = list.filter(
      (item) =>
        !isMapping(item) ||
        typeof item['image'] === 'string' ||
        !('name' in item) ||
        names.has(String(item['name'])),
    );
    // An empty list would take all of them away.
    return [[key, kept.length === 0 && list.length > 0 ? undefined : kept] as const];
  });
  const { ...rest } = given;
  for (const [key, kept] of lists) {
    if (kept === undefined) delete rest[key];
    else rest[key] = kept;
  }
  return { ...patch, spec: rest };
}

/** A container that says nothing about its privileges gets none, so that the pod stays within `restricted`. */
function withSecurity(template: PodTemplateJson, own: PodTemplateJson): PodTemplateJson {
  const { readOnlyRootFilesystem: _, ...security } = containerSecurity();
  const lists = CONTAINER_LISTS.flatMap((key) => {
    const list = template.spec?.[key];
    if (!Array.isArray(list)) return [];
    const ours = new Set((own.spec[key] ?? []).map(({ name }) => name));
    return [
      [
        key,
        list.map((container: ContainerJson) =>
          ours.has(container.name) || container['securityContext'] !== undefined
            ? container
            : { ...container, securityContext: security },
        ),
      ],
    ];
  });
  // A patch may take all of it away, which is refused (guard-rails/).
  return { ...template, spec: { ...template.spec, containers: [], ...Object.fromEntries(lists) } };
}

/** A pod template as `restricted` wants it, as far as its image allows. */
function podTemplate(props: PodProps): k8s.PodTemplateSpec {
  const uid = props.uid ?? MILVUS_UID;
  const identity: k8s.PodSecurityContext = props.asRoot
    ? { runAsUser: 0, fsGroup: props.fsGroup ?? uid }
    : { runAsNonRoot: true, runAsUser: uid, runAsGroup: uid, fsGroup: props.fsGroup ?? uid };
  return {
    metadata: {
      labels: {
        ...props.selectorLabels,
        'app.kubernetes.io/component': String(props.selectorLabels['component']),
      },
      annotations: props.checksum === undefined ? undefined : { 'cdk8s-milvus/checksum': props.checksum },
    },
    spec: {
      restartPolicy: props.restartPolicy,
      serviceAccountName: props.tokenOf,
      automountServiceAccountToken: props.tokenOf !== undefined,
      // A Service called "server" would otherwise inject SERVER_PORT, which mishards reads as its own.
      enableServiceLinks: false,
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
      terminationGracePeriodSeconds: props.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
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

/**
 * A new pod is ready before an old one goes. Otherwise a single reader or proxy would be missed, and of several the
 * others would do its work while its caches load. Right wherever there is room for one more. Where there is not,
 * the new reader takes the room of the writable, which stops before it starts; a priority tells the scheduler who is
 * first (docs/how-to/operate.md). No PriorityClass is made here: it belongs to the whole cluster.
 */
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
export function startSeconds(pod: Pod): number {
  const { spec } = pod.template;
  const waits = (spec.initContainers ?? []).flatMap(({ env }) =>
    (env ?? []).filter(({ name }) => name === 'WAIT_SECONDS').map(({ value }) => Number(value)),
  );
  return PULL_SECONDS + waits.reduce((sum, seconds) => sum + seconds, 0) + startupSeconds(pod);
}

/** Seconds that the startup probes of a pod allow. */
export function startupSeconds({ template }: Pod): number {
  return Math.max(0, ...template.spec.containers.map(probeSeconds));
}

/** 0 without a startup probe. */
function probeSeconds({ startupProbe }: ContainerJson): number {
  return (startupProbe?.failureThreshold ?? 0) * (startupProbe?.periodSeconds ?? PROBE_PERIOD_SECONDS);
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
