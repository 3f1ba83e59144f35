import { cpus } from 'node:os';
import * as path from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type PlacedCluster, stageCluster } from './cluster-files';
import { nothingStaged, OutputError, type Staged } from './files';

/** What a thread has made of its share. */
export interface Share {
  readonly staged: Staged;
  /** Objects in each cluster's manifest. */
  readonly objects: readonly number[];
  /** Why it stopped before the end. */
  readonly failure?: { readonly message: string; readonly expected: boolean };
}

/** What a worker is given. */
export interface WorkerInput {
  readonly outdir: string;
  readonly clusters: readonly PlacedCluster[];
  /** Whether the files are only compared with those that are there. */
  readonly dry: boolean;
  /** How many clusters are done, in all threads; then, how many threads. */
  readonly progress: SharedArrayBuffer;
  readonly port: import('node:worker_threads').MessagePort;
}

/** A thread takes as long to start as about so many clusters take to synthesize. */
const CLUSTERS_PER_THREAD = 40;
const MOST_THREADS = 8;

/**
 * Synthesizes clusters into staged files, on all cores when there are many. Every share is returned, that of a thread
 * that failed included, so that the caller can take all of them back.
 * @param onProgress called now and then with the number of clusters that are done
 */
export function stageClusters(
  outdir: string,
  clusters: readonly PlacedCluster[],
  dry: boolean,
  onProgress: (done: number) => void,
): readonly Share[] {
  const threads = Math.max(
    1,
    Math.min(cpus().length, MOST_THREADS, Math.floor(clusters.length / CLUSTERS_PER_THREAD)),
  );
  const size = Math.ceil(clusters.length / threads);
  const [own = [], ...others] = Array.from({ length: threads }, (_, index) =>
    clusters.slice(index * size, (index + 1) * size),
  );
  const progress = new SharedArrayBuffer(8);
  const counters = new Int32Array(progress);
  const ports = others.map((share) => startWorker({ outdir, clusters: share, dry, progress }));

  const share = stageShare({ outdir, clusters: own, dry, progress }, onProgress);
  waitFor(ports.length, counters, onProgress);
  return [
    share,
    ...ports.map((port) => (receiveMessageOnPort(port)?.message as Share | undefined) ?? NO_SHARE),
  ];
}

/** The result is wanted now, and the other threads need nothing of this one but their input: so it just waits. */
function waitFor(threads: number, counters: Int32Array, onProgress: (done: number) => void): void {
  let done = 0;
  let lastChange = Date.now();
  for (;;) {
    const finished = Atomics.load(counters, FINISHED);
    if (finished >= threads) return;
    Atomics.wait(counters, FINISHED, finished, PROGRESS_MILLISECONDS);
    const now = Atomics.load(counters, DONE);
    if (now !== done) lastChange = Date.now();
    // A thread that ran out of memory says nothing any more.
    else if (Date.now() - lastChange > STALLED_MILLISECONDS) return;
    done = now;
    onProgress(done);
  }
}

const NO_SHARE: Share = {
  staged: nothingStaged(),
  objects: [],
  failure: { message: 'a thread ended without a result', expected: false },
};

const STALLED_MILLISECONDS = 60_000;
const DONE = 0;
const FINISHED = 1;
const PROGRESS_MILLISECONDS = 200;

function startWorker(input: Omit<WorkerInput, 'port'>) {
  const { port1, port2 } = new MessageChannel();
  const workerData: WorkerInput = { ...input, port: port2 };
  new Worker(path.join(__dirname, `worker${path.extname(__filename)}`), {
    workerData,
    transferList: [port2],
    resourceLimits: { maxYoungGenerationSizeMb: 8 },
  }).unref();
  return port1;
}

/** The work of one thread. */
export function stageShare(
  { outdir, clusters, dry, progress }: Omit<WorkerInput, 'port'>,
  onProgress: (done: number) => void,
): Share {
  const counters = new Int32Array(progress);
  const staged = nothingStaged(dry);
  const objects: number[] = [];
  try {
    for (const cluster of clusters) {
      objects.push(stageCluster(outdir, cluster, staged));
      onProgress(Atomics.add(counters, DONE, 1) + 1);
    }
    return { staged, objects };
  } catch (error) {
    const { name } = clusters[objects.length]?.settings ?? {};
    const expected = error instanceof OutputError;
    const message =
      error instanceof Error ? (expected ? error.message : `${name}: ${error.stack}`) : String(error);
    return { staged, objects, failure: { message, expected } };
  }
}

/** Tells the main thread that this one is done; its share is at the port by then. */
export function finish(progress: SharedArrayBuffer): void {
  const counters = new Int32Array(progress);
  Atomics.add(counters, FINISHED, 1);
  Atomics.notify(counters, FINISHED);
}
