import { check } from '../config';
import type { MilvusConfig } from '../config/milvus-config';
import { formatMilvusSize, parseMilvusSize, parseQuantity, readableBytes } from '../config/quantities';
import type { Settings } from '../config/settings';
import { MOST_READERS, memoryFormula, SMALLEST_CACHE, sizeServer } from '../config/sizing';
import { listOf } from '../list-of';
import { writeYaml } from '../yaml/write';

/**
 * How large the index is, as a share of the raw vectors (docs of Milvus 1.1.1: IVF_SQ8 25 to 30 %, IVF_PQ less than 10 %); the upper end,
 * since it has to fit. HNSW as hnswlib lays it out, for M = 16: links to 32 neighbours, their number and a label, and the upper layers.
 */
const RATIOS = {
  FLAT: () => 1,
  IVF_FLAT: () => 1,
  IVF_SQ8: () => 0.3,
  IVF_PQ: () => 0.1,
  HNSW: (bytesPerVector: number) => 1 + (HNSW_LINKS * 4 + 4 + 8 + 5) / bytesPerVector,
  ANNOY: () => undefined,
} as const satisfies Record<string, (bytesPerVector: number) => number | undefined>;
const HNSW_LINKS = 32;

export type IndexType = keyof typeof RATIOS;

/** What is to be stored and searched. */
interface SizeQuestion {
  readonly vectors: number;
  readonly dim: number;
  readonly index: IndexType;
  /** Readers. */
  readonly replicas: number;
  /** Whether each dimension is a bit. */
  readonly binary: boolean;
  /** Of the index to the raw vectors, where somebody has measured it. */
  readonly ratio?: number;
}

/** An amount, and how it comes about. */
interface SizeRow {
  readonly what: string;
  readonly amount: string;
  readonly formula: string;
}

export interface SizeAnswer {
  readonly rows: readonly SizeRow[];
  /** What goes into milvus.yaml. */
  readonly config: Pick<MilvusConfig, 'readonly' | 'writable' | 'mishards'>;
  /** What to know besides. */
  readonly notes: readonly string[];
}

/** Each reader should have so many segments, or some have nothing to do. */
const SEGMENTS_PER_READER = 8;
/** Sizes of segments that are proposed; 1024 MB is that of a client that does not say. */
const SEGMENT_MEGABYTES = [1024, 512, 256, 128, 64];
const MIB = 1024 ** 2;
/** An id. */
const ID_BYTES = 8;

/** Whether an index has no size that is known without a measurement. */
export function needsRatio(index: IndexType): boolean {
  return RATIOS[index](1) === undefined;
}

/** What a cluster needs for so many vectors, by the rules of sizing.ts. */
export function size(question: SizeQuestion): SizeAnswer {
  const { vectors, dim, index, replicas, binary, ratio } = question;
  const perVector = binary ? dim / 8 : dim * 4;
  const raw = vectors * perVector;
  const share = ratio ?? RATIOS[index](perVector) ?? 1;
  const indexed = raw * share;
  const segment =
    SEGMENT_MEGABYTES.find((megabytes) => raw / (megabytes * MIB) >= SEGMENTS_PER_READER * replicas) ?? 64;
  const segments = Math.ceil(raw / (segment * MIB));
  const holders = Math.max(1, replicas - 1);
  const cacheSize = formatMilvusSize(
    Math.max(1, Math.ceil(indexed / holders / SMALLEST_CACHE)) * SMALLEST_CACHE,
  );
  const config = {
    readonly: { replicas, cache: { cacheSize } },
    writable: { maxIndexFileSize: formatMilvusSize(segment * MIB) },
    ...(replicas > 1 ? { mishards: { replicas: 2 } } : {}),
  };
  const { settings, problems } = check({
    name: 'milvus',
    s3: { address: 's3.example.com', bucket: 'vectors' },
    ...config,
  });
  if (settings === undefined) throw new Error(problems.map(({ expected }) => expected).join());
  const bucket = raw + vectors * ID_BYTES + (index === 'FLAT' ? 0 : indexed);
  const bytes = readableBytes;

  const rows: SizeRow[] = [
    row('raw vectors', bytes(raw), `${vectors} vectors x ${dim} dimensions x ${binary ? '1 bit' : '4 B'}`),
    row('index', bytes(indexed), `${round(share)} x raw vectors: ${sourceOfRatio(question)}`),
    row(
      'segments',
      `${segments} of ${segment} MB`,
      `raw vectors / index_file_size; at least ${SEGMENTS_PER_READER} for each reader, down to 64 MB`,
    ),
    row(
      'cache of a reader',
      cacheSize,
      `${holderWords(replicas)}, in steps of ${formatMilvusSize(SMALLEST_CACHE)}`,
    ),
    memoryRow('memory of a reader', settings, 'readonly'),
    memoryRow('memory of the writable', settings, 'writable'),
    row(
      'disk of a server',
      `at most ${settings.storage.sizeLimit}`,
      'storage.sizeLimit: local copies, an emptyDir of its node',
    ),
    row(
      'bucket',
      bytes(bucket),
      `raw vectors + ${ID_BYTES} B for each id${index === 'FLAT' ? '' : ' + index'}; what a merge has replaced stays ${settings.storage.fileCleanupTimeout} s more`,
    ),
    row(
      'write-ahead log',
      String(settings.wal.persistence.size),
      `wal.persistence.size: has room for ${Math.floor((parseQuantity(String(settings.wal.persistence.size)) ?? 0) / perVector)} vectors; it has to hold what is inserted between two flushes, some times over`,
    ),
    row(
      'MySQL',
      `${settings.mysql?.persistence.size} and ${settings.mysql?.resources.limits.memory} of memory`,
      'a row for each file of a segment: stays small',
    ),
    nodesRow(settings),
  ];
  return { rows, config, notes: notesOf(question, segment, settings, indexed) };
}

function holderWords(replicas: number): string {
  if (replicas === 1) return 'the whole index, in the one reader';
  const others = replicas === 2 ? 'the other has' : `the other ${replicas - 1} have`;
  return `index / ${replicas - 1}: when one of ${replicas} readers is lost, ${others} the whole index`;
}

function sourceOfRatio({ index, ratio }: SizeQuestion): string {
  if (ratio !== undefined) return 'as given';
  if (index === 'IVF_SQ8') return 'IVF_SQ8 takes 25 to 30 %';
  if (index === 'IVF_PQ') return 'IVF_PQ takes less than 10 %';
  return index === 'HNSW' ? `HNSW adds ${HNSW_LINKS} links to a vector, with M = 16` : `${index} is as large`;
}

function memoryRow(what: string, settings: Settings, role: 'readonly' | 'writable'): SizeRow {
  const { cache, resources } = settings[role];
  const writes = role === 'writable';
  const formula = memoryFormula({
    cacheSize: formatMilvusSize(cache.cacheBytes),
    insertBufferSize: formatMilvusSize(cache.insertBufferBytes),
    walBufferBytes: writes ? (parseMilvusSize(settings.wal.bufferSize) ?? 0) : 0,
    maxIndexFileBytes: writes ? (parseMilvusSize(settings.writable.maxIndexFileSize) ?? 0) : 0,
  });
  return row(what, resources.limits.memory, `${formula}, in whole Gi`);
}

const row = (what: string, amount: string, formula: string): SizeRow => ({ what, amount, formula });

function nodesRow({ readonly, writable, mishards, mysql }: Settings): SizeRow {
  const pods = listOf(
    { replicas: readonly.replicas, resources: readonly.resources },
    { replicas: 1, resources: writable.resources },
    { replicas: mishards.replicas, resources: mishards.resources },
    mysql !== undefined && { replicas: 1, resources: mysql.resources },
  );
  const sum = (kind: 'cpu' | 'memory') =>
    pods.reduce(
      (all, { replicas, resources }) => all + replicas * (parseQuantity(resources.requests[kind]) ?? 0),
      0,
    );
  return row(
    'nodes',
    `${readableBytes(sum('memory'))} of memory and ${round(sum('cpu'))} CPUs requested`,
    `${readonly.replicas} nodes with ${readonly.resources.requests.memory} free for the readers, and room for one more while readers are replaced; one with ${writable.resources.requests.memory} for the writable, which may be one of them`,
  );
}

function notesOf(
  { replicas, index }: SizeQuestion,
  segment: number,
  settings: Settings,
  indexed: number,
): string[] {
  const { memory } = settings.readonly.resources.limits;
  const isLarge = (parseQuantity(memory) ?? 0) > (parseQuantity(LARGE_READER) ?? 0);
  const enough = enoughReaders(settings, indexed);
  return listOf(
    segment !== 1024 &&
      `Create the collection with index_file_size ${segment}: with 1024, the default, some readers have less than ${SEGMENTS_PER_READER} segments.`,
    replicas === 1 && 'With one reader the loss of it stops all searches until it has loaded again.',
    index !== 'IVF_PQ' && index !== 'IVF_SQ8' && 'Each reader loads its share from S3 when it starts.',
    'Speed is a matter of CPUs: readonly.resources.limits.cpu, which sets the threads. Measure it with your own searches.',
    isLarge &&
      `Few nodes have ${memory} free. ${
        enough <= MOST_READERS
          ? `More readers share the index: try --replicas ${enough}.`
          : 'Spread the vectors over several clusters, or choose a smaller index.'
      }`,
  );
}

/** A reader beyond this fits on few nodes. */
const LARGE_READER = '512Gi';

/** How many readers share the index, so that none is larger. */
function enoughReaders({ readonly }: Settings, indexed: number): number {
  const { cacheBytes } = sizeServer({
    role: 'readonly',
    insertBufferSize: formatMilvusSize(readonly.cache.insertBufferBytes),
    defaultCacheSize: '',
    walBufferBytes: 0,
    maxIndexFileBytes: 0,
    memoryLimit: LARGE_READER,
  });
  return Math.ceil(indexed / cacheBytes) + 1;
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}

/** The answer for people: what follows from what, and the lines to paste. */
export function sizeText({ rows, config, notes }: SizeAnswer): string {
  const width = (column: 'what' | 'amount') => Math.max(...rows.map((one) => one[column].length));
  const [first, second] = [width('what'), width('amount')];
  const lines = rows.map((one) => `${one.what.padEnd(first)}  ${one.amount.padEnd(second)}  ${one.formula}`);
  return `${lines.join('\n')}\n\n${notes.map((note) => `${note}\n`).join('')}\nIn milvus.yaml:\n\n${writeYaml(config)}`;
}

const COUNT = /^(\d+(?:\.\d+)?(?:e\d+)?)([kMB]?)$/;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, B: 1e9 };

/**
 * A number of vectors: `100M`, `1.5B`, `250k`, `1e8`.
 * @returns undefined for what is none
 */
export function parseCount(text: string): number | undefined {
  const [, digits, unit = ''] = COUNT.exec(text.replaceAll('_', '')) ?? [];
  const count = Number(digits) * (FACTORS[unit] ?? Number.NaN);
  return Number.isSafeInteger(Math.round(count)) && count >= 1 ? Math.round(count) : undefined;
}
