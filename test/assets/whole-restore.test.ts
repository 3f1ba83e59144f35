import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { find } from '../support/requires';
import { shim } from './run';
import { describeWholeBackups, PATH_IN_BUCKET, TABLES, TYPE } from './whole-backup';

describeWholeBackups('restores', (place) => {
  const {
    folder,
    shims,
    sql,
    elsewhere,
    execute,
    backUp,
    restore,
    ended,
    well,
    s3,
    objects,
    files,
    putAll,
    createTable,
    addRows,
    segment,
    everything,
    notWanted,
    fill,
    contents,
    passes,
    fails,
  } = place;

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
      `what was there before is kept in vectors/${PATH_IN_BUCKET}-aside (${kept[0]?.split('/')[0]}) until you delete it`,
    );
  }, 120_000);

  test('objects that only the metadata names that is replaced are kept aside as well, once', async () => {
    await fill();
    await passes(backUp());
    createTable('later');
    const only = [segment('later', 20), segment('faces', 21)];
    // What is about to be erased anyway is not kept, nor what nothing names.
    addRows([...only, segment('faces', 22, TYPE.TO_DELETE)]);
    await putAll([...only, segment('faces', 22), segment('faces', 23)].flatMap(files));
    // The segment is in both; its index is in one of them, under another name.
    addRows([{ ...segment('faces', 2, TYPE.INDEX), file: '16269' }]);
    await putAll([['faces/16252/16269', 'another index']]);
    const expected = [...only.flatMap(files).map(([name]) => name), 'faces/16252/16269'].sort();
    const bytesOf = 8 * 64 + 'another index'.length;
    // First one that breaks off behind it.
    const broken = mkdtempSync(path.join(folder, 'broken-'));
    shim(
      broken,
      'mysql',
      `case "$*" in *--binary-mode*) echo 'ERROR 2013 (HY000): Lost connection' >&2; exit 1 ;; esac; exec ${find('mysql')} "$@"`,
    );
    const force = { RESTORE_FORCE: 'true' };
    const tries = [
      await restore({ ...force, PATH: `${broken}:${shims}:/usr/bin:/bin` }),
      await restore(force),
    ];
    expect(tries.map((steps) => steps.at(-1)?.code)).toEqual([1, 0]);
    const said = tries.map((steps) => steps.map(({ stdout }) => stdout).join(''));
    expect(said[0]).toContain(
      `9 objects that only the metadata names that is there, ${bytesOf} bytes, are kept in vectors/${PATH_IN_BUCKET}-aside/`,
    );
    expect(said[1]).not.toContain('that only the metadata names');
    const kept = Object.entries(await objects(`vectors:vectors/${PATH_IN_BUCKET}-aside`));
    const there = await objects(`vectors:vectors/${TABLES}`);
    const inTables = kept.filter(([name]) => name.includes('/tables/'));
    expect(inTables.map(([name]) => name.replace(/^[^/]*\/tables\//, '')).sort()).toEqual(expected);
    for (const [name, md5] of inTables) expect(there[name.replace(/^[^/]*\/tables\//, '')]).toBe(md5);
  }, 120_000);

  test('in place to another path, where Milvus has begun with the metadata and without the objects', async () => {
    await fill();
    await passes(backUp());
    const then = { rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) };
    const there = { DATA_PATH: 'other/place' };
    sql('UPDATE milvus.Tables SET flush_lsn = 99');
    await s3(
      'copy',
      `vectors:vectors/${TABLES}/faces/16252`,
      'vectors:vectors/other/place/db/tables/faces/16252',
    );
    // One on schedule in the meantime is none that could become the latest.
    expect(await fails(backUp({ ...there, NOW: '20260702T021500Z' }))).toMatch(
      /objects that the metadata names are not in bucket 'vectors'/,
    );
    const output = await passes(restore({ ...there, RESTORE_FORCE: 'true' }));
    expect(output).toMatch(/took \S+\/20260701T021500Z\.sql\.gz /);
    expect(contents()).toBe(then.rows);
    const now = await objects('vectors:vectors/other/place/db/tables');
    expect(Object.keys(now).length).toBe(17);
    expect(then.objects).toMatchObject(now);
    expect(await objects(`vectors:vectors/${TABLES}`)).toEqual(then.objects);
    expect(Object.keys(await objects('vectors:vectors/other/place-aside'))).toEqual([
      expect.stringMatching(/^\d+T\d+Z\/metadata\.sql\.gz$/),
    ]);
  }, 120_000);

  test('to another storage, and back into another bucket, path and name', async () => {
    await fill();
    // A collection is being dropped, and its partition is not yet.
    createTable('1800', { owner: 'dropped' });
    addRows([segment('1800', 10)]);
    await putAll(files(segment('1800', 10)));
    const rows = contents();
    const before = await objects(`vectors:vectors/${TABLES}`);
    await passes(backUp(elsewhere()));
    expect(readdirSync(path.join(folder, 's3', 'backups', place.prefix)).sort()).toEqual(
      expect.arrayContaining(['objects', 'rewritten']),
    );
    sql('DROP DATABASE IF EXISTS clone; CREATE DATABASE clone; GRANT ALL ON clone.* TO milvus@"%"');
    await passes(
      restore({ ...elsewhere(), DATA_BUCKET: 'clone', DATA_PATH: 'other/place', MYSQL_DATABASE: 'clone' }),
    );
    expect(before).toMatchObject(await objects('vectors:clone/other/place/db/tables'));
    expect(sql('USE clone; SELECT COUNT(*) FROM TableFiles')).toBe(
      `${everything.length + notWanted.length + 1}\n`,
    );
    // The original is as it was.
    expect(contents()).toBe(rows);
    expect(ended([await execute('backup-verify', elsewhere())])).toEqual(well(1));
    sql('DROP DATABASE clone');
  }, 120_000);

  test('broken off over what was there, and run again: the end names all that is kept, and another backup is not mixed in', async () => {
    await fill();
    await passes(backUp());
    await passes(backUp({ NOW: '20260702T021500Z' }));
    sql('UPDATE milvus.Tables SET flush_lsn = 99');
    await putAll([['faces/16252/deleted_docs', 'as it is now']]);
    const before = contents();
    // In the middle of the load, when the objects are there already.
    const load = { RESTORE_FORCE: 'true', BACKUP: '20260701T021500Z' };
    const broken = mkdtempSync(path.join(folder, 'broken-'));
    shim(
      broken,
      'mysql',
      `case "$*" in *--binary-mode*) head -c 3000 | ${find('mysql')} "$@"; echo 'ERROR 2013 (HY000): Lost connection' >&2; exit 1 ;; esac; exec ${find('mysql')} "$@"`,
    );
    expect(await fails(restore({ ...load, PATH: `${broken}:${shims}:/usr/bin:/bin` }))).toMatch(
      /the load into .* broke off, and left it incomplete/,
    );
    expect(await fails(restore({ BACKUP: '20260702T021500Z' }))).toMatch(
      /restore-load: a restore of 20260701T021500Z into .* has not ended: start it again with BACKUP=20260701T021500Z /,
    );
    const output = await passes(restore({ BACKUP: '20260701T021500Z' }));
    const kept = Object.keys(await objects(`vectors:vectors/${PATH_IN_BUCKET}-aside`));
    const times = [...new Set(kept.map((name) => name.split('/')[0]))];
    expect(output).toContain(`is kept in vectors/${PATH_IN_BUCKET}-aside (${times.join(' ')}) until`);
    // The first of them has all that was there.
    expect(kept.filter((name) => name.startsWith(`${times[0]}/`))).toEqual([
      expect.stringContaining('metadata.sql.gz'),
      expect.stringContaining('tables/faces/16252/deleted_docs'),
    ]);
    await s3(
      'copyto',
      `vectors:vectors/${PATH_IN_BUCKET}-aside/${times[0]}/metadata.sql.gz`,
      path.join(folder, 'kept.gz'),
    );
    sql(
      gunzipSync(readFileSync(path.join(folder, 'kept.gz')))
        .toString()
        .replace(/^/, 'USE milvus;'),
    );
    expect(contents()).toBe(before);
  }, 240_000);
});
