import { isMapping } from '../mapping';

/** At most so many places are named: who wants all asks `diff`. */
const MOST = 3;

/**
 * Where what runs is not what is wanted. What the API server adds or leaves out because it is the default is no difference.
 * @returns paths, containers and the like by their names, and images with both values; the first few
 */
export function differences(wanted: unknown, live: unknown): readonly string[] {
  const all = [...between(wanted, live, [])];
  return all.length <= MOST ? all : [...all.slice(0, MOST), `and ${all.length - MOST} more`];
}

function* between(wanted: unknown, live: unknown, path: readonly string[]): Generator<string> {
  if (isEmpty(wanted) && (live === undefined || isEmpty(live))) return;
  if (Array.isArray(wanted) && Array.isArray(live) && wanted.length === live.length) {
    for (const [index, item] of wanted.entries())
      yield* between(item, live[index], [...path, nameOf(item, index)]);
  } else if (isMapping(wanted) && isMapping(live)) {
    for (const [key, value] of Object.entries(wanted)) yield* between(value, live[key], [...path, key]);
  } else if (wanted !== live) yield words(path, wanted, live);
}

/** The API server does not keep them. */
const isEmpty = (value: unknown) =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  value === 0 ||
  (typeof value === 'object' && Object.keys(value).length === 0);

const nameOf = (item: unknown, index: number) =>
  isMapping(item) && typeof item['name'] === 'string' ? item['name'] : String(index);

function words(path: readonly string[], wanted: unknown, live: unknown): string {
  const last = path.at(-1);
  if (last === 'cdk8s-milvus/checksum') return 'the configuration that its pods read';
  // Values of variables and arguments may be anybody's secret.
  const isHarmless = last === 'image' || last === 'replicas' || path.includes('resources');
  const values = isHarmless ? `: ${String(live ?? 'none')}, to be ${String(wanted)}` : '';
  return `${path.join('.')}${values}`;
}
