import { isDeepStrictEqual } from 'node:util';
import { parseQuantity } from '../config/quantities';
import type { Component } from '../kubernetes/labels';
import { isMapping, valueAt } from '../mapping';
import { readYaml } from '../yaml/read';

/** An object as it is applied. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** A value that is otherwise; undefined where there is none. */
export interface FieldChange {
  /** `spec.template.spec.containers[milvus].image`; of a file in a ConfigMap, the key in it follows a colon. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What becomes of an object. */
export interface ObjectChange {
  /** `Deployment/milvus-readonly` */
  readonly id: string;
  readonly kind: string;
  readonly how: 'added' | 'removed' | 'changed';
  /** Of one that is changed; without those that only say that pods are to be restarted, and without values of a Secret. */
  readonly fields: readonly FieldChange[];
  /** Of a workload: its pods are made anew. */
  readonly restarts: boolean;
}

/** Pods that are made anew, and what that means. */
export interface Restart {
  readonly id: string;
  readonly component: Component | undefined;
  /** What happens, as sentences. */
  readonly words: string;
  readonly pods: RestartedPods;
}

/** How pods are made anew: all times in seconds, and the longest that Kubernetes allows. */
interface RestartedPods {
  /** That one gets to stop. */
  readonly grace: number;
  /** After which a start counts as failed. */
  readonly start: number;
  /** How many there are; those of an autoscaler count as one. */
  readonly replicas: number;
  /** One after another, each new one ready before an old one goes. Otherwise they are away from the stop to the start. */
  readonly rolling: boolean;
}

/** What Kubernetes refuses to change, and what to do. */
export interface Refusal {
  readonly id: string;
  readonly path: string;
  readonly words: string;
}

/** What an apply of the one in the place of the other would do. */
export interface Changes {
  /** In the order of the objects. */
  readonly objects: readonly ObjectChange[];
  /** In the order in which they get ready. */
  readonly restarts: readonly Restart[];
  readonly refusals: readonly Refusal[];
}

/** What has pods that run all the time. */
const RUNNING = ['Deployment', 'StatefulSet'];

/**
 * What an apply would do: a function over two sets of objects.
 * @param before what was applied
 * @param after what would be applied
 * @param all every object there is, where the two have only those that differ
 */
export function changesBetween(
  before: readonly Manifest[],
  after: readonly Manifest[],
  all: readonly Manifest[] = after,
): Changes {
  const old = new Map(before.map((object) => [keyOf(object), object]));
  const young = new Map(after.map((object) => [keyOf(object), object]));
  const objects: ObjectChange[] = [];
  const restarts: Restart[] = [];
  const refusals: Refusal[] = [];
  for (const key of new Set([...young.keys(), ...old.keys()])) {
    const [was, is] = [old.get(key), young.get(key)];
    const some = is ?? was;
    if (some === undefined || isDeepStrictEqual(was, is)) continue;
    const id = idOf(some);
    const how = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed';
    const restarted =
      how === 'changed' &&
      RUNNING.includes(some.kind) &&
      !isDeepStrictEqual(valueAt(was, TEMPLATE), valueAt(is, TEMPLATE));
    const fields = how === 'changed' ? shownFields(some.kind, fieldChanges(was, is)) : [];
    objects.push({ id, kind: some.kind, how, fields, restarts: restarted });
    if (was === undefined || is === undefined) continue;
    const refused = refusalsOf(id, was, is);
    refusals.push(...refused);
    if (restarted) {
      const pods = { ...podsOf(is), grace: podsOf(was).grace };
      restarts.push({ id, component: componentOf(is), words: restartWords(pods, is, all), pods });
    }
  }
  return { objects, restarts: [...restarts].sort(byStart), refusals };
}

const TEMPLATE = ['spec', 'template'];
const CHECKSUM = /annotations\."?cdk8s-milvus\/[\w-]*checksum"?$/;

/** What people want to know: that a checksum changes says the restart, and what a Secret holds is nobody's business. */
function shownFields(kind: string, fields: readonly FieldChange[]): FieldChange[] {
  return fields
    .filter(({ path }) => !CHECKSUM.test(path))
    .map((field) => (kind === 'Secret' ? { path: field.path, before: undefined, after: undefined } : field));
}

/** Kind and name, as people say it: `Deployment/milvus-readonly`. */
export function idOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}

function keyOf(object: Manifest): string {
  const [group] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : [''];
  return [group, object.kind, object.metadata.namespace ?? '', object.metadata.name].join(' ');
}

function componentOf(object: Manifest): Component | undefined {
  return valueAt(object, ['metadata', 'labels', 'component']) as Component | undefined;
}

// --- fields ---------------------------------------------------------------------------------------------------------

/** What is otherwise in two values, leaf by leaf; a list of items with names by those. */
function fieldChanges(before: unknown, after: unknown, path = ''): FieldChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [old, young] = [namedItems(before), namedItems(after)];
  if (old !== undefined && young !== undefined) return ofEach(old, young, (name) => `${path}[${name}]`);
  if (isMapping(before) && isMapping(after)) {
    return ofEach(before, after, (key) => {
      const step = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
      return path === '' ? step : `${path}.${step}`;
    });
  }
  const [oldFile, youngFile] = [fileIn(before), fileIn(after)];
  if (oldFile !== undefined && youngFile !== undefined) {
    const inside = fieldChanges(oldFile, youngFile);
    if (inside.length > 0) return inside.map((field) => ({ ...field, path: `${path}: ${field.path}` }));
  }
  return [{ path, before, after }];
}

type Mapping = Readonly<Record<string, unknown>>;

function ofEach(before: Mapping, after: Mapping, pathOf: (key: string) => string): FieldChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => fieldChanges(before[key], after[key], pathOf(key)));
}

function namedItems(value: unknown): Mapping | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const entries = value.map((item): [unknown, unknown] => [valueAt(item, ['name']), item]);
  const names = new Set(entries.map(([name]) => name));
  if (names.size < value.length || names.has(undefined)) return undefined;
  return Object.fromEntries(entries as [string, unknown][]);
}

/** The mapping that a text is as YAML: a file of a server. */
function fileIn(value: unknown): Mapping | undefined {
  if (typeof value !== 'string' || !value.includes('\n')) return undefined;
  try {
    const [document, ...others] = readYaml(value);
    return others.length === 0 && isMapping(document?.value) ? document.value : undefined;
  } catch {
    return undefined; // a script, or a text
  }
}

// --- what can not be changed ----------------------------------------------------------------------------------------

const STORAGE = ['spec', 'resources', 'requests', 'storage'];

/** What the API server refuses to change (validation of apps/v1, batch/v1, v1, rbac/v1). */
function refusalsOf(id: string, before: Manifest, after: Manifest): Refusal[] {
  const { kind } = after;
  const [was, is] = [before, after].map((object) => object['spec']) as [Mapping, Mapping];
  const differs = (...steps: string[]) => !isDeepStrictEqual(valueAt(was, steps), valueAt(is, steps));
  const refusal = (path: string, words: string): Refusal[] => [{ id, path, words }];
  const name = after.metadata.name;
  const again = (selectorOf: string, stays = '') =>
    `A ${selectorOf} keeps its selector. Delete it, then apply: kubectl delete ${selectorOf.toLowerCase()} ${name}. Its ${stays}pods are away until then.`;
  if (kind === 'Deployment' && differs('selector')) return refusal('spec.selector', again(kind));
  if (kind === 'StatefulSet') {
    const orphaned = `A StatefulSet keeps it. Create the StatefulSet again without stopping its pod: kubectl delete statefulset ${name} --cascade=orphan, then apply.`;
    const words: Readonly<Record<string, string>> = {
      selector: again(kind, 'claims stay; its '),
      serviceName: orphaned,
      podManagementPolicy: orphaned,
      volumeClaimTemplates: `${orphaned} Its claims stay as they are: for a larger one, first kubectl patch pvc ${claimsOf(was, name)} -p '{"spec":{"resources":{"requests":{"storage":"SIZE"}}}}'.`,
    };
    const changed = Object.entries(words).filter(([field]) => differs(field));
    return changed.flatMap(([field, sentence]) => refusal(`spec.${field}`, sentence));
  }
  if (kind === 'PersistentVolumeClaim' && !isDeepStrictEqual(was, is)) {
    const [old, young] = [before, after].map((object) => valueAt(object, STORAGE));
    const others = fieldChanges(was, is, 'spec').filter(({ path }) => path !== STORAGE.join('.'));
    if (others[0] !== undefined) {
      return refusal(
        others[0].path,
        `Only the size of a claim can change. Create a new one under another name, copy the data, and name it in existingClaim; or keep the old value.`,
      );
    }
    return (parseQuantity(String(young)) ?? 0) < (parseQuantity(String(old)) ?? 0)
      ? refusal(STORAGE.join('.'), `A claim can grow, but not shrink: at least ${String(old)}.`)
      : [];
  }
  if (kind === 'Service' && differs('clusterIP')) {
    const words = `Delete it, then apply: kubectl delete service ${name}. It gets a new address.`;
    return refusal('spec.clusterIP', words);
  }
  if (kind === 'RoleBinding' && !isDeepStrictEqual(before['roleRef'], after['roleRef'])) {
    return refusal('roleRef', `Delete it, then apply: kubectl delete rolebinding ${name}.`);
  }
  if (kind === 'Job' && differs('template')) {
    return refusal('spec.template', `A Job runs once. Replace it: kubectl replace --force -f FILE.`);
  }
  return [];
}

function claimsOf(spec: Mapping, name: string): string {
  const templates = (spec['volumeClaimTemplates'] ?? []) as readonly Manifest[];
  return templates.map(({ metadata }) => `${metadata.name}-${name}-0`).join(' ');
}

// --- restarts -------------------------------------------------------------------------------------------------------

/** Who waits for whom in an init container: MySQL and the storage first, the proxies last. */
const ORDER: readonly (Component | undefined)[] = [
  'mysql',
  'minio',
  'writable',
  'readonly',
  'mishards',
  'admin',
];

function byStart(one: Restart, other: Restart): number {
  const rank = ({ component }: Restart) => {
    const found = ORDER.indexOf(component);
    return found < 0 ? ORDER.length : found;
  };
  return rank(one) - rank(other);
}

function containersOf(object: Manifest): readonly unknown[] {
  return (valueAt(object, [...TEMPLATE, 'spec', 'containers']) ?? []) as readonly unknown[];
}

function podsOf(object: Manifest): RestartedPods {
  const containers = containersOf(object);
  const probe = containers.map((container) => valueAt(container, ['startupProbe'])).find(isMapping);
  return {
    grace: Number(valueAt(object, [...TEMPLATE, 'spec', 'terminationGracePeriodSeconds']) ?? 30),
    start: Number(probe?.['failureThreshold'] ?? 3) * Number(probe?.['periodSeconds'] ?? 10),
    replicas: Number(valueAt(object, ['spec', 'replicas']) ?? 1),
    rolling: object.kind === 'Deployment' && valueAt(object, ['spec', 'strategy', 'type']) !== 'Recreate',
  };
}

/** What a restart means for people. Times are those of the pods; the measured ones are of a small real cluster. */
function restartWords({ grace, start }: RestartedPods, after: Manifest, all: readonly Manifest[]): string {
  // A sidecar may stand before the server, and ask for nothing.
  const memory = containersOf(after)
    .filter((container) => valueAt(container, ['name']) === 'milvus')
    .map((container) => valueAt(container, ['resources', 'requests', 'memory']))
    .map((requested) => ` (${requested} of memory)`)
    .join('');
  const alone = !all.some((object) => componentOf(object) === 'mishards');
  const away = `It stops before it starts again: at most ${grace} s to stop, and at most ${start} s to start`;
  switch (componentOf(after)) {
    case 'readonly':
      return `The readers, one after another. Each new one is ready before an old one stops, which may take ${grace} s: no search is lost. A new one first loads its data from the storage, so searches are slower at first. A node needs room for one more pod${memory}.`;
    case 'mishards':
      return `The proxies, one after another. Each new one is ready before an old one stops: no call through the Service fails. An old one closes open connections after at most ${grace} s.`;
    case 'writable':
      return alone
        ? `The server. ${away}. It flushes first. Meanwhile searches and writes fail.`
        : `The writable. ${away}. It flushes first, and finishes a running index build. Meanwhile nothing is written, most calls except searches wait or fail, and the proxies are not ready.`;
    case 'mysql':
      return `MySQL. ${away} (7 to 11 s in all on an idle node). Meanwhile searches and writes fail, because they need the metadata.`;
    case 'minio':
      return `The embedded MinIO. ${away}. Meanwhile uploads fail, and Milvus 1.1.1 does not notice: stop writing before.`;
    case 'admin':
      return `The web interface. Nothing else depends on it.`;
    default:
      return `Its pods are replaced.`;
  }
}
