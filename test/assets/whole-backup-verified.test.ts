import { describeWholeBackups } from './whole-backup';

describeWholeBackups('verified and listed backups', (place) => {
  const {
    rclone,
    sql,
    execute,
    s3,
    freshWork,
    backUp,
    restore,
    ended,
    well,

    fill,
    contents,
    passes,
    fails,
    meddling,
    paths,
    wipe,
  } = place;
  const listed = async (): Promise<object[]> =>
    (await execute('backup-list')).stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));

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
      /\n20260702T021500Z .* DAMAGED\n20260701T021500Z .* no\n(\{.*\}\n){2}$/,
    );
    expect(await listed()).toMatchObject([
      { backup: '20260702T021500Z', latest: false, damaged: expect.any(String), verified: null },
      { backup: '20260701T021500Z', latest: true, damaged: null },
    ]);
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

  test('what can not be read is not damaged, what is gone is', async () => {
    await fill();
    await passes(backUp());
    const away = meddling('*" cat "*.sql.gz', `echo 'ERROR : connection refused' >&2; exit 1`);
    expect(await fails(Promise.all([execute('backup-verify', away)]))).toMatch(
      /^backup-verify: could not read backup\/test-\d+\/20260701T021500Z\.sql\.gz .*nothing listens there/,
    );
    expect((await paths()).filter((name) => /damaged|verified/.test(name))).toEqual([]);
    await s3('deletefile', `vectors:backups/${place.prefix}/20260701T021500Z.objects.gz`);
    expect(await fails(Promise.all([execute('backup-verify')]))).toMatch(
      /^backup-verify: backup 20260701T021500Z is damaged: 20260701T021500Z\.objects\.gz is gone\./,
    );
    expect(await listed()).toMatchObject([{ latest: false }]);
    expect(await fails(restore())).toMatch(
      /^restore-download: every backup below .* is damaged: name the one to take all the same\. The newest are: 20260701T021500Z\n$/,
    );
  }, 120_000);

  test('backups of the metadata alone are listed beside whole ones, and restored without a look at objects', async () => {
    await fill();
    await passes(backUp());
    freshWork();
    const alone = { BACKUP_OBJECTS: 'false', NOW: '20260702T021500Z' };
    for (const script of ['backup-dump', 'backup-upload']) {
      expect(ended([await execute(script, alone)])).toEqual(well(1));
    }
    expect(place.said()).toMatch(
      /^time 20260702T021500Z\nfinished \d+T\d+Z\ndump [0-9a-f]{64} \d+ 20260702T021500Z\.sql\.gz\n$/,
    );
    expect((await execute('backup-list')).stdout).toMatch(
      /\n20260702T021500Z +metadata +\S+ \S+ +- +- +- +no\n20260701T021500Z +whole .* no\n(\{.*\}\n){2}$/,
    );
    expect(await listed()).toMatchObject([
      { kind: 'metadata', objectBytes: null, objects: null, rows: null, collections: null },
      { kind: 'whole' },
    ]);
    expect((await execute('backup-verify')).stdout).toMatch(/20260702T021500Z is good: 0 objects/);
    const rows = contents();
    sql('DROP DATABASE milvus; CREATE DATABASE milvus');
    expect(await passes(restore())).toContain(
      '20260702T021500Z is a backup of the metadata alone: objects stay as they are\n',
    );
    expect(contents()).toBe(rows);
  }, 120_000);
});
