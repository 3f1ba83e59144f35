import { setTimeout as delay } from 'node:timers/promises';
import { App } from 'cdk8s';
import { loadClusters } from '../config/load';
import { anchorOf, mends } from '../live/causes';
import { type ClusterStatus, type ClusterWanted, diagnose } from '../live/diagnose';
import { gather } from '../live/gather';
import { Kubectl, TARGET, TARGET_HELP } from '../live/kubectl';
import type { LiveObject } from '../live/objects';
import { paint, screen, table } from '../live/print';
import { MilvusCluster } from '../milvus-cluster';
import {
  asJson,
  CONFIG,
  CONFIG_HELP,
  type Command,
  type CommandContext,
  EXIT,
  FORMAT,
  optionsAndNames,
  UsageError,
} from './command';

const DEFAULT_WAIT = '15m';
const POLL_SECONDS = 3;
/** A cause that does not mend itself has to be there for so many looks: an event may be of a pod that is gone by now. */
const LOOKS_TO_BE_SURE = 2;
const CLEAR_SCREEN = '\x1b[H\x1b[2J\x1b[3J';

export const status: Command = {
  synopsis: '[NAME] [-n NAMESPACE] [--wait[=15m]]',
  summary: 'says what runs in the cluster, and why it does not where it does not',
  help: (
    called,
  ) => `Says what of a cluster runs, whether that is what the configuration says, and what is in the way. It only reads, through your kubectl.

  ${called} [NAME ...]
  ${called} --wait=15m

  NAME           which clusters of the configuration (default: all of them; several are a table)
  --wait[=TIME]  go on until all is ready, or until something is in the way that does not mend itself (default: ${DEFAULT_WAIT})
  --format       text, or json (default: text)
${CONFIG_HELP}
${TARGET_HELP}

Exit codes: 0 all is ready, 1 something is not, or kubectl can not tell, 2 wrong arguments.
`,
  run: async (args, context) => {
    const { stdout, stderr, cwd, env } = context;
    // An option whose value may be left out is nothing that parseArgs knows.
    const spelled = args.map((arg) => (arg === '--wait' ? `--wait=${DEFAULT_WAIT}` : arg));
    const { values, names } = optionsAndNames(spelled, {
      config: CONFIG,
      format: FORMAT,
      wait: { type: 'string' },
      ...TARGET,
    });
    const json = asJson(values.format);
    const waitSeconds = values.wait === undefined ? 0 : secondsOf(values.wait);
    const wanted = wantedOf(names, values.namespace, context, values.config?.join());
    const kubectl = new Kubectl({ ...values, namespace: undefined }, cwd, env);
    const colours = paint(stdout.isTTY === true && !env['NO_COLOR']);
    const live = waitSeconds > 0 && stdout.isTTY === true && !json;
    const print = (statuses: readonly ClusterStatus[], now: number): string =>
      json
        ? `${JSON.stringify(statuses.map(withAnchors), undefined, 2)}\n`
        : statuses.length === 1 && statuses[0] !== undefined
          ? screen(statuses[0], now, colours)
          : table(statuses, colours);

    const until = Date.now() + waitSeconds * 1000;
    let stuck = 0;
    let told = '';
    for (;;) {
      const statuses = await look(kubectl, wanted);
      const now = Date.now();
      const ready = statuses.every((one) => one.ready);
      const hopeless = statuses.some(({ causes }) => causes.some((cause) => !mends(cause)));
      stuck = hopeless ? stuck + 1 : 0;
      const over = ready || now >= until || stuck >= LOOKS_TO_BE_SURE;
      if (live) stdout.write(CLEAR_SCREEN + print(statuses, now));
      else if (over) stdout.write(print(statuses, now));
      else {
        const line = progress(statuses);
        if (line !== told) stderr.write(`${line}\n`);
        told = line;
      }
      if (ready) return EXIT.ok;
      if (over) {
        if (waitSeconds > 0 && stuck < LOOKS_TO_BE_SURE) stderr.write(`Not ready after ${values.wait}.\n`);
        return EXIT.failed;
      }
      await delay(Math.min(POLL_SECONDS * 1000, Math.max(0, until - now)));
    }
  },
};

/** One look at all of them: a call or two for each namespace, or for all namespaces at once. */
async function look(kubectl: Kubectl, wanted: readonly ClusterWanted[]): Promise<readonly ClusterStatus[]> {
  const namespaces = [...new Set(wanted.map(({ namespace }) => namespace))];
  const instances = new Set(wanted.map(({ settings }) => settings.instance));
  const isOurs = ({ metadata }: LiveObject) =>
    instances.has(metadata.labels?.['app.kubernetes.io/instance'] ?? '');
  let snapshot = await gather(kubectl, namespaces, isOurs);
  const nothing = !snapshot.objects.some(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  if (nothing && namespaces.length === 1) {
    // Somewhere else? Who may not look there is told less.
    const everywhere = await kubectl.run(['get', 'deployments', '--all-namespaces', '--output=json']);
    if (everywhere.code === 0) {
      const { items } = JSON.parse(everywhere.stdout) as { items: readonly LiveObject[] };
      snapshot = { ...snapshot, objects: items };
      const missing = wanted.map((one) => ({ ...one, namespace: one.namespace ?? '' }));
      return missing.map((one, index) => ({
        ...diagnose(one, snapshot, Date.now()),
        namespace: wanted[index]?.namespace,
      }));
    }
  }
  return wanted.map((one) => diagnose(one, snapshot, Date.now()));
}

function wantedOf(
  names: readonly string[],
  namespace: string | undefined,
  { cwd, env }: CommandContext,
  config: string | undefined,
): readonly ClusterWanted[] {
  const loaded = loadClusters({ config, cwd, env });
  const unknown = names.find((name) => !loaded.some(({ settings }) => settings.name === name));
  if (unknown !== undefined) {
    const known = loaded.map(({ settings }) => settings.name).join(', ');
    throw new UsageError(`there is no cluster "${unknown}" in the configuration: ${known}`);
  }
  return loaded
    .filter(({ settings }) => names.length === 0 || names.includes(settings.name))
    .map(({ settings }) => ({
      settings,
      namespace: namespace ?? settings.namespace,
      objects: new MilvusCluster(new App(), settings.name, settings).toJson() as readonly LiveObject[],
    }));
}

const withAnchors = (status: ClusterStatus) => ({
  ...status,
  causes: status.causes.map((cause) => ({ ...cause, mends: mends(cause), documentation: anchorOf(cause) })),
});

function progress(statuses: readonly ClusterStatus[]): string {
  if (statuses.length > 1)
    return `${statuses.filter(({ ready }) => ready).length} of ${statuses.length} clusters are ready`;
  const [{ workloads, causes } = { workloads: [], causes: [] }] = statuses;
  const counts = workloads.map(({ name, ready, wanted }) => `${name} ${ready}/${wanted}`).join(', ');
  const [first] = causes;
  return first === undefined ? counts : `${counts}; ${first.object}: ${first.what}`;
}

/** @throws UsageError for what is no time */
function secondsOf(text: string): number {
  const [, number, unit = 's'] = /^(\d{1,5})(s|m|h)?$/.exec(text) ?? [];
  if (number === undefined)
    throw new UsageError(`option '--wait' is a time such as 15m, 90s or 1h, not ${text}`);
  return Number(number) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1);
}
