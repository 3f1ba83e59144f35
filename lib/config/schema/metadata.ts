import * as z from 'zod';
import { count, flag, host, port, rule } from '../rules';
import { RESOURCE_DEFAULTS } from '../sizing';
import { externalMysqlCredentials, mysqlCredentials } from './credentials';
import { objectPrefix } from './names';
import { service } from './service';
import { claim, resources, workload } from './workload';

/** Where the metadata is. */

const fileName = (ending: RegExp, expected: string) =>
  rule(z.string().regex(new RegExp(`^[A-Za-z0-9][\\w.-]*${ending.source}`)), expected);

export const mysql = z
  .strictObject({
    enabled: flag()
      .default(true)
      .describe(
        'Deploy MySQL with the cluster. If false and without externalMysql, a standalone server keeps its metadata in SQLite.',
      ),
    name: objectPrefix
      .optional()
      .describe(
        'Name of the StatefulSet and its Service, and prefix of their other objects.\n\n@default - `<name>-mysql`',
      ),
    database: rule(
      z.string().regex(/^\w[\w-]{0,63}$/),
      'a database name of letters, digits, underscores and hyphens that does not begin with a hyphen',
    )
      .default('milvus')
      .describe('Name of the database for the metadata: which collections, segments and indexes exist.'),
    user: rule(
      z.string().regex(/^(?!root$)[\w.-]{1,32}$/),
      'a user name of at most 32 letters, digits, "_", "." and "-", and not root',
    )
      .default('milvus')
      .describe(
        'User that Milvus logs in as. The first start creates it, with rights on this database only.',
      ),
    credentials: mysqlCredentials.prefault({}),
    maxConnections: count(10, 100000, 'connections')
      .optional()
      .describe(
        'Connections that the server allows (max_connections).\n\n@default - as many as the servers and proxies can open, at least 1000',
      ),
    persistence: claim(
      'Volume of the metadata.',
      'enabled, 4Gi, ReadWriteOnce, of the default StorageClass; subPath `data` on a new claim, the root on an existing one, as in the chart',
      { enabled: true, size: '4Gi', accessModes: ['ReadWriteOnce'] },
    ),
    service: service('The Service of MySQL. Milvus 1.1.1 connects without TLS.', 3306),
    configurationFiles: z
      .record(fileName(/\.cnf$/, 'the name of a file that ends in .cnf'), z.string())
      .default({})
      .describe(
        'MySQL option files by name. They override the options of this project. No passwords: they are in a ConfigMap.',
      ),
    extraArgs: z
      .array(z.string().min(1))
      .default([])
      .describe('Additional arguments of mysqld. They override all option files.'),
    initializationFiles: z
      .record(fileName(/\.(sql|sh)$/, 'the name of a file that ends in .sql or .sh'), z.string())
      .default({})
      .describe(
        'Scripts by name that run once, when the data directory is new. No passwords: they are in a ConfigMap.',
      ),
    runAsUser: count(1, 2 ** 31 - 1, 'as a user id')
      .default(999)
      .describe('User id that MySQL runs as; 999 is the user `mysql` of the official image.'),
    fsGroup: count(1, 2 ** 31 - 1, 'as a group id')
      .optional()
      .describe('Group id of the files on the volume.\n\n@default - runAsUser'),
    exporter: z
      .strictObject({
        enabled: flag()
          .default(false)
          .describe('Run a Prometheus exporter in the pod of MySQL. It logs in as the user of Milvus.'),
        flags: z
          .array(rule(z.string().regex(/^--\S+$/), 'a flag such as --collect.auto_increment.columns'))
          .default([])
          .describe('Additional flags of mysqld_exporter.'),
        resources: resources(RESOURCE_DEFAULTS.mysqlExporter),
      })
      .prefault({})
      .describe('Metrics of MySQL, on the port `metrics` (9104) of its pod and Service.'),
    startupTimeoutSeconds: count(60, 86400, 'seconds')
      .default(1800)
      .describe(
        'Seconds that MySQL may take to start, with initialisation or crash recovery, before it is restarted.',
      ),
    ...workload(RESOURCE_DEFAULTS.mysql),
  })
  .prefault({})
  .describe('The MySQL server for the metadata, deployed with the cluster.');

export const externalMysql = z
  .strictObject({
    host: host(
      'the host name or IPv4 address of a MySQL server, without scheme or port',
      'Write only the host, and put the port into externalMysql.port.',
    ).describe('Host name or IPv4 address of the MySQL server.'),
    port: port().default(3306).describe('Port of the MySQL server.'),
    database: rule(
      z.string().regex(/^\w[\w-]{0,63}$/),
      'a database name of letters, digits, underscores and hyphens that does not begin with a hyphen',
    )
      .default('milvus')
      .describe('Name of the database for the metadata. It must exist, and be used by this cluster only.'),
    user: rule(
      z.string().regex(/^[\w.@-]{1,32}$/),
      'a user name of at most 32 letters, digits, "_", ".", "@" and "-"',
    )
      .default('milvus')
      .describe(
        'User that Milvus logs in as, with mysql_native_password. It needs CREATE, SELECT, INSERT, UPDATE and DELETE on the database.',
      ),
    credentials: externalMysqlCredentials.prefault({}),
  })
  .optional()
  .describe('An existing MySQL server, used instead of deploying one.\n\n@default - none: MySQL is deployed');
