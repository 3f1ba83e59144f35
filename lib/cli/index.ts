import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadClusters } from '../config/load';
import { suggest } from '../config/problems';
import { imageTable } from '../output/images';
import { staleFiles } from '../output/stale';
import { defaultOutdir } from '../output/synthesize';
import {
  asJson,
  CONFIG,
  CONFIG_HELP,
  type Command,
  type CommandContext,
  EXIT,
  type ExitCode,
  FORMAT,
  FORMAT_HELP,
  OUTDIR,
  options,
  runCommand,
  usageError,
} from './command';
import { diff } from './diff';
import { exportCommand, importCommand } from './export';
import { fromHelmCommand } from './from-helm';
import { problemsAsJson } from './problem-formats';
import { synth } from './synth';

export { type CommandContext, EXIT } from './command';

const check: Command = {
  synopsis: '[-c milvus.yaml] [-o dist]',
  summary: 'fails when the manifests are not those of the configuration',
  help: (
    called,
  ) => `Tells whether committed manifests are those of the configuration, for continuous integration.

  ${called} [-c CONFIG] [-o DIRECTORY] [--format json]

${CONFIG_HELP}
  -o, --outdir   where the manifests are (default: the environment variable CDK8S_OUTDIR, or dist)
${FORMAT_HELP}

Exit codes: 0 they are, 1 they are not (or the configuration can not be used); each file that differs is named.
`,
  run: (args, { stdout, stderr, cwd, env }) => {
    const {
      config,
      outdir = defaultOutdir(env),
      format,
    } = options(args, { config: CONFIG, outdir: OUTDIR, format: FORMAT });
    const json = asJson(format);
    const stale = staleFiles({ config: config?.join(), cwd, env }, resolve(cwd, outdir));
    if (json) {
      const problems = stale.map(({ file, how }) => ({
        at: { file: join(outdir, file), line: 1, column: 1 },
        path: '',
        given: `a file that is ${how === 'differs' ? 'different' : how}`,
        expected: 'what the configuration gives',
        fix: 'Synthesize, and commit what changes.',
      }));
      stdout.write(problemsAsJson([{ source: outdir, problems }]));
      return stale.length === 0 ? EXIT.ok : EXIT.failed;
    }
    for (const { file, how } of stale) stderr.write(`${join(outdir, file)}: ${how}\n`);
    if (stale.length === 0) return EXIT.ok;
    stderr.write('Synthesize, and commit what changes.\n');
    return EXIT.failed;
  },
};

const images: Command = {
  synopsis: '[-c milvus.yaml] [--all]',
  summary: 'lists the images, for mirrors',
  help: (
    called,
  ) => `Lists the images: where each comes from, where the pods look for it, and its option, with tabs between.

  ${called} [-c CONFIG] [--all]

${CONFIG_HELP}
  --all          also those of parts that are switched off
`,
  run: (args, { stdout, cwd, env }) => {
    const { config, all } = options(args, { config: CONFIG, all: { type: 'boolean' } });
    const clusters = loadClusters({ config: config?.join(), cwd, env }).map(({ settings }) => settings);
    stdout.write(`${imageTable(clusters, all)}\n`);
    return EXIT.ok;
  },
};

const COMMANDS: Readonly<Record<string, Command>> = {
  synth,
  check,
  diff,
  images,
  'from-helm': fromHelmCommand,
  export: exportCommand,
  import: importCommand,
};

function help(): string {
  const lines: [string, string][] = Object.entries(COMMANDS).map(([name, { synopsis, summary }]) => [
    `${name} ${synopsis}`,
    summary,
  ]);
  lines.push(['COMMAND --help', 'more about one of them'], ['--version', '']);
  const width = Math.max(...lines.map(([typed]) => typed.length));
  return `Milvus 1.1.1 on Kubernetes: plain manifests from one small configuration.

${lines.map(([typed, what]) => `  cdk8s-milvus ${typed.padEnd(width)}  ${what}`.trimEnd()).join('\n')}

Exit codes: 0 done, 1 the configuration or the output directory can not be used, 2 wrong arguments.
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
  return `there is no command "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
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
