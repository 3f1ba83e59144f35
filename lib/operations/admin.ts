import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import type { AdminSettings } from '../config/settings';
import { Part, type PartProps } from '../kubernetes/part';
import {
  baselineAnnotations,
  emptyDir,
  podOf,
  ROLLING_UPDATE,
  resourceRequirements,
} from '../kubernetes/pod';
import { serviceSpec } from '../kubernetes/service';

export interface AdminProps extends PartProps {
  readonly admin: AdminSettings;
}

/** Port of the web server in the image. */
export const ADMIN_PORT = 80;

/**
 * The web interface of Milvus 0.x, as the chart has it. Its web server starts as root and gives that up for its workers,
 * so that this pod meets `baseline` and not `restricted`.
 */
export class Admin extends Part {
  /** The web server. */
  public readonly deployment: ApiObject;
  /** The Service that browsers reach it through. */
  public readonly service: ApiObject;

  public constructor(scope: Construct, id: string, { settings, names, admin }: AdminProps) {
    super(scope, id, settings, 'admin');
    const probe = {
      httpGet: { path: '/', port: k8s.IntOrString.fromString('admin') },
      periodSeconds: 15,
      timeoutSeconds: 5,
    };
    const container: k8s.Container = {
      name: 'admin',
      image: settings.images.admin,
      imagePullPolicy: settings.imagePullPolicy,
      ports: [{ name: 'admin', containerPort: ADMIN_PORT, protocol: 'TCP' }],
      readinessProbe: { ...probe, failureThreshold: 3 },
      livenessProbe: { ...probe, failureThreshold: 6 },
      resources: resourceRequirements(admin.resources),
      securityContext: {
        allowPrivilegeEscalation: false,
        // What a web server needs that binds port 80 and hands over to its workers.
        capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'] },
      },
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    };
    this.deployment = this.workload(
      k8s.KubeDeployment.manifest({
        metadata: this.metadata(names.admin, {
          annotations: {
            ...baselineAnnotations('the web server of the image starts as root and writes below /var', true),
            ...admin.annotations,
          },
        }),
        spec: {
          replicas: admin.replicas,
          strategy: ROLLING_UPDATE,
          selector: { matchLabels: { ...this.selectorLabels } },
          template: {},
        },
      }),
      podOf({
        patches: settings.podTemplates.admin,
        selectorLabels: this.selectorLabels,
        asRoot: true,
        replicas: admin.replicas,
        containers: [container],
        volumes: [emptyDir('tmp', '64Mi')],
      }),
    );
    this.service = this.object(
      'Service',
      k8s.KubeService.manifest({
        metadata: this.metadata(names.admin, admin.service),
        spec: serviceSpec(this.selectorLabels, [{ name: 'admin', port: admin.service.port }], admin.service),
      }),
    );
  }
}
