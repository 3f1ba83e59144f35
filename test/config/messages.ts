import { check } from '../../lib/config';
import { formatProblem } from '../../lib/config/problems';
import { minimal } from '../support/clusters';

/** Everything that the error report says about a configuration. */
export const messages = (input: unknown): string[] => (check(input).problems ?? []).map(formatProblem);

/** The smallest configuration, with one value more: `at('s3.port', 0)`. A dot within a key is written `\.`. */
export function at(path: string, value: unknown): Record<string, unknown> {
  const config: Record<string, unknown> = structuredClone({ ...minimal });
  const steps = path.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
  let parent = config;
  for (const step of steps.slice(0, -1)) {
    parent[step] ??= {};
    parent = parent[step] as Record<string, unknown>;
  }
  parent[steps.at(-1) ?? ''] = value;
  return config;
}
