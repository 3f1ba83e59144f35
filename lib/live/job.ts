import { setTimeout as delay } from 'node:timers/promises';
import type { Kubectl } from './kubectl';
import { KubectlError } from './kubectl-error';
import {
  conditionOf,
  hasFailed,
  isEnded,
  type LiveObject,
  type ObjectList,
  statusesOf,
  unscheduled,
} from './objects';

/** How a Job ended; `interrupted`: it did not, whoever watched it was told to stop. */
export interface JobEnd {
  readonly end: 'complete' | 'failed' | 'interrupted';
  /** Why it failed, in one line. @default - it did not */
  readonly reason?: string;
  /** Name of the container that failed. @default - none did */
  readonly container?: string;
}

export interface FollowOptions {
  /** Gets the lines of its containers, each with `[container] ` before it. */
  readonly onLog: (line: string) => void;
  /** Gets what it waits for, whenever that changes. */
  readonly onState: (text: string) => void;
  /** Ends the watching; the Job goes on. @default - nothing does */
  readonly signal?: AbortSignal;
  /** Between two looks at the Job. @default 1000 */
  readonly pollMilliseconds?: number;
  /** For how long it may be kept from its start by what does not mend itself. @default 60000 */
  readonly stuckMilliseconds?: number;
}

const POLL_MILLISECONDS = 1000;
/** A registry, a webhook or the kubelet may have answered again by then. */
const STUCK_MILLISECONDS = 60_000;
/** An API server that is away for so many questions one after the other is away. */
const MOST_FAILURES = 5;
/** Questions without a pod, after which the events are asked why. */
const PATIENCE_FOR_POD = 3;
/** Why a container has not begun, where somebody has to mend it: an image, a Secret, a podTemplate. */
const STUCK = /Image|Error$/;
/** Waiting that is nothing to speak of. */
const IN_PROGRESS = ['ContainerCreating', 'PodInitializing'];

/**
 * Follows a Job to its end, with the log of each container from its start: init containers in their order, then the
 * others, and those of a second pod after the first.
 * @throws KubectlError when the Job is gone or can not start, or the API server does not answer any more
 */
export async function followJob(kubectl: Kubectl, name: string, options: FollowOptions): Promise<JobEnd> {
  const {
    onState,
    signal,
    pollMilliseconds = POLL_MILLISECONDS,
    stuckMilliseconds = STUCK_MILLISECONDS,
  } = options;
  const logs = new Logs(kubectl, options);
  let said = '';
  let failures = 0;
  let stuckSince: number | undefined;
  const stopped = () => signal?.aborted === true;
  for (let polls = 0; !stopped(); polls++) {
    try {
      const job = await kubectl.json<LiveObject>(['get', `job/${name}`], { signal });
      const pods = await podsOf(kubectl, name, job);
      failures = 0;
      for (const pod of pods) logs.follow(pod);
      const end = endOf(job, pods);
      if (end !== undefined) {
        await logs.toTheirEnd();
        return end;
      }
      const noPod = pods.length === 0 && polls >= PATIENCE_FOR_POD;
      const { text = '', isStuck = false } =
        pods.map(waitsFor).find((one) => one !== undefined) ??
        (noPod ? await whyNoPod(kubectl, name, job) : {});
      if (text !== said && text !== '') onState(text);
      said = text;
      stuckSince = isStuck ? (stuckSince ?? Date.now()) : undefined;
      if (stuckSince !== undefined && Date.now() - stuckSince >= stuckMilliseconds)
        throw new CanNotStart(
          `Job ${name} can not start: ${text}\nIt goes on by itself when that is mended. To stop it:\n  ${kubectl.commandLine(['delete', `job/${name}`])}`,
        );
    } catch (error) {
      if (error instanceof CanNotStart) {
        logs.stop();
        throw error;
      }
      // Ctrl-C in a terminal ends kubectl, too, maybe before it is told to us.
      await delay(50);
      if (stopped()) break;
      failures += 1;
      const gone = error instanceof KubectlError && /NotFound/.test(error.message);
      if (!(error instanceof KubectlError) || gone || failures >= MOST_FAILURES) throw error;
    }
    await delay(pollMilliseconds, undefined, { signal }).catch(() => {});
  }
  return { end: 'interrupted' };
}

class CanNotStart extends KubectlError {}

/** What a Job waits for, and whether that is over only when somebody mends it. */
interface Waiting {
  readonly text: string;
  readonly isStuck: boolean;
}

/** Those of this Job: one of the same name that was replaced may still have pods that stop. */
async function podsOf(
  kubectl: Kubectl,
  name: string,
  { metadata }: LiveObject,
): Promise<readonly LiveObject[]> {
  const args = ['get', 'pods', `--selector=job-name=${name}`, '--sort-by=.metadata.creationTimestamp'];
  const { items } = await kubectl.json<ObjectList>(args);
  return items.filter((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));
}

/** What keeps a pod from going on, if it is more than a moment. */
function waitsFor(pod: LiveObject): Waiting | undefined {
  // An autoscaler may add a node, and other pods end.
  if (unscheduled(pod) !== undefined)
    return {
      text: `pod ${pod.metadata.name} is Pending: ${unscheduled(pod)?.message ?? ''}`,
      isStuck: false,
    };
  for (const { name, state } of statusesOf(pod)) {
    const { waiting } = state ?? {};
    if (waiting?.reason === undefined || IN_PROGRESS.includes(waiting.reason)) continue;
    return {
      text: `container ${name} of pod ${pod.metadata.name}: ${reasonOf(waiting)}`,
      isStuck: STUCK.test(waiting.reason),
    };
  }
  return undefined;
}

/** What the controller says about a pod that it can not make: quota, Pod Security, admission. */
async function whyNoPod(kubectl: Kubectl, name: string, { metadata }: LiveObject): Promise<Waiting> {
  // By the uid, too: those of the Job before it, of the same name, are still there.
  const which = `--field-selector=involvedObject.kind=Job,involvedObject.name=${name},involvedObject.uid=${metadata.uid},type=Warning`;
  const args = ['get', 'events', which, '--sort-by=.lastTimestamp'];
  // Whoever may not read events still sees how the Job ends.
  const events = await kubectl.json<ObjectList>(args).catch((): ObjectList => ({ items: [] }));
  const message = events.items.at(-1)?.message;
  return message === undefined
    ? { text: 'there is no pod yet', isStuck: false }
    : { text: `there is no pod yet: ${message}`, isStuck: true };
}

function endOf(job: LiveObject, pods: readonly LiveObject[]): JobEnd | undefined {
  if (!isEnded(job)) return undefined;
  const over = conditionOf(job, 'Failed', 'True');
  if (over === undefined) return { end: 'complete' };
  const last = pods.at(-1);
  const failed = last && statusesOf(last).find(({ state = {} }) => hasFailed(state));
  const causes = [
    reasonOf(over),
    failed && `container ${failed.name} ended with exit code ${failed.state?.terminated?.exitCode}`,
    failed === undefined && last !== undefined ? waitsFor(last)?.text : undefined,
  ];
  return { end: 'failed', reason: causes.filter(Boolean).join('; '), container: failed?.name };
}

/** What Kubernetes says about something, in one line. */
const reasonOf = ({ reason, message }: { readonly reason?: string; readonly message?: string }) =>
  [reason, message].filter(Boolean).join(': ');

/** The logs of the containers of a Job, each once. */
class Logs {
  private readonly followed = new Map<string, Promise<void>>();
  /** When a log broke off that goes on from there. */
  private readonly brokenOff = new Map<string, string>();
  private readonly over = new AbortController();

  public constructor(
    private readonly kubectl: Kubectl,
    private readonly options: FollowOptions,
  ) {
    options.signal?.addEventListener('abort', () => this.over.abort());
  }

  public follow(pod: LiveObject): void {
    for (const { name, state } of statusesOf(pod)) {
      const key = `pod/${pod.metadata.name} --container=${name}`;
      if (this.followed.has(key) || (state?.running === undefined && state?.terminated === undefined))
        continue;
      this.followed.set(key, this.read(key, name));
    }
  }

  private async read(key: string, container: string): Promise<void> {
    let rest = '';
    let lines = 0;
    const print = (line: string) => {
      lines += 1;
      this.options.onLog(`[${container}] ${line}`);
    };
    const since = this.brokenOff.get(key);
    const args = [
      'logs',
      '--follow',
      ...key.split(' '),
      ...(since === undefined ? [] : [`--since-time=${since}`]),
    ];
    const { code } = await this.kubectl
      .run(args, {
        timeoutSeconds: 0,
        signal: this.over.signal,
        onOutput: (text) => {
          const parts = (rest + text).split('\n');
          rest = parts.pop() ?? '';
          parts.forEach(print);
        },
      })
      .catch(() => ({ code: 1 }));
    if (rest !== '') print(rest);
    if (code === 0) return;
    // Another try, with the next look at the pod.
    if (lines > 0) this.brokenOff.set(key, new Date().toISOString());
    this.followed.delete(key);
  }

  /** Until all are read that can be. A pod that was deleted at the deadline takes its log along. */
  public async toTheirEnd(): Promise<void> {
    await Promise.race([
      Promise.all(this.followed.values()),
      delay(LAST_LINES_MILLISECONDS, undefined, { ref: false }),
    ]);
    this.stop();
  }

  public stop(): void {
    this.over.abort();
  }
}

const LAST_LINES_MILLISECONDS = 10_000;
