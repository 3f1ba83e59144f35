import { createInterface } from 'node:readline/promises';
import type { ReplicationSettings } from '../config/settings';
import { Names } from '../kubernetes/names';
import { TARGET } from '../live/kubectl';
import { KubectlError } from '../live/kubectl-error';
import { type RestoreContext, type RestoreProps, restore, undo } from '../live/restore';
import { defaultOutdir } from '../output/synthesize';
import {
  CONFIG,
  type Command,
  type CommandContext,
  EXIT,
  OUTDIR,
  optionsAndNames,
  UsageError,
} from './command';
import { backupsOf, clusterOf, declared, interruptible, kubectlOf, runJob } from './job';

const FLAG = { type: 'boolean' } as const;

const OPTIONS = {
  config: CONFIG,
  outdir: OUTDIR,
  force: { ...FLAG, about: 'replace what is in the database, which otherwise has to be empty' },
  from: {
    type: 'string',
    value: 'BUCKET/PREFIX',
    about: "another cluster's backups at the same endpoint: this one becomes a copy of it",
  },
  'no-objects': { ...FLAG, about: 'the metadata alone; the objects in the bucket stay as they are' },
  undo: { ...FLAG, about: 'start everything as it was, after a restore that has changed nothing yet' },
  yes: { ...FLAG, short: 'y', about: 'do not ask' },
  ...TARGET,
} as const;

export const restoreCommand: Command = {
  synopsis: '[BACKUP] [NAME] [-n NAMESPACE]',
  summary: 'brings a backup back: stops Milvus, restores, starts it as it was',
  about: `Brings a backup back through your kubectl: suspends CronJobs, stops Milvus, runs the Job of the restore, starts all as it was, and
runs the smoke test. Interrupted at any point, the same goes on from there. What it replaces is kept aside.
BACKUP is its name, such as 20260701T021500Z, or latest (the default); NAME is the cluster, where the configuration has several.`,
  options: OPTIONS,
  exitCodes: '0 restored, 1 not: what it says names where it stands and how to go on, 2 wrong arguments.',
  run: async (args, context) => {
    const { stdout, stderr, cwd, env } = context;
    const { values, names } = optionsAndNames(args, OPTIONS);
    const [backup = 'latest', name, ...tooMany] = names;
    if (tooMany.length > 0) throw new UsageError(`one backup of one cluster, not also ${tooMany.join(', ')}`);
    const cluster = clusterOf(values.config, name, context);
    const { settings } = cluster;
    const of = Names.of(settings);
    if (backupsOf(cluster).restore !== undefined) throw new KubectlError(declared(settings.name));
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
    const kubectl = kubectlOf(cluster, values, context);
    const outdir = values.outdir ?? defaultOutdir(env);
    const variables = [
      ...(values.force ? ['RESTORE_FORCE=true'] : []),
      ...(values['no-objects'] ? ['RESTORE_OBJECTS=false'] : []),
      ...(values.from === undefined ? [] : variablesOf(values.from)),
    ];
    if (!values.undo && !values.yes) await confirm(props, context);
    return await interruptible(async (signal) => {
      const how = { cwd, outdir, signal, stdout, stderr };
      const live: RestoreContext = {
        kubectl,
        say: (line) => stderr.write(`${line}\n`),
        signal,
        runRestore: ({ backup: which, ...run }) =>
          runJob(kubectl, cluster, 'restore', {
            ...how,
            ...run,
            variables: [`BACKUP=${which}`, ...variables],
          }),
        runSmokeTest: () => runJob(kubectl, cluster, 'smoke-test', { ...how, variables: [] }),
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
  if (!process.stdin.isTTY) throw new UsageError('nobody can be asked here: add --yes');
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
