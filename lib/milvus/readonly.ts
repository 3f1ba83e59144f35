import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { Part, type PartProps } from '../kubernetes/part';
import { ROLLING_UPDATE, startSeconds } from '../kubernetes/pod';
import { headlessSpec, serviceSpec } from '../kubernetes/service';
import { autoscaler, declaredReplicas, disruptionBudget } from '../operations/replication';
import type { ServerConfigTemplate } from './server-config';
import { serverAnnotations, serverPod } from './server-pod';
import { ENGINE_PORT, ENGINE_PORTS } from './writable';

export interface ReadonlyNodesProps extends PartProps {
  readonly serverConfig: ServerConfigTemplate;
}

/** The servers that search. They need MySQL, the bucket and scratch space, nothing of the writable's disk. */
export class ReadonlyNodes extends Part {
  /** The readers. */
  public readonly deployment: ApiObject;
  /** The PodDisruptionBudget; unset with one pod. */
  public readonly disruptionBudget?: ApiObject;
  /** The HorizontalPodAutoscaler; unset unless enabled. */
  public readonly autoscaler?: ApiObject;
  /** The Service in front of all readers, which the static discovery takes. */
  public readonly service: ApiObject;
  /** Headless Service whose addresses are the readers that are ready. */
  public readonly discoveryService: ApiObject;
  /** Name of the Service. */
  public readonly host: string;
  /** Name of the headless Service. */
  public readonly discoveryHost: string;
  /** Port of both Services. */
  public readonly port = ENGINE_PORT;
  /** Seconds that the start of one may take. */
  public readonly startSeconds: number;

  public constructor(scope: Construct, id: string, { settings, names, serverConfig }: ReadonlyNodesProps) {
    super(scope, id, settings, 'readonly');
    this.host = names.readonly;
    this.discoveryHost = names.readonlyDiscovery;

    const pod = serverPod({
      settings,
      names,
      role: settings.readonly,
      selectorLabels: this.selectorLabels,
      template: serverConfig,
      writes: false,
      walVolumes: [],
      replicas: settings.readonly.replicas,
    });
    this.startSeconds = startSeconds(pod);
    this.deployment = this.workload(
      // A Deployment, not a StatefulSet: the stock discovery keeps the old address of a name that comes back.
      k8s.KubeDeployment.manifest({
        metadata: this.metadata(names.readonly, serverAnnotations(settings, settings.readonly, false)),
        spec: {
          replicas: declaredReplicas(settings, settings.readonly),
          strategy: ROLLING_UPDATE,
          selector: { matchLabels: { ...this.selectorLabels } },
          template: {},
          progressDeadlineSeconds: this.startSeconds,
        },
      }),
      pod,
    );

    const workload = { metadata: this.metadata(names.readonly), selectorLabels: this.selectorLabels };
    const { podDisruptionBudget, autoscaling } = settings.readonly;
    if (podDisruptionBudget !== undefined) {
      this.disruptionBudget = disruptionBudget(this, workload, podDisruptionBudget);
    }
    if (autoscaling !== undefined) this.autoscaler = autoscaler(this, workload, autoscaling);

    this.service = this.object(
      'Service',
      k8s.KubeService.manifest({
        metadata: this.metadata(names.readonly),
        spec: serviceSpec(this.selectorLabels, ENGINE_PORTS),
      }),
    );
    this.discoveryService = this.object(
      'DiscoveryService',
      k8s.KubeService.manifest({
        metadata: this.metadata(names.readonlyDiscovery),
        spec: headlessSpec(this.selectorLabels, ENGINE_PORTS),
      }),
    );
  }
}
