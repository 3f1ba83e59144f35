import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings';
import { type Component, objectLabels, selectorLabels } from './labels';
import type { Names } from './names';
import { apiObject } from './objects';

/** What every part of a cluster gets. */
export interface PartProps {
  readonly settings: Settings;
  readonly names: Names;
}

/** A part of a cluster: one component with the objects that belong to it. */
export class Part extends Construct {
  /** Labels that select this component's pods. */
  public readonly selectorLabels: Readonly<Record<string, string>>;
  private readonly settings: Settings;

  public constructor(
    scope: Construct,
    id: string,
    settings: Settings,
    private readonly component: Component,
  ) {
    super(scope, id);
    this.settings = settings;
    this.selectorLabels = selectorLabels(settings.name, component);
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
        ...objectLabels(this.settings.name, this.component),
      },
      annotations: { ...this.settings.annotations, ...additions.annotations },
    };
  }

  /** The two Services of a StatefulSet: one with an address that clients keep, and one that names the pods. */
  protected services(
    name: string,
    headlessName: string,
    port: { readonly name: string; readonly port: number },
  ) {
    const spec = (clusterIp?: string): k8s.ServiceSpec => ({
      type: 'ClusterIP',
      clusterIp,
      // Milvus 1.1.1 and mishards know IPv4 alone.
      ipFamilies: ['IPv4'],
      selector: { ...this.selectorLabels },
      ports: [{ ...port, protocol: 'TCP', targetPort: k8s.IntOrString.fromString(port.name) }],
    });
    return {
      headlessService: this.object(
        'HeadlessService',
        k8s.KubeService.manifest({ metadata: this.metadata(headlessName), spec: spec('None') }),
      ),
      service: this.object(
        'Service',
        k8s.KubeService.manifest({ metadata: this.metadata(name), spec: spec() }),
      ),
    };
  }

  protected object(id: string, manifest: unknown): ApiObject {
    return apiObject(this, id, manifest);
  }
}
