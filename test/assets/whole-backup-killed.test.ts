import { describeWholeBackups, NOW, TABLES } from './whole-backup';

describeWholeBackups('backups that are killed', (place) => {
  const {
    execute,
    backUp,
    RESTORE,

    objects,
    store,
    bytes,
    putAll,
    fill,
    contents,
    passes,
    wipe,
    killAt,
  } = place;

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
});
