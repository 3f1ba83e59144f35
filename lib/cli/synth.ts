import { resolve } from 'node:path';
import { progressLine } from '../output/progress';
import { STDOUT, synthesizeStream } from '../output/stream';
import { staleWarning, streamSummary, summary } from '../output/summary';
import { defaultOutdir, synthesize } from '../output/synthesize';
import { quoted } from '../shell';
import {
  asJson,
  CONFIG,
  type Command,
  type CommandContext,
  EXIT,
  FORMAT,
  OUTDIR,
  options,
  UsageError,
} from './command';
import { problemsAsJson } from './problem-formats';

const OPTIONS = {
  config: CONFIG,
  outdir: {
    ...OUTDIR,
    about:
      'where the manifests go (default: the environment variable CDK8S_OUTDIR, or dist);\n- is standard output: one stream for "kubectl apply -f -", without the Jobs that a person starts',
  },
  prune: {
    type: 'boolean',
    about:
      'remove what earlier runs made there and this one does not: without it such files are named, and stay.\nWhat this program did not make stays in any case',
  },
  quiet: { type: 'boolean', short: 'q', about: 'no summary; warnings are written all the same' },
  format: FORMAT,
} as const;

/** In a file of its own, which imports little: `npm run synth` runs nothing else. */
export const synth: Command = {
  synopsis: '[-c CONFIG] [-o DIRECTORY] [--prune] [-q] [--format json]',
  summary: 'writes the manifests',
  about: 'Synthesizes the manifests of every configured cluster. Nothing is written when anything is wrong.',
  options: OPTIONS,
  example: '-c milvus.yaml -o dist',
  afterFailure: '\nNothing was written.\n',
  run: (args, context, called) => {
    const { stdout, stderr, cwd, env } = context;
    const { config, outdir = defaultOutdir(env), prune, quiet, format } = options(args, OPTIONS);
    const json = asJson(format);
    const given = { config: config?.join(), cwd, env, onProgress: progressLine(stderr) };
    const warn = (warning: string) => stderr.write(`Warning: ${warning}\n`);
    const tell = (text: string) => quiet !== true && stderr.write(`${text}\n`);

    if (outdir === STDOUT) {
      if (prune === true) throw new UsageError(`option '--prune' needs a directory, not standard output`);
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
    const synthesis = synthesize({ ...given, outdir, prune, onPrune });
    const stale = staleWarning(synthesis, thisCommand(called, { config, outdir }, context));
    for (const warning of [...synthesis.warnings, ...(stale === undefined ? [] : [stale])]) warn(warning);
    if (json) stdout.write(problemsAsJson([]));
    tell(summary(synthesis));
    return EXIT.ok;
  },
};

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
