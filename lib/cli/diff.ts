import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf } from '../live/kubectl';
import { defaultOutdir } from '../output/synthesize';
import { type Command, type CommandContext, EXIT, notSynthesized } from './command';
import { asJson, CONFIG, FORMAT, jsonText, loadOptions, OUTDIR, options, UsageError } from './options';

const CLUSTER = 'cluster';
const DIST = 'dist';

const OPTIONS = {
  against: {
    type: 'string',
    value: 'WHAT',
    default: CLUSTER,
    about: `cluster: compares the manifests with the cluster, by "kubectl diff";
dist: the configuration with the manifests; or a revision of git, such as HEAD or main:
the configuration with the manifests that were committed there (default: cluster)`,
    completion: [CLUSTER, DIST, 'HEAD'],
  },
  config: { ...CONFIG, about: `against dist and revisions: ${CONFIG.about}` },
  outdir: OUTDIR,
  format: { ...FORMAT, about: 'against dist and revisions: text, or json for programs (default: text)' },
} as const;

export const diff: Command = {
  synopsis: '[--against cluster|dist|REVISION] [-c CONFIG] [-o DIRECTORY] [FLAGS OF kubectl diff]',
  summary: 'says what an apply would change, which pods restart, and what is away meanwhile',
  about: `Says what an apply would do: which objects it adds and changes, which pods restart in which order, what is away meanwhile, and what can
not be changed in place. Several clusters are printed in groups to which the same happens.
Against the cluster, all other flags go to kubectl: -n NAMESPACE, --context NAME, --server-side, -f FILE, -k DIRECTORY.`,
  options: OPTIONS,
  example: '--against dist',
  exitCodes: '0 no differences, 1 there are some, 2 and above: could not be compared.',
  run: (args, context) => {
    const at = args.findIndex((arg) => /^--against(=|$)/.test(arg));
    if (at < 0) return againstCluster(args, context);
    const attached = args[at]?.split('=')[1];
    const against = attached ?? args[at + 1];
    if (against === CLUSTER)
      return againstCluster(args.toSpliced(at, attached === undefined ? 2 : 1), context);
    return againstFiles(args, context);
  },
};

function againstFiles(args: readonly string[], context: CommandContext): number {
  const { stdout, stderr, cwd, env } = context;
  const { against, config, outdir = defaultOutdir(env), format } = options(args, OPTIONS);
  const json = asJson(format);
  const { changesOfClusters, clustersOf, configuredObjects, differing, documentsAt, documentsOf, GitError } =
    answers();
  const directory = resolve(cwd, outdir);
  if (against === DIST && !existsSync(directory)) return nothingThere(outdir, stderr);
  const configured = configuredObjects(loadOptions(config, context));
  try {
    const documents = against === DIST ? documentsOf(directory) : documentsAt(against, outdir, cwd);
    const { before, after, all } = differing(documents, configured);
    const clusters = changesOfClusters(before, after, all);
    const fleet = clustersOf(all);
    if (json) stdout.write(jsonText(answerOf(clusters, fleet)));
    else if (clusters.length > 0) stdout.write(textOf(clusters, fleet));
    else
      stderr.write(
        `No differences: ${against === DIST ? outdir : `${outdir} at ${against}`} is what the configuration gives.\n`,
      );
    return clusters.length === 0 ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (error instanceof GitError) {
      throw new UsageError(
        `option '--against' is cluster, dist, or a revision that git knows here (${error.message})`,
      );
    }
    throw error;
  }
}

/** What compares two sides, loaded when there are some. */
const answers = () => ({
  ...(require('../answers/differences') as typeof import('../answers/differences')),
  ...(require('../answers/fleet-differences') as typeof import('../answers/fleet-differences')),
});

type Clusters = Parameters<typeof import('../answers/fleet-differences').fleetText>;

/** Of one cluster all that changes; of several groups to which the same happens. */
function answerOf(...[clusters, fleet]: Clusters): unknown {
  if (fleet.size <= 1) return clusters;
  return answers().effectGroups(clusters, fleet);
}

function textOf(...[clusters, fleet]: Clusters): string {
  const { differencesText, fleetText } = answers();
  return fleet.size <= 1 ? differencesText(clusters) : fleetText(clusters, fleet);
}

function nothingThere(outdir: string, stderr: CommandContext['stderr']): number {
  stderr.write(`${notSynthesized(`${outdir}/`)}\n`);
  return NOT_COMPARED;
}

function againstCluster(args: readonly string[], context: CommandContext): number {
  const { stderr, cwd, env } = context;
  const own = args.find((arg) => /^(-[co]|--(config|outdir|format)(=.*)?)$/.test(arg));
  if (own !== undefined) throw new UsageError(`option '${own}' is for --against dist or a revision`);
  const outdir = defaultOutdir(env);
  const named = args.some((arg) => /^-(R?[fk]|-(filename|kustomize)(=|$))/.test(arg));
  if (!named && !existsSync(resolve(cwd, outdir))) return nothingThere(outdir, stderr);
  const command = ['diff', ...(named ? [] : sourceIn(cwd, outdir)), ...args];
  const {
    status,
    error,
    stderr: said,
  } = spawnSync('kubectl', command, { cwd, env, stdio: ['inherit', 'inherit', 'pipe'], encoding: 'utf8' });
  if (said) stderr.write(`${messageOf(said)}\n`);
  if (error !== undefined) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'no directory of PATH has it' : error.message;
    stderr.write(`kubectl can not be run: ${reason}. See https://kubernetes.io/docs/tasks/tools/\n`);
    return NOT_COMPARED;
  }
  const exitCode = status ?? NOT_COMPARED;
  if (exitCode === EXIT.failed) stderr.write(inWords(command, resolve(cwd, outdir), context));
  stderr.write(`${MEANINGS[exitCode] ?? COULD_NOT}\n`);
  return exitCode;
}

/**
 * What the differences mean. kubectl has both sides in files for a moment, and shows them to the program that compares: asked once more
 * for all of their lines, it tells the objects whole.
 */
function inWords(command: readonly string[], directory: string, { cwd, env }: CommandContext): string {
  const { stdout } = spawnSync('kubectl', command, {
    cwd,
    env: { ...env, KUBECTL_EXTERNAL_DIFF: 'diff -U100000 -rN' },
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  const { changesOfClusters, clustersOf, objectsInDiff, objectsOf } = answers();
  const { before, after } = objectsInDiff(stdout);
  const all = existsSync(directory) ? objectsOf(directory) : after;
  const clusters = changesOfClusters(before, after, all);
  return clusters.length === 0 ? '' : `\n${textOf(clusters, clustersOf(all))}\n`;
}

const COULD_NOT =
  'kubectl could not compare: see its message above. Without a cluster, compare with what was synthesized last: --against dist.';

/** The least that kubectl itself ends with when it could not compare. */
const NOT_COMPARED = 2;

const MEANINGS: Readonly<Record<number, string>> = {
  0: 'No differences: what runs is what the manifests say (exit code 0).',
  1: 'There are differences, which applying would make true (exit code 1).',
};

/** Several clusters are directories, which -f would not look into. */
function sourceIn(cwd: string, outdir: string): readonly string[] {
  const several = !readdirSync(resolve(cwd, outdir)).some((file) => file.endsWith('.k8s.yaml'));
  return [several ? '-k' : '-f', outdir];
}
