import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RADOSGW_COMMANDS, RADOSGW_LIMIT, type Radosgw, startRadosgw } from '../support/radosgw';
import { describeWith, find } from '../support/requires';
import { type Mariadb, MILVUS_TABLES, startMariadb } from './mariadb';
import { ASSETS, killAll, type Result, shim, start, until } from './run';

const S3rver = require('s3rver');

/** The types of TableFiles, as Milvus 1.1.1 numbers them. */
export const TYPE = {
  NEW: 0,
  RAW: 1,
  TO_INDEX: 2,
  INDEX: 3,
  TO_DELETE: 4,
  NEW_MERGE: 5,
  NEW_INDEX: 6,
  BACKUP: 7,
};
export const PATH_IN_BUCKET = 'data/milvus';
export const TABLES = `${PATH_IN_BUCKET}/db/tables`;
export const NOW = '20260701T021500Z';

interface File {
  table: string;
  segment: string;
  file: string;
  type: number;
  rows: number;
}

/** A place with a database and two storages, and what is done there. A file has one of its own. */
export function describeWholeBackups(name: string, define: (place: WholeBackups) => void): void {
  describeWith(
    ['mariadbd', 'mariadb-install-db', 'mysql', 'mysqldump', 'rclone', ...RADOSGW_COMMANDS],
    name,
    () => define(makePlace()),
  );
}

export type WholeBackups = ReturnType<typeof makePlace>;

function makePlace() {
  const folder = mkdtempSync(path.join(tmpdir(), 'whole-'));
  const args = path.join(folder, 'args');
  const shims = path.join(folder, 'bin');
  const rclone = find('rclone') ?? '';
  shim(shims, 'rclone', `printf '%s ' "$@" >>'${args}'; echo >>'${args}'; exec ${rclone} "$@"`);
  // Ten seconds are those between two lines of progress, and cost a handful of processes each.
  shim(shims, 'sleep', 'case $1 in 10) exec /bin/sleep 0.5 ;; *) exec /bin/sleep 0.05 ;; esac');
  shim(
    shims,
    'date',
    'case $NOW$* in *Z"-u +%Y%m%dT%H%M%SZ") echo "$NOW"; exit ;; esac; exec /bin/date "$@"',
  );

  const s3rver = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: path.join(folder, 's3'),
    configureBuckets: [{ name: 'backups' }, { name: 'vectors' }],
  });
  let mariadb: Mariadb;
  let radosgw: Radosgw;
  let s3rverPort: number;
  let work: string;
  let prefix: string;
  let count = 0;

  beforeAll(async () => {
    s3rverPort = (await s3rver.run()).port;
    [mariadb, radosgw] = await Promise.all([startMariadb(folder), startRadosgw()]);
    sql("CREATE USER milvus@'%' IDENTIFIED BY 'secret-of-mysql'; GRANT ALL ON milvus.* TO milvus@'%';");
    await radosgw.send('PUT', '/vectors');
    await radosgw.send('PUT', '/clone');
    await radosgw.send('PUT', '/backups');
  }, RADOSGW_LIMIT + 30_000);

  afterAll(async () => {
    await Promise.all([mariadb?.stop(), radosgw?.stop(), s3rver.close()]);
    rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    work = mkdtempSync(path.join(folder, 'work-'));
    prefix = `backup/test-${++count}`;
    await deleteAll();
  });

  function sql(statements: string): string {
    const { stdout, stderr } = mariadb.sql(statements, '-N', '-B');
    expect(stderr).toBe('');
    return stdout;
  }

  /** Where the vectors are: a Ceph gateway. The backups are beside them, or in the other storage. */
  const onRadosgw = (kind: 'S3' | 'DATA', bucket: string) => ({
    [`${kind}_ADDRESS`]: radosgw.host,
    [`${kind}_PORT`]: `${radosgw.port}`,
    [`${kind}_BUCKET`]: bucket,
    [`${kind}_ACCESS_KEY`]: radosgw.owner.accessKey,
    [`${kind}_SECRET_KEY`]: radosgw.owner.secretKey,
  });
  const elsewhere = () => ({
    S3_ADDRESS: '127.0.0.1',
    S3_PORT: `${s3rverPort}`,
    S3_BUCKET: 'backups',
    S3_ACCESS_KEY: 'S3RVER',
    S3_SECRET_KEY: 'hunter2/+=hunter2',
  });

  const env = (overrides: Record<string, string> = {}): Record<string, string> => ({
    PATH: `${shims}:/usr/bin:/bin`,
    WORK_DIR: work,
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: `${mariadb.port}`,
    MYSQL_USER: 'milvus',
    MYSQL_DATABASE: 'milvus',
    MYSQL_PWD: 'secret-of-mysql',
    ...onRadosgw('S3', 'backups'),
    ...onRadosgw('DATA', 'vectors'),
    DATA_PATH: PATH_IN_BUCKET,
    CREDENTIALS_FROM: 'backup-secret',
    DATA_CREDENTIALS_FROM: 'milvus-secret',
    BACKUP_PREFIX: prefix,
    BACKUP_OBJECTS: 'true',
    MILVUS_VERSION: '1.1.1',
    JOB_NAME: 'milvus-backup-1',
    WAIT_SECONDS: '0',
    TERMINATION_LOG: path.join(folder, 'said'),
    // Of rclone, which is started often and ends soon: half of its time would go into collecting garbage.
    GOGC: '400',
    ...overrides,
  });

  async function execute(
    script: string,
    overrides: Record<string, string> = {},
    shell = ['sh'],
  ): Promise<Result> {
    const result = await start([...shell, path.join(ASSETS, `${script}.sh`)], env(overrides)).ended;
    const output = result.stdout + result.stderr;
    for (const secret of ['secret-of-mysql', 'hunter2', radosgw.owner.accessKey, radosgw.owner.secretKey]) {
      expect(output).not.toContain(secret);
    }
    // Nothing half-done stays in the work folder.
    expect(
      readdirSync(work).filter(
        (name) => /\.[A-Za-z0-9]{6}$/.test(name) && !/^(dump|restore|backup)\./.test(name),
      ),
    ).toEqual([]);
    return result;
  }

  const freshWork = () => {
    work = mkdtempSync(path.join(folder, 'work-'));
  };

  /** What the pod of a backup runs, one after the other, each only if the one before it has ended well. */
  async function backUp(overrides: Record<string, string> = {}, shell = ['sh']): Promise<Result[]> {
    freshWork();
    const results: Result[] = [];
    for (const script of [
      'backup-dump',
      'backup-objects',
      'backup-dump',
      'backup-objects',
      'backup-dump',
      'backup-upload',
    ]) {
      const result = await execute(script, { NOW, ...overrides }, shell);
      results.push(result);
      if (result.code !== 0) break;
    }
    return results;
  }

  const RESTORE: readonly [string, Record<string, string>][] = [
    ['restore-download', {}],
    ['restore-load', { RESTORE_STEP: 'check' }],
    ['restore-objects', {}],
    ['restore-load', {}],
  ];

  async function restore(overrides: Record<string, string> = {}, shell = ['sh']): Promise<Result[]> {
    freshWork();
    const results: Result[] = [];
    for (const [script, more] of RESTORE) {
      const result = await execute(script, { ...more, ...overrides }, shell);
      results.push(result);
      if (result.code !== 0) break;
    }
    return results;
  }

  const ended = (results: Result[]) => results.map(({ code, stderr }) => ({ code, stderr }));
  const well = (steps: number) => Array(steps).fill({ code: 0, stderr: '' });
  const last = (results: Result[]): Result => results.at(-1) ?? { code: null, stdout: '', stderr: '' };

  /** rclone as a person uses it: vectors: is Ceph, other: the other storage. */
  async function s3(...command: string[]): Promise<string> {
    const remote = (name: string, place: Record<string, string>, kind: string) => ({
      [`RCLONE_CONFIG_${name}_TYPE`]: 's3',
      [`RCLONE_CONFIG_${name}_PROVIDER`]: 'Other',
      [`RCLONE_CONFIG_${name}_FORCE_PATH_STYLE`]: 'true',
      [`RCLONE_CONFIG_${name}_NO_CHECK_BUCKET`]: 'true',
      [`RCLONE_CONFIG_${name}_LIST_VERSION`]: '1',
      [`RCLONE_CONFIG_${name}_ENDPOINT`]: `http://${place[`${kind}_ADDRESS`]}:${place[`${kind}_PORT`]}`,
      [`RCLONE_CONFIG_${name}_ACCESS_KEY_ID`]: place[`${kind}_ACCESS_KEY`] ?? '',
      [`RCLONE_CONFIG_${name}_SECRET_ACCESS_KEY`]: place[`${kind}_SECRET_KEY`] ?? '',
    });
    const options = ['--config=', '--retries', '1', '--transfers', '16', '--checkers', '16'];
    const { code, stdout, stderr } = await start([rclone, ...options, ...command], {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      ...remote('VECTORS', onRadosgw('DATA', 'vectors'), 'DATA'),
      ...remote('OTHER', elsewhere(), 'S3'),
    }).ended;
    if (code !== 0 && !stderr.includes('directory not found')) throw new Error(stderr);
    return stdout;
  }

  /** Sixteen at a time. */
  async function forEach<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
    const left = [...all];
    const next = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) await act(one);
    };
    await Promise.all(Array.from({ length: 16 }, next));
  }

  /** Path and MD5 of each object. */
  async function objects(place: string): Promise<Record<string, string>> {
    const [, bucket, folderOf = ''] = /^vectors:([^/]+)\/?(.*)$/.exec(place) ?? [];
    const sums: [string, string][] = [];
    if (bucket === undefined) {
      const lines = (await s3('hashsum', 'MD5', '--download', place)).split('\n').filter(Boolean);
      for (const line of lines) sums.push([line.slice(34), line.slice(0, 32)]);
    } else {
      const begin = folderOf === '' ? '' : `${folderOf}/`;
      await forEach(await radosgw.keys(bucket, begin), async (key) => {
        sums.push([key.slice(begin.length), await radosgw.md5(bucket, key)]);
      });
    }
    return Object.fromEntries(sums.sort());
  }
  /** Deletes what is in the bucket of the vectors below this. */
  async function deleteAll(begin = ''): Promise<void> {
    await forEach(await radosgw.keys('vectors', begin), (key) =>
      radosgw.send('DELETE', `/vectors/${encodeURI(key)}`),
    );
  }
  const store = () => objects(`vectors:backups/${prefix}`);

  const bytes = (...of: string[]) => createHash('sha512').update(of.join()).digest();

  /** What Milvus has of a segment. */
  const files = ({ table, segment, file, type }: File): [string, Buffer][] => {
    const at = `${table}/${segment}`;
    const names = [`${segment}.rv`, `${segment}.uid`, 'bloom_filter', 'deleted_docs'];
    return [...names, ...(type === TYPE.INDEX ? [file] : [])].map((name) => [
      `${at}/${name}`,
      bytes(at, name),
    ]);
  };

  const putAll = (pairs: readonly [string, Buffer | string][]): Promise<void> =>
    forEach(pairs, ([name, content]) =>
      radosgw.send('PUT', `/vectors/${TABLES}/${encodeURI(name)}`, content),
    );

  /** Tables as Milvus 1.1.1 makes them, without rows. */
  function createTables(): void {
    sql(`DROP DATABASE IF EXISTS milvus; CREATE DATABASE milvus; USE milvus;
    ${MILVUS_TABLES}
    INSERT INTO Environment VALUES (17);`);
  }

  function createTable(name: string, { state = 0, owner = '', tag = '' } = {}): void {
    sql(`INSERT INTO milvus.Tables (table_id, state, dimension, created_on, index_params, owner_table, partition_tag)
    VALUES ('${name}', ${state}, 128, 1625104500000000, '{"nlist": 2048, "a": "(1,2),(''x'';"}', '${owner}', '${tag}')`);
  }

  function addRows(all: readonly File[]): void {
    if (all.length === 0) return;
    const rows = all.map(
      ({ table, segment, file, type, rows: n }) =>
        `('${table}', '${segment}', '${file}', ${type}, ${n}, 1, 1, 4)`,
    );
    sql(`INSERT INTO milvus.TableFiles (table_id, segment_id, file_id, file_type, row_count, updated_time, created_on, engine_type)
    VALUES ${rows.join(',')}`);
  }

  const segment = (table: string, id: number, type = TYPE.RAW, rows = 100): File => ({
    table,
    segment: `1625${id}`,
    file: type === TYPE.INDEX ? `1626${id}` : `1625${id}`,
    type,
    rows,
  });

  /** Three collections: one with an index and a partition, one plain, one that is being dropped; and files that are none any more, or not yet. */
  const everything: readonly File[] = [
    segment('faces', 1, TYPE.BACKUP),
    segment('faces', 1, TYPE.INDEX),
    segment('faces', 2, TYPE.TO_INDEX, 70),
    segment('1700', 3, TYPE.RAW, 30),
    segment('plain_$', 4, TYPE.RAW, 5),
  ];
  const notWanted: readonly File[] = [
    segment('faces', 5, TYPE.TO_DELETE),
    segment('faces', 6, TYPE.NEW),
    segment('faces', 7, TYPE.NEW_MERGE),
    segment('faces', 2, TYPE.NEW_INDEX),
    segment('dropped', 8),
  ];
  async function fill(): Promise<void> {
    createTables();
    createTable('faces');
    createTable('1700', { owner: 'faces', tag: "it''s (a), `tag`;\\n \\\\" });
    createTable('plain_$');
    createTable('empty');
    createTable('dropped', { state: 1 });
    addRows([...everything, ...notWanted]);
    await putAll([...everything, segment('faces', 5), segment('dropped', 8)].flatMap(files));
  }
  const wanted = () =>
    Object.fromEntries(
      everything
        .flatMap(files)
        .map(([name]) => name)
        .sort()
        .map((name) => [name, expect.any(String)]),
    );

  const contents = () =>
    sql(
      'USE milvus; SELECT * FROM Tables; SELECT * FROM TableFiles; SELECT * FROM Environment; SELECT * FROM Fields',
    );

  const passes = async (results: Promise<Result[]>) => {
    const all = await results;
    expect(all.map(({ stderr }) => stderr).join('')).toBe('');
    expect(last(all).code).toBe(0);
    return all.map(({ stdout }) => stdout).join('');
  };
  const fails = async (results: Promise<Result[]>) => {
    const result = last(await results);
    expect(result.code).toBe(1);
    return result.stderr;
  };
  /** A folder with a stand-in of rclone that does something when it is called in a certain way, and then is rclone. */
  const meddling = (when: string, what: string): Record<string, string> => {
    const bin = mkdtempSync(path.join(folder, 'meddling-'));
    shim(bin, 'rclone', `case "$*" in ${when}) ${what} ;; esac; exec ${rclone} "$@"`);
    return { PATH: `${bin}:${shims}:/usr/bin:/bin` };
  };
  /** As a shell command: what Milvus does to its bucket. */
  const inBucket = (command: string) =>
    `RCLONE_CONFIG_M_TYPE=s3 RCLONE_CONFIG_M_PROVIDER=Other RCLONE_CONFIG_M_FORCE_PATH_STYLE=true RCLONE_CONFIG_M_NO_CHECK_BUCKET=true RCLONE_CONFIG_M_ENDPOINT=http://${radosgw.host}:${radosgw.port} RCLONE_CONFIG_M_ACCESS_KEY_ID='${radosgw.owner.accessKey}' RCLONE_CONFIG_M_SECRET_ACCESS_KEY='${radosgw.owner.secretKey}' ${rclone} --config= ${command} >/dev/null`;
  const paths = async () => Object.keys(await store());
  const wipe = async () => {
    await deleteAll(`${PATH_IN_BUCKET}/`);
    sql('DROP DATABASE milvus; CREATE DATABASE milvus');
  };

  /** Every call of rclone, mysql and mysqldump that a sequence of scripts makes is a point at which it may be killed. */
  async function killAt(
    call: number,
    scripts: readonly (readonly [string, Record<string, string>])[],
    overrides: Record<string, string> = {},
  ): Promise<boolean> {
    freshWork();
    const bin = mkdtempSync(path.join(folder, 'killed-'));
    const counter = path.join(bin, 'count');
    writeFileSync(counter, '');
    for (const command of ['rclone', 'mysql']) {
      shim(
        bin,
        command,
        `echo >>'${counter}'; [ "$(wc -l <'${counter}')" != ${call} ] || { touch '${bin}/now'; exec /bin/sleep 60; }; exec ${find(command)} "$@"`,
      );
    }
    for (const [script, more] of scripts) {
      const running = start(
        ['sh', path.join(ASSETS, `${script}.sh`)],
        env({ ...more, ...overrides, PATH: `${bin}:${shims}:/usr/bin:/bin` }),
      );
      let done = false;
      void running.ended.then(() => {
        done = true;
      });
      await until(() => done || existsSync(path.join(bin, 'now')), 'neither ended nor killed');
      if (!done) {
        killAll(running);
        await running.ended;
        return true;
      }
      expect(await running.ended).toMatchObject({ code: 0 });
    }
    return false;
  }

  return {
    get mariadb() {
      return mariadb;
    },
    get radosgw() {
      return radosgw;
    },
    /** What the last script left for the kubelet. */
    said: () => readFileSync(path.join(folder, 'said'), 'utf8'),
    /** Where the backups of a test are. */
    get prefix() {
      return prefix;
    },
    folder,
    shims,
    rclone,
    sql,
    elsewhere,
    env,
    execute,
    freshWork,
    backUp,
    RESTORE,
    restore,
    ended,
    well,
    last,
    s3,
    objects,
    store,
    bytes,
    files,
    putAll,
    createTable,
    createTables,
    addRows,
    segment,
    everything,
    notWanted,
    fill,
    wanted,
    contents,
    passes,
    fails,
    meddling,
    inBucket,
    paths,
    wipe,
    killAt,
  };
}
