import { isMapping } from '../mapping';
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

/** A field of a context, whether the standard refuses it, and why. */
type Row = readonly [key: string, isRefused: boolean, what: string];

/** What the standard asks of the context of a pod and of each container. */
function ofContext(context: Fields): readonly Row[] {
  const selinux = fields(context['seLinuxOptions']);
  const hasOwnOptions =
    !SELINUX_TYPES.includes(String(selinux['type'] ?? '')) || Boolean(selinux['user'] || selinux['role']);
  const profile = (key: string) => fields(context[key])['type'];
  return [
    ['runAsNonRoot', context['runAsNonRoot'] === false, 'it may run as root'],
    ['runAsUser', context['runAsUser'] === 0, 'it runs as root'],
    ['seccompProfile', profile('seccompProfile') === 'Unconfined', 'it is without a seccomp profile'],
    ['appArmorProfile', profile('appArmorProfile') === 'Unconfined', 'it is without an AppArmor profile'],
    ['seLinuxOptions', hasOwnOptions, 'it has SELinux options of its own'],
    [
      'windowsOptions',
      fields(context['windowsOptions'])['hostProcess'] === true,
      'it is a process of the host',
    ],
  ];
}

/** And of each container alone, which has from the pod what it leaves open. */
function ofContainer(context: Fields, pod: Fields): readonly Row[] {
  const { drop, add } = fields(context['capabilities']);
  const added = Array.isArray(add) ? add.filter((name) => name !== 'NET_BIND_SERVICE') : [];
  const { procMount = 'Default' } = context;
  const nonRoot = context['runAsNonRoot'] ?? pod['runAsNonRoot'];
  const isConfined = context['seccompProfile'] !== undefined || pod['seccompProfile'] !== undefined;
  return [
    ...ofContext(context),
    ['privileged', context['privileged'] === true, 'it is privileged'],
    [
      'allowPrivilegeEscalation',
      context['allowPrivilegeEscalation'] !== false,
      'it may gain privileges (allowPrivilegeEscalation is not false)',
    ],
    ['capabilities', !(Array.isArray(drop) && drop.includes('ALL')), 'it does not drop ALL capabilities'],
    ['capabilities', added.length > 0, `it adds capabilities (${added.join(', ')})`],
    ['procMount', procMount !== 'Default', 'it sees more of /proc'],
    ['runAsNonRoot', nonRoot !== true && context['runAsNonRoot'] !== false, 'it may run as root'],
    ['seccompProfile', !isConfined, 'it is without a seccomp profile'],
  ];
}

function refused(
  rows: readonly Row[],
  where: PodSecurityViolation['steps'],
  who: string,
): PodSecurityViolation[] {
  return rows
    .filter(([, isRefused]) => isRefused)
    .map(([key, , what]) => ({ steps: [...where, 'securityContext', key], what: `${who}: ${what}` }));
}

/** The annotation with the AppArmor profile of a container, from before there was a field. */
export const APP_ARMOR = /^container\.apparmor\.security\.beta\.kubernetes\.io\/(.*)$/;

/** Everything for which Pod Security "restricted" (its version of Kubernetes 1.32) refuses the pods. */
export function restrictedViolations({ metadata, spec }: PodTemplateJson): readonly PodSecurityViolation[] {
  const pod = fields(spec['securityContext']);
  const containers = CONTAINER_LISTS.flatMap((key) =>
    list(spec[key]).flatMap((container) => {
      const name = String(container['name']);
      const where = ['spec', key, ['name', name]] as const;
      return [
        ...refused(ofContainer(fields(container['securityContext']), pod), where, name),
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
    ...refused(ofContext(pod), ['spec'], 'the pod'),
    ...containers,
  ];
}
