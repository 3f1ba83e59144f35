import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isCredentialName, type Problem, parsePath, showValue, suggest } from '../config/problems';
import { parseQuantity } from '../config/quantities';
import {
  annotations,
  bytesQuantity,
  cpuQuantity,
  dnsLabel,
  image,
  inSeconds,
  labels,
  memoryQuantity,
  mendings,
  objectName,
} from '../config/rules';
import { type PodSection, type PodTemplatePatch, WRITABLE_GRACE_SECONDS } from '../config/settings';
import { otherResources, type ResourcesInput } from '../config/sizing';
import { isMapping, valueAt } from '../config/validate';
import { CONTAINER_LISTS, type ContainerJson, DEFAULT_GRACE_SECONDS, type Pod } from './pod';
import { checkPodTemplate } from './pod-schema';
import { APP_ARMOR, restrictedViolations } from './pod-security';
import { fieldPath, itemPath } from './strategic-merge';

/**
 * What a podTemplate must not change. The rules compare the merged template with that of this project.
 * A violation is reported at the place where the user wrote it.
 */

/** The pods of a workload, and the section of the configuration that describes them. */
export interface GuardedPod {
  readonly section: PodSection;
  readonly pod: Pod;
  /** Claims of a StatefulSet, which are volumes of the pod, too. */
  readonly claims: readonly string[];
}

type Rule = (pod: GuardedPod, at: Locate) => readonly Problem[];

/** A step down a template: a key, or the item of a list by its merge key. */
type Step = string | number | readonly [key: string, value: string];
/** Where the user wrote it, as far down as it goes. */
type Locate = (...steps: readonly Step[]) => string;

/** The option that says how much a container gets. */
const SIZED_BY: Readonly<Record<string, string>> = {
  milvus: 'resources',
  mishards: 'resources',
  mysql: 'resources',
  metrics: 'exporter.resources',
  minio: 'resources',
  admin: 'resources',
  dump: 'resources',
  upload: 'resources',
  download: 'resources',
  load: 'resources',
  'smoke-test': 'resources',
};

/** Made once, because a cluster has many names to check. */
const FORMS = {
  labels: labels(),
  annotations: annotations(),
  dnsLabel: dnsLabel(),
  objectName: objectName(),
  image: image(),
  cpu: cpuQuantity(),
  memory: memoryQuantity(),
  storage: bytesQuantity(),
};

/** Variables that a program reads as settings of this project, besides those that it has been given. */
const RESERVED_VARIABLES: Readonly<Record<string, RegExp>> = {
  milvus: /^POD_NAME$/,
  mishards:
    /^(WOSERVER|SQLALCHEMY_DATABASE_URI|MYSQL_\w+|SERVER_PORT|MAX_WORKERS|MAX_RETRY|LOG_LEVEL|LOG_PATH|pool_(size|recycle|timeout|pre_ping)|max_overflow|STOP_SECONDS|MISHARDS_COMMANDS|HEALTH_PORT|PYTHON\w+|DISCOVERY_\w+|TRAC(ER|ING)_\w+)$/,
  mysql: /^MYSQL_(DATABASE|USER|(ROOT_)?PASSWORD(_FILE)?|ROOT_HOST|ALLOW_EMPTY_PASSWORD)$/,
};

const KEEP = 'It belongs to this project. Change it under its own name, or add others beside it.';

const RULES: readonly Rule[] = [
  nothingIsLost,
  ownPartsStay,
  ownMountsStay,
  ownVariablesStay,
  ownProgramsStay,
  ownVolumesStay,
  nothingIsHidden,
  volumesAreThere,
  portsAreFree,
  canStart,
  ownerOfFiles,
  fixedFields,
  ownLabels,
  uniqueNames,
  noCredentials,
  versionedImages,
  wellFormed,
  inRange,
  modes,
  amounts,
  tolerations,
  stopsInTime,
];

/** All violations, in the order of the rules. */
export function violations(pod: GuardedPod): readonly Problem[] {
  const at = locator(pod.pod.patches);
  const told = RULES.flatMap((rule) => rule(pod, at));
  // What the merge made of a place that must not be changed at all is not said beside that.
  return [...told, ...fitsTheSchema(pod, at).filter(({ path }) => !told.some((one) => one.path === path))];
}

/** Warnings about a pod that works. */
export function cautions({ section, pod }: GuardedPod): readonly string[] {
  const at = locator(pod.patches);
  const known = new Set(restrictedViolations(pod.own).map(({ what }) => what));
  const refused = restrictedViolations(pod.template)
    .filter(({ what }) => !known.has(what))
    .map(
      ({ steps, what }) =>
        `${at(...steps)}: ${what}; a namespace with Pod Security "restricted" refuses the pods`,
    );
  const ours = containersOf(pod.own).map(([, { name }]) => name);
  const lasting = items(pod.own.spec['restartPolicy'] === 'Never' ? pod.template.spec.containers : [])
    .map(({ name }) => String(name))
    .filter((name) => !ours.includes(name))
    .map(
      (name) =>
        `${at('spec', 'containers', ['name', name])}: a Job ends only after ${name} has ended; put a container that does not end into initContainers, with restartPolicy: Always`,
    );
  const told = [...refused, ...lasting];
  const grace = pod.template.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return section === 'writable' && grace < WRITABLE_GRACE_SECONDS
    ? [
        ...told,
        `${at('spec', 'terminationGracePeriodSeconds')}: ${grace} seconds may be too few for the writable to flush and to finish an index build; the default is ${WRITABLE_GRACE_SECONDS}`,
      ]
    : told;
}

/**
 * Containers of a patch that no pod has, and that are no new containers because they have no image. `pods` are all pods
 * that the patch is for.
 */
export function unknownContainers(
  { path, patch }: PodTemplatePatch,
  pods: readonly Pod[],
): readonly Problem[] {
  const spec = patch['spec'];
  // The cluster has no pods of this section.
  if (!isMapping(spec) || pods.length === 0) return [];
  return CONTAINER_LISTS.flatMap((list) => {
    const known = [
      ...new Set(
        pods.flatMap(({ own, template }) =>
          [...(own.spec[list] ?? []), ...items(template.spec[list])].map(({ name }) => String(name)),
        ),
      ),
    ];
    return items(spec[list]).flatMap((container) => {
      const { name, image: given, ...rest } = container;
      const order = Object.keys(rest).length === 0;
      if (typeof given === 'string' || name === undefined || order || known.includes(String(name))) return [];
      const meant = suggest(String(name), known);
      return [
        {
          path: itemPath(`${path}.spec.${list}`, list, container, 0),
          given: 'a container without an image',
          expected: `the name of a container of these pods${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
          fix: `The pods have ${known.join(', ') || 'none'}. A new container needs an image.`,
        },
      ];
    });
  });
}

// Where it was written -------------------------------------------------------------------------------------------------

/** The place in the patch that has most of the steps; the last patch if several do. */
function locator(patches: readonly PodTemplatePatch[]): Locate {
  return (...steps) => {
    const [best] = [...patches]
      .reverse()
      .map(({ path, patch }) => locate(patch, steps, path))
      .sort((a, b) => b.depth - a.depth);
    return best?.path ?? '';
  };
}

function locate(
  value: unknown,
  steps: readonly Step[],
  path: string,
  list = '',
): { path: string; depth: number } {
  const [step, ...rest] = steps;
  const here = { path, depth: 0 };
  if (step === undefined) return here;
  let found: ReturnType<typeof locate> | undefined;
  if (typeof step === 'number') {
    if (Array.isArray(value) && step < value.length) found = locate(value[step], rest, `${path}[${step}]`);
  } else if (typeof step === 'string') {
    if (isMapping(value) && Object.hasOwn(value, step)) {
      found = locate(value[step], rest, fieldPath(path, step), step);
    }
  } else if (Array.isArray(value)) {
    const index = value.findIndex((item) => isMapping(item) && String(item[step[0]]) === step[1]);
    if (index >= 0) found = locate(value[index], rest, itemPath(path, list, value[index], index));
  }
  return found === undefined ? here : { ...found, depth: found.depth + 1 };
}

/** The steps of a path: `spec.containers[name=a].ports[containerPort=80,protocol=TCP]`. */
function stepsOf(path: string): readonly Step[] {
  // The first key is enough to find an item again.
  return parsePath(path).map((step) => (typeof step === 'object' ? (step[0] ?? '') : step));
}

function formatSteps(steps: readonly Step[]): string {
  return steps.map((step) => (typeof step === 'string' ? fieldPath('x', step).slice(1) : '')).join('');
}

function items(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter(isMapping) : [];
}

type Placed = readonly [list: (typeof CONTAINER_LISTS)[number], container: ContainerJson];

function containersOf({ spec }: Pod['template']): readonly Placed[] {
  return CONTAINER_LISTS.flatMap((list) =>
    items(spec[list]).map((container) => [list, container as ContainerJson] as const),
  );
}

/** Our containers that are still there, as they were and as they are. */
function ownContainers({ own, template }: Pod) {
  return containersOf(own).flatMap(([list, before]) => {
    const after = items(template.spec[list]).find(({ name }) => name === before.name);
    const where = ['spec', list, ['name', before.name]] as const;
    return after === undefined ? [] : [{ where, before, after: after as ContainerJson }];
  });
}

/** `kubectl kustomize` would drop it silently. */
function nothingIsLost({ pod }: GuardedPod): Problem[] {
  return pod.lost.map(({ path, key }) => ({
    path,
    given: `an item without ${key}`,
    expected: `${key}, which identifies the item in the list`,
    fix: 'Without it, the item can neither change an existing one nor be a new one.',
  }));
}

// What is ours ---------------------------------------------------------------------------------------------------------

function ownPartsStay({ pod }: GuardedPod, at: Locate): Problem[] {
  const gone = (what: string, path: string): Problem => ({
    path,
    given: `a pod without the ${what}`,
    expected: `the ${what} to stay`,
    fix: KEEP,
  });
  const { own, template } = pod;
  const containers = containersOf(own)
    .filter(([list, { name }]) => !items(template.spec[list]).some((one) => one['name'] === name))
    .map(([list, { name }]) => gone(`container ${name}`, at('spec', list, ['name', name])));
  const volumes = items(own.spec.volumes)
    .map(({ name }) => String(name))
    .filter((name) => !items(template.spec.volumes).some((one) => one['name'] === name))
    .map((name) => gone(`volume ${name}`, at('spec', 'volumes', ['name', name])));
  const ports = ownContainers(pod).flatMap(({ where, before, after }) =>
    items(before['ports'])
      .filter((port) => !items(after['ports']).some((one) => isDeepStrictEqual(one, port)))
      .map(({ name, containerPort }) =>
        gone(
          `port ${name} of ${before.name}`,
          at(...where, 'ports', ['containerPort', String(containerPort)]),
        ),
      ),
  );
  return [...containers, ...volumes, ...ports];
}

/** As the kubelet takes it: from the root, without what leads nowhere. */
function plain(path: unknown): string {
  return posix.resolve('/', String(path));
}

function ownMountsStay({ pod }: GuardedPod, at: Locate): Problem[] {
  return ownContainers(pod).flatMap(({ where, before, after }) => {
    const ours = items(before.volumeMounts);
    const theirs = items(after.volumeMounts);
    const gone = ours
      .filter(({ mountPath }) => !theirs.some((mount) => plain(mount['mountPath']) === plain(mountPath)))
      .map(
        ({ name, mountPath }): Problem => ({
          path: at(...where, 'volumeMounts', ['mountPath', String(mountPath)]),
          given: `a container ${before.name} without the mount of ${name}`,
          expected: `the mount at ${mountPath} to stay`,
          fix: KEEP,
        }),
      );
    const over = theirs
      .filter((mount) => !ours.some((own) => isDeepStrictEqual(own, mount)))
      .flatMap(({ mountPath }) => {
        const place = plain(mountPath);
        const hidden = ours.find((own) =>
          `${plain(own['mountPath'])}/`.startsWith(place === '/' ? '/' : `${place}/`),
        );
        if (hidden === undefined) return [];
        return [
          {
            path: at(...where, 'volumeMounts', ['mountPath', String(mountPath)]),
            given: JSON.stringify(mountPath),
            expected: `a free path: the volume ${hidden['name']} is mounted ${plain(hidden['mountPath']) === place ? 'there' : `below it, at ${hidden['mountPath']}`}`,
            fix: 'Mount yours somewhere else.',
          },
        ];
      });
    return [...gone, ...over];
  });
}

function ownVariablesStay({ pod }: GuardedPod, at: Locate): Problem[] {
  return ownContainers(pod).flatMap(({ where, before, after }) => {
    const ours = new Map(items(before.env).map((variable) => [String(variable['name']), variable]));
    const theirs = new Map(items(after.env).map((variable) => [String(variable['name']), variable]));
    const changed = [...ours].filter(([name, variable]) => !isDeepStrictEqual(variable, theirs.get(name)));
    const reserved = [...theirs.keys()].filter(
      (name) => !ours.has(name) && RESERVED_VARIABLES[before.name]?.test(name),
    );
    return [...changed.map(([name]) => name), ...reserved].map((name) => ({
      path: at(...where, 'env', ['name', name]),
      given: theirs.has(name) ? 'another value' : 'nothing',
      expected: `${name} as this project sets it`,
      fix: 'Use the option that sets it.',
    }));
  });
}

/** What our containers run, and with how much. */
function ownProgramsStay({ section, pod }: GuardedPod, at: Locate): Problem[] {
  const fixes: Readonly<Record<string, (container: string) => string | undefined>> = {
    command: () => 'The project depends on what its containers run. Use a container of your own beside it.',
    args: (container) =>
      container === 'mysql'
        ? 'mysql.extraArgs adds arguments.'
        : container === 'metrics'
          ? 'mysql.exporter.flags adds arguments.'
          : 'The project depends on what its containers run. Use a container of your own beside it.',
    restartPolicy: () => 'The other containers of the pod wait for its end, or rely on it to go on.',
    image: () => 'Set the image under images, and its registry with imageRegistry.',
    resources: (container) =>
      SIZED_BY[container] === undefined
        ? undefined
        : `Use ${section}.${SIZED_BY[container]}: the cache sizes and the checks follow from it.`,
  };
  const hooks = ownContainers(pod).flatMap(({ where, before, after }): Problem[] => {
    const [was, is] = [before, after].map((container) => valueAt(container, ['lifecycle', 'preStop']));
    if (was === undefined || isDeepStrictEqual(was, is)) return [];
    return [
      {
        path: at(...where, 'lifecycle', 'preStop'),
        given: is === undefined ? 'nothing' : 'another preStop',
        expected: `preStop of ${before.name} as the project sets it`,
        fix: 'With it, the container goes on serving until nobody asks it any more.',
      },
    ];
  });
  const programs = ownContainers(pod).flatMap(({ where, before, after }) =>
    Object.entries(fixes).flatMap(([key, fixOf]) => {
      const fix = fixOf(before.name);
      if (fix === undefined || isDeepStrictEqual(before[key], after[key])) return [];
      return [
        {
          path: at(...where, key),
          given: after[key] === undefined ? 'nothing' : `another ${key}`,
          expected: `${key} of ${before.name} as the project sets it`,
          fix,
        },
      ];
    }),
  );
  return [...programs, ...hooks];
}

/** An emptyDir may be larger. */
function ownVolumesStay({ pod }: GuardedPod, at: Locate): Problem[] {
  const source = ({ emptyDir, ...others }: Readonly<Record<string, unknown>>) => ({
    ...others,
    emptyDir: isMapping(emptyDir) ? { ...emptyDir, sizeLimit: '' } : emptyDir,
  });
  return items(pod.own.spec.volumes).flatMap((before) => {
    const after = items(pod.template.spec.volumes).find(({ name }) => name === before['name']);
    if (after === undefined || isDeepStrictEqual(source(before), source(after))) return [];
    return [
      {
        path: at('spec', 'volumes', ['name', String(before['name'])]),
        given: 'another source',
        expected: `the volume ${before['name']} as the project sets it, or a volume with another name`,
        fix: 'Claims, paths and sizes have options of their own.',
      },
    ];
  });
}

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
function nothingIsHidden({ pod }: GuardedPod, at: Locate): Problem[] {
  const own = new Map(containersOf(pod.own).map(([, container]) => [container.name, container]));
  return containersOf(pod.template).flatMap(([list, container]) => {
    const ours = own.get(container.name);
    const mounts = items(ours?.volumeMounts).map(({ mountPath }) => plain(mountPath));
    const hidden = ours === undefined ? [] : [...OF_THE_SYSTEM, ...(PROGRAMS[container.name] ?? [])];
    return items(container.volumeMounts).flatMap(({ mountPath }): Problem[] => {
      const place = plain(mountPath);
      const path = at('spec', list, ['name', container.name], 'volumeMounts', [
        'mountPath',
        String(mountPath),
      ]);
      const given = JSON.stringify(mountPath);
      if (mounts.includes(place)) return [];
      if (place === '/' || place === '/proc' || place.startsWith('/proc/')) {
        const fix =
          'The container could not start: the mount would hide its programs, or the files of the kernel.';
        return [{ path, given, expected: 'a directory other than "/", "/proc" and below', fix }];
      }
      if (!hidden.includes(place)) return [];
      const fix = `The volume would hide the programs of ${container.name}. Mount it in a directory below, or mount a single file with subPath.`;
      return [{ path, given, expected: 'a directory that does not hide files of the image', fix }];
    });
  });
}

// What can not work ----------------------------------------------------------------------------------------------------

/** The API server refuses a pod with a mount whose volume is missing. A device must be a volume of a claim. */
function volumesAreThere({ pod, claims }: GuardedPod, at: Locate): Problem[] {
  const given = items(pod.template.spec.volumes);
  const volumes = [...given.map(({ name }) => String(name)), ...claims];
  const ofClaims = given.filter((volume) => volume['persistentVolumeClaim'] ?? volume['ephemeral']);
  const blocks = [...ofClaims.map(({ name }) => String(name)), ...claims];
  return containersOf(pod.template).flatMap(([list, container]) => {
    const where = ['spec', list, ['name', container.name]] as const;
    const mounted = items(container.volumeMounts);
    const mounts = mounted
      .filter(({ name }) => !volumes.includes(String(name)))
      .map(({ name, mountPath }) => ({
        path: at(...where, 'volumeMounts', ['mountPath', String(mountPath)], 'name'),
        given: JSON.stringify(name),
        expected: `a volume of the pod: ${volumes.join(', ')}`,
      }));
    const devices = items(container['volumeDevices'])
      .filter(({ name }) => !blocks.includes(String(name)) || mounted.some((one) => one['name'] === name))
      .map(({ name, devicePath }) => ({
        path: at(...where, 'volumeDevices', ['devicePath', String(devicePath)], 'name'),
        given: JSON.stringify(name),
        expected: 'a volume of a claim, which the container does not mount, too',
      }));
    return [...mounts, ...devices];
  });
}

/** Containers that run at the same time share the ports of the pod; a port of the node belongs to one pod. */
function portsAreFree({ pod }: GuardedPod, at: Locate): Problem[] {
  const owners = new Map<string, string>();
  const ours = new Set(containersOf(pod.own).map(([, { name }]) => name));
  return containersOf(pod.template)
    .filter(([list, container]) => list === 'containers' || container['restartPolicy'] === 'Always')
    .sort(([, a], [, b]) => Number(ours.has(b.name)) - Number(ours.has(a.name)))
    .flatMap(([list, container]) =>
      items(container['ports']).flatMap(({ containerPort, hostPort, protocol = 'TCP' }): Problem[] => {
        const where = [
          'spec',
          list,
          ['name', container.name],
          'ports',
          ['containerPort', String(containerPort)],
        ] as const;
        const taken = (key: string, port: unknown): Problem[] => {
          const owner = owners.get(`${key} ${port} ${protocol}`);
          if (owner === undefined) owners.set(`${key} ${port} ${protocol}`, container.name);
          if (owner === undefined || (owner === container.name && key === 'containerPort')) return [];
          return [
            {
              path: `${at(...where)}.${key}`,
              given: String(port),
              expected: `a port other than that of ${owner}: the containers of a pod share their ports`,
            },
          ];
        };
        if (pod.template.spec['hostNetwork'] === true && hostPort && hostPort !== containerPort) {
          const expected = `${containerPort}, the containerPort: with hostNetwork they are one`;
          return [{ path: `${at(...where)}.hostPort`, given: String(hostPort), expected }];
        }
        const found = taken('containerPort', containerPort);
        return found.length > 0 || !hostPort ? found : taken('hostPort', hostPort);
      }),
    );
}

/** With runAsNonRoot the kubelet starts nothing that may be root. */
function canStart({ pod }: GuardedPod, at: Locate): Problem[] {
  const inherited = securityOf(pod.template.spec);
  const problems = containersOf(pod.template).flatMap(([list, container]): Problem[] => {
    const { runAsNonRoot, runAsUser } = { ...inherited, ...securityOf(container) };
    if (runAsNonRoot !== true || (typeof runAsUser === 'number' && runAsUser !== 0)) return [];
    const own = securityOf(container)['runAsUser'] !== undefined;
    return [
      {
        path: own
          ? at('spec', list, ['name', container.name], 'securityContext', 'runAsUser')
          : at('spec', 'securityContext', 'runAsUser'),
        given: `${runAsUser === 0 ? '0, which is root,' : 'no user'} with runAsNonRoot: true`,
        expected: 'the number of a user other than root',
        fix: `The kubelet would never start ${container.name}. If it has to be root, write runAsNonRoot: false into its securityContext, too.`,
      },
    ];
  });
  // Of what all containers inherit once.
  return problems.filter(({ path }, index) => problems.findIndex((one) => one.path === path) === index);
}

function securityOf({
  securityContext,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isMapping(securityContext) ? securityContext : {};
}

const OWNERS: Readonly<Partial<Record<PodSection, string>>> = {
  writable: 'If the files belong to root, set writable.securityProfile: baseline.',
  readonly: 'If the files belong to root, set readonly.securityProfile: baseline.',
  mysql: 'Use mysql.runAsUser.',
  minio: 'The files of MinIO belong to that user.',
};

/** The user must stay the one who wrote the files: others of the group can not write Milvus' files (0744, 0640). */
function ownerOfFiles({ section, pod }: GuardedPod, at: Locate): Problem[] {
  const fix = OWNERS[section];
  if (fix === undefined) return [];
  const user = (template: Pod['template'], container: ContainerJson) =>
    securityOf(container)['runAsUser'] ?? securityOf(template.spec)['runAsUser'];
  return ownContainers(pod).flatMap(({ where, before, after }) => {
    const [was, is] = [user(pod.own, before), user(pod.template, after)];
    if (was === is || is === undefined) return [];
    const path =
      securityOf(after)['runAsUser'] === undefined
        ? at('spec', 'securityContext', 'runAsUser')
        : at(...where, 'securityContext', 'runAsUser');
    return [
      { path, given: String(is), expected: `${was}: the files on the volumes belong to that user`, fix },
    ];
  });
}

/** Fields of metadata that the API server writes. */
const OF_THE_SERVER = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
];

function fixedFields({ pod }: GuardedPod, at: Locate): Problem[] {
  const { own, template } = pod;
  const problems: Problem[] = OF_THE_SERVER.filter(
    (key) => (template.metadata as Readonly<Record<string, unknown>> | undefined)?.[key] !== undefined,
  ).map((key) => ({
    path: at('metadata', key),
    given: 'a value',
    expected: 'none: the API server writes it',
    fix: 'The metadata of a pod template may have labels and annotations only.',
  }));
  const { restartPolicy, enableServiceLinks, nodeSelector, activeDeadlineSeconds } = template.spec;
  if (restartPolicy !== own.spec['restartPolicy']) {
    problems.push({
      path: at('spec', 'restartPolicy'),
      given: restartPolicy === undefined ? 'nothing' : JSON.stringify(restartPolicy),
      expected: 'no value: it is Always, and Never for a Job',
      fix: 'A Deployment takes no other value. A Job retries with a new pod.',
    });
  }
  if (activeDeadlineSeconds !== undefined && own.spec['restartPolicy'] === undefined) {
    problems.push({
      path: at('spec', 'activeDeadlineSeconds'),
      given: String(activeDeadlineSeconds),
      expected: 'no value: only the pods of a Job may end',
    });
  }
  if (enableServiceLinks !== false) {
    problems.push({
      path: at('spec', 'enableServiceLinks'),
      given: enableServiceLinks === undefined ? 'nothing' : String(enableServiceLinks),
      expected: 'false',
      fix: 'A Service called "server" would set SERVER_PORT, which mishards reads as its own.',
    });
  }
  const arch = isMapping(nodeSelector) ? nodeSelector['kubernetes.io/arch'] : undefined;
  if (arch !== 'amd64') {
    problems.push({
      path: at('spec', 'nodeSelector', 'kubernetes.io/arch'),
      given: arch === undefined ? 'nothing' : JSON.stringify(arch),
      expected: 'amd64: the images exist for amd64 only',
    });
  }
  return problems;
}

function ownLabels({ pod }: GuardedPod, at: Locate): Problem[] {
  const { own, template } = pod;
  const differing = (key: 'labels' | 'annotations', reserved: RegExp) => {
    const [before, after] = [own.metadata?.[key] ?? {}, template.metadata?.[key] ?? {}];
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (name) => before[name] !== after[name] && (Object.hasOwn(before, name) || reserved.test(name)),
    );
  };
  return [
    ...differing('labels', /^(component$|app\.kubernetes\.io\/)/).map((name) => ({
      path: at('metadata', 'labels', name),
      given: 'a label that selectors use',
      expected: 'other labels than component and app.kubernetes.io/*',
    })),
    ...differing('annotations', /^cdk8s-milvus\//).map((name) => ({
      path: at('metadata', 'annotations', name),
      given: 'an annotation that restarts the pods when their configuration changes',
      expected: 'other annotations than cdk8s-milvus/*',
    })),
  ];
}

function uniqueNames({ pod }: GuardedPod, at: Locate): Problem[] {
  const seen = new Set<string>();
  return [...containersOf(pod.own), ...containersOf(pod.template)].flatMap(([list, { name }]) => {
    const key = `${list} ${name}`;
    const other = CONTAINER_LISTS.find((one) => one !== list && seen.has(`${one} ${name}`));
    if (seen.has(key)) return [];
    seen.add(key);
    if (other === undefined) return [];
    return [
      {
        path: at('spec', list, ['name', name]),
        given: JSON.stringify(name),
        expected: 'a name that no other container of the pod has, init containers included',
      },
    ];
  });
}

/** The merged template, checked against Kubernetes' schema. */
function fitsTheSchema({ pod }: GuardedPod, at: Locate): Problem[] {
  return checkPodTemplate(pod.template, '', 'merged').map((problem) => {
    const steps = stepsOf(problem.path);
    const place = at(...steps);
    // A missing field is nowhere in the patch, so its name is added to the path.
    const missing = problem.given?.startsWith('nothing') === true ? formatSteps(steps.slice(-1)) : '';
    return { ...problem, path: place.endsWith(missing) ? place : `${place}${missing}` };
  });
}

function noCredentials({ pod }: GuardedPod, at: Locate): Problem[] {
  return containersOf(pod.template).flatMap(([list, container]) => {
    const ours = items(items(pod.own.spec[list]).find(({ name }) => name === container.name)?.['env']);
    return items(container.env)
      .filter((variable) => !ours.some((own) => isDeepStrictEqual(own, variable)))
      .filter(({ name, value }) => value !== undefined && value !== '' && isCredentialName(String(name)))
      .map(({ name }) => ({
        path: at('spec', list, ['name', container.name], 'env', ['name', String(name)], 'value'),
        given: 'a value (not shown: by its name it is a credential)',
        expected: 'valueFrom.secretKeyRef',
        fix: 'Manifests are read by many: put it into a Secret.',
      }));
  });
}

function versionedImages({ pod }: GuardedPod, at: Locate): Problem[] {
  return containersOf(pod.template)
    .filter(([, { image: given }]) => given !== undefined && !FORMS.image.safeParse(given).success)
    .map(([list, { name, image: given }]) => ({
      path: at('spec', list, ['name', name], 'image'),
      given: JSON.stringify(given),
      expected: 'an image with a version: repository:tag, repository@sha256:..., or both; not "latest"',
    }));
}

/** What the API server requires of names and labels; Kubernetes' schema takes any text. */
function wellFormed({ pod }: GuardedPod, at: Locate): Problem[] {
  const { metadata, spec } = pod.template;
  const problem = (path: string, given: unknown, expected: string): Problem => ({
    path,
    given: showValue(given, []),
    expected,
  });
  const mappings = [
    [['metadata', 'labels'], metadata?.labels, FORMS.labels, 'a label'],
    [['spec', 'nodeSelector'], spec['nodeSelector'], FORMS.labels, 'a label'],
    [['metadata', 'annotations'], metadata?.annotations, FORMS.annotations, 'an annotation'],
  ] as const;
  const badLabels = mappings.flatMap(([steps, given, form, what]) =>
    Object.entries(isMapping(given) ? given : {})
      .filter(([key, value]) => !form.safeParse({ [key]: value }).success)
      .map(([key, value]) =>
        problem(
          at(...steps, key),
          form.safeParse({ [key]: '' }).success ? value : key,
          `${what}: a key of an optional domain and "/", then at most 63 letters, digits, "-", "_" and "."; a value that is a text${what === 'a label' ? ' of at most 63 of the same characters' : ''}`,
        ),
      ),
  );
  const names = [
    ...CONTAINER_LISTS.flatMap((list) =>
      items(spec[list]).map(
        ({ name }) => [['spec', list, ['name', String(name)], 'name'], name, FORMS.dnsLabel] as const,
      ),
    ),
    ...items(spec.volumes).map(
      ({ name }) => [['spec', 'volumes', ['name', String(name)], 'name'], name, FORMS.dnsLabel] as const,
    ),
    // Without its name in the path: it may be the login itself.
    ...items(spec['imagePullSecrets']).map(
      ({ name }) => [['spec', 'imagePullSecrets'], name, FORMS.objectName] as const,
    ),
    ...['priorityClassName', 'schedulerName', 'serviceAccountName', 'runtimeClassName'].flatMap((key) =>
      spec[key] === undefined ? [] : [[['spec', key], spec[key], FORMS.objectName] as const],
    ),
  ];
  const badNames = names
    .filter(([, name, form]) => !form.safeParse(name).success)
    .map(([steps, name]) =>
      problem(
        at(...steps),
        /^[\w.-]*$/.test(String(name)) ? name : '(not shown)',
        'a name of lower-case letters, digits and hyphens',
      ),
    );
  const containers = containersOf(pod.template);
  const badProfiles = Object.entries(isMapping(metadata?.annotations) ? metadata.annotations : {}).flatMap(
    ([key, value]) => {
      const [, name] = APP_ARMOR.exec(key) ?? [];
      if (name === undefined) return [];
      const path = at('metadata', 'annotations', key);
      if (!containers.some(([, container]) => container.name === name))
        return [problem(path, name, 'the name of a container of the pod')];
      return /^(runtime\/default|unconfined|localhost\/.+)$/.test(value)
        ? []
        : [problem(path, value, 'runtime/default, unconfined or localhost/<profile>')];
    },
  );
  const claims = items(spec['resourceClaims']).map(({ name }) => name);
  const badClaims = containers.flatMap(([list, { name, resources }]) =>
    items(valueAt(resources, ['claims']))
      .filter((claim) => !claims.includes(claim['name']))
      .map((claim) =>
        problem(
          at('spec', list, ['name', name], 'resources', 'claims'),
          claim['name'],
          `the name of one of spec.resourceClaims: ${claims.join(', ') || 'there is none'}`,
        ),
      ),
  );
  return [...badLabels, ...badNames, ...badProfiles, ...badClaims];
}

/** No pod waits longer than a day. */
const MOST_SECONDS = 86400;

/** What asks a port, within a probe or a lifecycle. */
const ASKERS = [[], ['preStop'], ['postStart']].flatMap((hook) =>
  ['httpGet', 'tcpSocket'].map((handler) => [...hook, handler]),
);

const TIMINGS = [
  'initialDelaySeconds',
  'periodSeconds',
  'timeoutSeconds',
  'failureThreshold',
  'successThreshold',
];

/** Numbers that the API server refuses (ValidatePodSpec, validateProbe); Kubernetes' schema takes any. */
function inRange({ pod }: GuardedPod, at: Locate): Problem[] {
  const { spec } = pod.template;
  const grace = spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  const atLeastZero = (value: unknown, ...steps: readonly Step[]): Problem[] => {
    if (typeof value !== 'number' || (value >= 0 && value <= MOST_SECONDS)) return [];
    if (value < 0) return [{ path: at(...steps), given: String(value), expected: '0 or more' }];
    const expected = `at most ${MOST_SECONDS} (one day)`;
    return [{ path: at(...steps), given: String(value), expected, fix: inSeconds(value, 0, MOST_SECONDS) }];
  };
  const probes = containersOf(pod.template).flatMap(([list, container]) =>
    ['startupProbe', 'readinessProbe', 'livenessProbe', 'lifecycle'].flatMap((probe) => {
      const where = ['spec', list, ['name', container.name], probe] as const;
      const given = container[probe];
      if (!isMapping(given)) return [];
      if (list === 'initContainers' && container['restartPolicy'] !== 'Always') {
        const expected =
          'none: an init container has ended before the pod runs, unless it has restartPolicy: Always';
        return [{ path: at(...where), given: `a ${probe}`, expected }];
      }
      const names = items(container['ports']).map(({ name }) => name);
      const unnamed = ASKERS.flatMap((handler): Problem[] => {
        const port = valueAt(given, [...handler, 'port']);
        if (typeof port !== 'string' || names.includes(port)) return [];
        const known = names.filter(Boolean).join(', ') || 'none has a name';
        const expected = `a number, or the name of a port of ${container.name}: ${known}`;
        return [{ path: at(...where, ...handler, 'port'), given: JSON.stringify(port), expected }];
      });
      if (probe === 'lifecycle') {
        const sleeps = ['preStop', 'postStart'].flatMap((hook): Problem[] => {
          const seconds = valueAt(given, [hook, 'sleep', 'seconds']);
          if (typeof seconds !== 'number' || seconds <= grace) return [];
          const path = at(...where, hook, 'sleep', 'seconds');
          return [
            { path, given: String(seconds), expected: `at most terminationGracePeriodSeconds: ${grace}` },
          ];
        });
        return [...unnamed, ...sleeps];
      }
      if (probe === 'readinessProbe' && given['terminationGracePeriodSeconds'] !== undefined) {
        const path = at(...where, 'terminationGracePeriodSeconds');
        return [{ path, given: 'a value', expected: 'none: a readinessProbe stops no container' }];
      }
      const successes = given['successThreshold'] ?? 1;
      return [
        ...unnamed,
        ...TIMINGS.flatMap((key) => atLeastZero(given[key], ...where, key)),
        ...(probe !== 'readinessProbe' && successes !== 1
          ? [
              {
                path: at(...where, 'successThreshold'),
                given: String(successes),
                expected: '1: only a readinessProbe may have another value',
              },
            ]
          : []),
      ];
    }),
  );
  const spread = items(spec['topologySpreadConstraints']).flatMap((constraint, index) =>
    ['maxSkew', 'minDomains'].flatMap((key): Problem[] => {
      const value = constraint[key];
      if (typeof value !== 'number' || value >= 1) return [];
      const path = at('spec', 'topologySpreadConstraints', index, key);
      return [{ path, given: String(value), expected: '1 or more' }];
    }),
  );
  return [
    ...atLeastZero(spec.terminationGracePeriodSeconds, 'spec', 'terminationGracePeriodSeconds'),
    ...probes,
    ...spread,
  ];
}

/** Modes of the files of a volume, and of its listed items. */
function modes({ pod }: GuardedPod, at: Locate): Problem[] {
  const check = (mode: unknown, steps: readonly Step[]): Problem[] => {
    if (typeof mode !== 'number' || (mode >= 0 && mode <= 0o777 && !MISREAD.includes(mode))) return [];
    // The digits are what was meant, if they can be octal ones.
    const octal = /^[0-7]{3}$/.test(String(mode)) ? Number.parseInt(String(mode), 8) : undefined;
    return [
      {
        path: at(...steps),
        given: `${mode}, a decimal number${mode >= 0 && mode <= 0o777 ? ` that is the mode 0${mode.toString(8)}` : ''}`,
        expected: 'a file mode from 0 to 511, in octal 0o0 to 0o777',
        fix:
          octal === undefined
            ? undefined
            : `A number that begins with 0 is decimal here: write 0o${mode}, or ${octal} in JSON.`,
      },
    ];
  };
  return items(pod.template.spec.volumes).flatMap((volume) => {
    const where = ['spec', 'volumes', ['name', String(volume['name'])]] as const;
    return Object.entries(volume).flatMap(([kind, source]) => {
      if (!isMapping(source)) return [];
      const sources = items(source['sources']).flatMap((one, index) =>
        Object.entries(one).map(([key, value]) => [value, [...where, kind, 'sources', index, key]] as const),
      );
      return [[source, [...where, kind]] as const, ...sources].flatMap(([one, steps]) =>
        isMapping(one)
          ? [
              ...check(one['defaultMode'], [...steps, 'defaultMode']),
              ...items(one['items']).flatMap(({ mode }, index) =>
                check(mode, [...steps, 'items', index, 'mode']),
              ),
            ]
          : [],
      );
    });
  });
}

/** Octal modes that are also decimal numbers of modes, of a kind that nobody wants: 0400 read as 0620, and so on. */
const MISREAD = [400, 440, 444, 500];

/** Amounts that the API server takes, but that nobody means. */
function amounts({ pod }: GuardedPod, at: Locate): Problem[] {
  const check = (form: keyof typeof FORMS, value: unknown, steps: readonly Step[]): Problem[] => {
    const text = typeof value === 'number' ? value : String(value);
    if (value === undefined || value === null || ZERO.test(String(value))) return [];
    if (FORMS[form].safeParse(text).success) return [];
    const { expected = '', fix } = mendings.get(FORMS[form]) ?? {};
    const mend = typeof fix === 'function' ? fix(text) : fix;
    return [{ path: at(...steps), given: JSON.stringify(value), expected, fix: mend }];
  };
  const ofResources = (resources: unknown, steps: readonly Step[]): Problem[] =>
    Object.entries(isMapping(resources) ? resources : {}).flatMap(([kind, given]) =>
      Object.entries(isMapping(given) ? given : {}).flatMap(([name, value]) => {
        const form = Object.hasOwn(AMOUNTS, name) ? AMOUNTS[name] : undefined;
        return form === undefined ? [] : check(form, value, [...steps, kind, name]);
      }),
    );
  return [
    ...containersOf(pod.template).flatMap(([list, { name, resources }]) => {
      const where = ['spec', list, ['name', name], 'resources'] as const;
      const found = ofResources(resources, where);
      return found.length > 0 ? found : amountsTogether(resources, at(...where));
    }),
    ...items(pod.template.spec.volumes).flatMap(({ name, emptyDir, ephemeral }) => {
      const where = ['spec', 'volumes', ['name', String(name)]] as const;
      const claim = ['volumeClaimTemplate', 'spec', 'resources'];
      return [
        ...check('storage', valueAt(emptyDir, ['sizeLimit']), [...where, 'emptyDir', 'sizeLimit']),
        ...ofResources(valueAt(ephemeral, claim), [...where, 'ephemeral', ...claim]),
      ];
    }),
  ];
}

/** Names and amounts that the API server only takes together. */
function amountsTogether(resources: unknown, where: string): readonly Problem[] {
  const [requests, limits] = ['requests', 'limits'].map((kind) => valueAt(resources, [kind]) ?? {});
  const given = { requests, limits } as ResourcesInput;
  const { problems } = otherResources(where, given);
  const larger = Object.entries(given.requests).filter(([name, request]) => {
    const limit = given.limits[name];
    return limit !== undefined && (parseQuantity(String(request)) ?? 0) > (parseQuantity(String(limit)) ?? 0);
  });
  const alone = Object.keys(given.requests).filter(
    (name) => !['cpu', 'memory', 'ephemeral-storage'].includes(name) && given.limits[name] === undefined,
  );
  const names = [...Object.keys(given.requests), ...Object.keys(given.limits)];
  const huge = names.find((name) => name.startsWith('hugepages-'));
  const paged = huge !== undefined && !names.includes('cpu') && !names.includes('memory');
  return [
    ...alone.map((name) => ({
      path: where.endsWith('resources') ? fieldPath(`${where}.limits`, name) : where,
      given: 'nothing',
      expected: `${given.requests[name]}, as requested: of ${name} no pod gets more or less than it asks for`,
    })),
    ...(paged ? [{ path: where, given: `${huge} alone`, expected: 'cpu or memory with it' }] : []),
    // Where no patch has the resources, the problem is reported for the whole container.
    ...problems.map((problem) => ({ ...problem, path: where.endsWith('resources') ? problem.path : where })),
    ...larger.map(([name, request]) => ({
      path: where.endsWith('resources') ? fieldPath(`${where}.requests`, name) : where,
      given: String(request),
      expected: `at most the limit, ${given.limits[name]}`,
    })),
  ];
}

/** Zero, in any notation: it means that there is no request. */
const ZERO = /^0+(\.0*)?([kmMGTPE]i?)?$/;
const AMOUNTS: Readonly<Record<string, 'cpu' | 'memory' | 'storage'>> = {
  cpu: 'cpu',
  memory: 'memory',
  'ephemeral-storage': 'storage',
  storage: 'storage',
};

/** What the API server requires of tolerations (ValidateTolerations). */
function tolerations({ pod }: GuardedPod, at: Locate): Problem[] {
  return items(pod.template.spec['tolerations']).flatMap((toleration, index) => {
    const { key, operator = 'Equal', value, effect, tolerationSeconds } = toleration;
    const problem = (field: string, given: string, expected: string): Problem => ({
      path: `${at('spec', 'tolerations')}[${index}].${field}`,
      given,
      expected,
    });
    return [
      ...(key === undefined && operator !== 'Exists'
        ? [problem('key', 'nothing', 'a taint key, or operator: Exists')]
        : []),
      ...(value !== undefined && value !== '' && operator === 'Exists'
        ? [problem('value', 'a value', 'no value: operator Exists matches any value')]
        : []),
      ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
        ? [problem('tolerationSeconds', String(tolerationSeconds), 'no value, or effect: NoExecute')]
        : []),
    ];
  });
}

/** A pod that is killed while it still serves loses its requests. */
function stopsInTime({ section, pod }: GuardedPod, at: Locate): Problem[] {
  const seconds = pod.template.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  const { drainSeconds } = pod;
  if (drainSeconds === undefined || seconds > drainSeconds) return [];
  return [
    {
      path: at('spec', 'terminationGracePeriodSeconds'),
      given: String(seconds),
      expected: `more than ${drainSeconds}: a stopping pod goes on serving for that many seconds`,
      ...(section === 'readonly' && {
        fix: 'If your DNS caches answers for a shorter time, lower mishards.dnsCacheSeconds.',
      }),
    },
  ];
}
