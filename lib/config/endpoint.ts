/** An address with what a URL says besides. */
export interface Endpoint {
  readonly address: string;
  readonly scheme?: 'http' | 'https';
  readonly port?: number;
}

/** Other tools take a URL where the configuration has keys of their own for its parts; undefined for one with a path. */
export function endpointIn(text: string): Endpoint | undefined {
  const [, scheme, address, port] = /^(?:(https?):\/\/)?([^/:]+)(?::(\d+))?\/?$/.exec(text) ?? [];
  if (address === undefined) return undefined;
  return {
    address,
    scheme: scheme as Endpoint['scheme'],
    port: port === undefined ? undefined : Number(port),
  };
}
