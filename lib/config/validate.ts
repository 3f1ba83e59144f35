import type * as z from 'zod';
import { isMapping, valueAt } from '../mapping';
import { movedKeys, withoutCredentials } from './moved';
import type { ParsedConfig } from './parsed-config';
import { didYouMean, eachOnce, formatPath, type Problem, plain, showValue, suggest } from './problems';
import { numberOrBoolean, withTypedReferences } from './references';
import { type Mending, mendings } from './rules';
import { clusterSchema } from './schema';
import { childOf, innermost, layersOf, shapeOf } from './schema-walk';

/** A configuration that matches the schema, or what is wrong with it. */
interface Validated {
  /** The configuration; when it has problems, what is left of it without the values that are wrong, if that is enough. */
  readonly config?: ParsedConfig;
  /** What was given, with numbers and booleans where texts from the environment stood for them. */
  readonly given: unknown;
  readonly problems: readonly Problem[];
}

/**
 * Checks one configuration against the schema and fills in the fixed defaults.
 * @param references texts that came from the environment, by path, as they were written: `${env:PORT}`. They may
 *   stand where a number or a boolean belongs, and it is they, not their values, that a message shows.
 */
export function validate(input: unknown, references: ReadonlyMap<string, string> = new Map()): Validated {
  const given = withTypedReferences(withoutNulls(input, clusterSchema), references);
  const first = parse(given);
  if (first.success) return { config: first.data, given, problems: [] };
  const typed = convertReferences(given, first.error.issues, references);
  const result = typed === given ? first : parse(typed);
  if (result.success) return { config: result.data, given: typed, problems: [] };
  const { issues } = result.error;
  const problems = issues.flatMap((issue) => toProblems(issue, given, references));
  return {
    config: parse(withoutInvalid(typed, issues)).data,
    given: typed,
    // A text that is both too long and ill-formed breaks one rule twice.
    problems: eachOnce(problems),
  };
}

/** zod can compile a function for each part of a schema, which pays for itself after some tens of configurations. */
const FEW = 30;
let parsed = 0;

function parse(value: unknown) {
  parsed += 1;
  return clusterSchema.safeParse(value, { jitless: parsed <= FEW });
}

/** A key without a value (`mysql:`) counts as not given, if it is a key that exists. */
function withoutNulls(value: unknown, schema: z.core.$ZodType | undefined): unknown {
  if (!isMapping(value) || schema === undefined) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      const child = childOf(schema, key);
      // In a podTemplate it takes a key away.
      if (child?._zod.def.type === 'unknown') return [[key, item]];
      return item === null && child !== undefined ? [] : [[key, withoutNulls(item, child)]];
    }),
  );
}

/** Stand in for required values that are wrong, so that the rest can be checked. */
const STAND_INS: Readonly<Record<string, unknown>> = { name: 'x', s3: { address: 'x', bucket: 'xxx' } };

/** The configuration without the values that are wrong: what is wrong with the rest belongs in the same report. */
function withoutInvalid(input: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const paths = issues.flatMap(({ path, ...issue }) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path],
  );
  return edited(input, paths, (parent, key, path) => {
    const standIn = valueAt(STAND_INS, path);
    if (standIn === undefined) delete parent[key];
    else parent[key] = standIn;
  });
}

/** Environment variables are texts; where the schema wants a number or a boolean, they are read as one. */
function convertReferences(
  input: unknown,
  issues: readonly z.core.$ZodIssue[],
  references: ReadonlyMap<string, string>,
): unknown {
  const paths = issues.map(({ path }) => path).filter((path) => references.has(formatPath(path)));
  return edited(input, paths, (parent, key) => {
    parent[key] = numberOrBoolean(parent[key]);
  });
}

/** A copy with something else in the mappings in which the paths end; the same where there are none. */
function edited(
  input: unknown,
  paths: readonly (readonly PropertyKey[])[],
  edit: (parent: Record<string, unknown>, key: string, path: readonly PropertyKey[]) => void,
): unknown {
  if (paths.length === 0) return input;
  const copy: unknown = structuredClone(input);
  for (const path of paths) {
    const parent = valueAt(copy, path.slice(0, -1));
    if (isMapping(parent)) edit(parent, String(path.at(-1)), path);
  }
  return copy;
}

function toProblems(
  issue: z.core.$ZodIssue,
  input: unknown,
  references: ReadonlyMap<string, string>,
): readonly Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const given = valueAt(input, issue.path);
    const moved = movedKeys(issue.path, issue.keys, (key) =>
      withoutCredentials(valueAt(given, [key]), [...issue.path, key], references),
    );
    const known = new Set(moved.map(({ path }) => path));
    return [
      ...moved,
      ...issue.keys
        .filter((key) => !known.has(formatPath([...issue.path, key])))
        .map((key) => unknownKey(issue.path, key)),
    ];
  }
  const path = formatPath(issue.path);
  if (issue.code === 'invalid_key') {
    const key = issue.path.at(-1);
    const schema = schemaAt(issue.path.slice(0, -1));
    const keyType = schema && innermost(schema);
    const mending =
      keyType?.type === 'record' ? mendingOf((keyType as z.core.$ZodRecordDef).keyType) : undefined;
    return [
      {
        path,
        given: JSON.stringify(String(key)),
        expected: mending?.expected ?? 'another key',
        fix: typeof mending?.fix === 'string' ? mending.fix : undefined,
      },
    ];
  }
  const value = valueAt(input, issue.path);
  const schema = schemaAt(issue.path);
  const { expected, fix } = (schema && mendingOf(schema)) ?? {
    expected: describeType(schema, issue),
    fix: switchIn(schema, value) ?? layoutFix(schema, value, issue.path),
  };
  const reference = references.get(path);
  return [
    {
      path,
      given: reference ?? showGiven(value, schema, issue.path),
      expected,
      // Nothing of a value from the environment, which may be a credential.
      fix:
        typeof fix === 'string'
          ? fix
          : reference === undefined
            ? (fix?.(value) ?? inQuotes(schema, value))
            : undefined,
    },
  ];
}

/** A number or a boolean that quotes make a text. */
function inQuotes(schema: z.core.$ZodType | undefined, value: unknown): string | undefined {
  const meant = numberOrBoolean(value);
  return meant !== value && schema && typeof meant === innermost(schema).type
    ? `Leave out the quotes: ${String(meant)}.`
    : undefined;
}

/** `networkPolicy: false`, where it is a section that is switched off within. */
function switchIn(schema: z.core.$ZodType | undefined, value: unknown): string | undefined {
  return typeof value === 'boolean' && shapeKeys(schema).includes('enabled')
    ? `Write { enabled: ${value} }.`
    : undefined;
}

/** What is no section, for how it is laid out. */
function layoutFix(
  schema: z.core.$ZodType | undefined,
  value: unknown,
  path: readonly PropertyKey[],
): string | undefined {
  if (shapeKeys(schema).length === 0) return undefined;
  if (Array.isArray(value)) return 'A "-" at the beginning of a line makes a list: leave it out.';
  return path.length === 0 && typeof value === 'string'
    ? 'Put a colon and a space between a key and its value: "name: milvus".'
    : undefined;
}

function showGiven(
  value: unknown,
  schema: z.core.$ZodType | undefined,
  steps: readonly PropertyKey[],
): string {
  if (value === undefined) return 'nothing';
  // A text in the place of a whole section tells nothing, but may be a file of another kind with credentials in it.
  const type = schema && innermost(schema).type;
  return typeof value === 'string' && (type === 'object' || type === 'record')
    ? 'a text'
    : showValue(value, steps);
}

const TLS = 'TLS to S3 is s3.tls: { enabled: true }.';
const OF_THE_CHART = 'The Helm chart has it: from-helm makes a milvus.yaml of its values.';

/** Keys that people expect from elsewhere. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  's3.ssl': TLS,
  's3.useSSL': TLS,
  's3.secure': TLS,
  's3.region': 'Milvus 1.1.1 knows no region: it signs for us-east-1, which Ceph RGW and MinIO take.',
  cluster: OF_THE_CHART,
  image: OF_THE_CHART,
  persistence: OF_THE_CHART,
  'storage.s3': OF_THE_CHART,
  'externalMysql.ip': OF_THE_CHART,
  ingress:
    'There is none: Milvus speaks gRPC, and without TLS or passwords. From outside of Kubernetes: service.type: LoadBalancer, with service.loadBalancerSourceRanges.',
};

/** Other words for where a server is. */
const ADDRESSES = ['address', 'host', 'hostname', 'endpoint', 'server', 'url', 'ip'];

function unknownKey(parents: readonly PropertyKey[], key: string): Problem {
  const path = formatPath([...parents, key]);
  const explanation = Object.hasOwn(EXPLANATIONS, path) ? EXPLANATIONS[path] : undefined;
  const known = shapeKeys(schemaAt(parents));
  const place = ADDRESSES.includes(plain(key)) && known.find((name) => ADDRESSES.includes(name));
  const suggestion = suggest(key, known) ?? (explanation === undefined && place ? place : undefined);
  const elsewhere = (suggestion ?? explanation) === undefined ? findKey(key, parents) : undefined;
  const meant = suggestion ?? elsewhere;
  // `inline: { <access key>: <secret key> }`
  const hidden = meant === undefined && parents.includes('inline');
  return {
    path: hidden ? formatPath(parents) : path,
    given: hidden ? 'an unknown key (not shown: it may be a credential)' : 'an unknown key',
    expected: `a known one${didYouMean(meant)}`,
    fix:
      explanation ?? (suggestion === undefined ? `Known here: ${known.join(', ')}.` : strangeCharacters(key)),
  };
}

/** Of another alphabet, or without a width: they can not be seen. */
function strangeCharacters(key: string): string | undefined {
  const strange = [...key].filter((character) => /[^\x20-\x7e]/.test(character));
  if (strange.length === 0) return undefined;
  const codes = strange.map(
    (character) => `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return `It has ${codes.join(', ')} in it, which is no letter of a key: type it again.`;
}

/** More places than these are no suggestion. */
const MOST_SUGGESTED = 6;

/**
 * Where the whole schema has a key of that name, e.g. `storageClassName` typed at the top level: below the mapping
 * in which it stands, if possible. For a credential that is `credentials`, where its ways are to be chosen from.
 */
function findKey(key: string, parents: readonly PropertyKey[]): string | undefined {
  const found = new Set<string>();
  const isInside = parents.includes('credentials');
  const walk = (schema: z.core.$ZodType, path: readonly string[]): void => {
    for (const [name, child] of Object.entries(shapeOf(schema) ?? {})) {
      const childPath = [...path, name];
      if (plain(name) === plain(key))
        found.add(formatPath(isInside ? childPath : upToCredentials(childPath)));
      walk(child, childPath);
    }
  };
  walk(clusterSchema, []);
  const below = [...found].filter((path) => path.startsWith(`${formatPath(parents)}.`));
  const best = below.length > 0 ? below : [...found];
  return best.length <= MOST_SUGGESTED ? best.join('" or "') || undefined : undefined;
}

function upToCredentials(path: readonly string[]): readonly string[] {
  const end = path.indexOf('credentials');
  return end < 0 ? path : path.slice(0, end + 1);
}

function shapeKeys(schema: z.core.$ZodType | undefined): readonly string[] {
  return Object.keys((schema && shapeOf(schema)) ?? {});
}

function schemaAt(path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>(
    (schema, step) => (schema === undefined ? undefined : childOf(schema, step)),
    clusterSchema,
  );
}

function mendingOf(schema: z.core.$ZodType): Mending | undefined {
  return layersOf(schema)
    .map((layer) => mendings.get(layer as z.ZodType))
    .find((mending) => mending?.expected !== undefined);
}

function describeType(schema: z.core.$ZodType | undefined, issue: z.core.$ZodIssue): string {
  const def = schema && innermost(schema);
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

/** What a value at a path has to be, as messages say it: `a port number from 1 to 65535`. */
export function expectedAt(path: readonly PropertyKey[]): string | undefined {
  const schema = schemaAt(path);
  if (schema === undefined) return undefined;
  const { type } = innermost(schema);
  const words: Readonly<Record<string, string>> = { boolean: 'true or false', string: 'a text' };
  return (
    mendingOf(schema)?.expected ??
    words[type] ??
    describeType(schema, { code: 'custom', message: 'a value', path: [], input: undefined })
  );
}
