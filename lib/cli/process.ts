import { isatty } from 'node:tty';
import { type CommandContext, EXIT, type ExitCode } from './command';
import { UsageError } from './options';

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
