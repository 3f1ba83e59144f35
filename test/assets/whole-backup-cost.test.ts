import { describeWholeBackups, TABLES, TYPE } from './whole-backup';

describeWholeBackups('what whole backups cost', (place) => {
  const {
    sql,
    execute,
    backUp,
    restore,
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
    fill,
    contents,
    passes,
    paths,
    wipe,
  } = place;

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

  // More than a page of a listing has, and than are asked for one by one; 10,000 with OBJECTS=10000, which takes minutes.
  const many = Number(process.env['OBJECTS'] ?? 1700);
  test(`${many} objects`, async () => {
    createTables();
    createTable('many');
    const all = Array.from({ length: many / 5 }, (_, index) =>
      segment('many', 10_000 + index, TYPE.INDEX, 1),
    );
    addRows(all);
    await putAll(all.flatMap(files));
    const output = await passes(backUp());
    expect(output).toContain(`all ${many} objects are in the backup, ${64 * many} bytes`);
    expect(await passes(backUp({ NOW: '20260702T021500Z' }))).toMatch(/copied 0 objects, 0 bytes; deleted 0/);
  }, 900_000);
});
