import { k8s } from 'cdk8s-plus-25';
import type { WorkloadJson } from './part';

export interface JobProps {
  readonly metadata: k8s.ObjectMeta;
  /** Seconds that all tries together may take. */
  readonly timeoutSeconds: number;
  readonly retries: number;
}

export interface CronJobProps extends JobProps {
  readonly schedule: string;
  readonly suspend: boolean;
}

/** A Job that was started by hand goes by itself, a day later. */
const KEEP_FINISHED_SECONDS = 86400;
/** A missed start is made up for within this time. */
const STARTING_DEADLINE_SECONDS = 600;
const KEEP_FAILED = 3;

/**
 * Annotations of a Job that a person starts. Argo CD before 3.0 takes what has the label of the instance for its own: it
 * would call the Application out of sync, and prune a restore that is running.
 */
export const STARTED_BY_HAND: Readonly<Record<string, string>> = {
  'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
  'argocd.argoproj.io/sync-options': 'Prune=false',
};

/** A Job that a person starts, but for its pods. */
export function job(props: JobProps): WorkloadJson {
  return k8s.KubeJob.manifest({
    metadata: props.metadata,
    spec: { ...jobSpec(props), ttlSecondsAfterFinished: KEEP_FINISHED_SECONDS },
  });
}

/** A Job that is applied with the rest. It stays when it is over. */
export function declaredJob(props: JobProps): WorkloadJson {
  const annotations = {
    ...props.metadata.annotations,
    'ignore-check.kube-linter.io/job-ttl-seconds-after-finished':
      'a controller that finds it missing would run it again',
  };
  return k8s.KubeJob.manifest({ metadata: { ...props.metadata, annotations }, spec: jobSpec(props) });
}

/** A Job on a schedule; one at a time, and the last ones are kept to be looked at. */
export function cronJob(props: CronJobProps): WorkloadJson {
  return k8s.KubeCronJob.manifest({
    metadata: props.metadata,
    spec: {
      schedule: props.schedule,
      suspend: props.suspend,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: STARTING_DEADLINE_SECONDS,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: KEEP_FAILED,
      jobTemplate: { spec: jobSpec(props) },
    },
  });
}

function jobSpec({ retries, timeoutSeconds }: JobProps): k8s.JobSpec {
  return { backoffLimit: retries, activeDeadlineSeconds: timeoutSeconds, template: {} };
}

/**
 * What a person with kubectl alone pastes after a Job was put in place: it waits until the Job is over, says how, and
 * prints the logs, init containers first. `kubectl logs -f` fails while a container is not started, whatever time it is
 * given, and `kubectl wait` knows one end of two. For kubectl from 1.22 on, and any POSIX shell.
 * @param kubectl how it is called, with its options
 */
export function untilJobEnds(kubectl: string, job: string): string {
  const conditions = `-o jsonpath='{.status.conditions[*].type}'`;
  return `until ${kubectl} get job/${job} ${conditions} | grep -E 'Complete|Failed'; do sleep 2; done; ${kubectl} logs job/${job} --all-containers`;
}
