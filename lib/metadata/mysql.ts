import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import type { MysqlSettings } from '../config/settings';
import { assetsChecksum, checksum } from '../kubernetes/assets';
import { persistentVolume, withClaimTemplate } from '../kubernetes/objects';
import { Part, type PartProps } from '../kubernetes/part';
import {
  configMapVolume,
  containerSecurity,
  emptyDir,
  podTemplate,
  resourceRequirements,
  withScheduling,
} from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { myCnf } from './my-cnf';

export interface MysqlProps extends PartProps {
  readonly mysql: MysqlSettings;
}

const MYSQL_READY = 'mysql-ready.sh';

/** Scripts that the probes run. */
export const MYSQL_SCRIPTS = [MYSQL_READY];

/** The user `mysql` of the official image. */
const MYSQL_UID = 999;
const SECRETS_DIRECTORY = '/run/secrets/cdk8s-milvus';
const DATA_VOLUME = 'data';

/** The MySQL server of the metadata: one pod, one volume. */
export class Mysql extends Part {
  public readonly statefulSet: ApiObject;
  public readonly configuration: ApiObject;
  /** The Service that Milvus connects to. */
  public readonly service: ApiObject;
  /** The Service that gives the pod its name. */
  public readonly headlessService: ApiObject;
  /** Name of the Service. */
  public readonly host: string;
  public readonly port = 3306;

  public constructor(scope: Construct, id: string, { settings, names, mysql }: MysqlProps) {
    super(scope, id, settings, 'mysql');
    const { images, imagePullPolicy } = settings;
    const { persistence } = mysql;
    const configuration = myCnf(mysql, images.mysql);
    this.host = names.mysql;

    this.configuration = this.object(
      'Configuration',
      k8s.KubeConfigMap.manifest({
        metadata: this.metadata(names.mysqlConfiguration),
        data: { 'my.cnf': configuration },
      }),
    );

    const container: k8s.Container = {
      name: 'mysql',
      image: images.mysql,
      imagePullPolicy,
      command: [
        'sh',
        '-c',
        `ulimit -n ${openFiles(mysql)} 2>/dev/null || :; exec docker-entrypoint.sh mysqld`,
      ],
      env: [
        { name: 'MYSQL_DATABASE', value: mysql.database },
        { name: 'MYSQL_USER', value: mysql.user },
        { name: 'MYSQL_PASSWORD_FILE', value: `${SECRETS_DIRECTORY}/password` },
        { name: 'MYSQL_ROOT_PASSWORD_FILE', value: `${SECRETS_DIRECTORY}/root-password` },
        // Milvus logs in as its own user; nobody needs root from another pod.
        { name: 'MYSQL_ROOT_HOST', value: 'localhost' },
      ],
      ports: [{ name: 'mysql', containerPort: this.port, protocol: 'TCP' }],
      ...probes(mysql.startupTimeoutSeconds),
      resources: resourceRequirements(mysql.resources),
      securityContext: containerSecurity(),
      volumeMounts: [
        { name: DATA_VOLUME, mountPath: '/var/lib/mysql', subPath: persistence.subPath || undefined },
        { name: 'configuration', mountPath: '/etc/mysql/conf.d', readOnly: true },
        { name: 'credentials', mountPath: SECRETS_DIRECTORY, readOnly: true },
        Scripts.mount(),
        { name: 'run', mountPath: '/var/run/mysqld' },
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };

    this.statefulSet = this.object(
      'StatefulSet',
      withClaimTemplate(
        withScheduling(
          k8s.KubeStatefulSet.manifest({
            metadata: this.metadata(names.mysql),
            spec: {
              replicas: 1,
              serviceName: names.mysqlHeadless,
              podManagementPolicy: 'OrderedReady',
              updateStrategy: { type: 'RollingUpdate' },
              selector: { matchLabels: { ...this.selectorLabels } },
              template: podTemplate({
                options: mysql,
                imagePullSecrets: settings.imagePullSecrets,
                selectorLabels: this.selectorLabels,
                checksum: checksum(configuration, assetsChecksum(MYSQL_SCRIPTS)),
                uid: MYSQL_UID,
                containers: [container],
                volumes: [
                  ...persistentVolume(DATA_VOLUME, persistence),
                  configMapVolume('configuration', names.mysqlConfiguration),
                  credentialsVolume(mysql),
                  Scripts.volume(names.scripts, MYSQL_SCRIPTS),
                  emptyDir('run', '16Mi'),
                  emptyDir('tmp', '1Gi'),
                ],
              }),
            },
          }),
          mysql,
        ),
        DATA_VOLUME,
        persistence,
      ),
    );

    const { headlessService, service } = this.services(names.mysql, names.mysqlHeadless, {
      name: 'mysql',
      port: this.port,
    });
    this.headlessService = headlessService;
    this.service = service;
  }
}

/**
 * 5.7 allocates a table of the size of its limit of open files. Under a container runtime without a limit that is many
 * gigabytes, and the server is killed at its start (docker-library/mysql #579); my.cnf can not lower it.
 */
function openFiles({ maxConnections }: MysqlSettings): number {
  return Math.max(65536, 4 * maxConnections);
}

/** As files, readable by the group: environment variables would show in every process listing. */
function credentialsVolume({ credentials }: MysqlSettings): k8s.Volume {
  return {
    name: 'credentials',
    secret: {
      secretName: credentials.secretName,
      defaultMode: 0o440,
      items: [
        { key: credentials.keys.rootPassword, path: 'root-password' },
        { key: credentials.keys.password, path: 'password' },
      ],
    },
  };
}

const STARTUP_PERIOD_SECONDS = 5;

/**
 * Over TCP: while the image's entrypoint initialises the data it runs a server on the socket alone, which must not
 * count as started. A ping succeeds even when access is denied, so that liveness needs no password.
 */
function probes(startupTimeoutSeconds: number) {
  const ping = {
    exec: { command: ['mysqladmin', '--no-defaults', 'ping', '--host=127.0.0.1', '--connect-timeout=4'] },
  };
  return {
    startupProbe: {
      ...ping,
      periodSeconds: STARTUP_PERIOD_SECONDS,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startupTimeoutSeconds / STARTUP_PERIOD_SECONDS),
    },
    readinessProbe: {
      exec: { command: ['sh', Scripts.path(MYSQL_READY)] },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 3,
    },
    livenessProbe: { ...ping, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
  };
}
