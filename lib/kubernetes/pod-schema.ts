import { didYouMean, type Problem, showValue, suggest } from '../config/problems';
import { isMapping } from '../mapping';
import { ALSO_REQUIRED, togetherFault, valueFault } from './pod-values';
import { fieldPath, isDirective, itemPath, type Mapping, mergeKeys } from './strategic-merge';

/** What may stand in a place of a pod template: as much of JSON Schema as Kubernetes' shapes need. */
export interface Shape {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly $ref?: string;
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape | boolean;
}

/** Whether a pod template is given in parts, to be merged over another, or is what came out of that. */
export type PodTemplateKind = 'patch' | 'merged';

/**
 * What Kubernetes' own schema says against a pod template. What a patch gives in parts need not be complete, but lists
 * that it replaces as a whole are; of what came out of the merge everything is held against the schema.
 * @param path where the template stands, as its user knows it: `readonly.podTemplate`
 */
export function checkPodTemplate(value: unknown, path: string, kind: PodTemplateKind): Problem[] {
  return check({ $ref: '#/$defs/io.k8s.api.core.v1.PodTemplateSpec' }, value, {
    root: path,
    path,
    steps: [],
    partial: kind === 'patch',
    isItem: false,
  });
}

interface Place {
  /** Of the template, and of the value in it. */
  readonly root: string;
  readonly path: string;
  readonly steps: readonly string[];
  /** A patch of what is there already: it may be incomplete, take away, and say how it is meant. */
  readonly partial: boolean;
  readonly isItem: boolean;
}

/** 40 KB that a cluster without a podTemplate never needs. */
function shapes(): typeof import('./pod-shapes') {
  return require('./pod-shapes');
}

function resolve(shape: Shape): Shape {
  return shape.$ref === undefined ? shape : (shapes().SHAPES[nameOf(shape)] ?? {});
}

function nameOf({ $ref = '' }: Shape): string {
  return $ref.replace('#/$defs/', '');
}

function check(reference: Shape, value: unknown, place: Place): Problem[] {
  const shape = resolve(reference);
  if (value === null && place.partial && !place.isItem) return [];
  if (shape.enum !== undefined) {
    return shape.enum.includes(value as string) ? [] : [wrong(shape, value, place)];
  }
  if (!hasType(shape, value)) return [wrong(shape, value, place)];
  if (Array.isArray(value)) return checkList(shape.items ?? {}, value, place);
  if (isMapping(value)) return checkMapping(shape, nameOf(reference), value, place);
  return [];
}

function hasType({ type, pattern }: Shape, value: unknown): boolean {
  return [type ?? []].flat().some((name) => {
    if (name === 'array') return Array.isArray(value);
    if (name === 'object') return isMapping(value);
    if (name === 'integer') return Number.isSafeInteger(value);
    if (name === 'number') return Number.isFinite(value);
    return typeof value === name && (pattern === undefined || new RegExp(pattern).test(String(value)));
  });
}

function checkMapping(shape: Shape, name: string, value: Mapping, place: Place): Problem[] {
  const { properties, additionalProperties } = shape;
  const kind = name.replace(/^.*\./, '');
  const problems = Object.entries(value).flatMap(([field, child]): Problem[] => {
    const childPlace = inField(place, field);
    if (field.startsWith('$')) return directive(field, child, value, place);
    if (properties !== undefined && Object.hasOwn(properties, field))
      return checkField(kind, field, properties[field] ?? {}, child, childPlace);
    if (typeof additionalProperties === 'object') return check(additionalProperties, child, childPlace);
    return properties === undefined ? [] : [unknownField(Object.keys(properties), field, place)];
  });
  if (place.partial) return problems;
  const also = (ALSO_REQUIRED[kind] ?? []).filter((field) => isEmpty(value[field]));
  const missing = [...(shape.required ?? []).filter((field) => value[field] === undefined), ...also].map(
    (field) => wrong(resolve(properties?.[field] ?? {}), undefined, inField(place, field)),
  );
  const found = [...problems, ...missing, ...tooMany(kind, Object.keys(properties ?? {}), value, place)];
  const fault = found.length > 0 ? undefined : togetherFault(kind, value);
  return fault === undefined ? found : [{ ...fault, path: fieldPath(place.path, fault.field) }];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function checkField(kind: string, field: string, shape: Shape, value: unknown, place: Place): Problem[] {
  const problems = check(shape, value, place);
  if (problems.length > 0 || value === null) return problems;
  return (Array.isArray(value) ? value : [value]).flatMap((one, index): Problem[] => {
    const expected = valueFault(kind, field, one);
    const path = Array.isArray(value) ? `${place.path}[${index}]` : place.path;
    return expected === undefined ? [] : [{ path, given: showValue(one, place.steps), expected }];
  });
}

function inField(place: Place, field: string): Place {
  return { ...place, path: fieldPath(place.path, field), steps: [...place.steps, field], isItem: false };
}

function checkList(item: Shape, value: readonly unknown[], place: Place): Problem[] {
  const list = place.steps.at(-1) ?? '';
  const keys = mergeKeys(list);
  const [key] = keys ?? [];
  const partial = place.partial && keys !== undefined;
  const seen = new Set<string>();
  return value.flatMap((child, index): Problem[] => {
    const path = itemPath(place.path, list, child, index);
    const childPlace = { ...place, path, partial, isItem: true };
    if (key === undefined || !isMapping(child)) return check(item, child, childPlace);
    const problems = check(item, child, childPlace);
    if (!partial || isDirective(child)) return problems;
    if (child[key] === undefined || child[key] === null) {
      const expected = `${key}, which tells the items of this list apart`;
      return [...problems, { path: fieldPath(path, key), given: 'nothing', expected }];
    }
    const again = seen.has(path);
    seen.add(path);
    return again ? [...problems, { path, given: 'a second time', expected: 'each item once' }] : problems;
  });
}

const DIRECTIVES = ['delete', 'replace', 'merge'];

/** `$patch`, and what Kubernetes knows beside it and `kubectl kustomize` does not. */
function directive(field: string, value: unknown, owner: Mapping, place: Place): Problem[] {
  const path = fieldPath(place.path, field);
  if (!place.partial) {
    const fix = 'What a list without a merge key has in it is not merged: the whole list is replaced.';
    return [{ path, given: 'a directive', expected: 'no directive here', fix }];
  }
  if (field !== '$patch') {
    const fix =
      'Take a field away with null, an item with its key and $patch: delete; items come in the order of the patch.';
    return [{ path, given: 'an unknown directive', expected: '$patch, which is the only one', fix }];
  }
  if (!DIRECTIVES.includes(value as string)) {
    return [{ path, given: showValue(value, place.steps), expected: `one of ${DIRECTIVES.join(', ')}` }];
  }
  if (value === 'replace' && place.isItem && !isDirective(owner)) {
    const fix =
      'Set what is to go to null, or replace the whole list: give it "$patch: replace" as an item of its own.';
    return [
      {
        path,
        given: '"replace"',
        expected: 'delete or merge: kubectl kustomize, too, replaces no single item',
        fix,
      },
    ];
  }
  return [];
}

function wrong(shape: Shape, value: unknown, { path, steps }: Place): Problem {
  const given = value === undefined ? 'nothing' : showValue(value, steps);
  return { path, given, expected: describe(shape), fix: mending(shape, value, given) };
}

function describe(shape: Shape): string {
  if (shape.enum !== undefined) {
    const shown = shape.enum.slice(0, MOST_LISTED).map((value) => value || '""');
    const more = shape.enum.length > MOST_LISTED ? `, ... (${shape.enum.length} in all)` : '';
    return `one of ${shown.join(', ')}${more}`;
  }
  if (shape.pattern !== undefined) return 'an amount: 500m, 2, 1.5Gi';
  const [type, other] = [shape.type ?? []].flat();
  if (other !== undefined) return 'a whole number or a text';
  if (type === 'array') return `a list of ${listed(resolve(shape.items ?? {}))}`;
  if (type === 'object') {
    const fields = Object.keys(shape.properties ?? {});
    return fields.length > 0 && fields.length <= MOST_LISTED
      ? `a mapping with the keys ${fields.join(', ')}`
      : 'a mapping';
  }
  return type === 'integer' ? 'a whole number' : type === 'boolean' ? 'true or false' : 'a text';
}

/** More keys or values than these are no help in a message. */
const MOST_LISTED = 20;

function listed({ type, enum: values }: Shape): string {
  if (values !== undefined) return values.join(', ');
  return type === 'string' ? 'texts' : type === 'integer' ? 'whole numbers' : 'mappings';
}

/** What people mean who leave out brackets or quotes, or write them where none belong. */
function mending(shape: Shape, value: unknown, given: string): string | undefined {
  // What is not shown is not repeated here.
  if (given.includes('not shown')) return shape.type === 'string' ? 'Put it in quotes.' : undefined;
  if (shape.enum !== undefined) {
    const meant = suggest(String(value), shape.enum);
    return typeof value === 'string' && meant !== undefined ? `Did you mean ${meant}?` : undefined;
  }
  if (shape.type === 'string' && ['number', 'boolean'].includes(typeof value))
    return `Put it in quotes: "${value}".`;
  // As it is shown, or not at all: a URL may have credentials in it.
  if (shape.type === 'array' && shape.items?.type === 'string' && typeof value === 'string') {
    return given === JSON.stringify(value) ? `Write it as a list: [${given}].` : 'Write it as a list.';
  }
  const unquoted = { integer: /^-?\d+$/, boolean: /^(true|false)$/ }[String(shape.type)];
  return typeof value === 'string' && unquoted?.test(value) ? 'Write it without quotes.' : undefined;
}

function unknownField(known: readonly string[], field: string, place: Place): Problem {
  // secret: {name} means secretName.
  const near = suggest(field, known) ?? known.find((one) => one.toLowerCase().endsWith(field.toLowerCase()));
  const meant = near ?? elsewhere(field, place);
  const newer = `These are the fields of Kubernetes ${shapes().KUBERNETES_VERSION}: what is newer goes into a Kustomize patch, or in TypeScript into addJsonPatch.`;
  const here = meant === undefined && known.length <= MOST_LISTED ? `Known here: ${known.join(', ')}. ` : '';
  return {
    path: fieldPath(place.path, field),
    given: 'an unknown key',
    expected: `a known one${didYouMean(meant)}`,
    fix: near === undefined ? here + newer : newer,
  };
}

/** More places than these are no suggestion. */
const MOST_SUGGESTED = 3;

/** Where a pod template has a field of this name: of containers the first kind. */
function elsewhere(field: string, { root }: Place): string | undefined {
  const seen = new Set<string>();
  const found: string[] = [];
  let level: (readonly [reference: Shape, path: string])[] = [
    [{ $ref: '#/$defs/io.k8s.api.core.v1.PodTemplateSpec' }, root],
  ];
  while (level.length > 0 && found.length === 0) {
    level = level.flatMap(([reference, path]) => {
      if (seen.has(nameOf(reference))) return [];
      seen.add(nameOf(reference));
      return Object.entries(resolve(reference).properties ?? {}).flatMap(([name, child]) => {
        const childPath = fieldPath(path, name);
        if (name === field) found.push(childPath);
        if (child.items?.$ref !== undefined) return [[child.items, `${childPath}[]`] as const];
        return child.$ref === undefined ? [] : [[child, childPath] as const];
      });
    });
  }
  return found.length > MOST_SUGGESTED ? undefined : found.join('" or "') || undefined;
}

/**
 * Fields of which there can be one: the API server refuses more, though its schema does not say so. That is what comes
 * of a patch that gives a volume another kind. Empty: every field but the name.
 */
const ALTERNATIVES: Readonly<Record<string, readonly string[]>> = {
  Volume: [],
  VolumeProjection: [],
  EnvVar: ['value', 'valueFrom'],
  EnvVarSource: [],
  EnvFromSource: ['configMapRef', 'secretRef'],
  Probe: ['exec', 'grpc', 'httpGet', 'tcpSocket'],
  LifecycleHandler: [],
  PodResourceClaim: [],
  DownwardAPIVolumeFile: ['fieldRef', 'resourceFieldRef'],
};

/** Of these there has to be one. */
const NEEDED = [
  'EnvVarSource',
  'EnvFromSource',
  'LifecycleHandler',
  'PodResourceClaim',
  'Probe',
  'VolumeProjection',
  'DownwardAPIVolumeFile',
];

function tooMany(kind: string, fields: readonly string[], value: Mapping, { path }: Place): Problem[] {
  if (!Object.hasOwn(ALTERNATIVES, kind)) return [];
  const named = ALTERNATIVES[kind] ?? [];
  const among = named.length > 0 ? named : fields.filter((field) => field !== 'name');
  const given = among.filter((field) => value[field] !== undefined && value[field] !== '');
  if (given.length === 0 && NEEDED.includes(kind)) {
    return [{ path, given: `none of ${among.join(', ')}`, expected: 'one of them' }];
  }
  if (given.length < 2) return [];
  const fix = `Take away the one that is not meant, e.g. with "${given[0]}: null".`;
  return [{ path, given: given.join(' and '), expected: 'one of them', fix }];
}
