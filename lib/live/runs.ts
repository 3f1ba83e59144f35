import { readableBytes } from '../config/quantities';
import { longestPauseSeconds, OLD_AFTER_RUNS } from '../config/schedules';
import { areSuspended, type Settings } from '../config/settings';
import { Names } from '../kubernetes/names';
import type { Cause } from './causes';
import { refusalCure } from './kubernetes-words';
import { type LiveObject, statusesOf, timeOf } from './objects';

/** The last time that something ended well, and whether a later try failed. */
export interface LastRun {
  readonly at: string | undefined;
  readonly failedSince: boolean;
}

/** The last good backup, with what its pod has said of it: that is known as long as the pod is kept. */
export interface BackupRun extends LastRun {
  readonly name?: string;
  /** Of the dump and of all objects that it names. */
  readonly bytes?: number;
  /** Unset for a backup of the metadata alone. */
  readonly rows?: number;
  readonly objects?: number;
}

/** A cluster's part of what there is. */
interface Objects {
  readonly all: (kind: string) => readonly LiveObject[];
  readonly find: (kind: string, name: string) => LiveObject | undefined;
  /** Warnings about all of a kind, the newest last. */
  readonly warnings: (kind: string) => readonly LiveObject[];
}

/** By these containers pods are told from others of backups, also those of Jobs with names of their own. */
const UPLOAD = 'upload';
const VERIFY = 'verify';
const LOAD = 'load';
/** A Job is complete that much later than its pod at most. */
const COMPLETION_MILLISECONDS = 300_000;

/** @param container of the pods that do it. @default - Jobs alone are looked at */
export function lastRun(here: Objects, name: string, container?: string): LastRun | undefined {
  const cronJob = here.find('CronJob', name);
  const jobs = here
    .all('Job')
    .filter(({ metadata }) => metadata.name === name || metadata.name.startsWith(`${name}-`))
    // `backup` begins the names of its verification and list, too.
    .filter(({ metadata }) => /^(-?\d+)?$/.test(metadata.name.slice(name.length)));
  const ended = (type: string) =>
    jobs.flatMap(({ status }) => {
      const condition = status?.conditions?.find((one) => one.type === type && one.status === 'True');
      return condition === undefined ? [] : [status?.completionTime ?? condition.lastTransitionTime ?? ''];
    });
  const last = (times: readonly (string | undefined)[]) =>
    times
      .filter((time) => time !== undefined && time !== '')
      .sort()
      .at(-1);
  const good = goodEnds(here, container).map(({ finishedAt }) => finishedAt);
  const at = last([...ended('Complete'), cronJob?.status?.lastSuccessfulTime, ...good]);
  if (cronJob === undefined && jobs.length === 0 && at === undefined) return undefined;
  const { active = [], lastScheduleTime } = cronJob?.status ?? {};
  // The Jobs of a schedule have no labels, and are not asked for: what was started and neither runs nor ended well has failed.
  const isOver = Array.isArray(active) && active.length === 0;
  const failed = last([...ended('Failed'), ...(isOver ? [lastScheduleTime] : [])]);
  return { at, failedSince: failed !== undefined && failed > (at ?? '') };
}

/** How this container has ended well, the last at the end. */
function goodEnds(here: Objects, container: string | undefined) {
  return podsWith(here, container)
    .flatMap((pod) => statusesOf(pod).filter(({ name }) => name === container))
    .flatMap(({ state }) => {
      const { exitCode, finishedAt, message = '' } = state?.terminated ?? {};
      return exitCode === 0 && finishedAt !== undefined ? [{ finishedAt, message }] : [];
    })
    .sort((a, b) => a.finishedAt.localeCompare(b.finishedAt));
}

const podsWith = (here: Objects, container: string | undefined) =>
  here.all('Pod').filter(({ spec }) => spec?.containers?.some(({ name }) => name === container));

/** @returns undefined where there are no backups, and none is known */
export function lastBackup(here: Objects, settings: Settings): BackupRun | undefined {
  if (settings.backup === undefined) return undefined;
  const run = lastRun(here, Names.of(settings).backup, UPLOAD);
  const end = goodEnds(here, UPLOAD).at(-1);
  // Another one may have ended since, whose pod is gone.
  if (run?.at === undefined || end === undefined) return run;
  if (Date.parse(run.at) - Date.parse(end.finishedAt) > COMPLETION_MILLISECONDS) return run;
  // The lines of backup-upload.sh: a word and its values.
  const words = new Map(
    end.message.split('\n').map((line) => [line.split(' ')[0], line.split(' ')] as const),
  );
  const number = (word: string, index: number) => {
    const text = words.get(word)?.[index] ?? '';
    return /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const [name, dump, rows, objects] = [
    words.get('time')?.[1],
    number('dump', 2),
    number('rows', 1),
    number('objects', 1),
  ];
  return {
    ...run,
    ...(name !== undefined && { name }),
    ...(dump !== undefined && { bytes: dump + (number('objects', 2) ?? 0) }),
    ...(rows !== undefined && { rows }),
    ...(objects !== undefined && { objects }),
  };
}

/** @returns undefined where none is scheduled, and none is known */
export function lastVerification(here: Objects, settings: Settings): LastRun | undefined {
  return settings.backup && lastRun(here, Names.of(settings).backupVerify, VERIFY);
}

/** In words, after when it was. */
export function sizeInWords({ bytes, rows, objects }: BackupRun): string {
  return [
    bytes === undefined ? '' : readableBytes(bytes),
    rows === undefined ? '' : `${rows} rows`,
    objects === undefined ? '' : `${objects} objects`,
  ]
    .filter(Boolean)
    .join(', ');
}

/**
 * What is wrong with the backups of a cluster. None of it is in the way of a cluster that starts.
 * @param kubectl how commands begin that are to be pasted
 */
export function backupCauses(
  here: Objects,
  settings: Settings,
  kubectl: string,
  now: number,
): readonly Cause[] {
  const { backup } = settings;
  if (backup === undefined) return [];
  const names = Names.of(settings);
  const causes: Cause[] = [];
  const again = `cdk8s-milvus job backup ${settings.name}`;
  const failure = (run: LastRun | undefined, kind: Cause['kind'], container: string, what: string) => {
    if (run?.failedSince !== true) return;
    const name = names[container === UPLOAD ? 'backup' : 'backupVerify'];
    const [pod, said] = lastFailure(here, container, run.at) ?? [];
    const refused = pod === undefined ? refusedSince(here, name, run.at) : undefined;
    causes.push({
      kind,
      object: pod === undefined ? `cronjob/${name}` : `pod/${pod}`,
      what: said ?? refused ?? what,
      ...(said === undefined && {
        cure:
          refused === undefined
            ? `see the log of its Job: ${kubectl} get jobs`
            : refusalCure(refused, kubectl),
      }),
    });
  };
  failure(lastBackup(here, settings), 'a-backup-has-failed', UPLOAD, 'the last backup has failed');
  failure(
    lastVerification(here, settings),
    'a-verification-has-failed',
    VERIFY,
    'the last verification has failed',
  );

  const tooOld = (
    kind: Cause['kind'],
    name: string,
    schedule: string,
    run: LastRun | undefined,
    what: string,
    cure: string,
  ) => {
    const cronJob = here.find('CronJob', name);
    // Who has it suspended in the configuration has said so.
    if (cronJob === undefined || areSuspended(backup)) return;
    const since = run?.at ?? cronJob.metadata.creationTimestamp ?? undefined;
    const seconds = (now - Date.parse(since ?? '')) / 1000;
    const every = longestPauseSeconds(schedule);
    if (!(seconds > OLD_AFTER_RUNS * every)) return;
    causes.push({
      kind,
      object: `cronjob/${name}`,
      what: `no ${what} since ${since}, though there should be one every ${inHours(every)}`,
      cure:
        cronJob.spec?.suspend === true
          ? `it is suspended: ${kubectl} patch cronjob ${name} -p '{"spec":{"suspend":false}}'`
          : cure,
    });
  };
  tooOld(
    'the-last-backup-is-too-old',
    names.backup,
    backup.schedule,
    lastBackup(here, settings),
    'backup has ended well',
    again,
  );
  const { schedule } = backup.verify;
  if (schedule !== undefined)
    tooOld(
      'no-backup-is-verified',
      names.backupVerify,
      schedule,
      lastVerification(here, settings),
      'backup was found to be good',
      `cdk8s-milvus job verify-backup ${settings.name}`,
    );
  return causes;
}

/**
 * How far the restore is that the configuration has; all of it is said here, since its Deployments have no pods.
 * @param kubectl and apply how commands begin, and what makes the Job
 */
export function restoreCause(
  here: Objects,
  settings: Settings,
  { kubectl, apply }: { readonly kubectl: string; readonly apply: string },
): Cause | undefined {
  const wanted = settings.backup?.restore;
  if (wanted === undefined) return undefined;
  const name = Names.of(settings).restoreOf(wanted.backup);
  const object = `job/${name}`;
  const job = here.find('Job', name);
  if (job === undefined)
    return { kind: 'nothing-is-applied', object, what: `Job ${name} is not there`, cure: apply };
  const end = job.status?.conditions?.find(({ status }) => status === 'True')?.type;
  if (end === 'Complete')
    return {
      kind: 'a-restore-is-complete',
      object,
      what: `${wanted.backup} is restored, and Milvus is stopped`,
      cure: `remove backup.restore from the configuration, then ${apply}; after that ${kubectl} delete --ignore-not-found ${object}`,
    };
  if (end !== 'Failed' && end !== 'FailureTarget')
    return {
      kind: 'a-restore-runs',
      object,
      what: `${wanted.backup} is being restored, and Milvus is stopped`,
      cure: `its log: ${kubectl} logs ${object} --all-containers`,
    };
  const [, said] = lastFailure(here, LOAD, job.metadata.creationTimestamp ?? undefined) ?? [];
  return {
    kind: 'a-restore-has-failed',
    object,
    what: said ?? 'the restore has failed',
    cure: `${said === undefined ? `see ${kubectl} logs ${object} --all-containers; ` : ''}then ${kubectl} delete ${object}, and create it again: ${apply}`,
  };
}

const inHours = (seconds: number) =>
  seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`;

/** A message of our scripts, which name no credential, only the Secret that has it. */
const OURS = /^(backup|restore|wait-for)-\w[\w-]*: /;

/** Why Jobs of a CronJob got no pods since a time. */
function refusedSince(here: Objects, cronJob: string, since = ''): string | undefined {
  const event = here.warnings('Job').findLast((one) => {
    const job = one.involvedObject?.name ?? '';
    const isOfIt = job.startsWith(`${cronJob}-`) && /^\d+$/.test(job.slice(cronJob.length + 1));
    return isOfIt && one.reason === 'FailedCreate' && timeOf(one) > since;
  });
  return event && `no pods of ${event.involvedObject?.name}: ${event.message}`;
}

/** The pod that has failed last since a time, and the line that says why. */
function lastFailure(
  here: Objects,
  container: string,
  since = '',
): readonly [string, string | undefined] | undefined {
  const failures = podsWith(here, container)
    .flatMap((pod) => {
      const end = statusesOf(pod).find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0)?.state
        ?.terminated;
      return end === undefined || (end.finishedAt ?? '') <= since ? [] : [{ pod, end }];
    })
    .sort((a, b) => (a.end.finishedAt ?? '').localeCompare(b.end.finishedAt ?? ''));
  const last = failures.at(-1);
  if (last === undefined) return undefined;
  const line = (last.end.message ?? '')
    .trim()
    .split('\n')
    .findLast((one) => OURS.test(one));
  return [last.pod.metadata.name, line?.trim().replace(/\s+/g, ' ')];
}
