import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MilvusConfig } from '../../lib';
import { SCRIPTS_DIRECTORY } from '../../lib/kubernetes/scripts';
import { type Mariadb, startMariadb } from '../assets/mariadb';
import { ASSETS, killAll, listen, type Result, type Running, start, until } from '../assets/run';
import { CANARIES, everyOption, manifestsOf, minimal } from '../support/clusters';
import { at, find, items, records, text } from '../support/manifests';
import { describeWith, find as findCommand } from '../support/requires';

const fileOf = (config: MilvusConfig): string =>
  text(
    at(
      find(manifestsOf(config), 'ConfigMap', `${config.mysql?.name ?? `${config.name}-mysql`}-configuration`),
      'data',
      'my.cnf',
    ),
  );

/** The options of the only section. */
function optionsOf(config: MilvusConfig): Record<string, string> {
  const [section, ...lines] = fileOf(config).trimEnd().split('\n');
  expect(section).toBe('[mysqld]');
  return Object.fromEntries(
    lines.map((line) => line.split(' = ')).map(([name = '', value = '']) => [name, value]),
  );
}

const withMemory = (memory: string) => ({ ...minimal, mysql: { resources: { limits: { memory } } } });

test('the whole file for 5.7', () => {
  expect(fileOf(minimal)).toBe(`[mysqld]
bind-address = 0.0.0.0
skip-name-resolve = ON
ignore-db-dir = lost+found
character-set-server = utf8mb4
collation-server = utf8mb4_unicode_ci
skip-character-set-client-handshake
max_connections = 1000
wait_timeout = 28800
innodb_buffer_pool_size = 512M
innodb_flush_log_at_trx_commit = 1
innodb_flush_method = O_DIRECT
performance_schema = OFF
log_error_verbosity = 2
`);
});

test('8.0 differs in what it needs for the clients, and in what it no longer knows', () => {
  const { 'ignore-db-dir': gone, ...common } = optionsOf(minimal);
  expect(gone).toBe('lost+found');
  expect(optionsOf({ ...minimal, images: { mysql: 'mysql:8.0.36' } })).toEqual({
    ...common,
    'default-authentication-plugin': 'mysql_native_password',
    'skip-log-bin': '',
  });
});

test.each([
  ['512Mi', '256M'],
  ['1G', '476M'],
  ['1Gi', '512M'],
  ['3Gi', '1536M'],
  ['16Gi', '8192M'],
])('of a limit of %s, %s are for the buffer pool', (limit, pool) => {
  expect(optionsOf(withMemory(limit))).toMatchObject({ innodb_buffer_pool_size: pool });
});

test.each([
  ['512Mi', 'OFF'],
  ['2047Mi', 'OFF'],
  ['2G', 'OFF'],
  ['2Gi', undefined],
  ['8Gi', undefined],
])('performance_schema with a limit of %s: %s', (limit, value) => {
  expect(optionsOf(withMemory(limit))['performance_schema']).toBe(value);
});

const proxies = (replicas: number, poolSize: number, maxOverflow: number, maxWorkers: number) => ({
  mishards: { replicas, maxWorkers, database: { poolSize, maxOverflow } },
});

// 17 for each server, the pool of each proxy as far as its threads use it, and 50 in reserve.
test.each<[string, number, Omit<MilvusConfig, 'name' | 's3'>]>([
  ['never less than customary', 1000, {}],
  [
    'of readers and proxies',
    31 * 17 + 10 * 50 + 50,
    { readonly: { replicas: 30 }, mishards: { replicas: 10 } },
  ],
  ['of pools that overflow', 2 * 17 + 100 * (10 + 5) + 50, proxies(100, 10, 5, 50)],
  ['of threads, where they are fewer', 2 * 17 + 100 * 12 + 50, proxies(100, 10, 5, 12)],
  ['as configured', 2000, { mysql: { maxConnections: 2000 } }],
  ['as configured, below the default', 134, { mysql: { maxConnections: 134 } }],
])('max_connections: %s', (_, expected, config) => {
  expect(optionsOf({ ...minimal, ...config })).toMatchObject({ max_connections: `${expected}` });
});

test('errors go to stderr', () => {
  for (const config of [minimal, everyOption('inline')]) {
    expect(Object.keys(optionsOf(config)).filter((name) => /^log[-_]error$/.test(name))).toEqual([]);
  }
});

test('no secret is in it', () => {
  const file = fileOf(everyOption('inline'));
  for (const canary of Object.values(CANARIES)) {
    expect(file).not.toContain(canary);
  }
  expect(file).not.toMatch(/password(?! *$)/m);
});

/** The options for MySQL 5.7 that MariaDB does not know. `ignore-db-dir` it takes as short for `ignore-db-dirs`. */
const UNKNOWN_TO_MARIADB = ['log_error_verbosity'];

const PROBES = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const;
type Probe = (typeof PROBES)[number];

// What the image's entrypoint does, in its order: new data, a server without network, the user, the server.
describeWith(['mariadbd', 'mariadb-install-db', 'mysql', 'mysqladmin'], 'with a real server', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'my-cnf-'));
  const optionFile = path.join(folder, 'my.cnf');
  const password = 'Mi-1_x@/Pw';

  const [container] = records(
    at(
      find(manifestsOf(minimal), 'StatefulSet', 'milvus-test-mysql'),
      ...['spec', 'template', 'spec', 'containers'],
    ),
  );
  const env = Object.fromEntries(
    records(container?.['env']).map(({ name, value }) => [text(name), text(value)]),
  );
  /** With the options that clients find in the image: where the socket is, and our file. */
  const clientEnv = {
    PATH: `${path.dirname(findCommand('mysqladmin') ?? '')}:/usr/bin:/bin`,
    HOME: path.join(folder, 'home'),
  };
  const { MYSQL_USER: user = '', MYSQL_DATABASE: database = '' } = env;
  const passwordFile = path.join(folder, path.basename(env['MYSQL_PASSWORD_FILE'] ?? ''));

  /** A probe's command as it stands in the manifest, but with the script where it is here. */
  const commandOf = (name: Probe): string[] =>
    items(at(container, name, 'exec', 'command')).map((word) =>
      text(word).replace(SCRIPTS_DIRECTORY, ASSETS),
    );

  /** Runs a probe, with the port in the environment; with `--port`, MariaDB's clients take TCP in any case. */
  const probe = (name: Probe, port: number, ...more: string[]): Running =>
    start([...commandOf(name), ...more], {
      ...env,
      ...clientEnv,
      MYSQL_PASSWORD_FILE: passwordFile,
      MYSQL_ROOT_PASSWORD_FILE: passwordFile,
      MYSQL_UNIX_PORT: path.join(folder, 'socket'),
      MYSQL_PORT: `${port}`,
      MYSQL_TCP_PORT: `${port}`,
    });
  const probes = async (port: number) =>
    Object.fromEntries(
      await Promise.all(PROBES.map(async (name) => [name, await probe(name, port).ended] as const)),
    ) as Record<Probe, Result>;

  const exitCodes = (results: Record<Probe, Result>) => PROBES.map((name) => results[name].code);

  let server: Mariadb;
  /** Results from the states before the server was up. */
  let initializing: Record<Probe, Result>;
  let initializingOnSocket: Result;
  let down: Record<Probe, Result>;
  /** Probes of a server that accepts connections and never says a word. */
  const silent = createServer(() => {});
  let hanging: { readonly name: Probe; readonly running: Running }[];

  beforeAll(async () => {
    const known = fileOf(minimal)
      .split('\n')
      .filter((line) => !UNKNOWN_TO_MARIADB.includes(line.split(' ')[0] ?? ''));
    writeFileSync(optionFile, known.join('\n'));
    writeFileSync(passwordFile, `${password}\n`);
    mkdirSync(clientEnv.HOME);
    const clientOptions = `[client]\nsocket=${folder}/socket\n!include ${optionFile}\n`;
    writeFileSync(path.join(clientEnv.HOME, '.my.cnf'), clientOptions);

    // Before the rest, because they take their time.
    const silentPort = await listen(silent);
    hanging = PROBES.map((name) => ({ name, running: probe(name, silentPort) }));

    server = await startMariadb(folder, { optionFile, options: ['--skip-networking'] });
    const made = server.sql(`
      DROP USER IF EXISTS root@'127.0.0.1', root@'::1'; -- MySQL has none
      CREATE DATABASE IF NOT EXISTS \`${database}\`;
      CREATE USER '${user}'@'%' IDENTIFIED BY '${password}';
      GRANT ALL ON \`${database.replace(/_/g, '\\_')}\`.* TO '${user}'@'%';
      CREATE DATABASE other;
      CREATE TABLE other.secrets (text VARCHAR(9));`);
    expect(made.stderr).toBe('');
    initializing = await probes(server.port);
    initializingOnSocket = await start(['mysqladmin', 'ping'], clientEnv).ended;
    await server.stop('SIGTERM');
    down = await probes(server.port);
    server = await startMariadb(folder, { optionFile });
  }, 30_000);

  afterAll(async () => {
    silent.close();
    for (const { running } of hanging ?? []) {
      if (running.child.exitCode === null) {
        killAll(running);
      }
    }
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  /** Runs statements as the user that Milvus is, over TCP. */
  function asMilvus(statements: string, ...more: string[]) {
    const where = ['--protocol=TCP', '--host=127.0.0.1', `--port=${server.port}`, `--user=${user}`];
    return spawnSync(
      findCommand('mysql') ?? '',
      ['--no-defaults', ...where, '-N', '-B', ...more, `--database=${database}`],
      { env: { MYSQL_PWD: password }, encoding: 'utf8', input: statements },
    );
  }

  function query(statements: string, ...more: string[]): string[][] {
    const { stdout, stderr } = asMilvus(statements, ...more);
    expect(stderr).toBe('');
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t'));
  }

  describe('options', () => {
    test('MariaDB knows all but the ones left out here', () => {
      // `loose-` makes a warning of what else would be an error.
      const loose = path.join(folder, 'loose.cnf');
      writeFileSync(loose, fileOf(minimal).replace(/^(?=\w)/gm, 'loose-'));
      const command = [`--defaults-file=${loose}`, '--verbose', '--help'];
      const { status, stderr } = spawnSync(findCommand('mariadbd') ?? '', command, {
        env: {},
        encoding: 'utf8',
      });
      const unknown = [...stderr.matchAll(/unknown (?:variable|option) '-*loose-([^'=]*)/g)];
      expect({ status, unknown: unknown.map(([, name]) => name) }).toEqual({
        status: 0,
        unknown: UNKNOWN_TO_MARIADB,
      });
    });

    test('they are in force', () => {
      expect(Object.fromEntries(query('SHOW GLOBAL VARIABLES'))).toMatchObject({
        skip_name_resolve: 'ON',
        ignore_db_dirs: 'lost+found',
        character_set_server: 'utf8mb4',
        collation_server: 'utf8mb4_unicode_ci',
        max_connections: '1000',
        wait_timeout: '28800',
        innodb_buffer_pool_size: `${512 * 1024 ** 2}`,
        innodb_flush_log_at_trx_commit: '1',
        innodb_flush_method: 'O_DIRECT',
        performance_schema: 'OFF',
        log_error: '',
      });
    });
  });

  // libmysqlclient in Milvus says latin1 when it connects, pymysql in mishards utf8mb4.
  const CHARACTER_SETS = ['latin1', 'utf8mb4'];

  describe('character sets', () => {
    const tag = 'caf\u00e9_\u4e2d\u6587_\u{1f600}';
    const bytes = Buffer.from(tag).toString('hex').toUpperCase();

    beforeAll(() => {
      query('CREATE TABLE tags (client VARCHAR(9), partition_tag VARCHAR(255) UNIQUE NOT NULL)');
    });
    afterAll(() => {
      query('DROP TABLE tags');
    });

    test.each(CHARACTER_SETS)('a client that asks for %s gets utf8mb4', (name) => {
      const variables = query(
        `SELECT @@character_set_client, @@character_set_connection, @@character_set_results,
           @@collation_connection, @@character_set_database, @@collation_database`,
        `--default-character-set=${name}`,
      );
      const expected = [
        'utf8mb4',
        'utf8mb4',
        'utf8mb4',
        'utf8mb4_unicode_ci',
        'utf8mb4',
        'utf8mb4_unicode_ci',
      ];
      expect(variables).toEqual([expected]);
    });

    test.each(CHARACTER_SETS)(
      'what a %s client writes are its bytes, and each client finds them',
      (writer) => {
        query(
          `DELETE FROM tags; INSERT INTO tags VALUES ('${writer}', '${tag}')`,
          `--default-character-set=${writer}`,
        );
        for (const reader of CHARACTER_SETS) {
          expect(
            query(
              `SELECT client, HEX(partition_tag), CHAR_LENGTH(partition_tag), partition_tag FROM tags
               WHERE partition_tag = '${tag}'`,
              `--default-character-set=${reader}`,
            ),
          ).toEqual([[writer, bytes, `${[...tag].length}`, tag]]);
        }
      },
    );
  });

  describe('probes', () => {
    test('all fail while the server is initialized, though it answers on its socket', () => {
      expect(exitCodes(initializing)).toEqual([1, 1, 1]);
      expect(initializingOnSocket).toMatchObject({ code: 0, stdout: 'mysqld is alive\n' });
    });

    test('all fail while it is down', () => {
      expect(exitCodes(down)).toEqual([1, 1, 1]);
    });

    test('all succeed once it is up, with access only for readiness', async () => {
      const results = await probes(server.port);
      expect(exitCodes(results)).toEqual([0, 0, 0]);
      for (const name of ['startupProbe', 'livenessProbe'] as const) {
        expect(results[name].stderr).toContain('Access denied');
      }
      expect(results.readinessProbe).toEqual({ code: 0, stdout: '', stderr: '' });
    });

    test('the wrong password is told and takes nobody out: in a rotation the file is behind for a while', async () => {
      writeFileSync(passwordFile, 'hunter2');
      try {
        const results = await probes(server.port);
        expect(exitCodes(results)).toEqual([0, 0, 0]);
        expect(results.readinessProbe.stderr).toContain('ERROR 1045');
      } finally {
        writeFileSync(passwordFile, `${password}\n`);
      }
    });

    test('readiness alone fails when no connection is left: a restart would cut off those that work', async () => {
      const sockets: Socket[] = [];
      expect(server.sql('SET GLOBAL max_connections = 10').stderr).toBe('');
      try {
        // They greet, or say that they are too many; none logs in.
        for (let count = 0; count < 12; count++) {
          const socket = connect(server.port, '127.0.0.1');
          sockets.push(socket);
          await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
        }
        // Without TLS, before which MariaDB's client, unlike MySQL's, trusts no error.
        const liveness = await probe('livenessProbe', server.port, '--skip-ssl').ended;
        const readiness = await probe('readinessProbe', server.port).ended;
        for (const { stderr } of [liveness, readiness]) {
          expect(stderr).toContain('Too many connections');
        }
        expect([liveness.code, readiness.code]).toEqual([0, 1]);
      } finally {
        for (const socket of sockets) {
          socket.destroy();
        }
        // Root is one too many, too, until the server has noticed that they are gone.
        const restored = () => server.sql('SET GLOBAL max_connections = 1000').status === 0;
        await until(restored, 'max_connections was not restored');
      }
    });

    test('all give up by themselves on a server that hangs, before Kubernetes does', async () => {
      for (const { name, running } of hanging) {
        const { code, stderr } = await running.ended;
        expect({ name, code, stderr }).toEqual({
          name,
          code: 1,
          stderr: expect.stringMatching(/reading initial communication packet/),
        });
        const words = commandOf(name).map((word) =>
          word.startsWith(ASSETS) ? readFileSync(word, 'utf8') : word,
        );
        const [, connectTimeout] = /--connect-timeout=(\d+)/.exec(words.join(' ')) ?? [];
        expect(Number(connectTimeout)).toBeLessThan(Number(at(container, name, 'timeoutSeconds')));
      }
    }, 60_000);
  });

  describe('the user that Milvus is', () => {
    test('may do what the servers do', () => {
      expect(
        query(`
          CREATE TABLE IF NOT EXISTS Tables (id BIGINT PRIMARY KEY AUTO_INCREMENT,
            table_id VARCHAR(255) UNIQUE NOT NULL, flush_lsn BIGINT DEFAULT 0 NOT NULL);
          CREATE TABLE IF NOT EXISTS Tables (id BIGINT PRIMARY KEY);
          INSERT INTO Tables (table_id) VALUES ('kept'), ('deleted');
          UPDATE Tables SET flush_lsn = 7 WHERE table_id = 'kept';
          DELETE FROM Tables WHERE table_id = 'deleted';
          SELECT * FROM Tables;
          DROP TABLE Tables;`),
      ).toEqual([['1', 'kept', '7']]);
    });

    test('sees no other database, and has no right beyond its own', () => {
      expect(query('SHOW DATABASES').flat().sort()).toEqual(['information_schema', database]);
      const grants = query('SHOW GRANTS').flat();
      expect(grants).toEqual([
        expect.stringMatching(/^GRANT USAGE ON \*\.\* TO /),
        expect.stringMatching(new RegExp(`^GRANT ALL PRIVILEGES ON \`${database}\`\\.\\* TO .*@\`%\`$`)),
      ]);
    });

    test.each([
      ['USE other', 1044],
      ['SELECT * FROM other.secrets', 1142],
      ["INSERT INTO other.secrets VALUES ('x')", 1142],
      ['DROP DATABASE other', 1044],
      ['CREATE DATABASE mine', 1044],
      [`CREATE DATABASE ${database}_2`, 1044],
      ['SELECT * FROM mysql.user', 1142],
      ["CREATE USER friend@'%'", 1227],
      [`GRANT SELECT ON ${database}.* TO root@localhost`, 1044],
      ['SET GLOBAL max_connections = 5000', 1227],
      ['SHUTDOWN', 1227],
    ])('must not %s', (statement, error) => {
      const { status, stderr } = asMilvus(statement);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining(`ERROR ${error} (`),
      });
    });
  });
});
