import { setTimeout as delay } from 'node:timers/promises';
import type { JobEnd } from './job';
import type { Kubectl } from './kubectl';
import { KubectlError } from './kubectl-error';

/** What a restore is about. */
export interface RestoreProps {
  /** Of the cluster. */
  readonly name: string;
  /** Value of app.kubernetes.io/instance on its pods. */
  readonly instance: string;
  /** Names of the Deployments that run Milvus, in the order in which they are started. */
  readonly deployments: readonly string[];
  /** Name of the backup, or `latest`. */
  readonly backup: string;
  /** The claim of the write-ahead log, as it is applied; made anew, since the log belongs to other metadata. @default - there is none of ours */
  readonly walClaim?: { readonly metadata: { readonly name: string } };
}

export interface RestoreContext {
  readonly kubectl: Pick<Kubectl, 'run' | 'done' | 'json' | 'commandLine'>;
  /** Runs a Job of the cluster to its end. */
  readonly runJob: (kind: 'restore' | 'smoke-test') => Promise<JobEnd>;
  readonly say: (line: string) => void;
  /** Between two looks at pods. @default 2000 */
  readonly pollMilliseconds?: number;
}

/** How far it is; each step may be run again. */
const STEPS = ['stop', 'load', 'start'] as const;
type Step = (typeof STEPS)[number];
const WORDS: Readonly<Record<Step, string>> = {
  stop: 'Milvus is being stopped; nothing is changed',
  load: 'metadata and objects are being brought back',
  start: 'everything is brought back, and Milvus is being started',
};

/** What is kept in the cluster from the beginning to the end, so that somebody else can go on. */
interface State {
  readonly backup: string;
  readonly step: Step;
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
  readonly spec?: { readonly replicas?: number; readonly suspend?: boolean };
}

interface Items {
  readonly items: readonly Named[];
}

const GONE_SECONDS = 600;
const READY_SECONDS = 1800;
/** Containers of the Job that have ended in failure before anything was changed. */
const HARMLESS = ['download', 'check'];

export const stateName = (name: string) => `${name}-restore-state`;

/**
 * Brings a backup back: stops Milvus, runs the Job, starts all as it was, and the smoke test. Interrupted at any point, it
 * goes on from there when it is called again.
 * @throws KubectlError with where it stands, and how to go on
 */
export async function restore(props: RestoreProps, context: RestoreContext): Promise<void> {
  const { say, runJob } = context;
  let state = await begin(props, context);
  const proceed = async (step: Step) => {
    state = { ...state, step };
    await save(props, context, state);
  };
  if (state.step !== 'start') {
    await stop(props, context, state);
    await proceed('load');
    say(`Restoring ${state.backup}`);
    const { end, reason, container } = await runJob('restore');
    if (end === 'interrupted') {
      throw new KubectlError('Interrupted: the Job goes on, and Milvus is stopped. Run the same again.');
    }
    if (end === 'failed') {
      const harmless = container !== undefined && HARMLESS.includes(container);
      if (harmless) await proceed('stop');
      throw new KubectlError(
        `The restore failed: ${reason}\nMilvus is stopped${
          harmless
            ? ', and nothing was changed. To start it as it was, add --undo; to replace what is in the database, --force'
            : ', and has to be until this has ended well: what the message names comes first'
        }. Then run the same again.`,
      );
    }
    await emptyLog(props, context);
    await proceed('start');
  }
  await start(props, context, state);
  const { end, reason } = await runJob('smoke-test');
  if (end !== 'complete') {
    throw new KubectlError(
      `Milvus runs with what was brought back, but the smoke test ${end === 'failed' ? `failed: ${reason}` : 'was interrupted'}. CronJobs stay suspended until the same is run again.`,
    );
  }
  await finish(props, context, state);
  say(`${props.name} is restored from ${state.backup}.`);
  say(`When it has proven itself, delete what was kept aside (see the log above).`);
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
  await finish(props, context, state);
}

/** What was begun before, or the beginning. */
async function begin(props: RestoreProps, context: RestoreContext): Promise<State> {
  const { say } = context;
  const known = await saved(props, context);
  if (known !== undefined) {
    if (known.step !== 'stop' && known.backup !== props.backup) {
      throw new KubectlError(
        `A restore of ${known.backup} has begun: ${WORDS[known.step]}. Name that one, not ${props.backup}.`,
      );
    }
    say(`A restore was interrupted: ${WORDS[known.step]}. It goes on.`);
    return { ...known, backup: props.backup };
  }
  const { items } = await list(context, props, 'deployments');
  const ours = items.filter(({ metadata }) => props.deployments.includes(metadata.name));
  const missing = props.deployments.filter((name) => !ours.some(({ metadata }) => metadata.name === name));
  if (missing.length > 0) {
    throw new KubectlError(
      `There is no Deployment ${missing.join(', ')} here: apply the manifests first, or name another namespace with -n.`,
    );
  }
  await refuseReconciliation(ours, context);
  const cronJobs = (await list(context, props, 'cronjobs')).items;
  const state: State = {
    backup: props.backup,
    step: 'stop',
    replicas: Object.fromEntries(ours.map(({ metadata, spec }) => [metadata.name, spec?.replicas ?? 1])),
    cronJobs: cronJobs.filter(({ spec }) => spec?.suspend !== true).map(({ metadata }) => metadata.name),
  };
  await save(props, context, state);
  return state;
}

async function list({ kubectl }: RestoreContext, { instance }: RestoreProps, kind: string): Promise<Items> {
  return await kubectl.json<Items>(['get', kind, `--selector=app.kubernetes.io/instance=${instance}`]);
}

/** What would start Milvus again in the middle. */
async function refuseReconciliation(
  deployments: readonly Named[],
  { kubectl }: RestoreContext,
): Promise<void> {
  const [
    {
      metadata: { labels = {}, annotations = {} },
    } = { metadata: {} },
  ] = deployments;
  const flux = labels['kustomize.toolkit.fluxcd.io/name'];
  if (flux !== undefined) {
    const namespace = labels['kustomize.toolkit.fluxcd.io/namespace'] ?? 'flux-system';
    const which = ['kustomizations.kustomize.toolkit.fluxcd.io', flux, `--namespace=${namespace}`];
    if ((await field(kubectl, which, '{.spec.suspend}')) !== 'true') {
      throw new KubectlError(
        `Flux would start Milvus in the middle. Suspend its Kustomization first, and resume it afterwards:\n  ${kubectl.commandLine(['patch', ...which, '--type=merge', '--patch={"spec":{"suspend":true}}'])}`,
      );
    }
  }
  const [argo] = annotations['argocd.argoproj.io/tracking-id']?.split(':') ?? [];
  if (argo !== undefined) {
    const which = ['applications.argoproj.io', argo, '--namespace=argocd'];
    // Unknown where Argo CD is elsewhere: then a person has to know.
    if (!['', undefined].includes(await field(kubectl, which, '{.spec.syncPolicy.automated}'))) {
      throw new KubectlError(
        `Argo CD would start Milvus in the middle. Stop its automated sync first, and switch it on again afterwards:\n  ${kubectl.commandLine(['patch', ...which, '--type=merge', '--patch={"spec":{"syncPolicy":{"automated":null}}}'])}`,
      );
    }
  }
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
  const { kubectl, say, pollMilliseconds = 2000 } = context;
  for (const name of state.cronJobs) await suspend(context, name, true);
  say(`Stopping ${props.deployments.join(', ')}`);
  for (const name of props.deployments) await kubectl.done(['scale', `deployment/${name}`, '--replicas=0']);
  const components = props.deployments.map((name) => name.slice(name.lastIndexOf('-') + 1));
  const selector = `--selector=app.kubernetes.io/instance=${props.instance},component in (${components.join(',')})`;
  const until = Date.now() + GONE_SECONDS * 1000;
  for (;;) {
    const { items } = await kubectl.json<Items>(['get', 'pods', selector]);
    if (items.length === 0) return;
    if (Date.now() > until) {
      const names = items.map(({ metadata }) => metadata.name).join(', ');
      throw new KubectlError(
        `These pods do not end, ${GONE_SECONDS} s after they were told to: ${names}. See why (kubectl describe pod), then run the same again.`,
      );
    }
    await delay(pollMilliseconds);
  }
}

/** Only while nothing runs: with pods of Milvus a claim would stay, and be deleted some day. */
async function emptyLog({ walClaim }: RestoreProps, { kubectl, say }: RestoreContext): Promise<void> {
  if (walClaim === undefined) return;
  say('Making the volume of the write-ahead log anew');
  const which = `persistentvolumeclaim/${walClaim.metadata.name}`;
  await kubectl.done(['delete', which, '--ignore-not-found'], { timeoutSeconds: GONE_SECONDS });
  await kubectl.done(['apply', '--filename=-'], { input: JSON.stringify(walClaim) });
}

async function start(
  props: RestoreProps,
  { kubectl, say }: RestoreContext,
  { replicas }: State,
): Promise<void> {
  say('Starting Milvus as it was');
  // None had been there, as after a restore by hand: one is what can be tried.
  const count = (name: string) => replicas[name] || 1;
  for (const name of props.deployments) {
    await kubectl.done(['scale', `deployment/${name}`, `--replicas=${count(name)}`]);
  }
  for (const name of props.deployments) {
    await kubectl.done(['rollout', 'status', `deployment/${name}`, `--timeout=${READY_SECONDS}s`], {
      timeoutSeconds: READY_SECONDS + 30,
    });
  }
}

async function finish(props: RestoreProps, context: RestoreContext, { cronJobs }: State): Promise<void> {
  for (const name of cronJobs) await suspend(context, name, false);
  await context.kubectl.done(['delete', `configmap/${stateName(props.name)}`]);
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
  if (code !== 0) throw new KubectlError(stderr.trim());
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
