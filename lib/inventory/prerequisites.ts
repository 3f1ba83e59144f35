import type { Settings } from '../config/settings';
import { secretsOf } from './secrets';

/**
 * What has to be there before a cluster is applied, besides the Secrets of its credentials: definitions of the custom resources
 * that it has, PriorityClasses, and Secrets of registries and certificate authorities. As `kubectl get` takes them.
 */
export function prerequisitesOf(settings: Settings): readonly string[] {
  const { monitoring, mode, writable, readonly, mishards, mysql, minio, admin, backup, smokeTest } = settings;
  const external = Object.values(secretsOf(settings)).some(
    ({ credentials }) => credentials.externalSecret !== undefined,
  );
  const workloads = [writable, mode === 'cluster' && readonly, mode === 'cluster' && mishards];
  const priorityClasses = [...workloads, mysql, minio, admin, backup, smokeTest].flatMap((workload) =>
    workload && workload.priorityClassName !== undefined ? [workload.priorityClassName] : [],
  );
  const authorities = [settings.s3?.tls?.caSecret, backup?.s3.tls?.caSecret];
  const secrets = [...settings.imagePullSecrets, ...authorities.filter((name) => name !== undefined)];
  return [
    ...(external ? ['customresourcedefinition/externalsecrets.external-secrets.io'] : []),
    ...(monitoring.podMonitor.enabled ? ['customresourcedefinition/podmonitors.monitoring.coreos.com'] : []),
    ...(monitoring.prometheusRule.enabled
      ? ['customresourcedefinition/prometheusrules.monitoring.coreos.com']
      : []),
    ...[...new Set(priorityClasses)].map((name) => `priorityclass/${name}`),
    ...[...new Set(secrets)].map((name) => `secret/${name}`),
  ];
}
