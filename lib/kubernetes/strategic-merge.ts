import { formatPath } from '../config/problems';
import { isMapping } from '../mapping';

/** A mapping of a manifest, as it is read from YAML. */
export type Mapping = Readonly<Record<string, unknown>>;

/**
 * The lists of a pod template whose items are told apart by a key, or by two where Kubernetes calls the list a map; every
 * other list is replaced as a whole. From the API's own types (`patchMergeKey` and `listMapKey` in k8s.io/api/core/v1 and
 * in apimachinery's meta/v1). A list's name is enough: no two of a pod template have the same name and differ in this.
 */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  ports: ['containerPort', 'protocol'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  volumes: ['name'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  resourceClaims: ['name'],
  schedulingGates: ['name'],
  ownerReferences: ['uid'],
  // Of texts: each is its own key.
  finalizers: [],
};

/** What tells the items of this list apart. Undefined: nothing does, the list is replaced as a whole. Empty: it is one of texts. */
export function mergeKeys(list: string): readonly string[] | undefined {
  return Object.hasOwn(MERGE_KEYS, list) ? MERGE_KEYS[list] : undefined;
}

/** How a message names an item: `spec.containers[name=sidecar]`, or by its number where no key tells items apart. */
export function itemPath(listPath: string, list: string, item: unknown, index: number): string {
  const keys = (mergeKeys(list) ?? []).filter((key) => keyValue(item, key) !== undefined);
  const names = keys.map((key) => `${key}=${keyValue(item, key)}`);
  return `${listPath}[${names.join(',') || index}]`;
}

/** The path of a field below a path. */
export function fieldPath(path: string, field: string): string {
  const name = formatPath([field]);
  return path === '' ? name : `${path}.${name}`;
}

/** Told of an item of a patch that has no effect, since it names half of what tells an item of the template from others. */
type OnLostItem = (path: string, key: string) => void;

/**
 * A pod template with a partial one merged over it, as `kubectl kustomize` does it: mappings merge, lists with a merge key
 * merge by it, all others are replaced, `null` takes away. `$patch: delete` or `replace` in a mapping is about that
 * mapping, as an item of its own about the list; `$patch: delete` in an item with its key takes that item away. What a
 * patch names in a list comes first, in its own order.
 *
 * Neither argument is changed. The patch is one that `checkPodTemplate` takes.
 * @param onLost told of items that fit none and clash with one, which `kubectl kustomize` passes over without a word
 */
export function strategicMerge(base: Mapping, patch: Mapping, onLost: OnLostItem = () => {}): Mapping {
  // A copy: one patch merged into two templates would be written to YAML as an anchor and an alias.
  return mergeMappings(base, copyOf(patch), { path: '', onLost }) ?? {};
}

/** Not structuredClone: within a context of its own (Jest) cdk8s takes the objects of the outer one for no mappings. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)])) as T;
}

interface Place {
  readonly path: string;
  readonly onLost: OnLostItem;
}

/** @returns undefined: the field goes */
function merge(field: string, base: unknown, patch: unknown, place: Place): unknown {
  if (patch === null) return undefined;
  if (isMapping(patch)) return mergeMappings(isMapping(base) ? base : {}, patch, place);
  const keys = mergeKeys(field);
  if (!Array.isArray(patch) || keys === undefined) return patch;
  return mergeLists(field, keys, Array.isArray(base) ? base : [], patch, place);
}

function mergeMappings(base: Mapping, patch: Mapping, place: Place): Mapping | undefined {
  const { $patch: directive, ...changes } = patch;
  if (directive === 'delete') return undefined;
  const merged = new Map(Object.entries(directive === 'replace' ? {} : base));
  for (const [field, change] of Object.entries(changes)) {
    const value = merge(field, merged.get(field), change, { ...place, path: fieldPath(place.path, field) });
    if (value === undefined) merged.delete(field);
    else merged.set(field, value);
  }
  return Object.fromEntries(merged);
}

/** @returns undefined: the list goes. One that has lost its last item stays, empty. */
function mergeLists(
  list: string,
  keys: readonly string[],
  base: readonly unknown[],
  patch: readonly unknown[],
  { path, onLost }: Place,
): readonly unknown[] | undefined {
  const [primary, secondary] = keys;
  if (primary === undefined) return [...new Set([...patch, ...base])];
  const directive = patch.find(isDirective)?.['$patch'];
  if (directive === 'delete') return undefined;
  const kept = directive === 'replace' ? [] : [...base];
  const changes = patch.filter((item) => isMapping(item) && !isDirective(item)) as readonly Mapping[];
  // Where the second key is in use, an item that is there already keeps its place.
  const staysInPlace =
    secondary !== undefined && [...kept, ...changes].some((item) => keyValue(item, secondary) !== undefined);
  const first: Mapping[] = [];
  changes.forEach((change, index) => {
    const place = { path: itemPath(path, list, change, index), onLost };
    const alike = kept.filter((item) => keyValue(item, primary) === keyValue(change, primary));
    const target = alike.find(
      (item) => secondary === undefined || keyValue(item, secondary) === keyValue(change, secondary),
    );
    // One of the two says less than the other, or they would be two items.
    const says = (item: unknown) => secondary === undefined || keyValue(item, secondary) !== undefined;
    if (target === undefined && alike.some((item) => says(item) !== says(change))) {
      onLost(place.path, String(secondary));
      return;
    }
    const merged = mergeMappings(isMapping(target) ? target : {}, change, place);
    const position = target === undefined ? -1 : kept.indexOf(target);
    if (merged !== undefined && position >= 0 && staysInPlace) kept[position] = merged;
    else {
      if (position >= 0) kept.splice(position, 1);
      if (merged !== undefined) first.push(merged);
    }
  });
  return [...first, ...kept];
}

/** An item that is about its whole list. */
export function isDirective(item: unknown): item is Mapping {
  return isMapping(item) && Object.hasOwn(item, '$patch') && Object.keys(item).length === 1;
}

/** A key's value as a text, as 80 and "80" are one port; undefined: the item does not have the key. */
function keyValue(item: unknown, key: string): string | undefined {
  const value = isMapping(item) && Object.hasOwn(item, key) ? item[key] : undefined;
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined;
}
