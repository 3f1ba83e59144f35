// Reading manifests: what every checker in this directory starts from.
import { isDeepStrictEqual } from 'node:util';
import { parseAllDocuments } from 'yaml';

export type Fields = Readonly<Record<string, unknown>>;

export interface Manifest extends Fields {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Fields & { readonly name: string };
}

export interface PodTemplate {
  readonly owner: Manifest;
  readonly metadata: Fields;
  readonly spec: Fields;
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value as an object; anything else counts as an empty one. */
export const fields = (value: unknown): Fields => (isFields(value) ? value : {});

/** The value as a list; anything else counts as an empty one. */
export const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The objects of a list. */
export const records = (value: unknown): readonly Fields[] => items(value).filter(isFields);

/** The value as text; anything else counts as empty. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The value below a path of keys. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((inner, key) => fields(inner)[key], value);

export const idOf = (manifest: Manifest): string => `${manifest.kind}/${manifest.metadata.name}`;

export const namespaceOf = (manifest: Manifest): string => text(manifest.metadata['namespace']);

export const groupOf = (manifest: Manifest): string =>
  manifest.apiVersion.includes('/') ? manifest.apiVersion.slice(0, manifest.apiVersion.indexOf('/')) : '';

/** Whether the API server itself defines this kind (custom resources live in other groups). */
export const isBuiltIn = (manifest: Manifest): boolean =>
  ['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'].includes(groupOf(manifest)) ||
  groupOf(manifest).endsWith('.k8s.io');

/**
 * The objects in a YAML file. Fails on YAML errors and duplicate keys, and on a plain value that readers take
 * differently: kubectl reads YAML 1.1 with parts of 1.2, so `yes`, `0o17` or a date must be quoted.
 */
export function parse(yamlText: string): Manifest[] {
  return yamlText
    .split(/^---\n/m)
    .flatMap(objectsIn)
    .flatMap((object, index) => {
      if (object === null || object === undefined) return [];
      const label = `document ${index + 1}`;
      if (object === AMBIGUOUS) {
        throw new Error(`${label}: a plain value means different things in YAML 1.1 and 1.2, quote it`);
      }
      if (!isManifest(object)) throw new Error(`${label}: apiVersion, kind and metadata.name must be texts`);
      return [object];
    });
}

/** In the place of an object that the versions of YAML read differently. */
const AMBIGUOUS = Symbol('ambiguous');

/** What the documents that were read before have: those of two configurations are the same ones for the most part. */
const known = new Map<string, readonly unknown[]>();

/** Frozen, since others get the same. */
function objectsIn(yamlText: string): readonly unknown[] {
  const before = known.get(yamlText);
  if (before !== undefined) return before;
  const [read, readOtherwise] = (['1.1', '1.2'] as const).map((version) =>
    parseAllDocuments(yamlText, { version, uniqueKeys: true }).map((document) => {
      const [complaint] = [...document.errors, ...document.warnings];
      if (complaint) throw new Error(`invalid YAML: ${complaint.message}`);
      return document.toJS() as unknown;
    }),
  );
  const objects = items(read).map((object, index) =>
    isDeepStrictEqual(object, items(readOtherwise)[index]) ? frozen(object) : AMBIGUOUS,
  );
  known.set(yamlText, objects);
  return objects;
}

function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

const isManifest = (value: unknown): value is Manifest =>
  [at(value, 'apiVersion'), at(value, 'kind'), at(value, 'metadata', 'name')].every(
    (part) => text(part) !== '',
  );

export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((one) => one.kind === kind && one.metadata.name === name);
  const [first] = found;
  if (first && found.length === 1) return first;
  throw new Error(
    `expected one ${kind}/${name}, found ${found.length}; there are: ${manifests.map(idOf).join(', ') || 'none'}`,
  );
}

const templatePaths: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Deployment: ['spec', 'template'],
  Job: ['spec', 'template'],
  Pod: [],
  ReplicaSet: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
};

/** Every pod template, with the object that owns it. */
export const podTemplates = (manifests: readonly Manifest[]): PodTemplate[] =>
  manifests.flatMap((owner) => {
    const path = isBuiltIn(owner) ? templatePaths[owner.kind] : undefined;
    if (!path) return [];
    const template = at(owner, ...path);
    return [{ owner, metadata: fields(at(template, 'metadata')), spec: fields(at(template, 'spec')) }];
  });

/** Every container of a pod: the init containers first, as they run. */
export const containers = (podSpec: Fields): Fields[] => [
  ...records(podSpec['initContainers']),
  ...records(podSpec['containers']),
];

/** Whether a label selector (matchLabels and matchExpressions) selects these labels. */
export function selects(selector: unknown, labels: Fields): boolean {
  const expressions = records(at(selector, 'matchExpressions')).every((expression) => {
    const value = labels[text(expression['key'])];
    const listed = items(expression['values']).includes(value);
    switch (expression['operator']) {
      case 'In':
        return listed;
      case 'NotIn':
        return !listed;
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
  return (
    expressions &&
    Object.entries(fields(at(selector, 'matchLabels'))).every(([key, value]) => labels[key] === value)
  );
}

/** The values that occur more than once. */
export const duplicates = (values: readonly string[]): string[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];
