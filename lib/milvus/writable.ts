import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { claimSpec, makesClaim, persistentVolume } from '../kubernetes/objects';
import { Part, type PartProps } from '../kubernetes/part';
import { withScheduling } from '../kubernetes/pod';
import type { ServerConfigTemplate } from './server-config';
import { serverPodTemplate } from './server-pod';

export interface WritableNodeProps extends PartProps {
  readonly serverConfig: ServerConfigTemplate;
}

/** The one server that takes writes, builds indexes and owns the write-ahead log. */
export class WritableNode extends Part {
  public readonly deployment: ApiObject;
  public readonly service: ApiObject;
  /** The claim of the write-ahead log; unset with an existing claim or without persistence. */
  public readonly walClaim?: ApiObject;
  /** Name of the Service. */
  public readonly host: string;
  public readonly port = 19530;

  public constructor(scope: Construct, id: string, { settings, names, serverConfig }: WritableNodeProps) {
    super(scope, id, settings, 'writable');
    const { persistence } = settings.wal;
    this.host = names.writable;

    if (makesClaim(persistence)) {
      this.walClaim = this.object(
        'WalClaim',
        k8s.KubePersistentVolumeClaim.manifest({
          metadata: this.metadata(names.writableWal, { annotations: persistence.annotations }),
          spec: claimSpec(persistence),
        }),
      );
    }

    this.deployment = this.object(
      'Deployment',
      withScheduling(
        k8s.KubeDeployment.manifest({
          metadata: this.metadata(names.writable),
          spec: {
            replicas: 1,
            // Never two at once: each would delete the files that the other one is writing.
            strategy: { type: 'Recreate' },
            selector: { matchLabels: { ...this.selectorLabels } },
            template: serverPodTemplate({
              settings,
              names,
              role: settings.writable,
              selectorLabels: this.selectorLabels,
              template: serverConfig,
              walVolumes: persistentVolume('wal', persistence, names.writableWal),
              createBucket: settings.s3.createBucket,
              replicas: 1,
            }),
          },
        }),
        settings.writable,
      ),
    );

    this.service = this.object(
      'Service',
      k8s.KubeService.manifest({
        metadata: this.metadata(names.writable),
        spec: engineService(this.selectorLabels, this.port),
      }),
    );
  }
}

/** A Service in front of servers; their HTTP port is in none, since it shows the credentials. */
export function engineService(selector: Readonly<Record<string, string>>, port: number): k8s.ServiceSpec {
  return {
    type: 'ClusterIP',
    // Milvus 1.1.1 and mishards know IPv4 alone.
    ipFamilies: ['IPv4'],
    selector: { ...selector },
    ports: [{ name: 'engine', port, protocol: 'TCP', targetPort: k8s.IntOrString.fromString('engine') }],
  };
}
