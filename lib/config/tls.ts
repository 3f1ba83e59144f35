/** Where the proxy that speaks TLS to S3 tells the kubelet whether it is there. */
export const PROXY_HEALTH_PORT = 8405;

interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly tls?: { readonly serverName?: string };
}

/** The name in the endpoint's certificate, by which everybody calls it. */
export function tlsName({ address, tls }: Endpoint): string {
  return tls?.serverName ?? address;
}

/**
 * The port of the proxy on the loopback address: with the name it makes the Host header that other clients of the endpoint send, which have none for 443,
 * as plain HTTP has none for 80.
 */
export function proxyPort({ port }: Endpoint): number {
  return port === 443 ? 80 : port;
}

/** Where a server looks for S3: the proxy, under the name of the endpoint. */
export function serverEndpoint(s3: Endpoint): { readonly address: string; readonly port: number } {
  return s3.tls === undefined ? s3 : { address: tlsName(s3), port: proxyPort(s3) };
}
