import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { formatPath, type Problem, showValue } from './problems';
import { type Mending, mendings } from './rules';
import { clusterSchema, type ParsedConfig } from './schema';

/** A configuration that matches the schema, or what is wrong with it. */
export type Validated =
  | { readonly config: ParsedConfig; readonly problems?: undefined }
  | { readonly config?: undefined; readonly problems: readonly Problem[] };

/**
 * Checks one configuration against the schema and fills in the fixed defaults.
 * @param references texts that came from the environment, by path, as they were written: `${env:PORT}`. They may
 *   stand where a number or a boolean belongs, and it is they, not their values, that a message shows.
 */
export function validate(input: unknown, references: ReadonlyMap<string, string> = new Map()): Validated {
  const first = clusterSchema.safeParse(input);
  if (first.success) return { config: first.data };
  const typed = convertReferences(input, first.error.issues, references);
  const result = typed === undefined ? first : clusterSchema.safeParse(typed);
  if (result.success) return { config: result.data };
  return { problems: result.error.issues.flatMap((issue) => toProblems(issue, input, references)) };
}

/** Environment variables are texts; where the schema wants a number or a boolean, they are read as one. */
function convertReferences(
  input: unknown,
  issues: readonly z.core.$ZodIssue[],
  references: ReadonlyMap<string, string>,
): unknown {
  const wanted = issues.filter((issue) => references.has(formatPath(issue.path)));
  if (wanted.length === 0) return undefined;
  const copy: unknown = structuredClone(input);
  for (const issue of wanted) {
    const parent = valueAt(copy, issue.path.slice(0, -1));
    const key = issue.path.at(-1);
    if (!isMapping(parent) || typeof key !== 'string') continue;
    const text = String(parent[key]);
    if (/^-?\d+(\.\d+)?$/.test(text)) parent[key] = Number(text);
    else if (text === 'true' || text === 'false') parent[key] = text === 'true';
  }
  return copy;
}

function toProblems(
  issue: z.core.$ZodIssue,
  input: unknown,
  references: ReadonlyMap<string, string>,
): readonly Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key));
  const path = formatPath(issue.path);
  if (issue.code === 'invalid_key') {
    const key = issue.path.at(-1);
    const schema = schemaAt(issue.path.slice(0, -1));
    const keyType = schema && unwrap(schema)._zod.def;
    const mending =
      keyType?.type === 'record' ? mendingOf((keyType as z.core.$ZodRecordDef).keyType) : undefined;
    return [
      {
        path,
        given: JSON.stringify(String(key)),
        expected: mending?.expected ?? 'another key',
        fix: mending?.fix,
      },
    ];
  }
  const value = valueAt(input, issue.path);
  const schema = schemaAt(issue.path);
  const { expected, fix } = (schema && mendingOf(schema)) ?? { expected: describeType(schema, issue) };
  const given = value === undefined ? 'nothing' : (references.get(path) ?? showValue(value, issue.path));
  return [{ path, given, expected, fix }];
}

function unknownKey(parents: readonly PropertyKey[], key: string): Problem {
  const known = shapeKeys(schemaAt(parents));
  const path = formatPath([...parents, key]);
  const suggestion = suggest(key, known);
  const elsewhere = suggestion === undefined ? findKey(key) : undefined;
  const meant = suggestion ?? elsewhere;
  return {
    path,
    given: 'an unknown key',
    expected: meant === undefined ? 'a known one' : `a known one; did you mean "${meant}"?`,
    fix: suggestion === undefined ? `Known here: ${known.join(', ')}.` : undefined,
  };
}

/** The candidate that is most like the word, when it is like enough to be what was meant. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const lower = word.toLowerCase().replace(/[-_]/g, '');
  const same = candidates.find((candidate) => candidate.toLowerCase() === lower);
  if (same !== undefined) return same;
  const best = closest(word, [...candidates]);
  return distance(word.toLowerCase(), best.toLowerCase()) <= Math.max(1, Math.floor(word.length / 3))
    ? best
    : undefined;
}

/** The path of the only key of that name in the whole schema, e.g. `storageClassName` typed at the top level. */
function findKey(key: string): string | undefined {
  const found: string[] = [];
  const walk = (schema: z.core.$ZodType, path: string): void => {
    const def = unwrap(schema)._zod.def;
    if (def.type !== 'object') return;
    for (const [name, child] of Object.entries((def as z.core.$ZodObjectDef).shape)) {
      const childPath = path === '' ? name : `${path}.${name}`;
      if (name === key) found.push(childPath);
      walk(child, childPath);
    }
  };
  walk(clusterSchema, '');
  return found.length <= 3 ? found.join('" or "') || undefined : undefined;
}

function shapeKeys(schema: z.core.$ZodType | undefined): readonly string[] {
  const def = schema && unwrap(schema)._zod.def;
  return def?.type === 'object' ? Object.keys((def as z.core.$ZodObjectDef).shape) : [];
}

function schemaAt(path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = clusterSchema;
  for (const step of path) {
    if (schema === undefined) return undefined;
    const def: z.core.$ZodTypeDef = unwrap(schema)._zod.def;
    if (def.type === 'object') schema = (def as z.core.$ZodObjectDef).shape[String(step)];
    else if (def.type === 'record') schema = (def as z.core.$ZodRecordDef).valueType;
    else if (def.type === 'array') schema = (def as z.core.$ZodArrayDef).element;
    else return undefined;
  }
  return schema;
}

interface WrapperDef extends z.core.$ZodTypeDef {
  readonly innerType: z.core.$ZodType;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const def = schema._zod.def;
  return 'innerType' in def ? unwrap((def as WrapperDef).innerType) : schema;
}

function mendingOf(schema: z.core.$ZodType): Mending | undefined {
  const own = mendings.get(schema as z.ZodType);
  if (own?.expected !== undefined) return own;
  const def = schema._zod.def;
  return 'innerType' in def ? mendingOf((def as WrapperDef).innerType) : undefined;
}

function describeType(schema: z.core.$ZodType | undefined, issue: z.core.$ZodIssue): string {
  const def = schema && unwrap(schema)._zod.def;
  switch (def?.type) {
    case 'object':
      return `a mapping with the keys ${shapeKeys(schema).join(', ')}`;
    case 'record':
      return 'a mapping';
    case 'array':
      return issue.code === 'too_small' ? 'a list with at least one entry' : 'a list';
    case 'enum':
      return `one of ${Object.values((def as z.core.$ZodEnumDef).entries).join(', ')}`;
    case 'string':
      return 'a text that is not empty';
    default:
      return issue.message;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (current, step) =>
      isMapping(current) ? current[String(step)] : Array.isArray(current) ? current[Number(step)] : undefined,
    value,
  );
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
