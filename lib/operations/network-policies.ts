import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings';
import { componentsOf } from '../inventory/components';
import {
  type Connection,
  connectionsOf,
  type Peer,
  type Place,
  SAME_NAMESPACE,
} from '../inventory/connections';
import { type Component, objectLabels, selectorLabels } from '../kubernetes/labels';
import { apiObject } from '../kubernetes/objects';
import type { PartProps } from '../kubernetes/part';

/**
 * The NetworkPolicies of a cluster: everything is denied to all its pods, then each component is allowed what it needs.
 * Peers within the cluster are chosen by labels in the same namespace, wherever kustomize puts them. The HTTP port of
 * the servers, which shows the credentials, is in none: the kubelet's probes are exempt from policies.
 */
export class NetworkPolicies extends Construct {
  /** The policy that denies everything. */
  public readonly defaultDeny: ApiObject;
  /** What each component may do, by component. */
  public readonly components: Readonly<Partial<Record<Component, ApiObject>>>;

  public constructor(scope: Construct, id: string, { settings, names }: PartProps) {
    super(scope, id);
    const all = {
      'app.kubernetes.io/instance': settings.instance,
      'app.kubernetes.io/name': settings.appName,
    };
    const { extraIngress, extraEgress } = settings.networkPolicy;
    this.defaultDeny = apiObject(this, 'DefaultDeny', {
      ...policy(settings, `${names.cluster}-default-deny`),
      spec: {
        podSelector: { matchLabels: all },
        policyTypes: ['Ingress', 'Egress'],
        ...(extraIngress.length > 0 ? { ingress: extraIngress } : {}),
        ...(extraEgress.length > 0 ? { egress: extraEgress } : {}),
      },
    });
    this.node.defaultChild = this.defaultDeny;
    const connections = connectionsOf(settings);
    this.components = Object.fromEntries(
      componentsOf(settings).map((component) => [
        component,
        apiObject(this, component, {
          ...policy(settings, `${names.cluster}-${component}`, component),
          spec: {
            podSelector: { matchLabels: selectorLabels(settings, component) },
            policyTypes: ['Ingress', 'Egress'],
            // Left out when empty, as the API server keeps it; with its type above that denies all.
            ...rules('ingress', 'from', ingress(settings, connections, component)),
            ...rules('egress', 'to', egress(settings, connections, component)),
          },
        }),
      ]),
    );
  }
}

function policy(settings: Settings, name: string, component?: Component) {
  return {
    ...k8s.KubeNetworkPolicy.GVK,
    metadata: {
      name,
      labels: { ...settings.labels, ...objectLabels(settings, component) },
      annotations: { ...settings.annotations },
    },
  };
}

function rules(direction: 'ingress' | 'egress', end: 'from' | 'to', places: readonly Place[]): object {
  const list = places
    .filter(({ peers }) => peers.length > 0)
    .map(({ peers, ports, protocols = ['TCP'] }) => ({
      [end]: peers,
      ...(ports.length > 0
        ? { ports: ports.flatMap((port) => protocols.map((protocol) => ({ port, protocol }))) }
        : {}),
    }));
  return list.length > 0 ? { [direction]: list } : {};
}

function ingress(settings: Settings, connections: readonly Connection[], component: Component): Place[] {
  return connections.flatMap(({ from, to }) => {
    if (!('pods' in to) || !to.pods.includes(component)) return [];
    // Pods of ours are among those of the namespace.
    const others = from.includes(SAME_NAMESPACE) ? from.filter((peer) => typeof peer === 'object') : from;
    return [{ peers: others.map((peer) => peerOf(settings, peer)), ports: [to.port] }];
  });
}

function egress(settings: Settings, connections: readonly Connection[], component: Component): Place[] {
  return connections.flatMap(({ from, to }) => {
    if (!from.includes(component)) return [];
    if (!('pods' in to)) return to;
    return [{ peers: to.pods.map((pods) => peerOf(settings, pods)), ports: [to.port] }];
  });
}

function peerOf(settings: Settings, peer: Component | Peer): Peer {
  return typeof peer === 'object' ? peer : { podSelector: { matchLabels: selectorLabels(settings, peer) } };
}
