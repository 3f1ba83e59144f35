import { type ChildProcess, spawn } from 'node:child_process';
import { isMapping } from '../mapping';
import { quoted } from '../shell';
import { KubectlError } from './kubectl-error';

/** How long one question to the API server may take, where nothing is followed. */
const TIMEOUT_SECONDS = 30;

/** Which cluster kubectl talks to, as the person says it; what is left out is the person's own context. */
export interface KubectlTarget {
  /** @default - that of the context */
  readonly namespace?: string | undefined;
  /** @default - the current one */
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

/** Options of every command that asks a cluster. */
export const TARGET = {
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAMESPACE',
    about: 'as for kubectl (default: that of the configuration, or of the context)',
  },
  context: { type: 'string', value: 'NAME', about: 'as for kubectl (default: the current one)' },
  kubeconfig: { type: 'string', value: 'FILE', about: 'as for kubectl', completion: 'files' },
} as const;

/** What kubectl said. */
interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KubectlCall {
  /** Written to its standard input. @default - nothing */
  readonly input?: string;
  /** After which it is stopped; 0: never. @default 30 */
  readonly timeoutSeconds?: number;
  /** Gets what it writes to stdout as it comes; `stdout` of the result is then empty. @default - collected */
  readonly onOutput?: (text: string) => void;
  /** Stops it. @default - nothing does */
  readonly signal?: AbortSignal;
}

/**
 * The person's own kubectl, with their contexts, logins and proxies. Nothing else here talks to a cluster, and what comes
 * back is data: exit codes and texts, with no opinion of its own.
 */
export class Kubectl {
  private readonly flags: readonly string[];

  public constructor(
    target: KubectlTarget,
    private readonly cwd: string,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {
    const { namespace, context, kubeconfig } = target;
    this.flags = Object.entries({ namespace, context, kubeconfig }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`],
    );
  }

  /** What a person would paste for the same call. */
  public commandLine(args: readonly string[]): string {
    return ['kubectl', ...this.flags, ...args].map(quoted).join(' ');
  }

  /**
   * Runs it.
   * @throws KubectlError if there is no kubectl, or it does not end in time; any other end is in the result
   */
  public async run(args: readonly string[], call: KubectlCall = {}): Promise<KubectlResult> {
    const { input, timeoutSeconds = TIMEOUT_SECONDS, onOutput, signal } = call;
    const child = spawn('kubectl', [...this.flags, ...args], { cwd: this.cwd, env: this.env });
    let late = false;
    const kill = () => {
      late = true;
      child.kill('SIGKILL');
    };
    const timer = timeoutSeconds === 0 ? undefined : setTimeout(kill, timeoutSeconds * 1000);
    const stop = () => child.kill();
    signal?.addEventListener('abort', stop);
    try {
      const result = collect(child, onOutput);
      child.stdin.on('error', () => {}); // it ended before it had read everything: its exit code says why
      child.stdin.end(input);
      const { code, ended, ...texts } = await result;
      if (code === null && signal?.aborted !== true) {
        throw new KubectlError(
          !late
            ? `"${this.commandLine(args)}" was ended by ${ended}.`
            : `"${this.commandLine(args)}" did not end within ${timeoutSeconds} s: is the API server of this context reachable? (kubectl version)`,
        );
      }
      return { code: code ?? 130, ...texts };
    } catch (error) {
      const { syscall, code } = error as NodeJS.ErrnoException;
      if (syscall?.startsWith('spawn') !== true) throw error;
      throw new KubectlError(
        code === 'ENOENT'
          ? 'There is no kubectl in any directory of PATH: see https://kubernetes.io/docs/tasks/tools/'
          : `The kubectl in PATH can not be run (${code}): see https://kubernetes.io/docs/tasks/tools/`,
      );
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  /**
   * Runs it.
   * @returns what it prints
   * @throws KubectlError with the command and what kubectl says, where it fails
   */
  public async done(args: readonly string[], call: KubectlCall = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, call);
    if (code !== 0) throw new KubectlError(`${this.commandLine(args)}\n${messageOf(stderr)}`);
    return stdout;
  }

  /**
   * Runs it, and reads the JSON that it prints.
   * @throws KubectlError with what kubectl says, where it fails
   */
  public async json<T>(args: readonly string[], call: KubectlCall = {}): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--output=json'], call);
    if (code !== 0) throw new KubectlError(messageOf(stderr));
    return answerOf<T>(stdout, this.commandLine(args));
  }
}

/** What kubectl says, without the lines of its log (`E1127 21:07:30.814448 ...`), and what to do where it finds no cluster. */
export function messageOf(stderr: string): string {
  const said = stderr.replace(/^[EWI]\d{4} .*\n?/gm, '').trim() || stderr.trim();
  return /connection to the server \S+ was refused|connect: connection refused/i.test(said)
    ? `${said}\nkubectl finds no cluster. "kubectl config get-contexts" lists those that it knows: choose one with --context, or another file with --kubeconfig.`
    : said;
}

/**
 * The objects that kubectl printed.
 * @param asked what it was asked, for the message
 * @throws KubectlError when it printed something else
 */
export function answerOf<T>(stdout: string, asked: string): T {
  try {
    const value: unknown = JSON.parse(stdout);
    if (isObject(value) || (isList(value) && value.items.every(isObject))) return value as T;
  } catch {
    // No JSON: the same is to be said.
  }
  throw new KubectlError(
    `"${asked}" printed something else than objects of Kubernetes as JSON: is this kubectl, or a script of that name?`,
  );
}

const isList = (value: unknown): value is { readonly items: readonly unknown[] } =>
  isMapping(value) && Array.isArray(value['items']);
const isObject = (value: unknown): boolean =>
  isMapping(value) && isMapping(value['metadata']) && !isList(value);

async function collect(
  child: ChildProcess,
  onOutput: KubectlCall['onOutput'],
): Promise<{ code: number | null; ended: string | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (onOutput === undefined) stdout += text;
    else onOutput(text);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, ended) => resolve({ code, ended, stdout, stderr }));
  });
}
