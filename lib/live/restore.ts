import { setTimeout as delay } from 'node:timers/promises';
import type { JobEnd } from './job';
import { type Kubectl, messageOf } from './kubectl';
import { KubectlError } from './kubectl-error';

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

/** How far it is; each step may be run again. */
const WORDS = {
  stop: 'Milvus is being stopped; nothing is changed',
  load: 'metadata and objects are being brought back',
  start: 'everything is brought back, and Milvus is being started',
} as const;
type Step = keyof typeof WORDS;

/** What is kept in the cluster from the beginning to the end, so that somebody else can go on. */
interface State {
  readonly backup: string;
  readonly from?: string | undefined;
  readonly step: Step;
  /** A Job has failed after it may have changed something. */
  readonly touched?: boolean;
  /** By Deployment. */
  readonly replicas: Readonly<Record<string, number>>;
  /** Those that were not suspended before. */
  readonly cronJobs: readonly string[];
}

interface Named {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly replicas?: number;
    readonly suspend?: boolean;
    readonly containers?: readonly { readonly name: string }[];
  };
  readonly status?: { readonly phase?: string };
}

interface Items {
  readonly items: readonly Named[];
}

const GONE_SECONDS = 600;
const READY_SECONDS = 1800;
/** Containers of the Job that have ended in failure before anything was changed. */
const HARMLESS = ['download', 'check'];
/** The container that only pods of backups have. */
const OF_BACKUPS = 'upload';
/** What the Job says when it knows which one is the latest. */
const TAKEN = /^\[download\] took \S*\/(\d{8}T\d{6}Z)\.sql\.gz /;

export const stateName = (name: string) => `${name}-restore-state`;

/** It says where it stands. */
class Told extends KubectlError {}

/**
 * Brings a backup back: stops Milvus, runs the Job, starts all as it was, and the smoke test. Interrupted at any point, it
 * goes on from there when it is called again.
 * @throws KubectlError with where it stands, and how to go on
 */
export async function restore(props: RestoreProps, context: RestoreContext): Promise<void> {
  const reconcilers = await reconcilersOf(props, context);
  let state = await begin(props, context, reconcilers);
  const change = async (more: Partial<State>) => {
    state = { ...state, ...more };
    await save(props, context, state);
  };
  try {
    if (state.step === 'stop' || state.step === 'load') {
      await bringBack(props, context, () => state, change);
      await change({ step: 'start' });
    }
    await start(props, context, withPods(props, context, state));
    const { end, reason } = await context.runSmokeTest();
    if (end !== 'complete') {
      throw new Told(
        `Milvus runs with what was brought back, but the smoke test ${end === 'failed' ? `failed: ${reason}` : 'was interrupted'}. CronJobs stay suspended until the same is run again.`,
      );
    }
    await finish(props, context, state, reconcilers);
  } catch (error) {
    if (!(error instanceof KubectlError) || error instanceof Told) throw error;
    throw new KubectlError(`${error.message}\nIt stands here: ${WORDS[state.step]}. Run the same again.`);
  }
  context.say(`${props.name} is restored from ${state.backup}.`);
  context.say(`When it has proven itself, delete what was kept aside (see the log above).`);
}

/** Stops Milvus, and runs the Job. */
async function bringBack(
  props: RestoreProps,
  context: RestoreContext,
  state: () => State,
  change: (more: Partial<State>) => Promise<void>,
): Promise<void> {
  const { kubectl, say, runRestore } = context;
  await stop(props, context, state());
  const isResumed = state().step === 'load';
  let adopt: RestoreRun['adopt'] = state().touched ? 'alive' : 'any';
  if (state().step === 'stop') {
    // From here on a Job that is there is of this restore, and one that has ended meanwhile is not done twice.
    await kubectl.done(['delete', `job/${props.job}`, '--ignore-not-found', '--cascade=foreground'], {
      timeoutSeconds: GONE_SECONDS,
    });
    adopt = 'none';
    await change({ step: 'load' });
  }
  const { backup } = state();
  say(`Restoring ${backup}`);
  let saved = Promise.resolve();
  const { end, reason, container } = await runRestore({
    backup,
    adopt,
    onLog: (line) => {
      // There may be a later one when it is run again.
      const [, name] = TAKEN.exec(line) ?? [];
      if (name === undefined || name === state().backup) return;
      saved = saved.then(() => change({ backup: name })).catch(() => {});
    },
  });
  await saved;
  if (end === 'interrupted')
    throw new Told('Interrupted: the Job goes on, and Milvus is stopped. Run the same again.');
  if (end === 'complete') return;
  const harmless = !state().touched && container !== undefined && HARMLESS.includes(container);
  await change(harmless ? { step: 'stop' } : { touched: true });
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

/** Starts all as it was, where nothing has been changed yet. */
export async function undo(props: RestoreProps, context: RestoreContext): Promise<void> {
  const state = await saved(props, context);
  if (state === undefined) throw new KubectlError(`No restore of ${props.name} has begun.`);
  if (state.step !== 'stop') {
    throw new KubectlError(
      `This can not be undone: ${WORDS[state.step]}. Milvus would delete objects that half-loaded metadata does not name. Run the restore again.`,
    );
  }
  await start(props, context, state);
  await finish(props, context, state, await reconcilersOf(props, context));
}

/** What was begun before, or the beginning. */
async function begin(
  props: RestoreProps,
  context: RestoreContext,
  reconcilers: readonly Reconciler[],
): Promise<State> {
  const { say, kubectl } = context;
  const known = await saved(props, context);
  if (known?.step !== 'start') for (const one of reconcilers) await refuse(one, kubectl);
  if (known !== undefined) {
    const { backup, from } = props;
    if (known.step === 'stop') {
      say(`A restore was interrupted: ${WORDS.stop}. It goes on.`);
      return { ...known, backup, from };
    }
    // The latest is the one that was the latest when it began.
    if ((backup !== 'latest' && backup !== known.backup) || from !== known.from) {
      const that = `${known.backup}${known.from === undefined ? '' : ` --from ${known.from}`}`;
      throw new KubectlError(
        `A restore of ${that} has begun: ${WORDS[known.step]}. Name that one, not ${backup}${from === undefined ? '' : ` --from ${from}`}.`,
      );
    }
    say(`A restore of ${known.backup} was interrupted: ${WORDS[known.step]}. It goes on.`);
    return known;
  }
  const ours = await deploymentsOf(props, context);
  const cronJobs = (await list(context, props, 'cronjobs')).items;
  const state: State = {
    backup: props.backup,
    from: props.from,
    step: 'stop',
    replicas: Object.fromEntries(ours.map(({ metadata, spec }) => [metadata.name, spec?.replicas ?? 1])),
    cronJobs: cronJobs.filter(({ spec }) => spec?.suspend !== true).map(({ metadata }) => metadata.name),
  };
  await save(props, context, state);
  return state;
}

async function deploymentsOf(props: RestoreProps, context: RestoreContext): Promise<readonly Named[]> {
  const { items } = await list(context, props, 'deployments');
  const ours = items.filter(({ metadata }) => props.deployments.includes(metadata.name));
  const missing = props.deployments.filter((name) => !ours.some(({ metadata }) => metadata.name === name));
  if (missing.length > 0) {
    throw new KubectlError(
      `There is no Deployment ${missing.join(', ')} here: apply the manifests first, or name another namespace with -n.`,
    );
  }
  return ours;
}

async function list({ kubectl }: RestoreContext, { instance }: RestoreProps, kind: string): Promise<Items> {
  return await kubectl.json<Items>(['get', kind, `--selector=app.kubernetes.io/instance=${instance}`]);
}

/** What would start Milvus again in the middle. */
interface Reconciler {
  readonly which: readonly string[];
  /** Where it says that it is switched on, and the values with which it is not. */
  readonly path: string;
  readonly off: readonly (string | undefined)[];
  /** Why it has to be stopped, and how. */
  readonly advice: string;
  readonly stop: string;
  /** What to do when all is over. */
  readonly afterwards: string;
}

async function reconcilersOf(props: RestoreProps, context: RestoreContext): Promise<readonly Reconciler[]> {
  const { kubectl } = context;
  const [
    {
      metadata: { labels = {}, annotations = {} },
    } = { metadata: {} },
  ] = await deploymentsOf(props, context);
  const patch = (which: readonly string[], spec: object) =>
    kubectl.commandLine(['patch', ...which, '--type=merge', `--patch=${JSON.stringify({ spec })}`]);
  const found: Reconciler[] = [];
  const flux = labels['kustomize.toolkit.fluxcd.io/name'];
  if (flux !== undefined) {
    const namespace = labels['kustomize.toolkit.fluxcd.io/namespace'] ?? 'flux-system';
    const which = ['kustomizations.kustomize.toolkit.fluxcd.io', flux, `--namespace=${namespace}`];
    found.push({
      which,
      path: '{.spec.suspend}',
      off: ['true'],
      advice:
        'Flux would start Milvus in the middle. Suspend its Kustomization first, and resume it afterwards',
      stop: patch(which, { suspend: true }),
      afterwards: `Flux is still suspended. To resume it:\n  ${patch(which, { suspend: false })}`,
    });
  }
  const [argo] = annotations['argocd.argoproj.io/tracking-id']?.split(':') ?? [];
  if (argo !== undefined) {
    const which = ['applications.argoproj.io', argo, '--namespace=argocd'];
    found.push({
      which,
      path: '{.spec.syncPolicy.automated}',
      // Unknown where Argo CD is elsewhere: then a person has to know.
      off: ['', undefined],
      advice:
        'Argo CD would start Milvus in the middle. Stop its automated sync first, and switch it on again afterwards',
      stop: patch(which, { syncPolicy: { automated: null } }),
      afterwards: `If you have stopped the automated sync of Argo CD's Application ${argo} (syncPolicy.automated), switch it on again as it was.`,
    });
  }
  return found;
}

async function refuse(
  { which, path, off, advice, stop: command }: Reconciler,
  kubectl: RestoreContext['kubectl'],
): Promise<void> {
  if (!off.includes(await field(kubectl, which, path))) throw new KubectlError(`${advice}:\n  ${command}`);
}

async function field(
  kubectl: RestoreContext['kubectl'],
  which: readonly string[],
  path: string,
): Promise<string | undefined> {
  const { code, stdout } = await kubectl.run(['get', ...which, `--output=jsonpath=${path}`]);
  return code === 0 ? stdout : undefined;
}

async function stop(props: RestoreProps, context: RestoreContext, state: State): Promise<void> {
  const { kubectl, say } = context;
  for (const name of state.cronJobs) await suspend(context, name, true);
  await untilNoBackupRuns(props, context);
  say(`Stopping ${props.deployments.join(', ')}`);
  for (const name of props.deployments) await kubectl.done(['scale', `deployment/${name}`, '--replicas=0']);
  const components = props.deployments.map((name) => name.slice(name.lastIndexOf('-') + 1));
  const selector = `--selector=app.kubernetes.io/instance=${props.instance},component in (${components.join(',')})`;
  const until = Date.now() + GONE_SECONDS * 1000;
  for (;;) {
    const { items } = await kubectl.json<Items>(['get', 'pods', selector]);
    if (items.length === 0) return;
    if (Date.now() > until) {
      throw new KubectlError(
        `These pods do not end, ${GONE_SECONDS} s after they were told to: ${namesOf(items)}. See why (kubectl describe pod).`,
      );
    }
    await aMoment(context);
  }
}

const namesOf = (items: readonly Named[]) => items.map(({ metadata }) => metadata.name).join(', ');

/** One that ends later would delete the oldest backup, maybe the one that is brought back, and mix two states. */
async function untilNoBackupRuns(props: RestoreProps, context: RestoreContext): Promise<void> {
  for (let looks = 0; ; looks++) {
    const { items } = await list(context, props, 'pods');
    const running = items.filter(
      ({ spec, status }) =>
        spec?.containers?.some(({ name }) => name === OF_BACKUPS) &&
        !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
    );
    if (running.length === 0) return;
    if (looks === 0)
      context.say(
        `Waiting for a backup that runs (pod ${namesOf(running)}); delete its Job to go on without it.`,
      );
    await aMoment(context);
  }
}

async function aMoment({ signal, pollMilliseconds = 2000 }: RestoreContext): Promise<void> {
  await delay(pollMilliseconds, undefined, { ...(signal && { signal }) }).catch(() => {});
  if (signal?.aborted === true) throw new KubectlError('Interrupted.');
}

/** Where somebody had stopped Milvus before, what is restored could not be tried: it gets what the configuration says. */
function withPods(props: RestoreProps, { say }: RestoreContext, { replicas, ...state }: State): State {
  const stopped = props.deployments.filter((name) => replicas[name] === 0);
  const more = Object.fromEntries(stopped.map((name) => [name, props.configured[name] ?? 1]));
  for (const [name, count] of Object.entries(more))
    say(`${name} had no pods before: it gets ${count}, as configured`);
  return { ...state, replicas: { ...replicas, ...more } };
}

async function start(
  props: RestoreProps,
  { kubectl, say }: RestoreContext,
  { replicas }: State,
): Promise<void> {
  say('Starting Milvus as it was');
  for (const name of props.deployments) {
    await kubectl.done(['scale', `deployment/${name}`, `--replicas=${replicas[name] ?? 1}`]);
  }
  for (const name of props.deployments) {
    await kubectl.done(['rollout', 'status', `deployment/${name}`, `--timeout=${READY_SECONDS}s`], {
      timeoutSeconds: READY_SECONDS + 30,
    });
  }
}

async function finish(
  props: RestoreProps,
  context: RestoreContext,
  { cronJobs }: State,
  reconcilers: readonly Reconciler[],
): Promise<void> {
  for (const name of cronJobs) await suspend(context, name, false);
  await context.kubectl.done(['delete', `configmap/${stateName(props.name)}`]);
  for (const { afterwards } of reconcilers) context.say(afterwards);
}

async function suspend({ kubectl }: RestoreContext, cronJob: string, value: boolean): Promise<void> {
  await kubectl.done([
    'patch',
    `cronjob/${cronJob}`,
    '--type=merge',
    `--patch={"spec":{"suspend":${value}}}`,
  ]);
}

async function saved({ name }: RestoreProps, { kubectl }: RestoreContext): Promise<State | undefined> {
  const { code, stdout, stderr } = await kubectl.run([
    'get',
    `configmap/${stateName(name)}`,
    '--ignore-not-found',
    '--output=jsonpath={.data.state}',
  ]);
  if (code !== 0) throw new KubectlError(messageOf(stderr));
  return stdout === '' ? undefined : (JSON.parse(stdout) as State);
}

async function save({ name }: RestoreProps, { kubectl }: RestoreContext, state: State): Promise<void> {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: stateName(name) },
    data: { state: JSON.stringify(state) },
  };
  await kubectl.done(['apply', '--filename=-'], { input: JSON.stringify(object) });
}
