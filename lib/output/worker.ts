import { workerData } from 'node:worker_threads';
import { markChecked } from '../config';
import { finish, stageShare, type WorkerInput } from './threads';

/** A thread that synthesizes its share of the clusters. */
const { port, ...input } = workerData as WorkerInput;
for (const { settings } of input.clusters) markChecked(settings);
port.postMessage(stageShare(input, () => {}));
finish(input.progress);
