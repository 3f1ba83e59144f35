import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith, find } from '../support/requires';
import { type Mariadb, startMariadb } from './mariadb';
import { ASSETS, closedPort, fastClock, listen, run, shells, shim, start } from './run';

describeWith(['mariadbd', 'mariadb-install-db', 'mysql'], 'with a real server', () => {
  const WAIT = path.join(ASSETS, 'wait-for-mysql.sh');
  const READY = path.join(ASSETS, 'mysql-ready.sh');
  const password = 'Mi-1_x@/Pw "quoted" #\\';
  const folder = mkdtempSync(path.join(tmpdir(), 'mysql-'));
  const passwordFile = path.join(folder, 'password');
  const client = find('mysql') ?? '';
  let server: Mariadb;
  let port: number;

  // What the scripts run, with its arguments written down.
  const args = path.join(folder, 'args');
  const shims = path.join(folder, 'bin');
  shim(shims, 'mysql', `printf '%s\\n' "$@" >>'${args}'; exec ${client} "$@"`);
  shim(shims, 'sleep', 'exec /bin/sleep 0.05');

  beforeAll(async () => {
    server = await startMariadb(folder);
    port = server.port;
    const made = server.sql(`
      CREATE DATABASE milvus;
      CREATE DATABASE \`milvus-prod\`;
      CREATE USER milvus@'%' IDENTIFIED BY '${password.replace(/\\/g, '\\\\')}';
      GRANT ALL ON milvus.* TO milvus@'%';
      GRANT ALL ON \`milvus-prod\`.* TO milvus@'%';
      CREATE USER superuser@'%' IDENTIFIED BY 'x';
      GRANT ALL ON *.* TO superuser@'%';
      CREATE USER stranger@'10.1.2.3' IDENTIFIED BY 'x';
      INSTALL SONAME 'auth_ed25519';
      CREATE USER modern@'%' IDENTIFIED VIA ed25519 USING PASSWORD('x');
      GRANT ALL ON milvus.* TO modern@'%';`);
    expect(made.stderr).toBe('');
    writeFileSync(passwordFile, `${password}\n`);
  }, 30_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  const env = (overrides: Record<string, string> = {}) => ({
    PATH: `${shims}:/usr/bin:/bin`,
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: `${port}`,
    MYSQL_USER: 'milvus',
    MYSQL_DATABASE: 'milvus',
    MYSQL_PWD: password,
    CREDENTIALS_FROM: 'milvus-mysql',
    WAIT_SECONDS: '0',
    ...overrides,
  });

  test.each(shells().map((shell) => [shell.join(' '), shell]))(
    'wait-for-mysql succeeds in %s',
    async (_, shell) => {
      expect(await run([...shell, WAIT], env())).toEqual({ code: 0, stdout: '', stderr: '' });
    },
  );

  test('a database with a hyphen in its name', async () => {
    const named = env({ MYSQL_DATABASE: 'milvus-prod' });
    expect(await run(['sh', WAIT], named)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each<[string, Record<string, string>, RegExp]>([
    [
      'the wrong password',
      { MYSQL_PWD: 'hunter2' },
      /refuses user 'milvus' with the password in Secret 'milvus-mysql': correct/,
    ],
    [
      'an unknown database',
      { MYSQL_USER: 'superuser', MYSQL_PWD: 'x', MYSQL_DATABASE: 'nope' },
      /no database 'nope'.*CREATE DATABASE/,
    ],
    ['a database without rights', { MYSQL_DATABASE: 'mysql' }, /may not use database 'mysql'.*GRANT ALL/],
    [
      'a plugin that Milvus does not have',
      { MYSQL_USER: 'modern', MYSQL_PWD: 'x' },
      /plugin.*IDENTIFIED WITH mysql_native_password/,
    ],
  ])('wait-for-mysql does not wait with %s', async (_, overrides, message) => {
    const { code, stderr } = await run(['sh', WAIT], env({ ...overrides, WAIT_SECONDS: '300' }));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^wait-for-mysql: .*\n$/);
    expect(stderr).not.toContain('hunter2');
  });

  // What no server here says is put into the client's mouth.
  test.each([
    [
      "ERROR 2059 (HY000): Authentication plugin 'caching_sha2_password' cannot be loaded",
      /mysql_native_password/,
    ],
    [
      'ERROR 2061 (HY000): Authentication plugin reported error: requires secure connection.',
      /mysql_native_password/,
    ],
    [
      "ERROR 1130 (HY000): Host '10.1.2.3' is not allowed to connect to this MySQL server",
      /create 'milvus'@'%'/,
    ],
    [
      'ERROR 3159 (HY000): insecure transport are prohibited --require_secure_transport=ON.',
      /no TLS to MySQL/,
    ],
  ])('wait-for-mysql does not wait after %s', async (error, message) => {
    const liar = shim(mkdtempSync(path.join(folder, 'liar-')), 'mysql', `echo "${error}" >&2; exit 1`);
    const { code, stderr } = await run(
      ['sh', WAIT],
      env({ PATH: `${liar}:/usr/bin:/bin`, WAIT_SECONDS: '300' }),
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
  });

  test('wait-for-mysql says each minute what it waits for, and since when', async () => {
    const clock = fastClock(path.join(folder, 'clock'), 25);
    const closed = env({ MYSQL_PORT: `${await closedPort()}`, WAIT_SECONDS: '180' });
    const { code, stderr } = await run(['sh', WAIT], { ...closed, PATH: `${clock}:${closed['PATH']}` });
    expect(code).toBe(1);
    expect(
      stderr.split('\n').map((line) => line.replace(/: nothing listens there.*ERROR 200\d.*/, ' ...')),
    ).toEqual([
      `wait-for-mysql: waiting for 127.0.0.1:${closed['MYSQL_PORT']} ...`,
      ...[100, 175].map(
        (seconds) =>
          `wait-for-mysql: still waiting for 127.0.0.1:${closed['MYSQL_PORT']}, since 12:34:56 UTC (${seconds} s) ...`,
      ),
      `wait-for-mysql: gave up after 180 s on MySQL at 127.0.0.1:${closed['MYSQL_PORT']} ...`,
      '',
    ]);
  });

  test.each([
    ["ERROR 2005 (HY000): Unknown MySQL server host 'x' (0)", /does not resolve: .*DNS .*port 53/],
    ["ERROR 2003 (HY000): Can't connect to MySQL server on 'x' (111)", /nothing listens there/],
    ["ERROR 2003 (HY000): Can't connect to MySQL server on 'x' (110)", /does not answer: .*NetworkPolicy/],
    [
      "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 110",
      /does not answer/,
    ],
    ['ERROR 1040 (HY000): Too many connections', /: ERROR 1040/],
  ])('wait-for-mysql names the cause of %s', async (error, message) => {
    const liar = shim(mkdtempSync(path.join(folder, 'cause-')), 'mysql', `echo "${error}" >&2; exit 1`);
    const { code, stderr } = await run(['sh', WAIT], env({ PATH: `${liar}:/usr/bin:/bin` }));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
    expect(stderr).toContain(error);
  });

  test('wait-for-mysql gives up on a port where nothing listens', async () => {
    const { code, stderr } = await run(['sh', WAIT], env({ MYSQL_PORT: `${await closedPort()}` }));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^wait-for-mysql: waiting for .*ERROR 200\d.*\nwait-for-mysql: gave up after 0 s .*\n$/,
    );
  });

  test('wait-for-mysql gives up on a name that does not resolve', async () => {
    const { code, stderr } = await run(['sh', WAIT], env({ MYSQL_HOST: 'no-such-host.invalid' }));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/ERROR 2005.*no-such-host\.invalid/),
    });
  });

  test('wait-for-mysql waits for a server that comes up later, and says so once', async () => {
    const late = await closedPort();
    const waiting = start(['sh', WAIT], env({ MYSQL_PORT: `${late}`, WAIT_SECONDS: '60' }));
    await waiting.printed('waiting for');
    const forwarder = createServer((socket) => {
      const upstream = connect(port, '127.0.0.1');
      socket.pipe(upstream).pipe(socket);
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
    });
    await listen(forwarder, late);
    try {
      const { code, stderr } = await waiting.ended;
      expect(code).toBe(0);
      expect(stderr).toMatch(/^wait-for-mysql: waiting for .*\n$/);
    } finally {
      forwarder.close();
    }
  });

  test('wait-for-mysql stops on SIGTERM', async () => {
    const waiting = start(['sh', WAIT], env({ MYSQL_PORT: `${await closedPort()}`, WAIT_SECONDS: '60' }));
    await waiting.printed('waiting for');
    waiting.child.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({ code: 143 });
  });

  const readyEnv = (file: string) => ({
    ...env({
      MYSQL_PASSWORD_FILE: file,
      MYSQL_ROOT_PASSWORD_FILE: passwordFile,
      MYSQL_UNIX_PORT: server.socket,
    }),
    MYSQL_PWD: '',
  });

  test.each(shells().map((shell) => [shell.join(' '), shell]))(
    'mysql-ready succeeds in %s',
    async (_, shell) => {
      expect(await run([...shell, READY], readyEnv(passwordFile))).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
    },
  );

  test.each(shells().map((shell) => [shell.join(' '), shell]))(
    'mysql-ready in %s takes a refused password for an answer, as while it is changed',
    async (_, shell) => {
      const old = path.join(folder, 'old');
      writeFileSync(old, 'hunter2');
      const { code, stderr } = await run([...shell, READY], readyEnv(old));
      expect(code).toBe(0);
      expect(stderr).toContain('ERROR 1045');
      expect(stderr).not.toContain('hunter2');
    },
  );

  test('mysql-ready fails while the database is not there', async () => {
    const { code, stderr } = await run(['sh', READY], {
      ...readyEnv(passwordFile),
      MYSQL_DATABASE: 'not_yet',
    });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/ERROR 104[49]/);
  });

  test('mysql-ready fails where nothing listens, and without its password file', async () => {
    const closed = { ...readyEnv(passwordFile), MYSQL_PORT: `${await closedPort()}` };
    expect((await run(['sh', READY], closed)).code).not.toBe(0);
    expect((await run(['sh', READY], readyEnv('/nope'))).code).not.toBe(0);
  });

  test('no password is ever an argument', () => {
    const seen = readFileSync(args, 'utf8');
    expect(seen).toContain('SELECT 1');
    expect(seen).not.toContain(password);
    expect(seen).not.toContain('hunter2');
  });
});
