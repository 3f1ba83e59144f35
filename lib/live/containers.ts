import { formatMilvusSize, GIB, parseQuantity, quantityOfGibibytes } from '../config/quantities';
import { type Cause, oneLine } from './causes';
import { kindFor, lastLines, ownLine, said } from './container-words';
import type { Here } from './here';
import { cureFor, IMAGES, type Meanings, meaningOf, STARTS } from './kubernetes-words';
import {
  type ContainerStatus,
  containersOf,
  initStatusesOf,
  type LiveObject,
  nameOf,
  type Terminated,
} from './objects';
import { ofMissing } from './secrets';

/** A container that takes no longer than this to start is nothing to speak of. */
const REPLAY_AFTER_SECONDS = 60;
/** The longest time between two starts of a container that ends again and again. */
const BACK_OFF_SECONDS = 300;
/** What a registry says, or does not say, that is slow or has too much to do. */
const IS_BUSY =
  /timeout|timed out|deadline exceeded|connection reset|EOF|toomanyrequests|\b(429|50[0234])\b/i;
/** In which the kubelet has tried a few times more. */
const BUSY_SECONDS = 180;
/** Of cache sizes. */
const STEP = 256 * 1024 ** 2;

/** Why a container of a pod is not ready; of what only waits there is a reason in its state alone. */
export function causeOfContainer(pod: LiveObject, status: ContainerStatus, here: Here): Cause | undefined {
  const { name, state, lastState, ready } = status;
  const reason = state?.waiting?.reason ?? '';
  const isRunning = state?.running !== undefined;
  const ended = state?.terminated ?? lastState?.terminated;
  if (/Image|SignatureValidation|RegistryUnavailable/.test(reason)) return notPulled(pod, status, here);
  const notBegun = !isRunning && /^(StartError|ContainerCannotRun)$/.test(ended?.reason ?? '');
  if (notBegun || /Error$/.test(reason))
    return notStarted(pod, name, here, (notBegun ? ended?.message : undefined) ?? state?.waiting?.message);
  if (ended?.reason === 'OOMKilled' && !(isRunning && ready === true)) return outOfMemory(pod, name, here);
  // Who ends well, and should not, is only told by Kubernetes' patience with it.
  if (ended !== undefined && !isRunning && (ended.exitCode !== 0 || reason === 'CrashLoopBackOff'))
    return causeOfEnd(pod, status, ended, here);
  return isRunning && ready !== true ? causeWhileRunning(pod, status, here) : undefined;
}

function notPulled(pod: LiveObject, { image = '', state }: ContainerStatus, here: Here): Cause {
  const told = oneLine(state?.waiting?.message ?? state?.waiting?.reason ?? '');
  // While it backs off, a kubelet before 1.31 has the reason in an event alone.
  const failure = here
    .warnings('Pod', pod.metadata.name)
    .findLast(({ message = '' }) => message.startsWith(`Failed to pull image "${image}"`));
  const message = oneLine((/^Back-off pulling image "[^"]*"$/.test(told) && failure?.message) || told);
  return {
    kind: 'an-image-can-not-be-pulled',
    object: nameOf(pod),
    what: `${image}: ${message}`,
    cure:
      cureFor(IMAGES, message, here.wanted.kubectl) ??
      'correct the image, mirror it, or name a Secret for the registry in podTemplate.spec.imagePullSecrets',
    ...(IS_BUSY.test(message) && { patience: BUSY_SECONDS }),
  };
}

function notStarted(pod: LiveObject, container: string, here: Here, text = ''): Cause {
  const object = nameOf(pod);
  const { kubectl } = here.wanted;
  const message = oneLine(text);
  return (
    ofMissing(object, message, here) ?? {
      kind: 'a-container-does-not-start',
      object,
      what: `${container}: ${message}`,
      cure: cureFor(STARTS, message, kubectl) ?? `${kubectl} describe ${object}`,
    }
  );
}

function causeOfEnd(pod: LiveObject, status: ContainerStatus, ended: Terminated, here: Here): Cause {
  const { name, state } = status;
  const text = ended.message?.trim() || here.log(pod, name);
  const inVain =
    isInit(pod, status) && /gave up after/.test(text) ? waitsFor(pod, name, text, here) : undefined;
  const words = inVain ?? said(pod, name, text, here);
  // It is read when the container begins again.
  if (words !== undefined && here.hasSecretSince(ended.finishedAt))
    return { ...words, patience: BACK_OFF_SECONDS };
  if (words !== undefined) return words;
  const unready = lastUnready(pod, name, here) ?? '';
  const probe = /^(Liveness|Startup) /.test(unready) && ended.exitCode !== 0 ? `, after ${unready}` : '';
  const lines = text.trim() === '' ? '' : `: ${lastLines(text, 3)}`;
  return {
    kind: 'the-server-ends-again-and-again',
    object: nameOf(pod),
    what: oneLine(`${name} ended with exit code ${ended.exitCode}${probe}${lines}`),
    cure: `${here.wanted.kubectl} logs ${pod.metadata.name} -c ${name}${state?.terminated === undefined ? ' --previous' : ''}`,
  };
}

function causeWhileRunning(pod: LiveObject, status: ContainerStatus, here: Here): Cause | undefined {
  const { name, state } = status;
  const object = nameOf(pod);
  const log = here.log(pod, name);
  if (isInit(pod, status)) {
    return (
      waitsFor(pod, name, log, here) ??
      said(pod, name, log, here) ?? {
        kind: 'it-is-starting',
        object,
        what: `init container ${name} runs${log.trim() === '' ? '' : `: ${ownLine(log)}`}`,
      }
    );
  }
  const unready = lastUnready(pod, name, here);
  const component = pod.metadata.labels?.['component'];
  const known =
    component === 'mishards' && name === 'mishards'
      ? proxyNotReady(object, log, here)
      : component === 'mysql' && unready !== undefined
        ? said(pod, name, unready, here)
        : undefined;
  if (known !== undefined) return known;
  const seconds = here.secondsSince(state?.running?.startedAt);
  if (component === 'writable' && name === 'milvus' && seconds > REPLAY_AFTER_SECONDS)
    return {
      kind: 'the-write-ahead-log-is-replayed',
      object,
      what: `the server has run for ${Math.round(seconds / 60)} min and does not answer yet`,
      cure: 'give it time; it is restarted after writable.startupTimeoutSeconds',
    };
  return {
    kind: 'it-is-starting',
    object,
    what: `${name} is not ready${unready === undefined ? '' : `: ${oneLine(unready)}`}`,
  };
}

const isInit = (pod: LiveObject, status: ContainerStatus) => initStatusesOf(pod).includes(status);

/** What its probe said last. */
const lastUnready = (pod: LiveObject, container: string, here: Here) =>
  here
    .warnings('Pod', pod.metadata.name)
    .findLast(
      ({ reason, involvedObject: { fieldPath } = {} }) =>
        reason === 'Unhealthy' && (fieldPath === undefined || fieldPath.endsWith(`{${container}}`)),
    )?.message;

/** What mishards says about itself, as its /ready does; each of it is about another workload. */
function proxyNotReady(object: string, log: string, { names }: Here): Cause | undefined {
  const line = log.split('\n').findLast((one) => one.includes('not ready: ')) ?? '';
  const [, problems = ''] = /not ready: (.*)/.exec(line) ?? [];
  const others: Meanings<Pick<Cause, 'kind' | 'waitsFor' | 'cure'>> = [
    [/the writable/, { kind: 'it-waits-for-another-workload', waitsFor: names.writable }],
    [/the database/, { kind: 'it-waits-for-another-workload', waitsFor: names.mysql }],
    [
      /reader/,
      {
        kind: 'the-proxy-has-no-reader',
        waitsFor: names.readonly,
        cure: 'look at the pods of the readers',
      },
    ],
  ];
  const { kind, ...more } = meaningOf(others, problems) ?? {};
  return kind && { kind, object, what: `it is not ready: ${oneLine(problems)}`, ...more };
}

/** The init containers that wait for another workload, whose own cause comes first. */
function waitsFor(pod: LiveObject, container: string, log: string, here: Here): Cause | undefined {
  const { names, wanted } = here;
  const bucket = /the writable creates it/.test(lastLines(log)) ? names.writable : undefined;
  const storage = wanted.settings.minio === undefined ? undefined : names.minio;
  const other = {
    'wait-for-mysql': wanted.settings.mysql === undefined ? undefined : names.mysql,
    'wait-for-writable': names.writable,
    'volume-preflight': /waiting|gave up/.test(log) ? names.writable : undefined,
    's3-preflight': /waiting|gave up/.test(log) ? (bucket ?? storage) : undefined,
  }[container];
  if (other === undefined) return undefined;
  const what = log.trim() === '' ? `init container ${container} waits` : ownLine(log);
  // It is not the other one's fault where that one is well.
  const own = here.isWell(other) && bucket === undefined ? kindFor(what) : undefined;
  return { kind: own ?? 'it-waits-for-another-workload', object: nameOf(pod), what, waitsFor: other };
}

/** Of a container that was killed for its memory. */
export function outOfMemory(pod: LiveObject, container: string, here: Here): Cause {
  const limit = containersOf(pod).find(({ name }) => name === container)?.resources?.limits?.['memory'];
  return {
    kind: 'out-of-memory',
    object: nameOf(pod),
    what: `${container} was killed: it needs more memory than its limit${limit === undefined ? '' : ` of ${limit}`}`,
    cure: moreMemory(pod, container, here, limit),
  };
}

function moreMemory(pod: LiveObject, container: string, here: Here, limit = ''): string {
  const component = pod.metadata.labels?.['component'] ?? '';
  if (pod.spec?.initContainers?.some(({ name }) => name === container))
    return `raise it in ${component}.podTemplate.spec.initContainers, by the name ${container}`;
  if (container !== 'milvus' || (component !== 'writable' && component !== 'readonly'))
    return `raise ${component || container}.resources.limits.memory`;
  // Half as much again: what is killed has gone beyond what follows from its cache, by nobody knows how much.
  const { cacheBytes } = here.wanted.settings[component].cache;
  const memory = quantityOfGibibytes((parseQuantity(limit) ?? GIB) * 1.5);
  const cache = formatMilvusSize(Math.floor((cacheBytes * 2) / 3 / STEP) * STEP);
  return `set ${component}.resources.limits.memory: ${memory}, or ${component}.cache.cacheSize: ${cache}`;
}
