import { Names } from '../../kubernetes/names';
import { listOf } from '../../list-of';
import type { ParsedConfig } from '../parsed-config';
import { formatPath, type Problem } from '../problems';
import { parseQuantity } from '../quantities';
import { connectionsNeeded, usesSqlite } from '../settings';

/** Where the metadata is. */

export function metadata(config: ParsedConfig): Problem[] {
  const sqlite = usesSqlite(config);
  return listOf(
    sqlite &&
      config.mode === 'cluster' && {
        path: 'mysql.enabled',
        given: 'false without externalMysql',
        expected: 'MySQL: deployed with the cluster, or externalMysql',
        fix: 'SQLite is a file that only one server can use. It needs mode: standalone.',
      },
    sqlite &&
      config.backup.enabled && {
        path: 'backup.enabled',
        given: 'true with SQLite',
        expected: 'MySQL: a backup is a dump of it',
        fix: 'Instead, stop the server and back up the volume of storage.persistence.',
      },
  );
}

/** MySQL's objects must not be taken for others of the cluster, nor its Secret for that of the S3 keys. */
export function mysqlName({ name, mysql }: ParsedConfig): Problem[] {
  const {
    mysql: given,
    mysqlHeadless,
    mysqlConfiguration,
    mysqlInitialization,
    ...others
  } = new Names(name, mysql.name);
  const taken = new Set([...Object.values(others), `${name}-s3`, `${name}-backup-s3`, `${name}-restore-s3`]);
  const clash = [given, mysqlHeadless, mysqlConfiguration, mysqlInitialization].find((one) => taken.has(one));
  if (clash === undefined) return [];
  return [
    {
      path: 'mysql.name',
      given: clash === given ? given : `${given}, which makes ${clash}`,
      expected: `a name that no other object of the cluster has, such as ${new Names(name).mysql}`,
    },
  ];
}

export function mysqlConnections(config: ParsedConfig): Problem[] {
  const { maxConnections } = config.mysql;
  const needed = connectionsNeeded(config);
  if (config.externalMysql !== undefined || maxConnections === undefined || maxConnections >= needed)
    return [];
  return [
    {
      path: 'mysql.maxConnections',
      given: String(maxConnections),
      expected: `at least ${needed}: the servers and proxies can open that many together`,
      fix: 'Raise it, or lower mishards.database.poolSize or the replicas.',
    },
  ];
}

const SMALLEST_MYSQL = 512 * 1024 ** 2;

export function mysqlMemory(config: ParsedConfig): Problem[] {
  const limit = config.mysql.resources.limits.memory;
  const enough = limit === undefined || (parseQuantity(String(limit)) ?? 0) >= SMALLEST_MYSQL;
  if (config.externalMysql !== undefined || enough) return [];
  return [
    {
      path: 'mysql.resources.limits.memory',
      given: String(limit),
      expected: 'at least 512Mi: half of it is the buffer pool, and each connection takes some',
    },
  ];
}

const FIXED = '((?:loose[-_])?(?:log[-_]error|datadir|port|socket|pid[-_]file))';
const FIXED_OPTIONS = new RegExp(`^\\s*${FIXED}\\s*(?:=|$)`, 'gm');
/** In mysqld -h is --datadir. */
const FIXED_ARGUMENT = new RegExp(`^(?:--${FIXED}(?:=|$)|(-[hP]))`);

/** Options that would stop the server or move its data, and passwords, which must not be in a ConfigMap. */
export function mysqlFiles(config: ParsedConfig): Problem[] {
  const { configurationFiles, extraArgs, initializationFiles } = config.mysql;
  const args = extraArgs.flatMap((arg, index) => {
    const [, long, option = long] = FIXED_ARGUMENT.exec(arg) ?? [];
    return option === undefined ? [] : [{ path: `mysql.extraArgs[${index}]`, ...fixedOption(option) }];
  });
  const options = Object.entries(configurationFiles).flatMap(([file, text]) => {
    const path = `mysql.configurationFiles.${formatPath([file])}`;
    const fixed = [...text.matchAll(FIXED_OPTIONS)];
    const password = /^\s*(loose[-_])?password\d?\s*=/im.test(text);
    return [
      ...fixed.map(([, option = '']) => ({ path, ...fixedOption(option) })),
      ...(password
        ? [{ path, given: 'a password', expected: 'no password: the file goes into a ConfigMap' }]
        : []),
    ];
  });
  const scripts = Object.entries(initializationFiles)
    .filter(([, text]) => /\bIDENTIFIED\b[^;]*\b(BY|AS)\b|\bSET\s+PASSWORD\b/i.test(text))
    .map(([file]) => ({
      path: `mysql.initializationFiles.${formatPath([file])}`,
      given: 'a password (not shown)',
      expected: 'no password: the file goes into a ConfigMap',
      fix: 'Put the script into a Secret, and mount it in /docker-entrypoint-initdb.d with mysql.podTemplate.',
    }));
  return [...args, ...options, ...scripts];
}

function fixedOption(option: string) {
  return {
    given: `the option ${option}`,
    expected: 'options other than log-error, datadir, port, socket and pid-file',
    fix: 'The image and the probes depend on these. The error log goes to stderr, where kubectl logs finds it.',
  };
}
