import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { find } from '../support/requires';
import { shells, start } from './run';
import { describeWholeBackups, PATH_IN_BUCKET, TABLES } from './whole-backup';

describeWholeBackups('whole backups', (place) => {
  const {
    folder,
    shims,

    sql,
    execute,
    backUp,
    restore,
    ended,
    well,
    last,
    s3,
    objects,

    files,
    putAll,
    segment,
    fill,
    wanted,
    contents,
    passes,
    fails,
    meddling,
    inBucket,
    paths,
    wipe,
  } = place;

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
        /of 17 objects 0 are in .* 17 are missing, 0 are others\n(?:.*ETA.*\n)*all 17 objects are in .*, 17 of them copied\n/,
      );
      expect(back[3]?.stdout).toContain('each collection has the rows that the manifest says: 205 in all');

      expect(ended([await execute('backup-verify', userland, shell)])).toEqual(well(1));
      const { stdout } = await execute('backup-list', userland, shell);
      expect(stdout).toMatch(
        /^BACKUP +KIND +SIZE +OBJECTS +ROWS +COLLECTIONS +VERIFIED\n20260701T021500Z +whole +\d.* 17 +205 +3 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n\{.*\}\n$/,
      );
      expect(JSON.parse(stdout.split('\n')[2] ?? '')).toEqual({
        backup: '20260701T021500Z',
        latest: true,
        kind: 'whole',
        dumpBytes: expect.any(Number),
        objectBytes: 1088,
        objects: 17,
        rows: 205,
        collections: 3,
        verified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        damaged: null,
      });
    }, 120_000);
  });

  test('a segment that is merged away meanwhile makes it dump again; the backup has no hole', async () => {
    await fill();
    // As the copy begins, Milvus has merged segment 3 into 9 and erases the old one.
    await putAll(files(segment('1700', 9)));
    const merged = path.join(folder, 'merged');
    const statement =
      "UPDATE milvus.TableFiles SET segment_id = '16259', file_id = '16259' WHERE segment_id = '16253'";
    const path_ = meddling(
      '*" copy "*/objects',
      `[ -e '${merged}' ] || { touch '${merged}'; MYSQL_PWD= mysql --no-defaults --host=localhost --socket='${place.mariadb.socket}' -uroot -e "${statement}"; ${inBucket(`delete m:vectors/${TABLES}/1700/16253`)}; }`,
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
    expect((await paths()).filter((name) => name.includes('20260702') || name.startsWith('running'))).toEqual(
      [],
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
    const nobody = await place.radosgw.addUser('nobody');
    expect(
      await fails(backUp({ DATA_ACCESS_KEY: nobody.accessKey, DATA_SECRET_KEY: nobody.secretKey })),
    ).toMatch(
      /could not list the objects \(bucket 'vectors' at \S+\): grant s3:ListBucket to the access key in Secret 'milvus-secret'/,
    );
  }, 120_000);

  test('a bucket with a quota that is full: of backups, and of what is brought back', async () => {
    await fill();
    await passes(backUp());
    const before = { rows: contents(), objects: await objects(`vectors:vectors/${TABLES}`) };
    const quota = async (bucket: string, objectsAtMost: number) => {
      const at = ['--quota-scope=bucket', `--bucket=${bucket}`];
      for (const command of [['set', `--max-objects=${objectsAtMost}`], ['enable']]) {
        const env = { PATH: '/usr/bin:/bin', HOME: folder, CEPH_ARGS: place.radosgw.cephArgs };
        const quoted = ['radosgw-admin', 'quota', ...command, ...at];
        expect(await start(quoted, env).ended).toMatchObject({ code: 0 });
      }
    };
    const full =
      /could not copy objects from \S+ to \S+ .*: make room: the storage, or the quota of the bucket, is full; what was copied is kept/;
    await place.radosgw.send('PUT', '/small');
    await quota('small', 6);
    const small = { S3_BUCKET: 'small', NOW: '20260702T021500Z' };
    expect(await fails(backUp(small))).toMatch(full);
    await quota('small', -1);
    expect(await passes(backUp(small))).toMatch(/whole: 205 rows, 17 objects/);

    // A restore into it: nothing of the metadata before all objects are there.
    await place.radosgw.send('PUT', '/narrow');
    await quota('narrow', 6);
    sql('DROP DATABASE milvus; CREATE DATABASE milvus');
    const narrow = { DATA_BUCKET: 'narrow' };
    expect(await fails(restore(narrow))).toMatch(full);
    expect(sql('SHOW TABLES IN milvus')).toBe('');
    await quota('narrow', -1);
    expect(await passes(restore(narrow))).toMatch(/of 17 objects [1-9] are in .*\n/);
    expect(contents()).toBe(before.rows);
    expect(before.objects).toMatchObject(await objects(`vectors:narrow/${TABLES}`));
  }, 180_000);

  test('how far it is: objects, bytes, share, rate and time left', async () => {
    await fill();
    // As if there were so many objects that it takes longer.
    const slow = meddling(
      '*" copy "*|*" hashsum "*',
      `exec ${find('rclone')} "$@" --stats=100ms --tpslimit=4`,
    );
    expect(await passes(backUp(slow))).toMatch(
      /^\d+ B \/ \d+ B, [1-9]\d?%, \d+ B\/s, ETA (\d+s|-)( \(xfr#\d+\/9\))?; 0 of 9 objects before$/m,
    );
    expect((await execute('backup-verify', slow)).stdout).toMatch(
      /^read \d+ of 17 objects, \d+ of 1088 bytes, [1-9]\d?%, 0\.0 MiB\/s, \d+ s to go$/m,
    );
  }, 120_000);

  test('two backups do not run at a time; one that was killed does not hold up the next for ever', async () => {
    await fill();
    const mark = (seconds: number) =>
      place.radosgw.send(
        'PUT',
        `/backups/${place.prefix}/running/other`,
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
});
