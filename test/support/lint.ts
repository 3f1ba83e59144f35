// The checks of kube-linter's default set, and some of those that it has switched off, each as a rule about manifests.
import {
  at,
  containers,
  type Fields,
  fields,
  idOf,
  items,
  type Manifest,
  namespaceOf,
  type PodTemplate,
  podTemplates,
  records,
  selects,
  text,
} from './manifests';
import { isPort, isPortName } from './names';
import { nanosOf } from './quantity';

/** A check by kube-linter's name: what is wrong, by the object that it is wrong with. */
type Check = (manifests: readonly Manifest[]) => readonly Finding[];
interface Finding {
  readonly object: Manifest;
  readonly what: string;
}

/** Findings as "check: Kind/name: what", without those that the object's own annotation excepts with a reason. */
export function lint(manifests: readonly Manifest[]): string[] {
  return Object.entries(CHECKS).flatMap(([name, check]) =>
    check(manifests)
      .filter(
        ({ object }) =>
          text(at(object, 'metadata', 'annotations', `ignore-check.kube-linter.io/${name}`)) === '',
      )
      .map(({ object, what }) => `${name}: ${idOf(object)}: ${what}`),
  );
}

/** Something about each pod. */
const pods =
  (
    check: (
      spec: Fields,
      template: { readonly labels: Fields; readonly owner: Manifest },
    ) => readonly string[],
  ): Check =>
  (manifests) =>
    podTemplates(manifests).flatMap(({ owner, spec, metadata }) =>
      check(spec, { labels: fields(metadata['labels']), owner }).map((what) => ({ object: owner, what })),
    );

/** Something about each container. */
const perContainer = (check: (container: Fields, pod: Fields) => readonly string[]): Check =>
  pods((spec) =>
    containers(spec).flatMap((container) =>
      check(container, spec).map((what) => `${text(container['name'])} ${what}`),
    ),
  );

const objects =
  (kind: string, check: (object: Manifest, all: readonly Manifest[]) => readonly string[]): Check =>
  (manifests) =>
    manifests
      .filter((object) => object.kind === kind)
      .flatMap((object) => check(object, manifests).map((what) => ({ object, what })));

const security = (container: Fields) => fields(container['securityContext']);
const when = (wrong: boolean, what: string): string[] => (wrong ? [what] : []);

const probePort = (probe: string): Check =>
  perContainer((container) => {
    const port = ['httpGet', 'tcpSocket', 'grpc']
      .map((kind) => at(container, probe, kind, 'port'))
      .find((given) => given !== undefined);
    const declared = records(container['ports'])
      .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
      .flatMap(({ name, containerPort }) => [name, containerPort]);
    return when(
      port !== undefined && !declared.includes(port),
      `probes ${String(port)}, which it does not declare`,
    );
  });

const hostField = (field: string): Check => pods((spec) => when(spec[field] === true, `uses ${field}`));

/** Paths of the host that give it away. */
const SENSITIVE = /^\/($|boot|dev|etc|lib|proc|sys|usr|var\/run\/docker\.sock|run\/containerd)/;
/** Not the kubelet's list of safe ones: kube-linter refuses all of the network's. */
const UNSAFE_SYSCTLS = ['kernel.msg', 'kernel.sem', 'kernel.shm', 'fs.mqueue.', 'net.'];
const SECRET_NAME = /secret/i;

const CHECKS: Readonly<Record<string, Check>> = {
  'dangling-service': objects('Service', (service, all) => {
    if (at(service, 'spec', 'type') === 'ExternalName') return [];
    const matchLabels = fields(at(service, 'spec', 'selector'));
    const selected = podTemplates(all).filter(
      ({ owner, metadata }) =>
        namespaceOf(owner) === namespaceOf(service) && selects({ matchLabels }, fields(metadata['labels'])),
    );
    return when(Object.keys(matchLabels).length === 0 || selected.length === 0, 'selects no pod');
  }),
  'deprecated-service-account-field': pods((spec) => when('serviceAccount' in spec, 'has serviceAccount')),
  'docker-sock': pods((spec) =>
    when(
      JSON.stringify(spec['volumes'] ?? []).includes('docker.sock'),
      "mounts the container runtime's socket",
    ),
  ),
  'drop-net-raw-capability': perContainer((container) => {
    const has = (list: 'add' | 'drop') =>
      items(at(security(container), 'capabilities', list)).some((name) =>
        ['ALL', 'NET_RAW'].includes(text(name).toUpperCase()),
      );
    return when(!has('drop') || has('add'), 'keeps NET_RAW');
  }),
  'duplicate-env-var': perContainer((container) => {
    const names = records(container['env']).map(({ name }) => name);
    return when(new Set(names).size < names.length, 'has a variable twice');
  }),
  'env-var-secret': perContainer((container) =>
    records(container['env'])
      .filter(({ name, value }) => SECRET_NAME.test(text(name)) && text(value) !== '')
      .map(({ name }) => `has ${text(name)} in the clear`),
  ),
  'host-ipc': hostField('hostIPC'),
  'host-network': hostField('hostNetwork'),
  'host-pid': hostField('hostPID'),
  'invalid-target-ports': (manifests) => [
    ...objects('Service', (service) =>
      records(at(service, 'spec', 'ports'))
        .map(({ targetPort }) => targetPort)
        .filter((port) => port !== undefined)
        .filter((port) => (typeof port === 'string' ? !isPortName(port) : !isPort(port)))
        .map((port) => `targets ${String(port)}`),
    )(manifests),
    ...perContainer((container) =>
      records(container['ports'])
        .filter(({ name }) => name !== undefined && !isPortName(text(name)))
        .map(({ name }) => `calls a port ${String(name)}`),
    )(manifests),
  ],
  'job-ttl-seconds-after-finished': (manifests) =>
    objects('Job', (job) => when(at(job, 'spec', 'ttlSecondsAfterFinished') === undefined, 'stays for ever'))(
      manifests,
    ).concat(
      objects('CronJob', (job) =>
        when(
          at(job, 'spec', 'jobTemplate', 'spec', 'ttlSecondsAfterFinished') !== undefined,
          'has two limits',
        ),
      )(manifests),
    ),
  'latest-tag': perContainer((container) =>
    when(
      !/(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(text(container['image'])) ||
        /:latest$/.test(text(container['image'])),
      'has no version',
    ),
  ),
  'liveness-port': probePort('livenessProbe'),
  'readiness-port': probePort('readinessProbe'),
  'startup-port': probePort('startupProbe'),
  'mismatching-selector': (manifests) =>
    podTemplates(manifests)
      .filter(({ owner }) => !['CronJob', 'Job', 'Pod'].includes(owner.kind))
      .filter(({ owner, metadata }) => {
        const selector = at(owner, 'spec', 'selector');
        return Object.keys(fields(selector)).length === 0 || !selects(selector, fields(metadata['labels']));
      })
      .map(({ owner }) => ({ object: owner, what: 'does not select its own pods' })),
  'no-anti-affinity': (manifests) =>
    podTemplates(manifests)
      .filter(({ owner }) => Number(at(owner, 'spec', 'replicas') ?? 1) > 1)
      .filter((template) => !keepsApart(template))
      .map(({ owner }) => ({ object: owner, what: 'may have all its pods on one node' })),
  'no-extensions-v1beta': (manifests) =>
    manifests
      .filter(({ apiVersion }) => /^extensions\/v1beta/.test(apiVersion))
      .map((object) => ({ object, what: 'is of an old API' })),
  'no-read-only-root-fs': perContainer((container) =>
    when(security(container)['readOnlyRootFilesystem'] !== true, 'can write to its root filesystem'),
  ),
  'non-existent-service-account': (manifests) =>
    podTemplates(manifests)
      .filter(({ spec }) => !['', 'default'].includes(text(spec['serviceAccountName'])))
      .filter(
        ({ owner, spec }) =>
          !manifests.some(
            (one) =>
              one.kind === 'ServiceAccount' &&
              one.metadata.name === spec['serviceAccountName'] &&
              namespaceOf(one) === namespaceOf(owner),
          ),
      )
      .map(({ owner, spec }) => ({ object: owner, what: `uses ${text(spec['serviceAccountName'])}` })),
  'pdb-max-unavailable': objects('PodDisruptionBudget', (budget) =>
    when(['0', '0%'].includes(String(at(budget, 'spec', 'maxUnavailable'))), 'blocks every drain'),
  ),
  'pdb-min-available': objects('PodDisruptionBudget', (budget, all) => {
    const least = at(budget, 'spec', 'minAvailable');
    const replicas = podTemplates(all)
      .filter(({ metadata }) => selects(at(budget, 'spec', 'selector'), fields(metadata['labels'])))
      .map(({ owner }) => Number(at(owner, 'spec', 'replicas') ?? 1));
    return when(
      String(least) === '100%' || (typeof least === 'number' && replicas.some((count) => least >= count)),
      'blocks every drain',
    );
  }),
  'pdb-unhealthy-pod-eviction-policy': objects('PodDisruptionBudget', (budget) =>
    when(
      at(budget, 'spec', 'unhealthyPodEvictionPolicy') === undefined,
      'may keep pods that never become ready',
    ),
  ),
  'privilege-escalation-container': perContainer((container) =>
    when(security(container)['allowPrivilegeEscalation'] !== false, 'may gain privileges'),
  ),
  'privileged-container': perContainer((container) =>
    when(security(container)['privileged'] === true, 'is privileged'),
  ),
  'run-as-non-root': perContainer((container, pod) => {
    const effective = (field: string) => security(container)[field] ?? at(pod, 'securityContext', field);
    const [user, group] = [Number(effective('runAsUser')), Number(effective('runAsGroup'))];
    if (user > 0 && group > 0) return [];
    return [
      ...when(effective('runAsNonRoot') !== true || user === 0, 'may be root'),
      ...when(!(group > 0), "may be in root's group"),
    ];
  }),
  'sensitive-host-mounts': pods((spec) =>
    records(spec['volumes'])
      .filter((volume) => SENSITIVE.test(text(at(volume, 'hostPath', 'path'))))
      .map((volume) => `mounts ${text(at(volume, 'hostPath', 'path'))}`),
  ),
  'ssh-port': perContainer((container) =>
    when(
      records(container['ports']).some(({ containerPort }) => containerPort === 22),
      'has an SSH port',
    ),
  ),
  'unsafe-sysctls': pods((spec) =>
    records(at(spec, 'securityContext', 'sysctls'))
      .filter(({ name }) => UNSAFE_SYSCTLS.some((prefix) => text(name).startsWith(prefix)))
      .map(({ name }) => `sets ${text(name)}`),
  ),
  'unset-cpu-requirements': unset('cpu'),
  'unset-memory-requirements': unset('memory'),

  // Not in the default set, and wanted here.
  'non-isolated-pod': (manifests) =>
    podTemplates(manifests)
      .filter(
        ({ owner, metadata }) =>
          !manifests.some(
            (policy) =>
              policy.apiVersion === 'networking.k8s.io/v1' &&
              policy.kind === 'NetworkPolicy' &&
              namespaceOf(policy) === namespaceOf(owner) &&
              selects(at(policy, 'spec', 'podSelector'), fields(metadata['labels'])),
          ),
      )
      .map(({ owner }) => ({ object: owner, what: 'is under no NetworkPolicy' })),
  'wildcard-in-rules': objects('Role', (role) =>
    when(JSON.stringify(role['rules']).includes('"*"'), 'has a wildcard'),
  ),
  'access-to-secrets': objects('Role', (role) =>
    when(
      records(role['rules']).some((rule) => items(rule['resources']).includes('secrets')),
      'may read Secrets',
    ),
  ),
  'cluster-wide-rights': (manifests) =>
    manifests
      .filter(({ kind }) => kind.startsWith('ClusterRole'))
      .map((object) => ({ object, what: 'has rights beyond its namespace' })),
};

/**
 * Whether a term of the anti-affinity, required or preferred, is about the pods themselves and about nodes: kube-linter
 * takes nothing else, topologySpreadConstraints neither.
 */
function keepsApart({ spec, metadata }: PodTemplate): boolean {
  const terms = (kind: string) => records(at(spec, 'affinity', 'podAntiAffinity', kind));
  return [
    ...terms('requiredDuringSchedulingIgnoredDuringExecution'),
    ...terms('preferredDuringSchedulingIgnoredDuringExecution').map((one) => fields(one['podAffinityTerm'])),
  ].some(
    ({ topologyKey, labelSelector, namespaces }) =>
      topologyKey === 'kubernetes.io/hostname' &&
      labelSelector !== undefined &&
      selects(labelSelector, fields(metadata['labels'])) &&
      // The template itself has no namespace, so that kube-linter takes any that is named for another.
      items(namespaces).length === 0,
  );
}

function unset(resource: string): Check {
  return perContainer((container) =>
    ['requests', 'limits']
      .filter((kind) => (nanosOf(String(at(container, 'resources', kind, resource))) ?? 0n) <= 0n)
      .map((kind) => `has no ${kind} of ${resource}`),
  );
}

/** The names of all checks. */
export const CHECK_NAMES = Object.keys(CHECKS);
