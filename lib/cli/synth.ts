import { progressLine } from '../output/progress';
import { summary } from '../output/summary';
import { synthesize } from '../output/synthesize';
import { asJson, CONFIG, type Command, EXIT, FORMAT, OUTDIR, options } from './command';
import { problemsAsJson } from './problem-formats';

/** In a file of its own, which imports little: `npm run synth` runs nothing else. */
const OPTIONS = {
  config: CONFIG,
  outdir: OUTDIR,
  quiet: { type: 'boolean', short: 'q', about: 'no summary' },
  format: FORMAT,
} as const;

export const synth: Command = {
  synopsis: '[-c CONFIG] [-o DIRECTORY]',
  summary: 'writes the manifests',
  about: 'Synthesizes the manifests of every configured cluster. Nothing is written when anything is wrong.',
  options: OPTIONS,
  example: '-c milvus.yaml -o dist',
  afterFailure: '\nNothing was written.\n',
  run: (args, { stdout, stderr, cwd, env }) => {
    const { config, outdir, quiet, format } = options(args, OPTIONS);
    const json = asJson(format);
    const onProgress = progressLine(stderr);
    const synthesis = synthesize({ config: config?.join(), outdir, cwd, env, onProgress });
    for (const warning of synthesis.warnings) stderr.write(`Warning: ${warning}\n`);
    if (json) stdout.write(problemsAsJson([]));
    if (quiet !== true) stderr.write(`${summary(synthesis)}\n`);
    return EXIT.ok;
  },
};
