import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { untilJobEnds } from '../kubernetes/jobs';
import { Names } from '../kubernetes/names';
import { followJob, type JobEnd } from '../live/job';
import { Kubectl, type KubectlCall, type KubectlTarget } from '../live/kubectl';
import { KubectlError } from '../live/kubectl-error';
import type { RestoreRun } from '../live/restore';
import { jobFile, type PlacedCluster } from '../output/cluster-files';
import { type CommandContext, EXIT, notSynthesized } from './command';

export const JOBS = ['smoke-test', 'backup', 'restore', 'verify-backup', 'list-backups'] as const;
export type JobKind = (typeof JOBS)[number];

/** What a shell calls "ended by SIGINT". */
export const INTERRUPTED = 130;
/** For the old Job and its pods to go, which have to be gone before the new one comes. */
const REPLACE_SECONDS = 180;
/** With its pods: what they do must not go on beside the new one. */
const REPLACE = ['replace', '--force', '--cascade=foreground', '--filename'];

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

/** How a Job of the manifests is run. */
interface JobRun {
  /** Where the manifests of Jobs are. */
  readonly outdir: string;
  /** Of its containers, each NAME=VALUE. @default - as they are in the manifest */
  readonly variables?: readonly string[];
  /** Which Job that is there already is followed instead of a new one. @default none */
  readonly adopt?: RestoreRun['adopt'];
  /** Gets the lines of its containers, too. @default - nothing */
  readonly onLog?: (line: string) => void;
}

/** Puts Jobs in place, and prints what they say until they end. */
export class JobRunner {
  /** @param signal ends the watching; the Job goes on */
  public constructor(
    private readonly kubectl: Kubectl,
    private readonly context: Pick<CommandContext, 'stdout' | 'stderr' | 'cwd'>,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Runs a Job of a cluster.
   * @throws KubectlError if it can not be started
   */
  public async run(cluster: PlacedCluster, kind: JobKind, run: JobRun): Promise<JobEnd> {
    const { adopt = 'none', onLog } = run;
    const name = jobName(cluster, kind);
    if (adopt !== 'none' && (await this.isThere(name, adopt)))
      return await this.watch(name, 'there already', onLog);
    const started = kind === 'backup' ? await this.startBackup(name) : name;
    if (kind !== 'backup') await this.replace(jobFile(cluster, kind), run);
    return await this.watch(started, 'started', onLog);
  }

  /**
   * Runs a Job that is in no file.
   * @param manifest the Job of that name in YAML, with what it brings along
   * @throws KubectlError if it can not be started
   */
  public async runManifest(name: string, manifest: string): Promise<JobEnd> {
    await this.done([...REPLACE, '-'], { input: manifest });
    return await this.watch(name, 'started');
  }

  private async isThere(job: string, adopt: 'alive' | 'any'): Promise<boolean> {
    const text = `{.metadata.name} {.status.conditions[?(@.status=="True")].type}`;
    const which = ['get', `job/${job}`, '--ignore-not-found'];
    const answer = await this.kubectl.done([...which, `--output=jsonpath=${text}`]);
    return answer !== '' && (adopt === 'any' || !/Failed|FailureTarget/.test(answer));
  }

  /** @returns the name of the Job */
  private async startBackup(cronJob: string): Promise<string> {
    const name = `${cronJob}-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`;
    await this.done(['create', 'job', name, `--from=cronjob/${cronJob}`]);
    return name;
  }

  private async replace(manifest: string, { outdir, variables = [] }: JobRun): Promise<void> {
    const file = join(outdir, manifest);
    if (!existsSync(resolve(this.context.cwd, file))) throw new KubectlError(notSynthesized(file));
    if (variables.length === 0) {
      await this.done([...REPLACE, file]);
      return;
    }
    const local = ['set', 'env', '--local', `--filename=${file}`, '--output=yaml'];
    const input = await this.done([...local, ...variables]);
    await this.done([...REPLACE, '-'], { input });
  }

  private async done(args: readonly string[], call: KubectlCall = {}): Promise<string> {
    const { signal } = this;
    const how = { timeoutSeconds: REPLACE_SECONDS, signal, ...call };
    const answer = await this.kubectl.done(args, how).catch((error) => {
      if (!signal.aborted) throw error;
      return '';
    });
    if (signal.aborted) throw new KubectlError('Interrupted, before it was known whether the Job is there.');
    return answer;
  }

  private async watch(
    job: string,
    how: 'started' | 'there already',
    onLog?: JobRun['onLog'],
  ): Promise<JobEnd> {
    const { kubectl, signal } = this;
    const { stdout, stderr } = this.context;
    stderr.write(`Job ${job} is ${how}.\n`);
    const ended = await followJob(kubectl, job, {
      onLog: (line) => {
        stdout.write(`${line}\n`);
        onLog?.(line);
      },
      onState: (text) => stderr.write(`Waiting: ${text}\n`),
      signal,
    });
    if (ended.end === 'interrupted') {
      const goOn = untilJobEnds(kubectl.commandLine([]), job);
      const end = kubectl.commandLine(['delete', `job/${job}`]);
      stderr.write(`\nThe Job goes on. Its end and its log:\n  ${goOn}\nTo stop it:\n  ${end}\n`);
    } else {
      stderr.write(`Job ${job} ${ended.end === 'complete' ? 'is complete.' : `failed: ${ended.reason}`}\n`);
    }
    return ended;
  }
}

function jobName({ settings }: PlacedCluster, kind: JobKind): string {
  const names = Names.of(settings);
  return {
    'smoke-test': names.smokeTest,
    backup: names.backup,
    restore: names.restore,
    'verify-backup': names.backupVerify,
    'list-backups': names.backupList,
  }[kind];
}
