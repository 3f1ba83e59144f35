import { ConfigurationError } from '../config/problems';
import { KubectlError } from '../live/kubectl-error';
import { OutputError } from '../output/files';
import type { Terminal } from '../output/progress';
import { type Completion, isJson, type Option, UsageError } from './options';
import { annotations, problemsAsJson } from './problem-formats';

/** Where a command writes, and what it starts from. */
export interface CommandContext {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Directory that relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the person a question. @default - nobody is there to be asked */
  readonly ask?: (question: string) => Promise<string>;
}

/**
 * What a shell sees, of every command. ok: it is done, and all is as it should be. failed: something is not, the configuration, the
 * manifests or the cluster. usage: wrong arguments, so that nothing was looked at.
 */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** That manifests are looked for which nobody has written yet. */
export const notSynthesized = (what: string): string =>
  `There is no ${what}: synthesize first (npm run synth, or cdk8s-milvus synth).`;

export type ExitCode = number | Promise<number>;

export interface Command {
  /** Its arguments, for the list of all commands. */
  readonly synopsis: string;
  /** What it does, for the same list. */
  readonly summary: string;
  /** What it does, as its help begins. @default - the summary */
  readonly about?: string;
  /** @default - none */
  readonly options?: Readonly<Record<string, Option>>;
  /** What the shell offers for the arguments that are no options. @default - nothing */
  readonly completion?: Completion;
  /** Arguments that work as they stand beside a milvus.yaml; a test runs them. */
  readonly example?: string;
  /** What its exit codes mean, where that is more than for every command. */
  readonly exitCodes?: string;
  /**
   * Its help, where that is not made from the above.
   * @param called what the person types before the arguments, such as `cdk8s-milvus synth`
   */
  readonly help?: (called: string) => string;
  /** @returns the exit code; of what waits for other programs or for time, later */
  readonly run: (args: readonly string[], context: CommandContext, called: string) => ExitCode;
  /** What else there is to say when it fails. @default - nothing */
  readonly afterFailure?: string;
}

/** What `--help` prints. */
export function helpOf(command: Command, called: string): string {
  const { help, synopsis, summary, about, options: known = {}, example, exitCodes = EXIT_CODES } = command;
  const shown = example === undefined ? [] : [`Example:\n  ${called} ${example}`.trimEnd()];
  if (help !== undefined) return [help(called).trimEnd(), ...shown].join('\n\n').concat('\n');
  return [
    inShell(about ?? `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, called),
    `  ${called} ${synopsis}`.trimEnd(),
    ...(Object.keys(known).length === 0 ? [] : [optionsHelp(known)]),
    ...shown,
    `Exit codes: ${exitCodes}`,
  ]
    .join('\n\n')
    .concat('\n');
}

/** A command line in a text, as it can be pasted where this one was typed; npm writes nothing of its own to a pipe then. */
function inShell(text: string, called: string): string {
  return called.startsWith('npm ') ? text.replaceAll(/cdk8s-milvus (?=\w)(\S+)/g, 'npm run -s $1 --') : text;
}

/** Of every command that says nothing else. */
export const EXIT_CODES = '0 done, 1 the configuration or a file can not be used, 2 wrong arguments.';

/** Lines of help, all that an option is in one column. */
function optionsHelp(known: NonNullable<Command['options']>): string {
  const heads = Object.entries(known).map(([name, { short, value }]) => {
    const long = `--${name}${value === undefined ? '' : ` ${value}`}`;
    return short === undefined ? long : `-${short}, ${long}`;
  });
  const width = Math.max(...heads.map(({ length }) => length));
  return Object.values(known)
    .map(({ about }, index) => {
      const [first = '', ...others] = about.split('\n');
      const indent = ' '.repeat(width + 5);
      return [`  ${heads[index]?.padEnd(width)}   ${first}`, ...others.map((line) => indent + line)].join(
        '\n',
      );
    })
    .join('\n');
}

/**
 * Runs a command, or prints its help.
 * @returns the exit code
 */
export function runCommand(
  command: Command,
  args: readonly string[],
  context: CommandContext,
  called: string,
): ExitCode {
  if (args.includes('--help') || args.includes('-h')) {
    context.stdout.write(helpOf(command, called));
    return EXIT.ok;
  }
  const kept = called.startsWith('npm ') ? optionKeptByNpm(command, context) : undefined;
  if (kept !== undefined) {
    return usageError(`npm kept '--${kept}' for itself: ${AFTER_DASHES}`, context, called);
  }
  const failed = (error: unknown) => failure(error, command, args, context, called);
  try {
    const code = command.run(args, context, called);
    return typeof code === 'number' ? code : code.catch(failed);
  } catch (error) {
    return failed(error);
  }
}

const AFTER_DASHES = 'put options behind "--", as in the help';

/** Options that npm has too, for which somebody may have them in a file. */
const OF_NPM = ['all', 'force', 'yes'];

/** An option of the command that stood before `--`, so that npm took it and the command never sees it. */
function optionKeptByNpm({ options: known = {} }: Command, { env }: CommandContext): string | undefined {
  return Object.keys(known).find(
    (name) => !OF_NPM.includes(name) && env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined,
  );
}

/** Reports what a person can mend; anything else is a fault of this program. */
function failure(
  error: unknown,
  command: Command,
  args: readonly string[],
  context: CommandContext,
  called: string,
): number {
  if (error instanceof UsageError) return usageError(error.message, context, called);
  if (error instanceof KubectlError) {
    context.stderr.write(`${error.message}\n`);
    return EXIT.failed;
  }
  if (!(error instanceof ConfigurationError || error instanceof OutputError)) throw error;
  const reports = error instanceof ConfigurationError ? error.reports : undefined;
  if (reports !== undefined && isJson(args)) context.stdout.write(problemsAsJson(reports));
  else {
    const partly = error instanceof OutputError && error.partly;
    context.stderr.write(`${error.message}\n${partly ? '' : (command.afterFailure ?? '')}`);
  }
  context.stderr.write(annotations(reports ?? [], context));
  return EXIT.failed;
}

export function usageError(message: string, { stderr }: CommandContext, called: string): number {
  stderr.write(`cdk8s-milvus: ${message}\nSee ${called} --help\n`);
  return EXIT.usage;
}
