import { join, resolve } from 'node:path';
import { MadeBefore } from '../output/made';
import { type StaleFile, staleFiles } from '../output/stale';
import { defaultOutdir, STDOUT } from '../output/synthesize';
import { type Command, EXIT } from './command';
import { asJson, CONFIG, FORMAT, loadOptions, OUTDIR, options, UsageError } from './options';
import { problemsAsJson } from './problem-formats';

const OPTIONS = { config: CONFIG, outdir: OUTDIR, format: FORMAT } as const;

export const check: Command = {
  synopsis: '[-c CONFIG] [-o DIRECTORY]',
  summary: 'fails if the manifests do not match the configuration',
  about:
    'Checks that committed manifests match the configuration, for continuous integration. Names each file that differs.',
  options: OPTIONS,
  example: '-c milvus.yaml -o dist',
  exitCodes: '0 they match, 1 they do not (or the configuration can not be used), 2 wrong arguments.',
  run: (args, context) => {
    const { stdout, stderr, cwd, env } = context;
    const { config, outdir = defaultOutdir(env), format } = options(args, OPTIONS);
    const json = asJson(format);
    if (outdir === STDOUT) throw new UsageError('a directory is compared, not standard output');
    const stale = staleFiles(loadOptions(config, context), resolve(cwd, outdir), new MadeBefore());
    if (json) {
      const problems = stale.map(({ file, how }) => ({
        at: { file: join(outdir, file), line: 1, column: 1 },
        path: '',
        given: `a file that is ${how === 'differs' ? 'different' : how}`,
        expected: 'what the configuration gives',
        fix: mend(how),
      }));
      stdout.write(problemsAsJson([{ source: outdir, problems }]));
      return stale.length === 0 ? EXIT.ok : EXIT.failed;
    }
    for (const { file, how } of stale) stderr.write(`${join(outdir, file)}: ${how}\n`);
    if (stale.length === 0) return EXIT.ok;
    for (const fix of new Set(stale.map(({ how }) => mend(how)))) stderr.write(`${fix}\n`);
    return EXIT.failed;
  },
};

function mend(how: StaleFile['how']): string {
  return how === 'left over'
    ? 'What is left over is removed by synth with --prune.'
    : 'Synthesize, and commit what changes.';
}
