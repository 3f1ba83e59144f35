// Who may connect to whom under NetworkPolicies, as the Kubernetes API defines them. A model of the decision alone: of
// pods, namespaces and addresses, without a network plugin's own additions.
import { BlockList, isIP } from 'node:net';
import {
  at,
  containers,
  type Fields,
  fields,
  find,
  idOf,
  items,
  type Manifest,
  podTemplates,
  records,
  selects,
  text,
} from './manifests';

/** One end of a connection. */
export interface Endpoint {
  readonly name: string;
  readonly ip: string;
  /** Unset for what is no pod. */
  readonly pod?: {
    readonly namespace: string;
    readonly labels: Fields;
    /** Its named ports, as `name/protocol`. */
    readonly ports: ReadonlyMap<string, number>;
  };
}

export interface Connection {
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** Port of the pod or host, whatever the Service in front of it says. */
  readonly port: number;
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP';
}

/** Labels of namespaces, by name; every one has the label with its name. */
export type Namespaces = Readonly<Record<string, Fields>>;

/** The pods of the manifests, one of each workload, by the name of the workload. */
export function podsOf(manifests: readonly Manifest[], namespace: string): ReadonlyMap<string, Endpoint> {
  return new Map(
    podTemplates(manifests).map(({ owner, metadata, spec }, index) => [
      owner.metadata.name,
      {
        name: owner.metadata.name,
        ip: `10.244.0.${index + 1}`,
        pod: {
          namespace: text(owner.metadata['namespace']) || namespace,
          labels: fields(metadata['labels']),
          ports: new Map(
            containers(spec)
              .flatMap((container) => records(container['ports']))
              .map((port) => [
                `${text(port['name'])}/${text(port['protocol']) || 'TCP'}`,
                Number(port['containerPort']),
              ]),
          ),
        },
      },
    ]),
  );
}

export const pod = (name: string, namespace: string, labels: Fields = {}): Endpoint => ({
  name,
  ip: '10.244.9.9',
  pod: { namespace, labels, ports: new Map() },
});

export const host = (ip: string): Endpoint => ({ name: ip, ip });

/** Where connections to a port of a Service end: policies see the pods and their ports, never the Service's. */
export function behind(
  manifests: readonly Manifest[],
  namespace: string,
  service: string,
  port: number,
): { readonly to: Endpoint; readonly port: number }[] {
  const spec = fields(find(manifests, 'Service', service)['spec']);
  const given = records(spec['ports']).find((one) => one['port'] === port);
  if (given === undefined) {
    throw new Error(
      `Service/${service} has no port ${port}; it has ${records(spec['ports']).map((one) => one['port'])}`,
    );
  }
  const target = given['targetPort'] ?? port;
  return [...podsOf(manifests, namespace).values()]
    .filter(({ pod: behindIt }) => selects({ matchLabels: spec['selector'] }, fields(behindIt?.labels)))
    .map((to) => ({
      to,
      // Headless: clients get the pods' addresses, and no one translates the port.
      port:
        spec['clusterIP'] === 'None'
          ? port
          : typeof target === 'string'
            ? namedPort(to, target, text(given['protocol']) || 'TCP')
            : Number(target),
    }));
}

function namedPort(to: Endpoint, name: string, protocol: string): number {
  const found = to.pod?.ports.get(`${name}/${protocol}`);
  if (found === undefined) throw new Error(`${to.name} has no ${protocol} port that is called ${name}`);
  return found;
}

/** How a network plugin reads what the API leaves to it. */
export interface Plugin {
  /**
   * Whether an ipBlock also matches addresses of pods: it does with Calico, it does not with Cilium. What has to be
   * allowed has to be so with false, what has to be denied with true.
   * @default true
   */
  readonly ipBlocksMatchPods?: boolean;
}

export class Network {
  private readonly policies: readonly Manifest[];

  /**
   * @param namespace where manifests without a namespace of their own are, as kubectl -n or kustomize say
   * @param namespaces labels of namespaces
   * @throws when a policy has a peer that the API server would refuse
   */
  public constructor(
    manifests: readonly Manifest[],
    private readonly namespace: string,
    private readonly namespaces: Namespaces = {},
    private readonly plugin: Plugin = {},
  ) {
    // Calico and Antrea have a kind of this name, too.
    this.policies = manifests.filter(
      ({ apiVersion, kind }) => apiVersion === 'networking.k8s.io/v1' && kind === 'NetworkPolicy',
    );
    for (const policy of this.policies) checkPeers(policy);
  }

  /** Both ends have to allow it; an end that no policy selects allows everything. */
  public allows(connection: Connection): boolean {
    // No pod can be kept from itself.
    if (connection.from === connection.to) return true;
    return this.side('Egress', connection).allowed && this.side('Ingress', connection).allowed;
  }

  /** Why: what the policies of each end say. */
  public explain(connection: Connection): string {
    const { from, to, port, protocol = 'TCP' } = connection;
    const ends = (
      [
        ['Egress', from],
        ['Ingress', to],
      ] as const
    ).map(([direction, end]) => {
      const { selecting, allowing } = this.side(direction, connection);
      const names = (policies: readonly Manifest[]) =>
        policies.map(({ metadata }) => metadata.name).join(', ');
      if (selecting.length === 0) return `${direction} of ${end.name}: under no policy`;
      return allowing.length > 0
        ? `${direction} of ${end.name}: allowed by ${names(allowing)}`
        : `${direction} of ${end.name}: denied, allowed by none of ${names(selecting)}`;
    });
    return [`${from.name} -> ${to.name} ${port}/${protocol}`, ...ends].join('\n  ');
  }

  private side(direction: 'Ingress' | 'Egress', connection: Connection): Side {
    const [self, other] =
      direction === 'Ingress' ? [connection.to, connection.from] : [connection.from, connection.to];
    const selecting = this.policies.filter(
      (policy) => this.applies(policy, self) && typesOf(policy).includes(direction),
    );
    const [rules, end] =
      direction === 'Ingress' ? (['ingress', 'from'] as const) : (['egress', 'to'] as const);
    const allowing = selecting.filter((policy) =>
      records(at(policy, 'spec', rules)).some(
        (rule) =>
          (items(rule[end]).length === 0 ||
            records(rule[end]).some((peer) => this.matches(peer, other, this.namespaceOf(policy)))) &&
          portAllowed(rule, connection),
      ),
    );
    return { selecting, allowing, allowed: selecting.length === 0 || allowing.length > 0 };
  }

  private applies(policy: Manifest, { pod: self }: Endpoint): boolean {
    return (
      self !== undefined &&
      self.namespace === this.namespaceOf(policy) &&
      selects(at(policy, 'spec', 'podSelector'), self.labels)
    );
  }

  private matches(peer: Fields, { pod: other, ip }: Endpoint, namespace: string): boolean {
    if (peer['ipBlock'] !== undefined) {
      if (other !== undefined && this.plugin.ipBlocksMatchPods === false) return false;
      const { cidr, except } = fields(peer['ipBlock']);
      return within(ip, text(cidr)) && !items(except).some((range) => within(ip, text(range)));
    }
    if (other === undefined) return false;
    const labels = { 'kubernetes.io/metadata.name': other.namespace, ...this.namespaces[other.namespace] };
    const inNamespace =
      peer['namespaceSelector'] === undefined
        ? other.namespace === namespace
        : selects(peer['namespaceSelector'], labels);
    return inNamespace && (peer['podSelector'] === undefined || selects(peer['podSelector'], other.labels));
  }

  private namespaceOf({ metadata }: Manifest): string {
    return text(metadata['namespace']) || this.namespace;
  }
}

/** What the policies of one end say. */
interface Side {
  /** Those that select it. */
  readonly selecting: readonly Manifest[];
  /** Those of them that allow the connection. */
  readonly allowing: readonly Manifest[];
  readonly allowed: boolean;
}

function checkPeers(policy: Manifest): void {
  const peers = (['ingress', 'egress'] as const)
    .flatMap((direction) => records(at(policy, 'spec', direction)))
    .flatMap((rule) => [...records(rule['from']), ...records(rule['to'])]);
  for (const { ipBlock, podSelector, namespaceSelector } of peers) {
    if ((ipBlock === undefined) === ((podSelector ?? namespaceSelector) === undefined)) {
      throw new Error(`${idOf(policy)}: a peer is either an ipBlock or has selectors`);
    }
  }
}

/** Where none are given: Ingress always, and Egress with rules for it; an empty list of them is none. */
function typesOf(policy: Manifest): readonly unknown[] {
  const given = items(at(policy, 'spec', 'policyTypes'));
  if (given.length > 0) return given;
  return items(at(policy, 'spec', 'egress')).length === 0 ? ['Ingress'] : ['Ingress', 'Egress'];
}

function portAllowed(rule: Fields, { to, port, protocol = 'TCP' }: Connection): boolean {
  const ports = records(rule['ports']);
  return (
    ports.length === 0 ||
    ports.some((one) => {
      if ((one['protocol'] ?? 'TCP') !== protocol) return false;
      if (one['port'] === undefined) return true;
      // A name is that of a port of the pod that is connected to, whichever direction the rule is for.
      const first =
        typeof one['port'] === 'string'
          ? to.pod?.ports.get(`${one['port']}/${protocol}`)
          : Number(one['port']);
      const last = one['endPort'] === undefined ? first : Number(one['endPort']);
      return first !== undefined && last !== undefined && port >= first && port <= last;
    })
  );
}

function within(ip: string, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  if (isIP(network) === 0 || !/^\d+$/.test(bits)) throw new Error(`${cidr} is not a CIDR`);
  const range = new BlockList();
  range.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  // BlockList takes an IPv4 address for its counterpart in IPv6, policies do not.
  return isIP(ip) === isIP(network) && range.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
}
