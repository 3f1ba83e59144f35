import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadClusters } from '../config/load';
import { didYouMean, suggest } from '../config/problems';
import { imageList, imageTable } from '../output/images';
import { MadeBefore } from '../output/made';
import { type StaleFile, staleFiles } from '../output/stale';
import { defaultOutdir, STDOUT } from '../output/synthesize';
import { backups } from './backups';
import {
  asJson,
  CONFIG,
  type Command,
  type CommandContext,
  EXIT,
  EXIT_CODES,
  type ExitCode,
  FORMAT,
  OUTDIR,
  options,
  runCommand,
  UsageError,
  usageError,
} from './command';
import { completionCommand } from './completion';
import { diff } from './diff';
import { explainCommand } from './explain';
import { exportCommand, importCommand } from './export';
import { fromHelmCommand } from './from-helm';
import { initCommand } from './init';
import { job } from './job';
import { problemsAsJson } from './problem-formats';
import { restoreCommand } from './restore';
import { showCommand } from './show';
import { sizeCommand } from './size';
import { status } from './status';
import { synth } from './synth';

export { type CommandContext, EXIT } from './command';

const CHECK_OPTIONS = { config: CONFIG, outdir: OUTDIR, format: FORMAT } as const;

const check: Command = {
  synopsis: '[-c CONFIG] [-o DIRECTORY]',
  summary: 'fails if the manifests do not match the configuration',
  about:
    'Checks that committed manifests match the configuration, for continuous integration. Names each file that differs.',
  options: CHECK_OPTIONS,
  example: '-c milvus.yaml -o dist',
  exitCodes: '0 they match, 1 they do not (or the configuration can not be used), 2 wrong arguments.',
  run: (args, { stdout, stderr, cwd, env }) => {
    const { config, outdir = defaultOutdir(env), format } = options(args, CHECK_OPTIONS);
    const json = asJson(format);
    if (outdir === STDOUT) throw new UsageError('a directory is compared, not standard output');
    const stale = staleFiles({ config: config?.join(), cwd, env }, resolve(cwd, outdir), new MadeBefore());
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

const IMAGES_OPTIONS = {
  config: CONFIG,
  all: { type: 'boolean', about: 'also images of parts that are switched off' },
  format: FORMAT,
} as const;

const images: Command = {
  synopsis: '[-c CONFIG] [--all] [--format json]',
  summary: 'lists the images, for mirrors',
  about:
    'Lists the images, separated by tabs: where the image comes from, where the pods pull it from, and its option.',
  options: IMAGES_OPTIONS,
  example: '--all',
  run: (args, { stdout, cwd, env }) => {
    const { config, all, format } = options(args, IMAGES_OPTIONS);
    const json = asJson(format);
    const clusters = loadClusters({ config: config?.join(), cwd, env }).map(({ settings }) => settings);
    stdout.write(
      json ? problemsAsJson([], { images: imageList(clusters, all) }) : `${imageTable(clusters, all)}\n`,
    );
    return EXIT.ok;
  },
};

/** Every command, by its name: help, completion and the reference are made from it. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  init: initCommand,
  synth,
  check,
  status,
  diff,
  job,
  backups,
  restore: restoreCommand,
  explain: explainCommand,
  show: showCommand,
  size: sizeCommand,
  images,
  'from-helm': fromHelmCommand,
  export: exportCommand,
  import: importCommand,
  completion: completionCommand(() => COMMANDS),
};

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  const all = [...lines, ['COMMAND --help', 'more about one of them'] as const, ['--version', ''] as const];
  const width = Math.max(...all.map(([typed]) => typed.length));
  return `Milvus 1.1.1 on Kubernetes: plain manifests from one small configuration.

${all.map(([typed, what]) => `  cdk8s-milvus ${typed.padEnd(width)}  ${what}`.trimEnd()).join('\n')}

Exit codes: ${EXIT_CODES}
`;
}

/**
 * Runs a command line, without the program's name.
 * @returns the exit code
 */
export function main(args: readonly string[], context: CommandContext): ExitCode {
  const [first = '--help', ...others] = args;
  const asksForHelp = ['--help', '-h', 'help'].includes(first);
  if (asksForHelp && others.length === 0) {
    context.stdout.write(help());
    return args.length === 0 ? EXIT.usage : EXIT.ok;
  }
  if (['--version', '-v'].includes(first)) {
    context.stdout.write(`${version()}\n`);
    return EXIT.ok;
  }
  // `help synth` is `synth --help`.
  const [name = '', ...rest] = asksForHelp ? [...others, '--help'] : args;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return usageError(unknownCommand(name), context, 'cdk8s-milvus');
  // npm says which of the scripts it runs.
  const called = context.env['npm_lifecycle_event'] === name ? `npm run ${name} --` : `cdk8s-milvus ${name}`;
  return runCommand(command, rest, context, called);
}

function unknownCommand(name: string): string {
  const meant = suggest(name, Object.keys(COMMANDS));
  return `there is no command "${name}"${didYouMean(meant)}`;
}

/** Of this package, wherever it is built to. */
function version(directory = __dirname): string {
  try {
    const { name, version: found } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
    };
    if (name === 'cdk8s-milvus') return found;
  } catch {
    // Not here: further up.
  }
  return version(join(directory, '..'));
}
