import type { JobEnd } from '../../lib/live/job';
import { KubectlError } from '../../lib/live/kubectl-error';
import {
  type RestoreContext,
  type RestoreProps,
  type RestoreRun,
  restore,
  undo,
} from '../../lib/live/restore';

const props: RestoreProps = {
  name: 'milvus',
  instance: 'milvus',
  backup: 'latest',
  job: 'milvus-restore',
  deployments: ['milvus-writable', 'milvus-readonly', 'milvus-mishards'],
  configured: { 'milvus-readonly': 4, 'milvus-mishards': 2 },
};
const complete: JobEnd = { end: 'complete' };

/** What of a cluster a restore touches. Calls fail from the one on that `dies` says. */
class World {
  public replicas: Record<string, number> = {
    'milvus-writable': 1,
    'milvus-readonly': 3,
    'milvus-mishards': 2,
  };
  public suspended: Record<string, boolean> = { 'milvus-backup': false, 'milvus-smoke-test': true };
  public labels: Record<string, string> = {};
  public annotations: Record<string, string> = {};
  /** Answers to questions for single fields. */
  public fields: Record<string, string> = {};
  public state = '';
  public calls: string[] = [];
  public said: string[] = [];
  public dies = Number.POSITIVE_INFINITY;
  /** Of the jobs that run, and with how many pods of Milvus. */
  public jobs: [kind: string, pods: number][] = [];
  public ends: Record<string, JobEnd> = { restore: complete, 'smoke-test': complete };
  /** Backups that the Job was told to bring back. */
  public restored: string[] = [];
  /** The Job that is there, and what a new one of the script would say: rows in the database are refused. */
  public job: JobEnd | undefined;
  public hasRows = false;
  /** Pods of backups, and how often they are seen before they end. */
  public backups = 0;

  private pods(): number {
    return Object.values(this.replicas).reduce((sum, count) => sum + count, 0);
  }

  private answer(args: readonly string[], input = ''): string {
    if (this.calls.length >= this.dies) throw new KubectlError('the connection is gone');
    const line = args.join(' ');
    this.calls.push(line);
    const name = /(?:deployment|cronjob)\/(\S+)/.exec(line)?.[1] ?? '';
    const [verb, kind = ''] = args;
    if (verb === 'scale') this.replicas[name] = Number(/--replicas=(\d+)/.exec(line)?.[1]);
    else if (verb === 'patch') this.suspended[name] = line.includes('true');
    else if (verb === 'apply') this.state = JSON.parse(input).data?.state ?? this.state;
    else if (verb === 'delete' && kind.startsWith('job/')) this.job = undefined;
    else if (verb === 'delete') this.state = '';
    else if (verb === 'get' && kind.startsWith('configmap/')) return this.state;
    else if (verb === 'get') return this.fields[kind] ?? '';
    return '';
  }

  private list(kind: string): object[] {
    const { labels, annotations } = this;
    if (kind === 'deployments')
      return Object.entries(this.replicas).map(([name, replicas]) => ({
        metadata: { name, labels, annotations },
        spec: { replicas },
      }));
    if (kind === 'cronjobs')
      return Object.entries(this.suspended).map(([name, suspend]) => ({
        metadata: { name },
        spec: { suspend },
      }));
    if (!this.calls.at(-1)?.includes('component in'))
      return [
        {
          metadata: { name: 'backup-0' },
          spec: { containers: [{ name: 'upload' }] },
          status: { phase: 'Succeeded' },
        },
        ...Array.from({ length: Math.max(0, this.backups--) }, () => ({
          metadata: { name: 'backup-1' },
          spec: { containers: [{ name: 'upload' }] },
          status: { phase: 'Running' },
        })),
      ];
    return Array.from({ length: this.pods() }, (_, index) => ({ metadata: { name: `pod-${index}` } }));
  }

  private end(kind: string): JobEnd {
    if (this.calls.length >= this.dies) throw new KubectlError('the connection is gone');
    this.jobs.push([kind, this.pods()]);
    return this.ends[kind] ?? complete;
  }

  private runRestore({ backup, adopt, onLog }: RestoreRun): JobEnd {
    const isAdopted =
      this.job !== undefined && (adopt === 'any' || (adopt === 'alive' && this.job === complete));
    if (!isAdopted) {
      const end = this.end('restore');
      this.restored.push(backup);
      this.job = this.hasRows
        ? { end: 'failed', reason: 'the database is not empty', container: 'check' }
        : end;
      // Also of a Job that nobody watches any more.
      if (this.job.end !== 'failed') this.hasRows = true;
      onLog(`[download] took backup/milvus/20260701T021500Z.sql.gz from bucket 'backups': 100 bytes`);
    }
    if (this.calls.length >= this.dies) throw new KubectlError('the connection is gone');
    return this.job ?? complete;
  }

  public context(): RestoreContext {
    return {
      kubectl: {
        run: async (args, call) => ({ code: 0, stdout: this.answer(args, call?.input), stderr: '' }),
        json: async <T>(args: readonly string[]) => {
          this.answer(args);
          return { items: this.list(args[1] ?? '') } as T;
        },
        done: async (args, call) => this.answer(args, call?.input),
        commandLine: (args) => `kubectl ${args.join(' ')}`,
      },
      say: (line) => this.said.push(line),
      runRestore: async (run) => this.runRestore(run),
      runSmokeTest: async () => this.end('smoke-test'),
      pollMilliseconds: 1,
    };
  }
}

const asItWas = {
  replicas: { 'milvus-writable': 1, 'milvus-readonly': 3, 'milvus-mishards': 2 },
  suspended: { 'milvus-backup': false, 'milvus-smoke-test': true },
  state: '',
};

test('Milvus is stopped for the Job, and started as it was; what was suspended before stays so', async () => {
  const world = new World();
  await restore(props, world.context());
  expect(world.jobs).toEqual([
    ['restore', 0],
    ['smoke-test', 6],
  ]);
  expect(world).toMatchObject(asItWas);
  // In between nothing of the schedule ran, and the writable is the first to start.
  const order = (words: RegExp) => world.calls.findIndex((call) => words.test(call));
  expect(order(/patch cronjob\/milvus-backup .*true/)).toBeLessThan(order(/scale .*--replicas=0/));
  expect(order(/scale deployment\/milvus-writable --replicas=1/)).toBeLessThan(
    order(/scale deployment\/milvus-readonly --replicas=3/),
  );
  expect(world.calls.join('\n')).not.toMatch(/patch cronjob\/milvus-smoke-test/);
});

test('ended anywhere, the same goes on to the same end, and the Job never runs beside Milvus', async () => {
  const whole = new World();
  await restore(props, whole.context());
  const calls = whole.calls.length;
  expect(calls).toBeGreaterThan(15);
  for (let dies = 0; dies < calls; dies += 1) {
    const world = new World();
    world.dies = dies;
    await expect(restore(props, world.context())).rejects.toThrow('the connection is gone');
    world.dies = Number.POSITIVE_INFINITY;
    await restore(props, world.context());
    expect(world).toMatchObject(asItWas);
    for (const [kind, pods] of world.jobs) expect([kind, pods > 0]).toEqual([kind, kind === 'smoke-test']);
    expect(world.jobs.map(([kind]) => kind)).toEqual(expect.arrayContaining(['restore', 'smoke-test']));
  }
});

test('refused by the Job: stopped, nothing changed, and --undo starts all again', async () => {
  const world = new World();
  world.ends['restore'] = { end: 'failed', reason: 'the database is not empty', container: 'check' };
  await expect(restore(props, world.context())).rejects.toThrow(
    /the database is not empty\nMilvus is stopped, and nothing was changed\. .*--undo.*--force/,
  );
  expect(world.replicas['milvus-readonly']).toBe(0);
  await undo(props, world.context());
  expect(world).toMatchObject(asItWas);
  expect(world.jobs).toEqual([['restore', 0]]);
});

test('stopped by hand before: it gets what is configured, to be tried; undone, it is stopped as it was', async () => {
  const stopped = { 'milvus-writable': 0, 'milvus-readonly': 0, 'milvus-mishards': 5 };
  const world = new World();
  world.replicas = { ...stopped };
  await restore(props, world.context());
  expect(world.replicas).toEqual({ 'milvus-writable': 1, 'milvus-readonly': 4, 'milvus-mishards': 5 });
  expect(world.said.filter((line) => line.includes('no pods before'))).toEqual([
    'milvus-writable had no pods before: it gets 1, as configured',
    'milvus-readonly had no pods before: it gets 4, as configured',
  ]);
  const refused = new World();
  refused.replicas = { ...stopped };
  refused.ends['restore'] = { end: 'failed', reason: 'the database is not empty', container: 'check' };
  await expect(restore(props, refused.context())).rejects.toThrow('nothing was changed');
  await undo(props, refused.context());
  expect(refused.replicas).toEqual(stopped);
});

test('broken off in the middle: not started over half of the metadata, and going on is all there is', async () => {
  const world = new World();
  world.ends['restore'] = { end: 'failed', reason: 'the bucket is full', container: 'objects' };
  await expect(restore(props, world.context())).rejects.toThrow(
    /the bucket is full\nMilvus is stopped, and has to be/,
  );
  await expect(undo(props, world.context())).rejects.toThrow('This can not be undone');
  await expect(restore({ ...props, backup: '20260630T021500Z' }, world.context())).rejects.toThrow(
    'A restore of 20260701T021500Z has begun: metadata and objects are being brought back. Name that one',
  );
  expect(world.replicas).toEqual({ 'milvus-writable': 0, 'milvus-readonly': 0, 'milvus-mishards': 0 });
  world.ends['restore'] = complete;
  await restore(props, world.context());
  expect(world).toMatchObject(asItWas);
  expect(world.said).toContain(
    'A restore of 20260701T021500Z was interrupted: metadata and objects are being brought back. It goes on.',
  );
  // The latest of then, whatever has become the latest since.
  expect(world.restored).toEqual(['latest', '20260701T021500Z']);
});

test('broken off, and then refused for what is no harm: half of the metadata is there all the same', async () => {
  const world = new World();
  world.ends['restore'] = { end: 'failed', reason: 'MySQL is gone', container: 'load' };
  await expect(restore(props, world.context())).rejects.toThrow('Milvus is stopped, and has to be');
  world.ends['restore'] = { end: 'failed', reason: 'S3 does not answer', container: 'download' };
  await expect(restore(props, world.context())).rejects.toThrow('Milvus is stopped, and has to be');
  await expect(undo(props, world.context())).rejects.toThrow('This can not be undone');
});

test('a Job that ended well while nobody watched is not run again, over its own rows', async () => {
  const world = new World();
  world.ends['restore'] = { end: 'interrupted' };
  await expect(restore(props, world.context())).rejects.toThrow('Interrupted: the Job goes on');
  world.job = complete;
  await restore(props, world.context());
  expect(world).toMatchObject(asItWas);
  expect(world.restored).toEqual(['latest']);
});

test('a Job that ended well and was deleted: its rows are refused, and what to do then is said', async () => {
  const world = new World();
  world.ends['restore'] = { end: 'interrupted' };
  await expect(restore(props, world.context())).rejects.toThrow('Interrupted: the Job goes on');
  world.job = undefined;
  await expect(restore(props, world.context())).rejects.toThrow(
    /the database is not empty\n.*--undo \(also where the Job had ended well, and is gone: then all is in place\); to replace/,
  );
  await undo(props, world.context());
  expect(world).toMatchObject(asItWas);
});

test('a Job that was refused while nobody watched has changed nothing', async () => {
  const world = new World();
  world.ends['restore'] = { end: 'interrupted' };
  await expect(restore(props, world.context())).rejects.toThrow('Interrupted');
  world.job = { end: 'failed', reason: 'the database is not empty', container: 'check' };
  await expect(restore(props, world.context())).rejects.toThrow('nothing was changed');
  await undo(props, world.context());
  expect(world).toMatchObject(asItWas);
});

test('of another place: the same has to be named to go on', async () => {
  const world = new World();
  world.ends['restore'] = { end: 'failed', reason: 'the bucket is full', container: 'bring-back' };
  const clone = { ...props, from: 'prod/backup/prod' };
  await expect(restore(clone, world.context())).rejects.toThrow('the bucket is full');
  await expect(restore(props, world.context())).rejects.toThrow(
    'A restore of 20260701T021500Z --from prod/backup/prod has begun: metadata and objects are being brought back. Name that one, not latest.',
  );
  world.ends['restore'] = complete;
  await restore(clone, world.context());
  expect(world).toMatchObject(asItWas);
});

test('a backup that runs is waited for: it would delete the oldest one, and have two states', async () => {
  const world = new World();
  world.backups = 3;
  await restore(props, world.context());
  expect(world.backups).toBeLessThan(0);
  expect(
    world.said.filter((line) => /^Waiting for a backup that runs \(pod backup-1/.test(line)),
  ).toHaveLength(1);
  const stopped = new AbortController();
  stopped.abort();
  const other = new World();
  other.backups = 3;
  await expect(restore(props, { ...other.context(), signal: stopped.signal })).rejects.toThrow(
    'Interrupted.\nIt stands here: Milvus is being stopped; nothing is changed. Run the same again.',
  );
  await undo(props, other.context());
  expect(other).toMatchObject(asItWas);
});

test('a smoke test that fails leaves the schedule off, and is what the next call begins with', async () => {
  const world = new World();
  world.ends['smoke-test'] = { end: 'failed', reason: 'found nothing' };
  await expect(restore(props, world.context())).rejects.toThrow('the smoke test failed: found nothing');
  expect(world.suspended['milvus-backup']).toBe(true);
  world.ends['smoke-test'] = complete;
  await restore(props, world.context());
  expect(world.jobs.map(([kind]) => kind)).toEqual(['restore', 'smoke-test', 'smoke-test']);
  expect(world).toMatchObject(asItWas);
});

describe('who would start Milvus in the middle', () => {
  const flux = {
    'kustomize.toolkit.fluxcd.io/name': 'milvus',
    'kustomize.toolkit.fluxcd.io/namespace': 'flux',
  };
  const argo = { 'argocd.argoproj.io/tracking-id': 'vectors:apps/Deployment:milvus/milvus-writable' };

  test('Flux', async () => {
    const world = new World();
    world.labels = flux;
    await expect(restore(props, world.context())).rejects.toThrow(
      'kubectl patch kustomizations.kustomize.toolkit.fluxcd.io milvus --namespace=flux --type=merge',
    );
    expect(world).toMatchObject(asItWas);
    world.fields = { 'kustomizations.kustomize.toolkit.fluxcd.io': 'true' };
    world.ends['restore'] = { end: 'failed', reason: 'gone', container: 'bring-back' };
    await expect(restore(props, world.context())).rejects.toThrow('gone');
    // Somebody has resumed it meanwhile.
    world.fields = {};
    await expect(restore(props, world.context())).rejects.toThrow('Suspend its Kustomization first');
    world.fields = { 'kustomizations.kustomize.toolkit.fluxcd.io': 'true' };
    world.ends['restore'] = complete;
    await restore(props, world.context());
    expect(world.said).toContainEqual(
      expect.stringMatching(/^Flux is still suspended\. To resume it:\n {2}kubectl patch .*"suspend":false/),
    );
  });

  test('Argo CD', async () => {
    const world = new World();
    world.annotations = argo;
    world.fields = { 'applications.argoproj.io': '{"prune":true}' };
    await expect(restore(props, world.context())).rejects.toThrow(
      'kubectl patch applications.argoproj.io vectors --namespace=argocd --type=merge',
    );
    expect(world).toMatchObject(asItWas);
    world.fields = {};
    await restore(props, world.context());
  });
});

test('not applied, or in another namespace', async () => {
  const world = new World();
  world.replicas = {};
  await expect(restore(props, world.context())).rejects.toThrow(
    'There is no Deployment milvus-writable, milvus-readonly, milvus-mishards here',
  );
  await expect(undo(props, world.context())).rejects.toThrow('No restore of milvus has begun.');
  expect(world.state).toBe('');
  expect(world.calls).toContainEqual(expect.stringContaining('get configmap/milvus-restore-state '));
});
