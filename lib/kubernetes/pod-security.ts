import { isMapping } from '../config/validate';
import { CONTAINER_LISTS, type PodTemplateJson } from './pod';

/** A field that Pod Security "restricted" refuses, and why. */
interface PodSecurityViolation {
  readonly steps: readonly (string | readonly [key: string, value: string])[];
  readonly what: string;
}

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (isMapping(value) ? value : {});
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fields) : []);

const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];
const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

/** What the standard asks of the context of a pod and of each container. */
function ofContext(context: Fields): readonly (readonly [key: string, what: string])[] {
  const selinux = fields(context['seLinuxOptions']);
  const seccomp = fields(context['seccompProfile'])['type'];
  return [
    ...(context['runAsNonRoot'] === false ? [['runAsNonRoot', 'it may run as root'] as const] : []),
    ...(context['runAsUser'] === 0 ? [['runAsUser', 'it runs as root'] as const] : []),
    ...(seccomp === 'Unconfined' ? [['seccompProfile', 'it is without a seccomp profile'] as const] : []),
    ...(fields(context['appArmorProfile'])['type'] === 'Unconfined'
      ? [['appArmorProfile', 'it is without an AppArmor profile'] as const]
      : []),
    ...(!SELINUX_TYPES.includes(String(selinux['type'] ?? '')) || selinux['user'] || selinux['role']
      ? [['seLinuxOptions', 'it has SELinux options of its own'] as const]
      : []),
    ...(fields(context['windowsOptions'])['hostProcess'] === true
      ? [['windowsOptions', 'it is a process of the host'] as const]
      : []),
  ];
}

function ofContainer(context: Fields): readonly (readonly [key: string, what: string])[] {
  const { drop, add } = fields(context['capabilities']);
  const added = Array.isArray(add) ? add.filter((name) => name !== 'NET_BIND_SERVICE') : [];
  return [
    ...ofContext(context),
    ...(context['privileged'] === true ? [['privileged', 'it is privileged'] as const] : []),
    ...(context['allowPrivilegeEscalation'] === false
      ? []
      : [
          [
            'allowPrivilegeEscalation',
            'it may gain privileges (allowPrivilegeEscalation is not false)',
          ] as const,
        ]),
    ...(Array.isArray(drop) && drop.includes('ALL')
      ? []
      : [['capabilities', 'it does not drop ALL capabilities'] as const]),
    ...(added.length > 0 ? [['capabilities', `it adds capabilities (${added.join(', ')})`] as const] : []),
    ...(context['procMount'] !== undefined && context['procMount'] !== 'Default'
      ? [['procMount', 'it sees more of /proc'] as const]
      : []),
  ];
}

/** The annotation with the AppArmor profile of a container, from before there was a field. */
export const APP_ARMOR = /^container\.apparmor\.security\.beta\.kubernetes\.io\/(.*)$/;

/** Everything for which Pod Security "restricted" (its version of Kubernetes 1.32) refuses the pods. */
export function restrictedViolations({ metadata, spec }: PodTemplateJson): readonly PodSecurityViolation[] {
  const pod = fields(spec['securityContext']);
  const nonRoot = (context: Fields) => (context['runAsNonRoot'] ?? pod['runAsNonRoot']) === true;
  const confined = (context: Fields) =>
    context['seccompProfile'] !== undefined || pod['seccompProfile'] !== undefined;
  const containers = CONTAINER_LISTS.flatMap((key) =>
    list(spec[key]).flatMap((container): PodSecurityViolation[] => {
      const name = String(container['name']);
      const where = ['spec', key, ['name', name]] as const;
      const context = fields(container['securityContext']);
      const inherited = [
        ...(nonRoot(context) || context['runAsNonRoot'] === false
          ? []
          : [['runAsNonRoot', 'it may run as root'] as const]),
        ...(confined(context) ? [] : [['seccompProfile', 'it is without a seccomp profile'] as const]),
      ];
      return [
        ...[...ofContainer(context), ...inherited].map(([field, what]) => ({
          steps: [...where, 'securityContext', field],
          what: `${name}: ${what}`,
        })),
        ...list(container['ports'])
          .filter(({ hostPort }) => hostPort !== undefined && hostPort !== 0)
          .map(({ hostPort }) => ({
            steps: [...where, 'ports'],
            what: `${name}: it takes the port ${hostPort} of the node`,
          })),
      ];
    }),
  );
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC']
      .filter((key) => spec[key] === true)
      .map((key) => ({ steps: ['spec', key], what: `${key} is that of the node` })),
    ...list(spec.volumes)
      // One without a source is an emptyDir.
      .filter(
        (volume) => Object.keys(volume).length > 1 && !VOLUMES.some((kind) => volume[kind] !== undefined),
      )
      .map(({ name }) => ({
        steps: ['spec', 'volumes', ['name', String(name)] as const],
        what: `the volume ${name} is of a kind that is not allowed`,
      })),
    ...list(pod['sysctls'])
      .filter(({ name }) => !SYSCTLS.includes(String(name)))
      .map(({ name }) => ({
        steps: ['spec', 'securityContext', 'sysctls'],
        what: `${name} is no safe sysctl`,
      })),
    ...Object.entries(fields(metadata?.annotations))
      .filter(([key, value]) => APP_ARMOR.test(key) && value === 'unconfined')
      .map(([key]) => ({
        steps: ['metadata', 'annotations', key],
        what: `${APP_ARMOR.exec(key)?.[1]}: it is without an AppArmor profile`,
      })),
    ...ofContext(pod).map(([field, what]) => ({
      steps: ['spec', 'securityContext', field],
      what: `the pod: ${what}`,
    })),
    ...containers,
  ];
}
