import type { Problem } from '../../config/problems';
import { parseQuantity } from '../../config/quantities';
import { bytesQuantity, cpuQuantity, memoryQuantity, mendings } from '../../config/rules';
import { otherResources, type ResourcesInput } from '../../config/sizing';
import { isMapping, valueAt } from '../../config/validate';
import { fieldPath } from '../strategic-merge';
import { containersOf, type GuardedPod, type Violation, volumesOf } from './guarded-pod';
import type { Locate, Step } from './places';

/** Amounts that the API server refuses, or takes although nobody means them. */

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
