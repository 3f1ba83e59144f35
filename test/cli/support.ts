import { main } from '../../lib/cli';
import type { CommandContext } from '../../lib/cli/command';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in a directory, as a shell would. */
export async function runIn(
  cwd: string,
  args: readonly string[],
  more: Partial<CommandContext> = {},
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await main(args, {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text), isTTY: false },
    cwd,
    env: {},
    ...more,
  });
  return { code, stdout, stderr };
}
