import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adoptionSteps, fromHelmValues } from '../../lib';
import { type Mariadb, startMariadb } from '../assets/mariadb';
import { shim } from '../assets/run';
import { describeWith, find } from '../support/requires';

/** What the steps do in the pod of MySQL, on a real server. */
describeWith(['mariadbd', 'mariadb-install-db', 'mysql', 'mysqldump'], 'the metadata of a release', () => {
  const config = fromHelmValues(
    {
      cluster: { enabled: true },
      storage: { s3: { enabled: true, address: 'rgw', bucket: 'vectors' } },
      mysql: { mysqlDatabase: 'vectors_1', persistence: { enabled: false } },
    },
    { release: 'milvus-test', adopt: true },
  );
  const commands = adoptionSteps(config, { release: 'milvus-test' }).flatMap((step) => step.commands);
  const command = (words: string): string => {
    const found = commands.find((one) => one.includes(words));
    expect(found).toBeDefined();
    return String(found).replace(/^# /, '');
  };

  const folder = mkdtempSync(join(tmpdir(), 'adoption-metadata-'));
  const dump = join(folder, 'milvus-test.sql');
  let server: Mariadb;

  // The pod is this machine.
  shim(folder, 'kubectl', 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"');

  for (const client of ['mysql', 'mysqldump']) {
    // Whatever this machine has configured for its own.
    shim(folder, client, `exec ${find(client)} --no-defaults "$@"`);
  }

  beforeAll(async () => {
    server = await startMariadb(folder);
    writeFileSync(join(folder, 'root-password'), 'root-1');
    const { stderr } = server.sql(
      "CREATE DATABASE `vectors_1`; USE `vectors_1`; CREATE TABLE Tables (id INT); INSERT INTO Tables VALUES (1), (2);\nALTER USER root@localhost IDENTIFIED BY 'root-1';",
    );
    expect(stderr).toBe('');
  }, 30_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  const run = (line: string, overrides: Record<string, string> = {}) =>
    spawnSync('sh', ['-c', line.replaceAll('/run/secrets/cdk8s-milvus', folder)], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        HOME: folder,
        MYSQL_ROOT_PASSWORD: 'root-1',
        MYSQL_PASSWORD: 'milvus-1',
        MYSQL_UNIX_PORT: server.socket,
        MYSQL_TCP_PORT: `${server.port}`,
        ...overrides,
      },
    });

  test('is dumped, and a dump that is not whole never takes the place of one that is', () => {
    expect(run(command('mysqldump'))).toMatchObject({ status: 0 });
    const whole = readFileSync(dump, 'utf8');
    expect(whole).toContain('INSERT INTO `Tables`');
    expect(run(command('mysqldump'), { MYSQL_ROOT_PASSWORD: 'wrong' }).status).not.toBe(0);
    expect(readFileSync(dump, 'utf8')).toBe(whole);
  });

  test('the login that everything will use is tried, and made where it does not work', () => {
    const login = command('SELECT 1');
    expect(run(login).stderr).toContain('Access denied');
    const remedy = run(command('CREATE USER IF NOT EXISTS'));
    expect({ status: remedy.status, stderr: remedy.stderr }).toEqual({ status: 0, stderr: '' });
    expect(run(login)).toMatchObject({ status: 0 });
    // Another password in the Secret than in the database.
    expect(run(login, { MYSQL_PASSWORD: 'milvus-2' }).status).not.toBe(0);
    expect(run(command('CREATE USER IF NOT EXISTS'), { MYSQL_PASSWORD: 'milvus-2' }).status).toBe(0);
    expect(run(login, { MYSQL_PASSWORD: 'milvus-2' })).toMatchObject({ status: 0 });
  });

  test('is loaded into the new volume, where the chart had none', () => {
    expect(existsSync(dump)).toBe(true);
    const sql = (statements: string) => server.sql(statements, '--password=root-1', '--skip-column-names');
    expect(sql('DROP DATABASE `vectors_1`; CREATE DATABASE `vectors_1`;').status).toBe(0);
    expect(run(command('exec -i statefulset'))).toMatchObject({ status: 0, stderr: '' });
    expect(sql('SELECT COUNT(*) FROM `vectors_1`.Tables').stdout).toBe('2\n');
  });
});
