import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { selfSigned, signedBy } from '../../support/certificates';
import { blocks, documentOf } from '../../support/documents';
import {
  idsOf,
  metadataOf,
  npyOf,
  objectsOf,
  type SampleCollection,
  type SampleSegment,
  tableOf,
  vectorOf,
} from '../../support/milvus-data';
import { RADOSGW_COMMANDS, RADOSGW_LIMIT, type Radosgw, startRadosgw } from '../../support/radosgw';
import { find, report, requires } from '../../support/requires';
import { type Mariadb, startMariadb } from '../mariadb';
import { ASSETS, listen, type Result, type Running, start, until } from '../run';

const S3rver = require('s3rver');

jest.setTimeout(60_000);

// The first python3 in PATH may be one without Debian's modules.
const python = ['/usr/bin/python3', find('python3') ?? ''].find(
  (command) => spawnSync(command, ['-c', 'import pymysql']).status === 0,
);
if (python === undefined) report('a python3 with pymysql');
const possible = python !== undefined && requires('mariadbd', 'mariadb-install-db', 'mysqldump');

const EXPORT = path.join(ASSETS, 'export/milvus_export.py');
const PASSWORD = 'Mi-1_x@/Pw';

/** Of pymilvus 2 what the guide uses, with its signatures; it prints what Milvus would be told. */
const PYMILVUS_2 = `
import json
def say(*what):
    print(json.dumps(what))
class DataType:
    INT64, BINARY_VECTOR, FLOAT_VECTOR = 5, 100, 101
class FieldSchema:
    def __init__(self, name, dtype, description='', is_primary=False, auto_id=False, dim=None):
        assert not auto_id
        self.told = (name, dtype, is_primary, dim)
class CollectionSchema:
    def __init__(self, fields, description=''):
        self.fields = fields
class Collection:
    def __init__(self, name, schema=None, using='default'):
        self.name = name
        say('create', name, *(field.told for field in schema.fields))
    def create_partition(self, partition_name, description=''):
        say('partition', self.name, partition_name)
class connections:
    @staticmethod
    def connect(alias='default', host=None):
        say('connect', host)
class utility:
    @staticmethod
    def do_bulk_insert(collection_name, files, partition_name=None):
        say('insert', collection_name, files, partition_name)
        return 7
`;

const range = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => BigInt(first + index));

const FILMS: SampleCollection = {
  name: 'films',
  dimension: 8,
  engine: 2,
  partitions: {
    '': [
      { name: '1600000000000000001', ids: range(0, 1000) },
      // Indexed: its raw vectors are a BACKUP, and the index file is another row.
      { name: '1600000000000000002', ids: range(1000, 500), deleted: [0, 1, 1, 7, 499, 250], types: [7, 3] },
      // All of it is deleted.
      { name: '1600000000000000003', ids: range(5000, 3), deleted: [2, 0, 1] },
      // Merged into another one, and not erased yet; and one that is being written.
      { name: '1600000000000000004', ids: range(0, 10), types: [4] },
      { name: '1600000000000000005', ids: range(0, 10), types: [0] },
    ],
    '1999/a b': [{ name: '1600000000000000006', ids: [-(2n ** 63n), 2n ** 63n - 1n, 0n], types: [2] }],
    empty: [],
  },
};

const CODES: SampleCollection = {
  name: 'codes',
  dimension: 16,
  metric: 4,
  engine: 10,
  parameters: '{"nlist":7}',
  partitions: { '': [{ name: '1600000000000000007', ids: range(1, 100), deleted: [99] }] },
};

const DROPPED: SampleCollection = { name: 'dropped', dimension: 8, state: 1, partitions: { '': [] } };

/** Rows of a segment that are left, in their order. */
const left = ({ ids, deleted = [] }: SampleSegment) =>
  ids.filter((_, position) => !deleted.includes(position));

(possible ? describe : describe.skip)('the export', () => {
  let folder: string;
  let database: Mariadb;
  let source: string;
  let target: string;
  let count = 0;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'export-'));
    database = await startMariadb(folder);
    database.sql(
      `CREATE DATABASE milvus; CREATE USER milvus IDENTIFIED BY '${PASSWORD}'; GRANT SELECT ON milvus.* TO milvus;`,
    );
  }, 60_000);

  afterAll(async () => {
    await database?.stop();
    rmSync(folder, { recursive: true });
  });

  function metadata(collections: readonly SampleCollection[]): void {
    expect(database.sql(metadataOf(collections), 'milvus').stderr).toBe('');
  }

  function onVolume(collections: readonly SampleCollection[]): void {
    for (const [key, content] of objectsOf(collections)) {
      const file = path.join(source, 'db/tables', key);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }

  beforeEach(() => {
    count += 1;
    source = path.join(folder, `source${count}`);
    target = path.join(folder, `target${count}`);
    mkdirSync(source);
    mkdirSync(target);
  });

  const env = (overrides: Record<string, string> = {}): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    PYTHONDONTWRITEBYTECODE: '1',
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: String(database.port),
    MYSQL_USER: 'milvus',
    MYSQL_DATABASE: 'milvus',
    MYSQL_PWD: PASSWORD,
    CREDENTIALS_FROM_MYSQL: 'milvus-mysql',
    STORAGE_PATH: '/var/lib/milvus',
    SOURCE_DIRECTORY: source,
    TARGET_DIRECTORY: target,
    TARGET_PREFIX: 'export/milvus',
    PROGRESS_SECONDS: '0',
    WAIT_SECONDS: '0',
    ...overrides,
  });

  const launch = (overrides?: Record<string, string>): Running =>
    start([python ?? '', EXPORT], env(overrides));

  async function exported(overrides?: Record<string, string>): Promise<Result> {
    const result = await launch(overrides).ended;
    expect(result.stdout + result.stderr).not.toContain(PASSWORD);
    return result;
  }

  /** The one export that there is. */
  const place = () => {
    const [name, ...others] = readdirSync(path.join(target, 'export/milvus'));
    expect(others).toEqual([]);
    return path.join(target, 'export/milvus', String(name));
  };

  const json = (file: string) => JSON.parse(readFileSync(path.join(place(), file), 'utf8'));

  /** All files of the export of a collection; each must have the checksum that SHA256SUMS has of it. */
  function filesOf(name: string): readonly string[] {
    const directory = path.join(place(), name);
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: directory });
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(path.join(directory, file)).isFile())
      .sort();
  }

  function expectPart(collection: SampleCollection, part: string, ids: readonly bigint[]): void {
    const read = (name: string) => npyOf(readFileSync(path.join(place(), collection.name, part, name)));
    const binary = (collection.metric ?? 1) > 2;
    const width = binary ? collection.dimension / 8 : collection.dimension;
    // Not toEqual, which takes a second for each MiB.
    const same = (name: string, content: Buffer) => read(name).content.equals(content);
    expect({
      headers: ['id.npy', 'vectors.npy'].map((name) => read(name).header),
      same: [
        same('id.npy', idsOf(ids)),
        same('vectors.npy', Buffer.concat(ids.map((id) => vectorOf(collection, id)))),
      ],
    }).toEqual({
      headers: [
        `{'descr': '<i8', 'fortran_order': False, 'shape': (${ids.length},), }`,
        `{'descr': '${binary ? '|u1' : '<f4'}', 'fortran_order': False, 'shape': (${ids.length}, ${width}), }`,
      ],
      same: [true, true],
    });
  }

  function expectWhole(): void {
    const [first, second] = FILMS.partitions[''] as [SampleSegment, SampleSegment];
    const [third] = FILMS.partitions['1999/a b'] as [SampleSegment];
    expectPart(FILMS, '_default/1600000000000000001-0', left(first));
    expectPart(FILMS, '_default/1600000000000000002-0', left(second));
    expectPart(FILMS, '1999%2Fa%20b/1600000000000000006-0', left(third));
    expect(json('films/collection.json')).toEqual({
      name: 'films',
      dimension: 8,
      binary: false,
      metric: 'L2',
      index: { type: 'IVF_FLAT', parameters: { nlist: 16384 } },
      indexFileSize: 1024,
      asOf: expect.stringMatching(/^\d{8}T\d{6}Z$/),
      rows: 1498,
      lostSegments: [],
      partitions: [
        {
          tag: '',
          folder: '_default',
          rows: 1495,
          parts: ['_default/1600000000000000001-0', '_default/1600000000000000002-0'],
        },
        { tag: '1999/a b', folder: '1999%2Fa%20b', rows: 3, parts: ['1999%2Fa%20b/1600000000000000006-0'] },
        { tag: 'empty', folder: 'empty', rows: 0, parts: [] },
      ],
    });
    expect(filesOf('films')).toEqual([
      ...['id.npy', 'part.json', 'vectors.npy'].map((name) => `1999%2Fa%20b/1600000000000000006-0/${name}`),
      'SHA256SUMS',
      ...['1', '2'].flatMap((segment) =>
        ['id.npy', 'part.json', 'vectors.npy'].map(
          (name) => `_default/160000000000000000${segment}-0/${name}`,
        ),
      ),
      '_default/1600000000000000003-0/part.json',
      'collection.json',
    ]);
  }

  test('of all collections, byte by byte, from a volume to a volume', async () => {
    metadata([FILMS, CODES, DROPPED]);
    onVolume([FILMS, CODES]);
    const { code, stdout, stderr } = await exported();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expectWhole();
    expectPart(CODES, '_default/1600000000000000007-0', range(1, 99));
    expect(json('codes/collection.json')).toMatchObject({
      binary: true,
      metric: 'JACCARD',
      index: { type: 'IVF_FLAT', parameters: { nlist: 7 } },
      rows: 99,
    });
    expect(json('export.json')).toMatchObject({
      collections: ['--all'],
      finished: expect.any(String),
      exported: [
        { name: 'codes', rows: 99 },
        { name: 'films', rows: 1498 },
      ],
    });
    expect(stdout).toContain('exported films: 1498 rows in 3 parts, 8 deleted rows left out\n');
    expect(stdout).toMatch(/^films: \d+ of \d+ MiB \(\d+ %\), [\d.]+ MiB\/s, \d+ s left$/m);
    expect(stdout).toMatch(
      /exported 2 collections, 1597 rows, .* MiB in .* to export\/milvus\/.*\/ in the directory/,
    );
  });

  test('the program of the guide makes the collections in Milvus 2, and names it every array', async () => {
    metadata([FILMS, CODES]);
    onVolume([FILMS, CODES]);
    expect(await exported()).toMatchObject({ code: 0 });
    const library = path.join(folder, 'pymilvus-2');
    mkdirSync(library);
    writeFileSync(path.join(library, 'pymilvus.py'), PYMILVUS_2);
    const [program = ''] = blocks(documentOf('docs/how-to/leave-for-milvus-2.md').text, 'python');
    const told = async (name: string) => {
      const at = { PATH: process.env['PATH'] ?? '', PYTHONPATH: library };
      const command = [python ?? '', '-W', 'error', '-c', program];
      const { code, stdout, stderr } = await start(command, at, path.join(place(), name)).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
    };
    // With the number of its task, which the program prints.
    const inserted = (name: string, partition: string, part: string) => [
      ['insert', name, ['id', 'vectors'].map((field) => `import/${name}/${part}/${field}.npy`), partition],
      7,
    ];
    expect(await told('films')).toEqual([
      ['connect', 'new-milvus'],
      ['create', 'films', ['id', 5, true, null], ['vectors', 101, false, 8]],
      ...inserted('films', '_default', '_default/1600000000000000001-0'),
      ...inserted('films', '_default', '_default/1600000000000000002-0'),
      ['partition', 'films', 'p_1999_a_b'],
      ...inserted('films', 'p_1999_a_b', '1999%2Fa%20b/1600000000000000006-0'),
      ['partition', 'films', 'p_empty'],
    ]);
    expect(await told('codes')).toEqual([
      ['connect', 'new-milvus'],
      ['create', 'codes', ['id', 5, true, null], ['vectors', 100, false, CODES.dimension]],
      ...inserted('codes', '_default', '_default/1600000000000000007-0'),
    ]);
  });

  test('a large segment becomes several parts, and what is deleted is missing in the one that had it', async () => {
    const large: SampleCollection = {
      name: 'large',
      dimension: 1024,
      partitions: { '': [{ name: '1', ids: range(0, 600), deleted: [0, 255, 256, 511, 599] }] },
    };
    metadata([large]);
    onVolume([large]);
    expect(await exported({ PART_MIB: '1', COLLECTIONS: 'large' })).toMatchObject({ code: 0, stderr: '' });
    expectPart(large, '_default/1-0', range(1, 254));
    expectPart(large, '_default/1-1', range(257, 254));
    expectPart(large, '_default/1-2', range(512, 87));
    expect(json('large/collection.json').rows).toBe(595);
  });

  test('memory does not grow with the data', async () => {
    const rows = 600_000;
    const huge: SampleCollection = {
      name: 'huge',
      dimension: 128,
      partitions: { '': [{ name: '1', ids: range(0, rows), deleted: [7] }] },
    };
    metadata([huge]);
    onVolume([{ ...huge, partitions: { '': [{ name: '1', ids: [], deleted: [7] }] } }]);
    const segment = path.join(source, 'db/tables/huge/1');
    for (const [file, width] of [
      ['1.rv', 512],
      ['1.uid', 8],
    ] as const) {
      const size = Buffer.alloc(8);
      size.writeBigInt64LE(BigInt(rows * width));
      writeFileSync(path.join(segment, file), size);
      // Zeros that are not stored.
      truncateSync(path.join(segment, file), 8 + rows * width);
    }
    const { code, stdout, stderr } = await exported({ PART_MIB: '64' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [, exportedRows, mebibytes, memory] =
      /, (\d+) rows, (\d+) MiB in .* (\d+) MiB of memory/.exec(stdout) ?? [];
    expect([exportedRows, mebibytes]).toEqual(['599999', '298']);
    expect(Number(memory)).toBeLessThan(192);
  });

  test('a dump has the metadata as well', async () => {
    const odd: SampleCollection = {
      ...CODES,
      partitions: { ...CODES.partitions, "it's \\ (1,'a'),\n;": [] },
    };
    metadata([FILMS, odd, DROPPED]);
    onVolume([FILMS, odd]);
    const dump = execFileSync(
      find('mysqldump') ?? '',
      ['--no-defaults', `--socket=${database.socket}`, '--user=root', '--hex-blob', 'milvus'],
      { encoding: 'utf8' },
    );
    metadata([]);
    const rows = path.join(folder, 'rows.py');
    writeFileSync(
      rows,
      `import sys
sys.path.insert(0, ${JSON.stringify(path.dirname(EXPORT))})
import milvus_metadata
rows = milvus_metadata.rows_of(open(sys.argv[1], encoding='utf-8', newline='\\n'))
print(rows and sorted((name, {tag: len(found) for tag, found in one.partitions.items()}) for name, one in milvus_metadata.collections_of(rows['Tables'], rows['TableFiles']).items()))
`,
    );
    const file = path.join(folder, 'dump.sql');
    const read = (text: string) => {
      writeFileSync(file, text);
      return execFileSync(python ?? '', [rows, file], { encoding: 'utf8' }).trim();
    };
    expect(read(dump)).toBe(
      String.raw`[('codes', {'': 1, "it's \\ (1,'a'),\n;": 0}), ('films', {'': 3, '1999/a b': 1, 'empty': 0})]`,
    );
    expect(read(dump.slice(0, -60))).toBe('None');
  });

  describe('goes on', () => {
    test('after it was killed at any place, and the result is the same', async () => {
      const many: SampleCollection = {
        name: 'many',
        dimension: 256,
        partitions: {
          '': Array.from({ length: 12 }, (_, index) => ({
            name: `${100 + index}`,
            ids: range(1000 * index, 1000),
            deleted: [index],
          })),
        },
      };
      metadata([many]);
      onVolume([many]);
      for (const parts of [0, 1, 4, 9]) {
        const running = launch({ PARALLEL: '1' });
        await until(() => {
          const done = readdirSync(target, { recursive: true, encoding: 'utf8' });
          return (
            running.child.exitCode !== null ||
            done.filter((name) => name.endsWith('part.json')).length >= parts
          );
        }, 'it did not get so far');
        running.child.kill(parts === 4 ? 'SIGTERM' : 'SIGKILL');
        const { code, stderr } = await running.ended;
        if (parts === 4 && code !== 0) {
          expect(code).toBe(143);
          expect(stderr).toBe('milvus-export: it was told to stop; started again, it goes on where it was\n');
        }
      }
      writeFileSync(path.join(target, 'stray'), '');
      const { code, stderr } = await exported();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const segment of many.partitions[''] ?? [])
        expectPart(many, `_default/${segment.name}-0`, left(segment));
      expect(filesOf('many').filter((name) => name.endsWith('.partial'))).toEqual([]);
      expect(json('many/collection.json').rows).toBe(12 * 999);
    });

    test('with parts of another size, which replace those that are there', async () => {
      const large: SampleCollection = {
        name: 'large',
        dimension: 1024,
        partitions: {
          '': [
            { name: '1', ids: range(0, 600) },
            { name: '2', ids: range(1000, 1) },
          ],
        },
      };
      metadata([large]);
      onVolume([large]);
      rmSync(path.join(source, 'db/tables/large/2/2.uid'));
      // All but the end of it.
      expect((await exported({ EXPORT: 'mine', SKIP_MISSING: 'true' })).code).toBe(0);
      const description = path.join(place(), 'export.json');
      const { finished: _, ...begun } = json('export.json');
      writeFileSync(description, JSON.stringify(begun));
      onVolume([large]);
      expect(await exported({ EXPORT: 'mine', PART_MIB: '1' })).toMatchObject({ code: 0, stderr: '' });
      expect(json('large/collection.json').rows).toBe(601);
      expectPart(large, '_default/1-0', range(0, 256));
      expectPart(large, '_default/1-2', range(512, 88));
    });

    test('after a merge: parts of the segments that are no more are removed', async () => {
      const before: SampleCollection = {
        ...FILMS,
        partitions: {
          '': [
            { name: '1', ids: range(0, 10) },
            { name: '2', ids: range(10, 10) },
            { name: '9', ids: range(90, 10) },
          ],
        },
      };
      const after: SampleCollection = {
        ...FILMS,
        partitions: {
          '': [
            { name: '3', ids: range(0, 20) },
            { name: '9', ids: range(90, 10), deleted: [4] },
          ],
        },
      };
      metadata([before]);
      onVolume([before]);
      // Its objects are lost, so that the first export ends there.
      rmSync(path.join(source, 'db/tables/films/9/9.uid'));
      const first = await exported({ EXPORT: 'mine' });
      expect(first.code).toBe(1);
      expect(first.stderr).toMatch(
        /^milvus-export: the metadata names db\/tables\/films\/9\/9\.uid, which is not in the directory .*, so 10 rows of films are lost\. Restore a backup, or export the rest with SKIP_MISSING=true\n$/,
      );
      onVolume([after]);
      rmSync(path.join(source, 'db/tables/films/1'), { recursive: true });
      metadata([after]);
      expect(await exported({ EXPORT: 'mine' })).toMatchObject({ code: 0, stderr: '' });
      expectPart(after, '_default/3-0', range(0, 20));
      expectPart(
        after,
        '_default/9-0',
        range(90, 10).filter((id) => id !== 94n),
      );
      expect(readdirSync(path.join(place(), 'films/_default'))).toEqual(['3-0', '9-0']);
      expect(await exported({ EXPORT: 'mine' })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('the export mine is finished already'),
      });
    });

    test('when Milvus merges segments while they are read', async () => {
      const before: SampleCollection = {
        ...FILMS,
        partitions: {
          '': [
            { name: '1', ids: range(0, 10) },
            { name: '2', ids: range(10, 10) },
          ],
        },
      };
      const after: SampleCollection = { ...FILMS, partitions: { '': [{ name: '3', ids: range(0, 20) }] } };
      metadata([before]);
      onVolume([before]);
      renameSync(path.join(source, 'db/tables/films/2'), path.join(source, 'erased'));
      const running = launch();
      await running.printed('is not there any more; reading the metadata again');
      onVolume([after]);
      metadata([after]);
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
      expectPart(after, '_default/3-0', range(0, 20));
      expect(readdirSync(path.join(place(), 'films/_default'))).toEqual(['3-0']);
    });

    test('without what is lost, when that is wanted', async () => {
      metadata([FILMS]);
      onVolume([FILMS]);
      rmSync(path.join(source, 'db/tables/films/1600000000000000002/deleted_docs'));
      const { code, stdout } = await exported({ SKIP_MISSING: 'true' });
      expect(code).toBe(0);
      expect(stdout).toContain('segment 1600000000000000002 with 495 rows is lost, and left out');
      expect(json('films/collection.json')).toMatchObject({
        rows: 1003,
        lostSegments: ['1600000000000000002'],
      });
    });
  });

  describe('says what is wrong', () => {
    test.each<[string, Record<string, string>, RegExp]>([
      [
        'a collection that there is not',
        { COLLECTIONS: 'film' },
        /there is no collection film\. The collections are: films\n/,
      ],
      [
        'a password',
        { MYSQL_PWD: 'wrong' },
        /refuses the login: look at Secret 'milvus-mysql'\. Access denied/,
      ],
      ['a database', { MYSQL_DATABASE: 'nothing' }, /database 'nothing' at 127\.0\.0\.1:\d+/],
      ['a port', { MYSQL_PORT: '1' }, /could not read the database 'milvus' at 127\.0\.0\.1:1: .*refused/],
      ['a size', { PART_MIB: '0' }, /PART_MIB has to be a number from 1 to 16384, not '0'/],
      ['a name', { EXPORT: '../up' }, /EXPORT has to be a name of letters/],
      [
        'a backup',
        { BACKUP: 'yesterday' },
        /BACKUP has to be the name of a backup, as 20260701T021500Z, or latest, not 'yesterday'/,
      ],
      [
        'a volume',
        { TARGET_DIRECTORY: '/nowhere' },
        /there is no directory \/nowhere: is the claim mounted\?/,
      ],
    ])('%s', async (_, overrides, message) => {
      metadata([FILMS]);
      const { code, stderr } = await exported(overrides);
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^milvus-export: [^\n]+\n$/);
    });

    test('an object that was cut off', async () => {
      metadata([FILMS]);
      onVolume([FILMS]);
      const file = path.join(source, 'db/tables/films/1600000000000000001/1600000000000000001.rv');
      writeFileSync(file, readFileSync(file).subarray(0, -1));
      const { code, stderr } = await exported();
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /1600000000000000001\.rv in the directory .* is damaged: it has 32007 bytes, and counts 32000\n$/,
      );
    });

    test('a volume that is full', async () => {
      metadata([FILMS]);
      onVolume([FILMS]);
      const limited = ['sh', '-c', 'trap "" XFSZ; ulimit -f 1; exec "$@"', 'sh', python ?? '', EXPORT];
      const { code, stderr } = await start(limited, env()).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^milvus-export: could not write .*vectors\.npy: File too large\. \d+ MiB are free there\n$/,
      );
    });
  });

  (requires(...RADOSGW_COMMANDS, 'rclone') ? describe : describe.skip)('with a Ceph RADOS gateway', () => {
    let radosgw: Radosgw;

    beforeAll(async () => {
      radosgw = await startRadosgw();
      await radosgw.send('PUT', '/milvus');
      await radosgw.send('PUT', '/elsewhere');
    }, RADOSGW_LIMIT);
    afterAll(() => radosgw?.stop());

    const s3 = (prefix: string, overrides: Record<string, string> = {}) =>
      Object.fromEntries(
        Object.entries({
          S3_ADDRESS: radosgw.host,
          S3_PORT: `${radosgw.port}`,
          S3_BUCKET: 'milvus',
          S3_ACCESS_KEY: radosgw.owner.accessKey,
          S3_SECRET_KEY: radosgw.owner.secretKey,
          CREDENTIALS_FROM: 'milvus-s3',
          ...overrides,
        }).map(([name, value]) => [prefix + name, value]),
      );

    const rclone = (...args: string[]) =>
      execFileSync(find('rclone') ?? '', ['--config=', ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
        env: {
          PATH: process.env['PATH'] ?? '',
          RCLONE_CONFIG_S3_TYPE: 's3',
          RCLONE_CONFIG_S3_PROVIDER: 'Ceph',
          RCLONE_CONFIG_S3_ENDPOINT: `http://${radosgw.host}:${radosgw.port}`,
          RCLONE_CONFIG_S3_ACCESS_KEY_ID: radosgw.owner.accessKey,
          RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: radosgw.owner.secretKey,
        },
      });

    const toS3 = (bucket = 'elsewhere', overrides: Record<string, string> = {}) => ({
      ...s3('', overrides),
      ...s3('TARGET_', { S3_BUCKET: bucket, ...overrides }),
      ...s3('BACKUP_', { S3_BUCKET: 'elsewhere', ...overrides }),
      SOURCE_DIRECTORY: '',
      TARGET_DIRECTORY: '',
    });

    /** The collections in S3; and `target` has what is in the bucket, as the tests of a volume look at it. */
    function put(collections: readonly SampleCollection[]): void {
      metadata(collections);
      onVolume(collections);
      rclone('sync', path.join(source, 'db'), 's3:milvus/var/lib/milvus/db');
    }
    const get = (bucket = 'elsewhere') => rclone('copy', `s3:${bucket}/export`, path.join(target, 'export'));

    async function expectExported(overrides: Record<string, string>): Promise<Result> {
      const result = await exported(overrides);
      expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' });
      expect(result.stdout).not.toContain(radosgw.owner.secretKey);
      return result;
    }

    beforeEach(() => {
      for (const bucket of ['milvus', 'elsewhere']) rclone('delete', `s3:${bucket}`);
    });

    test('the same comes out, beside the data and in another bucket', async () => {
      put([FILMS, CODES]);
      await expectExported(toS3());
      get();
      expectWhole();
      rmSync(path.join(target, 'export'), { recursive: true });
      await expectExported(toS3('milvus'));
      get('milvus');
      expectWhole();
    });

    test('an object of several pieces is whole, and what was begun before is given up', async () => {
      const large: SampleCollection = {
        name: 'large',
        dimension: 1024,
        partitions: { '': [{ name: '1', ids: range(0, 5000), deleted: [0, 2047, 2048, 4999] }] },
      };
      put([large]);
      // As a process leaves it that was killed.
      await radosgw.send('PUT', '/elsewhere/export/milvus/mine/large/begun', 'x');
      const { stdout } = await expectExported({ ...toS3(), EXPORT: 'mine' });
      expect(stdout).toMatch(/\(\d+ %\)/);
      get();
      const [segment] = large.partitions[''] as [SampleSegment];
      expectPart(large, '_default/1-0', left(segment));
      expect(filesOf('large')).toContain('_default/1-0/vectors.npy');
    });

    test('the dump of a backup names what is exported', async () => {
      put([FILMS]);
      const dump = execFileSync(find('mysqldump') ?? '', [
        '--no-defaults',
        `--socket=${database.socket}`,
        '--user=root',
        '--hex-blob',
        'milvus',
      ]);
      writeFileSync(path.join(source, '20260701T021500Z.sql.gz'), gzipSync(dump));
      rclone('copy', path.join(source, '20260701T021500Z.sql.gz'), 's3:elsewhere/backup/milvus');
      metadata([CODES]);
      const backup = { BACKUP: '20260701T021500Z', BACKUP_PREFIX: 'backup/milvus', MYSQL_PORT: '1' };
      await expectExported({ ...toS3(), ...backup });
      get();
      expectWhole();
      const { code, stderr } = await exported({ ...toS3(), ...backup, BACKUP: '20260701T021501Z' });
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `milvus-export: there is no backup/milvus/20260701T021501Z.sql.gz in the bucket 'elsewhere' at http://${radosgw.host}:${radosgw.port}\n`,
      });
    });

    /** What the pod of a backup runs; its name. */
    async function backUp(storage: Record<string, string>): Promise<string> {
      const work = mkdtempSync(path.join(folder, 'work-'));
      const vectors = s3('', {});
      const data = Object.fromEntries(
        Object.entries(vectors).map(([name, value]) => [`DATA_${name.replace(/^S3_/, '')}`, value]),
      );
      let said = '';
      for (const script of ['backup-dump', 'backup-objects', 'backup-upload']) {
        const { code, stdout, stderr } = await start(['sh', path.join(ASSETS, `${script}.sh`)], {
          ...env(),
          ...data,
          ...storage,
          DATA_PATH: 'var/lib/milvus',
          BACKUP_PREFIX: 'backup/milvus',
          BACKUP_OBJECTS: 'true',
          MILVUS_VERSION: '1.1.1',
          WORK_DIR: work,
          TERMINATION_LOG: path.join(work, 'said'),
        }).ended;
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        said += stdout;
      }
      return /^backup (\d{8}T\d{6}Z)\.sql\.gz/m.exec(said)?.[1] ?? said;
    }

    /** Every file of an export, without the times; and what is in `target` makes room for another one. */
    function takeAway(): Record<string, string> {
      const files = readdirSync(place(), { recursive: true, encoding: 'utf8' }).filter(
        (name) => name !== 'export.json' && statSync(path.join(place(), name)).isFile(),
      );
      const found = files.map((name) => {
        const content = readFileSync(path.join(place(), name), 'latin1');
        return [name, content.replace(/"asOf": "\w+"/, '')] as const;
      });
      rmSync(path.join(target, 'export'), { recursive: true });
      return Object.fromEntries(found.sort());
    }

    test('of a whole backup it is, byte by byte, that of the state which was backed up, and needs nothing else', async () => {
      put([FILMS, CODES]);
      await expectExported(toS3());
      get();
      expectWhole();
      const before = takeAway();
      const storage = s3('', { S3_BUCKET: 'elsewhere' });
      const first = await backUp(storage);

      // A delete, which rewrites an object, and a collection that is dropped.
      const fewer: SampleCollection = {
        ...CODES,
        partitions: { '': [{ name: '1600000000000000007', ids: range(1, 100), deleted: [99, 3] }] },
      };
      put([fewer]);
      rclone('delete', 's3:elsewhere/export');
      await expectExported(toS3());
      get();
      const after = takeAway();
      expect(after).not.toEqual(before);
      const second = await backUp(storage);
      expect(second > first).toBe(true);

      metadata([]);
      rclone('delete', 's3:milvus');
      const backup = { BACKUP_PREFIX: 'backup/milvus', MYSQL_PORT: '1', S3_ACCESS_KEY: '' };
      for (const [BACKUP, expected] of [
        [first, before],
        [second, after],
        ['latest', after],
      ] as const) {
        rclone('delete', 's3:elsewhere/export');
        await expectExported({ ...toS3(), ...backup, BACKUP });
        get();
        expect(json('export.json').backup).toBe(BACKUP === 'latest' ? second : BACKUP);
        expect(takeAway()).toEqual(expected);
      }

      // To another place than that of the backups; and what was begun of one is not gone on with of another, which has the same name.
      const toMilvus = { ...toS3('milvus'), ...backup, BACKUP: second };
      await expectExported(toMilvus);
      get('milvus');
      const begun = path.join(source, 'export.json');
      writeFileSync(begun, JSON.stringify({ ...json('export.json'), finished: undefined }));
      const at = `s3:milvus/export/milvus/${path.basename(place())}/export.json`;
      expect(takeAway()).toEqual(after);
      rclone('copyto', begun, at);
      rclone('copy', 's3:elsewhere/backup/milvus', 's3:elsewhere/backup/other');
      const { stdout } = await expectExported({ ...toMilvus, BACKUP_PREFIX: 'backup/other' });
      expect(stdout).toContain('exporting to export/milvus/');
      expect((await expectExported(toMilvus)).stdout).toContain('going on with the export at ');
      rclone('delete', 's3:milvus');

      // One that is damaged is not the latest; one that lost an object says so.
      rclone(
        'copyto',
        `s3:elsewhere/backup/milvus/${second}.manifest`,
        `s3:elsewhere/backup/milvus/${second}.damaged`,
      );
      rclone('delete', 's3:elsewhere/export');
      const lost = 'backup/milvus/objects/films/1600000000000000001/1600000000000000001.rv';
      rclone('deletefile', `s3:elsewhere/${lost}`);
      const { code, stderr } = await exported({ ...toS3(), ...backup, BACKUP: 'latest' });
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `milvus-export: the metadata names ${lost}, which is not in the bucket 'elsewhere' at http://${radosgw.host}:${radosgw.port}, so 1000 rows of films are lost. Export another backup, or export the rest with SKIP_MISSING=true\n`,
      });
      // A list of objects that is not the one of the manifest.
      rclone(
        'copyto',
        `s3:elsewhere/backup/milvus/${second}.objects.gz`,
        `s3:elsewhere/backup/milvus/${first}.objects.gz`,
      );
      expect((await exported({ ...toS3(), ...backup, BACKUP: first })).stderr).toMatch(
        /^milvus-export: backup\/milvus\/\w+\.objects\.gz in the .* is not what its manifest says: it was changed or damaged\. Export another backup\n$/,
      );
    }, 300_000);

    test('over TLS, with the CA of the backups, to a storage of another kind', async () => {
      const certificates = mkdtempSync(path.join(folder, 'tls-'));
      selfSigned(certificates, 'ca');
      selfSigned(certificates, 'other');
      const other = new S3rver({
        address: '127.0.0.1',
        port: 0,
        silent: true,
        directory: path.join(folder, 's3'),
        configureBuckets: [{ name: 'backups' }],
        ...signedBy(certificates, 'ca', 'localhost'),
      });
      const port = String((await other.run()).port);
      try {
        const storage = (prefix: string, ca: string) =>
          s3(prefix, {
            S3_SCHEME: 'https',
            S3_CA: ca === '' ? '' : path.join(certificates, ca),
            S3_ADDRESS: 'localhost',
            S3_PORT: port,
            S3_BUCKET: 'backups',
            S3_ACCESS_KEY: 'S3RVER',
            S3_SECRET_KEY: 'S3RVER',
          });
        put([FILMS, CODES]);
        const name = await backUp(storage('', 'ca.crt'));
        const encrypted = { ...toS3(), ...storage('TARGET_', 'ca.crt') };
        await expectExported(encrypted);
        await expectExported({
          ...encrypted,
          ...storage('BACKUP_', 'ca.crt'),
          BACKUP: name,
          BACKUP_PREFIX: 'backup/milvus',
          EXPORT: 'second',
        });
        const stored = path.join(folder, 's3/backups/export/milvus');
        expect(readdirSync(stored)).toHaveLength(2);
        // A volume has the same; the storage keeps objects in files of other names.
        await expectExported({ ...encrypted, TARGET_DIRECTORY: target, EXPORT: 'third' });
        expectWhole();
        for (const ca of ['', 'other.crt']) {
          const { code, stderr } = await exported({ ...toS3(), ...storage('TARGET_', ca) });
          expect(code).toBe(1);
          expect(stderr).toMatch(
            /^milvus-export: the certificate of bucket 'backups' at https:\/\/localhost:\d+ is not trusted here: name the Secret of its CA in tls\.caSecret[^\n]+\n$/,
          );
        }
      } finally {
        await other.close();
      }
    }, 300_000);

    test('connections that break are made again, where they broke', async () => {
      const some: SampleCollection = {
        name: 'some',
        dimension: 512,
        partitions: { '': [{ name: '1', ids: range(0, 6000), deleted: [5] }] },
      };
      put([some]);
      let requests = 0;
      const scopes = new Set<string | undefined>();
      const broken = { early: 0, cut: 0, busy: 0 };
      const proxy = createServer((incoming, outgoing) => {
        requests += 1;
        const turn = requests % 5;
        if (turn === 1) {
          broken.early += 1;
          incoming.socket.destroy();
          return;
        }
        if (turn === 3) {
          broken.busy += 1;
          incoming.resume().on('end', () => outgoing.writeHead(503).end());
          return;
        }
        const { method, url, headers } = incoming;
        scopes.add(/Credential=[^/]+\/\d+\/([^,]+),/.exec(headers.authorization ?? '')?.[1]);
        const onward = request(
          { host: radosgw.host, port: radosgw.port, method, path: url, headers },
          (answer) => {
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            let sent = 0;
            answer.on('data', (data: Buffer) => {
              sent += data.length;
              outgoing.write(data);
              if (sent > 3_000_000) {
                broken.cut += 1;
                outgoing.destroy();
              }
            });
            answer.on('end', () => outgoing.end());
          },
        );
        incoming.pipe(onward);
      });
      const port = await listen(proxy);
      try {
        // The signature is of the name that the client knows.
        const s3 = { S3_PORT: String(port), S3_REGION: 'eu-west-1' };
        await expectExported({ ...toS3('elsewhere', s3), PARALLEL: '2' });
      } finally {
        proxy.close();
        proxy.closeAllConnections();
      }
      expect(Math.min(broken.early, broken.busy, broken.cut)).toBeGreaterThan(0);
      expect([...scopes]).toEqual(['eu-west-1/s3/aws4_request']);
      get();
      const [segment] = some.partitions[''] as [SampleSegment];
      expectPart(some, '_default/1-0', left(segment));
    });

    test.each<[string, Record<string, string>, RegExp]>([
      [
        'a wrong secret',
        { S3_SECRET_KEY: 'wrong' },
        /: correct the keys in Secret 'milvus-s3'\. S3 said: .* 403 SignatureDoesNotMatch/,
      ],
      [
        'an unknown key',
        { S3_ACCESS_KEY: 'NOBODY' },
        /: correct the keys in Secret 'milvus-s3'\. .* InvalidAccessKeyId/,
      ],
      [
        'a bucket that there is not',
        { S3_BUCKET: 'nothing' },
        /: there is no such bucket: make it, or correct the name\. .* NoSuchBucket/,
      ],
      ['no key', { S3_ACCESS_KEY: '' }, /S3_ACCESS_KEY is not set or empty: look at Secret 'milvus-s3'/],
      [
        'a key with a line break',
        { S3_SECRET_KEY: 'abc\n' },
        /S3_SECRET_KEY has space or a line break around it: correct Secret 'milvus-s3'/,
      ],
    ])('%s', async (_, overrides, message) => {
      put([FILMS]);
      const { code, stderr } = await exported(toS3('elsewhere', overrides));
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^milvus-export: [^\n]+\n$/);
      expect(stderr).not.toContain(radosgw.owner.secretKey);
    });
  });
});

test('the sample is what a reader of it expects', () => {
  expect(tableOf(FILMS, '')).toBe('films');
  expect(tableOf(FILMS, 'empty')).toMatch(/^16\d+$/);
  expect(createHash('sha256').update(vectorOf(CODES, 1n)).digest('hex')).toHaveLength(64);
  expect(existsSync(EXPORT)).toBe(true);
});
