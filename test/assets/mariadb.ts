import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { find } from '../support/requires';
import { closedPort, start, until } from './run';

export interface Mariadb {
  readonly port: number;
  /** Runs statements as root over the socket. */
  sql(statements: string, ...options: string[]): SpawnSyncReturns<string>;
  stop(): Promise<void>;
}

/**
 * Starts a server on a free port of 127.0.0.1, with its data in this folder. MariaDB stands in for MySQL 5.7: the same
 * protocol, the same error numbers, and its clients write them the same way.
 */
export async function startMariadb(folder: string): Promise<Mariadb> {
  const options = ['--no-defaults', `--datadir=${folder}/data`, '--innodb-log-file-size=4M'];
  if (process.getuid?.() === 0) {
    options.push('--user=root');
  }
  const rootLogin = '--auth-root-authentication-method=normal';
  execFileSync(find('mariadb-install-db') ?? '', [...options, '--skip-test-db', rootLogin], {
    stdio: 'pipe',
  });
  const port = await closedPort();
  const place = [
    `--socket=${folder}/socket`,
    `--pid-file=${folder}/pid`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
  ];
  const server = start([find('mariadbd') ?? '', ...options, ...place, '--skip-name-resolve'], {});
  const sql = (statements: string, ...more: string[]) => {
    const login = ['--no-defaults', `--socket=${folder}/socket`, '--user=root', ...more];
    return spawnSync(find('mysql') ?? '', login, { env: {}, encoding: 'utf8', input: statements });
  };
  await until(() => sql('SELECT 1').status === 0, 'mariadbd did not start', 20_000);
  return {
    port,
    sql,
    stop: async () => {
      server.child.kill('SIGKILL');
      await server.ended;
    },
  };
}
