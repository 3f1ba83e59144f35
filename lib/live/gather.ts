import type { Settings } from '../config/settings';
import { claimsOf } from '../inventory/claims';
import { answerOf, type Kubectl, messageOf } from './kubectl';
import { KubectlError } from './kubectl-error';
import {
  hasFailed,
  initStatusesOf,
  isOwnedBy,
  isUnschedulable,
  type LiveObject,
  type ObjectList,
  statusesOf,
} from './objects';
import { secretNames } from './secrets';

/** What of a cluster is asked about. */
export interface AskedFor {
  readonly settings: Settings;
  /** Undefined: that of the context, and of all others that are asked about, too. */
  readonly namespace: string | undefined;
}

interface SecretKeys {
  readonly keys: readonly string[];
  /** When its data was changed last. */
  readonly changed: string | undefined;
}

/** What kubectl says about some clusters: data, with no opinion. Values of Secrets are never in it. */
export interface Snapshot {
  readonly objects: readonly LiveObject[];
  /** The keys of each Secret in use, by `namespace/name`; undefined where they may not be read, and for several clusters. */
  readonly secrets: ReadonlyMap<string, SecretKeys> | undefined;
  /** Last lines of a container, by `namespace/pod/container`. */
  readonly logs: ReadonlyMap<string, string>;
  /** Nodes, and the pods on them; only where a pod has found no room. */
  readonly nodes: readonly LiveObject[];
  readonly allPods: readonly LiveObject[];
  /** Names of the StorageClasses; only where a claim waits. */
  readonly storageClasses: readonly string[] | undefined;
  /** What may not be read, in plural, as kubectl names it. */
  readonly forbidden: readonly string[];
}

/** All of them have the labels of their cluster. */
const KINDS = [
  'deployments',
  'statefulsets',
  'replicasets',
  'pods',
  'jobs',
  'cronjobs',
  'persistentvolumeclaims',
  'services',
];
/** More pods than these have no other cause than these have. */
const MOST_LOGS = 12;
const LINES = 20;
/** What a log may take, which is asked for after the API server has answered: the kubelet of a lost node does not. */
const LOG_SECONDS = 10;
/** For a fleet, whose lists are long. */
const TIMEOUT_SECONDS = 120;
/** Of one Secret, or of a list of them: a line with its name, the times at which its data was changed, and its keys. */
const NAMES_AND_KEYS =
  '{{define "one"}}{{.metadata.namespace}}/{{.metadata.name}} {{range .metadata.managedFields}}{{if .fieldsV1}}{{if index .fieldsV1 "f:data"}}{{.time}};{{end}}{{end}}{{end}}' +
  '{{range $key, $value := .data}} {{$key}}{{end}}{{"\\n"}}{{end}}' +
  '{{if .items}}{{range .items}}{{template "one" .}}{{end}}{{else if .metadata.name}}{{template "one" .}}{{end}}';

/**
 * Looks at clusters, with two calls for all of them, and once more for what the first answer makes a question of: logs,
 * nodes, StorageClasses. It gets and lists, and nothing else.
 * @throws KubectlError when the cluster does not answer at all
 */
export async function gather(
  kubectl: Pick<Kubectl, 'run'>,
  clusters: readonly AskedFor[],
): Promise<Snapshot> {
  const forbidden = new Set<string>();
  const ask = async (
    args: readonly string[],
  ): Promise<{ items: readonly LiveObject[]; refused: readonly string[] }> => {
    const { code, stdout, stderr } = await kubectl.run(
      ['get', ...args, '--output=json', '--ignore-not-found'],
      { timeoutSeconds: TIMEOUT_SECONDS },
    );
    const refused = refusedIn(stderr);
    // What may be read is printed all the same.
    if (code !== 0 && refused.length === 0) throw new KubectlError(messageOf(stderr));
    return {
      items: stdout.trim() === '' ? [] : itemsOf(answerOf(stdout, ['kubectl', 'get', ...args].join(' '))),
      refused,
    };
  };
  const list = async (args: readonly string[]): Promise<readonly LiveObject[]> => {
    const { items, refused } = await ask(args);
    for (const kind of refused) forbidden.add(kind);
    return items;
  };
  const namespaces = [...new Set(clusters.map(({ namespace }) => namespace))];
  /** In all namespaces at once where there are several, or one by one for who may not. */
  const listHere = async (args: readonly string[]): Promise<readonly LiveObject[]> => {
    if (namespaces.length > 1) {
      const { items, refused } = await ask([...args, '--all-namespaces']);
      if (refused.length === 0)
        return items.filter(({ metadata }) => namespaces.includes(metadata.namespace));
    }
    const found: LiveObject[] = [];
    for (const namespace of namespaces) found.push(...(await list([...args, ...inNamespace(namespace)])));
    return found;
  };

  const [cluster] = clusters;
  const alone = clusters.length === 1 ? cluster : undefined;
  const claims = alone === undefined ? [] : claimsOf(alone.settings).filter(({ exists }) => exists);
  const [labelled, events, others, secrets] = await all([
    listHere([KINDS.join(','), `--selector=${selectorOf(clusters)}`]),
    listHere(['events', '--field-selector=type=Warning']),
    claims.length === 0 ? [] : listHere(['persistentvolumeclaims', ...claims.map(({ name }) => name)]),
    alone && secretsIn(kubectl, alone, forbidden),
  ]);
  const objects = [...labelled, ...events, ...others];

  const instances = new Set(clusters.map(({ settings }) => settings.instance));
  const pods = labelled.filter(
    (one) =>
      one.kind === 'Pod' &&
      instances.has(one.metadata.labels?.['app.kubernetes.io/instance'] ?? '') &&
      !isOwnedBy(one, 'Job'),
  );
  const noRoom = pods.some(isUnschedulable);
  const claimWaits = objects.some(
    (one) => one.kind === 'PersistentVolumeClaim' && one.status?.phase === 'Pending',
  );
  const [logs, nodes, allPods, classes, ...scaleUps] = await all([
    logsOf(kubectl, pods, forbidden),
    noRoom ? list(['nodes']) : [],
    noRoom ? list(['pods', '--all-namespaces', '--field-selector=spec.nodeName!=']) : [],
    claimWaits ? list(['storageclasses']) : [],
    ...SCALE_UPS.map((reason) => (noRoom ? listHere(['events', `--field-selector=reason=${reason}`]) : [])),
  ]);
  return {
    objects: [...objects, ...scaleUps.flat().filter(isScaleUp)],
    secrets,
    logs,
    nodes,
    allPods,
    storageClasses:
      claimWaits && !forbidden.has('storageclasses')
        ? classes.map(({ metadata }) => metadata.name)
        : undefined,
    forbidden: [...forbidden].sort(),
  };
}

/** All of what is asked for at once; a failure is one only when no other kubectl runs any more. */
async function all<const T extends readonly unknown[]>(
  asked: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(asked);
  return await Promise.all(asked);
}

/** What kubectl says that it may not read. */
const refusedIn = (stderr: string) =>
  [...stderr.matchAll(/cannot (?:list|get) resource "([\w./]+)"/g)].map(([, kind = '']) => kind);

/** Labels of all that these clusters have. */
function selectorOf(clusters: readonly AskedFor[]): string {
  const [first, ...others] = clusters;
  if (first !== undefined && others.length === 0)
    return `app.kubernetes.io/instance=${first.settings.instance}`;
  const names = [...new Set(clusters.map(({ settings }) => settings.appName))];
  return `app.kubernetes.io/name in (${names.join(',')})`;
}

const inNamespace = (name: string | undefined) => (name === undefined ? [] : [`--namespace=${name}`]);

/** Secrets by their names, so that nobody has to be allowed to list them, and no others are read. */
async function secretsIn(
  kubectl: Pick<Kubectl, 'run'>,
  { settings, namespace }: AskedFor,
  forbidden: Set<string>,
): Promise<Map<string, SecretKeys> | undefined> {
  const names = secretNames(settings);
  if (names.length === 0) return new Map();
  const { code, stdout, stderr } = await kubectl.run([
    'get',
    'secrets',
    ...names,
    ...inNamespace(namespace),
    '--ignore-not-found',
    `--output=go-template=${NAMES_AND_KEYS}`,
  ]);
  if (code !== 0) {
    if (refusedIn(stderr).length === 0) throw new KubectlError(messageOf(stderr));
    forbidden.add('secrets');
    return undefined;
  }
  return new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', times = '', ...keys] = line.split(' ');
        const changed = times.split(';').filter(Boolean).sort().at(-1);
        return [name, { keys: keys.filter(Boolean), changed }];
      }),
  );
}

function itemsOf(answer: ObjectList | LiveObject): readonly LiveObject[] {
  return 'items' in answer ? answer.items : [answer];
}

/** What autoscalers say about a pod for which they add a node: the one of Kubernetes, and Karpenter. */
const SCALE_UPS = ['TriggeredScaleUp', 'Nominated'];
export const isScaleUp = ({ reason = '' }: LiveObject) => SCALE_UPS.includes(reason);

/** Of containers that wait for something, or that ended badly. */
async function logsOf(
  kubectl: Pick<Kubectl, 'run'>,
  pods: readonly LiveObject[],
  forbidden: Set<string>,
): Promise<Map<string, string>> {
  const wanted = pods.flatMap((pod) => {
    const waits = initStatusesOf(pod).find(({ state }) => state?.running !== undefined);
    const failed = statusesOf(pod).find(
      ({ state = {}, lastState = {} }) =>
        state.running === undefined &&
        (hasFailed(state) || hasFailed(lastState) || state.waiting?.reason === 'CrashLoopBackOff'),
    );
    const notReady = pod.status?.containerStatuses?.find(
      ({ ready, state }) => ready === false && state?.running !== undefined,
    );
    // While one runs, those after it can only have failed before their pod began anew.
    const one = waits ?? failed ?? notReady;
    const message =
      one?.state?.terminated?.message ?? (one === failed ? one?.lastState?.terminated?.message : undefined);
    // What a container has said as it ended is in its state already.
    if (one === undefined || message?.trim()) return [];
    return [{ pod, container: one.name, previous: one === failed && one.state?.terminated === undefined }];
  });
  const logs = new Map<string, string>();
  await Promise.all(
    wanted.slice(0, MOST_LOGS).map(async ({ pod: { metadata }, container, previous }) => {
      const args = [
        'logs',
        metadata.name,
        ...inNamespace(metadata.namespace),
        `--container=${container}`,
        `--tail=${LINES}`,
        ...(previous ? ['--previous'] : []),
      ];
      const answer = await kubectl.run(args, { timeoutSeconds: LOG_SECONDS }).catch(() => undefined);
      if (answer === undefined) return;
      const { code, stdout, stderr } = answer;
      // kubectl looks at the pod before it asks for its log.
      if (refusedIn(stderr).length > 0) forbidden.add('pods/log');
      if (code === 0) logs.set(`${metadata.namespace}/${metadata.name}/${container}`, stdout);
    }),
  );
  return logs;
}
