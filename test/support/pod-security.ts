// The Pod Security Standards, as the admission controller checks them (k8s.io/pod-security-admission/policy), with the
// oldest, strictest list where versions differ.
import {
  at,
  containers,
  type Fields,
  fields,
  idOf,
  items,
  type Manifest,
  type PodTemplate,
  podTemplates,
  records,
  text,
} from './manifests';

export type Level = 'baseline' | 'restricted';

export const podSecurityProblems = (manifests: readonly Manifest[], level: Level): string[] =>
  podTemplates(manifests).flatMap((template) =>
    [...baseline(template), ...(level === 'restricted' ? restricted(template.spec) : [])].map(
      (problem) => `${idOf(template.owner)}: ${problem}`,
    ),
  );

type Problems = Generator<string>;

/** The pod and each of its containers, with the security context that they set themselves. */
function contextsOf(spec: Fields): { readonly who: string; readonly context: Fields }[] {
  const own = everyContainer(spec).map((one) => ({ who: who(one), context: fields(one['securityContext']) }));
  return [{ who: 'pod', context: fields(spec['securityContext']) }, ...own];
}

const everyContainer = (spec: Fields): Fields[] => [
  ...containers(spec),
  ...records(spec['ephemeralContainers']),
];

const who = (container: Fields): string => `container ${container['name']}`;

// --- baseline -------------------------------------------------------------------------------------------------

const baselineCapabilities = new Set(
  `AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID
   SYS_CHROOT`.split(/\s+/),
);

const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_syncookies',
]);

function* baseline({ metadata, spec }: PodTemplate): Problems {
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'])
    if (spec[field] === true) yield `${field} is true`;
  for (const volume of records(spec['volumes']))
    if (volume['hostPath'] !== undefined) yield `volume ${volume['name']} is a hostPath`;
  for (const { name } of records(at(spec, 'securityContext', 'sysctls'))) {
    if (!safeSysctls.has(text(name))) yield `sysctl ${name} is not a safe one`;
  }
  for (const [key, profile] of Object.entries(fields(metadata['annotations']))) {
    const allowed = /^(|runtime\/default|localhost\/.*)$/.test(text(profile));
    if (key.startsWith('container.apparmor.security.beta.kubernetes.io/') && !allowed)
      yield `AppArmor profile ${profile}`;
  }
  for (const { who: where, context } of contextsOf(spec)) {
    if (at(context, 'windowsOptions', 'hostProcess') === true) yield `${where}: hostProcess is true`;
    if (at(context, 'seccompProfile', 'type') === 'Unconfined')
      yield `${where}: seccompProfile is Unconfined`;
    if (at(context, 'appArmorProfile', 'type') === 'Unconfined')
      yield `${where}: appArmorProfile is Unconfined`;
    const { type = '', user = '', role = '' } = fields(context['seLinuxOptions']);
    if (
      !['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'].includes(text(type))
    ) {
      yield `${where}: seLinuxOptions type ${type}`;
    }
    if (user !== '' || role !== '') yield `${where}: seLinuxOptions sets user or role`;
    if (context['privileged'] === true) yield `${where}: privileged is true`;
    if (!['Default', undefined].includes(context['procMount'] as string | undefined))
      yield `${where}: procMount ${context['procMount']}`;
    for (const name of items(at(context, 'capabilities', 'add'))) {
      if (!baselineCapabilities.has(text(name))) yield `${where}: adds the capability ${name}`;
    }
  }
  for (const container of everyContainer(spec)) {
    for (const { hostPort = 0 } of records(container['ports']))
      if (hostPort !== 0) yield `${who(container)}: hostPort ${hostPort}`;
    const hooks = fields(container['lifecycle']);
    const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => container[probe]);
    for (const handler of [...probes, hooks['postStart'], hooks['preStop']]) {
      const host = at(handler, 'httpGet', 'host') ?? at(handler, 'tcpSocket', 'host') ?? '';
      if (host !== '') yield `${who(container)}: a probe or hook names the host ${host}`;
    }
  }
}

// --- restricted -----------------------------------------------------------------------------------------------

const restrictedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

function* restricted(spec: Fields): Problems {
  for (const volume of records(spec['volumes'])) {
    if (!restrictedVolumes.some((kind) => volume[kind] !== undefined))
      yield `volume ${volume['name']} is of a restricted type`;
  }
  const [pod, ...own] = contextsOf(spec);
  const inherited = pod?.context ?? {};
  if (inherited['runAsNonRoot'] === false) yield 'pod: runAsNonRoot is false';
  if (inherited['runAsUser'] === 0) yield 'pod: runAsUser is 0';
  for (const { who: where, context } of own) {
    if (context['allowPrivilegeEscalation'] !== false)
      yield `${where}: allowPrivilegeEscalation is not false`;
    if (!items(at(context, 'capabilities', 'drop')).includes('ALL'))
      yield `${where}: does not drop ALL capabilities`;
    for (const name of items(at(context, 'capabilities', 'add'))) {
      if (name !== 'NET_BIND_SERVICE') yield `${where}: adds the capability ${name}`;
    }
    if ((context['runAsNonRoot'] ?? inherited['runAsNonRoot']) !== true)
      yield `${where}: runAsNonRoot is not true`;
    if (context['runAsUser'] === 0) yield `${where}: runAsUser is 0`;
    const seccomp = text(at(context, 'seccompProfile', 'type') ?? at(inherited, 'seccompProfile', 'type'));
    if (!['RuntimeDefault', 'Localhost'].includes(seccomp))
      yield `${where}: seccompProfile is neither RuntimeDefault nor Localhost`;
  }
}
