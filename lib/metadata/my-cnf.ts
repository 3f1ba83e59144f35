import { imageVersion } from '../config/images';
import { parseQuantity } from '../config/quantities';
import type { MysqlSettings } from '../config/settings';

const MIB = 1024 ** 2;

/**
 * my.cnf of the metadata server. No `log-error`: the error log belongs on stderr, and the directory that the chart
 * names for it is missing in images of 5.7 that are based on Oracle Linux, where mysqld then stops.
 */
export function myCnf(mysql: MysqlSettings, image: string): string {
  const memory = parseQuantity(mysql.resources.limits.memory) ?? 0;
  const version8 = imageVersion(image)?.[0] === 8;
  const options: Record<string, string | number | undefined> = {
    'bind-address': '0.0.0.0',
    'skip-name-resolve': 'ON',
    ...(version8
      ? // The clients in 1.1.1 (MariaDB 5.5 and pymysql without cryptography) know no other plugin.
        { 'default-authentication-plugin': 'mysql_native_password', 'skip-log-bin': undefined }
      : { 'ignore-db-dir': 'lost+found' }),
    'character-set-server': 'utf8mb4',
    'collation-server': 'utf8mb4_unicode_ci',
    // Milvus connects as latin1, mishards as utf8mb4: without this, partition tags beyond ASCII differ.
    'skip-character-set-client-handshake': undefined,
    max_connections: mysql.maxConnections,
    wait_timeout: 28800,
    innodb_buffer_pool_size: `${Math.floor(memory / 2 / MIB)}M`,
    innodb_flush_log_at_trx_commit: 1,
    innodb_flush_method: 'O_DIRECT',
    // It takes about 400 MB with many connections.
    ...(memory < 2048 * MIB ? { performance_schema: 'OFF' } : {}),
    // 3 would note every login of the liveness probe, which has no password.
    log_error_verbosity: 2,
  };
  const lines = Object.entries(options).map(([name, value]) =>
    value === undefined ? name : `${name} = ${value}`,
  );
  // One file, so that the order is certain: what comes later wins.
  const additions = Object.entries(mysql.configurationFiles).map(
    ([file, text]) => `\n# ${file}\n${text.trimEnd()}\n`,
  );
  return [`[mysqld]\n${lines.join('\n')}\n`, ...additions].join('');
}
