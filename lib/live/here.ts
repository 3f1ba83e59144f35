import { Names } from '../kubernetes/names';
import type { AskedFor, Snapshot } from './gather';
import { isOwnedBy, type LiveObject, timeOf } from './objects';

/** A cluster as the configuration says it is. */
export interface ClusterWanted extends AskedFor {
  /** What the manifests say, as kubectl applies them. */
  readonly objects: readonly LiveObject[];
  /** How commands begin that are to be pasted, with the context and namespace that were asked for. */
  readonly kubectl: string;
  /** The command that applies the manifests. */
  readonly apply: string;
}

/** A cluster's part of a snapshot, and when that was taken. */
export class Here {
  public readonly names: Names;

  public constructor(
    public readonly wanted: ClusterWanted,
    public readonly snapshot: Snapshot,
    private readonly now: number,
  ) {
    this.names = Names.of(wanted.settings);
  }

  public isHere({ metadata }: LiveObject): boolean {
    const { namespace } = this.wanted;
    return namespace === undefined || metadata.namespace === namespace;
  }

  public all(kind: string): readonly LiveObject[] {
    return this.snapshot.objects.filter((one) => one.kind === kind && this.isHere(one));
  }

  public find(kind: string, name: string): LiveObject | undefined {
    return this.all(kind).find(({ metadata }) => metadata.name === name);
  }

  /** Those with the labels of the cluster: others may share its namespace. */
  public labelled(kind: string): readonly LiveObject[] {
    const { instance } = this.wanted.settings;
    return this.all(kind).filter(
      ({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === instance,
    );
  }

  public podsOf(component: string): readonly LiveObject[] {
    return this.labelled('Pod').filter(
      (pod) => !isOwnedBy(pod, 'Job') && pod.metadata.labels?.['component'] === component,
    );
  }

  /** Warnings about an object, or about all of a kind, the newest last. */
  public warnings(kind: string, name?: string): readonly LiveObject[] {
    return this.all('Event')
      .filter(
        ({ type, involvedObject: about }) =>
          type === 'Warning' && about?.kind === kind && (name === undefined || about.name === name),
      )
      .sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
  }

  /** What the API server said when it took no pods of an object, since a time. */
  public refusalOf(kind: string, name: string, since = ''): string | undefined {
    return this.warnings(kind, name).findLast(
      (event) => event.reason === 'FailedCreate' && timeOf(event) >= since,
    )?.message;
  }

  /** Not a number where there is no time. */
  public secondsSince(time: string | undefined): number {
    return (this.now - Date.parse(time ?? '')) / 1000;
  }

  /** Whether a workload has all of its pods. */
  public isWell(name: string): boolean {
    const found = this.find('Deployment', name) ?? this.find('StatefulSet', name);
    const { readyReplicas = 0 } = found?.status ?? {};
    return readyReplicas > 0 && readyReplicas >= (found?.spec?.replicas ?? 1);
  }

  /** Whether one of its Secrets was changed after that. */
  public hasSecretSince(time: string | undefined): boolean {
    return [...(this.snapshot.secrets?.values() ?? [])].some(
      ({ changed }) => time !== undefined && changed !== undefined && changed > time,
    );
  }

  public log({ metadata }: LiveObject, container: string): string {
    return this.snapshot.logs.get(`${metadata.namespace}/${metadata.name}/${container}`) ?? '';
  }
}
