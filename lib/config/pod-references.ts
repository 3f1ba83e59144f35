import type * as PodSchema from '../kubernetes/pod-schema';
import type * as StrategicMerge from '../kubernetes/strategic-merge';
import { formatPath } from './problems';
import { isMapping, valueAt } from './validate';

type References = ReadonlyMap<string, string>;
type Tree = Readonly<Record<string, unknown>>;

/** A value of a podTemplate that came from the environment. */
interface Leaf {
  /** As messages name it: `podTemplate.spec.containers[name=milvus].image`. */
  readonly path: string;
  /** The reference as it was written. */
  readonly reference: string;
  readonly value: unknown;
}

/** Where podTemplates stand. */
function podTemplatePaths(config: Tree): readonly (readonly string[])[] {
  return [['podTemplate'], ...Object.keys(config).map((section) => [section, 'podTemplate'])];
}

/** Whether any reference is within a podTemplate: otherwise nothing of Kubernetes has to be loaded for it. */
function concerned(references: References): boolean {
  return [...references.keys()].some((path) => /(^|\.)podTemplate\./.test(path));
}

/**
 * The configuration with numbers and booleans where Kubernetes wants them in a podTemplate: what comes from the
 * environment is a text.
 */
export function withTypedReferences(config: unknown, references: References): unknown {
  if (!isMapping(config) || !concerned(references)) return config;
  const { checkPodTemplate } = require('../kubernetes/pod-schema') as typeof PodSchema;
  const result: Record<string, unknown> = { ...config };
  for (const steps of podTemplatePaths(config)) {
    const patch = valueAt(config, steps);
    if (!isMapping(patch)) continue;
    const path = formatPath(steps);
    const typed = mapLeaves(patch, steps, path, references, ({ value }) => numberOrBoolean(value));
    const refused = new Set(checkPodTemplate(typed, path, 'patch').map((problem) => problem.path));
    const kept = mapLeaves(patch, steps, path, references, (leaf) =>
      refused.has(leaf.path) ? leaf.value : numberOrBoolean(leaf.value),
    );
    const [section = '', key] = steps;
    result[section] = key === undefined ? kept : { ...(config[section] as Tree), [key]: kept };
  }
  return result;
}

/** The references in podTemplates, by the path that messages have: they are shown, and not what they stand for. */
export function podReferences(config: unknown, references: References): References {
  const found = new Map<string, string>();
  if (!isMapping(config) || !concerned(references)) return found;
  for (const steps of podTemplatePaths(config)) {
    mapLeaves(valueAt(config, steps), steps, formatPath(steps), references, ({ path, reference, value }) => {
      found.set(path, reference);
      return value;
    });
  }
  return found;
}

function mapLeaves(
  value: unknown,
  steps: readonly PropertyKey[],
  path: string,
  references: References,
  change: (leaf: Leaf) => unknown,
): unknown {
  const { fieldPath, itemPath } = require('../kubernetes/strategic-merge') as typeof StrategicMerge;
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      mapLeaves(
        item,
        [...steps, index],
        itemPath(path, String(steps.at(-1)), item, index),
        references,
        change,
      ),
    );
  }
  if (isMapping(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        mapLeaves(item, [...steps, key], fieldPath(path, key), references, change),
      ]),
    );
  }
  const reference = references.get(formatPath(steps));
  return reference === undefined ? value : change({ path, reference, value });
}

/** What a text from the environment stands for. */
export function numberOrBoolean(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return value === 'true' || value === 'false' ? value === 'true' : value;
}
