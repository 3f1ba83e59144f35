// Who may connect to whom under NetworkPolicies, as the Kubernetes API defines them. A model of the decision alone: of
// pods, namespaces and addresses, without a network plugin's own additions.
import {
  at,
  type Fields,
  fields,
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
            records(spec['containers'])
              .flatMap((container) => records(container['ports']))
              .map((port) => [text(port['name']), Number(port['containerPort'])]),
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

export class Network {
  private readonly policies: readonly Manifest[];

  /**
   * @param namespace where manifests without a namespace of their own are, as kubectl -n or kustomize say
   * @param namespaces labels of namespaces
   */
  public constructor(
    manifests: readonly Manifest[],
    private readonly namespace: string,
    private readonly namespaces: Namespaces = {},
  ) {
    this.policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
  }

  /** Both ends have to allow it; an end that no policy selects allows everything. */
  public allows(connection: Connection): boolean {
    return this.side('Egress', connection) && this.side('Ingress', connection);
  }

  private side(direction: 'Ingress' | 'Egress', connection: Connection): boolean {
    const [self, other] =
      direction === 'Ingress' ? [connection.to, connection.from] : [connection.from, connection.to];
    const selecting = this.policies.filter(
      (policy) => this.applies(policy, self) && typesOf(policy).includes(direction),
    );
    if (selecting.length === 0) return true;
    const [rules, end] =
      direction === 'Ingress' ? (['ingress', 'from'] as const) : (['egress', 'to'] as const);
    return selecting.some((policy) =>
      records(at(policy, 'spec', rules)).some(
        (rule) =>
          (items(rule[end]).length === 0 ||
            records(rule[end]).some((peer) => this.matches(peer, other, this.namespaceOf(policy)))) &&
          portAllowed(rule, connection),
      ),
    );
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

/** Egress only counts when it is named, or when there are egress rules. */
function typesOf(policy: Manifest): readonly unknown[] {
  const given = items(at(policy, 'spec', 'policyTypes'));
  if (given.length > 0) return given;
  return at(policy, 'spec', 'egress') === undefined ? ['Ingress'] : ['Ingress', 'Egress'];
}

function portAllowed(rule: Fields, { to, port, protocol = 'TCP' }: Connection): boolean {
  const ports = records(rule['ports']);
  return (
    ports.length === 0 ||
    ports.some((one) => {
      if ((one['protocol'] ?? 'TCP') !== protocol) return false;
      if (one['port'] === undefined) return true;
      // A name is that of a port of the pod that is connected to, whichever direction the rule is for.
      const first = typeof one['port'] === 'string' ? to.pod?.ports.get(one['port']) : Number(one['port']);
      const last = one['endPort'] === undefined ? first : Number(one['endPort']);
      return first !== undefined && last !== undefined && port >= first && port <= last;
    })
  );
}

function within(ip: string, cidr: string): boolean {
  const [network = '', bits = '32'] = cidr.split('/');
  const shift = 32 - Number(bits);
  const number = (address: string) => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return Math.floor(number(ip) / 2 ** shift) === Math.floor(number(network) / 2 ** shift);
}
