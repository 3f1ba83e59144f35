import { didYouMean, type Problem, showValue, suggest } from '../../config/problems';
import { annotations, dnsLabel, labels, objectName } from '../../config/rules';
import type { PodTemplatePatch } from '../../config/settings';
import { listOf } from '../../list-of';
import { isMapping, valueAt } from '../../mapping';
import { CONTAINER_LISTS, type Pod } from '../pod';
import { checkPodTemplate } from '../pod-schema';
import { APP_ARMOR } from '../pod-security';
import { itemPath } from '../strategic-merge';
import {
  containersOf,
  type GuardedPod,
  items,
  type Locate,
  placeOf,
  type Step,
  type Violation,
  volumesOf,
} from './guarded-pod';

/** What the API server refuses, or drops, of the template as a whole. */

/** Made once, because a cluster has many names to check. */
const FORMS = {
  labels: labels(),
  annotations: annotations(),
  dnsLabel: dnsLabel(),
  objectName: objectName(),
};

/** The merged template, checked against Kubernetes' schema. */
export function fitsTheSchema({ pod }: GuardedPod, at: Locate): Problem[] {
  return checkPodTemplate(pod.template, '', 'merged').map((problem) => ({
    ...problem,
    path: placeOf(problem, at),
  }));
}

/** `kubectl kustomize` would drop it silently. */
export function nothingIsLost({ pod }: GuardedPod): Violation[] {
  return pod.lost.map(({ path, key }) => ({
    path,
    given: `an item without ${key}`,
    expected: `${key}, which identifies the item in the list`,
    fix: 'Without it, the item can neither change an existing one nor be a new one.',
  }));
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

export function metadataIsFree({ pod }: GuardedPod): Violation[] {
  return OF_THE_SERVER.filter((key) => valueAt(pod.template.metadata, [key]) !== undefined).map((key) => ({
    steps: ['metadata', key],
    given: 'a value',
    expected: 'none: the API server writes it',
    fix: 'The metadata of a pod template may have labels and annotations only.',
  }));
}

/** Kubernetes' schema takes any text. */
export function wellFormedLabels({ pod }: GuardedPod): Violation[] {
  const { metadata, spec } = pod.template;
  const mappings = [
    [['metadata', 'labels'], metadata?.labels, FORMS.labels, 'a label'],
    [['spec', 'nodeSelector'], spec['nodeSelector'], FORMS.labels, 'a label'],
    [['metadata', 'annotations'], metadata?.annotations, FORMS.annotations, 'an annotation'],
  ] as const;
  return mappings.flatMap(([steps, given, form, what]) =>
    Object.entries(isMapping(given) ? given : {})
      .filter(([key, value]) => !form.safeParse({ [key]: value }).success)
      .map(([key, value]) => ({
        steps: [...steps, key],
        given: showValue(form.safeParse({ [key]: '' }).success ? value : key, []),
        expected: `${what}: a key of an optional domain and "/", then at most 63 letters, digits, "-", "_" and "."; a value that is a text${what === 'a label' ? ' of at most 63 of the same characters' : ''}`,
      })),
  );
}

export function wellFormedNames({ pod }: GuardedPod): Violation[] {
  const { template } = pod;
  const { spec } = template;
  const objects = ['priorityClassName', 'schedulerName', 'serviceAccountName', 'runtimeClassName'];
  const names: readonly (readonly [steps: readonly Step[], name: unknown, form: keyof typeof FORMS])[] = [
    ...containersOf(template).map(
      ({ container, where }) => [[...where, 'name'], container.name, 'dnsLabel'] as const,
    ),
    ...volumesOf(template).map(
      ({ volume, where }) => [[...where, 'name'], volume['name'], 'dnsLabel'] as const,
    ),
    // Without its name in the path: it may be the login itself.
    ...items(spec['imagePullSecrets']).map(
      ({ name }) => [['spec', 'imagePullSecrets'], name, 'objectName'] as const,
    ),
    ...objects
      .filter((key) => spec[key] !== undefined)
      .map((key) => [['spec', key], spec[key], 'objectName'] as const),
  ];
  return names
    .filter(([, name, form]) => !FORMS[form].safeParse(name).success)
    .map(([steps, name]) => ({
      steps,
      given: showValue(/^[\w.-]*$/.test(String(name)) ? name : '(not shown)', []),
      expected: 'a name of lower-case letters, digits and hyphens',
    }));
}

export function appArmorProfiles({ pod }: GuardedPod): Violation[] {
  const containers = containersOf(pod.template).map(({ container }) => container.name);
  return Object.entries(pod.template.metadata?.annotations ?? {}).flatMap(([key, value]) => {
    const [, name] = APP_ARMOR.exec(key) ?? [];
    if (name === undefined) return [];
    const steps = ['metadata', 'annotations', key];
    if (!containers.includes(name))
      return [{ steps, given: showValue(name, []), expected: 'the name of a container of the pod' }];
    if (/^(runtime\/default|unconfined|localhost\/.+)$/.test(value)) return [];
    const expected = 'runtime/default, unconfined or localhost/<profile>';
    return [{ steps, given: showValue(value, []), expected }];
  });
}

export function claimsOfDevices({ pod }: GuardedPod): Violation[] {
  const claims = items(pod.template.spec['resourceClaims']).map(({ name }) => name);
  return containersOf(pod.template).flatMap(({ container, where }) =>
    items(valueAt(container, ['resources', 'claims']))
      .filter(({ name }) => !claims.includes(name))
      .map(({ name }) => ({
        steps: [...where, 'resources', 'claims'],
        given: showValue(name, []),
        expected: `the name of one of spec.resourceClaims: ${claims.join(', ') || 'there is none'}`,
      })),
  );
}

/** What the API server requires of tolerations (ValidateTolerations). */
export function tolerations({ pod }: GuardedPod, at: Locate): Violation[] {
  return items(pod.template.spec['tolerations']).flatMap((toleration, index) => {
    const { key, operator = 'Equal', value, effect, tolerationSeconds } = toleration;
    const problem = (field: string, given: string, expected: string): Violation => ({
      path: `${at('spec', 'tolerations')}[${index}].${field}`,
      given,
      expected,
    });
    return listOf(
      key === undefined &&
        operator !== 'Exists' &&
        problem('key', 'nothing', 'a taint key, or operator: Exists'),
      value !== undefined &&
        value !== '' &&
        operator === 'Exists' &&
        problem('value', 'a value', 'no value: operator Exists matches any value'),
      tolerationSeconds !== undefined &&
        effect !== 'NoExecute' &&
        problem('tolerationSeconds', String(tolerationSeconds), 'no value, or effect: NoExecute'),
    );
  });
}

export function spread({ pod }: GuardedPod): Violation[] {
  return items(pod.template.spec['topologySpreadConstraints']).flatMap((constraint, index) =>
    ['maxSkew', 'minDomains'].flatMap((key): Violation[] => {
      const value = constraint[key];
      if (typeof value !== 'number' || value >= 1) return [];
      const steps = ['spec', 'topologySpreadConstraints', index, key];
      return [{ steps, given: String(value), expected: '1 or more' }];
    }),
  );
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
    const containers = pods.flatMap(({ own, template }) =>
      [own, template].flatMap((one) => items(one.spec[list])),
    );
    const known = [...new Set(containers.map(({ name }) => String(name)))];
    return items(spec[list]).flatMap((container) => {
      const { name, image: given, ...rest } = container;
      const order = Object.keys(rest).length === 0;
      if (typeof given === 'string' || name === undefined || order || known.includes(String(name))) return [];
      return [
        {
          path: itemPath(`${path}.spec.${list}`, list, container, 0),
          given: 'a container without an image',
          expected: `the name of a container of these pods${didYouMean(suggest(String(name), known))}`,
          fix: `The pods have ${known.join(', ') || 'none'}. A new container needs an image.`,
        },
      ];
    });
  });
}
