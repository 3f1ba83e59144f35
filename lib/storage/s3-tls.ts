import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import { Construct } from 'constructs';
import type { S3Settings, Settings, TlsSettings } from '../config/settings';
import { PROXY_HEALTH_PORT, proxyPort, tlsName } from '../config/tls';
import { checksum } from '../kubernetes/assets';
import { apiObject } from '../kubernetes/objects';
import { containerSecurity, emptyDir, resourceRequirements } from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';

/** Starts a server when its proxy is there, and tells the proxy when it has ended. */
export const WITH_S3_TLS = 'with-s3-tls.sh';

/** What a pod sees of the proxy: its configuration, who is alive, and the CA. */
const CONFIG_DIRECTORY = '/etc/s3-tls';
const ALIVE_DIRECTORY = '/run/s3-tls';
const ALIVE = `${ALIVE_DIRECTORY}/server`;
const CA_DIRECTORY = '/etc/s3-ca';
const CA_VOLUME = 's3-ca';

/** Where a pod has the certificate of a CA. */
export interface CaPlace {
  readonly volume: string;
  readonly directory: string;
}
const CA: CaPlace = { volume: CA_VOLUME, directory: CA_DIRECTORY };
const CONFIG_VOLUME = 's3-tls';
const ALIVE_VOLUME = 's3-tls-alive';

/** S3 that speaks TLS. */
type TlsS3 = S3Settings & { readonly tls: TlsSettings };

/** The S3 storage if it speaks TLS. */
export function s3OverTls({ s3 }: Settings): TlsS3 | undefined {
  return s3?.tls === undefined ? undefined : (s3 as TlsS3);
}

export interface S3TlsProps {
  readonly s3: TlsS3;
  readonly metadata: k8s.ObjectMeta;
}

/**
 * Milvus 1.1.1 speaks plain HTTP to S3, whatever is configured (S3ClientWrapper.cpp). So a proxy beside each server takes that on the loopback
 * address of the pod, and speaks TLS to the endpoint.
 *
 * A signature covers the Host header. It is passed on as it is, and has to be what the endpoint calls itself: so the server knows the endpoint by its
 * own name and port, and a hosts file of its container alone leads that name to the proxy.
 */
export class S3Tls extends Construct {
  /** The ConfigMap with the configuration of the proxy and the hosts file of the servers. */
  public readonly configMap: ApiObject;

  public constructor(scope: Construct, id: string, { s3, metadata }: S3TlsProps) {
    super(scope, id);
    this.configMap = apiObject(this, 'Resource', k8s.KubeConfigMap.manifest({ metadata, data: files(s3) }));
    this.node.defaultChild = this.configMap;
  }
}

function files(s3: TlsS3): Record<string, string> {
  return { 'haproxy.cfg': proxyConfig(s3), hosts: `127.0.0.1 localhost\n127.0.0.1 ${tlsName(s3)}\n` };
}

/** The configuration of HAProxy, for one endpoint. */
export function proxyConfig(s3: TlsS3): string {
  const name = tlsName(s3);
  const ca = s3.tls.caSecret === undefined ? '@system-ca' : `${CA_DIRECTORY}/ca.crt`;
  return `# The server speaks plain HTTP to 127.0.0.1:${proxyPort(s3)}; this speaks TLS to ${s3.address}:${s3.port}.
global
  nbthread 1
  # Of the server, which opens 25. By default it is the limit of open files that counts, and takes memory.
  maxconn 256
  log stdout format raw local0 warning
  # It is told to stop when the server has ended.
  hard-stop-after 5s

defaults
  mode http
  log global
  # Failures alone, and why.
  option dontlog-normal
  option log-separate-errors
  log-format "%T %HM %HP: %ST %ts after %Ta ms: %[bc_err_str] %[ssl_bc_err_str]"
  # What the server has given up must not arrive later, over something newer.
  option abortonclose
  # Each request is sent once: the server repeats what fails, and has to hear of it. Rows were lost behind a proxy that gave up.
  retries 0
  timeout connect 30s
  timeout queue 30s
  # Longer than the server waits for anything.
  timeout client 1h
  timeout server 1h

resolvers dns
  parse-resolv-conf
  accepted_payload_size 8192
  # A name that DNS does not know without a search list keeps the address that it had at the start.
  hold nx 20d
  hold other 20d
  hold refused 20d
  hold timeout 20d

frontend server
  bind 127.0.0.1:${proxyPort(s3)}
  default_backend endpoint

backend endpoint
  # The server's connection is the endpoint's: none is used again that may be closed by now.
  http-reuse never
  server s3 ${s3.address}:${s3.port} ssl verify required ca-file ${ca} sni str(${name}) verifyhost ${name} resolvers dns resolve-prefer ipv4 init-addr libc,none

frontend health
  bind :${PROXY_HEALTH_PORT}
  monitor-uri /live
  monitor fail if { nbsrv(endpoint) lt 1 }
`;
}

/** The proxy, beside a server. */
export function proxyContainer({ images, imagePullPolicy }: Settings, { tls }: TlsS3): k8s.Container {
  const live = { httpGet: { path: '/live', port: k8s.IntOrString.fromString('s3-tls-health') } };
  return {
    name: 's3-tls',
    image: images.haproxy,
    imagePullPolicy,
    command: ['haproxy', '-db', '-f', `${CONFIG_DIRECTORY}/haproxy.cfg`],
    ports: [{ name: 's3-tls-health', containerPort: PROXY_HEALTH_PORT, protocol: 'TCP' }],
    readinessProbe: { ...live, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...live, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
    // The server flushes to S3 when it is told to stop, and has a lock as long as it lives.
    lifecycle: { preStop: { exec: { command: ['flock', ALIVE, 'true'] } } },
    resources: resourceRequirements({
      requests: { cpu: '50m', memory: '64Mi' },
      limits: { cpu: '1', memory: '128Mi' },
    }),
    securityContext: containerSecurity(),
    volumeMounts: [
      { name: CONFIG_VOLUME, mountPath: CONFIG_DIRECTORY, readOnly: true },
      { name: ALIVE_VOLUME, mountPath: ALIVE_DIRECTORY },
      ...caMounts(tls),
    ],
  };
}

/** The command of a server, as the proxy needs it. */
export function withProxy(s3: TlsS3, command: readonly string[]): string[] {
  return ['sh', Scripts.path(WITH_S3_TLS), String(proxyPort(s3)), ALIVE, ...command];
}

/** What the container of a server gets beside its own. */
export const PROXIED_MOUNTS: readonly k8s.VolumeMount[] = [
  // Of this container alone: the others reach the endpoint by this name.
  { name: CONFIG_VOLUME, mountPath: '/etc/hosts', subPath: 'hosts', readOnly: true },
  { name: ALIVE_VOLUME, mountPath: ALIVE_DIRECTORY },
];

/** Volumes of the pod of a server. */
export function proxyVolumes(configMap: string, { tls }: TlsS3): k8s.Volume[] {
  return [
    { name: CONFIG_VOLUME, configMap: { name: configMap } },
    emptyDir(ALIVE_VOLUME, '1Mi'),
    ...caVolumes(tls),
  ];
}

/** Changes with what a server's pod reads of this at its start. */
export function proxyChecksum(s3: TlsS3): string {
  return checksum(...Object.values(files(s3)));
}

/** The environment of the scripts that speak to S3 through rclone. */
export function tlsEnv(tls: TlsSettings | undefined, { directory } = CA): k8s.EnvVar[] {
  if (tls === undefined) return [];
  return [
    { name: 'S3_SCHEME', value: 'https' },
    ...(tls.caSecret === undefined ? [] : [{ name: 'S3_CA', value: `${directory}/ca.crt` }]),
  ];
}

/** The volume of the CA, for containers that speak TLS. */
export function caVolumes(tls: TlsSettings | undefined, { volume } = CA): k8s.Volume[] {
  if (tls?.caSecret === undefined) return [];
  return [{ name: volume, secret: { secretName: tls.caSecret, items: [{ key: 'ca.crt', path: 'ca.crt' }] } }];
}

export function caMounts(tls: TlsSettings | undefined, { volume, directory } = CA): k8s.VolumeMount[] {
  return tls?.caSecret === undefined ? [] : [{ name: volume, mountPath: directory, readOnly: true }];
}

/** An endpoint at an IPv4 address is reached by the name in its certificate. An address has one entry, whoever is there. */
export function endpointAliases(
  endpoints: readonly { readonly address: string; readonly tls?: TlsSettings }[],
): k8s.HostAlias[] {
  const names = new Map<string, Set<string>>();
  for (const { address, tls } of endpoints) {
    if (tls?.serverName === undefined || tls.serverName === address) continue;
    names.set(address, (names.get(address) ?? new Set()).add(tls.serverName));
  }
  return [...names].map(([ip, hostnames]) => ({ ip, hostnames: [...hostnames] }));
}
