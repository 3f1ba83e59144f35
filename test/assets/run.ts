import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { requires } from '../support/requires';

export const ASSETS = path.resolve(__dirname, '../../assets');

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcessWithoutNullStreams;
  /** Resolves once the text has appeared on stdout or stderr. */
  printed(text: string): Promise<void>;
  ended: Promise<Result>;
}

/** Starts a command with exactly this environment: nothing of the developer's gets in. */
export function start(command: string[], env: Record<string, string>, cwd?: string): Running {
  // In a process group of its own, so that it can be killed with all that it started.
  const child = spawn(command[0] ?? '', command.slice(1), { env, cwd, detached: true });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  child.stdin.on('error', () => {});
  child.stdin.end();
  const ended = new Promise<Result>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const printed = (text: string) =>
    until(() => {
      if (child.exitCode !== null) {
        throw new Error(`ended with ${child.exitCode} before it printed "${text}": ${stdout}${stderr}`);
      }
      return (stdout + stderr).includes(text);
    }, `"${text}" was not printed`);
  return { child, printed, ended };
}

/** Milliseconds after which a command hangs: below the limit of a test, and more than one takes on a busy machine. */
const HANGING = 20_000;

/** Not execFileSync, because the servers that the scripts talk to live in this process. */
export async function run(command: string[], env: Record<string, string>, cwd?: string): Promise<Result> {
  const running = start(command, env, cwd);
  const limit = setTimeout(() => killAll(running), HANGING);
  try {
    return await running.ended;
  } finally {
    clearTimeout(limit);
  }
}

/** Kills a command with everything that it started and that is still in its process group. */
export function killAll({ child }: Running): void {
  if (child.pid !== undefined) {
    process.kill(-child.pid, 'SIGKILL');
  }
}

export async function until(condition: () => boolean, failure: string, limit = HANGING): Promise<void> {
  const deadline = Date.now() + limit;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error(failure);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const SHELLS = [['dash'], ['bash', '--posix'], ['busybox', 'sh'], ['mksh']];

/** The POSIX shells on this machine, as beginnings of a command. */
export function shells(): string[][] {
  return SHELLS.filter(([command = '']) => requires(command));
}

/** Writes a script that stands in for a command and returns the folder to put first in PATH. */
export function shim(folder: string, name: string, body: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(path.join(folder, name), 0o755);
  return folder;
}

/** A clock that is this many seconds further each time that a script asks for the seconds; the shim of `date`. */
export function fastClock(folder: string, seconds: number): string {
  const clock = path.join(folder, 'clock');
  const tick = `now=$(($(cat '${clock}') + ${seconds})); echo "$now" >'${clock}'; echo "$now"`;
  shim(folder, 'date', `case $1 in +%s) ${tick} ;; *) echo '12:34:56 UTC' ;; esac`);
  writeFileSync(clock, '1000');
  return folder;
}

/** Starts a server on a free port of 127.0.0.1 and returns the port. */
export function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
