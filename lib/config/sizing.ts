import { didYouMean, formatPath, type Problem, suggest } from './problems';
import {
  canonicalQuantity,
  formatMilvusSize,
  GIB,
  parseMilvusSize,
  parseQuantity,
  quantityOfGibibytes,
  readableBytes,
} from './quantities';

/** Amounts by the name of the resource, as the API server stores them. */
export interface Amounts {
  readonly cpu: string;
  readonly memory: string;
  readonly [resource: string]: string;
}

/** The resources of a container. */
export interface Resources {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

interface AmountsInput {
  readonly cpu?: string | number;
  readonly memory?: string | number;
  readonly [resource: string]: string | number | undefined;
}

/** What may be configured about a container's resources; quantities in any notation. */
export interface ResourcesInput {
  readonly requests: AmountsInput;
  readonly limits: AmountsInput;
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
/** That a cluster may have. */
export const MOST_READERS = 1000;
/** The caches that are proposed are multiples of it. */
export const SMALLEST_CACHE = 256 * MIB;

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

interface ServerMemory {
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

/** What the memory of a server is the sum of, in words. */
export function memoryFormula(
  input: Pick<ServerMemoryInput, 'insertBufferSize' | 'walBufferBytes' | 'maxIndexFileBytes'> & {
    readonly cacheSize: string;
  },
): string {
  return [
    `${CACHE_OVERHEAD} x (cache ${input.cacheSize} + insert buffer ${input.insertBufferSize})`,
    ...(input.walBufferBytes > 0 ? [`WAL buffer ${formatMilvusSize(input.walBufferBytes)}`] : []),
    ...(input.maxIndexFileBytes > 0
      ? [`${INDEX_BUILD_FACTOR} x largest index file ${formatMilvusSize(input.maxIndexFileBytes)}`]
      : []),
    `${formatMilvusSize(WORKING_ROOM)} working room`,
  ].join(' + ');
}

function tooSmall(input: ServerMemoryInput, needed: number, largestCache: number): Problem {
  const smallerCache =
    largestCache >= SMALLEST_CACHE
      ? `, or ${input.role}.cache.cacheSize to at most ${formatMilvusSize(largestCache)}`
      : '';
  return {
    path: `${input.role}.resources.limits.memory`,
    given: String(input.memoryLimit),
    expected: `at least ${readableBytes(needed)}: ${memoryFormula({ ...input, cacheSize: input.cacheSize ?? formatMilvusSize(SMALLEST_CACHE) })}`,
    fix: `The smallest limit that works is ${quantityOfGibibytes(needed)}: set ${input.role}.resources.limits.memory to it${smallerCache}.`,
  };
}

function bytes(size: string): number {
  const value = parseMilvusSize(size);
  if (value === undefined) throw new Error(`not a size: ${size}`);
  return value;
}

/** Fills in what is not configured and checks that the amounts go together. */
export function resolveResources(
  path: string,
  input: ResourcesInput,
  defaults: ResourceDefaults,
): { readonly resources: Resources; readonly problems: readonly Problem[] } {
  const quantity = (value: string | number | undefined, fallback: string) =>
    canonicalQuantity(String(value ?? fallback));
  const cpuLimit = quantity(input.limits.cpu, larger(defaults.cpuLimit, input.requests.cpu));
  const memoryLimit = quantity(input.limits.memory, larger(defaults.memoryLimit, input.requests.memory));
  const others = otherResources(`${path}.resources`, input);
  const resources: Resources = {
    requests: {
      cpu: quantity(input.requests.cpu, smaller(defaults.cpuRequest, cpuLimit)),
      memory: quantity(input.requests.memory, smaller(defaults.memoryRequest ?? memoryLimit, memoryLimit)),
      ...others.requests,
    },
    limits: { cpu: cpuLimit, memory: memoryLimit, ...others.limits },
  };
  const problems = Object.entries(resources.requests)
    .filter(([kind, request]) => amount(request) > amount(resources.limits[kind] ?? request))
    .map(([kind, given]) => ({
      path: `${path}.resources.requests.${formatPath([kind])}`,
      given,
      expected: `at most the limit, ${resources.limits[kind]}`,
      fix: `Lower it, or raise ${path}.resources.limits.${formatPath([kind])}.`,
    }));
  return { resources, problems: [...others.problems, ...problems] };
}

type OtherAmounts = Record<string, string>;

/** A domain that is not Kubernetes' own, and a name: what a device plugin offers. */
const EXTENDED =
  /^(?!([\w.-]*\.)?kubernetes\.io\/|requests\.)[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const HUGE_PAGES = /^hugepages-(\d+(?:Ki|Mi|Gi))$/;

/**
 * Resources besides CPU and memory, as the API server takes them (ValidateContainerResourceName and
 * ValidateResourceRequirements): devices in whole numbers, and like huge pages as limit and request alike.
 */
export function otherResources(path: string, { requests, limits }: ResourcesInput) {
  const result = { requests: {} as OtherAmounts, limits: {} as OtherAmounts, problems: [] as Problem[] };
  const names = new Set([...Object.keys(requests), ...Object.keys(limits)]);
  for (const name of names) {
    if (name === 'cpu' || name === 'memory') continue;
    const key = formatPath([name]);
    const where = `${path}.${limits[name] === undefined ? 'requests' : 'limits'}.${key}`;
    const page = HUGE_PAGES.exec(name)?.[1];
    const whole = EXTENDED.test(name);
    if (!whole && page === undefined && name !== 'ephemeral-storage') {
      const meant = suggest(name, ['cpu', 'memory', 'ephemeral-storage', 'hugepages-2Mi']);
      result.problems.push({
        path: where,
        given: 'an unknown resource',
        expected: `a known one${didYouMean(meant)}`,
        fix: 'Known are cpu, memory, ephemeral-storage, hugepages-<size>, and what a device plugin offers, such as nvidia.com/gpu.',
      });
      continue;
    }
    const wrong = (given: string | number | undefined): Omit<Problem, 'path'> | undefined => {
      if (given === undefined) return undefined;
      const value = parseQuantity(String(given));
      const shown = { given: JSON.stringify(given) };
      if (whole) {
        return value !== undefined && Number.isInteger(value)
          ? undefined
          : { ...shown, expected: 'a whole number of devices' };
      }
      if (page !== undefined) {
        const size = amount(page);
        return value !== undefined && value > 0 && value % size === 0
          ? undefined
          : { ...shown, expected: `a multiple of the size of a page, ${page}` };
      }
      return value !== undefined && value >= MIB && Number.isInteger(value)
        ? undefined
        : {
            ...shown,
            expected: 'a Kubernetes quantity of at least 1Mi, such as 20Gi',
            fix: /^[1-9]\d*$/.test(String(given))
              ? `Without a unit these are bytes: write ${given}Gi.`
              : undefined,
          };
    };
    const found = (['requests', 'limits'] as const).flatMap((kind): Problem[] => {
      const problem = wrong({ requests, limits }[kind][name]);
      return problem === undefined ? [] : [{ path: `${path}.${kind}.${key}`, ...problem }];
    });
    result.problems.push(...found);
    if (found.length > 0) continue;
    const request = requests[name] === undefined ? undefined : canonicalQuantity(String(requests[name]));
    const limit = limits[name] === undefined ? undefined : canonicalQuantity(String(limits[name]));
    if (name === 'ephemeral-storage') {
      if (request !== undefined) result.requests[name] = request;
      if (limit !== undefined) result.limits[name] = limit;
      continue;
    }
    if (request !== undefined && limit !== undefined && request !== limit) {
      result.problems.push({
        path: `${path}.requests.${key}`,
        given: request,
        expected: `the same as the limit, ${limit}`,
        fix: 'Kubernetes takes no other request of this resource: leave it out.',
      });
    }
    result.requests[name] = result.limits[name] = limit ?? request ?? '0';
  }
  return result;
}

/** Without what is there only as undefined. */
export function definedOnly<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
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
