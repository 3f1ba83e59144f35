import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fromHelm } from '../helm';
import { replaceFile } from '../output/files';
import { type Command, EXIT, UsageError } from './command';

export const fromHelmCommand: Command = {
  synopsis: 'RELEASE CHART [flags]',
  summary: 'makes a milvus.yaml from what follows "helm install"',
  // Helm's own are told by the help.
  options: {
    values: { type: 'string', short: 'f', value: 'FILE', about: 'values, as for helm', completion: 'files' },
    set: { type: 'string', value: 'KEY=VALUE', about: 'a value, as for helm' },
    namespace: { type: 'string', short: 'n', value: 'NAMESPACE', about: 'of the release' },
    version: { type: 'string', value: 'VERSION', about: 'of the chart' },
    write: { type: 'string', value: 'FILE', about: 'where the configuration goes', completion: 'files' },
    adopt: { type: 'boolean', about: 'the release is running and is to be taken over' },
    'show-secrets': { type: 'boolean', about: 'print the credentials that were given' },
  },
  example: 'milvus milvus/milvus --version 1.1.6 --set mysql.persistence.size=8Gi',
  help: (called) => fromHelm(['--help'], String, called).stdout,
  run: (args, { stdout, stderr, cwd }) => {
    const { target, helmArgs } = splitTarget(args);
    const result = fromHelm(helmArgs, (path) => readFileSync(resolve(cwd, path)));
    stderr.write(result.stderr);
    if (target === undefined) stdout.write(result.stdout);
    else if (result.exitCode === EXIT.ok) replaceFile(resolve(cwd, target), result.stdout);
    return result.exitCode;
  },
};

/** Takes `--write FILE` out of the arguments; all others are Helm's. */
function splitTarget(args: readonly string[]): {
  readonly target?: string;
  readonly helmArgs: readonly string[];
} {
  const at = args.findIndex((arg) => /^--write(=|$)/.test(arg));
  if (at < 0) return { helmArgs: args };
  const [, attached] = /^--write=(.*)$/s.exec(args[at] ?? '') ?? [];
  const target = attached ?? args[at + 1] ?? '';
  if (target === '' || target.startsWith('-')) throw new UsageError('--write needs the name of a file');
  return { target, helmArgs: args.toSpliced(at, attached === undefined ? 2 : 1) };
}
