import { isDeepStrictEqual } from 'node:util';
import { isCredentialName, type Problem } from '../../config/problems';
import { parseQuantity } from '../../config/quantities';
import { bytesQuantity, cpuQuantity, image, memoryQuantity, mendings } from '../../config/rules';
import { otherResources, type ResourcesInput } from '../../config/sizing';
import { isMapping, valueAt } from '../../mapping';
import { fieldPath } from '../strategic-merge';
import {
  containersOf,
  type GuardedPod,
  items,
  type Locate,
  named,
  type Step,
  type Violation,
  volumesOf,
} from './guarded-pod';

/** Values that nobody means, or that the API server only takes together: credentials, images, modes, amounts. */

export function noCredentials({ pod }: GuardedPod): Violation[] {
  return containersOf(pod.template).flatMap(({ list, container, where }) => {
    const ours = items(named(pod.own.spec[list], container.name)?.['env']);
    return items(container.env)
      .filter((variable) => !ours.some((own) => isDeepStrictEqual(own, variable)))
      .filter(({ name, value }) => value !== undefined && value !== '' && isCredentialName(String(name)))
      .map(({ name }) => ({
        steps: [...where, 'env', ['name', String(name)], 'value'],
        given: 'a value (not shown: by its name it is a credential)',
        expected: 'valueFrom.secretKeyRef',
        fix: 'Manifests are read by many: put it into a Secret.',
      }));
  });
}

const VERSIONED = image();

export function versionedImages({ pod }: GuardedPod): Violation[] {
  return containersOf(pod.template)
    .filter(({ container }) => container.image !== undefined && !VERSIONED.safeParse(container.image).success)
    .map(({ container, where }) => ({
      steps: [...where, 'image'],
      given: JSON.stringify(container.image),
      expected: 'an image with a version: repository:tag, repository@sha256:..., or both; not "latest"',
    }));
}

/** Modes of the files of a volume, and of its listed items. */
export function modes({ pod }: GuardedPod): Violation[] {
  return volumesOf(pod.template).flatMap(({ volume, where }) =>
    Object.entries(volume).flatMap(([kind, source]) => {
      if (!isMapping(source)) return [];
      const steps = [...where, kind];
      const projected = items(source['sources']).flatMap((one, index) =>
        Object.entries(one).flatMap(([key, value]) => modesOf(value, [...steps, 'sources', index, key])),
      );
      return [...modesOf(source, steps), ...projected];
    }),
  );
}

function modesOf(source: unknown, steps: readonly Step[]): Violation[] {
  if (!isMapping(source)) return [];
  return [
    ...modeProblems(source['defaultMode'], [...steps, 'defaultMode']),
    ...items(source['items']).flatMap(({ mode }, index) =>
      modeProblems(mode, [...steps, 'items', index, 'mode']),
    ),
  ];
}

/** Octal modes that are also decimal numbers of modes, of a kind that nobody wants: 0400 read as 0620, and so on. */
const MISREAD = [400, 440, 444, 500];

function modeProblems(mode: unknown, steps: readonly Step[]): Violation[] {
  if (typeof mode !== 'number') return [];
  const isMode = mode >= 0 && mode <= 0o777;
  if (isMode && !MISREAD.includes(mode)) return [];
  // The digits are what was meant, if they can be octal ones.
  const octal = /^[0-7]{3}$/.test(String(mode)) ? Number.parseInt(String(mode), 8) : undefined;
  return [
    {
      steps,
      given: `${mode}, a decimal number${isMode ? ` that is the mode 0${mode.toString(8)}` : ''}`,
      expected: 'a file mode from 0 to 511, in octal 0o0 to 0o777',
      fix:
        octal === undefined
          ? undefined
          : `A number that begins with 0 is decimal here: write 0o${mode}, or ${octal} in JSON.`,
    },
  ];
}

// Amounts ----------------------------------------------------------------------------------------------------------------

const STORAGE = bytesQuantity();
/** Made once, because a cluster has many amounts to check. */
const FORMS = new Map([
  ['cpu', cpuQuantity()],
  ['memory', memoryQuantity()],
  ['ephemeral-storage', STORAGE],
  ['storage', STORAGE],
]);

/** Zero, in any notation: it means that there is no request. */
const ZERO = /^0+(\.0*)?([kmMGTPE]i?)?$/;

export function amounts({ pod }: GuardedPod, at: Locate): Violation[] {
  const ofContainers = containersOf(pod.template).flatMap(({ container, where }): readonly Violation[] => {
    const steps = [...where, 'resources'];
    const found = ofResources(container['resources'], steps);
    return found.length > 0 ? found : amountsTogether(container['resources'], at(...steps));
  });
  const ofVolumes = volumesOf(pod.template).flatMap(({ volume, where }): Violation[] => {
    const limit = ['emptyDir', 'sizeLimit'];
    const claim = ['ephemeral', 'volumeClaimTemplate', 'spec', 'resources'];
    return [
      ...amount('storage', valueAt(volume, limit), [...where, ...limit]),
      ...ofResources(valueAt(volume, claim), [...where, ...claim]),
    ];
  });
  return [...ofContainers, ...ofVolumes];
}

function ofResources(resources: unknown, steps: readonly Step[]): Violation[] {
  return Object.entries(isMapping(resources) ? resources : {}).flatMap(([kind, given]) =>
    Object.entries(isMapping(given) ? given : {}).flatMap(([name, value]) =>
      amount(name, value, [...steps, kind, name]),
    ),
  );
}

function amount(name: string, value: unknown, steps: readonly Step[]): Violation[] {
  const form = FORMS.get(name);
  if (form === undefined || value === undefined || value === null || ZERO.test(String(value))) return [];
  const given = typeof value === 'number' ? value : String(value);
  if (form.safeParse(given).success) return [];
  const { expected = '', fix } = mendings.get(form) ?? {};
  return [
    {
      steps,
      given: JSON.stringify(value),
      expected,
      fix: typeof fix === 'function' ? fix(given) : fix,
    },
  ];
}

/** Names and amounts that the API server only takes together. */
function amountsTogether(resources: unknown, where: string): readonly Problem[] {
  const [requests, limits] = ['requests', 'limits'].map((kind) => valueAt(resources, [kind]) ?? {});
  const given = { requests, limits } as ResourcesInput;
  // Where no patch has the resources, the problem is reported for the whole container.
  const within = (path: string) => (where.endsWith('resources') ? path : where);
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
      path: within(fieldPath(`${where}.limits`, name)),
      given: 'nothing',
      expected: `${given.requests[name]}, as requested: of ${name} no pod gets more or less than it asks for`,
    })),
    ...(paged ? [{ path: where, given: `${huge} alone`, expected: 'cpu or memory with it' }] : []),
    ...otherResources(where, given).problems.map((problem) => ({ ...problem, path: within(problem.path) })),
    ...larger.map(([name, request]) => ({
      path: within(fieldPath(`${where}.requests`, name)),
      given: String(request),
      expected: `at most the limit, ${given.limits[name]}`,
    })),
  ];
}
