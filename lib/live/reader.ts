import { answerOf, type Kubectl, messageOf } from './kubectl';
import { KubectlError } from './kubectl-error';
import { hasFailed, initStatusesOf, type LiveObject, type ObjectList, statusesOf } from './objects';

export interface SecretKeys {
  readonly keys: readonly string[];
  /** When its data was changed last. */
  readonly changed: string | undefined;
}

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

/** Asks kubectl for what there is, in the namespaces of some clusters; what may not be read is kept in mind. */
export class Reader {
  /** In plural, as kubectl names it. */
  public readonly forbidden = new Set<string>();

  /** @param namespaces undefined: that of the context */
  public constructor(
    private readonly kubectl: Pick<Kubectl, 'run'>,
    private readonly namespaces: readonly (string | undefined)[],
  ) {}

  /** @throws KubectlError when the cluster does not answer */
  public async list(...args: readonly string[]): Promise<readonly LiveObject[]> {
    const { items, refused } = await this.ask(args);
    for (const kind of refused) this.forbidden.add(kind);
    return items;
  }

  /** In all namespaces at once where there are several, or one by one for who may not. */
  public async listHere(...args: readonly string[]): Promise<readonly LiveObject[]> {
    const { namespaces } = this;
    if (namespaces.length > 1) {
      const { items, refused } = await this.ask([...args, '--all-namespaces']);
      if (refused.length === 0)
        return items.filter(({ metadata }) => namespaces.includes(metadata.namespace));
    }
    const found: LiveObject[] = [];
    for (const namespace of namespaces) found.push(...(await this.list(...args, ...inNamespace(namespace))));
    return found;
  }

  private async ask(args: readonly string[]) {
    const { code, stdout, stderr } = await this.kubectl.run(
      ['get', ...args, '--output=json', '--ignore-not-found'],
      { timeoutSeconds: TIMEOUT_SECONDS },
    );
    const refused = refusedIn(stderr);
    // What may be read is printed all the same.
    if (code !== 0 && refused.length === 0) throw new KubectlError(messageOf(stderr));
    const asked = ['kubectl', 'get', ...args].join(' ');
    const items = stdout.trim() === '' ? [] : itemsOf(answerOf<ObjectList | LiveObject>(stdout, asked));
    return { items, refused };
  }

  /**
   * Secrets by their names, so that nobody has to be allowed to list them, and no others are read.
   * @returns by `namespace/name`; undefined where they may not be read
   */
  public async secrets(
    names: readonly string[],
    namespace: string | undefined,
  ): Promise<ReadonlyMap<string, SecretKeys> | undefined> {
    if (names.length === 0) return new Map();
    const { code, stdout, stderr } = await this.kubectl.run([
      'get',
      'secrets',
      ...names,
      ...inNamespace(namespace),
      '--ignore-not-found',
      `--output=go-template=${NAMES_AND_KEYS}`,
    ]);
    if (code !== 0) {
      if (refusedIn(stderr).length === 0) throw new KubectlError(messageOf(stderr));
      this.forbidden.add('secrets');
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

  /**
   * The last lines of containers that wait for something, or that ended badly.
   * @returns by `namespace/pod/container`
   */
  public async logs(pods: readonly LiveObject[]): Promise<ReadonlyMap<string, string>> {
    const logs = new Map<string, string>();
    await Promise.all(
      pods
        .flatMap((pod) => speaking(pod) ?? [])
        .slice(0, MOST_LOGS)
        .map(async ({ pod: { metadata }, container, previous }) => {
          const args = [
            'logs',
            metadata.name,
            ...inNamespace(metadata.namespace),
            `--container=${container}`,
            `--tail=${LINES}`,
            ...(previous ? ['--previous'] : []),
          ];
          const answer = await this.kubectl.run(args, { timeoutSeconds: LOG_SECONDS }).catch(() => undefined);
          if (answer === undefined) return;
          const { code, stdout, stderr } = answer;
          // kubectl looks at the pod before it asks for its log.
          if (refusedIn(stderr).length > 0) this.forbidden.add('pods/log');
          if (code === 0) logs.set(`${metadata.namespace}/${metadata.name}/${container}`, stdout);
        }),
    );
    return logs;
  }
}

const inNamespace = (name: string | undefined) => (name === undefined ? [] : [`--namespace=${name}`]);

const itemsOf = (answer: ObjectList | LiveObject) => ('items' in answer ? answer.items : [answer]);

/** What kubectl says that it may not read. */
const refusedIn = (stderr: string) =>
  [...stderr.matchAll(/cannot (?:list|get) resource "([\w./]+)"/g)].map(([, kind = '']) => kind);

/** The container of a pod that has something to say which is not in its state. */
function speaking(pod: LiveObject) {
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
  if (one === undefined || message?.trim()) return undefined;
  return { pod, container: one.name, previous: one === failed && one.state?.terminated === undefined };
}
