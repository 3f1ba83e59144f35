import { createHash } from 'node:crypto';
import { MILVUS_TABLES } from '../assets/mariadb';

/** Rows of a segment, by their ids, and the positions of those that are deleted. */
export interface SampleSegment {
  readonly name: string;
  readonly ids: readonly bigint[];
  readonly deleted?: readonly number[];
  /** TableFiles.file_type of its rows: raw unless said otherwise. */
  readonly types?: readonly number[];
}

export interface SampleCollection {
  readonly name: string;
  readonly dimension: number;
  /** Tables.metric_type: 1 L2, 2 IP, 3 HAMMING, 4 JACCARD, ... */
  readonly metric?: number;
  readonly engine?: number;
  readonly parameters?: string;
  /** Tables.state: 1 is one that was dropped. */
  readonly state?: number;
  /** By the tag of the partition, '' for none. */
  readonly partitions: Readonly<Record<string, readonly SampleSegment[]>>;
}

const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** What Milvus calls the table of a partition. */
export function tableOf(collection: SampleCollection, tag: string): string {
  if (tag === '') return collection.name;
  return `16${createHash('sha256').update(`${collection.name}/${tag}`).digest().readUInt32BE()}`;
}

/** What MySQL has of collections. */
export function metadataOf(collections: readonly SampleCollection[]): string {
  // In one transaction, for an export that reads meanwhile.
  const statements = [
    MILVUS_TABLES.replaceAll('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS'),
    'START TRANSACTION; DELETE FROM Tables; DELETE FROM TableFiles;',
  ];
  for (const collection of collections) {
    const { name, dimension, metric = 1, engine = 1, parameters = '{"nlist":16384}', state = 0 } = collection;
    for (const [tag, segments] of Object.entries(collection.partitions)) {
      const table = tableOf(collection, tag);
      statements.push(
        `INSERT INTO Tables (table_id, state, dimension, created_on, flag, index_file_size, engine_type, index_params,
          metric_type, owner_table, partition_tag, flush_lsn) VALUES (${text(table)}, ${state}, ${dimension}, 1, 2,
          ${1024 * 1024 * 1024}, ${engine}, ${text(parameters)}, ${metric}, ${text(tag === '' ? '' : name)}, ${text(tag)}, 0);`,
      );
      for (const { name: segment, ids, deleted = [], types = [1] } of segments) {
        const rows = ids.length - new Set(deleted).size;
        for (const [file, type] of types.entries()) {
          statements.push(
            `INSERT INTO TableFiles (table_id, segment_id, engine_type, file_id, file_type, file_size, row_count,
              updated_time, created_on, date, flush_lsn) VALUES (${text(table)}, ${text(segment)}, ${engine},
              ${text(`${segment}${file}`)}, ${type}, 0, ${rows}, 1, 1, -1, 0);`,
          );
        }
      }
    }
  }
  return [...statements, 'COMMIT;'].join('\n');
}

/** Bytes of the vector of an id. */
export function vectorOf({ dimension, metric = 1 }: SampleCollection, id: bigint): Buffer {
  const seed = 31 * Number(BigInt.asIntN(32, id));
  if (metric > 2)
    return Buffer.from(Array.from({ length: dimension / 8 }, (_, at) => (seed + 7 * at) & 0xff));
  const floats = Float32Array.from({ length: dimension }, (_, at) => ((seed + 7 * at) & 0xffff) / 1024 - 3);
  return Buffer.from(floats.buffer);
}

export function idsOf(ids: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * ids.length);
  for (const [index, id] of ids.entries()) bytes.writeBigInt64LE(id, 8 * index);
  return bytes;
}

/** Content behind the number of its bytes, as in every object of a segment. */
function counted(content: Buffer): Buffer {
  const count = Buffer.alloc(8);
  count.writeBigInt64LE(BigInt(content.length));
  return Buffer.concat([count, content]);
}

/** The objects of collections by their keys below db/tables/. */
export function objectsOf(collections: readonly SampleCollection[]): Map<string, Buffer> {
  const objects = new Map<string, Buffer>();
  for (const collection of collections) {
    for (const [tag, segments] of Object.entries(collection.partitions)) {
      for (const { name, ids, deleted = [], types = [] } of segments) {
        const folder = `${tableOf(collection, tag)}/${name}`;
        const positions = Buffer.alloc(4 * deleted.length);
        for (const [index, position] of deleted.entries()) positions.writeInt32LE(position, 4 * index);
        objects.set(
          `${folder}/${name}.rv`,
          counted(Buffer.concat(ids.map((id) => vectorOf(collection, id)))),
        );
        objects.set(`${folder}/${name}.uid`, counted(idsOf(ids)));
        objects.set(`${folder}/deleted_docs`, counted(positions));
        objects.set(`${folder}/bloom_filter`, Buffer.from('derived'));
        for (const [file, type] of types.entries())
          if (type === 3) objects.set(`${folder}/${name}${file}`, Buffer.from('index'));
      }
    }
  }
  return objects;
}

/** What NumPy writes of an array: the shape, the type and the bytes behind the header. */
export function npyOf(file: Buffer): { readonly header: string; readonly content: Buffer } {
  const length = file.readUInt16LE(8);
  if (file.toString('latin1', 0, 8) !== '\x93NUMPY\x01\x00' || (10 + length) % 64 !== 0) {
    throw new Error('this is not a file of NumPy');
  }
  return {
    header: file.toString('latin1', 10, 10 + length).trim(),
    content: file.subarray(10 + length),
  };
}

/** An array as NumPy writes it. */
export function npy(descr: string, shape: readonly number[], content: Buffer, fortran = false): Buffer {
  const described = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const padded = `${described.padEnd(118 - 1)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    length,
    Buffer.from(padded, 'latin1'),
    content,
  ]);
}
