import type * as PodSchema from '../kubernetes/pod-schema';
import type * as StrategicMerge from '../kubernetes/strategic-merge';
import { isMapping, valueAt } from '../mapping';
import { formatPath, type Problem } from './problems';

/** Values of the configuration that come from the environment: `${env:NAME}`. */

export interface Substituted {
  readonly value: unknown;
  /** Texts that came from the environment, as they were written, by path. */
  readonly references: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** Also one without its end, so that it is not taken for a text. */
const REFERENCE = /\$\{env:[^}]*\}?/g;
const WELL_FORMED = /^\$\{env:([A-Za-z_]\w*)(?::-([\s\S]*))?\}$/;

/** Replaces `${env:NAME}` and `${env:NAME:-default}` in values. */
export function substitute(input: unknown, env: Readonly<Record<string, string | undefined>>): Substituted {
  const references = new Map<string, string>();
  const problems: Problem[] = [];

  const resolve = (text: string, steps: readonly PropertyKey[]): string =>
    text.replace(REFERENCE, (reference) => {
      const [, name, fallback] = WELL_FORMED.exec(reference) ?? [];
      if (name === undefined) {
        problems.push({
          path: formatPath(steps),
          given: showReference(reference),
          expected: '${env:NAME} or ${env:NAME:-default}',
        });
        return reference;
      }
      const value = env[name];
      if (value !== undefined && (value !== '' || fallback === undefined)) return value;
      if (fallback !== undefined) return fallback;
      problems.push({
        path: formatPath(steps),
        given: reference,
        expected: `the environment variable ${name} to be set`,
        fix: `Set it, or give a default: \${env:${name}:-default}.`,
      });
      return reference;
    });

  const walk = (value: unknown, steps: readonly PropertyKey[]): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...steps, index]));
    if (isMapping(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, walk(item, [...steps, key])]),
      );
    }
    if (typeof value !== 'string' || !value.includes('${env:')) return value;
    references.set(formatPath(steps), (value.match(REFERENCE) ?? []).map(showReference).join(' and '));
    return resolve(value, steps);
  };
  return { value: walk(input, []), references, problems };
}

/** A reference as a message may show it: not its default, nor its value, which may be credentials. */
function showReference(reference: string): string {
  const [, name = '', rest = ''] = /^\$\{env:(\w*)(.*)$/s.exec(reference) ?? [];
  if (rest === '}') return reference;
  return `\${env:${name}${rest.startsWith(':-') ? ':-' : ''}...${rest.endsWith('}') ? '}' : ''}`;
}

/** What a text from the environment stands for. */
export function numberOrBoolean(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return value === 'true' || value === 'false' ? value === 'true' : value;
}

// In a podTemplate --------------------------------------------------------------------------------------------------------

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
