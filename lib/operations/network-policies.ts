import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import { EXPORTER_PORT, MINIO_PORT, type Settings } from '../config/settings';
import { type Component, objectLabels, selectorLabels } from '../kubernetes/labels';
import { apiObject } from '../kubernetes/objects';
import type { PartProps } from '../kubernetes/part';
import { MYSQL_PORT } from '../metadata/mysql';
import { MISHARDS_PORT } from '../milvus/mishards';
import { ADMIN_PORT } from './admin';

type Peer = Readonly<Record<string, unknown>>;
type Protocol = 'TCP' | 'UDP';

/** One direction of a connection: with whom, and on which ports (of the pods, whatever the Service in front says). */
interface Flow {
  readonly peers: readonly Peer[];
  /** Empty for all. */
  readonly ports: readonly number[];
  /** @default TCP */
  readonly protocols?: readonly Protocol[];
}

interface Flows {
  readonly ingress: readonly Flow[];
  readonly egress: readonly Flow[];
}

const EVERYWHERE: Peer = { ipBlock: { cidr: '0.0.0.0/0' } };
const SAME_NAMESPACE: Peer = { podSelector: {} };

/**
 * Pods of others, in any namespace, with a label. Not as matchLabels: kustomize puts its labels into those when they are
 * to be in selectors as well (`includeSelectors`, `commonLabels`), and no DNS server has the labels of an overlay.
 */
function foreignPods(key: string, value: string): Peer {
  return {
    namespaceSelector: {},
    podSelector: { matchExpressions: [{ key, operator: 'In', values: [value] }] },
  };
}

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
    this.components = Object.fromEntries(
      Object.entries(new ClusterFlows(settings).byComponent()).map(([component, flows]) => [
        component,
        apiObject(this, component, {
          ...policy(settings, `${names.cluster}-${component}`, component as Component),
          spec: {
            podSelector: { matchLabels: selectorLabels(settings, component as Component) },
            policyTypes: ['Ingress', 'Egress'],
            // Left out when empty, as the API server keeps it; with its type above that denies all.
            ...rules('ingress', 'from', flows.ingress),
            ...rules('egress', 'to', flows.egress),
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

function rules(direction: keyof Flows, end: 'from' | 'to', flows: readonly Flow[]): object {
  const list = flows
    .filter(({ peers }) => peers.length > 0)
    .map(({ peers, ports, protocols = ['TCP'] }) => ({
      [end]: peers,
      ...(ports.length > 0
        ? { ports: ports.flatMap((port) => protocols.map((protocol) => ({ port, protocol }))) }
        : {}),
    }));
  return list.length > 0 ? { [direction]: list } : {};
}

/** Everything that talks, by component. */
class ClusterFlows {
  private readonly cluster: boolean;
  /** Port of the pods that clients connect to. */
  private readonly clientPort: number;
  private readonly dns: Flow;

  public constructor(private readonly settings: Settings) {
    const { dns } = settings.networkPolicy;
    this.cluster = settings.mode === 'cluster';
    this.clientPort = this.cluster ? MISHARDS_PORT : settings.milvus.network.port;
    this.dns = {
      peers: dns.peers ?? [foreignPods('k8s-app', 'kube-dns'), { ipBlock: { cidr: '169.254.20.10/32' } }],
      ports: dns.ports ?? [53],
      protocols: ['UDP', 'TCP'],
    };
  }

  public byComponent(): Partial<Record<Component, Flows>> {
    const { mysql, minio, admin, backup } = this.settings;
    return {
      ...(this.cluster ? { mishards: this.mishards(), readonly: this.server([]) } : {}),
      writable: this.server(this.cluster ? [] : [this.clients()]),
      ...(mysql === undefined ? {} : { mysql: this.mysql(mysql) }),
      ...(minio === undefined ? {} : { minio: this.minio() }),
      ...(admin === undefined ? {} : { admin: this.admin(admin) }),
      ...(backup === undefined ? {} : { backup: this.backup(), restore: this.backup() }),
      'smoke-test': {
        ingress: [],
        egress: [
          { peers: this.pods(this.cluster ? 'mishards' : 'writable'), ports: [this.clientPort] },
          this.dns,
        ],
      },
    };
  }

  private mishards(): Flows {
    const { tracing } = this.settings.mishards;
    return {
      ingress: [this.clients()],
      egress: [
        { peers: this.pods('readonly', 'writable'), ports: [this.settings.milvus.network.port] },
        ...this.toMysql(),
        ...discoveryEgress(this.settings),
        ...(tracing.enabled ? external(tracing.host, tracing.port).map(overUdp) : []),
        this.dns,
      ],
    };
  }

  /** @param direct who connects besides mishards */
  private server(direct: readonly Flow[]): Flows {
    const { network, metrics } = this.settings.milvus;
    const gateway = metrics.enabled && metrics.address === undefined;
    return {
      ingress: [
        ...(this.cluster ? [{ peers: this.pods('mishards'), ports: [network.port] }] : direct),
        ...(gateway ? [this.scraped(metrics.port)] : []),
      ],
      egress: [
        ...this.toMysql(),
        ...this.toS3(),
        ...(metrics.enabled && metrics.address !== undefined ? external(metrics.address, metrics.port) : []),
        this.dns,
      ],
    };
  }

  private mysql({ service, exporter }: NonNullable<Settings['mysql']>): Flows {
    return {
      ingress: [
        {
          peers: [
            ...this.pods(...this.servers(), ...(this.cluster ? (['mishards'] as const) : [])),
            ...(this.settings.backup === undefined ? [] : this.pods('backup', 'restore')),
            ...exposedPeers(service),
          ],
          ports: [MYSQL_PORT],
        },
        ...(exporter.enabled ? [this.scraped(EXPORTER_PORT)] : []),
      ],
      egress: [],
    };
  }

  private minio(): Flows {
    return {
      ingress: [
        {
          peers: this.pods(
            ...this.servers(),
            ...(this.backsUpBesideTheData() ? (['backup', 'restore'] as const) : []),
          ),
          ports: [MINIO_PORT],
        },
      ],
      egress: [],
    };
  }

  private admin({ service }: NonNullable<Settings['admin']>): Flows {
    return {
      ingress: [{ peers: [...clientPeers(this.settings), ...exposedPeers(service)], ports: [ADMIN_PORT] }],
      egress: [],
    };
  }

  private backup(): Flows {
    const { backup } = this.settings;
    const elsewhere = backup === undefined ? [] : external(backup.s3.address, backup.s3.port);
    return {
      ingress: [],
      egress: [...this.toMysql(), ...(this.backsUpBesideTheData() ? this.toS3() : elsewhere), this.dns],
    };
  }

  private backsUpBesideTheData(): boolean {
    const { backup, s3 } = this.settings;
    return backup !== undefined && backup.s3.address === s3?.address && backup.s3.port === s3.port;
  }

  private clients(): Flow {
    return {
      peers: [
        ...clientPeers(this.settings),
        // Among the pods of the namespace, unless the clients are named one by one.
        ...(this.settings.networkPolicy.clients.peers === undefined ? [] : this.pods('smoke-test')),
      ],
      ports: [this.clientPort],
    };
  }

  private scraped(port: number): Flow {
    return { peers: prometheusPeers(this.settings), ports: [port] };
  }

  private toMysql(): Flow[] {
    const { mysql, database, networkPolicy } = this.settings;
    if (mysql !== undefined) return [{ peers: this.pods('mysql'), ports: [MYSQL_PORT] }];
    return database === undefined ? [] : external(database.host, database.port, networkPolicy.mysql);
  }

  private toS3(): Flow[] {
    const { s3, minio, networkPolicy } = this.settings;
    if (minio !== undefined) return [{ peers: this.pods('minio'), ports: [MINIO_PORT] }];
    return s3 === undefined ? [] : external(s3.address, s3.port, networkPolicy.s3);
  }

  private servers(): Component[] {
    return this.cluster ? ['writable', 'readonly'] : ['writable'];
  }

  private pods(...components: readonly Component[]): Peer[] {
    return components.map((component) => ({
      podSelector: { matchLabels: selectorLabels(this.settings, component) },
    }));
  }
}

/** Who may connect: whoever is named, or the pods of the namespace and those whom an exposed Service is meant for. */
function clientPeers({ networkPolicy, service }: Settings): readonly Peer[] {
  return networkPolicy.clients.peers ?? [SAME_NAMESPACE, ...exposedPeers(service)];
}

/**
 * A load balancer or node may replace the address of a client by its own, so that a range of clients can't be told here:
 * loadBalancerSourceRanges is the load balancer's to enforce.
 */
function exposedPeers(service: { readonly type: string; readonly externalIPs: readonly string[] }): Peer[] {
  return service.type !== 'ClusterIP' || service.externalIPs.length > 0 ? [EVERYWHERE] : [];
}

function prometheusPeers({ networkPolicy }: Settings): readonly Peer[] {
  return networkPolicy.prometheus.peers ?? [foreignPods('app.kubernetes.io/name', 'prometheus')];
}

function discoveryEgress({ mishards, networkPolicy: { apiServer } }: Settings): Flow[] {
  if (mishards.discovery === 'kubernetes') {
    // It is reached by a Service whose address stands for hosts, not pods.
    return [{ peers: apiServer.peers ?? [EVERYWHERE], ports: apiServer.ports ?? [443, 6443] }];
  }
  return (mishards.staticHosts ?? []).flatMap((entry) => {
    const [address = '', port = '19530'] = entry.split(':');
    return external(address, Number(port));
  });
}

const overUdp = (flow: Flow): Flow => ({ ...flow, protocols: ['UDP'] });

const IPV4 = /^\d+(\.\d+){3}$/;

interface Destination {
  readonly peers?: readonly Peer[];
  readonly ports?: readonly number[];
}

/**
 * Where something outside the cluster is. An address is itself. The name of a Service tells its namespace but not the
 * ports of its pods, which are what a policy sees; any other name could be anywhere, on its port alone.
 */
function external(address: string, port: number, configured: Destination = {}): Flow[] {
  const derived = destinations(address, port);
  if (configured.peers === undefined) {
    return derived.map((flow) => ({ ...flow, ports: configured.ports ?? flow.ports }));
  }
  const behindService = derived.some(({ ports }) => ports.length === 0);
  return [{ peers: configured.peers, ports: configured.ports ?? (behindService ? [] : [port]) }];
}

function destinations(address: string, port: number): Flow[] {
  if (IPV4.test(address)) return [{ peers: [{ ipBlock: { cidr: `${address}/32` } }], ports: [port] }];
  const labels = address.replace(/\.$/, '').split('.');
  const [, namespace = '', svc] = labels;
  const anywhere: Flow = { peers: [EVERYWHERE], ports: [port] };
  const inNamespace: Flow = {
    peers: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }],
    ports: [],
  };
  if (labels.length === 1) return [{ peers: [SAME_NAMESPACE], ports: [] }];
  if (svc === 'svc') return [inNamespace];
  // `rgw.ceph` is a Service, `example.com` is not, and nothing in the name tells which.
  return labels.length === 2 ? [inNamespace, anywhere] : [anywhere];
}
