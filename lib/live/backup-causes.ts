import { longestPauseSeconds, OLD_AFTER_RUNS } from '../config/schedules';
import { areSuspended, type BackupSettings } from '../config/settings';
import type { Cause, CauseKind } from './causes';
import type { Here } from './here';
import { refusalCure } from './kubernetes-words';
import { isTrue, nameOf, timeOf } from './objects';
import {
  isJobOf,
  type LastRun,
  LOAD,
  lastBackup,
  lastFailure,
  lastVerification,
  UPLOAD,
  VERIFY,
} from './runs';

/** What a CronJob does again and again, and what is said where it does not. */
interface Repeated {
  readonly cronJob: string;
  /** Of its pods. */
  readonly container: string;
  readonly run: LastRun | undefined;
  /** Undefined: nobody waits for the next one. */
  readonly schedule: string | undefined;
  readonly failed: { readonly kind: CauseKind; readonly what: string };
  /** `what`: what has not been. `cure`: the command that does it now. */
  readonly old: { readonly kind: CauseKind; readonly what: string; readonly cure: string };
}

/** What is wrong with the backups of a cluster. None of it is in the way of a cluster that starts. */
export function backupCauses(here: Here): readonly Cause[] {
  const { name, backup } = here.wanted.settings;
  if (backup === undefined) return [];
  const repeated: readonly Repeated[] = [
    {
      cronJob: here.names.backup,
      container: UPLOAD,
      run: lastBackup(here),
      schedule: backup.schedule,
      failed: { kind: 'a-backup-has-failed', what: 'the last backup has failed' },
      old: {
        kind: 'the-last-backup-is-too-old',
        what: 'backup has ended well',
        cure: `cdk8s-milvus job backup ${name}`,
      },
    },
    {
      cronJob: here.names.backupVerify,
      container: VERIFY,
      run: lastVerification(here),
      schedule: backup.verify.schedule,
      failed: { kind: 'a-verification-has-failed', what: 'the last verification has failed' },
      old: {
        kind: 'no-backup-is-verified',
        what: 'backup was found to be good',
        cure: `cdk8s-milvus job verify-backup ${name}`,
      },
    },
  ];
  return repeated.flatMap((one) => [...failure(one, here), ...tooOld(one, backup, here)]);
}

function failure({ cronJob, container, run, failed }: Repeated, here: Here): Cause[] {
  if (run?.failedSince !== true) return [];
  const { kubectl } = here.wanted;
  const { pod, said } = lastFailure(here, container, run.at) ?? {};
  const refusal = pod === undefined ? refusedSince(here, cronJob, run.at) : undefined;
  const cure =
    refusal === undefined ? `see the log of its Job: ${kubectl} get jobs` : refusalCure(refusal, kubectl);
  return [
    {
      kind: failed.kind,
      object: pod === undefined ? `cronjob/${cronJob}` : nameOf(pod),
      what: said ?? refusal ?? failed.what,
      ...(said === undefined && { cure }),
    },
  ];
}

function tooOld({ cronJob, run, schedule, old }: Repeated, backup: BackupSettings, here: Here): Cause[] {
  const found = here.find('CronJob', cronJob);
  // Who has it suspended in the configuration has said so.
  if (found === undefined || schedule === undefined || areSuspended(backup)) return [];
  const since = run?.at ?? found.metadata.creationTimestamp ?? undefined;
  const every = longestPauseSeconds(schedule);
  if (!(here.secondsSince(since) > OLD_AFTER_RUNS * every)) return [];
  const goOn = `it is suspended: ${here.wanted.kubectl} patch cronjob ${cronJob} -p '{"spec":{"suspend":false}}'`;
  return [
    {
      kind: old.kind,
      object: nameOf(found),
      what: `no ${old.what} since ${since}, though there should be one every ${inHours(every)}`,
      cure: found.spec?.suspend === true ? goOn : old.cure,
    },
  ];
}

const inHours = (seconds: number) =>
  seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`;

/** Why Jobs of a CronJob got no pods since a time. */
function refusedSince(here: Here, cronJob: string, since = ''): string | undefined {
  const event = here
    .warnings('Job')
    .findLast(
      (one) =>
        isJobOf(cronJob, one.involvedObject?.name ?? '') &&
        one.reason === 'FailedCreate' &&
        timeOf(one) > since,
    );
  return event && `no pods of ${event.involvedObject?.name}: ${event.message}`;
}

/** How far the restore is that the configuration has; all of it is said here, since its Deployments have no pods. */
export function restoreCause(here: Here): Cause | undefined {
  const { settings, kubectl, apply } = here.wanted;
  const wanted = settings.backup?.restore;
  if (wanted === undefined) return undefined;
  const name = here.names.restoreOf(wanted.backup);
  const object = `job/${name}`;
  const job = here.find('Job', name);
  if (job === undefined)
    return { kind: 'nothing-is-applied', object, what: `Job ${name} is not there`, cure: apply };
  // Others come before those that end it, such as SuccessCriteriaMet.
  if (isTrue(job, 'Complete'))
    return {
      kind: 'a-restore-is-complete',
      object,
      what: `${wanted.backup} is restored, and Milvus is stopped`,
      cure: `remove backup.restore from the configuration, then ${apply}; after that ${kubectl} delete --ignore-not-found ${object}`,
    };
  const logs = `${kubectl} logs ${object} --all-containers`;
  if (!isTrue(job, 'Failed') && !isTrue(job, 'FailureTarget'))
    return {
      kind: 'a-restore-runs',
      object,
      what: `${wanted.backup} is being restored, and Milvus is stopped`,
      cure: `its log: ${logs}`,
    };
  const { said } = lastFailure(here, LOAD, job.metadata.creationTimestamp ?? undefined) ?? {};
  return {
    kind: 'a-restore-has-failed',
    object,
    what: said ?? 'the restore has failed',
    cure: `${said === undefined ? `see ${logs}; ` : ''}then ${kubectl} delete ${object}, and create it again: ${apply}`,
  };
}
