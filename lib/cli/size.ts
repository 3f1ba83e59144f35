import type { IndexType } from '../answers/size';
import { type Command, EXIT } from './command';
import { asJson, CONFIG, FORMAT, jsonText, loadOptions, options, UsageError } from './options';

const INDEXES = [
  'FLAT',
  'IVF_FLAT',
  'IVF_SQ8',
  'IVF_PQ',
  'HNSW',
  'ANNOY',
] as const satisfies readonly IndexType[];
const BINARY_INDEXES: readonly IndexType[] = ['FLAT', 'IVF_FLAT'];

const OPTIONS = {
  vectors: { type: 'string', value: 'COUNT', about: 'number of vectors, such as 250k, 100M or 1.5B' },
  dim: { type: 'string', value: 'DIMENSIONS', about: 'dimensions of each vector' },
  index: {
    type: 'string',
    value: 'TYPE',
    default: 'IVF_SQ8',
    about: `one of ${INDEXES.join(', ')} (default: IVF_SQ8)`,
    completion: INDEXES,
  },
  replicas: { type: 'string', value: 'READERS', default: '2', about: 'how many readers (default: 2)' },
  binary: { type: 'boolean', about: 'binary vectors, a bit for each dimension' },
  ratio: {
    type: 'string',
    value: 'SHARE',
    about:
      'size of the index as a share of the raw vectors, as you measured it, such as 0.5.\nRequired for ANNOY, whose size is not known in advance',
  },
  quota: {
    type: 'boolean',
    about: 'print a ResourceQuota for each namespace of the configuration instead, as small as possible',
  },
  config: { ...CONFIG, about: `with --quota: ${CONFIG.about}` },
  format: { ...FORMAT, about: 'text, or json: the same for programs (default: text)' },
} as const;

export const sizeCommand: Command = {
  synopsis: '--vectors COUNT --dim DIMENSIONS [--index TYPE] [--replicas READERS] | --quota [-c CONFIG]',
  summary: 'computes what your vectors need, and the lines for milvus.yaml',
  about:
    'Computes caches, memory, disk, bucket and nodes for a number of vectors, each with its formula. Prints the lines for milvus.yaml.',
  options: OPTIONS,
  example: '--vectors 100M --dim 128 --index IVF_SQ8 --replicas 3',
  exitCodes: '0 computed, 1 the configuration can not be used, 2 wrong arguments.',
  run: (args, context) => {
    const { stdout } = context;
    const given = options(args, OPTIONS);
    const json = asJson(given.format);
    const { quota = false, vectors: count, dim, config } = given;
    if (quota ? count !== undefined || dim !== undefined : config !== undefined)
      throw new UsageError("option '--quota' goes with '--config', and not with those of the vectors");
    if (quota) {
      const { quotas } = require('../answers/quota') as typeof import('../answers/quota');
      const { writeDocuments } = require('../yaml/write') as typeof import('../yaml/write');
      const found = quotas(loadOptions(config, context));
      stdout.write(json ? jsonText(found) : writeDocuments(found));
      return EXIT.ok;
    }
    const { needsRatio, parseCount, size, sizeText } =
      require('../answers/size') as typeof import('../answers/size');
    const { MOST_READERS } = require('../config/sizing') as typeof import('../config/sizing');
    if (count === undefined || dim === undefined)
      throw new UsageError(
        `say how much is to be stored, for example: --vectors ${count ?? '20M'} --dim ${dim ?? '256'}`,
      );
    const vectors = parseCount(count);
    if (vectors === undefined)
      throw new UsageError(`option '--vectors' is a number such as 250k, 100M or 1.5B, not "${count}"`);
    const index = INDEXES.find((one) => one === given.index.toUpperCase());
    if (index === undefined) throw new UsageError(`option '--index' is one of ${INDEXES.join(', ')}`);
    const binary = given.binary === true;
    if (binary && !BINARY_INDEXES.includes(index))
      throw new UsageError(
        `option '--index' is one of ${BINARY_INDEXES.join(', ')} with binary vectors: Milvus 1.1.1 has no other`,
      );
    const dimensions = number('dim', dim, 32768);
    if (binary && dimensions % 8 !== 0)
      throw new UsageError("option '--dim' is a multiple of 8 with binary vectors: each is whole bytes");
    const ratio = given.ratio === undefined ? undefined : number('ratio', given.ratio, 100, false);
    if (ratio === undefined && needsRatio(index)) {
      throw new UsageError(
        `how large an index of ${index} is depends on its parameters: measure one, and give --ratio`,
      );
    }
    const answer = size({
      vectors,
      dim: dimensions,
      index,
      replicas: number('replicas', given.replicas, MOST_READERS),
      binary,
      ...(ratio === undefined ? {} : { ratio }),
    });
    stdout.write(json ? jsonText(answer) : sizeText(answer));
    return EXIT.ok;
  },
};

function number(name: string, text: string, most: number, whole = true): number {
  const value = Number(text);
  if (text !== '' && value > 0 && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(
    `option '--${name}' is a ${whole ? 'whole ' : ''}number from ${whole ? 1 : 'above 0'} to ${most}, not "${text}"`,
  );
}
