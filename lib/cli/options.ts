import { parseArgs } from 'node:util';
import type { LoadOptions } from '../config/load';
import { suggest } from '../config/problems';
import { quoted } from '../shell';

/** Wrong arguments; the message is for the person who typed them. */
export class UsageError extends Error {}

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
export const OUTDIR = {
  type: 'string',
  short: 'o',
  value: 'DIRECTORY',
  about: 'where the manifests are (default: the environment variable CDK8S_OUTDIR, or dist)',
  completion: 'directories',
} as const satisfies Option;
export const FORMAT = {
  type: 'string',
  default: 'text',
  value: 'FORMAT',
  about: 'text, or json: problems as JSON on stdout, for editors and other programs (default: text)',
  completion: ['text', 'json'],
} as const satisfies Option;

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

/** @throws UsageError for a format that there is not */
export function asJson(format: string): boolean {
  if (!['text', 'json'].includes(format)) throw new UsageError(`option '--format' is text or json`);
  return format === 'json';
}

/** The same, when the options can not be asked any more. */
export function isJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) => arg === '--format=json' || (arg === 'json' && args[index - 1] === '--format'),
  );
}

/** What a program reads. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * What to load the configuration with.
 * @param config the values of `CONFIG`
 */
export const loadOptions = (
  config: readonly string[] | undefined,
  { cwd, env }: Pick<LoadOptions, 'cwd' | 'env'>,
): LoadOptions => ({ config: config?.join(), cwd, env });
