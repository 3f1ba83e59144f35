// Kubernetes quantities, as apimachinery's resource.Quantity reads and writes them.

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/;
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimal = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);

interface Quantity {
  /** The amount in billionths: the smallest that Kubernetes keeps. */
  readonly nanos: bigint;
  readonly format: 'binary' | 'decimal' | 'exponent';
}

function read(value: string): Quantity | undefined {
  const match = pattern.exec(value);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', binarySuffix, decimalSuffix, exponent] = match;
  if (whole + fraction === '') return undefined;
  const power = 9 - fraction.length + (exponent ? Number(exponent) : (decimal.get(decimalSuffix ?? '') ?? 0));
  const scaled = BigInt(whole + fraction) * 1024n ** BigInt(Math.max(0, binary.indexOf(binarySuffix ?? '')));
  const nanos = power >= 0 ? scaled * 10n ** BigInt(power) : roundUp(scaled, 10n ** BigInt(-power));
  const format = binarySuffix ? 'binary' : exponent ? 'exponent' : 'decimal';
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

const roundUp = (amount: bigint, unit: bigint): bigint => (amount + unit - 1n) / unit;

/** The amount in billionths, to compare; undefined when it is not a quantity. */
export const nanosOf = (value: string): bigint | undefined => read(value)?.nanos;

/** How the API server writes this quantity back; undefined when it is not a quantity. */
export function canonicalQuantity(value: string): string | undefined {
  const quantity = read(value);
  if (!quantity) return undefined;
  if (quantity.nanos === 0n) return '0';
  const units = roundUp(quantity.nanos, 10n ** 9n);
  if (quantity.format === 'binary' && units >= 1024n) {
    let power = 0;
    let amount = units;
    for (; amount % 1024n === 0n && power < binary.length - 1; power++) amount /= 1024n;
    return `${amount}${binary[power]}`;
  }
  const [suffix, power] = [...decimal]
    .reverse()
    .find(([, exp]) => quantity.nanos % 10n ** BigInt(9 + exp) === 0n) ?? ['n', -9];
  const amount = quantity.nanos / 10n ** BigInt(9 + power);
  return quantity.format === 'exponent' ? `${amount}${power === 0 ? '' : `e${power}`}` : `${amount}${suffix}`;
}
