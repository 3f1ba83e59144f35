import { parseArgs } from 'node:util';
import { ConfigurationError } from '../config/problems';
import { KubectlError } from '../live/kubectl-error';
import { OutputError } from '../output/files';
import type { Terminal } from '../output/progress';
import { annotations, problemsAsJson } from './problem-formats';

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
export class UsageError extends Error {}

export type ExitCode = number | Promise<number>;

export interface Command {
  /** Its arguments, for the list of all commands. */
  readonly synopsis: string;
  /** What it does, for the same list. */
  readonly summary: string;
  /** @param called what the person types before the arguments, such as `cdk8s-milvus synth` */
  readonly help: (called: string) => string;
  /** @returns the exit code; of what waits for other programs or for time, later */
  readonly run: (args: readonly string[], context: CommandContext, called: string) => ExitCode;
  /** What else there is to say when it fails. @default - nothing */
  readonly afterFailure?: string;
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
    context.stdout.write(command.help(called));
    return EXIT.ok;
  }
  const failed = (error: unknown) => failure(error, command, args, context, called);
  try {
    const code = command.run(args, context, called);
    return typeof code === 'number' ? code : code.catch(failed);
  } catch (error) {
    return failed(error);
  }
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
    throw new UsageError(sentence.charAt(0).toLowerCase() + sentence.slice(1));
  }
}

/** Which configuration: as often as somebody likes. */
export const CONFIG = { type: 'string', short: 'c', multiple: true } as const;
export const FORMAT = { type: 'string', default: 'text' } as const;

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

export const OUTDIR = { type: 'string', short: 'o' } as const;

export const CONFIG_HELP = `  -c, --config   a file, a directory, a glob, or several of them: separated by commas, or each with its -c
                 (default: the environment variable MILVUS_CONFIG, or milvus.yaml)`;

export const FORMAT_HELP = `  --format       text, or json: what is wrong, for editors and other programs, on stdout (default: text)`;

/** The context of this process. That nobody reads the output any more is no failure; that it can not be kept is. */
export function processContext(): CommandContext {
  const { stdout, stderr, env } = process;
  stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.exitCode = EXIT.failed;
    stderr.write(`The output can not be written: ${message}\n`);
  });
  stderr.on('error', () => {});
  return { stdout, stderr, cwd: currentDirectory(), env };
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write('The current directory is gone: change to one that is there.\n');
    process.exit(EXIT.failed);
  }
}
