import {
  canonicalQuantity,
  formatMilvusSize,
  parseMilvusSize,
  parseQuantity,
  quantityOfGibibytes,
  readableBytes,
} from '../../lib/config/quantities';
import { canonicalQuantity as asTheApiServer } from '../support/quantity';

const MB = 1024 ** 2;
const GB = 1024 ** 3;

describe("Milvus' sizes", () => {
  test.each([
    ['4GB', 4 * GB],
    ['4G', 4 * GB],
    ['4g', 4 * GB],
    ['4Gi', 4 * GB],
    ['4GiB', 4 * GB],
    ['512MB', 512 * MB],
    ['512m', 512 * MB],
    ['512Mi', 512 * MB],
    ['10KB', 10240],
    ['10b', 10],
    ['10', 10],
    ['0GB', 0],
    ['1.5GB', 1536 * MB],
    ['0.25GB', 256 * MB],
    ['0.5KB', 512],
    ['4096GB', 4096 * GB],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseMilvusSize(text)).toBe(bytes);
  });

  test.each([
    ['a unit that the server lacks', '4TB'],
    ['a unit that the server lacks', '1Ti'],
    ['a sign', '-1'],
    ['a sign', '+1GB'],
    ['nothing', ''],
    ['an exponent', '1e3'],
    ['a space', '4 GB'],
    ['a space', ' 4GB'],
    ['no digit', 'GB'],
    ['no digit after the point', '1.GB'],
    ['no digit before the point', '.5GB'],
    ['two points', '1.2.3GB'],
    ['two units', '4GBB'],
    ['a fraction that is not whole bytes', '1.1GB'],
    ['a fraction that is not whole bytes', '0.1KB'],
    ['a fraction that is not whole bytes', '1.5'],
    ['a number beyond exact integers', '9007199254740993'],
    ['a line break', '4GB\n'],
  ])('%s: %j is refused', (_, text) => {
    expect(parseMilvusSize(text)).toBeUndefined();
  });

  test.each([
    [4 * GB, '4GB'],
    [1536 * MB, '1536MB'],
    [1023 * MB, '1023MB'],
    [1024 * MB, '1GB'],
    [1536, '1536B'],
    [2048, '2KB'],
    [1, '1B'],
    [0, '0B'],
    [4096 * GB, '4096GB'],
  ])('%d bytes are written as %s, and read back', (bytes, text) => {
    expect(formatMilvusSize(bytes)).toBe(text);
    expect(parseMilvusSize(text)).toBe(bytes);
  });
});

describe("Kubernetes' quantities", () => {
  test.each([
    ['500m', 0.5],
    ['290m', 0.29],
    ['1001m', 1.001],
    ['2', 2],
    ['0.1', 0.1],
    ['.5', 0.5],
    ['4Gi', 4 * GB],
    ['1.5Gi', 1536 * MB],
    ['1k', 1000],
    ['1G', 1e9],
    ['4.35G', 4.35e9],
    ['1Pi', 1024 ** 5],
    ['1P', 1e15],
    ['2E', 2e18],
    ['1Ei', 1024 ** 6],
    ['1.', 1],
    ['+4Gi', 4 * GB],
    ['1e3', 1000],
    ['1.5E9', 1.5e9],
    ['5e-1', 0.5],
    ['0', 0],
  ])('%s is %d', (text, amount) => {
    expect(parseQuantity(text)).toBe(amount);
  });

  test.each([
    '',
    '4GB',
    '4gi',
    '-1',
    '1 Gi',
    'Gi',
    '.',
    '1.2.3',
    '1e',
    '1e+',
    '1e1.5',
    '0x10',
    'one',
    '1Gi\n',
  ])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
    expect(() => canonicalQuantity(text)).toThrow(`not a Kubernetes quantity: ${text}`);
  });

  test.each([
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000Mi', '1000Mi'],
    ['1048576Ki', '1Gi'],
    ['1024Gi', '1Ti'],
    ['0.5Ki', '512'],
    ['1.5Ki', '1536'],
    ['1.1Gi', '1181116007'],
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['2', '2'],
    ['2.0', '2'],
    ['1000', '1k'],
    ['1000M', '1G'],
    ['1.5G', '1500M'],
    ['4294967296', '4294967296'],
    ['0', '0'],
    ['0Gi', '0'],
    ['0.0001', '1m'],
    ['0.0011', '2m'],
    // Binary fractions come out one too many, or one too few, of these.
    ['0.1', '100m'],
    ['0.29', '290m'],
    ['0.57', '570m'],
    ['1.001', '1001m'],
    ['1.1', '1100m'],
    ['1001m', '1001m'],
    ['1.005', '1005m'],
    ['4.35', '4350m'],
    ['8.2', '8200m'],
    ['1.1G', '1100M'],
    ['4.35G', '4350M'],
    ['0.000001G', '1k'],
  ])('%s is stored as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  test('every number of thousandths comes back as it is, and a second time', () => {
    for (let milli = 1; milli <= 20_000; milli++) {
      const stored = canonicalQuantity(`${milli}m`);
      expect(canonicalQuantity((milli / 1000).toString())).toBe(stored);
      expect(canonicalQuantity(stored)).toBe(stored);
      expect((parseQuantity(stored) ?? 0) * 1000).toBeCloseTo(milli, 6);
    }
  });

  test.each(['7', '7.5', '0.25', '12.125', '999', '1000', '1024', '1500', '123456'])(
    '%s of every unit is stored as the API server does',
    (digits) => {
      for (const unit of ['', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'm']) {
        const text = `${digits}${unit}`;
        // A pod's resources keep thousandths; only beyond them the two differ.
        if (unit !== 'm' || Number.isInteger(Number(digits)))
          expect([text, canonicalQuantity(text)]).toEqual([text, asTheApiServer(text)]);
      }
    },
  );
});

test.each([
  [1, '1Gi', '0 MiB'],
  [256 * MB, '1Gi', '256 MiB'],
  [GB, '1Gi', '1 GiB'],
  [GB + 1, '2Gi', '1 GiB'],
  [6.1 * GB, '7Gi', '6.1 GiB'],
])('%d bytes are proposed as %s and shown as %s', (bytes, proposed, shown) => {
  expect(quantityOfGibibytes(bytes)).toBe(proposed);
  expect(readableBytes(bytes)).toBe(shown);
});
