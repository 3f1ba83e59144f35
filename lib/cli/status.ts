import { setTimeout as delay } from 'node:timers/promises';
import { loadClusters } from '../config/load';
import { anchorOf, mends, Patience } from '../live/causes';
import { type ClusterStatus, diagnose } from '../live/diagnose';
import { gather } from '../live/gather';
import type { ClusterWanted } from '../live/here';
import { answerOf, Kubectl, TARGET } from '../live/kubectl';
import { KubectlError } from '../live/kubectl-error';
import type { LiveObject, ObjectList } from '../live/objects';
import { Display, paint, screen, table } from '../live/print';
import { objectsIn } from '../output/cluster-files';
import { defaultOutdir } from '../output/synthesize';
import { noSuchCluster } from './clusters';
import { type Command, type CommandContext, EXIT } from './command';
import { asJson, CONFIG, FORMAT, jsonText, loadOptions, optionsAndNames, UsageError } from './options';

const DEFAULT_WAIT = '15m';
const POLL_SECONDS = 3;
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
    const wanted = await wantedOf(names, values, kubectl, context);
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

/** The clusters that are asked about. What is printed to be pasted goes to where they are. */
async function wantedOf(
  names: readonly string[],
  { config, namespace: given }: { readonly config?: readonly string[]; readonly namespace?: string },
  kubectl: Kubectl,
  context: CommandContext,
): Promise<readonly ClusterWanted[]> {
  const loaded = loadClusters(loadOptions(config, context));
  const unknown = names.find((name) => !loaded.some(({ settings }) => settings.name === name));
  if (unknown !== undefined) throw noSuchCluster(unknown, loaded);
  const asked = loaded.filter(({ settings }) => names.length === 0 || names.includes(settings.name));
  const namespaces = new Set(asked.map(({ settings }) => given ?? settings.namespace));
  // Those without a namespace are in that of the context, whose name matters beside others that have one.
  const others = namespaces.size > 1 && namespaces.has(undefined) ? await namespaceOf(kubectl) : undefined;
  const outdir = defaultOutdir(context.env);
  return asked.map(({ settings }) => {
    const namespace = given ?? settings.namespace ?? others;
    const flags = namespace === undefined ? [] : ['-n', namespace];
    // Several clusters have their namespaces in their manifests.
    const apply = loaded.length > 1 ? ['apply', '-k', outdir] : [...flags, 'apply', '-f', outdir];
    return {
      settings,
      namespace,
      objects: objectsIn(settings) as readonly LiveObject[],
      kubectl: kubectl.commandLine(flags),
      apply: kubectl.commandLine(apply),
    };
  });
}

/** Of the context. */
async function namespaceOf(kubectl: Kubectl): Promise<string> {
  const { stdout } = await kubectl.run(['config', 'view', '--minify', '--output=jsonpath={..namespace}']);
  return stdout.trim() || 'default';
}

async function look(kubectl: Kubectl, wanted: readonly ClusterWanted[]): Promise<readonly ClusterStatus[]> {
  const snapshot = await gather(kubectl, wanted);
  const statuses = wanted.map((one) => diagnose(one, snapshot, Date.now()));
  const [only] = statuses;
  if (wanted.length > 1 || only?.causes[0]?.object !== only?.name) return statuses;
  // Nothing is here. Who may not look elsewhere is told no more than that.
  const selectors = wanted.map(
    ({ settings }) => `--selector=app.kubernetes.io/instance=${settings.instance}`,
  );
  const args = ['get', 'deployments', '--all-namespaces', ...selectors, '--output=json'];
  const { code, stdout } = await kubectl.run(args);
  if (code !== 0) return statuses;
  const { items: objects } = answerOf<ObjectList>(stdout, kubectl.commandLine(args));
  return wanted.map((one) => diagnose(one, { ...snapshot, objects }, Date.now()));
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
