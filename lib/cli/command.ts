import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { ConfigurationError, suggest } from '../config/problems';
import { KubectlError } from '../live/kubectl-error';
import { OutputError } from '../output/files';
import type { Terminal } from '../output/progress';
import { quoted } from '../shell';
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

/** Wrong arguments; the message is for the person who typed them. */
export class UsageError extends Error {}

/** A name that no cluster of the configuration has. */
export function noSuchCluster(
  name: string,
  known: readonly { readonly settings: { readonly name: string } }[],
): UsageError {
  const names = known.map(({ settings }) => settings.name).join(', ');
  return new UsageError(`there is no cluster "${name}" in the configuration: ${names}`);
}

export type ExitCode = number | Promise<number>;

/** What the shell offers where a value is typed. */
export type Completion = 'files' | 'directories' | 'keys' | readonly string[];

/** An option as parseArgs of node:util takes it, and what help, completion and the reference have of it. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  readonly default?: string;
  /** What stands for its value. @default - nothing, it is a switch */
  readonly value?: string;
  /** What it is, in a line or more. */
  readonly about: string;
  /** @default - nothing */
  readonly completion?: Completion;
}

export type CommandOptions = Readonly<Record<string, Option>>;

export interface Command {
  /** Its arguments, for the list of all commands. */
  readonly synopsis: string;
  /** What it does, for the same list. */
  readonly summary: string;
  /** What it does, as its help begins. @default - the summary */
  readonly about?: string;
  /** @default - none */
  readonly options?: CommandOptions;
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
function optionsHelp(known: CommandOptions): string {
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

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;
type Values<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: false }>
>['values'];

/**
 * The options of a command.
 * @throws UsageError for anything else, and for a value that is empty: an unset variable of a shell script
 */
export function options<T extends Options>(args: readonly string[], known: T): Values<T> {
  return optionsAndNames(args, known, false).values;
}

/**
 * The options of a command, and the arguments that are none, in their order.
 * @throws UsageError as `options()` does
 */
export function optionsAndNames<T extends Options>(
  args: readonly string[],
  known: T,
  allowPositionals = true,
): { readonly values: Values<T>; readonly names: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: known,
      strict: true,
      allowPositionals,
    }) as { values: Values<T>; positionals: string[] };
    for (const [name, value] of Object.entries<unknown>(values)) {
      if ([value].flat().includes('')) throw new UsageError(`option '--${name}' has an empty value`);
    }
    return { values, names: positionals };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
    const [sentence = message] = message.split(/\.\s/);
    const [, given] = /^Unknown option '--([^']+)'/.exec(sentence) ?? [];
    const meant = given === undefined ? undefined : suggest(given, Object.keys(known));
    const hint = meant === undefined ? fileHint(sentence, known) : `; did you mean '--${meant}'?`;
    throw new UsageError(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}${hint}`);
  }
}

/** For whoever names a configuration without its option. */
function fileHint(sentence: string, known: Options): string {
  const [, file] = /^Unexpected argument '(.+\.ya?ml|.+\/)'/.exec(sentence) ?? [];
  return file === undefined || known['config'] === undefined
    ? ''
    : `; a configuration goes behind -c: -c ${quoted(file)}`;
}

/** Which configuration: as often as somebody likes. */
export const CONFIG = {
  type: 'string',
  short: 'c',
  multiple: true,
  value: 'CONFIG',
  about: `a file, a directory, a glob, or several of them: separated by commas, or each after a -c
(default: the environment variable MILVUS_CONFIG, or milvus.yaml)`,
  completion: 'files',
} as const satisfies Option;
export const FORMAT = {
  type: 'string',
  default: 'text',
  value: 'FORMAT',
  about: 'text, or json: problems as JSON on stdout, for editors and other programs (default: text)',
  completion: ['text', 'json'],
} as const satisfies Option;

/** @throws UsageError for a format that there is not */
export function asJson(format: string): boolean {
  if (!['text', 'json'].includes(format)) throw new UsageError(`option '--format' is text or json`);
  return format === 'json';
}

/** The same, when the options can not be asked any more. */
function isJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) => arg === '--format=json' || (arg === 'json' && args[index - 1] === '--format'),
  );
}

export const OUTDIR = {
  type: 'string',
  short: 'o',
  value: 'DIRECTORY',
  about: 'where the manifests are (default: the environment variable CDK8S_OUTDIR, or dist)',
  completion: 'directories',
} as const satisfies Option;

/** The context of this process. That nobody reads the output any more is no failure; that it can not be kept is. */
export function processContext(): CommandContext {
  const { stdout, stderr, env } = process;
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.exitCode = EXIT.failed;
    stderr.write(`The output can not be written: ${message}\n`);
  });
  stderr.on('error', () => {});
  // Not process.stdin, which is opened by being looked at: few commands ask.
  const terminal = isatty(0) && stdout.isTTY;
  return { stdout, stderr, cwd: currentDirectory(), env, ...(terminal ? { ask } : {}) };
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  reader.once('SIGINT', () => process.exit(130));
  try {
    return await Promise.race([
      reader.question(question),
      new Promise<never>((_, reject) => {
        reader.once('close', () => reject(new UsageError('there was no answer')));
      }),
    ]);
  } finally {
    reader.removeAllListeners('close');
    reader.close();
  }
}

/** The exit code of this process. It ends by itself, when all is written that goes to a pipe. */
export function endWith(code: ExitCode): void {
  void Promise.resolve(code).then((ended) => {
    process.exitCode ??= ended; // unless the output could not be written
  });
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write('The current directory is gone: change to one that is there.\n');
    process.exit(EXIT.failed);
  }
}
