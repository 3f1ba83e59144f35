import { isDeepStrictEqual } from 'node:util';
import type { PodSection } from '../../config/settings';
import { listOf } from '../../list-of';
import { isMapping, valueAt } from '../../mapping';
import { NO_RESERVED_LABEL, RESERVED_LABELS } from '../labels';
import type { ContainerJson, Pod } from '../pod';
import {
  containersOf,
  type GuardedPod,
  items,
  mountsOf,
  named,
  type OwnContainer,
  ownContainers,
  type Step,
  securityOf,
  stepsToUser,
  type Violation,
  volumesOf,
} from './guarded-pod';

/** What is ours and must stay: containers, volumes, ports, mounts, variables, programs, owners and labels. */

const KEEP = 'It belongs to this project. Change it under its own name, or add others beside it.';

export function partsStay({ pod }: GuardedPod): Violation[] {
  const { own, template } = pod;
  const gone = (what: string, steps: readonly Step[]): Violation => ({
    steps,
    given: `a pod without the ${what}`,
    expected: `the ${what} to stay`,
    fix: KEEP,
  });
  const containers = containersOf(own)
    .filter(({ list, container }) => named(template.spec[list], container.name) === undefined)
    .map(({ container, where }) => gone(`container ${container.name}`, where));
  const volumes = volumesOf(own)
    .filter(({ name }) => named(template.spec.volumes, name) === undefined)
    .map(({ name, where }) => gone(`volume ${name}`, where));
  const ports = ownContainers(pod).flatMap(({ where, before, after }) =>
    items(before['ports'])
      .filter((port) => !items(after['ports']).some((one) => isDeepStrictEqual(one, port)))
      .map(({ name, containerPort }) =>
        gone(`port ${name} of ${before.name}`, [...where, 'ports', ['containerPort', String(containerPort)]]),
      ),
  );
  return [...containers, ...volumes, ...ports];
}

export function mountsStay({ pod }: GuardedPod): Violation[] {
  return ownContainers(pod).flatMap(({ where, before, after }) => {
    const ours = mountsOf(before, where);
    const theirs = mountsOf(after, where);
    const gone = ours
      .filter(({ place }) => !theirs.some((one) => one.place === place))
      .map(
        ({ mount, mountPath, steps }): Violation => ({
          steps,
          given: `a container ${before.name} without the mount of ${mount['name']}`,
          expected: `the mount at ${mountPath} to stay`,
          fix: KEEP,
        }),
      );
    const over = theirs
      .filter(({ mount }) => !ours.some((own) => isDeepStrictEqual(own.mount, mount)))
      .flatMap(({ mountPath, place, steps }): Violation[] => {
        const taken = (expected: string): Violation[] => [
          { steps, given: JSON.stringify(mountPath), expected, fix: 'Mount yours somewhere else.' },
        ];
        const closed = ours.find(
          (own) => own.mount['readOnly'] === true && place.startsWith(`${own.place}/`),
        );
        // Nor can a file be made there to be mounted over.
        if (closed !== undefined)
          return taken(
            `a path that is not in ${closed.mountPath}: the volume ${closed.mount['name']} is read-only`,
          );
        const hidden = ours.find((own) => `${own.place}/`.startsWith(place === '/' ? '/' : `${place}/`));
        if (hidden === undefined) return [];
        const there = hidden.place === place ? 'there' : `below it, at ${hidden.mountPath}`;
        return taken(`a free path: the volume ${hidden.mount['name']} is mounted ${there}`);
      });
    return [...gone, ...over];
  });
}

/** Variables that a program reads as settings of this project, besides those that it has been given. */
const RESERVED_VARIABLES: Readonly<Record<string, RegExp>> = {
  milvus: /^POD_NAME$/,
  mishards:
    /^(WOSERVER|SQLALCHEMY_DATABASE_URI|MYSQL_\w+|SERVER_PORT|MAX_WORKERS|MAX_RETRY|LOG_LEVEL|LOG_PATH|pool_(size|recycle|timeout|pre_ping)|max_overflow|STOP_SECONDS|MISHARDS_COMMANDS|HEALTH_PORT|PYTHON\w+|DISCOVERY_\w+|TRAC(ER|ING)_\w+)$/,
  mysql: /^MYSQL_(DATABASE|USER|(ROOT_)?PASSWORD(_FILE)?|ROOT_HOST|ALLOW_EMPTY_PASSWORD)$/,
};

export function variablesStay({ pod }: GuardedPod): Violation[] {
  return ownContainers(pod).flatMap(({ where, before, after }) => {
    const byName = ({ env }: ContainerJson) =>
      new Map(items(env).map((variable) => [String(variable['name']), variable]));
    const [ours, theirs] = [byName(before), byName(after)];
    const changed = [...ours].filter(([name, variable]) => !isDeepStrictEqual(variable, theirs.get(name)));
    const reserved = [...theirs.keys()].filter(
      (name) => !ours.has(name) && RESERVED_VARIABLES[before.name]?.test(name),
    );
    return [...changed.map(([name]) => name), ...reserved].map((name) => ({
      steps: [...where, 'env', ['name', name]],
      given: theirs.has(name) ? 'another value' : 'nothing',
      expected: `${name} as this project sets it`,
      fix: 'Use the option that sets it.',
    }));
  });
}

const RUN_ANOTHER = 'The project depends on what its containers run. Use a container of your own beside it.';

/** The option that adds arguments to a container. */
const MORE_ARGUMENTS: Readonly<Record<string, string>> = {
  mysql: 'mysql.extraArgs',
  metrics: 'mysql.exporter.flags',
};

/** The option of its section that says how much a container gets. */
const SIZED_BY: Readonly<Record<string, string>> = {
  metrics: 'exporter.resources',
  ...Object.fromEntries(
    ['milvus', 'mishards', 'mysql', 'minio', 'admin', 'dump', 'upload', 'download', 'load', 'smoke-test'].map(
      (name) => [name, 'resources'],
    ),
  ),
};

/** What our containers run, and with how much. */
export function programsStay({ section, pod }: GuardedPod): Violation[] {
  return ownContainers(pod).flatMap((container) => {
    const { name } = container.before;
    const more = MORE_ARGUMENTS[name];
    const size = SIZED_BY[name];
    const fixes = {
      command: RUN_ANOTHER,
      args: more === undefined ? RUN_ANOTHER : `${more} adds arguments.`,
      restartPolicy: 'The other containers of the pod wait for its end, or rely on it to go on.',
      image: 'Set the image under images, and its registry with imageRegistry.',
      ...(size !== undefined && {
        resources: `Use ${section}.${size}: the cache sizes and the checks follow from it.`,
      }),
    };
    return Object.entries(fixes).flatMap(([key, fix]) => fieldStays(container, [key], fix));
  });
}

export function hooksStay({ pod }: GuardedPod): Violation[] {
  const steps = ['lifecycle', 'preStop'];
  const fix = 'With it, the container goes on serving until nobody asks it any more.';
  return ownContainers(pod)
    .filter(({ before }) => valueAt(before, steps) !== undefined)
    .flatMap((container) => fieldStays(container, steps, fix));
}

function fieldStays(
  { where, before, after }: OwnContainer,
  steps: readonly string[],
  fix: string,
): Violation[] {
  const is = valueAt(after, steps);
  if (isDeepStrictEqual(valueAt(before, steps), is)) return [];
  const key = steps.at(-1);
  return [
    {
      steps: [...where, ...steps],
      given: is === undefined ? 'nothing' : `another ${key}`,
      expected: `${key} of ${before.name} as the project sets it`,
      fix,
    },
  ];
}

/** An emptyDir may be larger. */
export function volumesStay({ pod }: GuardedPod): Violation[] {
  const source = ({ emptyDir, ...others }: Readonly<Record<string, unknown>>) => ({
    ...others,
    emptyDir: isMapping(emptyDir) ? { ...emptyDir, sizeLimit: '' } : emptyDir,
  });
  return volumesOf(pod.own).flatMap(({ name, volume, where }) => {
    const after = named(pod.template.spec.volumes, name);
    if (after === undefined || isDeepStrictEqual(source(volume), source(after))) return [];
    return [
      {
        steps: where,
        given: 'another source',
        expected: `the volume ${name} as the project sets it, or a volume with another name`,
        fix: 'Claims, paths and sizes have options of their own.',
      },
    ];
  });
}

const OWNERS: Readonly<Partial<Record<PodSection, string>>> = {
  writable: 'If the files belong to root, set writable.securityProfile: baseline.',
  readonly: 'If the files belong to root, set readonly.securityProfile: baseline.',
  mysql: 'Use mysql.runAsUser.',
  minio: 'The files of MinIO belong to that user.',
};

/** The user must stay the one who wrote the files: others of the group can not write Milvus' files (0744, 0640). */
export function ownerStays({ section, pod }: GuardedPod): Violation[] {
  const fix = OWNERS[section];
  if (fix === undefined) return [];
  const user = (template: Pod['template'], container: ContainerJson) =>
    securityOf(container)['runAsUser'] ?? securityOf(template.spec)['runAsUser'];
  return ownContainers(pod).flatMap(({ where, before, after }) => {
    const [was, is] = [user(pod.own, before), user(pod.template, after)];
    if (was === is || is === undefined) return [];
    return [
      {
        steps: stepsToUser(after, where),
        given: String(is),
        expected: `${was}: the files on the volumes belong to that user`,
        fix,
      },
    ];
  });
}

/** Fields that take one value alone. */
export function fieldsStay({ pod }: GuardedPod): Violation[] {
  const { restartPolicy } = pod.own.spec;
  const fields = listOf(
    {
      steps: ['restartPolicy'],
      value: restartPolicy,
      expected: 'no value: it is Always, and Never for a Job',
      fix: 'A Deployment takes no other value. A Job retries with a new pod.',
    },
    restartPolicy === undefined && {
      steps: ['activeDeadlineSeconds'],
      value: undefined,
      expected: 'no value: only the pods of a Job may end',
    },
    {
      steps: ['enableServiceLinks'],
      value: false,
      expected: 'false',
      fix: 'A Service called "server" would set SERVER_PORT, which mishards reads as its own.',
    },
    {
      steps: ['nodeSelector', 'kubernetes.io/arch'],
      value: 'amd64',
      expected: 'amd64: the images exist for amd64 only',
    },
  );
  return fields.flatMap(({ steps, value, ...words }) => {
    const found = valueAt(pod.template.spec, steps);
    const given = found === undefined ? 'nothing' : JSON.stringify(found);
    return found === value ? [] : [{ steps: ['spec', ...steps], given, ...words }];
  });
}

export function labelsStay({ pod: { own, template } }: GuardedPod): Violation[] {
  const differing = (key: 'labels' | 'annotations', reserved: RegExp) => {
    const [before, after] = [own.metadata?.[key] ?? {}, template.metadata?.[key] ?? {}];
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (name) => before[name] !== after[name] && (Object.hasOwn(before, name) || reserved.test(name)),
    );
  };
  return [
    ...differing('labels', RESERVED_LABELS).map((name) => ({
      steps: ['metadata', 'labels', name],
      ...NO_RESERVED_LABEL,
    })),
    ...differing('annotations', /^cdk8s-milvus\//).map((name) => ({
      steps: ['metadata', 'annotations', name],
      given: 'an annotation that restarts the pods when their configuration changes',
      expected: 'other annotations than cdk8s-milvus/*',
    })),
  ];
}
