import { inSeconds } from '../../config/rules';
import { listOf } from '../../list-of';
import { isMapping, valueAt } from '../../mapping';
import type { ContainerJson } from '../pod';
import type { Mapping } from '../strategic-merge';
import { containersOf, type GuardedPod, graceOf, items, type Step, type Violation } from './guarded-pod';

/** Seconds, probes and hooks that the API server refuses (ValidatePodSpec, validateProbe); Kubernetes' schema takes any. */

/** No pod waits longer than a day. */
const MOST_SECONDS = 86400;

export function graceInRange({ pod }: GuardedPod): Violation[] {
  const { terminationGracePeriodSeconds } = pod.template.spec;
  return inRange(terminationGracePeriodSeconds, 'spec', 'terminationGracePeriodSeconds');
}

function inRange(value: unknown, ...steps: readonly Step[]): Violation[] {
  if (typeof value !== 'number' || (value >= 0 && value <= MOST_SECONDS)) return [];
  const found = { steps, given: String(value) };
  if (value < 0) return [{ ...found, expected: '0 or more' }];
  const expected = `at most ${MOST_SECONDS} (one day)`;
  return [{ ...found, expected, fix: inSeconds(value, 0, MOST_SECONDS) }];
}

/** A probe of a container, or its hooks. */
interface Asked {
  readonly key: string;
  readonly value: Mapping;
  readonly container: ContainerJson;
  /** To it. */
  readonly steps: readonly Step[];
}

const PROBES = ['startupProbe', 'readinessProbe', 'livenessProbe'];

export function probesAndHooks({ pod }: GuardedPod): Violation[] {
  const grace = graceOf(pod.template);
  return containersOf(pod.template).flatMap(({ list, container, where }) =>
    [...PROBES, 'lifecycle'].flatMap((key): Violation[] => {
      const value = container[key];
      const steps = [...where, key];
      if (!isMapping(value)) return [];
      if (list === 'initContainers' && container['restartPolicy'] !== 'Always') {
        const expected =
          'none: an init container has ended before the pod runs, unless it has restartPolicy: Always';
        return [{ steps, given: `a ${key}`, expected }];
      }
      const asked = { key, value, container, steps };
      return key === 'lifecycle' ? ofHooks(asked, grace) : ofProbe(asked);
    }),
  );
}

const TIMINGS = [
  'initialDelaySeconds',
  'periodSeconds',
  'timeoutSeconds',
  'failureThreshold',
  'successThreshold',
];

function ofProbe(probe: Asked): Violation[] {
  const { key, value, steps } = probe;
  if (key === 'readinessProbe' && value['terminationGracePeriodSeconds'] !== undefined) {
    const expected = 'none: a readinessProbe stops no container';
    return [{ steps: [...steps, 'terminationGracePeriodSeconds'], given: 'a value', expected }];
  }
  const successes = value['successThreshold'] ?? 1;
  return listOf(
    portsWithoutName(probe),
    TIMINGS.flatMap((timing) => inRange(value[timing], ...steps, timing)),
    key !== 'readinessProbe' &&
      successes !== 1 && {
        steps: [...steps, 'successThreshold'],
        given: String(successes),
        expected: '1: only a readinessProbe may have another value',
      },
  );
}

const HOOKS = ['preStop', 'postStart'];

function ofHooks(hooks: Asked, grace: number): Violation[] {
  const sleeps = HOOKS.flatMap((hook): Violation[] => {
    const sleep = [hook, 'sleep', 'seconds'];
    const seconds = valueAt(hooks.value, sleep);
    if (typeof seconds !== 'number' || seconds <= grace) return [];
    const expected = `at most terminationGracePeriodSeconds: ${grace}`;
    return [{ steps: [...hooks.steps, ...sleep], given: String(seconds), expected }];
  });
  return [...HOOKS.flatMap((hook) => portsWithoutName(hooks, hook)), ...sleeps];
}

/** Ports that are asked by a name that no port of the container has. */
function portsWithoutName({ value, container, steps }: Asked, ...hook: readonly string[]): Violation[] {
  const names = items(container['ports']).map(({ name }) => name);
  return ['httpGet', 'tcpSocket'].flatMap((handler): Violation[] => {
    const asked = [...hook, handler, 'port'];
    const port = valueAt(value, asked);
    if (typeof port !== 'string' || names.includes(port)) return [];
    const known = names.filter(Boolean).join(', ') || 'none has a name';
    const expected = `a number, or the name of a port of ${container.name}: ${known}`;
    return [{ steps: [...steps, ...asked], given: JSON.stringify(port), expected }];
  });
}
