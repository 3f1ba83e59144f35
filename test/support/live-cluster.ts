import type { MilvusConfig } from '../../lib';
import { settingsOf } from '../../lib/config';
import { type ClusterStatus, diagnose } from '../../lib/live/diagnose';
import { gather } from '../../lib/live/gather';
import type { ClusterWanted } from '../../lib/live/here';
import type { KubectlCall } from '../../lib/live/kubectl';
import type { ContainerStatus, LiveObject } from '../../lib/live/objects';
import { clusterOf } from './clusters';

/** Any part of an object, to be changed. */
type Loose = Record<string, never> & { [key: string]: Loose };

export const NOW = Date.parse('2026-07-01T12:00:00Z');
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
export const HOUR_AGO = ago(3600);
export const SECONDS_AGO = ago(20);

/** A cluster as the API server shows it: what the manifests give, and all of it is well. */
export class LiveCluster {
  public readonly wanted: ClusterWanted;
  public objects: LiveObject[];
  public secrets = new Map<string, readonly string[]>();
  /** When they were changed, as kubectl's template has it: a time and a semicolon. */
  public secretsChanged = '';
  public logs: Record<string, string> = {};
  public nodes: LiveObject[] = [];
  public storageClasses: string[] = ['fast'];
  /** Kinds that may not be listed. */
  public forbidden: string[] = [];
  public calls: string[] = [];

  public constructor(
    config: MilvusConfig,
    public readonly namespace = 'vectors',
  ) {
    const settings = settingsOf(config, 'test');
    const manifests = structuredClone(clusterOf(config).toJson()) as LiveObject[];
    this.wanted = {
      settings,
      namespace,
      objects: structuredClone(manifests),
      kubectl: `kubectl -n ${namespace}`,
      apply: `kubectl -n ${namespace} apply -f dist`,
    };
    this.objects = manifests.flatMap((object) => this.alive(object));
    for (const { name, keys } of [
      { name: `${settings.name}-s3`, keys: ['access-key', 'secret-key'] },
      { name: `${settings.name}-mysql`, keys: ['mysql-root-password', 'mysql-password'] },
    ])
      this.secrets.set(`${namespace}/${name}`, keys);
  }

  private alive(object: LiveObject): LiveObject[] {
    const { namespace } = this;
    const metadata = { ...object.metadata, namespace, creationTimestamp: HOUR_AGO };
    const { kind, spec } = object;
    if (kind === 'PersistentVolumeClaim') return [{ ...object, metadata, status: BOUND }];
    if (kind !== 'Deployment' && kind !== 'StatefulSet') return [{ ...object, metadata }];
    const replicas = spec?.replicas ?? 1;
    const counts = { replicas, readyReplicas: replicas, updatedReplicas: replicas };
    const owner = kind === 'Deployment' ? [{ kind: 'ReplicaSet', name: `${metadata.name}-rs` }] : [];
    const pods = Array.from({ length: replicas }, (_, index) => {
      const name = `${metadata.name}-${index}`;
      const template = spec?.template;
      const statuses = (containers: readonly { name: string; image?: string }[] = [], state: object) =>
        containers.map(({ name, image }) => ({ name, image, restartCount: 0, ...state }) as ContainerStatus);
      return {
        kind: 'Pod',
        metadata: {
          ...template?.metadata,
          name,
          namespace,
          creationTimestamp: HOUR_AGO,
          ownerReferences: owner,
        },
        spec: {
          ...template?.spec,
          nodeName: 'node-1',
          volumes: [
            ...(template?.spec?.volumes ?? []),
            ...(kind === 'StatefulSet'
              ? [{ name: 'data', persistentVolumeClaim: { claimName: `data-${name}` } }]
              : []),
          ],
        },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: HOUR_AGO }],
          initContainerStatuses: statuses(template?.spec?.initContainers, {
            ready: true,
            state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: HOUR_AGO } },
          }),
          containerStatuses: statuses(template?.spec?.containers, {
            ready: true,
            state: { running: { startedAt: HOUR_AGO } },
          }),
        },
      } as LiveObject;
    });
    const claims =
      kind === 'StatefulSet' ? [this.claim(`data-${metadata.name}-0`, spec?.template?.metadata?.labels)] : [];
    const sets =
      kind === 'Deployment'
        ? [
            {
              kind: 'ReplicaSet',
              metadata: {
                name: `${metadata.name}-rs`,
                namespace,
                labels: spec?.template?.metadata?.labels,
                ownerReferences: [{ kind, name: metadata.name }],
              },
            },
          ]
        : [];
    return [{ ...object, metadata, status: counts }, ...sets, ...pods, ...claims] as LiveObject[];
  }

  private claim(name: string, labels: LiveObject['metadata']['labels']): LiveObject {
    return {
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: this.namespace, ...(labels && { labels }) },
      spec: { storageClassName: 'fast' },
      status: BOUND,
    };
  }

  public get(kind: string, name: string): Loose {
    const found = this.objects.find((one) => one.kind === kind && one.metadata.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    return found as unknown as Loose;
  }

  /** Changes some fields of a part of an object. */
  public change(kind: string, name: string, part: 'metadata' | 'spec' | 'status', fields: object): void {
    Object.assign(this.get(kind, name)[part] ?? {}, fields);
  }

  /** One pod of a workload is not ready: its containers are as said, those after it have not begun. */
  public broken(
    workload: string,
    container: string,
    status: Partial<ContainerStatus>,
    kind = 'Deployment',
  ): void {
    const pod = this.get('Pod', `${workload}-0`) as unknown as {
      status: Record<string, unknown> & {
        initContainerStatuses: ContainerStatus[];
        containerStatuses: ContainerStatus[];
      };
    };
    let reached = false;
    const change = (one: ContainerStatus): ContainerStatus => {
      if (one.name === container) {
        reached = true;
        return { ...one, ready: false, ...status };
      }
      const waiting = { ...one, ready: false, state: { waiting: { reason: 'PodInitializing' } } };
      return reached ? waiting : one;
    };
    pod.status.initContainerStatuses = pod.status.initContainerStatuses.map(change);
    pod.status.containerStatuses = pod.status.containerStatuses.map(change);
    if (!reached) throw new Error(`no container ${container} in ${workload}`);
    this.unready(workload, kind);
  }

  public unready(
    workload: string,
    kind = 'Deployment',
    condition: object = { type: 'Ready', status: 'False', lastTransitionTime: SECONDS_AGO },
  ): void {
    const pod = this.get('Pod', `${workload}-0`) as unknown as { status: Record<string, unknown> };
    pod.status['conditions'] = [condition];
    const { status } = this.get(kind, workload) as unknown as { status: { readyReplicas: number } };
    status.readyReplicas -= 1;
  }

  public without(workload: string, kind = 'Deployment'): void {
    this.objects = this.objects.filter(
      (one) => one.kind !== 'Pod' || !one.metadata.name.startsWith(`${workload}-`),
    );
    const { status } = this.get(kind, workload) as unknown as { status: { readyReplicas: number } };
    status.readyReplicas = 0;
  }

  public event(kind: string, name: string, reason: string, message: string): void {
    this.objects.push({
      kind: 'Event',
      metadata: { name: `${name}.${this.objects.length}`, namespace: this.namespace },
      type: 'Warning',
      reason,
      message,
      lastTimestamp: SECONDS_AGO,
      involvedObject: { kind, name, namespace: this.namespace },
    });
  }

  /** What kubectl answers. */
  public kubectl = {
    run: async (args: readonly string[], _call?: KubectlCall) => {
      this.calls.push(args.join(' '));
      return this.answer(args);
    },
  };

  private answer(args: readonly string[]): { code: number; stdout: string; stderr: string } {
    const [verb, what = ''] = args;
    const right = (stdout: string, stderr = '') => ({ code: stderr === '' ? 0 : 1, stdout, stderr });
    const refusals = (kinds: readonly string[]) =>
      kinds
        .filter((kind) => this.forbidden.includes(kind))
        .map(
          (kind) =>
            `Error from server (Forbidden): ${kind} is forbidden: User "x" cannot list resource "${kind}" in API group ""`,
        )
        .join('\n');
    if (verb === 'logs') {
      if (this.forbidden.includes('pods/log'))
        return right(
          '',
          'Error from server (Forbidden): pods "x" is forbidden: User "x" cannot get resource "pods/log"',
        );
      const container = /--container=(\S+)/.exec(args.join(' '))?.[1];
      return right(this.logs[`${what}/${container}`] ?? '');
    }
    if (what === 'secrets') {
      const refused = refusals(['secrets']);
      return right(
        refused === ''
          ? [...this.secrets].map(([name, keys]) => [name, this.secretsChanged, ...keys].join(' ')).join('\n')
          : '',
        refused,
      );
    }
    const named = (name: string): LiveObject => ({ kind: 'StorageClass', metadata: { name } });
    const kinds = what.split(',');
    const kindOf = (one: LiveObject) => `${one.kind.toLowerCase()}${one.kind.endsWith('s') ? 'es' : 's'}`;
    const all =
      what === 'nodes'
        ? this.nodes
        : what === 'storageclasses'
          ? this.storageClasses.map(named)
          : this.objects;
    const items = all.filter((one) => kinds.includes(kindOf(one)) && !this.forbidden.includes(kindOf(one)));
    return right(JSON.stringify({ items }), refusals(kinds));
  }

  public async status(): Promise<ClusterStatus> {
    return diagnose(this.wanted, await gather(this.kubectl, [this.wanted]), NOW);
  }
}

const BOUND = { phase: 'Bound', capacity: { storage: '4Gi' } };
