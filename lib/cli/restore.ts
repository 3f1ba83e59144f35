import { createInterface } from 'node:readline/promises';
import type { ReplicationSettings } from '../config/settings';
import { Names } from '../kubernetes/names';
import { TARGET } from '../live/kubectl';
import { KubectlError } from '../live/kubectl-error';
import { type RestoreContext, type RestoreProps, restore, undo } from '../live/restore';
import { backupsOf, clusterOf, refuseDeclaredRestore } from './clusters';
import { type Command, type CommandContext, EXIT } from './command';
import { withJobRunner } from './job-runner';
import { CONFIG, OUTDIR, optionsAndNames, UsageError } from './options';

const FLAG = { type: 'boolean' } as const;

const OPTIONS = {
  config: CONFIG,
  outdir: OUTDIR,
  force: { ...FLAG, about: 'replace the metadata in the database; without it the database must be empty' },
  from: {
    type: 'string',
    value: 'BUCKET/PREFIX',
    about: "use another cluster's backups at the same endpoint: this cluster becomes a copy of it",
  },
  'no-objects': { ...FLAG, about: 'restore the metadata only; the objects in the bucket stay as they are' },
  undo: { ...FLAG, about: 'start everything again, if the restore has not changed anything yet' },
  yes: { ...FLAG, short: 'y', about: 'do not ask' },
  ...TARGET,
} as const;

export const restoreCommand: Command = {
  synopsis: '[BACKUP] [NAME] [-n NAMESPACE]',
  summary: 'restores a backup: stops Milvus, restores, starts it again',
  about: `Restores a backup through your kubectl: suspends the CronJobs, stops Milvus, runs the Job of the restore, starts everything again, and runs
the smoke test. If it is interrupted, the same command goes on from there. It keeps aside what it replaces.
BACKUP is the name, such as 20260701T021500Z, or latest (the default). NAME is the cluster, if the configuration has several.`,
  options: OPTIONS,
  exitCodes:
    '0 restored, 1 not restored: the message says how far it is and how to go on, 2 wrong arguments.',
  run: async (args, context) => {
    const { stderr } = context;
    const { values, names } = optionsAndNames(args, OPTIONS);
    const [backup = 'latest', name, ...tooMany] = names;
    if (tooMany.length > 0) throw new UsageError(`one backup of one cluster, not also ${tooMany.join(', ')}`);
    const cluster = clusterOf(values.config, name, context);
    const { settings } = cluster;
    const of = Names.of(settings);
    backupsOf(cluster);
    refuseDeclaredRestore(cluster);
    const { readonly: readers, mishards } = settings;
    const props: RestoreProps = {
      name: settings.name,
      instance: settings.instance,
      backup,
      from: values.from,
      job: of.restore,
      deployments: settings.mode === 'cluster' ? [of.writable, of.readonly, of.mishards] : [of.writable],
      configured: { [of.readonly]: fewest(readers), [of.mishards]: fewest(mishards) },
    };
    const variables = [
      ...(values.force ? ['RESTORE_FORCE=true'] : []),
      ...(values['no-objects'] ? ['RESTORE_OBJECTS=false'] : []),
      ...(values.from === undefined ? [] : variablesOf(values.from)),
    ];
    if (!values.undo && !values.yes) await confirm(props, context);
    return await withJobRunner(cluster, values, context, async (runner) => {
      const live: RestoreContext = {
        kubectl: runner.kubectl,
        say: (line) => stderr.write(`${line}\n`),
        signal: runner.signal,
        runRestore: ({ backup: which, ...run }) =>
          runner.run('restore', { ...run, variables: [`BACKUP=${which}`, ...variables] }),
        runSmokeTest: () => runner.run('smoke-test'),
      };
      if (values.undo) await undo(props, live);
      else await restore(props, live);
      return EXIT.ok;
    });
  },
};

const fewest = ({ replicas, autoscaling }: ReplicationSettings): number =>
  autoscaling?.minReplicas ?? replicas;

function variablesOf(from: string): string[] {
  const { bucket, prefix } = backupPlace(from);
  return [`S3_BUCKET=${bucket}`, `BACKUP_PREFIX=${prefix}`];
}

/**
 * Where backups are that `--from` names.
 * @throws UsageError for what is not BUCKET/PREFIX
 */
export function backupPlace(from: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, prefix] = /^([a-z0-9][a-z0-9.-]+)\/([\w-][\w./-]*[\w-])$/.exec(from) ?? [];
  if (bucket === undefined || prefix === undefined) {
    throw new UsageError(`option '--from' is BUCKET/PREFIX, as milvus-prod/backup/milvus-prod, not ${from}`);
  }
  return { bucket, prefix };
}

/** Nobody stops a cluster by a line of the shell's history. */
async function confirm({ name, backup }: RestoreProps, { stderr }: CommandContext): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('there is no terminal to ask in: add --yes');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    stderr.write(
      `This stops ${name}, and brings ${backup === 'latest' ? 'the latest backup' : backup} back.\n`,
    );
    if ((await lines.question(`Type ${name} to go on: `)) !== name)
      throw new KubectlError('Nothing was done.');
  } finally {
    lines.close();
  }
}
