import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { untilJobEnds } from '../kubernetes/jobs';
import { Names } from '../kubernetes/names';
import { followJob, type JobEnd } from '../live/job';
import { Kubectl, type KubectlCall, type KubectlTarget } from '../live/kubectl';
import { KubectlError } from '../live/kubectl-error';
import type { RestoreRun } from '../live/restore';
import { jobFile, type PlacedCluster } from '../output/cluster-files';
import { defaultOutdir } from '../output/synthesize';
import { type CommandContext, EXIT, notSynthesized } from './command';

export const JOBS = ['smoke-test', 'backup', 'restore', 'verify-backup', 'list-backups'] as const;
export type JobKind = (typeof JOBS)[number];

/** What a shell calls "ended by SIGINT". */
export const INTERRUPTED = 130;
/** For the old Job and its pods to go, which have to be gone before the new one comes. */
const REPLACE_SECONDS = 180;
/** With its pods: what they do must not go on beside the new one. */
const REPLACE = ['replace', '--force', '--cascade=foreground', '--filename'];

/** A command ends as its Job does. */
export const exitCodeOf = ({ end }: JobEnd): number =>
  ({ complete: EXIT.ok, failed: EXIT.failed, interrupted: INTERRUPTED })[end];

/** Which kubectl runs Jobs, and where their manifests are, as the person says it. */
interface Target extends KubectlTarget {
  /** @default - where manifests are when nobody says so */
  readonly outdir?: string;
}

/** How a Job of the manifests is run. */
interface JobRun {
  /** Of its containers, each NAME=VALUE. @default - as they are in the manifest */
  readonly variables?: readonly string[];
  /** Which Job that is there already is followed instead of a new one. @default none */
  readonly adopt?: RestoreRun['adopt'];
  /** Gets the lines of its containers, too. @default - nothing */
  readonly onLog?: (line: string) => void;
}

/** Does something with Jobs of a cluster that Ctrl-C ends in order. */
export async function withJobRunner<T>(
  cluster: PlacedCluster,
  target: Target,
  context: CommandContext,
  what: (runner: JobRunner) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await what(new JobRunner(cluster, target, context, interrupt.signal));
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** Puts Jobs of a cluster in place, and prints what they say until they end. */
class JobRunner {
  /** With the namespace of the command line, or that of the configuration. */
  public readonly kubectl: Kubectl;
  private readonly outdir: string;

  /** @param signal ends the watching; a Job goes on */
  public constructor(
    private readonly cluster: PlacedCluster,
    { outdir, ...target }: Target,
    private readonly context: CommandContext,
    public readonly signal: AbortSignal,
  ) {
    const { cwd, env } = context;
    const namespace = target.namespace ?? cluster.settings.namespace;
    this.kubectl = new Kubectl({ ...target, namespace }, cwd, env);
    this.outdir = outdir ?? defaultOutdir(env);
  }

  /**
   * Runs a Job of the manifests.
   * @throws KubectlError if it can not be started
   */
  public async run(kind: JobKind, { variables = [], adopt = 'none', onLog }: JobRun = {}): Promise<JobEnd> {
    const name = jobName(this.cluster, kind);
    if (adopt !== 'none' && (await this.isThere(name, adopt)))
      return await this.watch(name, 'there already', onLog);
    if (kind === 'backup') return await this.watch(await this.startBackup(name), 'started', onLog);
    await this.replace(kind, variables);
    return await this.watch(name, 'started', onLog);
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

  private async replace(kind: JobKind, variables: readonly string[]): Promise<void> {
    const file = join(this.outdir, jobFile(this.cluster, kind));
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
