import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fromHelm } from '../helm';
import { replaceFile } from '../output/files';
import { type Command, EXIT } from './command';
import { asJson, UsageError } from './options';
import { annotations, problemsAsJson } from './problem-formats';

export const fromHelmCommand: Command = {
  synopsis: 'RELEASE CHART [flags]',
  summary: 'makes a milvus.yaml from the arguments of "helm install"',
  // Helm's own are told by the help.
  options: {
    values: { type: 'string', short: 'f', value: 'FILE', about: 'values, as for helm', completion: 'files' },
    set: { type: 'string', value: 'KEY=VALUE', about: 'a value, as for helm' },
    namespace: { type: 'string', short: 'n', value: 'NAMESPACE', about: 'namespace of the release' },
    version: { type: 'string', value: 'VERSION', about: 'version of the chart' },
    write: { type: 'string', value: 'FILE', about: 'where the configuration goes', completion: 'files' },
    adopt: { type: 'boolean', about: 'take over the running release' },
    'show-secrets': { type: 'boolean', about: 'print the credentials that were given' },
  },
  example: 'milvus milvus/milvus --version 1.1.6 --set mysql.persistence.size=8Gi',
  help: (called) => fromHelm(['--help'], String, called).stdout,
  run: (args, context) => {
    const { stdout, stderr, cwd } = context;
    const { value: target, others } = take(args, '--write', 'the name of a file');
    const { value: format = 'text', others: helmArgs } = take(others, '--format', 'text or json');
    const json = asJson(format);
    if (json && target === undefined) {
      throw new UsageError(`option '--format json' takes --write FILE: both would go to standard output`);
    }
    const result = fromHelm(helmArgs, (path) => readFileSync(resolve(cwd, path)));
    const { problems = [], exitCode } = result;
    if (json) stdout.write(problemsAsJson(problems));
    if (!json || problems.length === 0) stderr.write(result.stderr);
    stderr.write(annotations(problems, context));
    if (target === undefined) stdout.write(result.stdout);
    else if (exitCode === EXIT.ok) replaceFile(resolve(cwd, target), result.stdout);
    return exitCode;
  },
};

/** Takes an option with a value out of the arguments; all others are Helm's. */
function take(
  args: readonly string[],
  name: string,
  what: string,
): { readonly value?: string; readonly others: readonly string[] } {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at < 0) return { others: args };
  const attached = args[at] === name ? undefined : args[at]?.slice(name.length + 1);
  const value = attached ?? args[at + 1] ?? '';
  if (value === '' || value.startsWith('-')) throw new UsageError(`${name} needs ${what}`);
  return { value, others: args.toSpliced(at, attached === undefined ? 2 : 1) };
}
