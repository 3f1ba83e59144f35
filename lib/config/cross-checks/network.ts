import { metricSources } from '../../inventory/metrics';
import { listOf } from '../../list-of';
import type { ParsedConfig } from '../parsed-config';
import type { Problem } from '../problems';
import { EXPORTER_PORT, type Settings } from '../settings';
import { PROXY_HEALTH_PORT, proxyPort } from '../tls';

/** Ports, Services, NetworkPolicies and metrics. */

export function ports({ milvus, mysql }: ParsedConfig, settings: Settings): Problem[] {
  const { network, metrics } = milvus;
  const taken = (path: string, port: number, other: string): Problem => ({
    path,
    given: String(port),
    expected: `a port other than ${other}`,
  });
  const ofServer = listOf(
    { path: 'milvus.network.port', port: network.port },
    network.httpEnabled && { path: 'milvus.network.httpPort', port: network.httpPort },
    // The push gateway is in the pod of the server.
    metricSources(settings).pushgateways && { path: 'milvus.metrics.port', port: metrics.port },
  );
  const twice = ofServer.flatMap(({ path, port }, index) =>
    ofServer
      .slice(0, index)
      .filter((other) => other.port === port)
      .map((other) => taken(path, port, other.path)),
  );
  // The proxy that speaks TLS to S3 is in the pod, too, and listens there on the port of the endpoint.
  const ofProxy: Readonly<Record<number, string>> =
    settings.s3?.tls === undefined
      ? {}
      : { [PROXY_HEALTH_PORT]: String(PROXY_HEALTH_PORT), [proxyPort(settings.s3)]: 's3.port' };
  const proxied = ofServer
    .filter(({ port }) => ofProxy[port] !== undefined)
    .map(({ path, port }) =>
      taken(path, port, `${ofProxy[port]}: the proxy of s3.tls listens there in the same pod`),
    );
  return listOf(
    twice,
    proxied,
    mysql.exporter.enabled &&
      mysql.service.port === EXPORTER_PORT &&
      taken('mysql.service.port', EXPORTER_PORT, 'that of mysql.exporter'),
  );
}

/** The types of a Service that may have these. */
const TYPES = {
  nodePort: ['NodePort', 'LoadBalancer'],
  loadBalancerIP: ['LoadBalancer'],
  loadBalancerSourceRanges: ['LoadBalancer'],
} as const;

export function services({ service, mysql, admin }: ParsedConfig): Problem[] {
  const all = Object.entries({
    service,
    'mysql.service': mysql.service,
    'admin.service': admin.service,
  });
  return all.flatMap(([path, given], index) => {
    const taken = (key: 'clusterIP' | 'nodePort', words: (other: string) => string) => {
      const [other] = all.slice(0, index).findLast(([, before]) => before[key] === given[key]) ?? [];
      return (
        given[key] !== undefined &&
        other !== undefined && {
          path: `${path}.${key}`,
          given: String(given[key]),
          expected: words(`${other}.${key}`),
        }
      );
    };
    const misplaced = (Object.keys(TYPES) as (keyof typeof TYPES)[])
      .filter((key) => [given[key] ?? []].flat().length > 0)
      .filter((key) => !(TYPES[key] as readonly string[]).includes(given.type))
      .map((key) => ({
        path: `${path}.${key}`,
        given: `a value with ${path}.type ${given.type}`,
        expected: `${path}.type ${TYPES[key].join(' or ')}`,
        fix: `Set ${path}.type, or leave ${path}.${key} out.`,
      }));
    return listOf<Problem>(
      taken('clusterIP', (other) => `an address other than ${other}`),
      taken('nodePort', (other) => `a port other than ${other}: a node port belongs to one Service`),
      misplaced,
    );
  });
}

export function policyPeers({ networkPolicy }: ParsedConfig): Problem[] {
  const { clients, s3, mysql, prometheus, apiServer, dns, extraIngress, extraEgress } = networkPolicy;
  const lists = [
    ...Object.entries({ clients, s3, mysql, prometheus, apiServer, dns }).map(
      ([key, { peers }]) => [`${key}.peers`, peers] as const,
    ),
    ...extraIngress.map(({ from }, index) => [`extraIngress[${index}].from`, from] as const),
    ...extraEgress.map(({ to }, index) => [`extraEgress[${index}].to`, to] as const),
  ];
  return lists.flatMap(([key, peers = []]) =>
    peers.flatMap((peer, index) => {
      const path = `networkPolicy.${key}[${index}]`;
      const selects = peer.podSelector !== undefined || peer.namespaceSelector !== undefined;
      if (peer.ipBlock !== undefined && selects) {
        return [{ path, given: 'ipBlock beside a selector', expected: 'one of the two; make two peers' }];
      }
      const { cidr = '', except = [] } = peer.ipBlock ?? {};
      const outside = except.findIndex((part) => !isPartOf(part, cidr));
      if (outside >= 0) {
        return [
          {
            path: `${path}.ipBlock.except[${outside}]`,
            given: String(except[outside]),
            expected: `a smaller range, within ${cidr}`,
          },
        ];
      }
      return peer.ipBlock === undefined && !selects
        ? [{ path, given: 'nothing', expected: 'podSelector, namespaceSelector or ipBlock' }]
        : [];
    }),
  );
}

function isPartOf(part: string, range: string): boolean {
  const [inner, outer] = [part, range].map((cidr) => {
    const [address = '', bits = ''] = cidr.split('/');
    const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    return { number, bits: Number(bits) };
  });
  if (inner === undefined || outer === undefined || inner.bits <= outer.bits) return false;
  const size = 2 ** (32 - outer.bits);
  return Math.floor(inner.number / size) === Math.floor(outer.number / size);
}

/** A PodMonitor needs something to scrape. */
export function monitored(_config: ParsedConfig, settings: Settings): Problem[] {
  const { pushgateways, exporter } = metricSources(settings);
  if (!settings.monitoring.podMonitor.enabled || pushgateways || exporter) return [];
  return [
    {
      path: 'monitoring.podMonitor.enabled',
      given: 'true, but nothing in the pods can be scraped',
      expected: 'milvus.metrics.enabled (without an address), mysql.exporter.enabled, or both',
    },
  ];
}
