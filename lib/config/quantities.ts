/**
 * The two notations for amounts that meet in this project: Milvus' own (`4GB`, always 1024-based) and
 * Kubernetes' quantities (`4Gi`, `500m`). Values are kept as numbers and written in the form that the
 * reader (the server, the API server) stores itself, so that a second apply changes nothing.
 */

const KIB = 1024;
const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const MILVUS_SIZE = /^(\d+(?:\.\d+)?)(b|k|m|g|kb|mb|gb|ki|mi|gi|kib|mib|gib)?$/i;
const MILVUS_UNITS: Record<string, number> = { '': 1, b: 1, k: KIB, m: MIB, g: GIB };

/**
 * Reads a byte size as Milvus 1.1.1 does (`4GB` = 4 x 1024^3), plus the `Ki`, `Mi`, `Gi` that Kubernetes
 * users write and the server refuses. The server has no terabyte unit, and silently cuts `1.5GB` to 1 GB
 * (core/src/config/Utils.cpp, parse_bytes); here it means 1536 MB.
 * @returns whole bytes, or undefined when the text is no such size
 */
export function parseMilvusSize(text: string): number | undefined {
  const [, digits, unit = ''] = MILVUS_SIZE.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Number(digits) * (MILVUS_UNITS[unit.charAt(0).toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Writes bytes in the largest unit that the server reads back exactly: `4GB`, `512MB`, `1000B`. */
export function formatMilvusSize(bytes: number): string {
  for (const [unit, size] of [['GB', GIB] as const, ['MB', MIB] as const, ['KB', KIB] as const]) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}

const QUANTITY = /^\+?(\d+(?:\.\d*)?|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?\d{1,2})?$/;
const BINARY_SUFFIXES = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'];
const DECIMAL_SUFFIXES = ['E', 'P', 'T', 'G', 'M', 'k'];

/**
 * Reads a Kubernetes quantity (`500m`, `2`, `4Gi`, `1.5Gi`, `1e9`).
 * @returns the amount in base units (cores, bytes), or undefined when the text is no quantity
 */
export function parseQuantity(text: string): number | undefined {
  const amount = thousandths(text);
  return amount === undefined ? undefined : Number(amount) / 1000;
}

/** The form in which the API server stores a quantity: `1024Mi` -> `1Gi`, `0.5` -> `500m`, `1000m` -> `1`. */
export function canonicalQuantity(text: string): string {
  const amount = thousandths(text);
  if (amount === undefined) throw new Error(`not a Kubernetes quantity: ${text}`);
  if (amount === 0n) return '0';
  const suffixes = text.endsWith('i') && amount >= thousandthsIn('Ki') ? BINARY_SUFFIXES : DECIMAL_SUFFIXES;
  const suffix = [...suffixes, ''].find((candidate) => amount % thousandthsIn(candidate) === 0n) ?? 'm';
  return `${amount / thousandthsIn(suffix)}${suffix}`;
}

/** Bytes as a Kubernetes quantity, rounded up to whole Gi: what sizing proposes is read by people. */
export function quantityOfGibibytes(bytes: number): string {
  return `${Math.ceil(bytes / GIB)}Gi`;
}

/** Bytes for people: `6.1 GiB`, `256 MiB`. */
export function readableBytes(bytes: number): string {
  const [size, unit] = bytes >= GIB ? [GIB, 'GiB'] : [MIB, 'MiB'];
  return `${Math.round((bytes / size) * 100) / 100} ${unit}`;
}

/**
 * A quantity in thousandths, the smallest unit that a pod's resources keep; exact, where `1.001 * 1000` is not.
 * What is smaller is rounded up, as the API server does: to thousandths, and to whole bytes after Ki, Mi, Gi.
 */
function thousandths(text: string): bigint | undefined {
  const [, digits, suffix = ''] = QUANTITY.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const [whole = '', fraction = ''] = digits.split('.');
  const exponent = /^[eE][-+\d]/.test(suffix) ? Number(suffix.slice(1)) : undefined;
  const scale = 10n ** BigInt(fraction.length + Math.max(0, -(exponent ?? 0)));
  const unit = suffix.endsWith('i') ? 1000n : 1n;
  const amount =
    exponent === undefined ? thousandthsIn(suffix) : 1000n * 10n ** BigInt(Math.max(0, exponent));
  return ceilDivide(BigInt(whole + fraction) * amount, scale * unit) * unit;
}

function ceilDivide(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by;
}

function thousandthsIn(suffix: string): bigint {
  if (suffix === 'm') return 1n;
  if (suffix === '') return 1000n;
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary >= 0) return 1000n * 1024n ** BigInt(BINARY_SUFFIXES.length - binary);
  return 1000n * 1000n ** BigInt(DECIMAL_SUFFIXES.length - DECIMAL_SUFFIXES.indexOf(suffix));
}
