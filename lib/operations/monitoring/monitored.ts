import { longestPauseSeconds } from '../../config/schedules';
import type { Settings } from '../../config/settings';
import { claimsOf } from '../../inventory/claims';
import { metricSources } from '../../inventory/metrics';
import { checksum } from '../../kubernetes/assets';
import type { Names } from '../../kubernetes/names';

/** What there is to watch in a cluster, and how its series are told from those of others. */
export interface Monitored {
  readonly name: string;
  /** What tells its dashboard from those of other clusters in one Grafana. */
  readonly dashboardUid: string;
  /** The page with the explanations of the alerts; unset unless configured. */
  readonly runbookUrl?: string;
  /** Matchers of the series that the servers push. */
  readonly series: string;
  /** A matcher of the namespace, with a comma before it; empty where kustomize or kubectl choose the namespace. */
  readonly namespace: string;
  /** Whether push gateways beside the servers are scraped. */
  readonly gateways: boolean;
  readonly kubeStateMetrics: boolean;
  /** Whether the exporter of MySQL is scraped. */
  readonly exporter: boolean;
  readonly deployments: { readonly writable: string; readonly readonly?: string; readonly mishards?: string };
  /** The StatefulSet of MySQL; unset with another database. */
  readonly mysql?: string;
  readonly claims: readonly string[];
  /** The CronJob of the backups; unset without any. */
  readonly backup?: ScheduledJob;
  /** The CronJob of the verification of backups; unset without a schedule. */
  readonly verification?: ScheduledJob;
  /** The CronJob of the smoke test; unset without a schedule. */
  readonly canary?: string;
}

export interface ScheduledJob {
  readonly cronJob: string;
  /** The longest time between two of its runs, in seconds; unset where it is suspended. */
  readonly every?: number;
}

export function monitoredOf(settings: Settings, names: Names): Monitored {
  const { milvus, mysql, backup, smokeTest, mode, namespace, monitoring } = settings;
  const { pushgateways, exporter } = metricSources(settings);
  const inNamespace = namespace === undefined ? '' : `,namespace="${namespace}"`;
  const cluster = milvus.metrics.clusterLabel ?? settings.name;
  return {
    name: settings.name,
    dashboardUid: dashboardUid(settings),
    runbookUrl: monitoring.prometheusRule.runbookUrl,
    series: `cluster="${cluster}"${inNamespace}`,
    namespace: inNamespace,
    gateways: pushgateways,
    kubeStateMetrics: monitoring.prometheusRule.kubeStateMetrics,
    exporter,
    deployments: {
      writable: names.writable,
      ...(mode === 'cluster' ? { readonly: names.readonly, mishards: names.mishards } : {}),
    },
    mysql: mysql === undefined ? undefined : names.mysql,
    claims: claimsOf(settings).map(({ name: claim }) => claim),
    backup: backup && scheduled(names.backup, backup.schedule, backup.suspend),
    verification: backup?.verify.schedule
      ? scheduled(names.backupVerify, backup.verify.schedule, backup.suspend)
      : undefined,
    canary: smokeTest.schedule === undefined ? undefined : names.smokeTest,
  };
}

function scheduled(cronJob: string, schedule: string, suspend: boolean): ScheduledJob {
  return suspend ? { cronJob } : { cronJob, every: longestPauseSeconds(schedule) };
}

/** Grafana's limit. */
const LONGEST_UID = 40;

/** No name has a "_", so that no two pairs are alike. */
function dashboardUid({ name, namespace }: Settings): string {
  if (namespace === undefined) return `milvus-${name}`.slice(0, LONGEST_UID);
  const uid = `milvus-${namespace}_${name}`;
  return uid.length <= LONGEST_UID ? uid : `milvus-${checksum(namespace, name)}`;
}
