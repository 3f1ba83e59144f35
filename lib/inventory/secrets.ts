import type { CredentialSettings, Settings } from '../config/settings';

/** A Secret with credentials that the pods of a cluster read. */
export interface SecretInUse {
  /** Its place in the configuration. */
  readonly path: string;
  readonly credentials: CredentialSettings<string>;
  /**
   * By key, the variable from which the command that makes the Secret takes the value; undefined where any will do, since
   * nobody has to know it.
   */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Each Secret once, by who is known by it, in the order in which they are applied. */
export interface SecretsInUse {
  readonly s3?: SecretInUse;
  /** Of backups with credentials of their own. */
  readonly backup?: SecretInUse;
  /** Of a restore from backups with other credentials. */
  readonly restore?: SecretInUse;
  readonly mysql?: SecretInUse;
}

export function secretsOf({ s3, minio, backup, mysql, database }: Settings): SecretsInUse {
  const storage = (
    path: string,
    credentials: CredentialSettings<'accessKey' | 'secretKey'>,
    name?: string,
  ) => ({
    path,
    credentials,
    variables: {
      [credentials.keys.accessKey]: name && `${name}_ACCESS_KEY`,
      [credentials.keys.secretKey]: name && `${name}_SECRET_KEY`,
    },
  });
  return {
    ...(s3 && { s3: storage('s3.credentials', s3.credentials, minio ? undefined : 'S3') }),
    ...(backup &&
      backup.s3.credentials !== s3?.credentials && {
        backup: storage('backup.s3.credentials', backup.s3.credentials, 'BACKUP'),
      }),
    ...(backup &&
      backup.restoreFrom.credentials !== backup.s3.credentials && {
        restore: storage('backup.restoreFrom.credentials', backup.restoreFrom.credentials, 'RESTORE'),
      }),
    ...(mysql && {
      mysql: {
        path: 'mysql.credentials',
        credentials: mysql.credentials,
        variables: {
          [mysql.credentials.keys.rootPassword]: undefined,
          [mysql.credentials.keys.password]: undefined,
        },
      },
    }),
    ...(mysql === undefined &&
      database && {
        mysql: {
          path: 'externalMysql.credentials',
          credentials: database.credentials,
          variables: { [database.credentials.keys.password]: 'MYSQL_PASSWORD' },
        },
      }),
  };
}
