import { OLD_AFTER_RUNS } from '../../config/schedules';
import type { Monitored, ScheduledJob } from './monitored';

/** An alert, as Prometheus takes it. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: 'critical' | 'warning'; readonly milvus: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook: string;
    readonly runbook_url?: string;
  };
}

/** Where each alert is explained; the heading is its name. */
const RUNBOOK = 'docs/how-to/alerts.md';

/** Seconds after which a server that pushes every second has stopped doing so. */
const STALE_SECONDS = 60;
/** Percent of the cache; it is meant to be full, but not while searches load what they need again and again. */
const FULL_CACHE_PERCENT = 95;
const NEAR_LIMIT = 0.9;
const LITTLE_SPACE = 0.1;
const MANY_CONNECTIONS = 0.8;
const LATE_SECONDS = 3600;

/** What one alert says; the rest follows from its name and the cluster. */
interface Rule {
  readonly name: string;
  readonly expr: string;
  readonly for?: string;
  readonly severity: 'critical' | 'warning';
  readonly summary: string;
  readonly description: string;
}

/** The alerts of a cluster, as far as there are metrics for them. */
export function alerts(monitored: Monitored): Alert[] {
  return [
    ...(monitored.gateways ? serverRules(monitored) : []),
    ...(monitored.kubeStateMetrics ? workloadRules(monitored) : []),
    ...(monitored.exporter && monitored.mysql !== undefined ? mysqlRules(monitored, monitored.mysql) : []),
  ].map(({ name, expr, for: duration, severity, summary, description }) => ({
    alert: name,
    expr,
    ...(duration === undefined ? {} : { for: duration }),
    labels: { severity, milvus: monitored.name },
    annotations: {
      summary,
      description,
      runbook: `${RUNBOOK}#${name.toLowerCase()}`,
      ...(monitored.runbookUrl === undefined
        ? {}
        : { runbook_url: `${monitored.runbookUrl}#${name.toLowerCase()}` }),
    },
  }));
}

function serverRules({ name, series }: Monitored): Rule[] {
  return [
    {
      name: 'MilvusMetricsStopped',
      expr: `time() - push_time_seconds{job="milvus_metrics",${series}} > ${STALE_SECONDS}`,
      for: '2m',
      severity: 'warning',
      summary: `A server of ${name} has stopped to push metrics.`,
      description:
        '{{ $labels.instance }} has pushed nothing for {{ $value | humanizeDuration }}: it is starting, hangs, or is gone.',
    },
    {
      name: 'MilvusServerRestarts',
      expr: `resets(keeping_alive_seconds_total{${series}}[1h]) > 2`,
      severity: 'warning',
      summary: `A server of ${name} restarts again and again.`,
      description: '{{ $labels.instance }} has begun anew {{ $value }} times within an hour.',
    },
    {
      name: 'MilvusInsertsFail',
      expr: `increase(add_vectors_request_total{outcome="fail",${series}}[5m]) > 0`,
      for: '5m',
      severity: 'warning',
      summary: `Inserts into ${name} fail.`,
      description:
        '{{ $value | humanize }} insert requests have failed on {{ $labels.instance }} within 5 minutes.',
    },
    {
      name: 'MilvusCacheFull',
      expr: `cache_usage_bytes{${series}} > ${FULL_CACHE_PERCENT}`,
      for: '30m',
      severity: 'warning',
      summary: `The cache of a server of ${name} is full.`,
      description:
        '{{ $labels.instance }} uses {{ $value | humanize }} % of its cache; searches may load segments again and again.',
    },
  ];
}

function workloadRules(monitored: Monitored): Rule[] {
  const { name, namespace, deployments, mysql, claims, backup, verification, canary } = monitored;
  const available = (deployment: string) =>
    `max by (namespace, deployment) (kube_deployment_status_replicas_available{deployment="${deployment}"${namespace}})`;
  const wanted = (deployment: string) =>
    `max by (namespace, deployment) (kube_deployment_spec_replicas{deployment="${deployment}"${namespace}})`;
  const { writable, readonly, mishards } = deployments;
  const pods = [...Object.values(deployments), ...(mysql === undefined ? [] : [mysql])].join('|');
  const missing = [readonly, mishards].filter((deployment) => deployment !== undefined);
  return [
    {
      name: 'MilvusWritableDown',
      expr: `${available(writable)} == 0`,
      for: '5m',
      severity: 'critical',
      summary: `${name} has no writable.`,
      description:
        'Nothing can be written, and almost every other call fails as well: {{ $labels.namespace }}/{{ $labels.deployment }}.',
    },
    ...(readonly === undefined
      ? []
      : [
          {
            name: 'MilvusNoReader',
            expr: `${available(readonly)} == 0`,
            for: '2m',
            severity: 'critical' as const,
            summary: `${name} has no reader.`,
            description: 'Searches fail: {{ $labels.namespace }}/{{ $labels.deployment }}.',
          },
        ]),
    ...(mishards === undefined
      ? []
      : [
          {
            name: 'MilvusProxyDown',
            expr: `${available(mishards)} == 0`,
            for: '2m',
            severity: 'critical' as const,
            summary: `${name} has no proxy.`,
            description: 'No client can connect: {{ $labels.namespace }}/{{ $labels.deployment }}.',
          },
        ]),
    ...(missing.length === 0
      ? []
      : [
          {
            name: 'MilvusReplicasMissing',
            expr: missing
              .map((deployment) => `${wanted(deployment)} - ${available(deployment)} > 0`)
              .join(' or '),
            for: '15m',
            severity: 'warning' as const,
            summary: `${name} has fewer pods than it should.`,
            description:
              '{{ $value }} pods of {{ $labels.namespace }}/{{ $labels.deployment }} are not available.',
          },
        ]),
    ...(mysql === undefined
      ? []
      : [
          {
            name: 'MilvusMysqlDown',
            expr: `max by (namespace, statefulset) (kube_statefulset_status_replicas_ready{statefulset="${mysql}"${namespace}}) == 0`,
            for: '2m',
            severity: 'critical' as const,
            summary: `${name} has no metadata.`,
            description:
              'MySQL is not ready, and without it nothing works: {{ $labels.namespace }}/{{ $labels.statefulset }}.',
          },
        ]),
    {
      name: 'MilvusPodCrashes',
      expr: `increase(kube_pod_container_status_restarts_total{pod=~"(${pods})-.+"${namespace}}[1h]) > 3`,
      severity: 'warning',
      summary: `A pod of ${name} crashes again and again.`,
      description:
        '{{ $labels.container }} in {{ $labels.namespace }}/{{ $labels.pod }} has restarted {{ $value | humanize }} times within an hour.',
    },
    {
      name: 'MilvusMemoryNearLimit',
      expr: `max by (namespace, pod, container) (container_memory_working_set_bytes{pod=~"(${pods})-.+",container!=""${namespace}}) / max by (namespace, pod, container) (kube_pod_container_resource_limits{resource="memory",pod=~"(${pods})-.+"${namespace}}) > ${NEAR_LIMIT}`,
      for: '15m',
      severity: 'warning',
      summary: `A container of ${name} is about to exceed its memory.`,
      description:
        '{{ $labels.container }} in {{ $labels.namespace }}/{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its limit.',
    },
    ...(claims.length === 0
      ? []
      : [
          {
            name: 'MilvusVolumeFull',
            expr: `kubelet_volume_stats_available_bytes{persistentvolumeclaim=~"${claims.join('|')}"${namespace}} / kubelet_volume_stats_capacity_bytes{persistentvolumeclaim=~"${claims.join('|')}"${namespace}} < ${LITTLE_SPACE}`,
            for: '10m',
            severity: 'critical' as const,
            summary: `A volume of ${name} is almost full.`,
            description:
              '{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left.',
          },
        ]),
    ...(backup === undefined
      ? []
      : [
          {
            name: 'MilvusBackupLate',
            expr: `time() - max by (namespace, cronjob) (kube_cronjob_next_schedule_time{cronjob="${backup.cronJob}"${namespace}}) > ${LATE_SECONDS}`,
            severity: 'warning' as const,
            summary: `A backup of ${name} has not begun.`,
            description:
              '{{ $labels.namespace }}/{{ $labels.cronjob }} is late by {{ $value | humanizeDuration }}.',
          },
          failedJob(monitored, 'MilvusBackupFailed', backup.cronJob, 'A backup', 'critical'),
          ...oldSuccess(monitored, 'MilvusBackupOld', backup, 'The last good backup', 'critical'),
        ]),
    ...(verification === undefined
      ? []
      : [
          failedJob(
            monitored,
            'MilvusBackupDamaged',
            verification.cronJob,
            'The verification of a backup',
            'critical',
          ),
          ...oldSuccess(
            monitored,
            'MilvusBackupUnverified',
            verification,
            'The last good verification of a backup',
            'warning',
          ),
        ]),
    ...(canary === undefined
      ? []
      : [failedJob(monitored, 'MilvusSmokeTestFailed', canary, 'The smoke test', 'critical')]),
  ];
}

/** Of the last hour alone: failed Jobs are kept to be looked at. */
function failedJob(
  { name, namespace }: Monitored,
  alert: string,
  cronJob: string,
  what: string,
  severity: Rule['severity'],
): Rule {
  const jobs = `job_name=~"${cronJob}-.+"${namespace}`;
  return {
    name: alert,
    expr: `max by (namespace, job_name) (kube_job_status_failed{${jobs}}) > 0 and on (namespace, job_name) time() - max by (namespace, job_name) (kube_job_status_start_time{${jobs}}) < ${LATE_SECONDS}`,
    severity,
    summary: `${what} of ${name} has failed.`,
    description:
      'kubectl -n {{ $labels.namespace }} logs job/{{ $labels.job_name }} --all-containers says why.',
  };
}

/** Older than two times of the schedule; of what has never ended well, the CronJob itself, also where somebody has suspended it. */
function oldSuccess(
  { name, namespace }: Monitored,
  alert: string,
  { cronJob, every }: ScheduledJob,
  what: string,
  severity: Rule['severity'],
): Rule[] {
  if (every === undefined) return [];
  const time = (of: string) =>
    `max by (namespace, cronjob) (kube_cronjob_${of}{cronjob="${cronJob}"${namespace}})`;
  return [
    {
      name: alert,
      expr: `time() - (${time('status_last_successful_time')} or ${time('created')}) > ${OLD_AFTER_RUNS * every}`,
      for: '1h',
      severity,
      summary: `${what} of ${name} is too old.`,
      description:
        '{{ $labels.namespace }}/{{ $labels.cronjob }} has not succeeded for {{ $value | humanizeDuration }}.',
    },
  ];
}

function mysqlRules({ name, namespace }: Monitored, mysql: string): Rule[] {
  const series = `pod=~"${mysql}-.+"${namespace}`;
  return [
    {
      name: 'MilvusMysqlUnreachable',
      expr: `mysql_up{${series}} == 0`,
      for: '2m',
      severity: 'critical',
      summary: `MySQL of ${name} answers nobody.`,
      description: 'The exporter in {{ $labels.namespace }}/{{ $labels.pod }} can not log in.',
    },
    {
      name: 'MilvusMysqlConnections',
      expr: `mysql_global_status_threads_connected{${series}} / mysql_global_variables_max_connections{${series}} > ${MANY_CONNECTIONS}`,
      for: '10m',
      severity: 'warning',
      summary: `MySQL of ${name} runs out of connections.`,
      description:
        '{{ $value | humanizePercentage }} of them are in use in {{ $labels.namespace }}/{{ $labels.pod }}.',
    },
  ];
}
