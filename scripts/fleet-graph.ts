import {
  at,
  containersOf,
  ENDPOINTS,
  list,
  type Manifest,
  manifestsIn,
  picture,
  podOf,
  quoted,
  text,
} from './cluster-graph';

/** Clusters that are made of the same. */
interface Group {
  /** `3 readonly` */
  readonly workloads: readonly string[];
  /** What is outside of them, as `S3\nrgw.example.com:80`. */
  readonly outside: readonly string[];
  readonly clusters: string[];
  readonly namespaces: Set<string>;
}

/** More groups are one. */
const MOST_GROUPS = 11;
/** So many names are told. */
const MOST_NAMES = 3;

/**
 * Draws a fleet: a box for all clusters with the same workloads, numbers of pods and storage, and what they share.
 * @param files the manifests of each cluster
 */
export async function fleetGraph(files: readonly string[]): Promise<string> {
  const groups = [...groupsOf(files)].sort((one, other) => other.clusters.length - one.clusters.length);
  const shown = groups.length > MOST_GROUPS + 1 ? groups.slice(0, MOST_GROUPS) : groups;
  const dot = shown.flatMap((group, index) => [
    `g${index} [label=${quoted(labelOf(group))}, class="workload"]`,
    ...group.outside.map((name) => `g${index} -> ${quoted(name)} [class="flow"]`),
  ]);
  const rest = groups.slice(shown.length);
  const others = { ...sizeOf(rest), workloads: [`${rest.length} other kinds`] };
  const outside = new Set(groups.flatMap((group) => group.outside));
  return picture(
    [
      ...dot,
      ...[...outside].map((name) => `${quoted(name)} [class="outside", shape=ellipse]`),
      ...(rest.length === 0 ? [] : [`others [label=${quoted(labelOf(others))}, class="workload"]`]),
      ...[...new Set(rest.flatMap((group) => group.outside))].map(
        (name) => `others -> ${quoted(name)} [class="flow"]`,
      ),
    ],
    `A fleet of ${files.length} clusters: what they are made of, and what they share`,
  );
}

function groupsOf(files: readonly string[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const file of files) {
    const objects = manifestsIn(file);
    const running = objects.filter(({ kind }) => ['Deployment', 'StatefulSet', 'CronJob'].includes(kind));
    const workloads = running.map(workloadOf).sort();
    const services = objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name);
    const outside = [...new Set(running.flatMap((workload) => outsideOf(workload, services)))].sort();
    const key = JSON.stringify([workloads, outside]);
    const group = groups.get(key) ?? { workloads, outside, clusters: [], namespaces: new Set() };
    groups.set(key, group);
    const { metadata } = objects[0] as Manifest;
    group.clusters.push(text(metadata.labels?.['app.kubernetes.io/instance']));
    group.namespaces.add(text(at(metadata, 'namespace')));
  }
  return groups.values();
}

function workloadOf(workload: Manifest): string {
  const component = text(workload.metadata.labels?.['component']);
  if (workload.kind === 'CronJob') return `${component}, at its times`;
  return `${String(at(workload, 'spec', 'replicas') ?? 'autoscaled')} ${component}`;
}

function outsideOf(workload: Manifest, services: readonly string[]): string[] {
  return containersOf(podOf(workload)).flatMap((container) => {
    const value = (name: string) =>
      text(list(container['env']).find((variable) => variable['name'] === name)?.['value']);
    return ENDPOINTS.flatMap(([name, host, port]) => {
      const address = value(host);
      return address === '' || services.includes(address) ? [] : [`${name}\\n${address}:${value(port)}`];
    });
  });
}

const sizeOf = (groups: readonly Group[]): Pick<Group, 'clusters' | 'namespaces'> => ({
  clusters: groups.flatMap(({ clusters }) => clusters),
  namespaces: new Set(groups.flatMap(({ namespaces }) => [...namespaces])),
});

function labelOf({
  clusters,
  namespaces,
  workloads,
}: Pick<Group, 'clusters' | 'namespaces' | 'workloads'>): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  const rest = clusters.length - MOST_NAMES;
  const names = [...clusters.slice(0, MOST_NAMES), ...(rest > 0 ? [`and ${rest} more`] : [])];
  const places = namespaces.has('') ? '' : ` in ${count(namespaces.size, 'namespace')}`;
  return [`${count(clusters.length, 'cluster')}${places}`, names.join(', '), ...workloads].join('\\n');
}
