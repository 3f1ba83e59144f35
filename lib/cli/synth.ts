import { resolve } from 'node:path';
import { LoadMemory } from '../config/load';
import { MadeBefore } from '../output/made';
import { progressLine } from '../output/progress';
import { synthesizeStream } from '../output/stream';
import { headline, staleWarning, streamSummary, summary } from '../output/summary';
import { defaultOutdir, type Memory, STDOUT, synthesize } from '../output/synthesize';
import { quoted } from '../shell';
import { type Command, type CommandContext, EXIT, runCommand } from './command';
import { asJson, CONFIG, FORMAT, loadOptions, OUTDIR, options, UsageError } from './options';
import { problemsAsJson } from './problem-formats';
import { Watcher } from './watch';

const OPTIONS = {
  config: CONFIG,
  outdir: {
    ...OUTDIR,
    about:
      'where the manifests go (default: the environment variable CDK8S_OUTDIR, or dist);\n- prints one stream for "kubectl apply -f -" to stdout, without the Jobs that people start',
  },
  prune: {
    type: 'boolean',
    about:
      'remove files of earlier runs that this run does not make; without it they are named, and stay.\nFiles that this program did not make always stay',
  },
  watch: {
    type: 'boolean',
    about: 'keep running, and synthesize clusters again when their configuration changes',
  },
  quiet: { type: 'boolean', short: 'q', about: 'print no summary, only warnings' },
  format: FORMAT,
} as const;

/** In a file of its own, which imports little: `npm run synth` runs nothing else. */
export const synth: Command = {
  synopsis: '[-c CONFIG] [-o DIRECTORY] [--prune] [--watch] [-q] [--format json]',
  summary: 'writes the manifests',
  about: 'Writes the manifests of every configured cluster. If anything is wrong, nothing is written.',
  options: OPTIONS,
  example: '-c milvus.yaml -o dist',
  afterFailure: '\nNothing was written.\n',
  run: (args, context, called) => {
    const { watch } = options(args, OPTIONS);
    return watch === true ? watching(args, context, called) : run(args, context, called);
  },
};

/** What a run knows of those before it, while the configuration is watched. */
interface Watch {
  readonly memory: Required<Memory>;
  readonly warned: Set<string>;
  /** Undefined before the first one. */
  last?: number;
}

function run(args: readonly string[], context: CommandContext, called: string, watch?: Watch): number {
  const start = performance.now();
  const { stdout, stderr, env } = context;
  const { config, outdir = defaultOutdir(env), prune, quiet, format } = options(args, OPTIONS);
  const json = asJson(format);
  const given = { ...loadOptions(config, context), onProgress: progressLine(stderr) };
  const warn = (warning: string) => stderr.write(`Warning: ${warning}\n`);
  const tell = (text: string) => quiet !== true && stderr.write(`${text}\n`);

  if (outdir === STDOUT) {
    if (prune === true) throw new UsageError(`option '--prune' needs a directory, not standard output`);
    if (watch !== undefined) throw new UsageError(`option '--watch' needs a directory, not standard output`);
    if (json)
      throw new UsageError(`option '--format json' and the manifests would both go to standard output`);
    const { synthesis, stream } = synthesizeStream(given);
    for (const warning of synthesis.warnings) warn(warning);
    stdout.write(stream);
    tell(streamSummary(synthesis));
    return EXIT.ok;
  }

  const onPrune = (files: readonly string[]) =>
    stderr.write(`Removing ${files.length} files of earlier runs from ${outdir}/: ${files.join(', ')}\n`);
  const synthesis = synthesize(
    { ...given, outdir, prune, onPrune },
    watch?.memory ?? { made: new MadeBefore() },
  );
  const stale = staleWarning(synthesis, thisCommand(called, { config, outdir }, context));
  const warnings = [...synthesis.warnings, ...(stale === undefined ? [] : [stale])];
  for (const warning of warnings) if (watch?.warned.has(warning) !== true) warn(warning);
  if (json) stdout.write(problemsAsJson([]));
  if (watch?.last === undefined) tell(summary(synthesis));
  else if (synthesis.written.changed > 0 || watch.last !== EXIT.ok) {
    tell(`${headline(synthesis)} (${Math.round(performance.now() - start)} ms)`);
  }
  for (const warning of warnings) watch?.warned.add(warning);
  return EXIT.ok;
}

/** Runs again whenever a file that was read changes, appears or goes, until a signal ends it. */
async function watching(args: readonly string[], context: CommandContext, called: string): Promise<number> {
  const watch: Watch = { memory: { loaded: new LoadMemory(), made: new MadeBefore() }, warned: new Set() };
  const watcher = new Watcher(watch.memory.loaded);
  const command: Command = { ...synth, run: (...given) => run(...given, watch) };
  for (;;) {
    const isFirst = watch.last === undefined;
    watch.last = runCommand(command, args, context, called) as number;
    if (watch.last === EXIT.usage) return EXIT.usage;
    if (isFirst) context.stderr.write('\nWatching the configuration; Ctrl-C ends it.\n');
    await watcher.change();
  }
}

/** The command again, whatever the environment is then. */
function thisCommand(
  called: string,
  { config, outdir }: { readonly config?: readonly string[]; readonly outdir: string },
  { cwd, env }: CommandContext,
): string {
  const configured = config ?? (env['MILVUS_CONFIG'] ? [env['MILVUS_CONFIG']] : []);
  const isDefault = resolve(cwd, outdir) === resolve(cwd, 'dist') && !env['CDK8S_OUTDIR'];
  return [
    called,
    ...configured.map((name) => `-c ${quoted(name)}`),
    ...(isDefault ? [] : [`-o ${quoted(outdir)}`]),
  ].join(' ');
}
