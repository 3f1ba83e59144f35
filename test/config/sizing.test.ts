import { check } from '../../lib/config';
import type { MilvusConfig } from '../../lib/config/milvus-config';
import { parseQuantity } from '../../lib/config/quantities';
import type { Settings } from '../../lib/config/settings';
import {
  type ResourcesInput,
  resolveResources,
  type ServerMemoryInput,
  sizeServer,
  threadsFor,
} from '../../lib/config/sizing';
import { minimal } from '../support/clusters';

const MB = 1024 ** 2;
const GB = 1024 ** 3;

const reader: ServerMemoryInput = {
  role: 'readonly',
  insertBufferSize: '64MB',
  defaultCacheSize: '4GB',
  walBufferBytes: 0,
  maxIndexFileBytes: 0,
};
const writer: ServerMemoryInput = {
  role: 'writable',
  insertBufferSize: '1GB',
  defaultCacheSize: '1GB',
  walBufferBytes: 256 * MB,
  maxIndexFileBytes: GB,
};

describe('from the cache follows the limit', () => {
  test.each([
    // 1.25 x (4 + 1/16) + 1 = 6.08 GiB
    ['a reader with the default cache', reader, undefined, '7Gi'],
    // 1.25 x (1 + 1) + 1/4 + 4 x 1 + 1 = 7.75 GiB
    ['the writer with the default cache', writer, undefined, '8Gi'],
    ['a reader with 16GB', reader, '16GB', '22Gi'],
    ['a reader with 16Gi', reader, '16Gi', '22Gi'],
    ['the writer with 4GB', writer, '4GB', '12Gi'],
  ])('%s', (_, input, cacheSize, memoryLimit) => {
    expect(sizeServer({ ...input, cacheSize })).toMatchObject({ memoryLimit, problems: [] });
  });

  test('the default cache is what is not given', () => {
    expect(sizeServer(reader).cacheBytes).toBe(4 * GB);
    expect(sizeServer({ ...reader, cacheSize: '1536MB' }).cacheBytes).toBe(1536 * MB);
  });
});

describe('from the limit follows the cache', () => {
  test.each([
    // (7 - 1) / 1.25 - 1/16 = 4.74 GiB, cut to quarters
    ['7Gi', 4.5 * GB],
    ['7168Mi', 4.5 * GB],
    [7 * GB, 4.5 * GB],
    ['64Gi', 50.25 * GB],
    ['2Gi', 0.5 * GB],
  ])('%s', (memoryLimit, cacheBytes) => {
    expect(sizeServer({ ...reader, memoryLimit })).toMatchObject({ cacheBytes, problems: [] });
  });

  test('the limit is written as the API server stores it', () => {
    expect(sizeServer({ ...reader, memoryLimit: '8192Mi' }).memoryLimit).toBe('8Gi');
  });

  test('a limit without room for the smallest cache is refused, with the smallest that has it', () => {
    expect(sizeServer({ ...writer, memoryLimit: '6Gi' }).problems).toEqual([
      {
        path: 'writable.resources.limits.memory',
        given: '6Gi',
        expected:
          'at least 6.81 GiB: 1.25 x (cache 256MB + insert buffer 1GB) + WAL buffer 256MB + 4 x largest index file 1GB + 1GB working room',
        fix: 'The smallest limit that works is 7Gi: set writable.resources.limits.memory to it.',
      },
    ]);
    expect(sizeServer({ ...writer, memoryLimit: '7Gi' }).problems).toEqual([]);
  });
});

describe('where both are given they must fit', () => {
  test('the message has the numbers, the smallest limit and the largest cache', () => {
    expect(sizeServer({ ...reader, cacheSize: '16GB', memoryLimit: '16Gi' }).problems).toEqual([
      {
        path: 'readonly.resources.limits.memory',
        given: '16Gi',
        expected: 'at least 21.08 GiB: 1.25 x (cache 16GB + insert buffer 64MB) + 1GB working room',
        fix: 'The smallest limit that works is 22Gi: set readonly.resources.limits.memory to it, or readonly.cache.cacheSize to at most 12032MB.',
      },
    ]);
  });

  test.each([
    ['a reader', reader],
    ['the writer', writer],
    ['the writer with a small buffer', { ...writer, insertBufferSize: '100MB' }],
    ['the writer with large index files', { ...writer, maxIndexFileBytes: 4 * GB }],
    ['the writer with the largest WAL buffer', { ...writer, walBufferBytes: 4 * GB }],
  ])('%s: what the message proposes works, and one Gi less does not', (_, input) => {
    for (const cacheSize of ['1B', '256MB', '1GB', '3GB', '10GB', '777MB', '100GB']) {
      const [problem] = sizeServer({ ...input, cacheSize, memoryLimit: '1Gi' }).problems;
      const smallest = Number(/works is (\d+)Gi/.exec(problem?.fix ?? '')?.[1]);
      const fits = (memoryLimit: string) =>
        sizeServer({ ...input, cacheSize, memoryLimit }).problems.length === 0;
      expect([cacheSize, fits(`${smallest}Gi`), fits(`${smallest - 1}Gi`)]).toEqual([cacheSize, true, false]);
      // Without a limit, it is also the one that is chosen.
      expect(sizeServer({ ...input, cacheSize }).memoryLimit).toBe(`${smallest}Gi`);
    }
  });

  test('the largest cache that the message proposes works, and the next step does not', () => {
    const [problem] = sizeServer({ ...reader, cacheSize: '100GB', memoryLimit: '10Gi' }).problems;
    const largest = /cacheSize to at most (\S+)\.$/.exec(problem?.fix ?? '')?.[1];
    expect(largest).toBe('7GB');
    expect(sizeServer({ ...reader, cacheSize: '7GB', memoryLimit: '10Gi' }).problems).toEqual([]);
    expect(sizeServer({ ...reader, cacheSize: '7424MB', memoryLimit: '10Gi' }).problems).toHaveLength(1);
  });

  test('an insert buffer that leaves nothing', () => {
    const { problems } = sizeServer({ ...writer, insertBufferSize: '20GB', memoryLimit: '16Gi' });
    expect(problems).toMatchObject([{ expected: expect.stringContaining('insert buffer 20GB') }]);
    expect(problems[0]?.fix).not.toContain('cacheSize');
  });
});

describe('requests and limits', () => {
  const defaults = { cpuRequest: '500m', cpuLimit: '2', memoryLimit: '8Gi' };
  const resolve = (input: Partial<ResourcesInput>) =>
    resolveResources('mishards', { requests: {}, limits: {}, ...input }, defaults);

  test.each<[string, Partial<ResourcesInput>, object]>([
    ['defaults', {}, { requests: { cpu: '500m', memory: '8Gi' }, limits: { cpu: '2', memory: '8Gi' } }],
    [
      'a limit below the default request takes the request along',
      { limits: { cpu: '250m', memory: '1Gi' } },
      { requests: { cpu: '250m', memory: '1Gi' }, limits: { cpu: '250m', memory: '1Gi' } },
    ],
    [
      'a CPU request above the default limit takes the limit along',
      { requests: { cpu: 4 } },
      { requests: { cpu: '4', memory: '8Gi' }, limits: { cpu: '4', memory: '8Gi' } },
    ],
    [
      'canonical form',
      { requests: { cpu: 0.5, memory: '1024Mi' }, limits: { cpu: '1500m', memory: 4 * GB } },
      { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1500m', memory: '4294967296' } },
    ],
    [
      'equal',
      { requests: { cpu: '2000m', memory: '8192Mi' }, limits: { cpu: 2, memory: '8Gi' } },
      { requests: { cpu: '2', memory: '8Gi' }, limits: { cpu: '2', memory: '8Gi' } },
    ],
  ])('%s', (_, input, resources) => {
    expect(resolve(input)).toEqual({ resources, problems: [] });
  });

  test.each<[string, Partial<ResourcesInput>, object]>([
    [
      'memory',
      { requests: { memory: '9Gi' }, limits: { memory: '8Gi' } },
      {
        path: 'mishards.resources.requests.memory',
        given: '9Gi',
        expected: 'at most the limit, 8Gi',
        fix: 'Lower it, or raise mishards.resources.limits.memory.',
      },
    ],
    [
      'CPU, by a thousandth',
      { requests: { cpu: '1001m' }, limits: { cpu: 1 } },
      {
        path: 'mishards.resources.requests.cpu',
        given: '1001m',
        expected: 'at most the limit, 1',
        fix: 'Lower it, or raise mishards.resources.limits.cpu.',
      },
    ],
  ])('a request above its limit: %s', (_, input, problem) => {
    expect(resolve(input).problems).toEqual([problem]);
  });
});

test.each([
  ['2', 2],
  ['4', 4],
  ['3900m', 3],
  ['1', 1],
  ['500m', 1],
])('%s CPUs are %d threads', (limit, threads) => {
  expect(threadsFor(limit)).toBe(threads);
});

describe('in the settings of a cluster', () => {
  const settingsOf = (config: Partial<MilvusConfig>): Settings => {
    const { settings, problems } = check({ ...minimal, ...config });
    expect(problems).toBeUndefined();
    return settings as Settings;
  };
  const sizes = ({ cache, engine, resources }: Settings['readonly'] | Settings['writable']) => ({
    cache: cache.cacheBytes / MB,
    insertBuffer: cache.insertBufferBytes / MB,
    threads: engine.ompThreadNum,
    limit: resources.limits.memory,
    request: resources.requests.memory,
  });

  test('defaults', () => {
    const { writable, readonly } = settingsOf({});
    expect(sizes(writable)).toEqual({
      cache: 1024,
      insertBuffer: 1024,
      threads: 2,
      limit: '8Gi',
      request: '8Gi',
    });
    expect(sizes(readonly)).toEqual({
      cache: 4096,
      insertBuffer: 64,
      threads: 2,
      limit: '7Gi',
      request: '7Gi',
    });
  });

  test('milvus.cache is for both, and what a role says overrides it', () => {
    const { writable, readonly } = settingsOf({
      milvus: { cache: { cacheSize: '2GB', insertBufferSize: '256MB' }, engine: { simdType: 'avx2' } },
      readonly: { cache: { cacheSize: '8GB' }, engine: { ompThreadNum: 0 } },
    });
    expect(sizes(writable)).toMatchObject({ cache: 2048, insertBuffer: 256, limit: '9Gi', threads: 2 });
    expect(sizes(readonly)).toMatchObject({ cache: 8192, insertBuffer: 256, limit: '12Gi', threads: 0 });
    expect(readonly.engine.simdType).toBe('avx2');
  });

  test('the WAL buffer and index files count on the writable alone', () => {
    const { writable, readonly } = settingsOf({
      wal: { bufferSize: '4GB' },
      writable: { maxIndexFileSize: '2GB' },
    });
    expect(sizes(writable).limit).toBe('16Gi');
    expect(sizes(readonly).limit).toBe('7Gi');
  });

  test('threads follow the CPU limit, and that a larger request', () => {
    expect(
      settingsOf({ readonly: { resources: { limits: { cpu: '7500m' } } } }).readonly.engine.ompThreadNum,
    ).toBe(7);
    expect(
      settingsOf({ readonly: { resources: { requests: { cpu: 6 } } } }).readonly.engine.ompThreadNum,
    ).toBe(6);
  });

  test('what is proposed leads to a cluster', () => {
    const config = (limit: string): MilvusConfig => ({
      ...minimal,
      readonly: { cache: { cacheSize: '20GB' }, resources: { limits: { memory: limit } } },
    });
    const [problem] = check(config('8Gi')).problems ?? [];
    expect(problem).toMatchObject({ path: 'readonly.resources.limits.memory', given: '8Gi' });
    const smallest = /works is (\w+)/.exec(problem?.fix ?? '')?.[1] ?? '';
    expect(check(config(smallest)).settings?.readonly.resources.limits.memory).toBe(smallest);
    expect(check(config(`${(parseQuantity(smallest) ?? 0) / GB - 1}Gi`)).problems).toHaveLength(1);
  });
});
