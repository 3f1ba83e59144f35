import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { Part, type PartProps } from '../kubernetes/part';
import { ROLLING_UPDATE, withScheduling } from '../kubernetes/pod';
import type { ServerConfigTemplate } from './server-config';
import { serverPodTemplate } from './server-pod';
import { engineService } from './writable';

export interface ReadonlyNodesProps extends PartProps {
  readonly serverConfig: ServerConfigTemplate;
}

/** The servers that search. They need MySQL, the bucket and scratch space, nothing of the writable's disk. */
export class ReadonlyNodes extends Part {
  public readonly deployment: ApiObject;
  public readonly service: ApiObject;
  /** Headless Service whose addresses are the readers that are ready. */
  public readonly discoveryService: ApiObject;
  /** Name of the Service. */
  public readonly host: string;
  /** Name of the headless Service. */
  public readonly discoveryHost: string;
  public readonly port = 19530;

  public constructor(scope: Construct, id: string, { settings, names, serverConfig }: ReadonlyNodesProps) {
    super(scope, id, settings, 'readonly');
    this.host = names.readonly;
    this.discoveryHost = names.readonlyDiscovery;

    this.deployment = this.object(
      'Deployment',
      withScheduling(
        // A Deployment, not a StatefulSet: the stock discovery keeps the old address of a name that comes back.
        k8s.KubeDeployment.manifest({
          metadata: this.metadata(names.readonly),
          spec: {
            replicas: settings.readonly.replicas,
            strategy: ROLLING_UPDATE,
            selector: { matchLabels: { ...this.selectorLabels } },
            template: serverPodTemplate({
              settings,
              names,
              role: settings.readonly,
              selectorLabels: this.selectorLabels,
              template: serverConfig,
              walVolumes: [],
              createBucket: false,
              replicas: settings.readonly.replicas,
            }),
          },
        }),
        settings.readonly,
      ),
    );

    const spec = engineService(this.selectorLabels, this.port);
    this.service = this.object(
      'Service',
      k8s.KubeService.manifest({ metadata: this.metadata(names.readonly), spec }),
    );
    this.discoveryService = this.object(
      'DiscoveryService',
      k8s.KubeService.manifest({
        metadata: this.metadata(names.readonlyDiscovery),
        spec: { ...spec, clusterIp: 'None' },
      }),
    );
  }
}
