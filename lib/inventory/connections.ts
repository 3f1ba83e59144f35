import { IPV4 } from '../config/rules';
import { EXPORTER_PORT, MINIO_PORT, type S3Settings, type Settings } from '../config/settings';
import type { Component } from '../kubernetes/labels';
import { MYSQL_PORT } from '../metadata/mysql';
import { MISHARDS_PORT } from '../milvus/mishards';
import { ADMIN_PORT } from '../operations/admin';
import { movesOf } from './components';
import { metricSources } from './metrics';

/** Somebody outside the cluster, as a NetworkPolicyPeer. */
export type Peer = Readonly<Record<string, unknown>>;

/** Where something outside the cluster is, and on which ports (of the pods, whatever the Service in front says). */
export interface Place {
  readonly peers: readonly Peer[];
  /** Empty for all. */
  readonly ports: readonly number[];
  /** @default TCP */
  readonly protocols?: readonly ('TCP' | 'UDP')[];
}

/** Who connects to whom. */
export interface Connection {
  /** Components of the cluster, and others. */
  readonly from: readonly (Component | Peer)[];
  /** Components that listen on `port`, or places outside. */
  readonly to: { readonly pods: readonly Component[]; readonly port: number } | readonly Place[];
}

const EVERYWHERE: Peer = { ipBlock: { cidr: '0.0.0.0/0' } };
export const SAME_NAMESPACE: Peer = { podSelector: {} };

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
 * Every connection that is made, to whatever port it is. Besides these there are the kubelet's probes; the HTTP port of the
 * servers, which shows the credentials, is for them alone.
 */
export function connectionsOf(settings: Settings): readonly Connection[] {
  const { mishards, milvus, mysql, minio, s3, admin, backup, networkPolicy } = settings;
  const { network, metrics } = milvus;
  const cluster = settings.mode === 'cluster';
  const servers: readonly Component[] = cluster ? ['writable', 'readonly'] : ['writable'];
  const proxies: readonly Component[] = cluster ? ['mishards'] : [];
  const backups: readonly Component[] = backup === undefined ? [] : ['backup', 'restore'];
  const moves: readonly Component[] = movesOf(settings);
  const exports = moves.filter((component) => component === 'export');
  const besideTheData = backup === undefined || sameEndpoint(backup.s3, s3);
  // The restore brings objects back; a backup reads them, or is in the same place.
  const ofVectors = backups.filter(
    (component) => component === 'restore' || backup?.objects || besideTheData,
  );
  const clients = clientPeers(settings);
  const prometheus = networkPolicy.prometheus.peers ?? [foreignPods('app.kubernetes.io/name', 'prometheus')];
  const sources = metricSources(settings);
  const connections: readonly (Connection | false | undefined)[] = [
    {
      from: [...clients, 'smoke-test', ...moves.filter((component) => component === 'import')],
      to: cluster ? { pods: ['mishards'], port: MISHARDS_PORT } : { pods: ['writable'], port: network.port },
    },
    cluster && { from: proxies, to: { pods: ['readonly', 'writable'], port: network.port } },
    {
      from: [...servers, ...proxies, ...backups, ...exports, ...(mysql ? exposedPeers(mysql.service) : [])],
      to: mysql ? { pods: ['mysql'], port: MYSQL_PORT } : metadataPlaces(settings),
    },
    s3 && {
      from: [...servers, ...ofVectors, ...(besideTheData ? moves : exports)],
      to: minio ? { pods: ['minio'], port: MINIO_PORT } : external(s3.address, s3.port, networkPolicy.s3),
    },
    backup &&
      !besideTheData && { from: [...backups, ...moves], to: external(backup.s3.address, backup.s3.port) },
    backup &&
      !sameEndpoint(backup.restoreFrom, backup.s3) &&
      !sameEndpoint(backup.restoreFrom, s3) && {
        from: ['restore', ...exports],
        to: external(backup.restoreFrom.address, backup.restoreFrom.port),
      },
    cluster && { from: proxies, to: discoveryPlaces(settings) },
    cluster &&
      mishards.tracing.enabled && {
        from: proxies,
        to: external(mishards.tracing.host, mishards.tracing.port).map(overUdp),
      },
    metrics.enabled &&
      metrics.address !== undefined && { from: servers, to: external(metrics.address, metrics.port) },
    sources.pushgateways && { from: prometheus, to: { pods: servers, port: metrics.port } },
    sources.exporter && { from: prometheus, to: { pods: ['mysql'], port: EXPORTER_PORT } },
    admin && {
      from: [...clients, ...exposedPeers(admin.service)],
      to: { pods: ['admin'], port: ADMIN_PORT },
    },
    {
      from: [...proxies, ...servers, ...backups, 'smoke-test', ...moves],
      to: [
        {
          peers: networkPolicy.dns.peers ?? [
            foreignPods('k8s-app', 'kube-dns'),
            { ipBlock: { cidr: '169.254.20.10/32' } },
          ],
          ports: networkPolicy.dns.ports ?? [53],
          protocols: ['UDP', 'TCP'],
        },
      ],
    },
  ];
  return connections.filter((connection) => typeof connection === 'object');
}

type Endpoint = Pick<S3Settings, 'address' | 'port'>;

function sameEndpoint(one: Endpoint | undefined, other: Endpoint | undefined): boolean {
  return one?.address === other?.address && one?.port === other?.port;
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

function metadataPlaces({ database, networkPolicy }: Settings): Place[] {
  return database === undefined ? [] : external(database.host, database.port, networkPolicy.mysql);
}

function discoveryPlaces({ mishards, networkPolicy: { apiServer } }: Settings): Place[] {
  if (mishards.discovery === 'kubernetes') {
    // It is reached by a Service whose address stands for hosts, not pods.
    return [{ peers: apiServer.peers ?? [EVERYWHERE], ports: apiServer.ports ?? [443, 6443] }];
  }
  return (mishards.staticHosts ?? []).flatMap((entry) => {
    const [address = '', port = '19530'] = entry.split(':');
    return external(address, Number(port));
  });
}

const overUdp = (place: Place): Place => ({ ...place, protocols: ['UDP'] });

interface Destination {
  readonly peers?: readonly Peer[];
  readonly ports?: readonly number[];
}

/**
 * Where something outside the cluster is. An address is itself. The name of a Service tells its namespace but not the
 * ports of its pods, which are what a policy sees; any other name could be anywhere, on its port alone.
 */
function external(address: string, port: number, configured: Destination = {}): Place[] {
  const derived = destinations(address, port);
  if (configured.peers === undefined) {
    return derived.map((place) => ({ ...place, ports: configured.ports ?? place.ports }));
  }
  const behindService = derived.some(({ ports }) => ports.length === 0);
  return [{ peers: configured.peers, ports: configured.ports ?? (behindService ? [] : [port]) }];
}

function destinations(address: string, port: number): Place[] {
  if (IPV4.test(address)) return [{ peers: [{ ipBlock: { cidr: `${address}/32` } }], ports: [port] }];
  const labels = address.replace(/\.$/, '').split('.');
  const [, namespace = '', svc] = labels;
  const anywhere: Place = { peers: [EVERYWHERE], ports: [port] };
  const inNamespace: Place = {
    peers: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }],
    ports: [],
  };
  if (labels.length === 1) return [{ peers: [SAME_NAMESPACE], ports: [] }];
  if (svc === 'svc') return [inNamespace];
  // `rgw.ceph` is a Service, `example.com` is not, and nothing in the name tells which.
  return labels.length === 2 ? [inNamespace, anywhere] : [anywhere];
}
