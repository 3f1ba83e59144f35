import { readableBytes } from '../config/quantities';
import { oneLine } from './causes';
import type { Here } from './here';
import { conditionOf, hasFailed, type LiveObject, statusesOf } from './objects';

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

/** By these containers pods are told from others of backups, also those of Jobs with names of their own. */
export const UPLOAD = 'upload';
export const VERIFY = 'verify';
export const LOAD = 'load';
/** A Job is complete that much later than its pod at most. */
const COMPLETION_MILLISECONDS = 300_000;
/** A message of our scripts, which name no credential, only the Secret that has it. */
const OURS = /^(backup|restore|wait-for)-\w[\w-]*: /;

/** By their names, which end in numbers: `backup` begins those of its verification and list, too. */
export const isJobOf = (cronJob: string, name: string): boolean =>
  name.startsWith(`${cronJob}-`) && /^\d+$/.test(name.slice(cronJob.length + 1));

/** @param container of the pods that do it. @default - Jobs alone are looked at */
export function lastRun(here: Here, name: string, container?: string): LastRun | undefined {
  const cronJob = here.find('CronJob', name);
  const jobs = here
    .all('Job')
    .filter(({ metadata }) => metadata.name === name || isJobOf(name, metadata.name));
  const ended = (type: string) =>
    jobs.flatMap((job) => {
      const condition = conditionOf(job, type, 'True');
      return condition === undefined ? [] : [job.status?.completionTime ?? condition.lastTransitionTime];
    });
  const good = goodEnds(here, container).map(({ finishedAt }) => finishedAt);
  const at = latest([...ended('Complete'), cronJob?.status?.lastSuccessfulTime, ...good]);
  if (cronJob === undefined && jobs.length === 0 && at === undefined) return undefined;
  const { active = [], lastScheduleTime } = cronJob?.status ?? {};
  // The Jobs of a schedule have no labels, and are not asked for: what was started and neither runs nor ended well has failed.
  const isOver = Array.isArray(active) && active.length === 0;
  const failed = latest([...ended('Failed'), isOver ? lastScheduleTime : undefined]);
  return { at, failedSince: failed !== undefined && failed > (at ?? '') };
}

const latest = (times: readonly (string | undefined)[]) => times.filter(Boolean).sort().at(-1);

/** How this container has ended well, the last at the end. */
function goodEnds(here: Here, container: string | undefined) {
  return podsWith(here, container)
    .flatMap((pod) => statusesOf(pod).filter(({ name }) => name === container))
    .flatMap(({ state }) => {
      const { exitCode, finishedAt, message = '' } = state?.terminated ?? {};
      return exitCode === 0 && finishedAt !== undefined ? [{ finishedAt, message }] : [];
    })
    .sort((a, b) => a.finishedAt.localeCompare(b.finishedAt));
}

const podsWith = (here: Here, container: string | undefined) =>
  here.all('Pod').filter(({ spec }) => spec?.containers?.some(({ name }) => name === container));

/** @returns undefined where there are no backups, and none is known */
export function lastBackup(here: Here): BackupRun | undefined {
  if (here.wanted.settings.backup === undefined) return undefined;
  const run = lastRun(here, here.names.backup, UPLOAD);
  const end = goodEnds(here, UPLOAD).at(-1);
  // Another one may have ended since, whose pod is gone.
  if (run?.at === undefined || end === undefined) return run;
  if (Date.parse(run.at) - Date.parse(end.finishedAt) > COMPLETION_MILLISECONDS) return run;
  // The lines of backup-upload.sh: a word and its values.
  const lines = new Map(
    end.message.split('\n').map((line) => [line.split(' ')[0], line.split(' ')] as const),
  );
  const number = (word: string, index: number) => {
    const text = lines.get(word)?.[index] ?? '';
    return /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const dump = number('dump', 2);
  return {
    ...run,
    name: lines.get('time')?.[1],
    bytes: dump === undefined ? undefined : dump + (number('objects', 2) ?? 0),
    rows: number('rows', 1),
    objects: number('objects', 1),
  };
}

/** @returns undefined where none is scheduled, and none is known */
export function lastVerification(here: Here): LastRun | undefined {
  return here.wanted.settings.backup && lastRun(here, here.names.backupVerify, VERIFY);
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

/** The pod that has failed last since a time, and the line of it that says why. */
export function lastFailure(
  here: Here,
  container: string,
  since = '',
): { readonly pod: LiveObject; readonly said: string | undefined } | undefined {
  const last = podsWith(here, container)
    .flatMap((pod) => {
      const end = statusesOf(pod).find(({ state = {} }) => hasFailed(state))?.state?.terminated;
      const { finishedAt = '', message = '' } = end ?? {};
      return end !== undefined && finishedAt > since ? [{ pod, finishedAt, message }] : [];
    })
    .sort((a, b) => a.finishedAt.localeCompare(b.finishedAt))
    .at(-1);
  if (last === undefined) return undefined;
  const line = last.message
    .trim()
    .split('\n')
    .findLast((one) => OURS.test(one));
  return { pod: last.pod, said: line && oneLine(line) };
}
