import { setTimeout as delay } from 'node:timers/promises';
import type { JobEnd } from './job';
import type { Kubectl } from './kubectl';
import { KubectlError } from './kubectl-error';
import type { LiveObject, ObjectList } from './objects';
import { type Reconciler, reconcilersOf, refuse } from './reconcilers';
import { deleteState, type RestoreState, STEPS, savedState, saveState } from './restore-state';

/** What a restore is about. */
export interface RestoreProps {
  /** Of the cluster. */
  readonly name: string;
  /** Value of app.kubernetes.io/instance on its pods. */
  readonly instance: string;
  /** Names of the Deployments that run Milvus, in the order in which they are started. */
  readonly deployments: readonly string[];
  /** How many pods the configuration gives each; with an autoscaler the fewest. */
  readonly configured: Readonly<Record<string, number>>;
  /** Name of the backup, or `latest`. */
  readonly backup: string;
  /** Bucket and prefix of another cluster's backups. @default - those of the configuration */
  readonly from?: string | undefined;
  /** Name of the Job that restores. */
  readonly job: string;
}

/** How a Job of the restore is run. */
export interface RestoreRun {
  /** Its backup. */
  readonly backup: string;
  /** Which Job that is there already is followed instead of a new one: none, one that has not failed, or any. */
  readonly adopt: 'none' | 'alive' | 'any';
  /** Gets its lines. */
  readonly onLog: (line: string) => void;
}

export interface RestoreContext {
  readonly kubectl: Pick<Kubectl, 'run' | 'done' | 'json' | 'commandLine'>;
  /** Runs the Job of the restore to its end. */
  readonly runRestore: (run: RestoreRun) => Promise<JobEnd>;
  readonly runSmokeTest: () => Promise<JobEnd>;
  readonly say: (line: string) => void;
  /** Ends it where it can go on later. @default - nothing does */
  readonly signal?: AbortSignal;
  /** Between two looks at pods. @default 2000 */
  readonly pollMilliseconds?: number;
}

const GONE_SECONDS = 600;
const READY_SECONDS = 1800;
/** Containers of the Job that have ended in failure before anything was changed. */
const HARMLESS = ['download', 'check'];
/** The container that only pods of backups have. */
const OF_BACKUPS = 'upload';
/** What the Job says when it knows which one is the latest. */
const TAKEN = /^\[download\] took \S*\/(\d{8}T\d{6}Z)\.sql\.gz /;

/** It says where it stands. */
class Told extends KubectlError {}

/**
 * Brings a backup back: stops Milvus, runs the Job, starts all as it was, and the smoke test. Interrupted at any point, it
 * goes on from there when it is called again.
 * @throws KubectlError with where it stands, and how to go on
 */
export async function restore(props: RestoreProps, context: RestoreContext): Promise<void> {
  const reconcilers = await reconcilersIn(props, context);
  const state = await begin(props, context, reconcilers);
  await new Restore(props, context, state).run(reconcilers);
}

/** Starts all as it was, where nothing has been changed yet. */
export async function undo(props: RestoreProps, context: RestoreContext): Promise<void> {
  const state = await savedState(props, context);
  if (state === undefined) throw new KubectlError(`No restore of ${props.name} has begun.`);
  if (state.step !== 'stop') {
    throw new KubectlError(
      `This can not be undone: ${STEPS[state.step]}. Milvus would delete objects that half-loaded metadata does not name. Run the restore again.`,
    );
  }
  const begun = new Restore(props, context, state);
  await begun.start(state.replicas);
  await begun.finish(await reconcilersIn(props, context));
}

/** What was begun before, or the beginning. */
async function begin(
  props: RestoreProps,
  context: RestoreContext,
  reconcilers: readonly Reconciler[],
): Promise<RestoreState> {
  const { say, kubectl } = context;
  const known = await savedState(props, context);
  if (known?.step !== 'start') for (const one of reconcilers) await refuse(one, kubectl);
  if (known !== undefined) {
    const { backup, from } = props;
    if (known.step === 'stop') {
      say(`A restore was interrupted: ${STEPS.stop}. It goes on.`);
      return { ...known, backup, from };
    }
    // The latest is the one that was the latest when it began.
    if ((backup !== 'latest' && backup !== known.backup) || from !== known.from) {
      const that = `${known.backup}${known.from === undefined ? '' : ` --from ${known.from}`}`;
      throw new KubectlError(
        `A restore of ${that} has begun: ${STEPS[known.step]}. Name that one, not ${backup}${from === undefined ? '' : ` --from ${from}`}.`,
      );
    }
    say(`A restore of ${known.backup} was interrupted: ${STEPS[known.step]}. It goes on.`);
    return known;
  }
  const ours = await deploymentsOf(props, context);
  const cronJobs = await list(props, context, 'cronjobs');
  const state: RestoreState = {
    backup: props.backup,
    from: props.from,
    step: 'stop',
    replicas: Object.fromEntries(ours.map(({ metadata, spec }) => [metadata.name, spec?.replicas ?? 1])),
    cronJobs: cronJobs.filter(({ spec }) => spec?.suspend !== true).map(({ metadata }) => metadata.name),
  };
  await saveState(props, context, state);
  return state;
}

/** All Deployments have the same marks. */
async function reconcilersIn(props: RestoreProps, context: RestoreContext): Promise<readonly Reconciler[]> {
  const [first] = await deploymentsOf(props, context);
  return first === undefined ? [] : reconcilersOf(first, context.kubectl);
}

async function deploymentsOf(props: RestoreProps, context: RestoreContext): Promise<readonly LiveObject[]> {
  const all = await list(props, context, 'deployments');
  const ours = all.filter(({ metadata }) => props.deployments.includes(metadata.name));
  const missing = props.deployments.filter((name) => !ours.some(({ metadata }) => metadata.name === name));
  if (missing.length > 0) {
    throw new KubectlError(
      `There is no Deployment ${missing.join(', ')} here: apply the manifests first, or name another namespace with -n.`,
    );
  }
  return ours;
}

/** All of a kind that the cluster has. */
async function list(
  { instance }: RestoreProps,
  { kubectl }: RestoreContext,
  kind: string,
): Promise<readonly LiveObject[]> {
  const which = `--selector=app.kubernetes.io/instance=${instance}`;
  return (await kubectl.json<ObjectList>(['get', kind, which])).items;
}

/** A restore that has begun. */
class Restore {
  public constructor(
    private readonly props: RestoreProps,
    private readonly context: RestoreContext,
    private state: RestoreState,
  ) {}

  private async change(more: Partial<RestoreState>): Promise<void> {
    this.state = { ...this.state, ...more };
    await saveState(this.props, this.context, this.state);
  }

  public async run(reconcilers: readonly Reconciler[]): Promise<void> {
    const { props, context } = this;
    try {
      if (this.state.step !== 'start') {
        await this.bringBack();
        await this.change({ step: 'start' });
      }
      await this.start(this.withPods());
      const { end, reason } = await context.runSmokeTest();
      if (end !== 'complete') {
        throw new Told(
          `Milvus runs with what was brought back, but the smoke test ${end === 'failed' ? `failed: ${reason}` : 'was interrupted'}. CronJobs stay suspended until the same is run again.`,
        );
      }
      await this.finish(reconcilers);
    } catch (error) {
      if (!(error instanceof KubectlError) || error instanceof Told) throw error;
      throw new KubectlError(
        `${error.message}\nIt stands here: ${STEPS[this.state.step]}. Run the same again.`,
      );
    }
    context.say(`${props.name} is restored from ${this.state.backup}.`);
    context.say(`When it has proven itself, delete what was kept aside (see the log above).`);
  }

  /** Stops Milvus, and runs the Job. */
  private async bringBack(): Promise<void> {
    const { kubectl, say, runRestore } = this.context;
    await this.stop();
    const isResumed = this.state.step === 'load';
    let adopt: RestoreRun['adopt'] = this.state.touched ? 'alive' : 'any';
    if (!isResumed) {
      // From here on a Job that is there is of this restore, and one that has ended meanwhile is not done twice.
      await kubectl.done(['delete', `job/${this.props.job}`, '--ignore-not-found', '--cascade=foreground'], {
        timeoutSeconds: GONE_SECONDS,
      });
      adopt = 'none';
      await this.change({ step: 'load' });
    }
    const { backup } = this.state;
    say(`Restoring ${backup}`);
    let saved = Promise.resolve();
    const { end, reason, container } = await runRestore({
      backup,
      adopt,
      onLog: (line) => {
        // There may be a later one when it is run again.
        const [, name] = TAKEN.exec(line) ?? [];
        if (name === undefined || name === this.state.backup) return;
        saved = saved.then(() => this.change({ backup: name })).catch(() => {});
      },
    });
    await saved;
    if (end === 'interrupted')
      throw new Told('Interrupted: the Job goes on, and Milvus is stopped. Run the same again.');
    if (end === 'complete') return;
    const harmless = !this.state.touched && container !== undefined && HARMLESS.includes(container);
    await this.change(harmless ? { step: 'stop' } : { touched: true });
    throw new Told(
      `The restore failed: ${reason}\nMilvus is stopped${
        harmless
          ? `, and nothing was changed. To start it as it was, add --undo${
              isResumed ? ' (also where the Job had ended well, and is gone: then all is in place)' : ''
            }; to replace what is in the database, --force`
          : ', and has to be until this has ended well: what the message names comes first'
      }. Then run the same again.`,
    );
  }

  private async stop(): Promise<void> {
    const { kubectl, say } = this.context;
    const { deployments, instance } = this.props;
    for (const name of this.state.cronJobs) await this.suspend(name, true);
    await this.untilNoBackupRuns();
    say(`Stopping ${deployments.join(', ')}`);
    for (const name of deployments) await kubectl.done(['scale', `deployment/${name}`, '--replicas=0']);
    const components = deployments.map((name) => name.slice(name.lastIndexOf('-') + 1));
    const selector = `--selector=app.kubernetes.io/instance=${instance},component in (${components.join(',')})`;
    const until = Date.now() + GONE_SECONDS * 1000;
    for (;;) {
      const { items } = await kubectl.json<ObjectList>(['get', 'pods', selector]);
      if (items.length === 0) return;
      if (Date.now() > until) {
        throw new KubectlError(
          `These pods do not end, ${GONE_SECONDS} s after they were told to: ${namesOf(items)}. See why (kubectl describe pod).`,
        );
      }
      await this.aMoment();
    }
  }

  /** One that ends later would delete the oldest backup, maybe the one that is brought back, and mix two states. */
  private async untilNoBackupRuns(): Promise<void> {
    for (let looks = 0; ; looks++) {
      const running = (await list(this.props, this.context, 'pods')).filter(
        ({ spec, status }) =>
          spec?.containers?.some(({ name }) => name === OF_BACKUPS) &&
          !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
      );
      if (running.length === 0) return;
      if (looks === 0)
        this.context.say(
          `Waiting for a backup that runs (pod ${namesOf(running)}); delete its Job to go on without it.`,
        );
      await this.aMoment();
    }
  }

  private async aMoment(): Promise<void> {
    const { signal, pollMilliseconds = 2000 } = this.context;
    await delay(pollMilliseconds, undefined, { signal }).catch(() => {});
    if (signal?.aborted === true) throw new KubectlError('Interrupted.');
  }

  /** Where somebody had stopped Milvus before, what is restored could not be tried: it gets what the configuration says. */
  private withPods(): RestoreState['replicas'] {
    const { replicas } = this.state;
    const { deployments, configured } = this.props;
    const stopped = deployments.filter((name) => replicas[name] === 0);
    const more = Object.fromEntries(stopped.map((name) => [name, configured[name] ?? 1]));
    for (const [name, count] of Object.entries(more))
      this.context.say(`${name} had no pods before: it gets ${count}, as configured`);
    return { ...replicas, ...more };
  }

  public async start(replicas: RestoreState['replicas']): Promise<void> {
    const { kubectl, say } = this.context;
    const { deployments } = this.props;
    say('Starting Milvus as it was');
    for (const name of deployments)
      await kubectl.done(['scale', `deployment/${name}`, `--replicas=${replicas[name] ?? 1}`]);
    for (const name of deployments) {
      await kubectl.done(['rollout', 'status', `deployment/${name}`, `--timeout=${READY_SECONDS}s`], {
        timeoutSeconds: READY_SECONDS + 30,
      });
    }
  }

  public async finish(reconcilers: readonly Reconciler[]): Promise<void> {
    for (const name of this.state.cronJobs) await this.suspend(name, false);
    await deleteState(this.props, this.context);
    for (const { afterwards } of reconcilers) this.context.say(afterwards);
  }

  private async suspend(cronJob: string, value: boolean): Promise<void> {
    const patch = `--patch={"spec":{"suspend":${value}}}`;
    await this.context.kubectl.done(['patch', `cronjob/${cronJob}`, '--type=merge', patch]);
  }
}

const namesOf = (items: readonly LiveObject[]) => items.map(({ metadata }) => metadata.name).join(', ');
