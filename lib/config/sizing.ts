import type { Problem } from './problems';
import {
  canonicalQuantity,
  formatMilvusSize,
  GIB,
  parseMilvusSize,
  parseQuantity,
  quantityOfGibibytes,
  readableBytes,
} from './quantities';

/** CPU and memory of a container as the API server stores them. */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

/** What may be configured about a container's resources; quantities in any notation. */
export interface ResourcesInput {
  readonly requests: { readonly cpu?: string | number; readonly memory?: string | number };
  readonly limits: { readonly cpu?: string | number; readonly memory?: string | number };
}

/** Defaults for what is not configured; without a memory request the limit is requested. */
export interface ResourceDefaults {
  readonly cpuRequest: string;
  readonly cpuLimit: string;
  readonly memoryRequest?: string;
  readonly memoryLimit: string;
}

/** Of every workload but the servers, whose memory follows from what they hold. */
export const RESOURCE_DEFAULTS = {
  mishards: { cpuRequest: '250m', cpuLimit: '2', memoryRequest: '256Mi', memoryLimit: '1Gi' },
  mysql: { cpuRequest: '250m', cpuLimit: '1', memoryLimit: '1Gi' },
  mysqlExporter: { cpuRequest: '50m', cpuLimit: '500m', memoryRequest: '64Mi', memoryLimit: '128Mi' },
  minio: { cpuRequest: '100m', cpuLimit: '1', memoryRequest: '256Mi', memoryLimit: '1Gi' },
  backup: { cpuRequest: '100m', cpuLimit: '1', memoryRequest: '128Mi', memoryLimit: '512Mi' },
  smokeTest: { cpuRequest: '50m', cpuLimit: '1', memoryRequest: '128Mi', memoryLimit: '512Mi' },
  admin: { cpuRequest: '50m', cpuLimit: '500m', memoryRequest: '64Mi', memoryLimit: '256Mi' },
} as const satisfies Record<string, ResourceDefaults>;

/** Of a server. */
export const SERVER_CPU = { cpuRequest: '500m', cpuLimit: '2' } as const;

const MIB = 1024 ** 2;
/** Room for code, threads and the allocator, besides what is configured. */
const WORKING_ROOM = GIB;
/** The caches hold more than their nominal size for a while: the server checks after it has loaded. */
const CACHE_OVERHEAD = 1.25;
/** An index build holds the raw vectors and the index, each also as the buffer of one whole S3 PUT. */
const INDEX_BUILD_FACTOR = 4;
const SMALLEST_CACHE = 256 * MIB;

export interface ServerMemoryInput {
  /** Path of the role in the configuration, for messages. */
  readonly role: 'writable' | 'readonly';
  readonly cacheSize?: string;
  readonly insertBufferSize: string;
  /** Cache size when neither it nor the memory limit is configured. */
  readonly defaultCacheSize: string;
  /** WAL buffer in bytes; 0 without a WAL. */
  readonly walBufferBytes: number;
  /** Largest index_file_size in bytes; 0 where no index is built. */
  readonly maxIndexFileBytes: number;
  readonly memoryLimit?: string | number;
  /** What is asked for; without a limit it is a lower bound of that. */
  readonly memoryRequest?: string | number;
}

export interface ServerMemory {
  readonly cacheBytes: number;
  readonly insertBufferBytes: number;
  readonly memoryLimit: string;
  readonly problems: readonly Problem[];
}

/**
 * The memory of a server: from the cache follows the limit, from the limit the cache, and where both are given they
 * must fit. Neither the server nor Kubernetes sees to that: 1.1.1 compares its cache with the memory of the node
 * (Config.cpp), on cgroup v2 not even with the container's limit, and is killed when it outgrows it.
 */
export function sizeServer(input: ServerMemoryInput): ServerMemory {
  const insertBufferBytes = bytes(input.insertBufferSize);
  const fixed = WORKING_ROOM + input.walBufferBytes + INDEX_BUILD_FACTOR * input.maxIndexFileBytes;
  const needed = (cache: number) => CACHE_OVERHEAD * (cache + insertBufferBytes) + fixed;
  const largestCache = (limit: number) =>
    Math.floor(((limit - fixed) / CACHE_OVERHEAD - insertBufferBytes) / SMALLEST_CACHE) * SMALLEST_CACHE;

  if (input.memoryLimit === undefined) {
    const cacheBytes = bytes(input.cacheSize ?? input.defaultCacheSize);
    return {
      cacheBytes,
      insertBufferBytes,
      memoryLimit: larger(quantityOfGibibytes(needed(cacheBytes)), input.memoryRequest),
      problems: [],
    };
  }

  const limit = parseQuantity(String(input.memoryLimit)) ?? 0;
  const memoryLimit = canonicalQuantity(String(input.memoryLimit));
  const cacheBytes = input.cacheSize === undefined ? largestCache(limit) : bytes(input.cacheSize);
  const least = needed(input.cacheSize === undefined ? Math.max(cacheBytes, SMALLEST_CACHE) : cacheBytes);
  const problems = least <= limit ? [] : [tooSmall(input, least, largestCache(limit))];
  return { cacheBytes, insertBufferBytes, memoryLimit, problems };
}

function tooSmall(input: ServerMemoryInput, needed: number, largestCache: number): Problem {
  const parts = [
    `${CACHE_OVERHEAD} x (cache ${input.cacheSize ?? formatMilvusSize(SMALLEST_CACHE)} + insert buffer ${input.insertBufferSize})`,
    ...(input.walBufferBytes > 0 ? [`WAL buffer ${formatMilvusSize(input.walBufferBytes)}`] : []),
    ...(input.maxIndexFileBytes > 0
      ? [`${INDEX_BUILD_FACTOR} x largest index file ${formatMilvusSize(input.maxIndexFileBytes)}`]
      : []),
    `${formatMilvusSize(WORKING_ROOM)} working room`,
  ];
  const smallerCache =
    largestCache >= SMALLEST_CACHE
      ? `, or ${input.role}.cache.cacheSize to at most ${formatMilvusSize(largestCache)}`
      : '';
  return {
    path: `${input.role}.resources.limits.memory`,
    given: String(input.memoryLimit),
    expected: `at least ${readableBytes(needed)}: ${parts.join(' + ')}`,
    fix: `The smallest limit that works is ${quantityOfGibibytes(needed)}: set ${input.role}.resources.limits.memory to it${smallerCache}.`,
  };
}

function bytes(size: string): number {
  const value = parseMilvusSize(size);
  if (value === undefined) throw new Error(`not a size: ${size}`);
  return value;
}

/** Fills in what is not configured and checks that no request is above its limit. */
export function resolveResources(
  path: string,
  input: ResourcesInput,
  defaults: ResourceDefaults,
): { readonly resources: Resources; readonly problems: readonly Problem[] } {
  const quantity = (value: string | number | undefined, fallback: string) =>
    canonicalQuantity(String(value ?? fallback));
  const cpuLimit = quantity(input.limits.cpu, larger(defaults.cpuLimit, input.requests.cpu));
  const memoryLimit = quantity(input.limits.memory, larger(defaults.memoryLimit, input.requests.memory));
  const resources = {
    requests: {
      cpu: quantity(input.requests.cpu, smaller(defaults.cpuRequest, cpuLimit)),
      memory: quantity(input.requests.memory, smaller(defaults.memoryRequest ?? memoryLimit, memoryLimit)),
    },
    limits: { cpu: cpuLimit, memory: memoryLimit },
  };
  const problems = (['cpu', 'memory'] as const)
    .filter((kind) => amount(resources.requests[kind]) > amount(resources.limits[kind]))
    .map((kind) => ({
      path: `${path}.resources.requests.${kind}`,
      given: resources.requests[kind],
      expected: `at most the limit, ${resources.limits[kind]}`,
      fix: `Lower it, or raise ${path}.resources.limits.${kind}.`,
    }));
  return { resources, problems };
}

/** Threads for a CPU limit: whole CPUs, at least one. The server counts the node's CPUs, whatever the limit. */
export function threadsFor(cpuLimit: string): number {
  return Math.max(1, Math.floor(amount(cpuLimit)));
}

function amount(quantity: string): number {
  return parseQuantity(quantity) ?? 0;
}

function smaller(a: string, b: string): string {
  return amount(a) <= amount(b) ? a : b;
}

function larger(a: string, b: string | number | undefined): string {
  return b !== undefined && amount(String(b)) > amount(a) ? String(b) : a;
}
