import { App } from 'cdk8s';
import type { Problem } from './config/problems';
import type { Settings } from './config/settings';
import { SECTIONS } from './inventory/components';
import { cautions, type GuardedPod, unknownContainers, violations } from './kubernetes/guard-rails';
import { Part } from './kubernetes/part';
import type { Pod } from './kubernetes/pod';
import { MilvusCluster } from './milvus-cluster';
import { MilvusJob } from './milvus-job';

export interface PodChecks {
  readonly problems: readonly Problem[];
  /** What works, but is to be known. */
  readonly warnings: readonly string[];
}

/**
 * Looks at every pod of a cluster as it will be, its Jobs included. Only where something is otherwise than this project has
 * it, so that nobody else waits for it.
 * @param settings that count as checked
 */
export function checkPods(settings: Settings): PodChecks {
  const pods = podsOf(settings);
  const patches = new Set(Object.values(settings.podTemplates).flat());
  const unknown = [...patches].flatMap((patch) =>
    unknownContainers(
      patch,
      pods.map(({ pod }) => pod).filter((pod) => pod.patches.includes(patch)),
    ),
  );
  // What is wrong for all pods is said once.
  const changed = pods.filter(({ pod }) => pod.patches.length > 0);
  const problems = [...unknown, ...changed.flatMap(violations)];
  const said = new Set<string>();
  return {
    problems: problems.filter(({ path, given, expected }) => {
      const words = JSON.stringify([path, given, expected]);
      return !said.has(words) && said.add(words);
    }),
    warnings: [...new Set(changed.flatMap(cautions))],
  };
}

function podsOf(settings: Settings): readonly GuardedPod[] {
  const app = new App();
  const charts = [
    new MilvusCluster(app, 'cluster', settings),
    ...[...MilvusJob.namesFor(settings), ...MilvusJob.movesFor(settings)].map(
      (name) => new MilvusJob(app, name, name, settings),
    ),
  ];
  return charts
    .flatMap((chart) => chart.node.findAll())
    .filter((node): node is Part & { readonly pod: Pod } => node instanceof Part && node.pod !== undefined)
    .map((part) => ({ section: SECTIONS[part.component], pod: part.pod, claims: part.claims }));
}
