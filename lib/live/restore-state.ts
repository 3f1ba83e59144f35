import { messageOf } from './kubectl';
import { KubectlError } from './kubectl-error';
import type { RestoreContext, RestoreProps } from './restore';

/** How far a restore is; each step may be run again. */
export const STEPS = {
  stop: 'Milvus is being stopped; nothing is changed',
  load: 'metadata and objects are being brought back',
  start: 'everything is brought back, and Milvus is being started',
} as const;

/** What is kept in the cluster from the beginning to the end, so that somebody else can go on. */
export interface RestoreState {
  readonly backup: string;
  readonly from?: string | undefined;
  readonly step: keyof typeof STEPS;
  /** A Job has failed after it may have changed something. */
  readonly touched?: boolean;
  /** By Deployment. */
  readonly replicas: Readonly<Record<string, number>>;
  /** Those that were not suspended before. */
  readonly cronJobs: readonly string[];
}

const stateName = ({ name }: RestoreProps) => `${name}-restore-state`;

/** @returns undefined where none has begun */
export async function savedState(
  props: RestoreProps,
  { kubectl }: RestoreContext,
): Promise<RestoreState | undefined> {
  const { code, stdout, stderr } = await kubectl.run([
    'get',
    `configmap/${stateName(props)}`,
    '--ignore-not-found',
    '--output=jsonpath={.data.state}',
  ]);
  if (code !== 0) throw new KubectlError(messageOf(stderr));
  return stdout === '' ? undefined : (JSON.parse(stdout) as RestoreState);
}

export async function saveState(
  props: RestoreProps,
  { kubectl }: RestoreContext,
  state: RestoreState,
): Promise<void> {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: stateName(props) },
    data: { state: JSON.stringify(state) },
  };
  await kubectl.done(['apply', '--filename=-'], { input: JSON.stringify(object) });
}

export async function deleteState(props: RestoreProps, { kubectl }: RestoreContext): Promise<void> {
  await kubectl.done(['delete', `configmap/${stateName(props)}`]);
}
