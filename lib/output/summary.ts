import * as path from 'node:path';
import { isStopped, type Settings } from '../config/settings';
import { CHART_PATH } from '../helm/adopted';
import { claimsOf } from '../inventory/claims';
import { makingOf, prerequisitesOf } from '../inventory/prerequisites';
import { type SecretInUse, secretsOf } from '../inventory/secrets';
import { untilJobEnds } from '../kubernetes/jobs';
import { Names } from '../kubernetes/names';
import { listOf } from '../list-of';
import { quoted } from '../shell';
import type { Synthesis, SynthesizedCluster } from './synthesize';

/** Up to how many clusters the next steps are spelled out. */
const MOST_SPELLED_OUT = 3;
/** Up to how many files are named in a line. */
const MOST_NAMED = 5;

/** What was written, how many warnings there are besides, and the commands that come next. */
export function summary(synthesis: Synthesis): string {
  const steps = nextSteps(synthesis).map((step) => `  ${step}`);
  return [headline(synthesis), '', 'Next:', ...steps].join('\n');
}

/** What was written, and how many warnings there are besides. */
export function headline({ outdir, clusters, written, warnings }: Synthesis): string {
  const [first] = clusters;
  const what =
    clusters.length > 1
      ? `${clusters.length} clusters (${written.files.length} files) to ${outdir}/`
      : `${outdir}/${first?.file} (${first?.objects} objects), ${first?.scripts} and Kustomization`;
  const minded = warnings.length + (written.stale.length > 0 ? 1 : 0);
  const changes = listOf(
    `${written.changed} of ${written.files.length} files changed`,
    written.removed.length > 0 && `${written.removed.length} removed`,
    minded > 0 && count(minded, 'warning'),
  ).join(', ');
  return `Synthesized ${what}: ${changes}.`;
}

/** The same of what went to standard output, from where it goes on. */
export function streamSummary({ clusters, warnings }: Synthesis): string {
  const objects = clusters.reduce((sum, cluster) => sum + cluster.objects, 0);
  const minded = warnings.length === 0 ? '' : `, ${count(warnings.length, 'warning')}`;
  return `Synthesized ${count(clusters.length, 'cluster')} (${objects} objects) to standard output${minded}.`;
}

/**
 * What earlier runs made and this one did not, and how it is removed; undefined when there is nothing of the kind.
 * @param command the command that ran
 */
export function staleWarning({ outdir, written: { stale } }: Synthesis, command: string): string | undefined {
  if (stale.length === 0) return undefined;
  return `${outdir}/ has ${count(stale.length, 'file')} of earlier runs that this one does not make: ${named(stale)}. Nothing was done to them; if no other run makes them, this removes them: ${command} --prune`;
}

/** Files in a few words: those of a cluster by their directory, and the first of many. */
export function named(files: readonly string[]): string {
  const isManifest = (file: string) =>
    path.posix.basename(file) === 'Kustomization' && path.posix.dirname(file) !== '.';
  const whole = files.filter(isManifest).map((file) => `${path.posix.dirname(file)}/`);
  const topmost = whole.filter(
    (directory) => !whole.some((other) => other !== directory && directory.startsWith(other)),
  );
  const others = files.filter((file) => !topmost.some((directory) => file.startsWith(directory)));
  const names = [...topmost, ...others].sort();
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(', ')} and ${more} more` : names.join(', ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function nextSteps({ outdir, clusters, written }: Synthesis): string[] {
  const spelledOut = clusters.length <= MOST_SPELLED_OUT ? clusters : [];
  const served = spelledOut.filter(({ settings }) => !isStopped(settings));
  const fresh = spelledOut.filter(({ settings }) => !hasData(settings));
  const running = spelledOut.filter(({ settings }) => hasData(settings));
  const sources = sourcesOf(outdir, clusters, written.stale);
  const secrets = fresh.flatMap(({ settings }) => secretCommands(settings));
  const missing = spelledOut.flatMap(({ settings }) =>
    makingOf(settings, `kubectl ${namespaced(settings)}`.trim()),
  );
  return listOf(
    fresh.flatMap(({ settings: { namespace } }) =>
      namespace === undefined ? [] : [`kubectl create namespace ${namespace}   # unless it exists`],
    ),
    running.length > 0 &&
      '# Where the Helm chart still runs, take the steps that "from-helm --adopt" prints instead.',
    spelledOut.flatMap(({ settings }) => {
      const needed = listOf(prerequisitesOf(settings), hasData(settings) && keptOf(settings));
      if (needed.length === 0) return [];
      return [`kubectl ${namespaced(settings)}get ${needed.join(' ')}   # have to be there`];
    }),
    missing.length > 0 && [`# those of them that are not there yet${toBeSet(missing)}`, ...missing],
    secrets.length > 0 && [`# once, unless the Secrets exist${toBeSet(secrets)}`, ...secrets],
    running.length > 0 && sources.map((source) => `kubectl diff ${source}   # read it before it is applied`),
    sources.map((source) => `kubectl apply ${source}`),
    spelledOut.flatMap(({ settings }) => {
      const restore = settings.backup?.restore;
      if (restore === undefined) return [];
      const job = Names.of(settings).restoreOf(restore.backup);
      return [untilJobEnds(`kubectl ${namespaced(settings)}`.trimEnd(), job)];
    }),
    served.map(
      ({ settings }) =>
        `kubectl ${namespaced(settings)}rollout status deployment/${settings.name}-${settings.mode === 'cluster' ? 'mishards' : 'writable'} --timeout=15m`,
    ),
    served.flatMap(({ settings, jobs }) =>
      smokeTestCommands(settings, quoted(`${outdir}/${jobs['smoke-test']}`)),
    ),
    served.map(
      ({ settings }) =>
        `kubectl ${namespaced(settings)}port-forward service/${settings.name} 19530:${settings.service.port}`,
    ),
  );
}

/** What is applied: no more than this run made, as far as one command can say that. */
function sourcesOf(
  outdir: string,
  clusters: readonly SynthesizedCluster[],
  stale: readonly string[],
): string[] {
  const directories = clusters.map(({ file }) => path.posix.dirname(file));
  // Beside them are files of other runs, which -f would take as well.
  if (directories.includes('.')) {
    const others = stale.some((file) => !file.includes('/') && file.endsWith('.k8s.yaml'));
    return [`${others ? '-k' : '-f'} ${quoted(outdir)}`];
  }
  return stale.length > 0 && clusters.length <= MOST_SPELLED_OUT
    ? directories.map((directory) => `-f ${quoted(`${outdir}/${directory}`)}`)
    : [`-k ${quoted(outdir)}`];
}

/** Whether there is data already that the cluster takes over: a claim of it exists, or the path is that of the Helm chart. */
function hasData(settings: Settings): boolean {
  const ofData = claimsOf(settings).filter(({ path: option }) => DATA.includes(option));
  return settings.storage.path === CHART_PATH || ofData.some(({ exists }) => exists);
}

const DATA = ['storage.persistence', 'mysql.persistence'];

/** What somebody has who has data: to make it anew would be to lose the way to it. */
function keptOf(settings: Settings): string[] {
  const claims = claimsOf(settings).filter(({ exists }) => exists);
  return [
    ...secretsToMake(settings).map(({ credentials }) => `secret/${credentials.secretName}`),
    ...claims.map(({ name }) => `persistentvolumeclaim/${name}`),
  ].filter((one, index, all) => all.indexOf(one) === index);
}

/** The variables that the commands use, for the reader to set. */
function toBeSet(commands: readonly string[]): string {
  const names = [...new Set(commands.flatMap((command) => command.match(/(?<=\$\{)[A-Z]\w+/g) ?? []))];
  return names.length === 0 ? '' : `; set ${names.join(', ')} first`;
}

/** A Job can not be applied twice, and its pod is replaced with it. */
function smokeTestCommands(settings: Settings, file: string): string[] {
  const kubectl = `kubectl ${namespaced(settings)}`.trimEnd();
  return [`${kubectl} replace --force -f ${file}`, untilJobEnds(kubectl, Names.of(settings).smokeTest)];
}

/** The commands that make the Secrets which the cluster refers to and does not bring along. */
function secretCommands(settings: Settings): string[] {
  const missing = new Map<string, Readonly<Record<string, string | undefined>>>();
  for (const { credentials, variables } of secretsToMake(settings)) {
    const { secretName } = credentials;
    missing.set(secretName, { ...missing.get(secretName), ...variables });
  }
  return [...missing].map(([secret, variables]) => {
    const literals = Object.entries(variables).map(
      ([key, name]) => `--from-literal=${key}="${name === undefined ? RANDOM : `\${${name}:?}`}"`,
    );
    return `kubectl ${namespaced(settings)}create secret generic ${secret} ${literals.join(' ')}`;
  });
}

const RANDOM = '$(openssl rand -hex 24)';

function secretsToMake(settings: Settings): readonly SecretInUse[] {
  return (Object.values(secretsOf(settings)) as SecretInUse[]).filter(
    ({ credentials: { inline, externalSecret } }) => inline === undefined && externalSecret === undefined,
  );
}

function namespaced({ namespace }: Settings): string {
  return namespace === undefined ? '' : `-n ${namespace} `;
}
