import { type ApiObject, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings';
import { type Component, objectLabels, selectorLabels } from './labels';
import type { Names } from './names';
import { apiObject } from './objects';
import type { Pod } from './pod';
import { type ExposureOptions, headlessSpec, type ServicePort, serviceSpec } from './service';

/** What every part of a cluster gets. */
export interface PartProps {
  readonly settings: Settings;
  readonly names: Names;
}

interface WithTemplate {
  template?: unknown;
  readonly volumeClaimTemplates?: readonly { readonly metadata: k8s.ObjectMeta }[];
}

/** The manifest of what makes pods. */
export interface WorkloadJson {
  readonly kind: string;
  readonly spec: WithTemplate & { readonly jobTemplate?: { readonly spec: WithTemplate } };
}

/** A part of a cluster: one component with the objects that belong to it; `ApiObject.of()` gives its workload. */
export class Part extends Construct {
  /** Labels that select this component's pods. */
  public readonly selectorLabels: Readonly<Record<string, string>>;
  private readonly settings: Settings;
  private made?: { readonly pod: Pod; readonly claims: readonly string[] };

  public constructor(
    scope: Construct,
    id: string,
    settings: Settings,
    public readonly component: Component,
  ) {
    super(scope, id);
    this.settings = settings;
    this.selectorLabels = selectorLabels(settings, component);
  }

  /** Metadata of an object of this part; additions win over what is common to the cluster. */
  protected metadata(
    name: string,
    additions: {
      labels?: Readonly<Record<string, string>>;
      annotations?: Readonly<Record<string, string>>;
    } = {},
  ): k8s.ObjectMeta {
    return {
      name,
      labels: {
        ...this.settings.labels,
        ...additions.labels,
        ...objectLabels(this.settings, this.component),
      },
      annotations: { ...this.settings.annotations, ...additions.annotations },
    };
  }

  /** The two Services of a StatefulSet: one with an address that clients keep, and one that names the pods. */
  protected services(
    name: string,
    headlessName: string,
    ports: readonly ServicePort[],
    options?: ExposureOptions & Parameters<Part['metadata']>[1],
  ) {
    return {
      headlessService: this.object(
        'HeadlessService',
        k8s.KubeService.manifest({
          metadata: this.metadata(headlessName),
          spec: headlessSpec(this.selectorLabels, ports),
        }),
      ),
      service: this.object(
        'Service',
        k8s.KubeService.manifest({
          metadata: this.metadata(name, options),
          spec: serviceSpec(this.selectorLabels, ports, options),
        }),
      ),
    };
  }

  /**
   * The object that makes the pods.
   * @param manifest a Deployment, StatefulSet, Job or CronJob, with an empty pod template
   */
  protected workload(manifest: WorkloadJson, pod: Pod): ApiObject {
    const { spec } = manifest;
    const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => String(metadata.name));
    this.made = { pod, claims };
    (spec.jobTemplate?.spec ?? spec).template = pod.template;
    const object = this.object(manifest.kind, manifest);
    for (const index of claims.keys())
      object.addJsonPatch(
        JsonPatch.add(`/spec/volumeClaimTemplates/${index}/metadata/creationTimestamp`, null),
      );
    this.node.defaultChild = object;
    return object;
  }

  /** The pods of this part, once it has its workload. */
  public get pod(): Pod | undefined {
    return this.made?.pod;
  }

  /** The volumes that its StatefulSet makes. */
  public get claims(): readonly string[] {
    return this.made?.claims ?? [];
  }

  protected object(id: string, manifest: unknown): ApiObject {
    return apiObject(this, id, manifest);
  }
}
