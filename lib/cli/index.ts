import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, suggest } from '../config/problems';
import { backups } from './backups';
import { check } from './check';
import {
  type Command,
  type CommandContext,
  EXIT,
  EXIT_CODES,
  type ExitCode,
  runCommand,
  usageError,
} from './command';
import { completionCommand } from './completion';
import { diff } from './diff';
import { explainCommand } from './explain';
import { exportCommand, importCommand } from './export';
import { fromHelmCommand } from './from-helm';
import { images } from './images';
import { initCommand } from './init';
import { job } from './job';
import { restoreCommand } from './restore';
import { showCommand } from './show';
import { sizeCommand } from './size';
import { status } from './status';
import { synth } from './synth';

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
  if (command === undefined) {
    const meant = didYouMean(suggest(name, Object.keys(COMMANDS)));
    return usageError(`there is no command "${name}"${meant}`, context, 'cdk8s-milvus');
  }
  // npm says which of the scripts it runs.
  const called = context.env['npm_lifecycle_event'] === name ? `npm run ${name} --` : `cdk8s-milvus ${name}`;
  return runCommand(command, rest, context, called);
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
