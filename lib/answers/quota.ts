import { App } from 'cdk8s';
import { type LoadOptions, loadClusters } from '../config/load';
import { canonicalQuantity, parseQuantity } from '../config/quantities';
import type { Settings } from '../config/settings';
import { valueAt } from '../mapping';
import { MilvusJob } from '../milvus-job';
import type { Manifest } from '../output/changes';
import { objectsIn } from '../output/cluster-files';

type Amounts = Readonly<Record<string, number>>;

/** What a ResourceQuota counts of a container, and where that stands. */
const RESOURCES = ['requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'] as const;

/**
 * A ResourceQuota for each namespace of the configuration, as tight as it can be: all pods, one more of each Deployment that rolls, one of
 * each CronJob, and the largest of the Jobs that a person starts, one at a time.
 * @throws ConfigurationError with every problem of the configuration
 */
export function quotas(options: LoadOptions): readonly Manifest[] {
  const namespaces = new Map<string | undefined, Amounts[]>();
  for (const { settings } of loadClusters(options)) {
    const { namespace } = settings;
    namespaces.set(namespace, [...(namespaces.get(namespace) ?? []), needsOf(settings)]);
  }
  return [...namespaces].map(([namespace, needs]) => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'milvus', ...(namespace === undefined ? {} : { namespace }) },
    spec: { hard: quantities(sum(needs)) },
  }));
}

function needsOf(settings: Settings): Amounts {
  const objects = objectsIn(settings);
  const most = (name: string): number | undefined => {
    const scaler = objects.find(
      (object) =>
        object.kind === 'HorizontalPodAutoscaler' &&
        valueAt(object, ['spec', 'scaleTargetRef', 'name']) === name,
    );
    return scaler && Number(valueAt(scaler, ['spec', 'maxReplicas']));
  };
  const needs = objects.flatMap((object): Amounts[] => {
    const { kind, metadata } = object;
    if (kind === 'PersistentVolumeClaim') return [ofClaim(object)];
    if (kind === 'CronJob') return [ofPod(valueAt(object, ['spec', 'jobTemplate', 'spec', 'template']))];
    if (kind !== 'Deployment' && kind !== 'StatefulSet') return [];
    const replicas = most(metadata.name) ?? Number(valueAt(object, ['spec', 'replicas']) ?? 1);
    const rolls = kind === 'Deployment' && valueAt(object, ['spec', 'strategy', 'type']) !== 'Recreate';
    const claims = (valueAt(object, ['spec', 'volumeClaimTemplates']) ?? []) as readonly unknown[];
    return [
      times(ofPod(valueAt(object, ['spec', 'template'])), replicas + (rolls ? 1 : 0)),
      ...claims.map((claim) => times(ofClaim(claim), replicas)),
    ];
  });
  const jobs = MilvusJob.allFor(settings)
    .flatMap((job): readonly Manifest[] => new MilvusJob(new App(), job, job, settings).toJson())
    .filter(({ kind }) => kind === 'Job')
    .map((job) => ofPod(valueAt(job, ['spec', 'template'])));
  return sum([...needs, largest(jobs)]);
}

function ofClaim(claim: unknown): Amounts {
  const size = parseQuantity(String(valueAt(claim, ['spec', 'resources', 'requests', 'storage']))) ?? 0;
  return { 'requests.storage': size, persistentvolumeclaims: 1 };
}

/** As the scheduler counts: all containers together, or the init container that takes more. */
function ofPod(template: unknown): Amounts {
  const of = (containers: string, some: (container: unknown) => boolean): Amounts[] =>
    ((valueAt(template, ['spec', containers]) ?? []) as readonly unknown[]).filter(some).map((container) =>
      Object.fromEntries(
        RESOURCES.map((name) => [
          name,
          // What is without a limit is refused where limits are counted: the sum tells.
          parseQuantity(String(valueAt(container, ['resources', ...name.split('.')]))) ?? Number.NaN,
        ]),
      ),
    );
  const runs = (container: unknown) => valueAt(container, ['restartPolicy']) === 'Always';
  const together = sum([...of('containers', () => true), ...of('initContainers', runs)]);
  return { ...largest([together, ...of('initContainers', (one) => !runs(one))]), pods: 1 };
}

function combined(all: readonly Amounts[], combine: (one: number, other: number) => number): Amounts {
  const result: Record<string, number> = {};
  for (const amounts of all) {
    for (const [name, amount] of Object.entries(amounts)) result[name] = combine(result[name] ?? 0, amount);
  }
  return result;
}

const sum = (all: readonly Amounts[]) => combined(all, (one, other) => one + other);
const largest = (all: readonly Amounts[]) => combined(all, Math.max);
const times = (amounts: Amounts, count: number) => combined([amounts], (_, amount) => amount * count);

/** A resource that some container does not limit is left out: a quota for it would refuse the pod. */
function quantities(amounts: Amounts): Record<string, string> {
  const text = (name: string, amount: number) => {
    if (name.endsWith('.cpu')) return canonicalQuantity(`${Math.round(amount * 1000)}m`);
    return /memory|storage/.test(name) ? canonicalQuantity(`${Math.ceil(amount / 1024)}Ki`) : `${amount}`;
  };
  return Object.fromEntries(
    [...RESOURCES, 'pods', 'persistentvolumeclaims', 'requests.storage'].flatMap((name) => {
      const amount = amounts[name] ?? 0;
      return Number.isNaN(amount) || amount === 0 ? [] : [[name, text(name, amount)]];
    }),
  );
}
