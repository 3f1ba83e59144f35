// The spelling rules of the Kubernetes API: apimachinery's validation package.

export const isLabel = (value: string): boolean =>
  value.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value);

export const isServiceName = (value: string): boolean =>
  value.length <= 63 && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(value);

export const isSubdomain = (value: string): boolean =>
  value.length <= 253 && value.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part));

/** The name of an RBAC object: anything that fits into one segment of a path. */
export const isPathSegment = (value: string): boolean => !['.', '..'].includes(value) && !/[/%]/.test(value);

const part = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** The key of a label or an annotation: an optional DNS prefix, and a name. */
export function isQualifiedName(value: string): boolean {
  const pieces = value.split('/');
  const name = pieces.pop() ?? '';
  return name.length <= 63 && part.test(name) && pieces.length <= 1 && pieces.every(isSubdomain);
}

export const isLabelValue = (value: string): boolean =>
  value === '' || (value.length <= 63 && part.test(value));

/** The name of a container port: an IANA service name. */
export const isPortName = (value: string): boolean =>
  value.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) && /[a-z]/.test(value);

export const isPort = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65535;

/** The key of a ConfigMap or Secret: it becomes a file name. */
export const isConfigKey = (value: string): boolean =>
  value.length <= 253 && /^[-._a-zA-Z0-9]+$/.test(value) && value !== '.' && !value.startsWith('..');

export const isEnvName = (value: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(value);

/** What the container runtime can pull: lower-case name, tag and/or digest. */
export const isImage = (value: string): boolean =>
  /^([a-zA-Z0-9][-a-zA-Z0-9.]*(:\d+)?\/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(
    value,
  );

/** A file below a volume: relative, and never above it. */
export const isRelativePath = (value: string): boolean =>
  value !== '' && !value.startsWith('/') && !value.split('/').includes('..');
