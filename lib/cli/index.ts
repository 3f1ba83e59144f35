import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadClusters } from '../config/load';
import { ConfigurationError } from '../config/problems';
import { suggest } from '../config/validate';
import { fromHelm } from '../helm';
import { OutputError } from '../output/files';
import { imageTable } from '../output/images';
import { progressLine, type Terminal } from '../output/progress';
import { staleFiles } from '../output/stale';
import { summary } from '../output/summary';
import { synthesize } from '../output/synthesize';

/** Where a command writes, and what it starts from. */
export interface CommandContext {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: Terminal;
  /** Directory that relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a shell sees. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Wrong arguments; the message is for the person who typed them. */
class UsageError extends Error {}

interface Command {
  readonly help: string;
  readonly run: (args: readonly string[], context: CommandContext) => number;
}

const HELP = `Milvus 1.1.1 on Kubernetes: plain manifests from one small configuration.

  cdk8s-milvus synth [-c milvus.yaml] [-o dist]     writes the manifests
  cdk8s-milvus check [-c milvus.yaml] [-o dist]     fails when the manifests are not those of the configuration
  cdk8s-milvus images [-c milvus.yaml] [--all]      lists the images, for mirrors
  cdk8s-milvus from-helm RELEASE CHART [flags]      makes a milvus.yaml from what follows "helm install"
  cdk8s-milvus COMMAND --help                       more about one of them
  cdk8s-milvus --version

Exit codes: 0 done, 1 the configuration or the output directory can not be used, 2 wrong arguments.
`;

const COMMANDS: Readonly<Record<string, Command>> = {
  synth: {
    help: `Synthesizes the manifests of every configured cluster. Nothing is written when anything is wrong.

  cdk8s-milvus synth [-c CONFIG] [-o DIRECTORY] [-q]

  -c, --config   a file, a directory, a glob, or several of them separated by commas
                 (default: the environment variable MILVUS_CONFIG, or milvus.yaml)
  -o, --outdir   where the manifests go (default: dist)
  -q, --quiet    no summary
`,
    run: (args, context) => {
      const { config, outdir, quiet } = options(args, {
        config: { type: 'string', short: 'c' },
        outdir: { type: 'string', short: 'o' },
        quiet: { type: 'boolean', short: 'q' },
      });
      const { stderr, cwd, env } = context;
      const synthesis = synthesize({
        config,
        outdir: outdir ?? 'dist',
        cwd,
        env,
        onProgress: progressLine(stderr),
      });
      if (quiet !== true) stderr.write(`${summary(synthesis)}\n`);
      return EXIT.ok;
    },
  },
  check: {
    help: `Tells whether committed manifests are those of the configuration, for continuous integration.

  cdk8s-milvus check [-c CONFIG] [-o DIRECTORY]

  -c, --config   as for synth
  -o, --outdir   where the manifests are (default: dist)

Exit codes: 0 they are, 1 they are not (or the configuration can not be used); each file that differs is named.
`,
    run: (args, { stderr, cwd, env }) => {
      const { config, outdir = 'dist' } = options(args, {
        config: { type: 'string', short: 'c' },
        outdir: { type: 'string', short: 'o' },
      });
      const stale = staleFiles({ config, cwd, env }, resolve(cwd, outdir));
      for (const { file, how } of stale) stderr.write(`${join(outdir, file)}: ${how}\n`);
      if (stale.length === 0) return EXIT.ok;
      stderr.write('Synthesize, and commit what changes.\n');
      return EXIT.failed;
    },
  },
  images: {
    help: `Lists the images: where each comes from, where the pods look for it, and its option, with tabs between.

  cdk8s-milvus images [-c CONFIG] [--all]

  -c, --config   as for synth
  --all          also those of parts that are switched off
`,
    run: (args, { stdout, cwd, env }) => {
      const { config, all } = options(args, {
        config: { type: 'string', short: 'c' },
        all: { type: 'boolean' },
      });
      const clusters = loadClusters({ config, cwd, env }).map(({ settings }) => settings);
      stdout.write(`${imageTable(clusters, all)}\n`);
      return EXIT.ok;
    },
  },
  'from-helm': {
    help: '',
    run: (args, { stdout, stderr, cwd }) => {
      const result = fromHelm(args, (path) => readFileSync(resolve(cwd, path), 'utf8'));
      stderr.write(result.stderr);
      stdout.write(result.stdout);
      return result.exitCode;
    },
  },
};

/**
 * Runs a command line, without the program's name.
 * @returns the exit code
 */
export function main(args: readonly string[], context: CommandContext): number {
  const [name = '--help', ...rest] = args;
  try {
    if (['--help', '-h', 'help'].includes(name)) {
      context.stdout.write(HELP);
      return args.length === 0 ? EXIT.usage : EXIT.ok;
    }
    if (['--version', '-v'].includes(name)) {
      context.stdout.write(`${version()}\n`);
      return EXIT.ok;
    }
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw new UsageError(unknownCommand(name));
    if (command.help !== '' && (rest.includes('--help') || rest.includes('-h'))) {
      context.stdout.write(command.help);
      return EXIT.ok;
    }
    return command.run(rest, context);
  } catch (error) {
    return reported(error, name, context);
  }
}

function unknownCommand(name: string): string {
  const meant = suggest(name, Object.keys(COMMANDS));
  return `there is no command "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}

function reported(error: unknown, name: string, { stderr }: CommandContext): number {
  if (error instanceof ConfigurationError || error instanceof OutputError) {
    stderr.write(`${error.message}\n\nNothing was written.\n`);
    return EXIT.failed;
  }
  if (error instanceof UsageError) {
    stderr.write(
      `cdk8s-milvus: ${error.message}\nSee cdk8s-milvus ${Object.hasOwn(COMMANDS, name) ? `${name} ` : ''}--help\n`,
    );
    return EXIT.usage;
  }
  throw error;
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** The options of a command; anything else is an error of usage. */
function options<T extends Options>(args: readonly string[], known: T) {
  try {
    return parseArgs({ args: [...args], options: known, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    throw new UsageError(message.split('. ')[0]?.toLowerCase() ?? message);
  }
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
