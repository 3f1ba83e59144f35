import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ROOT } from '../support/project';
import { describeWith, find } from '../support/requires';
import { type Mariadb, MILVUS_TABLES, startMariadb } from './mariadb';
import { ASSETS, closedPort, type Result, run, shells, shim, start, until } from './run';

const S3rver = require('s3rver');

/** What the documentation grants the user of Milvus on a server of one's own. */
const [, DOCUMENTED_RIGHTS = ''] =
  /^GRANT (.*) ON milvus\.\* TO 'milvus'@'%';$/m.exec(
    readFileSync(path.join(ROOT, 'examples/external-mysql/README.md'), 'utf8'),
  ) ?? [];

describeWith(['mariadbd', 'mariadb-install-db', 'mysql', 'mysqldump', 'rclone'], 'backup and restore', () => {
  const password = 'Mi-1_x@/Pw "quoted" #\\';
  // The one account that s3rver knows. It does not verify version 4 signatures, so any secret will do.
  const accessKey = 'S3RVER';
  const secretKey = 'hunter2/+=hunter2';

  const folder = mkdtempSync(path.join(tmpdir(), 'backup-'));
  const bucket = path.join(folder, 's3', 'backups');
  const args = path.join(folder, 'args');

  // What the scripts run, with its arguments written down.
  const shims = path.join(folder, 'bin');
  for (const command of ['mysql', 'mysqldump', 'rclone']) {
    shim(shims, command, `printf '%s\\n' "$@" >>'${args}'; exec ${find(command)} "$@"`);
  }
  shim(shims, 'sleep', 'exec /bin/sleep 0.05');
  shim(shims, 'date', '[ -z "$NOW" ] || { echo "$NOW"; exit; }; exec /bin/date "$@"');

  const s3 = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: path.join(folder, 's3'),
    configureBuckets: [{ name: 'backups' }],
  });
  let s3Port: number;
  let mariadb: Mariadb;
  /** A folder with the dump of the tables below, as backup-dump.sh leaves it. */
  const good = path.join(folder, 'good');

  // Each test has its own folder for the work, and its own prefix in the bucket.
  let work: string;
  let prefix: string;
  let count = 0;
  function freshWork(): void {
    work = mkdtempSync(path.join(folder, 'work-'));
  }
  beforeEach(() => {
    freshWork();
    prefix = `backup/test-${++count}`;
  });

  beforeAll(async () => {
    s3Port = (await s3.run()).port;
    mariadb = await startMariadb(folder);
    sql(`CREATE USER milvus@'%' IDENTIFIED BY '${password.replace(/\\/g, '\\\\')}';
      GRANT ALL ON milvus.* TO milvus@'%';
      CREATE USER super@'%' IDENTIFIED BY 'x';
      GRANT ALL ON *.* TO super@'%';
      CREATE USER least@'%' IDENTIFIED BY 'x';
      GRANT ${DOCUMENTED_RIGHTS} ON milvus.* TO least@'%';`);
    fill();
    freshWork();
    expect(await execute('backup-dump')).toMatchObject({ code: 0 });
    mkdirSync(good);
    takeDump(work, good);
  }, 30_000);

  afterAll(async () => {
    await mariadb?.stop();
    await s3.close();
    rmSync(folder, { recursive: true });
  });

  const env = (overrides: Record<string, string> = {}) => ({
    PATH: `${shims}:/usr/bin:/bin`,
    WORK_DIR: work,
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: `${mariadb.port}`,
    MYSQL_USER: 'milvus',
    MYSQL_DATABASE: 'milvus',
    MYSQL_PWD: password,
    S3_ADDRESS: '127.0.0.1',
    S3_PORT: `${s3Port}`,
    S3_BUCKET: 'backups',
    S3_ACCESS_KEY: accessKey,
    S3_SECRET_KEY: secretKey,
    CREDENTIALS_FROM: 'milvus-secret',
    BACKUP_PREFIX: prefix,
    WAIT_SECONDS: '0',
    ...overrides,
  });

  type Script = 'backup-dump' | 'backup-upload' | 'restore-download' | 'restore-load';

  async function execute(
    script: Script,
    overrides: Record<string, string> = {},
    shell = ['sh'],
  ): Promise<Result> {
    const result = await run([...shell, path.join(ASSETS, `${script}.sh`)], env(overrides));
    const output = result.stdout + result.stderr;
    for (const secret of [password, secretKey, accessKey]) {
      expect(output).not.toContain(secret);
    }
    // Nothing half-done stays in the work folder.
    expect(readdirSync(work).filter((name) => !/^(dump\.sql\.gz|restore\.name$)/.test(name))).toEqual([]);
    return result;
  }

  async function expectFailure(
    script: Script,
    message: RegExp,
    overrides: Record<string, string> = {},
  ): Promise<void> {
    const { code, stdout, stderr } = await execute(script, overrides);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^((wait-for-mysql|backup-\w+|restore-\w+): .*\n)+$/);
  }

  function sql(statements: string, ...options: string[]): string {
    const { stdout, stderr } = mariadb.sql(
      statements,
      '-N',
      '-B',
      '--default-character-set=utf8mb4',
      ...options,
    );
    expect(stderr).toBe('');
    return stdout;
  }

  const wipe = () => sql('DROP DATABASE IF EXISTS milvus; CREATE DATABASE milvus;');

  /** The tables as Milvus 1.1.1 makes them, with what may be hard to get across; and things that others may have added. */
  function fill(): void {
    wipe();
    const strange = [
      "('it''s \\\\ \"quoted\"')",
      "('`back\\0ticks`; -- -')",
      "('line\\r\\nbreak\\tx')",
      "('\u00e4\u4e2d\u{1f600}')",
      "('')",
    ];
    sql(
      `USE milvus;
      ${MILVUS_TABLES}
      INSERT INTO Tables (table_id, state, dimension, created_on, index_params, owner_table, partition_tag, version)
        VALUES ('plain', 0, 128, 1625104500000000, '{"nlist": 2048}', '', '', NULL),
               ('\u4e2d\u6587_\u{1f600}', 1, -1, 9223372036854775807, '{"a": "\\\\"}', 'plain', 'caf\u00e9''s', '1.1.1');
      INSERT INTO TableFiles (table_id, segment_id, file_id, updated_time, created_on, file_size)
        SELECT 'plain', CONCAT('16251', seq), CONCAT('16251', seq), seq, -seq, seq * seq * 1000 FROM seq_1_to_4000;
      INSERT INTO Environment VALUES (18446744073709551);
      CREATE TABLE extra (text VARCHAR(99), bytes VARBINARY(99), at TIMESTAMP(6) NULL) DEFAULT CHARSET utf8mb4;
      INSERT INTO extra (text) VALUES ${strange.join(', ')};
      INSERT INTO extra VALUES (NULL, x'00FF271A5C0D0A22', '2021-07-01 02:15:00.123456'), (NULL, NULL, NULL);
      INSERT INTO Fields SELECT 'plain', text, 5, text FROM extra WHERE text IS NOT NULL;
      CREATE DEFINER = milvus@'%' PROCEDURE noted() SELECT 'it''s';`,
    );
  }

  /** Every row of every table, and how the tables are made. */
  function contents(): string {
    const tables = sql('SHOW TABLES FROM milvus').split('\n').filter(Boolean);
    const each = tables.map(
      (table) => `SHOW CREATE TABLE ${table}; SELECT * FROM ${table}; CHECKSUM TABLE ${table};`,
    );
    return sql(`USE milvus; ${each.join('\n')} SHOW CREATE PROCEDURE noted;`, '--binary-as-hex');
  }

  function takeDump(from: string, to: string): void {
    for (const file of ['dump.sql.gz', 'dump.sql.gz.sha256']) {
      copyFileSync(path.join(from, file), path.join(to, file));
    }
  }

  const checksum = (content: Buffer, name: string) =>
    `${createHash('sha256').update(content).digest('hex')}  ${name}\n`;

  /** Puts a dump with this text in the work folder. */
  function makeDump(text: string): void {
    const packed = gzipSync(text);
    writeFileSync(path.join(work, 'dump.sql.gz'), packed);
    writeFileSync(path.join(work, 'dump.sql.gz.sha256'), checksum(packed, 'dump.sql.gz'));
  }
  const goodText = () => gunzipSync(readFileSync(path.join(good, 'dump.sql.gz'))).toString('utf8');

  const stored = (key: string) => path.join(bucket, `${key}._S3rver_object`);
  const objects = () =>
    readdirSync(bucket, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('._S3rver_object'))
      .map((name) => name.replace('._S3rver_object', ''))
      .sort();
  /** The objects below this test's prefix. */
  const own = () =>
    objects()
      .filter((key) => key.startsWith(`${prefix}/`))
      .map((key) => key.slice(prefix.length + 1));

  async function put(key: string, content: string | Buffer = key): Promise<void> {
    const url = `http://127.0.0.1:${s3Port}/backups/${key}`;
    expect((await fetch(url, { method: 'PUT', body: content })).status).toBe(200);
  }

  /** Puts a whole backup of this time. */
  async function putBackup(time: string, text = time): Promise<void> {
    const packed = gzipSync(text);
    await put(`${prefix}/${time}.sql.gz`, packed);
    await put(`${prefix}/${time}.sql.gz.sha256`, checksum(packed, `${time}.sql.gz`));
  }

  const NOW = '20260701T021500Z';
  const upload = (overrides: Record<string, string> = {}) => {
    takeDump(good, work);
    return execute('backup-upload', { NOW, ...overrides });
  };

  describe.each(shells().map((shell) => [shell.join(' '), shell]))('in %s', (_, [name = '', ...more]) => {
    const shell = [find(name) ?? '', ...more];
    // The image of rclone has the commands of busybox, so they come with its shell.
    const applets = path.join(folder, 'applets');
    const userland: Record<string, string> = {};
    beforeAll(() => {
      if (name === 'busybox') {
        mkdirSync(applets);
        const applet = shell[0] ?? '';
        for (const command of execFileSync(applet, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
          symlinkSync(applet, path.join(applets, command));
        }
        userland['PATH'] = `${shims}:${applets}`;
      }
    });

    test('what is dumped and uploaded comes back row by row', async () => {
      fill();
      const before = contents();
      expect(before).toContain('\u4e2d\u6587_\u{1f600}');
      const steps: Result[] = [];
      for (const script of ['backup-dump', 'backup-upload', 'restore-download', 'restore-load'] as const) {
        if (script === 'restore-download') {
          freshWork();
          wipe();
        }
        steps.push(await execute(script, userland, shell));
      }
      const backup = own()[0] ?? '';
      expect(backup).toMatch(/^\d{8}T\d{6}Z\.sql\.gz$/);
      const text = (pattern: string) => ({
        code: 0,
        stderr: '',
        stdout: expect.stringMatching(new RegExp(`^${pattern}\n$`)),
      });
      expect(steps).toEqual([
        text("dump of database 'milvus' at 127\\.0\\.0\\.1:\\d+: \\d{6} bytes, \\d+ compressed"),
        text(`backup ${backup} \\d+ bytes; kept 1, deleted 0`),
        text(
          `took ${prefix}/${backup} from bucket 'backups' at .*: \\d+ bytes, its checksum matches; the metadata alone`,
        ),
        text(
          "restored database 'milvus' at .* \\(rows: Tables 2, TableFiles 4000, Environment 1, Fields 5\\)\n\\d{8}T\\d{6}Z is restored",
        ),
      ]);
      expect(contents()).toBe(before);
      // For a person with sha256sum, too.
      expect(own()).toEqual([backup, `${backup}.sha256`]);
      expect(readFileSync(stored(`${prefix}/${backup}.sha256`), 'utf8')).toBe(
        checksum(readFileSync(stored(`${prefix}/${backup}`)), backup),
      );
    }, 60_000);
  });

  describe('backup-dump', () => {
    test.each<[string, Record<string, string>, RegExp]>([
      ['the wrong password', { MYSQL_PWD: 'hunter2' }, /refuses user 'milvus'.*Secret 'milvus-secret'/],
      [
        'an unknown database',
        { MYSQL_USER: 'super', MYSQL_PWD: 'x', MYSQL_DATABASE: 'nope' },
        /no database 'nope'/,
      ],
      [
        "a database that is not Milvus'",
        { MYSQL_USER: 'super', MYSQL_PWD: 'x', MYSQL_DATABASE: 'mysql' },
        /database 'mysql' at \S+ has no table Tables TableFiles Environment Fields: .*there is no new backup/,
      ],
    ])('names %s', async (_, overrides, message) => {
      takeDump(good, work); // of an earlier try
      await expectFailure('backup-dump', message, overrides);
      expect(readdirSync(work)).toEqual([]);
    });

    test('refuses an empty database', async () => {
      wipe();
      await expectFailure('backup-dump', /an empty database is not a backup/);
      expect(readdirSync(work)).toEqual([]);
    });

    test('gives up on a server that is down', async () =>
      expectFailure('backup-dump', /gave up after 0 s/, { MYSQL_PORT: `${await closedPort()}` }));

    const real = `${find('mysqldump')} "$@"`;
    test.each([
      [
        'fails half-way',
        `${real} | head -c 60000; echo 'Warning: x' >&2; echo 'Error 2013: Lost connection' >&2; exit 2`,
        /ended with code 2 .*It said: Error 2013: Lost connection;/,
      ],
      [
        'is killed half-way',
        `${real} | head -c 60000; kill -9 $$`,
        /ended with code 137 \(137: out of memory/,
      ],
      [
        'is cut off without saying so',
        `${real} | head -c 60000; exit 0`,
        /stopped before the end: is there room/,
      ],
    ])('is no backup when mysqldump %s', async (_, body, message) => {
      fill();
      await putBackup('20260601T021500Z');
      const broken = mkdtempSync(path.join(folder, 'broken-'));
      shim(broken, 'mysqldump', body);
      takeDump(good, work); // of an earlier try
      await expectFailure('backup-dump', message, { PATH: `${broken}:/usr/bin:/bin` });
      await expectFailure('backup-upload', /there is no dump in/, { KEEP: '1' });
      expect(own()).toEqual(['20260601T021500Z.sql.gz', '20260601T021500Z.sql.gz.sha256']);
    });
  });

  describe('backup-upload', () => {
    test('keeps the newest, and touches nothing else', async () => {
      for (const day of ['0101', '0201', '0630', '0301']) {
        await putBackup(`2026${day}T000000Z`);
      }
      await put(`${prefix}/20251231T000000Z.sql.gz`); // without a checksum
      const leftovers = ['20260401T000000Z.sql.gz.partial', '20251201T000000Z.sql.gz.sha256'];
      for (const name of leftovers) {
        await put(`${prefix}/${name}`);
      }
      const foreign = [
        `${prefix}/notes.txt`,
        `${prefix}/20200101T000000Z.sql`,
        `${prefix}/20200101T000000Z.sql.gz.old`,
        `${prefix}/x20200101T000000Z.sql.gz`,
        `${prefix}/2020-01-01T000000Z.sql.gz`,
        `${prefix}/x.partial`,
        `${prefix}/more/20200101T000000Z.sql.gz`,
        `${prefix}-2/20200101T000000Z.sql.gz`,
        'backup/20200101T000000Z.sql.gz',
        '20200101T000000Z.sql.gz',
      ];
      for (const key of foreign) {
        await put(key);
      }
      expect(await upload({ KEEP: '3' })).toEqual({
        code: 0,
        stderr: '',
        stdout: expect.stringMatching(/^backup 20260701T021500Z\.sql\.gz \d+ bytes; kept 3, deleted 3\n$/),
      });
      const kept = ['20260301T000000Z', '20260630T000000Z', NOW].flatMap((time) => [
        `${prefix}/${time}.sql.gz`,
        `${prefix}/${time}.sql.gz.sha256`,
      ]);
      expect(objects().filter((key) => key.startsWith(prefix) || foreign.includes(key))).toEqual(
        [...kept, ...foreign].sort(),
      );
      for (const key of foreign.slice(-3)) {
        rmSync(stored(key));
      }
    });

    test('keeps 14 when not told', async () => {
      for (let day = 10; day < 25; day++) {
        await put(`${prefix}/202606${day}T000000Z.sql.gz`);
      }
      expect(await upload()).toMatchObject({ stdout: expect.stringMatching(/; kept 14, deleted 2\n$/) });
      expect(own().filter((name) => name.endsWith('gz'))[0]).toBe('20260612T000000Z.sql.gz');
    });

    test('lets a backup without a collection push out nothing', async () => {
      await putBackup('20260601T021500Z');
      await put(`${prefix}/20260602T021500Z.sql.gz.partial`);
      makeDump(goodText().replace(/^INSERT INTO `Tables` .*\n/m, ''));
      const { code, stdout, stderr } = await execute('backup-upload', { NOW, KEEP: '1' });
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/; kept 2, deleted 0\n$/) });
      expect(stderr).toMatch(
        /^backup-upload: this backup holds no collection at all: .*no older one is deleted\n$/,
      );
      expect(own().filter((name) => !name.endsWith('sha256'))).toEqual([
        '20260601T021500Z.sql.gz',
        `${NOW}.sql.gz`,
      ]);
    });

    test.each(['0', '-1', 'all', '1 2', '007'])('refuses to keep %p', (KEEP) =>
      expectFailure('backup-upload', /KEEP is '.*': give the number of backups to keep, 1 or more/, { KEEP }),
    );

    test.each(['S3_ACCESS_KEY', 'S3_SECRET_KEY', 'BACKUP_PREFIX'])('refuses an empty %s', (variable) =>
      expectFailure('backup-upload', new RegExp(`${variable} is not set or empty`), { [variable]: '' }),
    );

    test.each<[string, RegExp, (dump: string) => void]>([
      ['an empty dump', /there is no dump/, (dump) => truncateSync(dump)],
      ['a truncated dump', /does not match its checksum/, (dump) => truncateSync(dump, 1000)],
      ['a dump without a checksum', /does not match its checksum/, (dump) => rmSync(`${dump}.sha256`)],
      [
        'what is not packed',
        /not what gzip makes/,
        (dump) => {
          writeFileSync(dump, 'text');
          writeFileSync(`${dump}.sha256`, checksum(Buffer.from('text'), 'dump.sql.gz'));
        },
      ],
    ])('refuses %s', async (_, message, spoil) => {
      takeDump(good, work);
      spoil(path.join(work, 'dump.sql.gz'));
      await expectFailure('backup-upload', message);
      expect(own()).toEqual([]);
    });

    const real = `${find('rclone')} "$@"`;
    const named = /^\d+T\d+Z\.sql\.gz$/;
    test.each([
      [
        'spoilt on its way',
        `${real}; code=$?; case $* in *" copyto "*.partial) printf XXXX | dd of="$STORED" bs=1 seek=99 conv=notrunc 2>/dev/null ;; esac; exit $code`,
        /came back from bucket 'backups' at \S+ other than it was sent/,
      ],
      [
        'cut off on its way',
        `${real}; code=$?; case $* in *" copyto "*.partial) /usr/bin/truncate -s 99 "$STORED" ;; esac; exit $code`,
        /could not read the uploaded dump back|came back .* other than it was sent/,
      ],
      [
        'left without its name',
        `case $* in *" moveto "*) echo 'AccessDenied' >&2; exit 1 ;; esac; exec ${real}`,
        /could not rename the uploaded dump .*grant s3:GetObject, s3:PutObject and s3:DeleteObject/,
      ],
      [
        'moved to nowhere',
        `case $* in *" moveto "*) exit 0 ;; esac; exec ${real}`,
        new RegExp(`${NOW}\\.sql\\.gz is not listed with its \\d+ bytes`),
      ],
    ])('names and ages out nothing when the dump is %s', async (_, body, message) => {
      await putBackup('20260601T021500Z');
      const broken = mkdtempSync(path.join(folder, 'broken-'));
      shim(broken, 'rclone', body);
      shim(broken, 'date', 'echo "$NOW"');
      takeDump(good, work);
      await expectFailure('backup-upload', message, {
        NOW,
        KEEP: '1',
        PATH: `${broken}:/usr/bin:/bin`,
        STORED: stored(`${prefix}/${NOW}.sql.gz.partial`),
      });
      expect(own().filter((name) => named.test(name))).toEqual(['20260601T021500Z.sql.gz']);
      expect(own()).toContain(`${NOW}.sql.gz.partial`);

      // The next one tidies up.
      const next = '20260702T021500Z';
      expect(await upload({ NOW: next, KEEP: '1' })).toMatchObject({ code: 0, stderr: '' });
      expect(own()).toEqual([`${next}.sql.gz`, `${next}.sql.gz.sha256`]);
    });

    test('fails, but has its backup, when it may not delete', async () => {
      await putBackup('20260601T021500Z');
      const broken = mkdtempSync(path.join(folder, 'broken-'));
      shim(
        broken,
        'rclone',
        `case $* in *" delete "*) echo 'AccessDenied' >&2; exit 1 ;; esac; exec ${real}`,
      );
      shim(broken, 'date', 'echo "$NOW"');
      takeDump(good, work);
      await expectFailure(
        'backup-upload',
        /could not delete old backups, though \S+ is complete .*s3:DeleteObject/,
        {
          NOW,
          KEEP: '1',
          PATH: `${broken}:/usr/bin:/bin`,
        },
      );
      expect(own()).toContain(`${NOW}.sql.gz`);
    });

    test('starts nothing more after SIGTERM', async () => {
      const slow = mkdtempSync(path.join(folder, 'slow-'));
      const reading = path.join(slow, 'reading');
      shim(slow, 'rclone', `case $* in *" cat "*) touch '${reading}'; sleep 0.2 ;; esac; exec ${real}`);
      takeDump(good, work);
      const uploading = start(
        ['sh', path.join(ASSETS, 'backup-upload.sh')],
        env({ PATH: `${slow}:/usr/bin:/bin` }),
      );
      await until(() => existsSync(reading), 'nothing is read back');
      uploading.child.kill('SIGTERM');
      expect(await uploading.ended).toMatchObject({ code: 143 });
      expect(own()).toEqual([expect.stringMatching(/partial$/)]);
      expect(readdirSync(work)).toEqual(['dump.sql.gz', 'dump.sql.gz.sha256']);
    });

    test('shows any other error on one line, without the keys', async () => {
      const liar = mkdtempSync(path.join(folder, 'liar-'));
      shim(
        liar,
        'rclone',
        `echo "2024/11/20 10:00:00 ERROR : Key $S3_ACCESS_KEY with\n$S3_SECRET_KEY" >&2; exit 1`,
      );
      takeDump(good, work);
      await expectFailure(
        'backup-upload',
        /could not upload the dump .*\(ERROR : Key \*\*\* with \*\*\*\)\n$/,
        {
          PATH: `${liar}:/usr/bin:/bin`,
        },
      );
    });
  });

  describe.each(['backup-upload', 'restore-download'] as const)('%s explains', (script) => {
    test.each<[string, RegExp, () => Promise<Record<string, string>>]>([
      [
        'a storage that is down',
        /is the storage up, .*connection refused/,
        async () => ({ S3_PORT: `${await closedPort()}` }),
      ],
      [
        'a missing bucket',
        /bucket 'nope' at http:.*(create bucket 'nope'|or no such bucket)/,
        async () => ({ S3_BUCKET: 'nope' }),
      ],
      [
        'a wrong access key',
        /correct the keys in Secret 'milvus-secret'/,
        async () => ({ S3_ACCESS_KEY: 'wrong' }),
      ],
      [
        'TLS where there is none',
        /at https:\/\/.*are its address and TLS set right.*HTTP response to HTTPS client/,
        async () => ({ S3_SCHEME: 'https' }),
      ],
    ])('%s', async (_, message, overrides) => {
      takeDump(good, work);
      await expectFailure(script, message, await overrides());
    });
  });

  test('a storage whose ETags are no MD5, as with keys of a KMS, is refused with the cure', async () => {
    const proxy = createServer((request, response) => {
      const { method, url: at, headers } = request;
      const passedOn = httpRequest({ port: s3Port, method, path: at, headers }, (answer) => {
        const { etag, ...others } = answer.headers;
        const other = etag === undefined ? {} : { etag: `"${'0123456789abcdef'.repeat(2)}"` };
        response.writeHead(answer.statusCode ?? 500, { ...others, ...other });
        answer.pipe(response);
      });
      request.pipe(passedOn);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    takeDump(good, work);
    await expectFailure(
      'backup-upload',
      /could not upload the dump .*: its ETag of the object is not the MD5: switch encryption .* off/,
      {
        S3_PORT: String((proxy.address() as AddressInfo).port),
      },
    );
    proxy.close();
  });

  describe('restore-download', () => {
    const times = ['20260630T235959Z', '20260701T000000Z', '20251231T235959Z'];
    const taken = () => gunzipSync(readFileSync(path.join(work, 'dump.sql.gz'))).toString('utf8');

    test.each([
      ['the latest', 'latest', times[1]],
      ['the latest when not told', '', times[1]],
      ['a named one', times[2], times[2]],
      ['a named object', `${times[0]}.sql.gz`, times[0]],
    ])('takes %s', async (_, BACKUP = '', expected = '') => {
      for (const time of times) {
        await putBackup(time);
      }
      await put(`${prefix}/20990101T000000Z.sql.gz.partial`);
      await put(`${prefix}/latest.sql.gz`);
      expect(await execute('restore-download', { BACKUP })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`took ${prefix}/${expected}.sql.gz `),
      });
      expect(taken()).toBe(expected);
      expect(readFileSync(path.join(work, 'dump.sql.gz.sha256'), 'utf8')).toBe(
        checksum(readFileSync(path.join(work, 'dump.sql.gz')), 'dump.sql.gz'),
      );
    });

    test('waits for a backup that runs, but not for ever, nor for one that was ended', async () => {
      await putBackup(NOW);
      const seconds = Math.floor(Date.now() / 1000);
      await put(`${prefix}/running/old`, String(seconds - 3600));
      expect((await execute('restore-download')).stdout).toMatch(/^took /);
      await put(`${prefix}/running/milvus-backup-9`, String(seconds));
      const { code, stdout } = await execute('restore-download', { STOP_SECONDS: '10' });
      expect({ code, lines: stdout.split('\n') }).toEqual({
        code: 0,
        lines: [
          `a backup runs (its mark is ${prefix}/running/milvus-backup-9): waiting until it has ended, 10 s more`,
          'not waiting any longer for milvus-backup-9',
          expect.stringMatching(/^took /),
          '',
        ],
      });
    }, 60_000);

    test('takes one without a checksum, and says so', async () => {
      await put(`${prefix}/${times[0]}.sql.gz`, gzipSync('text'));
      expect(await execute('restore-download')).toMatchObject({
        stdout: expect.stringMatching(/, there is no checksum beside it; the metadata alone\n$/),
      });
      expect(taken()).toBe('text');
    });

    test.each(['20200101T000000Z', '../20260701T000000Z', '-f', '.*'])(
      'lists what there is instead of %p',
      async (BACKUP) => {
        for (const time of [...times, '20260101T000000Z', '20260102T000000Z', '20250102T000000Z']) {
          await putBackup(time);
        }
        takeDump(good, work); // of an earlier try
        await expectFailure(
          'restore-download',
          /no backup '.*' below .*The newest are: 20260701T000000Z 20260630T235959Z 20260102T000000Z 20260101T000000Z 20251231T235959Z\n$/,
          { BACKUP },
        );
        expect(readdirSync(work)).toEqual([]);
      },
    );

    test('says that there is none at all', () =>
      expectFailure(
        'restore-download',
        /there is no backup below 'backup\/test-\d+\/' in bucket 'backups'.*CronJob/,
      ));

    test('refuses one that does not match its checksum', async () => {
      await putBackup(NOW);
      await put(`${prefix}/${NOW}.sql.gz`, gzipSync('other'));
      await expectFailure('restore-download', /does not match the checksum beside it.*use another backup/);
      expect(readdirSync(work)).toEqual([]);
    });

    test('refuses a damaged one without a checksum', async () => {
      await put(`${prefix}/${NOW}.sql.gz`, gzipSync('x'.repeat(9999)).subarray(0, 30));
      await expectFailure('restore-download', /is damaged, gzip can't read it.*use another backup/);
      expect(readdirSync(work)).toEqual([]);
    });
  });

  test('a database with a hyphen in its name is dumped, and loaded', async () => {
    const named = { MYSQL_USER: 'super', MYSQL_PWD: 'x', MYSQL_DATABASE: 'milvus-prod' };
    sql('DROP DATABASE IF EXISTS `milvus-prod`; CREATE DATABASE `milvus-prod`');
    takeDump(good, work);
    expect(await execute('restore-load', named)).toMatchObject({ code: 0, stderr: '' });
    freshWork();
    expect(await execute('backup-dump', named)).toMatchObject({ code: 0, stderr: '' });
    expect(sql('SELECT COUNT(*) FROM `milvus-prod`.TableFiles')).toBe('4000\n');
  });

  describe('restore-load', () => {
    test.each<[string, Record<string, string>, RegExp]>([
      ['the wrong password', { MYSQL_PWD: 'hunter2' }, /refuses user 'milvus'/],
      [
        'an unknown database',
        { MYSQL_USER: 'super', MYSQL_PWD: 'x', MYSQL_DATABASE: 'nope' },
        /no database 'nope'/,
      ],
    ])('names %s', async (_, overrides, message) => {
      takeDump(good, work);
      await expectFailure('restore-load', message, overrides);
    });

    test('refuses a database with rows, unless forced', async () => {
      fill();
      const filled = contents();
      sql("USE milvus; DELETE FROM TableFiles; INSERT INTO Fields VALUES ('new', 'x', 1, '')");
      const changed = contents();
      takeDump(good, work);
      await expectFailure(
        'restore-load',
        /is not empty \(rows: Environment 1, Fields 6, extra 7, Tables 2\).*scale mishards, readonly and writable to 0.*RESTORE_FORCE=true; nothing was changed\n$/,
        { RESTORE_FORCE: 'yes' },
      );
      expect(contents()).toBe(changed);
      const forced = await execute('restore-load', { RESTORE_FORCE: 'true' });
      expect(forced).toMatchObject({ code: 0, stderr: '' });
      expect(forced.stdout).toMatch(
        /^replacing what is in .*\nrestored .*TableFiles 4000.*\ndump is restored\n$/,
      );
      expect(contents()).toBe(filled);
    });

    test.each([
      ['that were never used', 'TRUNCATE Environment'],
      // Which it does at a flush, of nothing, too.
      ['and has written down how far its log is', 'UPDATE Environment SET global_lsn = 5'],
    ])('takes tables of a Milvus without collections for an empty database: %s', async (_, statement) => {
      fill();
      sql(`USE milvus; TRUNCATE Tables; TRUNCATE TableFiles; ${statement}; TRUNCATE Fields; TRUNCATE extra`);
      takeDump(good, work);
      expect(await execute('restore-load', { RESTORE_STEP: 'check' })).toMatchObject({ code: 0, stderr: '' });
      expect(readdirSync(work)).not.toContain('aside');
      expect(await execute('restore-load')).toMatchObject({ code: 0, stderr: '' });
      expect(sql('SELECT * FROM milvus.Environment')).toBe('18446744073709551\n');
    });

    test('replaces tables that the dump does not drop', async () => {
      fill();
      sql('DROP TABLE milvus.extra');
      makeDump(goodText().replaceAll(/^DROP TABLE .*\n/gm, ''));
      expect(await execute('restore-load', { RESTORE_FORCE: 'true' })).toMatchObject({ code: 0, stderr: '' });
    });

    describe('with the documented rights alone', () => {
      const least = { MYSQL_USER: 'least', MYSQL_PWD: 'x' };
      /** Without what Milvus does not make: a routine takes rights of its own. */
      const onlyMilvus = () => {
        fill();
        sql('USE milvus; DROP PROCEDURE noted; DROP TABLE extra');
      };
      const rows = () =>
        sql(
          'USE milvus; SELECT * FROM Tables; SELECT * FROM TableFiles; SELECT * FROM Environment; SELECT * FROM Fields',
        );

      test('a dump is made and loaded into an empty database', async () => {
        expect(DOCUMENTED_RIGHTS).not.toMatch(/DROP|ALL/);
        onlyMilvus();
        const before = rows();
        expect(await execute('backup-dump', least)).toMatchObject({ code: 0, stderr: '' });
        wipe();
        expect(await execute('restore-load', least)).toMatchObject({ code: 0, stderr: '' });
        expect(rows()).toBe(before);
      });

      test('tables that are there are emptied', async () => {
        onlyMilvus();
        const before = rows();
        expect(await execute('backup-dump', least)).toMatchObject({ code: 0 });
        sql("USE milvus; DELETE FROM Tables; INSERT INTO Fields VALUES ('new', 'x', 1, '')");
        await expectFailure('restore-load', /is not empty .*nothing was changed\n$/, least);
        expect(await execute('restore-load', { ...least, RESTORE_FORCE: 'true' })).toMatchObject({
          code: 0,
          stderr: '',
        });
        expect(rows()).toBe(before);
        // As Milvus makes them at its start.
        sql(
          'USE milvus; DELETE FROM Tables; DELETE FROM TableFiles; DELETE FROM Environment; DELETE FROM Fields',
        );
        expect(await execute('restore-load', least)).toMatchObject({ code: 0, stderr: '' });
        expect(rows()).toBe(before);
      });
    });

    const connected = () =>
      sql("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'milvus'") !== '0\n';

    /** While another connection of the same user is busy for some seconds. */
    async function whileConnected(seconds: number, body: () => Promise<void>): Promise<void> {
      const address = ['--protocol=TCP', '--host=127.0.0.1', `--port=${mariadb.port}`];
      const command = ['--no-defaults', ...address, '--user=milvus', '-e', `SELECT SLEEP(${seconds})`];
      const other = start([find('mysql') ?? '', ...command, 'milvus'], { MYSQL_PWD: password });
      try {
        await until(connected, 'the other connection was not made');
        await body();
      } finally {
        mariadb.sql('KILL USER milvus');
        await other.ended;
      }
    }

    test('waits until Milvus has stopped, and says so once a minute', async () => {
      wipe();
      takeDump(good, work);
      const fast = shim(mkdtempSync(path.join(folder, 'fast-')), 'sleep', 'exec /bin/sleep 0.1');
      await whileConnected(4, async () => {
        const { code, stdout, stderr } = await execute('restore-load', { PATH: `${fast}:/usr/bin:/bin` });
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        const said = stdout.match(
          /has 1 other connections to .*, so Milvus is running: waiting .* \d+ s more/g,
        );
        expect(said?.[0]).toMatch(/ 600 s more$/);
        expect(said?.[1] ?? ' 540 s more').toMatch(/ 540 s more$/);
        expect(stdout).toMatch(/\ndump is restored\n$/);
      });
    });

    test('refuses what does not stop, also when it is forced', async () => {
      for (const RESTORE_FORCE of ['false', 'true']) {
        wipe();
        takeDump(good, work);
        await whileConnected(60, async () => {
          await expectFailure(
            'restore-load',
            /user 'milvus' has 1 other connections to .*scale mishards, readonly and writable to 0 first/,
            { RESTORE_FORCE, STOP_SECONDS: '0' },
          );
          expect(sql('SHOW TABLES FROM milvus')).toBe('');
        });
      }
    });

    test.each([['sh'], ['busybox', 'sh']])(
      'empties the write-ahead log at its end, with %s',
      async (...shell) => {
        wipe();
        takeDump(good, work);
        const wal = mkdtempSync(path.join(folder, 'wal-'));
        for (const name of [
          '1.wal',
          'mxlog.meta',
          '.hidden',
          '..odd',
          'lost+found/x',
          'a folder/b/c',
          '-rf',
        ]) {
          const file = path.join(wal, name);
          mkdirSync(path.dirname(file), { recursive: true });
          writeFileSync(file, name);
        }
        symlinkSync('/nowhere', path.join(wal, 'link'));
        const outside = path.join(folder, 'outside');
        writeFileSync(outside, 'stays');
        symlinkSync(folder, path.join(wal, 'up'));
        // It can not be emptied: what is loaded stays, and the same goes on.
        const stuck = shim(
          mkdtempSync(path.join(folder, 'stuck-')),
          'rm',
          'case $* in *mxlog*) echo "rm: Permission denied" >&2; exit 1 ;; esac; exec /bin/rm "$@"',
        );
        const env = { WAL_DIR: wal };
        const failed = await execute(
          'restore-load',
          { ...env, PATH: `${stuck}:${shims}:/usr/bin:/bin` },
          shell,
        );
        expect(failed.code).toBe(1);
        expect(failed.stderr).toMatch(
          /can't empty the write-ahead log as user \d+.*: rm: Permission denied\. The metadata is loaded; .*BACKUP=dump/,
        );
        const again = await execute('restore-load', env, shell);
        expect(again).toMatchObject({ code: 0, stderr: '' });
        expect(again.stdout).toMatch(
          /an earlier load of dump broke off[\s\S]*the write-ahead log is empty \(\d files and folders deleted\)\ndump is restored\n$/,
        );
        expect(readdirSync(wal)).toEqual(['lost+found']);
        expect(existsSync(outside)).toBe(true);
        expect(sql("SHOW TABLES FROM milvus LIKE 'cdk8s%'")).toBe('');
      },
    );

    test('does not mind a connection of an instant, as the readiness probe makes', async () => {
      wipe();
      takeDump(good, work);
      const slow = shim(mkdtempSync(path.join(folder, 'slow-')), 'sleep', 'exec /bin/sleep 0.6');
      await whileConnected(0.5, async () => {
        expect(await execute('restore-load', { PATH: `${slow}:/usr/bin:/bin` })).toMatchObject({
          code: 0,
          stderr: '',
        });
      });
    });

    test.each<[string, RegExp, () => void]>([
      ['no dump', /no sound dump in .*container that downloads/, () => {}],
      [
        'a dump that was changed',
        /no sound dump in/,
        () => {
          takeDump(good, work);
          truncateSync(path.join(work, 'dump.sql.gz'), 1000);
        },
      ],
      [
        'a dump that was cut off before it was packed',
        /not complete/,
        () => makeDump(goodText().slice(0, 60_000)),
      ],
      [
        'a dump of something else',
        /has no table Environment, so it is not of Milvus' metadata/,
        () => makeDump(goodText().replaceAll('`Environment`', '`Other`')),
      ],
    ])('changes nothing for %s', async (_, message, prepare) => {
      fill();
      const before = contents();
      prepare();
      await expectFailure('restore-load', message, { RESTORE_FORCE: 'true' });
      expect(contents()).toBe(before);
    });

    test('says what is left when the load breaks off', async () => {
      wipe();
      makeDump(goodText().replace('CREATE TABLE `Tables` (', 'NONSENSE;\nCREATE TABLE `Tables` ('));
      await expectFailure(
        'restore-load',
        /broke off, and left it incomplete: .*start again\. It said: ERROR 1064/,
      );
      // What is half-loaded is no backup, and may be replaced by the same one alone.
      const other = work;
      freshWork();
      await expectFailure('backup-dump', /a restore into database 'milvus' at \S+ has not ended/);
      writeFileSync(path.join(work, 'restore.name'), '20260701T021500Z\n');
      takeDump(good, work);
      await expectFailure(
        'restore-load',
        /a restore of dump into .* has not ended: start it again with BACKUP=dump /,
      );
      work = other;
      takeDump(good, work);
      expect(await execute('restore-load')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('an earlier load of dump broke off, and is done again\n'),
      });
      expect(await execute('restore-load')).toMatchObject({ code: 1 });
      expect(sql("SHOW TABLES FROM milvus LIKE 'cdk8s%'")).toBe('');
    });

    test('runs no command that a dump contains', async () => {
      wipe();
      const trace = path.join(folder, 'trace');
      makeDump(`\\! touch ${trace}\nsystem touch ${trace};\n${goodText()}`);
      await execute('restore-load');
      expect(existsSync(trace)).toBe(false);
    });
  });

  test('no secret is ever an argument', () => {
    const seen = readFileSync(args, 'utf8');
    for (const used of ['--single-transaction', 'moveto', '--binary-mode']) {
      expect(seen).toContain(used);
    }
    for (const secret of [password, 'hunter2', accessKey]) {
      expect(seen).not.toContain(secret);
    }
  });
});
