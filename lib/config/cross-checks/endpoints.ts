import { listOf } from '../../list-of';
import { isMapping } from '../../mapping';
import type { ParsedConfig } from '../parsed-config';
import type { Problem } from '../problems';
import { regionOf, SIGNED_REGION } from '../regions';
import { IPV4, isLoopback, isNoHost } from '../rules';

/** Where pods connect to: addresses and ports that can be written, and lead to nothing or to something else. */

// Regions ----------------------------------------------------------------------------------------------------------------

export function regions({ s3, backup }: ParsedConfig): Problem[] {
  const endpoints = { 's3.address': s3?.address, 'backup.s3.address': backup.s3.address };
  const problems = Object.entries(endpoints).flatMap(([path, address]): Problem[] => {
    const found = regionOf(address);
    if (address === undefined || found === undefined) return [];
    const { bucket, region } = found;
    if (bucket !== undefined) {
      const endpoint = address.slice(bucket.length + 1);
      return [
        {
          path,
          given: JSON.stringify(address),
          expected: `the endpoint without the bucket: ${endpoint}`,
          fix: 'Milvus puts the bucket into the path of a request, not into the host name.',
        },
      ];
    }
    if (path !== 's3.address' || region === SIGNED_REGION) return [];
    return [
      {
        path,
        given: JSON.stringify(address),
        expected: `an endpoint in ${SIGNED_REGION}, the only region that Milvus 1.1.1 signs for`,
        fix: `This endpoint is in ${region} and refuses these signatures (AuthorizationHeaderMalformed). Use a bucket in ${SIGNED_REGION}, or a storage without regions, such as Ceph RGW or MinIO.`,
      },
    ];
  });
  const { region } = backup.s3;
  const there = regionOf(backup.s3.address ?? s3?.address)?.region;
  if (region !== undefined && there !== undefined && region !== there) {
    const expected = `${there}, the region of ${backup.s3.address ?? s3?.address}`;
    problems.push({ path: 'backup.s3.region', given: JSON.stringify(region), expected });
  }
  return problems;
}

// TLS --------------------------------------------------------------------------------------------------------------------

const HTTPS_ONLY =
  /(^|\.)(r2\.cloudflarestorage\.com|backblazeb2\.com|s3-fips(\.[\w-]+)*\.amazonaws\.com)\.?$/i;

/** Plain HTTP to what answers HTTPS alone: every request fails. */
export function speaksTls({ s3, backup }: ParsedConfig): Problem[] {
  const own = backup.s3;
  const endpoints = [
    { path: 's3', address: s3?.address, port: s3?.port, tls: s3?.tls },
    {
      path: 'backup.s3',
      address: own.address,
      port: own.port ?? (own.address !== undefined && own.tls === undefined ? s3?.port : undefined),
      tls: own.tls ?? (own.address === undefined ? s3?.tls : undefined),
    },
  ];
  return endpoints.flatMap(({ path, address, port, tls }): Problem[] => {
    if (tls?.enabled === true) return [];
    const fix = `Set ${path}.tls: { enabled: true }. The port is then 443 by default.`;
    if (port === 443) {
      return [
        {
          path: `${path}.port`,
          given: '443 without TLS',
          expected: `${path}.tls.enabled: true, or the port on which the storage speaks plain HTTP`,
          fix,
        },
      ];
    }
    if (address === undefined || !HTTPS_ONLY.test(address)) return [];
    return [
      {
        path: `${path}.tls.enabled`,
        given: `false with ${address}`,
        expected: 'true: this storage only speaks HTTPS',
        fix,
      },
    ];
  });
}

/** The proxy that speaks TLS verifies the name, and all who use the endpoint must use the same name. */
export function tlsNames({ s3, backup }: ParsedConfig): Problem[] {
  const endpoints = [
    { path: 's3', address: s3?.address, port: s3?.port, tls: s3?.tls },
    {
      path: 'backup.s3',
      address: backup.s3.address ?? s3?.address,
      port: backup.s3.port,
      tls: backup.s3.tls,
    },
    {
      path: 'backup.restoreFrom',
      address: backup.restoreFrom.address ?? backup.s3.address ?? s3?.address,
      port: backup.restoreFrom.port,
      tls: backup.restoreFrom.tls,
    },
  ];
  return endpoints.flatMap(({ path, address, port, tls }): Problem[] => {
    if (tls?.enabled !== true || address === undefined) return [];
    const { serverName } = tls;
    if (port === 80) {
      return [
        {
          path: `${path}.port`,
          given: '80',
          expected: `the port on which ${address} speaks TLS, usually 443`,
        },
      ];
    }
    if (IPV4.test(address)) {
      if (serverName !== undefined && !IPV4.test(serverName)) return [];
      return [
        {
          path: `${path}.tls.serverName`,
          given: serverName ?? 'nothing',
          expected: `the host name in the certificate, since ${path}.address is an IPv4 address`,
        },
      ];
    }
    if (serverName === undefined || serverName === address) return [];
    return [
      {
        path: `${path}.tls.serverName`,
        given: serverName,
        expected: `no value, or the same name as ${path}.address`,
        fix: `Write the name in the certificate into ${path}.address. If that name leads elsewhere, write an IPv4 address there (for a Service, its clusterIP).`,
      },
    ];
  });
}

/** Settings of TLS have no effect if it is off. */
export function tlsIsOn({ s3, backup }: ParsedConfig): Problem[] {
  return Object.entries({
    s3: s3?.tls,
    'backup.s3': backup.s3.tls,
    'backup.restoreFrom': backup.restoreFrom.tls,
  }).flatMap(([path, tls]) =>
    (['caSecret', 'serverName'] as const)
      .filter((key) => tls?.enabled === false && tls[key] !== undefined)
      .map((key) => ({
        path: `${path}.tls.${key}`,
        given: `a value without ${path}.tls.enabled`,
        expected: `${path}.tls.enabled: true, or no ${key}`,
      })),
  );
}

// Addresses --------------------------------------------------------------------------------------------------------------

/** In a pod, `localhost` is that pod; something else of it may listen there, or with hostNetwork of the node. */
export function reachable(config: ParsedConfig): Problem[] {
  const { s3, backup, externalMysql, mishards, milvus } = config;
  const servers = [config.writable, config.readonly];
  const addresses: readonly (readonly [path: string, address: string | undefined, from: readonly Pods[]])[] =
    [
      ['s3.address', s3?.address, servers],
      ['backup.s3.address', backup.s3.address, [backup]],
      ['externalMysql.host', externalMysql?.host, [...servers, mishards]],
      ['mishards.tracing.host', mishards.tracing.enabled ? mishards.tracing.host : undefined, [mishards]],
      ...(mishards.staticHosts ?? []).map(
        (host, index) => [`mishards.staticHosts[${index}]`, host, [mishards]] as const,
      ),
    ];
  const { metrics } = milvus;
  return listOf<Problem>(
    addresses
      .filter(([, address, from]) => isLoopback(hostOf(address)) && ![config, ...from].some(listensItself))
      .map(([path, address]) => ({
        path,
        given: JSON.stringify(address),
        expected: 'an address that pods on every node can reach',
        fix: 'In a pod this is the pod itself. Write the name of a Service, or the name or IPv4 address of the machine.',
      })),
    addresses
      .filter(([, address]) => isNoHost(hostOf(address)))
      .map(([path, address]) => ({
        path,
        given: JSON.stringify(address),
        expected: 'the address of a machine, not a multicast or broadcast address',
      })),
    metrics.enabled &&
      isLoopback(hostOf(metrics.address)) && {
        path: 'milvus.metrics.address',
        given: hostOf(metrics.address),
        expected: 'the address of an existing push gateway',
        fix: 'Leave out milvus.metrics.address: then each server has one in its pod.',
      },
  );
}

interface Pods {
  readonly podTemplate?: Readonly<Record<string, unknown>>;
}

function listensItself({ podTemplate }: Pods): boolean {
  const spec = podTemplate?.['spec'];
  if (!isMapping(spec)) return false;
  const own = [spec['containers'], spec['initContainers']].flat();
  return spec['hostNetwork'] === true || own.some((one) => isMapping(one) && one['image'] !== undefined);
}

function hostOf(address = ''): string {
  return address.replace(/:\d+$/, '');
}

// Ports ------------------------------------------------------------------------------------------------------------------

const SERVICES = {
  22: 'SSH',
  80: 'HTTP',
  443: 'HTTPS',
  3306: 'MySQL',
  4317: 'OpenTelemetry',
  4318: 'OpenTelemetry',
  5432: 'PostgreSQL',
  6379: 'Redis',
  9000: 'the S3 of MinIO',
  9090: 'Prometheus, which takes no pushes',
  14250: "Jaeger's collector",
  14268: "Jaeger's collector",
  16686: "Jaeger's pages",
  19121: 'the HTTP of a Milvus server',
  19530: 'Milvus',
  33060: "MySQL's X protocol",
} as const;

type ServicePort = keyof typeof SERVICES;

/** What never speaks S3, nor MySQL's protocol. */
const OTHERS = [22, 5432, 6379, 9090, 19121, 19530, 33060] as const;

/** A port that belongs to another service, in the place of one that is usual. */
export function foreignPorts({ s3, backup, externalMysql, mysql, ...config }: ParsedConfig): Problem[] {
  const { metrics, network } = config.milvus;
  const { staticHosts = [], tracing } = config.mishards;
  const ofMysql = [80, 443, 9000, ...OTHERS] as const;
  const given: readonly (readonly [
    path: string,
    port: number | undefined,
    others: readonly ServicePort[],
    expected: string,
  ])[] = [
    ['s3.port', s3?.port, [3306, ...OTHERS], 'on which the storage speaks S3'],
    ['backup.s3.port', backup.s3.port, [3306, ...OTHERS], 'on which the storage speaks S3'],
    ['externalMysql.port', externalMysql?.port, ofMysql, 'of MySQL, usually 3306'],
    ['mysql.service.port', mysql.service.port, ofMysql, 'of MySQL, usually 3306'],
    ['service.port', config.service.port, [3306, 9000, 19121, 33060], 'for clients of Milvus, usually 19530'],
    ['admin.service.port', config.admin.service.port, [3306, 9000, 19121, 19530], 'of the web interface'],
    ['milvus.network.port', network.port, [3306, 33060], 'of the servers, usually 19530'],
    ['milvus.network.httpPort', network.httpPort, [3306, 33060], 'of the servers, usually 19121'],
    [
      'milvus.metrics.port',
      // Without an address it is a port of the pod.
      metrics.address === undefined ? undefined : metrics.port,
      [3306, 9000, 9090, 19121],
      'of a push gateway, usually 9091',
    ],
    [
      'mishards.tracing.port',
      tracing.port,
      [3306, 4317, 4318, 14250, 14268, 16686, 19530],
      'on which the agent takes compact UDP, 5775 or 6831',
    ],
    ...staticHosts.map((host, index) => {
      const [, port] = host.split(':');
      const others = [3306, 9000, 19121] as const;
      return [`mishards.staticHosts[${index}]`, Number(port), others, 'of a server, usually 19530'] as const;
    }),
  ];
  return given.flatMap(([path, port, others, expected]) => {
    const other = others.find((one) => one === port);
    if (other === undefined) return [];
    return [{ path, given: `${other}, the port of ${SERVICES[other]}`, expected: `the port ${expected}` }];
  });
}
