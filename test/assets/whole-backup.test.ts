import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RADOSGW_COMMANDS, RADOSGW_LIMIT, type Radosgw, startRadosgw } from '../support/radosgw';
import { describeWith, find } from '../support/requires';
import { type Mariadb, MILVUS_TABLES, startMariadb } from './mariadb';
import { ASSETS, killAll, type Result, shells, shim, start, until } from './run';

const S3rver = require('s3rver');

/** The types of TableFiles, as Milvus 1.1.1 numbers them. */
const TYPE = { NEW: 0, RAW: 1, TO_INDEX: 2, INDEX: 3, TO_DELETE: 4, NEW_MERGE: 5, NEW_INDEX: 6, BACKUP: 7 };
const PATH_IN_BUCKET = 'data/milvus';
const TABLES = `${PATH_IN_BUCKET}/db/tables`;
const NOW = '20260701T021500Z';

interface File {
  table: string;
  segment: string;
  file: string;
  type: number;
  rows: number;
}

describeWith(
  ['mariadbd', 'mariadb-install-db', 'mysql', 'mysqldump', 'rclone', ...RADOSGW_COMMANDS],
  'whole backups',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'whole-'));
    const args = path.join(folder, 'args');
    const shims = path.join(folder, 'bin');
    const rclone = find('rclone') ?? '';
    shim(shims, 'rclone', `printf '%s ' "$@" >>'${args}'; echo >>'${args}'; exec ${rclone} "$@"`);
    shim(shims, 'sleep', 'exec /bin/sleep 0.05');
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
      await s3('delete', 'vectors:vectors');
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

    /** Path and MD5 of each object. */
    async function objects(place: string): Promise<Record<string, string>> {
      const lines = (await s3('hashsum', 'MD5', '--download', place)).split('\n').filter(Boolean);
      return Object.fromEntries(lines.map((line) => [line.slice(34), line.slice(0, 32)] as const).sort());
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

    async function putAll(pairs: readonly [string, Buffer | string][]): Promise<void> {
      const local = mkdtempSync(path.join(folder, 'put-'));
      for (const [name, content] of pairs) {
        mkdirSync(path.dirname(path.join(local, name)), { recursive: true });
        writeFileSync(path.join(local, name), content);
      }
      await s3('copy', '--ignore-times', local, `vectors:vectors/${TABLES}`);
    }

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

    describe.each(
      shells()
        .filter(([name]) => name === 'dash' || name === 'busybox')
        .map((shell) => [shell.join(' '), shell]),
    )('in %s', (_, [name = '', ...more]) => {
      const shell = [find(name) ?? '', ...more];
      const userland: Record<string, string> = {};
      beforeAll(() => {
        if (name !== 'busybox') return;
        // The image of rclone has the commands of busybox, so they come with its shell.
        const applets = path.join(folder, 'applets');
        mkdirSync(applets);
        const applet = shell[0] ?? '';
        for (const command of execFileSync(applet, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
          symlinkSync(applet, path.join(applets, command));
        }
        for (const command of ['mysql', 'mysqldump'])
          symlinkSync(find(command) ?? '', path.join(applets, command));
        userland['PATH'] = `${shims}:${applets}`;
      });

      test('with bucket and database wiped, all of it comes back', async () => {
        await fill();
        const before = { rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) };
        const steps = await backUp(userland, shell);
        expect(ended(steps)).toEqual(well(6));
        expect(last(steps).stdout).toMatch(
          /^all objects of this dump are there already\nbackup 20260701T021500Z.sql.gz \d+ bytes; kept 1, deleted 0\nwhole: 205 rows, 17 objects, 1088 bytes; copied 17 objects, 1088 bytes; deleted 0 objects that no backup names\n$/,
        );

        await s3('delete', `vectors:vectors/${PATH_IN_BUCKET}`);
        sql('DROP DATABASE milvus; CREATE DATABASE milvus');
        const back = await restore(userland, shell);
        expect(ended(back)).toEqual(well(4));
        expect(contents()).toBe(before.rows);
        const after = await objects(`vectors:vectors/${TABLES}`);
        expect(after).toEqual(wanted());
        expect(before.objects).toMatchObject(after);
        expect(back[2]?.stdout).toMatch(
          /of 17 objects 0 are in .* 17 are missing, 0 are others\nall 17 objects are in .*, 17 of them copied\n/,
        );
        expect(back[3]?.stdout).toContain('each collection has the rows that the manifest says: 205 in all');

        expect(ended([await execute('backup-verify', userland, shell)])).toEqual(well(1));
        const { stdout } = await execute('backup-list', userland, shell);
        expect(stdout).toMatch(
          /^BACKUP +KIND +SIZE +OBJECTS +ROWS +COLLECTIONS +VERIFIED\n20260701T021500Z +whole +\d.* 17 +205 +3 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n$/,
        );
      }, 120_000);
    });

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
      await s3('delete', `vectors:vectors/${PATH_IN_BUCKET}`);
      sql('DROP DATABASE milvus; CREATE DATABASE milvus');
    };

    test('the second backup costs what changed; what no kept backup names is deleted, and nothing else', async () => {
      await fill();
      await passes(backUp());
      const first = await store();
      expect(Object.keys(first).filter((name) => name.startsWith('objects/'))).toHaveLength(9);
      expect(await passes(backUp({ NOW: '20260702T021500Z' }))).toMatch(
        /to be copied: 0\n[\s\S]*copied 0 objects, 0 bytes; deleted 0/,
      );
      expect(await store()).toMatchObject(first);

      // A delete rewrites two objects of a segment under the same names, here with as many bytes; a merge makes one of two.
      await putAll([
        ['faces/16252/deleted_docs', bytes('other')],
        ['faces/16252/bloom_filter', bytes('another')],
      ]);
      sql("DELETE FROM milvus.TableFiles WHERE segment_id = '16253'");
      await s3('delete', `vectors:vectors/${TABLES}/1700/16253`);
      addRows([segment('1700', 9)]);
      await putAll(files(segment('1700', 9)));
      expect(await passes(backUp({ NOW: '20260703T021500Z' }))).toMatch(
        /to be copied: 6\n[\s\S]*copied 6 objects, 384 bytes; deleted 0/,
      );
      expect(await store()).toMatchObject(first);
      expect(await paths()).toContain('rewritten/20260703T021500Z/faces/16252/deleted_docs');

      // The two older ones go, and with them what only they named.
      expect(await passes(backUp({ NOW: '20260704T021500Z', KEEP: '2' }))).toContain(
        'deleted 6 objects that no backup names',
      );
      const { stdout } = await execute('backup-list');
      expect(stdout.match(/^2026\d{4}/gm)).toEqual(['20260704', '20260703']);
      expect((await paths()).filter((name) => /16253|T021500Z\/faces\/16252/.test(name))).toEqual([
        'rewritten/20260703T021500Z/faces/16252/bloom_filter',
        'rewritten/20260703T021500Z/faces/16252/deleted_docs',
      ]);
      const state = { rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) };
      await wipe();
      await passes(restore({ BACKUP: '20260703T021500Z' }));
      expect(contents()).toBe(state.rows);
      expect(state.objects).toMatchObject(await objects(`vectors:vectors/${TABLES}`));
    }, 300_000);

    test('a segment that is merged away meanwhile makes it dump again; the backup has no hole', async () => {
      await fill();
      // As the copy begins, Milvus has merged segment 3 into 9 and erases the old one.
      await putAll(files(segment('1700', 9)));
      const merged = path.join(folder, 'merged');
      const statement =
        "UPDATE milvus.TableFiles SET segment_id = '16259', file_id = '16259' WHERE segment_id = '16253'";
      const path_ = meddling(
        '*" copy "*/objects',
        `[ -e '${merged}' ] || { touch '${merged}'; MYSQL_PWD= mysql --no-defaults --host=localhost --socket='${mariadb.socket}' -uroot -e "${statement}"; ${inBucket(`delete m:vectors/${TABLES}/1700/16253`)}; }`,
      );
      const output = await passes(backUp(path_));
      expect(output).toMatch(
        /4 of them were gone or rewritten meanwhile, as 1700\/16253\/\S+: the metadata is dumped again\n/,
      );
      expect(output).toMatch(/to be copied: 4\n/);
      const state = { rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) };
      await wipe();
      await passes(restore());
      expect(contents()).toBe(state.rows);
      const back = await objects(`vectors:vectors/${TABLES}`);
      expect(state.objects).toMatchObject(back);
      expect(Object.keys(back).filter((name) => name.startsWith('1700'))).toHaveLength(4);
    }, 120_000);

    test('an object that is gone for good is a hole that it does not hide', async () => {
      await fill();
      await passes(backUp());
      await s3('deletefile', `vectors:vectors/${TABLES}/faces/16251/16261`);
      sql('UPDATE milvus.Environment SET global_lsn = 18');
      expect(await fails(backUp({ NOW: '20260702T021500Z' }))).toMatch(
        /^backup-objects: 1 of 17 objects that the metadata names are not in bucket 'vectors' at \S+, as data\/milvus\/db\/tables\/faces\/16251\/16261\. .*earlier ones stay\n$/,
      );
      expect(
        (await paths()).filter((name) => name.includes('20260702') || name.startsWith('running')),
      ).toEqual([]);
    }, 120_000);

    test('to another storage, and back into another bucket, path and name', async () => {
      await fill();
      const rows = contents();
      const before = await objects(`vectors:vectors/${TABLES}`);
      await passes(backUp(elsewhere()));
      expect(readdirSync(path.join(folder, 's3', 'backups', prefix)).sort()).toEqual(
        expect.arrayContaining(['objects', 'rewritten']),
      );
      sql('DROP DATABASE IF EXISTS clone; CREATE DATABASE clone; GRANT ALL ON clone.* TO milvus@"%"');
      await passes(
        restore({ ...elsewhere(), DATA_BUCKET: 'clone', DATA_PATH: 'other/place', MYSQL_DATABASE: 'clone' }),
      );
      expect(before).toMatchObject(await objects('vectors:clone/other/place/db/tables'));
      expect(sql('USE clone; SELECT COUNT(*) FROM TableFiles')).toBe(
        `${everything.length + notWanted.length}\n`,
      );
      // The original is as it was.
      expect(contents()).toBe(rows);
      expect(ended([await execute('backup-verify', elsewhere())])).toEqual(well(1));
      sql('DROP DATABASE clone');
    }, 120_000);

    test('a restore replaces nothing unasked, and keeps aside what it replaces when it is asked', async () => {
      await fill();
      await passes(backUp());
      const then = { rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) };
      sql("UPDATE milvus.Tables SET flush_lsn = 99; INSERT INTO milvus.Fields VALUES ('new', 'x', 1, '')");
      await putAll([['faces/16252/deleted_docs', 'as it is now']]);
      const now = { rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) };
      expect(await fails(restore())).toMatch(/is not empty .* RESTORE_FORCE=true; nothing was changed\n$/);
      expect({ rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) }).toEqual(now);

      const output = await passes(restore({ RESTORE_FORCE: 'true' }));
      expect(output).toMatch(/of 17 objects 16 are in .*; 0 are missing, 1 are others\n/);
      expect({ rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) }).toEqual(then);
      const kept = Object.keys(await objects(`vectors:vectors/${PATH_IN_BUCKET}-aside`));
      expect(kept).toEqual([
        expect.stringMatching(/^\d+T\d+Z\/metadata\.sql\.gz$/),
        expect.stringMatching(/^\d+T\d+Z\/tables\/faces\/16252\/deleted_docs$/),
      ]);
      expect(await s3('cat', `vectors:vectors/${PATH_IN_BUCKET}-aside/${kept[1]}`)).toBe('as it is now');
      expect(output).toContain(
        `what was there is kept in vectors/${PATH_IN_BUCKET}-aside/${kept[0]?.split('/')[0]} until you delete it`,
      );
    }, 120_000);

    test('a storage that is full, or refuses, is named; what was copied stays, and the next goes on', async () => {
      await fill();
      const full = meddling(
        '*" copy "*/rewritten/*',
        `echo "2026/07/01 02:15:00 ERROR : x: Failed to copy: QuotaExceeded: status code: 403" >&2; exit 1`,
      );
      expect(await fails(backUp(full))).toMatch(
        /^backup-objects: could not copy objects from \S+ to \S+ .*: make room: the storage, or the quota of the bucket, is full; .*QuotaExceeded.*earlier ones stay\n$/,
      );
      expect((await paths()).filter((name) => !name.startsWith('objects/'))).toEqual([]);
      expect(await passes(backUp())).toMatch(/to be copied: 8\n/);
      // No rights on what is to be read.
      const nobody = await radosgw.addUser(`nobody${count}`);
      expect(
        await fails(backUp({ DATA_ACCESS_KEY: nobody.accessKey, DATA_SECRET_KEY: nobody.secretKey })),
      ).toMatch(
        /could not list the objects \(bucket 'vectors' at \S+\): grant s3:ListBucket to the access key in Secret 'milvus-secret'/,
      );
    }, 120_000);

    test('two backups do not run at a time; one that was killed does not hold up the next for ever', async () => {
      await fill();
      const mark = (seconds: number) =>
        radosgw.send(
          'PUT',
          `/backups/${prefix}/running/other`,
          String(Math.floor(Date.now() / 1000) - seconds),
        );
      await mark(100);
      expect(await fails(backUp())).toMatch(
        /backup 'other' runs, and began 1\d\d s ago: wait for it, or, if it was killed, delete backup\/test-\d+\/running\/other/,
      );
      expect(await paths()).toEqual(['running/other']);
      await mark(3601);
      await passes(backUp());
      expect((await paths()).filter((name) => name.startsWith('running'))).toEqual(['running/other']);
    }, 120_000);

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

    test('a backup that is killed at any step is none, and harms none; the next one is whole', async () => {
      await fill();
      await passes(backUp({ NOW: '20260601T021500Z' }));
      const whole = await store();
      await putAll([['faces/16252/deleted_docs', bytes('other')]]);
      const scripts = [
        ['backup-dump', {}],
        ['backup-objects', {}],
        ['backup-upload', {}],
      ] as const;
      // Every third call, for they are many.
      let call = 3;
      for (; await killAt(call, scripts, { NOW }); call += 3) {
        const now = await store();
        if (now[`${NOW}.sql.gz`] !== undefined) break;
        expect(now).toMatchObject(whole);
      }
      expect(call).toBeGreaterThan(10);
      // The same Job goes on, whatever it has left.
      await passes(backUp({ NOW: '20260702T021500Z' }));
      const { stdout } = await execute('backup-verify');
      expect(stdout).toMatch(/^20260702T021500Z is good: 17 objects/m);
      expect(await store()).toMatchObject(whole);
    }, 600_000);

    test('a restore that is killed at any step is run again, and comes to its end', async () => {
      await fill();
      await passes(backUp());
      const before = { rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) };
      await wipe();
      // Where it was killed, it goes on: nothing is wiped in between.
      let call = 3;
      while (await killAt(call, RESTORE)) call += 3;
      expect(call).toBeGreaterThan(10);
      expect(contents()).toBe(before.rows);
      expect(before.objects).toMatchObject(await objects(`vectors:vectors/${TABLES}`));
    }, 600_000);

    test('a damaged object is found, and copied anew by the next backup', async () => {
      await fill();
      await passes(backUp());
      await passes(backUp({ NOW: '20260702T021500Z' }));
      // Other bytes, of which the storage says that they are the same ones: in the other storage they are files.
      const broken = meddling(
        '*" hashsum "*',
        `${rclone} "$@" | sed 's/^[0-9a-f]*\\(  objects.faces.16251.16251.rv\\)$/00000000000000000000000000000000\\1/'; exit`,
      );
      expect(await fails(Promise.all([execute('backup-verify', broken)]))).toMatch(
        /^backup-verify: backup 20260702T021500Z is damaged: 0 of its 17 objects are missing or cut off and 1 are not what they were, as objects\/faces\/16251\/16251\.rv\. Use another one; the newest are: 20260702T021500Z 20260701T021500Z\n$/,
      );
      expect(await paths()).toEqual(
        expect.arrayContaining(['20260702T021500Z.damaged', 'damaged/objects/faces/16251/16251.rv']),
      );
      expect((await execute('backup-list')).stdout).toMatch(
        /\n20260702T021500Z .* DAMAGED\n20260701T021500Z .* no\n$/,
      );
      // The latest is then the one before; it lacks the same object until the next backup.
      await wipe();
      expect(await fails(restore())).toMatch(
        /restore-objects: 1 of 17 objects are not in .* as backup\/test-\d+\/objects\/faces\/16251\/16251\.rv: .*The metadata was not touched/,
      );
      await fill();
      await passes(backUp({ NOW: '20260703T021500Z' }));
      expect((await execute('backup-verify', { BACKUP: '20260702T021500Z' })).stdout).toMatch(
        /20260702T021500Z is good/,
      );
      expect(await paths()).not.toContain('20260702T021500Z.damaged');
    }, 240_000);

    test('backups of the metadata alone are listed beside whole ones, and restored without a look at objects', async () => {
      await fill();
      await passes(backUp());
      freshWork();
      const alone = { BACKUP_OBJECTS: 'false', NOW: '20260702T021500Z' };
      for (const script of ['backup-dump', 'backup-upload']) {
        expect(ended([await execute(script, alone)])).toEqual(well(1));
      }
      expect((await execute('backup-list')).stdout).toMatch(
        /\n20260702T021500Z +metadata +\S+ \S+ +- +- +- +no\n20260701T021500Z +whole .* no\n$/,
      );
      expect((await execute('backup-verify')).stdout).toMatch(/20260702T021500Z is good: 0 objects/);
      const rows = contents();
      sql('DROP DATABASE milvus; CREATE DATABASE milvus');
      expect(await passes(restore())).toContain(
        '20260702T021500Z is a backup of the metadata alone: objects stay as they are\n',
      );
      expect(contents()).toBe(rows);
    }, 120_000);

    // More than a page of a listing has, and than are asked for one by one; 10,000 with OBJECTS=10000, which takes minutes.
    const many = Number(process.env['OBJECTS'] ?? 2400);
    test(`${many} objects`, async () => {
      createTables();
      createTable('many');
      const all = Array.from({ length: many / 4 }, (_, index) =>
        segment('many', 10_000 + index, TYPE.RAW, 1),
      );
      addRows(all);
      await putAll(all.flatMap(files));
      const output = await passes(backUp());
      expect(output).toContain(`all ${many} objects are in the backup, ${64 * many} bytes`);
      expect(await passes(backUp({ NOW: '20260702T021500Z' }))).toMatch(
        /copied 0 objects, 0 bytes; deleted 0/,
      );
    }, 900_000);
  },
);
