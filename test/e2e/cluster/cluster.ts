import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { MilvusConfig } from '../../../lib';
import type { Cause } from '../../../lib/live/causes';
import { ROOT } from '../../support/project';
import { pause } from './pause';
import { configurationOf, NAME, type Plan } from './plan';

const run = promisify(execFile);

/** What ended otherwise than it should; the message has what it said. */
interface Failed {
  readonly code?: number | string;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** What the client says in a second. */
export interface Second {
  readonly time: number;
  readonly calls: number;
  readonly failed: number;
  /** Seconds of the longest call. */
  readonly slowest: number;
  readonly errors: readonly string[];
  /** Rows whose insert and flush were answered, since the beginning. */
  readonly acknowledged: number;
}

/** Of a stretch of time. */
export interface Searches {
  readonly calls: number;
  readonly failed: number;
  readonly slowest: number;
  readonly errors: readonly string[];
}

/** The lines of the client's log that are seconds. */
export function secondsOf(log: string): Second[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"calls"'))
    .map((line) => JSON.parse(line) as Second);
}

export function sum(seconds: readonly Second[]): Searches {
  const total = (key: 'calls' | 'failed') => seconds.reduce((all, second) => all + second[key], 0);
  return {
    calls: total('calls'),
    failed: total('failed'),
    slowest: Math.max(0, ...seconds.map(({ slowest }) => slowest)),
    errors: [...new Set(seconds.flatMap(({ errors }) => errors))],
  };
}

/** The namespace of the suite, and what a person would type in it. */
export class Cluster {
  public readonly config: MilvusConfig;
  private readonly file: string;
  /** Where the manifests are that were applied last. */
  public manifests = '';
  /** By what is in the configuration: most changes are taken back. */
  private readonly synthesized = new Map<string, string>();

  public constructor(
    public readonly plan: Plan,
    private readonly folder: string,
  ) {
    this.config = configurationOf(plan);
    this.file = join(folder, 'milvus.yaml');
  }

  /** @returns stdout; what fails is an error with stderr */
  public async kubectl(args: readonly string[], input = '', timeoutSeconds = 120): Promise<string> {
    const child = run('kubectl', ['--namespace', this.plan.namespace, ...args], {
      timeout: timeoutSeconds * 1000,
      maxBuffer: 2 ** 28,
    });
    child.child.stdin?.end(input);
    const { stdout } = await child.catch((error: Failed) => {
      throw new Error(`kubectl ${args.join(' ')}: ${error.stderr || String(error)}`);
    });
    return stdout;
  }

  /** A line as it is pasted. */
  public async shell(line: string): Promise<void> {
    await run('sh', ['-c', line], { timeout: 60_000, maxBuffer: 2 ** 28 }).catch((error: Failed) => {
      throw new Error(`${line}: ${error.stderr || String(error)}`);
    });
  }

  /** `cdk8s-milvus ...` on the configuration and the namespace of the suite. */
  public async milvus(
    args: readonly string[],
    timeoutSeconds = 120,
    namespace = this.plan.namespace,
  ): Promise<{ code: number; out: string }> {
    const [command = '', ...others] = args;
    const config = ['--config', this.file, '--namespace', namespace];
    const [file = '', ...program] = this.plan.program;
    return await run(file, [...program, command, ...others, ...config], {
      cwd: ROOT,
      env: { ...process.env, CDK8S_OUTDIR: this.manifests },
      timeout: timeoutSeconds * 1000,
    }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout + stderr }),
      (error: Failed) => ({ code: Number(error.code ?? 1), out: `${error.stdout}${error.stderr}` }),
    );
  }

  /** Synthesizes the configuration with this change, and applies it. */
  public async apply(change: Partial<MilvusConfig> = {}, flags: readonly string[] = []): Promise<string> {
    const text = stringify({ ...this.config, ...change });
    writeFileSync(this.file, text);
    this.manifests = this.synthesized.get(text) ?? join(this.folder, `dist-${this.synthesized.size}`);
    if (!this.synthesized.has(text)) {
      const args = [join(ROOT, 'synth.js'), '-c', this.file, '-o', this.manifests, '-q'];
      await run(process.execPath, args, { cwd: ROOT });
      this.synthesized.set(text, this.manifests);
    }
    return await this.kubectl(['apply', '-f', this.manifests, ...flags]);
  }

  /** Waits as a person does. */
  public async ready(): Promise<void> {
    const { waitMinutes } = this.plan;
    const { code, out } = await this.milvus(['status', `--wait=${waitMinutes}m`], waitMinutes * 60 + 60);
    if (code !== 0) throw new Error(out);
  }

  /** What `status` says is in the way, the most important first. */
  public async causes(namespace?: string): Promise<readonly (Cause & { readonly documentation: string })[]> {
    const { out } = await this.milvus(['status', '--format', 'json'], 120, namespace);
    try {
      return JSON.parse(out)[0].causes;
    } catch {
      throw new Error(`status --format json: ${out}`);
    }
  }

  public async pods(component: string): Promise<string[]> {
    const selector = `app.kubernetes.io/instance=${NAME},component=${component}`;
    return (await this.kubectl(['get', 'pods', '--selector', selector, '--output', 'name']))
      .split('\n')
      .filter(Boolean);
  }

  public async deploymentDone(component: string): Promise<void> {
    const { waitMinutes } = this.plan;
    const name = `deployment/${NAME}-${component}`;
    await this.kubectl(['rollout', 'status', name, `--timeout=${waitMinutes}m`], '', waitMinutes * 60 + 60);
  }

  /** What a drain does to a pod: it keeps to disruption budgets. */
  public async evict(pod: string): Promise<void> {
    const name = pod.replace('pod/', '');
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace: this.plan.namespace },
    };
    const path = `/api/v1/namespaces/${this.plan.namespace}/pods/${name}/eviction`;
    await this.kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(eviction));
  }

  /** Runs something, and says what the client met from its beginning until some seconds after its end. */
  public async during(what: () => Promise<unknown>, secondsAfter = 20): Promise<Searches> {
    const from = (await this.lastSecond()).time;
    await what();
    await pause(secondsAfter);
    const seconds = secondsOf(await this.kubectl(['logs', CLIENT, '--since=2h']));
    return sum(seconds.filter(({ time }) => time > from));
  }

  public async lastSecond(): Promise<Second> {
    for (let tries = 0; tries < 60; tries += 1) {
      const last = secondsOf(await this.kubectl(['logs', CLIENT, '--tail=5'])).at(-1);
      if (last !== undefined) return last;
      await pause(5);
    }
    throw new Error(`the client does not get to search: ${await this.kubectl(['logs', CLIENT, '--tail=5'])}`);
  }

  /** What is in Milvus now. */
  public async verify(): Promise<{ rows: number; sampled: number; notFound: number }> {
    return JSON.parse(await this.kubectl(['exec', CLIENT, '--', 'python3', CLIENT_FILE, 'verify']));
  }
}

export const CLIENT = 'deployment/client';
const CLIENT_FILE = '/client/client.py';

/** The second client: a Deployment of the mishards image, which has pymilvus, as restricted as all other pods. */
export function clientManifests(script: string, image: string): object[] {
  const labels = { app: 'client' };
  const pod = {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'client',
        image,
        command: ['python3', '-u', CLIENT_FILE, 'search'],
        env: [{ name: 'MILVUS_HOST', value: NAME }],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [{ name: 'client', mountPath: '/client' }],
      },
    ],
    volumes: [{ name: 'client', configMap: { name: 'client' } }],
  };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'client' }, data: { 'client.py': script } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'client' },
      spec: {
        selector: { matchLabels: labels },
        strategy: { type: 'Recreate' },
        template: { metadata: { labels }, spec: pod },
      },
    },
  ];
}
