import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith, find } from '../support/requires';
import { type Mariadb, startMariadb } from './mariadb';
import { ASSETS, closedPort, killAll, type Running, run, shim, start, until } from './run';

const START = path.join(ASSETS, 'mysql-start.sh');
const READY = path.join(ASSETS, 'mysql-ready.sh');
const UNFINISHED = '.cdk8s-milvus-first-start';
const USER = 'milvus';
const DATABASE = 'milvus_1-a';
const PASSWORD = `it's "a" \\ pass`;

/**
 * What the entrypoint of mysql 5.7 does, in its order, with MariaDB as the server. It stops after the step STOP_AT, as
 * it looks when it is slow, until it is interrupted.
 */
const ENTRYPOINT = `
set -eo pipefail
after() { if [ "$STOP_AT" = "$1" ]; then echo "stopped after $1"; sleep 600; fi; }
sql() { mysql --no-defaults --socket="$MYSQL_UNIX_PORT" --user=root "$@"; }
shift
server=(mysqld --no-defaults --datadir="$MYSQL_DATA" --socket="$MYSQL_UNIX_PORT" --pid-file="$MYSQL_UNIX_PORT.pid" --skip-name-resolve --innodb-log-file-size=4M)
if [ "$(id -u)" = 0 ]; then server+=(--user=root); fi
if [ ! -d "$MYSQL_DATA/mysql" ]; then
  if [ "$STOP_AT" = directory ]; then mkdir "$MYSQL_DATA/mysql"; : >"$MYSQL_DATA/mysql/user.frm"; : >"$MYSQL_DATA/ibdata1"; fi
  after directory
  initialize "$MYSQL_DATA"
  after data
  "\${server[@]}" --skip-networking &
  temporary=$!
  until sql -e 'SELECT 1' >/dev/null 2>&1; do sleep 0.1; done
  sql -e "DROP USER IF EXISTS root@'127.0.0.1', root@'::1'; DROP USER IF EXISTS ''@localhost, ''@'$(hostname)'; ALTER USER root@localhost IDENTIFIED BY '$(cat "$MYSQL_ROOT_PASSWORD_FILE")'"
  export MYSQL_PWD=$(cat "$MYSQL_ROOT_PASSWORD_FILE")
  after root
  sql -e "CREATE DATABASE IF NOT EXISTS \\\`$MYSQL_DATABASE\\\`; CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY 'it\\'s \\"a\\" \\\\\\\\ pass'; GRANT ALL ON \\\`milvus\\\\_1-a\\\`.* TO '$MYSQL_USER'@'%'"
  after user
  if [ -n "$INITIALIZATION" ]; then sql <<<"$INITIALIZATION"; fi
  after files
  kill "$temporary"
  wait "$temporary"
  unset MYSQL_PWD
fi
exec "\${server[@]}" --bind-address=127.0.0.1 "$@"
`;

describeWith(['mariadbd', 'mariadb-install-db', 'mysql', 'bash'], 'the first start of MySQL', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mysql-start-'));
  const bin = shim(path.join(folder, 'bin'), 'docker-entrypoint.sh', `exec bash '${folder}/entrypoint' "$@"`);
  writeFileSync(path.join(folder, 'entrypoint'), ENTRYPOINT);
  symlinkSync(find('mariadbd') ?? '', path.join(bin, 'mysqld')); // its name in the image, and in /proc
  // Made once, since it takes seconds.
  const empty = path.join(folder, 'empty');
  shim(bin, 'initialize', `cp -a '${empty}/.' "$1"`);
  const secrets = { root: path.join(folder, 'root-password'), user: path.join(folder, 'password') };
  writeFileSync(secrets.root, 'root-1');
  writeFileSync(secrets.user, PASSWORD);
  const running: Running[] = [];
  let directories = 0;

  beforeAll(() => {
    const options = [
      '--skip-test-db',
      '--auth-root-authentication-method=normal',
      '--innodb-log-file-size=4M',
    ];
    const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
    execFileSync(
      find('mariadb-install-db') ?? '',
      ['--no-defaults', `--datadir=${empty}`, ...options, ...asRoot],
      { stdio: 'pipe' },
    );
  }, 60_000);
  afterAll(() => {
    for (const one of running) if (one.child.exitCode === null && one.child.signalCode === null) killAll(one);
    rmSync(folder, { recursive: true });
  });

  interface Pod {
    readonly data: string;
    readonly env: Record<string, string>;
    start(more?: Record<string, string>): Running;
    ready(): Promise<{ code: number | null; stderr: string }>;
  }
  async function pod(): Promise<Pod> {
    const place = path.join(folder, `${directories++}`);
    const data = path.join(place, 'data');
    mkdirSync(path.join(data, 'lost+found'), { recursive: true });
    const port = `${await closedPort()}`;
    const env = {
      PATH: `${bin}:/usr/bin:/bin:/usr/sbin`,
      MYSQL_DATA: data,
      MYSQL_UNIX_PORT: path.join(place, 'socket'),
      MYSQL_PORT: port,
      MYSQL_USER: USER,
      MYSQL_DATABASE: DATABASE,
      MYSQL_PASSWORD_FILE: secrets.user,
      MYSQL_ROOT_PASSWORD_FILE: secrets.root,
    };
    return {
      data,
      env,
      start: (more = {}) => {
        const one = start(['sh', START, `--port=${port}`], { ...env, ...more });
        running.push(one);
        return one;
      },
      ready: () => run(['sh', READY], env),
    };
  }
  async function untilReady({ ready }: Pod): Promise<void> {
    for (const deadline = Date.now() + 40_000; (await ready()).code !== 0; ) {
      if (Date.now() > deadline) throw new Error(`not ready: ${(await ready()).stderr}`);
    }
  }
  const unfinished = ({ data }: Pod) => existsSync(path.join(data, UNFINISHED));

  test('is marked until it is over, and SIGTERM then ends the server in order', async () => {
    const made = await pod();
    const server = made.start();
    await until(() => unfinished(made), 'no mark');
    await untilReady(made);
    await until(() => !unfinished(made), 'the mark stays');
    server.child.kill('SIGTERM');
    const { code, stderr } = await server.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('mysqld: Shutdown complete');
    // The second start has its data.
    const again = made.start();
    await untilReady(made);
    expect(unfinished(made)).toBe(false);
    again.child.kill('SIGTERM');
    expect((await again.ended).stderr).not.toContain('mysql-start:');
  }, 60_000);

  test.each(['directory', 'data', 'root', 'user', 'files'])(
    'interrupted after its step "%s" it ends at once, and begins anew',
    async (step) => {
      const made = await pod();
      const first = made.start({ STOP_AT: step });
      await first.printed(`stopped after ${step}`);
      const since = Date.now();
      first.child.kill('SIGTERM');
      await new Promise((resolve) => first.child.on('exit', resolve));
      expect(Date.now() - since).toBeLessThan(2000);
      expect(first.child.exitCode).toBe(143);
      killAll(first); // as the end of PID 1 does with all others
      await first.ended;
      expect(unfinished(made)).toBe(true);
      const second = made.start();
      await untilReady(made);
      await until(() => !unfinished(made), 'the mark stays');
      expect(existsSync(path.join(made.data, 'lost+found'))).toBe(true);
      second.child.kill('SIGTERM');
      expect((await second.ended).stderr).toMatch(
        /^mysql-start: the first start was interrupted; nothing is stored yet, so it begins anew\n/,
      );
    },
    60_000,
  );

  test('tables are never deleted', async () => {
    const made = await pod();
    const more = { STOP_AT: 'files', INITIALIZATION: 'CREATE DATABASE other; CREATE TABLE other.t (i INT)' };
    const first = made.start(more);
    await first.printed('stopped after files');
    killAll(first);
    await first.ended;
    const second = made.start();
    await untilReady(made);
    second.child.kill('SIGTERM');
    expect((await second.ended).stderr).toMatch(
      /^mysql-start: the first start was interrupted, but there are tables/,
    );
    expect(existsSync(path.join(made.data, 'other/t.frm'))).toBe(true);
    expect(unfinished(made)).toBe(false);
  }, 60_000);

  test('a first start that fails keeps its exit code and its mark', async () => {
    const made = await pod();
    const failing = made.start({
      PATH: `${shim(path.join(folder, 'f'), 'initialize', 'exit 7')}:${made.env['PATH']}`,
    });
    expect((await failing.ended).code).toBe(7);
    expect(unfinished(made)).toBe(true);
  });
});

describeWith(
  ['mariadbd', 'mariadb-install-db', 'mysql'],
  'the readiness of a server without the user',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mysql-ready-'));
    const secrets = { root: path.join(folder, 'root-password'), user: path.join(folder, 'password') };
    let server: Mariadb;

    const root = (sql: string) => {
      const args = ['--no-defaults', `--socket=${server.socket}`, '--user=root', '-N', '-B'];
      const password = readFileSync(secrets.root, 'utf8');
      return execFileSync(find('mysql') ?? '', args, {
        env: { MYSQL_PWD: password },
        input: sql,
        encoding: 'utf8',
      });
    };
    const ready = () =>
      run(['sh', READY], {
        PATH: '/usr/bin:/bin',
        MYSQL_PORT: `${server.port}`,
        MYSQL_UNIX_PORT: server.socket,
        MYSQL_USER: USER,
        MYSQL_DATABASE: DATABASE,
        MYSQL_PASSWORD_FILE: secrets.user,
        MYSQL_ROOT_PASSWORD_FILE: secrets.root,
      });
    const users = () => root(`SELECT COUNT(*) FROM mysql.user WHERE User = '${USER}'`).trim();

    beforeAll(async () => {
      server = await startMariadb(folder);
      writeFileSync(secrets.user, PASSWORD);
      writeFileSync(secrets.root, '');
    }, 30_000);
    afterAll(async () => {
      await server?.stop();
      rmSync(folder, { recursive: true });
    });

    test('root has no password yet: it says that nothing is stored, and what to do', async () => {
      writeFileSync(secrets.root, 'root-1');
      const { code, stderr } = await ready();
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/^the first start was interrupted: .*no user 'milvus'.*delete the claim/);
      writeFileSync(secrets.root, '');
      root("SET PASSWORD FOR root@localhost = PASSWORD('root-1')");
      writeFileSync(secrets.root, 'root-1');
    });

    test('the database has tables: it changes nothing, and says what to do', async () => {
      root(`CREATE DATABASE \`${DATABASE}\`; CREATE TABLE \`${DATABASE}\`.Tables (id INT)`);
      const { code, stderr } = await ready();
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/^there is no user 'milvus', but database 'milvus_1-a' has tables.*CREATE USER/);
      expect(stderr).not.toContain(PASSWORD);
      expect(users()).toBe('0');
      root(`DROP DATABASE \`${DATABASE}\``);
    });

    test('a password of root that does not fit tells nothing, as while both are changed', async () => {
      writeFileSync(secrets.root, 'other');
      expect(await ready()).toMatchObject({ code: 0, stderr: expect.stringContaining('ERROR 1045') });
      writeFileSync(secrets.root, 'root-1');
      expect(users()).toBe('0');
    });

    test('nothing is stored: the user is made, as the image makes it', async () => {
      expect(await ready()).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(root(`SHOW GRANTS FOR '${USER}'@'%'`)).toContain(
        `GRANT ALL PRIVILEGES ON \`milvus\\\\_1-a\`.* TO \`${USER}\`@\`%\``,
      );
      expect(await ready()).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    test('the password is changed in the server first: that is an answer, and nothing is made', async () => {
      root(`SET PASSWORD FOR '${USER}'@'%' = PASSWORD('new')`);
      expect(await ready()).toMatchObject({ code: 0, stderr: expect.stringContaining('ERROR 1045') });
      writeFileSync(secrets.user, 'new');
      expect(await ready()).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(users()).toBe('1');
    });
  },
);
