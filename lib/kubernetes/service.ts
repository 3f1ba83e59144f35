import { k8s } from 'cdk8s-plus-25';
import { nonEmptyList } from './pod';

/** How a Service is reached, as it is configured. */
export interface ExposureOptions {
  readonly type: string;
  readonly nodePort?: number;
  readonly clusterIP?: string;
  readonly loadBalancerIP?: string;
  readonly loadBalancerSourceRanges: readonly string[];
  readonly externalIPs: readonly string[];
}

/** A port of a Service; the container's port of the same name unless `target` names another. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  /** @default - name */
  readonly target?: string;
}

/**
 * The spec of a Service.
 * @param ports what it offers; the first one gets the configured nodePort
 * @param exposure how it is reached; undefined for one inside the cluster
 */
export function serviceSpec(
  selector: Readonly<Record<string, string>>,
  ports: readonly ServicePort[],
  exposure?: ExposureOptions,
): k8s.ServiceSpec {
  return {
    type: exposure?.type ?? 'ClusterIP',
    // Milvus 1.1.1 and mishards know IPv4 alone.
    ipFamilies: ['IPv4'],
    clusterIp: exposure?.clusterIP,
    loadBalancerIp: exposure?.loadBalancerIP,
    loadBalancerSourceRanges: nonEmptyList(exposure?.loadBalancerSourceRanges),
    externalIPs: nonEmptyList(exposure?.externalIPs),
    selector: { ...selector },
    ports: ports.map(({ name, port, target = name }, index) => ({
      name,
      port,
      protocol: 'TCP',
      targetPort: k8s.IntOrString.fromString(target),
      nodePort: index === 0 ? exposure?.nodePort : undefined,
    })),
  };
}

/** The same Service without an address: its name resolves to the pods. */
export function headlessSpec(
  selector: Readonly<Record<string, string>>,
  ports: readonly ServicePort[],
): k8s.ServiceSpec {
  return { ...serviceSpec(selector, ports), clusterIp: 'None' };
}
