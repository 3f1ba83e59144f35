import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadClusters } from '../config/load';
import { didYouMean, suggest } from '../config/problems';
import type { BackupSettings } from '../config/settings';
import { untilJobEnds } from '../kubernetes/jobs';
import { Names } from '../kubernetes/names';
import { followJob, type JobEnd } from '../live/job';
import { Kubectl, type KubectlCall, type KubectlTarget, TARGET } from '../live/kubectl';
import { KubectlError } from '../live/kubectl-error';
import { jobFile, type PlacedCluster } from '../output/cluster-files';
import { defaultOutdir, placeClusters } from '../output/synthesize';
import {
  CONFIG,
  type Command,
  type CommandContext,
  EXIT,
  noSuchCluster,
  OUTDIR,
  optionsAndNames,
  UsageError,
} from './command';

const JOBS = ['smoke-test', 'backup', 'restore', 'verify-backup', 'list-backups'] as const;
type JobKind = (typeof JOBS)[number];

/** What a shell calls "ended by SIGINT". */
export const INTERRUPTED = 130;
/** For the old Job and its pods to go, which have to be gone before the new one comes. */
const REPLACE_SECONDS = 180;
/** With its pods: what they do must not go on beside the new one. */
const REPLACE = ['replace', '--force', '--cascade=foreground', '--filename'];

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
  run: async (args, { stdout, stderr, cwd, env }) => {
    const { values, names } = optionsAndNames(args, OPTIONS);
    const [given, name, ...tooMany] = names;
    if (tooMany.length > 0) throw new UsageError(`one cluster at a time, not also ${tooMany.join(', ')}`);
    const kind = kindOf(given);
    const variables = values.set ?? [];
    const wrong = variables.find((one) => !/^[A-Za-z_]\w*=/.test(one));
    if (wrong !== undefined) throw new UsageError(`option '--set' is NAME=VALUE, not ${wrong}`);
    if (variables.length > 0 && kind === 'backup')
      throw new UsageError(`option '--set' is not for backup, which is as its CronJob says`);

    const cluster = clusterOf(values.config, name, { cwd, env });
    const isDeclared = kind !== 'smoke-test' && backupsOf(cluster).restore !== undefined;
    if (kind === 'restore' && isDeclared) throw new KubectlError(declared(cluster.settings.name));
    const kubectl = kubectlOf(cluster, values, { cwd, env });
    const outdir = values.outdir ?? defaultOutdir(env);
    return await interruptible(async (signal) => {
      const how = { cwd, outdir, variables, signal, stdout, stderr };
      return exitCodeOf(await runJob(kubectl, cluster, kind, how));
    });
  },
};

/** @throws KubectlError where there are none */
export function backupsOf({ settings: { name, backup } }: PlacedCluster): BackupSettings {
  if (backup === undefined)
    throw new KubectlError(`${name} has no backups: set backup.enabled, synthesize and apply.`);
  return backup;
}

/** Why nothing is to be restored by a command. */
export const declared = (name: string): string =>
  `backup.restore of ${name} is in the configuration, so that its Job is applied with the rest, and Milvus is stopped until it is taken out: cdk8s-milvus status ${name} says how far it is.`;

/** With the namespace of the command line, or that of the configuration. */
export function kubectlOf(
  { settings }: PlacedCluster,
  target: KubectlTarget,
  { cwd, env }: Pick<CommandContext, 'cwd' | 'env'>,
): Kubectl {
  return new Kubectl({ ...target, namespace: target.namespace ?? settings.namespace }, cwd, env);
}

/** Does something that Ctrl-C ends in order. */
export async function interruptible<T>(what: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await what(interrupt.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** A command ends as its Job does. */
export const exitCodeOf = ({ end }: JobEnd): number =>
  ({ complete: EXIT.ok, failed: EXIT.failed, interrupted: INTERRUPTED })[end];

export interface WatchOptions extends Pick<CommandContext, 'stdout' | 'stderr'> {
  readonly signal: AbortSignal;
  /** Gets the lines of its containers, too. @default - nothing */
  readonly onLog?: (line: string) => void;
}

export interface RunOptions extends WatchOptions, Pick<CommandContext, 'cwd'> {
  /** Where the manifests of Jobs are. */
  readonly outdir: string;
  /** Of its containers, each NAME=VALUE. */
  readonly variables: readonly string[];
  /** Which Job that is there already is followed instead of a new one: none, one that has not failed, or any. @default none */
  readonly adopt?: 'none' | 'alive' | 'any';
}

/**
 * Puts a Job in place, and prints what it says until it ends.
 * @throws KubectlError if it can not be started
 */
export async function runJob(
  kubectl: Kubectl,
  cluster: PlacedCluster,
  kind: JobKind,
  options: RunOptions,
): Promise<JobEnd> {
  const { signal, adopt = 'none' } = options;
  const isThere = adopt !== 'none' && (await hasJob(kubectl, cluster, kind, adopt));
  const started = isThere
    ? jobName(cluster, kind)
    : kind === 'backup'
      ? await startBackup(kubectl, cluster, signal)
      : await replaceJob(kubectl, cluster, kind, options);
  return await watch(kubectl, started, isThere ? 'there already' : 'started', options);
}

/**
 * The same for a Job that is in no file.
 * @param manifest the Job of that name in YAML, with what it brings along
 * @throws KubectlError if it can not be started
 */
export async function runManifest(
  kubectl: Kubectl,
  name: string,
  manifest: string,
  options: WatchOptions,
): Promise<JobEnd> {
  await done(kubectl, [...REPLACE, '-'], { signal: options.signal, input: manifest });
  return await watch(kubectl, name, 'started', options);
}

async function watch(
  kubectl: Kubectl,
  started: string,
  how: 'started' | 'there already',
  { stdout, stderr, signal, onLog }: WatchOptions,
): Promise<JobEnd> {
  stderr.write(`Job ${started} is ${how}.\n`);
  const ended = await followJob(kubectl, started, {
    onLog: (line) => {
      stdout.write(`${line}\n`);
      onLog?.(line);
    },
    onState: (text) => stderr.write(`Waiting: ${text}\n`),
    signal,
  });
  if (ended.end === 'interrupted') {
    const goOn = untilJobEnds(kubectl.commandLine([]), started);
    const end = kubectl.commandLine(['delete', `job/${started}`]);
    stderr.write(`\nThe Job goes on. Its end and its log:\n  ${goOn}\nTo stop it:\n  ${end}\n`);
  } else {
    stderr.write(`Job ${started} ${ended.end === 'complete' ? 'is complete.' : `failed: ${ended.reason}`}\n`);
  }
  return ended;
}

function kindOf(given: string | undefined): JobKind {
  const kind = JOBS.find((one) => one === given);
  if (kind !== undefined) return kind;
  const meant = given === undefined ? undefined : suggest(given, JOBS);
  throw new UsageError(
    `which Job? ${JOBS.join(', ')}${given === undefined ? '' : `, not "${given}"`}${didYouMean(meant)}`,
  );
}

/**
 * The one cluster of the configuration that a command is about.
 * @throws UsageError where it is not clear which
 * @throws ConfigurationError with every problem of the configuration
 */
export function clusterOf(
  config: readonly string[] | undefined,
  name: string | undefined,
  { cwd, env }: Pick<CommandContext, 'cwd' | 'env'>,
): PlacedCluster {
  const placed = placeClusters(loadClusters({ config: config?.join(), cwd, env }));
  const found = placed.filter(({ settings }) => name === undefined || settings.name === name);
  const [cluster] = found;
  if (cluster !== undefined && found.length === 1) return cluster;
  if (name === undefined) {
    const names = placed.map(({ settings }) => settings.name).join(', ');
    throw new UsageError(`which cluster? The configuration has several: ${names}`);
  }
  if (cluster === undefined) throw noSuchCluster(name, placed);
  throw new UsageError(
    'which cluster? The configuration has several of that name; name its file with --config',
  );
}

const jobName = ({ settings }: PlacedCluster, kind: JobKind): string => {
  const names = Names.of(settings);
  return {
    'smoke-test': names.smokeTest,
    backup: names.backup,
    restore: names.restore,
    'verify-backup': names.backupVerify,
    'list-backups': names.backupList,
  }[kind];
};

async function hasJob(
  kubectl: Kubectl,
  cluster: PlacedCluster,
  kind: JobKind,
  adopt: 'alive' | 'any',
): Promise<boolean> {
  const text = `{.metadata.name} {.status.conditions[?(@.status=="True")].type}`;
  const which = ['get', `job/${jobName(cluster, kind)}`, '--ignore-not-found'];
  const answer = await kubectl.done([...which, `--output=jsonpath=${text}`]);
  return answer !== '' && (adopt === 'any' || !/Failed|FailureTarget/.test(answer));
}

/** @returns the name of the Job */
async function startBackup(
  kubectl: Kubectl,
  { settings }: PlacedCluster,
  signal: AbortSignal,
): Promise<string> {
  const { backup } = Names.of(settings);
  const name = `${backup}-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`;
  await done(kubectl, ['create', 'job', name, `--from=cronjob/${backup}`], { signal });
  return name;
}

/** @returns the name of the Job */
async function replaceJob(
  kubectl: Kubectl,
  cluster: PlacedCluster,
  kind: Exclude<JobKind, 'backup'>,
  { cwd, outdir, variables, signal }: RunOptions,
): Promise<string> {
  const file = join(outdir, jobFile(cluster, kind));
  if (!existsSync(resolve(cwd, file)))
    throw new KubectlError(`There is no ${file}: synthesize first (npm run synth, or cdk8s-milvus synth).`);
  if (variables.length === 0) await done(kubectl, [...REPLACE, file], { signal });
  else {
    const input = await done(
      kubectl,
      ['set', 'env', '--local', `--filename=${file}`, '--output=yaml', ...variables],
      { signal },
    );
    await done(kubectl, [...REPLACE, '-'], { signal, input });
  }
  return jobName(cluster, kind);
}

async function done(kubectl: Kubectl, args: readonly string[], call: KubectlCall): Promise<string> {
  const interrupted = () => call.signal?.aborted === true;
  const answer = await kubectl.done(args, { timeoutSeconds: REPLACE_SECONDS, ...call }).catch((error) => {
    if (!interrupted()) throw error;
    return '';
  });
  if (interrupted()) throw new KubectlError('Interrupted, before it was known whether the Job is there.');
  return answer;
}
