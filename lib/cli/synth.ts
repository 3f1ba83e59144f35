import { progressLine } from '../output/progress';
import { summary } from '../output/summary';
import { synthesize } from '../output/synthesize';
import {
  asJson,
  CONFIG,
  CONFIG_HELP,
  type Command,
  EXIT,
  FORMAT,
  FORMAT_HELP,
  OUTDIR,
  options,
} from './command';
import { problemsAsJson } from './problem-formats';

/** In a file of its own, which imports little: `npm run synth` runs nothing else. */
export const synth: Command = {
  synopsis: '[-c milvus.yaml] [-o dist]',
  summary: 'writes the manifests',
  help: (
    called,
  ) => `Synthesizes the manifests of every configured cluster. Nothing is written when anything is wrong.

  ${called} [-c CONFIG] [-o DIRECTORY] [-q] [--format json]

${CONFIG_HELP}
  -o, --outdir   where the manifests go (default: the environment variable CDK8S_OUTDIR, or dist)
  -q, --quiet    no summary
${FORMAT_HELP}
`,
  afterFailure: '\nNothing was written.\n',
  run: (args, { stdout, stderr, cwd, env }) => {
    const { config, outdir, quiet, format } = options(args, {
      config: CONFIG,
      outdir: OUTDIR,
      quiet: { type: 'boolean', short: 'q' },
      format: FORMAT,
    });
    const json = asJson(format);
    const onProgress = progressLine(stderr);
    const synthesis = synthesize({ config: config?.join(), outdir, cwd, env, onProgress });
    for (const warning of synthesis.warnings) stderr.write(`Warning: ${warning}\n`);
    if (json) stdout.write(problemsAsJson([]));
    if (quiet !== true) stderr.write(`${summary(synthesis)}\n`);
    return EXIT.ok;
  },
};
