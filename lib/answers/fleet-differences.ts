import { firstOf, listOf } from '../list-of';
import type { Changes, ObjectChange } from '../output/changes';
import {
  type ClusterChanges,
  differencesText,
  fieldText,
  type ObjectReport,
  reportText,
} from './differences';
import { effectsOf, MOST_PLACES, scaledIn } from './explain';

/** Clusters to which an apply does the same. What they are called stands as NAME in it. */
export interface EffectGroup {
  /** What happens to each, in a few words: `restart readers`. */
  readonly effect: string;
  readonly clusters: readonly string[];
  /** What is otherwise; where values differ from cluster to cluster, some of them. */
  readonly objects: readonly ObjectReport[];
  /** What an apply does to each of them, as sentences. */
  readonly effects: readonly string[];
}

interface Group extends EffectGroup {
  readonly members: readonly ClusterChanges[];
}

const NAME = 'NAME';
const UNCHANGED = 'nothing';
/** How people call the pods of a component. */
const PODS: Readonly<Record<string, string>> = {
  mysql: 'MySQL',
  minio: 'MinIO',
  writable: 'the writable',
  readonly: 'readers',
  mishards: 'proxies',
  admin: 'the web interface',
};

/**
 * What an apply does to a fleet, the most common first.
 * @param changed the clusters that change
 * @param all every cluster of the configuration, with how many objects it has
 */
export function effectGroups(
  changed: readonly ClusterChanges[],
  all: ReadonlyMap<string, number>,
): readonly EffectGroup[] {
  return grouped(changed, all).map(({ members: _, ...group }) => group);
}

function grouped(changed: readonly ClusterChanges[], all: ReadonlyMap<string, number>): readonly Group[] {
  const byEffect = new Map<string, ClusterChanges[]>();
  for (const cluster of changed) {
    const { instance } = cluster;
    const changes = withoutName(cluster);
    const effect = effectOf(changes, all.get(instance));
    const ids = (some: readonly { readonly id: string; readonly path?: string }[]) =>
      some.map(({ id, path }) => [id, path]);
    const different = changes.objects.filter(({ how }) => how !== 'changed');
    const key = [
      effect,
      ids(changes.restarts),
      ids(changes.refusals),
      ids(scaledIn(changes)),
      ids(different),
    ];
    const found = byEffect.get(JSON.stringify(key)) ?? [];
    byEffect.set(JSON.stringify(key), found);
    found.push({ instance, changes });
  }
  const names = new Set(changed.map(({ instance }) => instance));
  const unchanged = [...all.keys()].filter((instance) => !names.has(instance));
  const groups = [...byEffect.values()].map((members): Group => {
    const [first] = members as [ClusterChanges];
    return {
      effect: effectOf(first.changes, all.get(first.instance)),
      clusters: members.map(({ instance }) => instance),
      objects: objectsOf(members),
      effects: effectsOfAll(members),
      members,
    };
  });
  const still = { effect: UNCHANGED, clusters: unchanged, objects: [], effects: [], members: [] };
  return listOf(
    groups.sort((one, other) => other.clusters.length - one.clusters.length),
    unchanged.length !== 0 && still,
  );
}

/** The changes of a cluster as those of any other of the fleet. */
function withoutName({ instance, changes }: ClusterChanges): Changes {
  const name = instance.slice(instance.indexOf('.') + 1);
  const general = (id: string) => id.replace(`/${name}`, `/${NAME}`);
  const bare = (id: string) => id.slice(id.indexOf('/') + 1);
  return {
    objects: changes.objects.map((object) => ({ ...object, id: general(object.id) })),
    restarts: changes.restarts.map((restart) => ({ ...restart, id: general(restart.id) })),
    refusals: changes.refusals.map(({ id, path, words }) => ({
      id: general(id),
      path,
      words: words.replaceAll(bare(id), bare(general(id))),
    })),
  };
}

/** @param size how many objects the cluster has; none when it is no longer configured */
function effectOf(changes: Changes, size: number | undefined): string {
  const { objects, restarts, refusals } = changes;
  if (size === undefined) return 'are no longer configured';
  if (objects.length === size && objects.every(({ how }) => how === 'added')) return 'are new';
  const scaled = scaledIn(changes).map(({ id }) => id);
  const parts = listOf(
    refusals.map(({ id }) => `can not change ${id} in place`),
    restarts.length !== 0 &&
      `restart ${restarts.map(({ id, component }) => PODS[component ?? ''] ?? id).join(', ')}`,
    scaled.length !== 0 && `scale ${scaled.join(', ')}`,
  );
  return parts.length === 0 ? 'change without a restart' : [...new Set(parts)].join('; ');
}

function objectsOf(members: readonly ClusterChanges[]): readonly ObjectReport[] {
  const found = new Map<string, { how: ObjectChange['how']; fields: Map<string, string[]> }>();
  for (const { id, kind, how, fields } of members.flatMap(({ changes }) => changes.objects)) {
    const report = found.get(id) ?? { how, fields: new Map<string, string[]>() };
    found.set(id, report);
    for (const field of fields) {
      const texts = report.fields.get(field.path) ?? [];
      report.fields.set(field.path, texts);
      texts.push(fieldText(kind, field));
    }
  }
  return [...found].map(([id, { how, fields }]) => ({
    id,
    how,
    fields: [...fields.values()].map((texts) => {
      const some = texts.length === members.length ? '' : ` (${texts.length} of ${members.length})`;
      return `${merged(texts)}${some}`;
    }),
  }));
}

function effectsOfAll(members: readonly ClusterChanges[]): readonly string[] {
  const all = members.map(({ changes }) => effectsOf(changes));
  const longest = all.reduce((one, other) => (other.length > one.length ? other : one), []);
  return longest.map((_, index) => merged(all.flatMap((effects) => effects[index] ?? [])));
}

/** So many values say that they differ. */
const MOST_VALUES = 3;

/** Texts that differ in some of their words as one: `4GB/8GB -> 16GB`. */
function merged(texts: readonly string[]): string {
  const different = [...new Set(texts)].map((text) => text.split(' '));
  const [first = [], ...others] = different;
  if (others.some(({ length }) => length !== first.length)) return `${first.join(' ')} (or otherwise)`;
  return first
    .map((_, index) => {
      const words = [...new Set(different.map((text) => text[index] ?? ''))];
      return words.length <= MOST_VALUES ? words.join('/') : `${words.slice(0, MOST_VALUES).join('/')}/...`;
    })
    .join(' ');
}

/** What an apply does to a fleet: how many of what, then each group, then those that nothing happens to. */
export function fleetText(changed: readonly ClusterChanges[], all: ReadonlyMap<string, number>): string {
  const groups = grouped(changed, all);
  const total = groups.reduce((sum, { clusters }) => sum + clusters.length, 0);
  const counts = new Map<string, number>();
  for (const { effect, clusters } of groups) counts.set(effect, (counts.get(effect) ?? 0) + clusters.length);
  const head = [...counts].map(
    ([effect, count]) => `  ${String(count).padStart(String(total).length)}  ${effect}\n`,
  );
  const alone = (instance: string | undefined) => changed.filter((one) => one.instance === instance);
  const parts = groups.map(({ effect, clusters, objects, effects, members }) => {
    if (effect === UNCHANGED) return `Nothing happens to ${clustersText(clusters)}\n`;
    if (clusters.length === 1) return differencesText(alone(clusters[0]));
    const restarts = members[0]?.changes.restarts ?? [];
    const heading = `${clusters.length} clusters ${effect}: ${named(clusters)}`;
    return reportText(heading, objects, 'What an apply does to each:', effects, restarts);
  });
  return `${total} clusters:\n${head.join('')}\n${parts.join('\n')}`;
}

function clustersText(clusters: readonly string[]): string {
  return `${clusters.length === 1 ? '1 cluster' : `${clusters.length} clusters`}: ${named(clusters)}`;
}

function named(clusters: readonly string[]): string {
  const { some, more } = firstOf(clusters, MOST_PLACES);
  return [some.join(', '), ...more.map((rest) => `${rest} (all of them: --format json)`)].join(' ');
}
