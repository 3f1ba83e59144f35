import { isMapping } from '../mapping';
import { writeYaml } from '../yaml/write';
import { formatPath, isCredentialName, type Problem } from './problems';
import type { PodSection } from './settings';

type Patch = Readonly<Record<string, unknown>>;

const SERVER = {
  containers: ['milvus'],
  initContainers: ['wait-for-mysql', 's3-preflight', 'volume-preflight', 'render-config'],
};

/** The containers that an option of a section was about. */
const CONTAINERS: Readonly<
  Record<PodSection, Readonly<Record<'containers' | 'initContainers', readonly string[]>>>
> = {
  writable: SERVER,
  readonly: SERVER,
  mishards: {
    containers: ['mishards'],
    initContainers: ['wait-for-mysql', 'wait-for-writable'],
  },
  mysql: { containers: ['mysql'], initContainers: [] },
  minio: { containers: ['minio'], initContainers: [] },
  admin: { containers: ['admin'], initContainers: [] },
  backup: {
    containers: ['upload', 'load'],
    initContainers: ['dump', 'objects', 'dump-2', 'objects-2', 'dump-3', 'download', 'check', 'bring-back'],
  },
  smokeTest: { containers: ['smoke-test'], initContainers: [] },
};

/** A key of the pod spec of the same name and kind. */
const ofSpec = (key: string) => (value: unknown) => ({ spec: { [key]: value } });
const ofMetadata = (key: string) => (value: unknown) => ({ metadata: { [key]: value } });
/** A field of the main container. */
const ofContainer = (key: string) => (value: unknown, section: PodSection) => ({
  spec: { containers: CONTAINERS[section].containers.map((name) => ({ name, [key]: value })) },
});
/** More of a list of containers, after our own: what a merge adds is first, unless others are named before it. */
const moreOf = (key: 'containers' | 'initContainers') => (value: unknown, section: PodSection) => ({
  spec: {
    [key]: [
      ...CONTAINERS[section][key].map((name) => ({ name })),
      ...(Array.isArray(value) ? value : [value]),
    ],
  },
});

/** Options of a section that describes pods, which are in its podTemplate now. */
const POD_OPTIONS = {
  nodeSelector: ofSpec('nodeSelector'),
  tolerations: ofSpec('tolerations'),
  // It took the place of ours, of the same kind.
  affinity: (value: unknown) => {
    const { podAntiAffinity, ...rest } = isMapping(value) ? value : {};
    if (!isMapping(podAntiAffinity)) return { spec: { affinity: value } };
    const without = { preferredDuringSchedulingIgnoredDuringExecution: null };
    return { spec: { affinity: { ...rest, podAntiAffinity: { ...without, ...podAntiAffinity } } } };
  },
  topologySpreadConstraints: (value: unknown) => ({
    spec: { topologySpreadConstraints: [{ $patch: 'replace' }, ...(Array.isArray(value) ? value : [value])] },
  }),
  priorityClassName: ofSpec('priorityClassName'),
  schedulerName: ofSpec('schedulerName'),
  serviceAccountName: ofSpec('serviceAccountName'),
  terminationGracePeriodSeconds: ofSpec('terminationGracePeriodSeconds'),
  podLabels: ofMetadata('labels'),
  podAnnotations: ofMetadata('annotations'),
  imagePullPolicy: (value: unknown, section: PodSection) => ({
    spec: Object.fromEntries(
      (section === 'backup' ? (['containers', 'initContainers'] as const) : (['containers'] as const)).map(
        (key) => [key, CONTAINERS[section][key].map((name) => ({ name, imagePullPolicy: value }))],
      ),
    ),
  }),
  livenessProbe: ofContainer('livenessProbe'),
  readinessProbe: ofContainer('readinessProbe'),
  extraEnv: ofContainer('env'),
  extraVolumeMounts: ofContainer('volumeMounts'),
  extraVolumes: ofSpec('volumes'),
  extraContainers: moreOf('containers'),
  extraInitContainers: moreOf('initContainers'),
} satisfies Readonly<Record<string, (value: unknown, section: PodSection) => Patch>>;

/** What people know by another name, or as a value of the chart. */
export type PodOption = keyof typeof POD_OPTIONS;

/** An option of a section that describes pods, as a part of the configuration. */
export function inPodTemplate(section: PodSection, option: PodOption, value: unknown): Patch {
  return { [section]: { podTemplate: POD_OPTIONS[option](value, section) } };
}

const runtimeClass =
  (...sections: readonly PodSection[]) =>
  (value: unknown) =>
    Object.fromEntries(
      sections.map((section) => [section, { podTemplate: { spec: { runtimeClassName: value } } }]),
    );

/** Where a key went: from its value to what is to be written instead, as a part of the configuration. */
const MOVED: Readonly<Record<string, (value: unknown) => Patch>> = {
  imagePullSecrets: (value) => ({
    podTemplate: {
      spec: { imagePullSecrets: (Array.isArray(value) ? value : [value]).map((name) => ({ name })) },
    },
  }),
  'milvus.gpu.runtimeClassName': runtimeClass('writable', 'readonly'),
  'writable.gpu.runtimeClassName': runtimeClass('writable'),
  'readonly.gpu.runtimeClassName': runtimeClass('readonly'),
  ...Object.fromEntries(
    (Object.keys(CONTAINERS) as PodSection[]).flatMap((section) =>
      (Object.keys(POD_OPTIONS) as PodOption[]).map((option) => [
        `${section}.${option}`,
        (value: unknown) => inPodTemplate(section, option, value),
      ]),
    ),
  ),
};

/** What a key that is gone is written as now; undefined for one that never was. */
function movedTo(path: string, value: unknown): Patch | undefined {
  return Object.hasOwn(MOVED, path) ? MOVED[path]?.(value) : undefined;
}

/**
 * The problems of keys that are gone, of one section: the lines to paste are those of all of them together, so that they
 * fit below one another.
 * @param shown the value of a key as a message may show it
 */
export function movedKeys(
  parents: readonly PropertyKey[],
  keys: readonly string[],
  shown: (key: string) => unknown,
): readonly Problem[] {
  const moved = keys.flatMap((key) => {
    const path = formatPath([...parents, key]);
    const patch = movedTo(path, shown(key));
    return patch === undefined ? [] : [{ path, patch }];
  });
  const [first] = moved;
  if (first === undefined) return [];
  const lines = yamlOf(moved.map(({ patch }) => patch));
  return moved.map(({ path, patch }) => ({
    path,
    given: 'a key that is gone',
    expected: `it in ${Object.keys(patch)
      .map((section) => (section === 'podTemplate' ? section : `${section}.podTemplate`))
      .join(' and ')}, in Kubernetes' words`,
    fix: path === first.path ? `Write instead:\n${lines}` : `It is in the lines at ${first.path}.`,
  }));
}

/** Two parts of a configuration as one: what is named in both is merged, the rest of lists is put together. */
export function combined(first: unknown, second: unknown): unknown {
  if (isMapping(first) && isMapping(second)) {
    const keys = [...new Set([...Object.keys(first), ...Object.keys(second)])];
    return Object.fromEntries(
      keys.map((key) => [key, key in second ? combined(first[key], second[key]) : first[key]]),
    );
  }
  if (!Array.isArray(first) || !Array.isArray(second)) return second;
  const identity = (item: unknown) => (isMapping(item) ? (item['mountPath'] ?? item['name']) : undefined);
  const matching = (list: readonly unknown[], item: unknown) =>
    list.find((one) => identity(one) !== undefined && identity(one) === identity(item));
  return [
    ...first.map((item) => {
      const over = matching(second, item);
      return over === undefined ? item : combined(item, over);
    }),
    ...second.filter((item) => matching(first, item) === undefined),
  ];
}

function yamlOf(patches: readonly Patch[]): string {
  return writeYaml(patches.reduce<unknown>((all, patch) => combined(all, patch), {})).trimEnd();
}

/** A value without what may be a credential, and with references to the environment as they were written. */
export function withoutCredentials(
  value: unknown,
  steps: readonly PropertyKey[],
  references: ReadonlyMap<string, string>,
): unknown {
  const reference = references.get(formatPath(steps));
  if (reference !== undefined) return reference;
  if (Array.isArray(value))
    return value.map((item, index) => withoutCredentials(item, [...steps, index], references));
  if (typeof value === 'object' && value !== null) {
    const variable = 'value' in value && 'name' in value && isCredentialName(String(value.name));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        variable && key === 'value' ? HIDDEN : withoutCredentials(item, [...steps, key], references),
      ]),
    );
  }
  const key = String(steps.at(-1));
  // Of a variable whose name says no more here.
  if (typeof value !== 'string') return steps.includes('extraEnv') && key === 'value' ? HIDDEN : value;
  const hidden =
    (isCredentialName(key) && !NAMES.test(key)) ||
    (steps.includes('imagePullSecrets') && !/^[\w.-]+$/.test(value));
  return hidden || CREDENTIAL_ARGUMENT.test(value) ? HIDDEN : value;
}

const HIDDEN = '(not shown: it may be a credential)';
/** Fields that name a Secret. */
const NAMES = /^(secretName|serviceAccount\w*)$/;
const CREDENTIAL_ARGUMENT = /(passw|secret|token|access.?key|credential)\w*[=:\s]\S/i;
