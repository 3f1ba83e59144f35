import { setTimeout as delay } from 'node:timers/promises';
import { loadClusters } from '../config/load';
import { anchorOf, type Cause, mends, patienceWith } from '../live/causes';
import { type ClusterStatus, diagnose } from '../live/diagnose';
import { gather } from '../live/gather';
import type { ClusterWanted } from '../live/here';
import { answerOf, Kubectl, TARGET } from '../live/kubectl';
import { KubectlError } from '../live/kubectl-error';
import type { LiveObject } from '../live/objects';
import { Display, paint, screen, table } from '../live/print';
import { objectsIn } from '../output/cluster-files';
import { defaultOutdir } from '../output/synthesize';
import { noSuchCluster } from './clusters';
import { type Command, type CommandContext, EXIT } from './command';
import { asJson, CONFIG, FORMAT, jsonText, loadOptions, optionsAndNames, UsageError } from './options';

const DEFAULT_WAIT = '15m';
const POLL_SECONDS = 3;
/** A cause that does not mend itself has to be there for so many looks: an event may be of a pod that is gone by now. */
const LOOKS_TO_BE_SURE = 2;
const TIME = /^(\d{1,5})(s|m|h)?$/;

const OPTIONS = {
  config: CONFIG,
  format: { ...FORMAT, about: 'text, or json (default: text)' },
  wait: {
    type: 'string',
    value: 'TIME',
    about: `wait until all is ready, or until waiting makes no sense (without TIME: ${DEFAULT_WAIT})`,
  },
  ...TARGET,
} as const;

export const status: Command = {
  synopsis: '[NAME ...] [-n NAMESPACE] [--wait[=15m]]',
  summary: 'says what runs in the cluster, and why it is not ready',
  about: `Says what runs of a cluster, whether it matches the configuration, and why it is not ready. It only reads, through your kubectl.
NAME selects clusters of the configuration (default: all; several are printed as a table).`,
  options: OPTIONS,
  exitCodes: '0 all is ready, 1 something is not ready or kubectl failed, 2 wrong arguments.',
  run: async (args, context) => {
    const { stdout, stderr, cwd, env } = context;
    const { values, names } = optionsAndNames(withTimes(args), OPTIONS);
    const json = asJson(values.format);
    const waitSeconds = values.wait === undefined ? 0 : secondsOf(values.wait);
    const kubectl = new Kubectl({ ...values, namespace: undefined }, cwd, env);
    const loaded = wantedOf(names, values.namespace, context, values.config);
    const wanted = (await inPlace(kubectl, loaded)).map((one) => ({
      ...one,
      ...commandsFor(kubectl, one, env),
    }));
    const isTerminal = stdout.isTTY === true && env['TERM'] !== 'dumb';
    const colours = paint(isTerminal && !env['NO_COLOR']);
    const display = waitSeconds > 0 && isTerminal && !json ? new Display(stdout) : undefined;
    const print = (statuses: readonly ClusterStatus[], now: number): string =>
      json
        ? jsonText(statuses.map(withAnchors))
        : statuses.length === 1 && statuses[0] !== undefined
          ? screen(statuses[0], now, colours)
          : table(statuses, colours);

    const until = Date.now() + waitSeconds * 1000;
    const patience = new Patience();
    let told = '';
    const tell = (line: string) => {
      if (line !== told) stderr.write(`${line}\n`);
      told = line;
    };
    for (let looks = 0; ; looks++) {
      const statuses = await look(kubectl, wanted).catch((error: unknown) => {
        // What answered a moment ago is waited for like the rest.
        if (!(error instanceof KubectlError) || looks === 0 || Date.now() >= until) throw error;
        tell(error.message);
        return undefined;
      });
      const now = Date.now();
      if (statuses !== undefined) {
        const ready = statuses.every((one) => one.ready);
        const hopeless = patience.isOverWith(
          statuses.flatMap(({ causes }) => causes),
          now,
        );
        if (ready || now >= until || hopeless) {
          display?.clear();
          stdout.write(print(statuses, now));
          if (!ready && waitSeconds > 0 && !hopeless) stderr.write(`Not ready after ${values.wait}.\n`);
          return ready ? EXIT.ok : EXIT.failed;
        }
        if (display === undefined) tell(progress(statuses));
        else display.show(print(statuses, now));
      }
      await delay(Math.min(POLL_SECONDS * 1000, Math.max(0, until - now)));
    }
  },
};

/** Since when causes are there, and whether one has been for longer than those that mend themselves. */
class Patience {
  private since = new Map<string, { readonly first: number; readonly looks: number }>();

  public isOverWith(causes: readonly Cause[], now: number): boolean {
    const before = this.since;
    this.since = new Map(
      causes.map(keyOf).map((key) => {
        const { first = now, looks = 0 } = before.get(key) ?? {};
        return [key, { first, looks: looks + 1 }];
      }),
    );
    return causes.some((cause) => {
      const { first = now, looks = 0 } = this.since.get(keyOf(cause)) ?? {};
      return looks >= LOOKS_TO_BE_SURE && now - first >= patienceWith(cause) * 1000;
    });
  }
}

/** What is waited for without end leaves nothing of the time of others of its kind. */
const keyOf = (cause: Cause) => `${cause.kind} ${patienceWith(cause)}`;

async function look(kubectl: Kubectl, wanted: readonly ClusterWanted[]): Promise<readonly ClusterStatus[]> {
  const snapshot = await gather(kubectl, wanted);
  const statuses = wanted.map((one) => diagnose(one, snapshot, Date.now()));
  const [only] = statuses;
  if (wanted.length > 1 || only?.causes[0]?.object !== only?.name) return statuses;
  // Nothing is here. Who may not look elsewhere is told no more than that.
  const [{ settings } = { settings: undefined }] = wanted;
  const args = [
    'get',
    'deployments',
    '--all-namespaces',
    `--selector=app.kubernetes.io/instance=${settings?.instance}`,
    '--output=json',
  ];
  const { code, stdout } = await kubectl.run(args);
  if (code !== 0) return statuses;
  const { items: objects } = answerOf<{ items: readonly LiveObject[] }>(stdout, kubectl.commandLine(args));
  return wanted.map((one) => diagnose(one, { ...snapshot, objects }, Date.now()));
}

/** Clusters without a namespace are in that of the context, whose name matters beside others that have one. */
async function inPlace(kubectl: Kubectl, wanted: readonly Unplaced[]): Promise<readonly Unplaced[]> {
  if (new Set(wanted.map(({ namespace }) => namespace)).size < 2) return wanted;
  if (wanted.every(({ namespace }) => namespace !== undefined)) return wanted;
  const { stdout } = await kubectl.run(['config', 'view', '--minify', '--output=jsonpath={..namespace}']);
  return wanted.map((one) => ({ ...one, namespace: one.namespace ?? (stdout.trim() || 'default') }));
}

type Unplaced = Omit<ClusterWanted, 'kubectl' | 'apply'> & { readonly several: boolean };

/** What is printed to be pasted goes to the cluster that was asked about. */
function commandsFor(kubectl: Kubectl, { namespace, several }: Unplaced, env: CommandContext['env']) {
  const flags = namespace === undefined ? [] : ['-n', namespace];
  return {
    kubectl: kubectl.commandLine(flags),
    // Several clusters have their namespaces in their manifests.
    apply: several
      ? kubectl.commandLine(['apply', '-k', defaultOutdir(env)])
      : kubectl.commandLine([...flags, 'apply', '-f', defaultOutdir(env)]),
  };
}

function wantedOf(
  names: readonly string[],
  namespace: string | undefined,
  context: CommandContext,
  config: readonly string[] | undefined,
): readonly Unplaced[] {
  const loaded = loadClusters(loadOptions(config, context));
  const unknown = names.find((name) => !loaded.some(({ settings }) => settings.name === name));
  if (unknown !== undefined) throw noSuchCluster(unknown, loaded);
  return loaded
    .filter(({ settings }) => names.length === 0 || names.includes(settings.name))
    .map(({ settings }) => ({
      settings,
      namespace: namespace ?? settings.namespace,
      several: loaded.length > 1,
      objects: objectsIn(settings) as readonly LiveObject[],
    }));
}

const withAnchors = (status: ClusterStatus) => ({
  ...status,
  causes: status.causes.map((cause) => {
    const { patience: _, ...told } = cause;
    return { ...told, mends: mends(cause), documentation: anchorOf(cause) };
  }),
});

function progress(statuses: readonly ClusterStatus[]): string {
  if (statuses.length > 1)
    return `${statuses.filter(({ ready }) => ready).length} of ${statuses.length} clusters are ready`;
  const [{ workloads, causes } = { workloads: [], causes: [] }] = statuses;
  const counts = workloads.map(({ name, ready, wanted }) => `${name} ${ready}/${wanted}`).join(', ');
  const [first] = causes;
  return first === undefined ? counts : `${counts}; ${first.object}: ${first.what}`;
}

/** The value of --wait may be left out, or come after a space: nothing that parseArgs knows. */
function withTimes(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const next = args[index + 1] ?? '';
    if (arg === '--wait') return [`--wait=${TIME.test(next) ? next : DEFAULT_WAIT}`];
    return args[index - 1] === '--wait' && TIME.test(arg) ? [] : [arg];
  });
}

/** @throws UsageError for what is no time */
function secondsOf(text: string): number {
  const [, number, unit = 's'] = TIME.exec(text) ?? [];
  if (number === undefined)
    throw new UsageError(`option '--wait' is a time such as 15m, 90s or 1h, not ${text}`);
  return Number(number) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1);
}
