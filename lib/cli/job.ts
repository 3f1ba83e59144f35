import { didYouMean, suggest } from '../config/problems';
import { TARGET } from '../live/kubectl';
import { backupsOf, clusterOf, refuseDeclaredRestore } from './clusters';
import type { Command } from './command';
import { exitCodeOf, JOBS, type JobKind, withJobRunner } from './job-runner';
import { CONFIG, OUTDIR, optionsAndNames, UsageError } from './options';

const OPTIONS = {
  config: CONFIG,
  outdir: OUTDIR,
  set: {
    type: 'string',
    multiple: true,
    value: 'VARIABLE=VALUE',
    about: "a variable of the Job's containers, such as BACKUP=20260701T021500Z; can be repeated",
  },
  ...TARGET,
} as const;

export const job: Command = {
  synopsis: `${JOBS.join('|')} [NAME] [-n NAMESPACE]`,
  summary: 'runs a Job of the cluster, and waits for its end',
  about: `Runs a Job of a cluster through your kubectl. Prints the log of each container from its start, until the Job ends.

  smoke-test      tests the cluster from end to end
  backup          makes a backup now
  restore         loads the latest backup into an empty database; stop Milvus first (docs/how-to/backup-and-restore.md)
  verify-backup   reads the latest backup completely, and compares checksums
  list-backups    lists the backups; "backups" shows them as a table

NAME is the cluster, if the configuration has several.`,
  options: OPTIONS,
  completion: JOBS,
  exitCodes:
    '0 the Job is complete, 1 it failed or could not be started, 2 wrong arguments, 130 interrupted (Ctrl-C): the Job goes on.',
  run: async (args, context) => {
    const { values, names } = optionsAndNames(args, OPTIONS);
    const [given, name, ...tooMany] = names;
    if (tooMany.length > 0) throw new UsageError(`one cluster at a time, not also ${tooMany.join(', ')}`);
    const kind = kindOf(given);
    const variables = values.set ?? [];
    const wrong = variables.find((one) => !/^[A-Za-z_]\w*=/.test(one));
    if (wrong !== undefined) throw new UsageError(`option '--set' is NAME=VALUE, not ${wrong}`);
    if (variables.length > 0 && kind === 'backup')
      throw new UsageError(`option '--set' is not for backup, which is as its CronJob says`);

    const cluster = clusterOf(values.config, name, context);
    if (kind !== 'smoke-test') backupsOf(cluster);
    if (kind === 'restore' || kind === 'smoke-test') refuseDeclaredRestore(cluster);
    return await withJobRunner(cluster, values, context, async (runner) =>
      exitCodeOf(await runner.run(kind, { variables })),
    );
  },
};

function kindOf(given: string | undefined): JobKind {
  const kind = JOBS.find((one) => one === given);
  if (kind !== undefined) return kind;
  const wrong = given === undefined ? '' : `, not "${given}"${didYouMean(suggest(given, JOBS))}`;
  throw new UsageError(`which Job? ${JOBS.join(', ')}${wrong}`);
}
