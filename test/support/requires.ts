import { accessSync, constants } from 'node:fs';
import path from 'node:path';

// Where Debian has servers, and where a user's PATH does not always lead.
const FOLDERS = [
  ...(process.env['PATH'] ?? '').split(path.delimiter),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
];

const reported = new Set<string>();

/** The full path of a command, if it is installed. */
export function find(command: string): string | undefined {
  return FOLDERS.map((folder) => path.join(folder, command)).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Whether all of these commands are installed. Where one is not, the caller skips its test, and the console says why;
 * in CI, where a skipped test would go unseen, it is an error.
 */
export function requires(...commands: string[]): boolean {
  const missing = commands.filter((command) => find(command) === undefined);
  for (const command of missing) {
    report(`"${command}" is not installed`);
  }
  return missing.length === 0;
}

/** `describe`, or `describe.skip` when one of the commands is not installed. */
export function describeWith(commands: string[], name: string, body: () => void): void {
  (requires(...commands) ? describe : describe.skip)(name, body);
}

/** `test`, or `test.skip` when one of the commands is not installed. */
export const testWith = (...commands: string[]): jest.It => (requires(...commands) ? test : test.skip);

/** Whether KUBECONFIG points at an API server to try things on, in namespaces of their own. No pod has to run there. */
export const onServer = (process.env['KUBECONFIG'] ?? '') !== '';

/** `describe` with an API server, or `describe.skip` with a message without one, which CI does not have. */
export function describeOnServer(name: string, body: () => void): void {
  if (!onServer) console.info(`KUBECONFIG is not set: skipping "${name}"`);
  (onServer ? describe : describe.skip)(name, body);
}

/** Says once that something a test needs is missing; throws in CI. */
export function report(what: string): void {
  if (process.env['CI'] === 'true') {
    throw new Error(`${what}: in CI no test may be skipped, so install what they need`);
  }
  if (!reported.has(what)) {
    reported.add(what);
    console.warn(`${what}: skipping the tests that need it`);
  }
}
