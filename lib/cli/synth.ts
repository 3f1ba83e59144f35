import { progressLine } from '../output/progress';
import { summary } from '../output/summary';
import { synthesize } from '../output/synthesize';
import { CONFIG, CONFIG_HELP, type Command, EXIT, OUTDIR, options } from './command';

/** In a file of its own, which imports little: `npm run synth` runs nothing else. */
export const synth: Command = {
  help: (
    called,
  ) => `Synthesizes the manifests of every configured cluster. Nothing is written when anything is wrong.

  ${called} [-c CONFIG] [-o DIRECTORY] [-q]

${CONFIG_HELP}
  -o, --outdir   where the manifests go (default: the environment variable CDK8S_OUTDIR, or dist)
  -q, --quiet    no summary
`,
  afterFailure: '\nNothing was written.\n',
  run: (args, { stderr, cwd, env }) => {
    const { config, outdir, quiet } = options(args, {
      config: CONFIG,
      outdir: OUTDIR,
      quiet: { type: 'boolean', short: 'q' },
    });
    const onProgress = progressLine(stderr);
    const synthesis = synthesize({ config: config?.join(), outdir, cwd, env, onProgress });
    for (const warning of synthesis.warnings) stderr.write(`Warning: ${warning}\n`);
    if (quiet !== true) stderr.write(`${summary(synthesis)}\n`);
    return EXIT.ok;
  },
};
