import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { find } from '../support/requires';
import { closedPort, killAll, start, until } from './run';

/** The tables of the metadata, as Milvus 1.1.1 makes them. */
export const MILVUS_TABLES = `
CREATE TABLE Tables (id BIGINT PRIMARY KEY AUTO_INCREMENT, table_id VARCHAR(255) UNIQUE NOT NULL, state INT NOT NULL,
  dimension SMALLINT NOT NULL, created_on BIGINT NOT NULL, flag BIGINT DEFAULT 0 NOT NULL,
  index_file_size BIGINT DEFAULT 1024 NOT NULL, engine_type INT DEFAULT 1 NOT NULL,
  index_params VARCHAR(512) NOT NULL, metric_type INT DEFAULT 1 NOT NULL, owner_table VARCHAR(255) NOT NULL,
  partition_tag VARCHAR(255) NOT NULL, version VARCHAR(64) DEFAULT '1.1.1', flush_lsn BIGINT DEFAULT 0 NOT NULL)
  DEFAULT CHARSET utf8mb4;
CREATE TABLE TableFiles (id BIGINT PRIMARY KEY AUTO_INCREMENT, table_id VARCHAR(255) NOT NULL,
  segment_id VARCHAR(255) NOT NULL, engine_type INT DEFAULT 1 NOT NULL, file_id VARCHAR(255) NOT NULL,
  file_type INT DEFAULT 0 NOT NULL, file_size BIGINT DEFAULT 0 NOT NULL, row_count BIGINT DEFAULT 0 NOT NULL,
  updated_time BIGINT NOT NULL, created_on BIGINT NOT NULL, date INT DEFAULT -1 NOT NULL,
  flush_lsn BIGINT DEFAULT 0 NOT NULL) DEFAULT CHARSET utf8mb4;
CREATE TABLE Environment (global_lsn BIGINT DEFAULT 0 NOT NULL) DEFAULT CHARSET utf8mb4;
CREATE TABLE Fields (collection_id VARCHAR(255) NOT NULL, field_name VARCHAR(255) NOT NULL, field_type INT NOT NULL,
  field_params VARCHAR(255) NOT NULL) DEFAULT CHARSET utf8mb4;`;

export interface Mariadb {
  readonly port: number;
  readonly socket: string;
  /** Runs statements as root over the socket. */
  sql(statements: string, ...options: string[]): SpawnSyncReturns<string>;
  /** Ends it at once, or with SIGTERM in order, so that it can be started on its data again. */
  stop(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

export interface MariadbOptions {
  /** The one option file that the server reads. By default it reads none, and does not resolve names. */
  readonly optionFile?: string;
  /** Options of the command line, which win over the file's. */
  readonly options?: readonly string[];
}

/**
 * Starts a server on a free port of 127.0.0.1, with its data in this folder: new, or what a server left there. MariaDB
 * stands in for MySQL 5.7: the same protocol, the same error numbers, and its clients write them the same way.
 */
export async function startMariadb(
  folder: string,
  { optionFile, options = [] }: MariadbOptions = {},
): Promise<Mariadb> {
  const socket = `${folder}/socket`;
  // A server that starts deletes the temporary tables of all servers that have them in one directory.
  const tmp = `${folder}/tmp`;
  mkdirSync(tmp, { recursive: true });
  const data = [`--datadir=${folder}/data`, `--tmpdir=${tmp}`, '--innodb-log-file-size=4M'];
  if (process.getuid?.() === 0) {
    data.push('--user=root');
  }
  if (!existsSync(`${folder}/data`)) {
    const rootLogin = '--auth-root-authentication-method=normal';
    execFileSync(find('mariadb-install-db') ?? '', ['--no-defaults', ...data, '--skip-test-db', rootLogin], {
      stdio: 'pipe',
    });
  }
  const port = await closedPort();
  const place = [
    `--socket=${socket}`,
    `--pid-file=${folder}/pid`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
  ];
  const defaults =
    optionFile === undefined ? ['--no-defaults', '--skip-name-resolve'] : [`--defaults-file=${optionFile}`];
  const server = start([find('mariadbd') ?? '', ...defaults, ...data, ...place, ...options], {});
  const sql = (statements: string, ...more: string[]) => {
    const login = ['--no-defaults', `--socket=${socket}`, '--user=root', ...more];
    return spawnSync(find('mysql') ?? '', login, { env: {}, encoding: 'utf8', input: statements });
  };
  const up = () => server.child.exitCode !== null || sql('SELECT 1').status === 0;
  await until(up, 'mariadbd did not start', 20_000).catch((error) => {
    killAll(server);
    throw error;
  });
  if (server.child.exitCode !== null) {
    throw new Error(`mariadbd did not start: ${(await server.ended).stderr}`);
  }
  return {
    port,
    socket,
    sql,
    stop: async (signal = 'SIGKILL') => {
      server.child.kill(signal);
      await server.ended;
    },
  };
}
