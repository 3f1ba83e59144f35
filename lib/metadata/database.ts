import type { k8s } from 'cdk8s-plus-25';
import type { DatabaseSettings, Settings } from '../config/settings';
import { containerSecurity, INIT_RESOURCES, secretEnv } from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';

export const WAIT_FOR_MYSQL = 'wait-for-mysql.sh';

/** Where the metadata is, as environment variables; the password comes from its Secret. */
export function databaseEnv(database: DatabaseSettings, passwordVariable: string): k8s.EnvVar[] {
  return [
    { name: 'MYSQL_HOST', value: database.host },
    { name: 'MYSQL_PORT', value: String(database.port) },
    { name: 'MYSQL_DATABASE', value: database.database },
    { name: 'MYSQL_USER', value: database.user },
    secretEnv(passwordVariable, database.credentials.secretName, database.credentials.keys.password),
  ];
}

/**
 * Waits until MySQL answers a real login. A server that finds no MySQL exits at once with a message that misleads, and
 * while it waits here its pod is Pending, so that discovery does not take it for a reader.
 */
export function waitForMysql(
  database: DatabaseSettings,
  image: string,
  { imagePullPolicy }: Settings,
): k8s.Container {
  return {
    name: 'wait-for-mysql',
    image,
    imagePullPolicy,
    command: ['sh', Scripts.path(WAIT_FOR_MYSQL)],
    env: [
      ...databaseEnv(database, 'MYSQL_PWD'),
      { name: 'CREDENTIALS_FROM', value: database.credentials.secretName },
      { name: 'WAIT_SECONDS', value: String(database.waitSeconds) },
    ],
    resources: INIT_RESOURCES,
    securityContext: containerSecurity(),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [Scripts.mount()],
  };
}
