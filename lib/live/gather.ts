import type { Kubectl } from './kubectl';
import { KubectlError } from './kubectl-error';
import type { LiveObject, ObjectList } from './objects';

/** What kubectl says about some namespaces: data, with no opinion. Values of Secrets are never in it. */
export interface Snapshot {
  readonly objects: readonly LiveObject[];
  /** The keys of each Secret, by `namespace/name`; undefined where they may not be read. */
  readonly secrets: ReadonlyMap<string, readonly string[]> | undefined;
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

const KINDS = [
  'deployments',
  'statefulsets',
  'replicasets',
  'pods',
  'jobs',
  'cronjobs',
  'persistentvolumeclaims',
  'services',
  'events',
];
/** More pods than these have no other cause than these have. */
const MOST_LOGS = 12;
const LINES = 20;
/** For a fleet, whose lists are long. */
const TIMEOUT_SECONDS = 120;
const NAMES_AND_KEYS =
  '{{range .items}}{{.metadata.namespace}}/{{.metadata.name}}{{range $key, $value := .data}} {{$key}}{{end}}{{"\\n"}}{{end}}';

/**
 * Looks at namespaces, with a call for each, or one for all where there are several; and once more for what the first
 * answer makes a question of: logs, nodes, StorageClasses.
 * @param namespaces undefined: that of the context
 * @param isOurs whether a pod is of a cluster that is asked about
 * @throws KubectlError when the cluster does not answer at all
 */
export async function gather(
  kubectl: Pick<Kubectl, 'run'>,
  namespaces: readonly (string | undefined)[],
  isOurs: (pod: LiveObject) => boolean,
): Promise<Snapshot> {
  const forbidden = new Set<string>();
  const list = async (kinds: readonly string[], where: readonly string[]): Promise<readonly LiveObject[]> => {
    const { code, stdout, stderr } = await kubectl.run(
      ['get', kinds.join(','), ...where, '--output=json', '--ignore-not-found'],
      { timeoutSeconds: TIMEOUT_SECONDS },
    );
    const refused = [...stderr.matchAll(/cannot list resource "([\w.]+)"/g)].map(([, kind = '']) => kind);
    for (const kind of refused) forbidden.add(kind);
    // What may be read is printed all the same.
    if (code !== 0 && refused.length === 0) throw new KubectlError(stderr.trim());
    return stdout.trim() === '' ? [] : (itemsOf(JSON.parse(stdout)) as readonly LiveObject[]);
  };
  const where = namespaces.length > 1 ? ['--all-namespaces'] : inNamespace(namespaces[0]);
  const objects = (await list(KINDS, where)).filter(
    ({ metadata }) => namespaces.length < 2 || namespaces.includes(metadata.namespace),
  );
  const secrets = await kubectl.run(['get', 'secrets', ...where, `--output=go-template=${NAMES_AND_KEYS}`]);
  if (secrets.code !== 0) forbidden.add('secrets');

  const pods = objects.filter((one) => one.kind === 'Pod' && isOurs(one));
  const noRoom = pods.some(isUnschedulable);
  const claimWaits = objects.some(
    (one) => one.kind === 'PersistentVolumeClaim' && one.status?.phase === 'Pending',
  );
  return {
    objects,
    secrets: secrets.code === 0 ? keysByName(secrets.stdout) : undefined,
    logs: await logsOf(kubectl, pods, forbidden),
    nodes: noRoom ? await list(['nodes'], []) : [],
    allPods: noRoom ? await list(['pods'], ['--all-namespaces', '--field-selector=spec.nodeName!=']) : [],
    storageClasses: claimWaits
      ? (await list(['storageclasses'], [])).map(({ metadata }) => metadata.name)
      : undefined,
    forbidden: [...forbidden].sort(),
  };
}

const inNamespace = (name: string | undefined) => (name === undefined ? [] : [`--namespace=${name}`]);

function itemsOf(answer: ObjectList | LiveObject): readonly LiveObject[] {
  return 'items' in answer ? answer.items : [answer];
}

function keysByName(text: string): Map<string, readonly string[]> {
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', ...keys] = line.split(' ');
        return [name, keys];
      }),
  );
}

export const isUnschedulable = ({ status }: LiveObject) =>
  (status?.conditions ?? []).some(
    ({ type, status: is, reason }) => type === 'PodScheduled' && is === 'False' && reason === 'Unschedulable',
  );

/** Of containers that wait for something, or that ended badly. */
async function logsOf(
  kubectl: Pick<Kubectl, 'run'>,
  pods: readonly LiveObject[],
  forbidden: Set<string>,
): Promise<Map<string, string>> {
  const wanted = pods.flatMap((pod) => {
    const inits = pod.status?.initContainerStatuses ?? [];
    const mains = pod.status?.containerStatuses ?? [];
    const waits = inits.find(({ state }) => state?.running !== undefined);
    const failed = [...inits, ...mains].find(
      ({ state, lastState }) =>
        state?.running === undefined &&
        ((state?.terminated?.exitCode ?? 0) !== 0 || (lastState?.terminated?.exitCode ?? 0) !== 0),
    );
    const notReady = mains.find(({ ready, state }) => ready === false && state?.running !== undefined);
    const one = failed ?? waits ?? notReady;
    if (one === undefined) return [];
    return [{ pod, container: one.name, previous: one === failed && one.state?.terminated === undefined }];
  });
  const logs = new Map<string, string>();
  await Promise.all(
    wanted.slice(0, MOST_LOGS).map(async ({ pod: { metadata }, container, previous }) => {
      const { code, stdout, stderr } = await kubectl.run([
        'logs',
        metadata.name,
        ...inNamespace(metadata.namespace),
        `--container=${container}`,
        `--tail=${LINES}`,
        ...(previous ? ['--previous'] : []),
      ]);
      if (/cannot get resource "pods\/log"/.test(stderr)) forbidden.add('pods/log');
      if (code === 0) logs.set(`${metadata.namespace}/${metadata.name}/${container}`, stdout);
    }),
  );
  return logs;
}
