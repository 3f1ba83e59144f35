import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { isStopped } from '../config/settings';
import {
  claimSpec,
  KEPT_CLAIM,
  makesClaim,
  type PersistenceOptions,
  persistentVolume,
} from '../kubernetes/objects';
import { Part, type PartProps } from '../kubernetes/part';
import { startSeconds } from '../kubernetes/pod';
import { serviceSpec } from '../kubernetes/service';
import type { ServerConfigTemplate } from './server-config';
import { serverAnnotations, serverPod } from './server-pod';

export interface WritableNodeProps extends PartProps {
  readonly serverConfig: ServerConfigTemplate;
}

/**
 * The one server that takes writes, builds indexes and owns the write-ahead log; a standalone server searches as well,
 * and clients connect to it.
 */
export class WritableNode extends Part {
  /** The one server. */
  public readonly deployment: ApiObject;
  /** The Service that mishards connects to; on a standalone server the one that clients connect to. */
  public readonly service: ApiObject;
  /** The claim of the write-ahead log; unset with an existing claim or without persistence. */
  public readonly walClaim?: ApiObject;
  /** The claim of the vectors; unset with S3 or an existing claim. */
  public readonly storageClaim?: ApiObject;
  /** The claim of the log files; unset unless they are kept, and with an existing claim. */
  public readonly logsClaim?: ApiObject;
  /** Name of the Service. */
  public readonly host: string;
  /** Port of the Service. */
  public readonly port: number;
  /** Seconds that its start may take. */
  public readonly startSeconds: number;

  public constructor(scope: Construct, id: string, { settings, names, serverConfig }: WritableNodeProps) {
    super(scope, id, settings, 'writable');
    const { wal, storage, milvus } = settings;
    this.walClaim = this.claim('WalClaim', names.writableWal, wal.persistence);
    this.storageClaim = this.claim('StorageClaim', names.storage, storage.persistence);
    this.logsClaim = this.claim('LogsClaim', names.logs, milvus.logs.persistence);

    const pod = serverPod({
      settings,
      names,
      role: settings.writable,
      selectorLabels: this.selectorLabels,
      template: serverConfig,
      writes: true,
      walVolumes: wal.enabled ? persistentVolume('wal', wal.persistence, names.writableWal) : [],
      replicas: 1,
    });
    this.startSeconds = startSeconds(pod);
    this.deployment = this.workload(
      k8s.KubeDeployment.manifest({
        metadata: this.metadata(names.writable, serverAnnotations(settings, settings.writable, true)),
        spec: {
          replicas: isStopped(settings) ? 0 : 1,
          // Never two at once: each would delete the files that the other one is writing.
          strategy: { type: 'Recreate' },
          selector: { matchLabels: { ...this.selectorLabels } },
          template: {},
          progressDeadlineSeconds: this.startSeconds,
        },
      }),
      pod,
    );

    if (settings.mode === 'standalone') {
      this.host = names.cluster;
      this.port = settings.service.port;
      this.service = this.object(
        'Service',
        k8s.KubeService.manifest({
          metadata: this.metadata(names.cluster, settings.service),
          spec: serviceSpec(this.selectorLabels, [{ name: 'engine', port: this.port }], settings.service),
        }),
      );
    } else {
      this.host = names.writable;
      this.port = ENGINE_PORT;
      this.service = this.object(
        'Service',
        k8s.KubeService.manifest({
          metadata: this.metadata(names.writable),
          spec: serviceSpec(this.selectorLabels, ENGINE_PORTS),
        }),
      );
    }
  }

  private claim(id: string, name: string, persistence: PersistenceOptions): ApiObject | undefined {
    if (!makesClaim(persistence)) return undefined;
    return this.object(
      id,
      k8s.KubePersistentVolumeClaim.manifest({
        metadata: this.metadata(name, { annotations: { ...KEPT_CLAIM, ...persistence.annotations } }),
        spec: claimSpec(persistence),
      }),
    );
  }
}

/** Port of the Services in front of servers. */
export const ENGINE_PORT = 19530;

/** What those Services offer. Their HTTP port is in none, since it shows the credentials. */
export const ENGINE_PORTS = [{ name: 'engine', port: ENGINE_PORT }];
