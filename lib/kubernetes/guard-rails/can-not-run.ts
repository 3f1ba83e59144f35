import { CONTAINER_LISTS } from '../pod';
import {
  containersOf,
  type GuardedPod,
  graceOf,
  items,
  type Locate,
  mountsOf,
  securityOf,
  stepsToUser,
  type Violation,
  volumesOf,
} from './guarded-pod';

/** Pods that could never run, or that would lose requests when they stop. */

/** Directories of an image that have its programs and libraries. */
const OF_THE_SYSTEM = [
  '/bin',
  '/dev',
  '/etc',
  '/lib',
  '/lib64',
  '/sbin',
  '/sys',
  '/usr',
  '/usr/bin',
  '/usr/lib',
  '/usr/local',
  '/usr/local/bin',
  '/usr/sbin',
  '/var',
];
/** Where our containers have their programs. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  milvus: ['/var/lib', '/var/lib/milvus', '/var/lib/milvus/bin', '/var/lib/milvus/lib'],
  mishards: ['/source', '/source/mishards'],
};

/** A volume over the root, or over the programs of a container, hides what it runs. */
export function nothingIsHidden({ pod }: GuardedPod): Violation[] {
  const own = new Map(containersOf(pod.own).map(({ container }) => [container.name, container]));
  return containersOf(pod.template).flatMap(({ container, where }) => {
    const ours = own.get(container.name);
    const mounts = ours === undefined ? [] : mountsOf(ours, where).map(({ place }) => place);
    const hidden = ours === undefined ? [] : [...OF_THE_SYSTEM, ...(PROGRAMS[container.name] ?? [])];
    return mountsOf(container, where).flatMap(({ mountPath, place, steps }): Violation[] => {
      if (mounts.includes(place)) return [];
      const problem = (expected: string, fix: string): Violation => ({
        steps,
        given: JSON.stringify(mountPath),
        expected,
        fix,
      });
      if (place === '/' || place === '/proc' || place.startsWith('/proc/'))
        return [
          problem(
            'a directory other than "/", "/proc" and below',
            'The container could not start: the mount would hide its programs, or the files of the kernel.',
          ),
        ];
      if (!hidden.includes(place)) return [];
      return [
        problem(
          'a directory that does not hide files of the image',
          `The volume would hide the programs of ${container.name}. Mount it in a directory below, or mount a single file with subPath.`,
        ),
      ];
    });
  });
}

/** The API server refuses a pod with a mount whose volume is missing. A device must be a volume of a claim. */
export function volumesAreThere({ pod, claims }: GuardedPod): Violation[] {
  const given = volumesOf(pod.template);
  const ofClaims = given.filter(({ volume }) => volume['persistentVolumeClaim'] ?? volume['ephemeral']);
  const volumes = [...given.map(({ name }) => name), ...claims];
  const blocks = [...ofClaims.map(({ name }) => name), ...claims];
  return containersOf(pod.template).flatMap(({ container, where }) => {
    const mounted = mountsOf(container, where);
    const mounts = mounted
      .filter(({ mount }) => !volumes.includes(String(mount['name'])))
      .map(({ mount, steps }) => ({
        steps: [...steps, 'name'],
        given: JSON.stringify(mount['name']),
        expected: `a volume of the pod: ${volumes.join(', ')}`,
      }));
    const devices = items(container['volumeDevices'])
      .filter(
        ({ name }) => !blocks.includes(String(name)) || mounted.some(({ mount }) => mount['name'] === name),
      )
      .map(({ name, devicePath }) => ({
        steps: [...where, 'volumeDevices', ['devicePath', String(devicePath)], 'name'] as const,
        given: JSON.stringify(name),
        expected: 'a volume of a claim, which the container does not mount, too',
      }));
    return [...mounts, ...devices];
  });
}

/** Containers that run at the same time share the ports of the pod; a port of the node belongs to one pod. */
export function portsAreFree({ pod }: GuardedPod, at: Locate): Violation[] {
  const owners = new Map<string, string>();
  const ours = new Set(containersOf(pod.own).map(({ container }) => container.name));
  return containersOf(pod.template)
    .filter(({ list, container }) => list === 'containers' || container['restartPolicy'] === 'Always')
    .sort((a, b) => Number(ours.has(b.container.name)) - Number(ours.has(a.container.name)))
    .flatMap(({ container, where }) =>
      items(container['ports']).flatMap(({ containerPort, hostPort, protocol = 'TCP' }): Violation[] => {
        const problem = (key: string, port: unknown, expected: string): Violation => ({
          path: `${at(...where, 'ports', ['containerPort', String(containerPort)])}.${key}`,
          given: String(port),
          expected,
        });
        const taken = (key: string, port: unknown): Violation[] => {
          const use = `${key} ${port} ${protocol}`;
          const owner = owners.get(use);
          if (owner === undefined) owners.set(use, container.name);
          if (owner === undefined || (owner === container.name && key === 'containerPort')) return [];
          return [
            problem(
              key,
              port,
              `a port other than that of ${owner}: the containers of a pod share their ports`,
            ),
          ];
        };
        if (pod.template.spec['hostNetwork'] === true && hostPort && hostPort !== containerPort) {
          const expected = `${containerPort}, the containerPort: with hostNetwork they are one`;
          return [problem('hostPort', hostPort, expected)];
        }
        const found = taken('containerPort', containerPort);
        return found.length > 0 || !hostPort ? found : taken('hostPort', hostPort);
      }),
    );
}

/** With runAsNonRoot the kubelet starts nothing that may be root. */
export function nonRootHasUser({ pod }: GuardedPod): Violation[] {
  const inherited = securityOf(pod.template.spec);
  return containersOf(pod.template).flatMap(({ container, where }): Violation[] => {
    const { runAsNonRoot, runAsUser } = { ...inherited, ...securityOf(container) };
    if (runAsNonRoot !== true || (typeof runAsUser === 'number' && runAsUser !== 0)) return [];
    return [
      {
        steps: stepsToUser(container, where),
        given: `${runAsUser === 0 ? '0, which is root,' : 'no user'} with runAsNonRoot: true`,
        expected: 'the number of a user other than root',
        fix: `The kubelet would never start ${container.name}. If it has to be root, write runAsNonRoot: false into its securityContext, too.`,
      },
    ];
  });
}

export function uniqueNames({ pod }: GuardedPod): Violation[] {
  const seen = new Set<string>();
  return [...containersOf(pod.own), ...containersOf(pod.template)].flatMap(({ list, container, where }) => {
    const { name } = container;
    const key = `${list} ${name}`;
    if (seen.has(key)) return [];
    seen.add(key);
    if (!CONTAINER_LISTS.some((other) => other !== list && seen.has(`${other} ${name}`))) return [];
    return [
      {
        steps: where,
        given: JSON.stringify(name),
        expected: 'a name that no other container of the pod has, init containers included',
      },
    ];
  });
}

/** A pod that is killed while it still serves loses its requests. */
export function stopsInTime({ section, pod }: GuardedPod): Violation[] {
  const seconds = graceOf(pod.template);
  const { drainSeconds } = pod;
  if (drainSeconds === undefined || seconds > drainSeconds) return [];
  return [
    {
      steps: ['spec', 'terminationGracePeriodSeconds'],
      given: String(seconds),
      expected: `more than ${drainSeconds}: a stopping pod goes on serving for that many seconds`,
      ...(section === 'readonly' && {
        fix: 'If your DNS caches answers for a shorter time, lower mishards.dnsCacheSeconds.',
      }),
    },
  ];
}
