import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { EXPORTER_PORT, type MysqlSettings, type Settings } from '../config/settings';
import { assetsChecksum, checksum } from '../kubernetes/assets';
import { persistentVolume, withClaimTemplate } from '../kubernetes/objects';
import { Part, type PartProps } from '../kubernetes/part';
import {
  configMapVolume,
  containerSecurity,
  emptyDir,
  podOf,
  resourceRequirements,
  secretEnv,
} from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';
import { myCnf } from './my-cnf';

export interface MysqlProps extends PartProps {
  readonly mysql: MysqlSettings;
}

const MYSQL_READY = 'mysql-ready.sh';
const MYSQL_START = 'mysql-start.sh';

/** Scripts that start the server, and that the probes run. */
export const MYSQL_SCRIPTS = [MYSQL_READY, MYSQL_START];

/** Port in the pod, whatever that of the Service. */
export const MYSQL_PORT = 3306;

export const EXPORTER_PORT_NAME = 'metrics';
const SECRETS_DIRECTORY = '/run/secrets/cdk8s-milvus';
const DATA_VOLUME = 'data';
/** InnoDB writes its buffers back. */
const GRACE_SECONDS = 120;

/** The MySQL server of the metadata: one pod, one volume. */
export class Mysql extends Part {
  /** The server, with its claim. */
  public readonly statefulSet: ApiObject;
  /** The ConfigMap with my.cnf. */
  public readonly configuration: ApiObject;
  /** The scripts of the first start; unset without any. */
  public readonly initialization?: ApiObject;
  /** The Service that Milvus connects to. */
  public readonly service: ApiObject;
  /** The Service that gives the pod its name. */
  public readonly headlessService: ApiObject;
  /** Name of the Service. */
  public readonly host: string;
  /** Port of the Service. */
  public readonly port: number;

  public constructor(scope: Construct, id: string, { settings, names, mysql }: MysqlProps) {
    super(scope, id, settings, 'mysql');
    const { images, imagePullPolicy } = settings;
    const { persistence } = mysql;
    const configuration = myCnf(mysql, images.mysql);
    this.host = names.mysql;
    this.port = mysql.service.port;
    const hasInitialization = Object.keys(mysql.initializationFiles).length > 0;

    this.configuration = this.object(
      'Configuration',
      k8s.KubeConfigMap.manifest({
        metadata: this.metadata(names.mysqlConfiguration),
        data: { 'my.cnf': configuration },
      }),
    );

    if (hasInitialization) {
      this.initialization = this.object(
        'Initialization',
        k8s.KubeConfigMap.manifest({
          metadata: this.metadata(names.mysqlInitialization),
          data: { ...mysql.initializationFiles },
        }),
      );
    }

    const container: k8s.Container = {
      name: 'mysql',
      image: images.mysql,
      imagePullPolicy,
      command: [
        'sh',
        '-c',
        `ulimit -n ${openFiles(mysql)} 2>/dev/null || :; exec sh ${Scripts.path(MYSQL_START)} "$@"`,
        'mysqld',
      ],
      args: mysql.extraArgs.length > 0 ? [...mysql.extraArgs] : undefined,
      env: [
        { name: 'MYSQL_DATABASE', value: mysql.database },
        { name: 'MYSQL_USER', value: mysql.user },
        { name: 'MYSQL_PASSWORD_FILE', value: `${SECRETS_DIRECTORY}/password` },
        { name: 'MYSQL_ROOT_PASSWORD_FILE', value: `${SECRETS_DIRECTORY}/root-password` },
        // Milvus logs in as its own user; nobody needs root from another pod.
        { name: 'MYSQL_ROOT_HOST', value: 'localhost' },
      ],
      ports: [{ name: 'mysql', containerPort: MYSQL_PORT, protocol: 'TCP' }],
      ...probes(mysql),
      resources: resourceRequirements(mysql.resources),
      securityContext: containerSecurity(),
      volumeMounts: [
        { name: DATA_VOLUME, mountPath: '/var/lib/mysql', subPath: persistence.subPath || undefined },
        { name: 'configuration', mountPath: '/etc/mysql/conf.d', readOnly: true },
        { name: 'credentials', mountPath: SECRETS_DIRECTORY, readOnly: true },
        ...(hasInitialization
          ? [{ name: 'initialization', mountPath: '/docker-entrypoint-initdb.d', readOnly: true }]
          : []),
        Scripts.mount(),
        { name: 'run', mountPath: '/var/run/mysqld' },
        { name: 'tmp', mountPath: '/tmp' },
      ],
    };

    this.statefulSet = this.workload(
      withClaimTemplate(
        k8s.KubeStatefulSet.manifest({
          metadata: this.metadata(names.mysql, mysql),
          spec: {
            replicas: 1,
            serviceName: names.mysqlHeadless,
            podManagementPolicy: 'OrderedReady',
            updateStrategy: { type: 'RollingUpdate' },
            selector: { matchLabels: { ...this.selectorLabels } },
            template: {},
          },
        }),
        DATA_VOLUME,
        persistence,
      ),
      podOf({
        patches: settings.podTemplates.mysql,
        terminationGracePeriodSeconds: GRACE_SECONDS,
        selectorLabels: this.selectorLabels,
        checksum: checksum(configuration, assetsChecksum(MYSQL_SCRIPTS)),
        uid: mysql.runAsUser,
        fsGroup: mysql.fsGroup,
        containers: [container, ...exporter(settings, mysql)],
        volumes: [
          ...persistentVolume(DATA_VOLUME, persistence),
          configMapVolume('configuration', names.mysqlConfiguration),
          ...(hasInitialization ? [configMapVolume('initialization', names.mysqlInitialization)] : []),
          credentialsVolume(mysql),
          Scripts.volume(names.scripts, MYSQL_SCRIPTS),
          emptyDir('run', '16Mi'),
          emptyDir('tmp', '1Gi'),
        ],
      }),
    );

    const ports = mysql.exporter.enabled
      ? [
          { name: 'mysql', port: this.port },
          { name: EXPORTER_PORT_NAME, port: EXPORTER_PORT },
        ]
      : [{ name: 'mysql', port: this.port }];
    const { headlessService, service } = this.services(
      names.mysql,
      names.mysqlHeadless,
      ports,
      mysql.service,
    );
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

/**
 * Metrics of MySQL. It logs in as the user of Milvus, which may read status and variables and nothing of the server's
 * other databases; what would need more is switched off. root can not log in from here, and should not.
 */
function exporter(
  settings: Settings,
  { exporter: options, user, credentials }: MysqlSettings,
): k8s.Container[] {
  if (!options.enabled) return [];
  const health = {
    httpGet: { path: '/', port: k8s.IntOrString.fromString(EXPORTER_PORT_NAME) },
    periodSeconds: 20,
    timeoutSeconds: 5,
  };
  return [
    {
      name: 'metrics',
      image: settings.images.mysqldExporter,
      imagePullPolicy: settings.imagePullPolicy,
      args: [
        `--mysqld.address=127.0.0.1:${MYSQL_PORT}`,
        `--mysqld.username=${user}`,
        `--web.listen-address=:${EXPORTER_PORT}`,
        '--no-collect.slave_status',
        '--no-collect.info_schema.innodb_cmp',
        '--no-collect.info_schema.innodb_cmpmem',
        '--no-collect.info_schema.query_response_time',
        ...options.flags,
      ],
      env: [secretEnv('MYSQLD_EXPORTER_PASSWORD', credentials.secretName, credentials.keys.password)],
      ports: [{ name: EXPORTER_PORT_NAME, containerPort: EXPORTER_PORT, protocol: 'TCP' }],
      readinessProbe: health,
      livenessProbe: { ...health, failureThreshold: 6 },
      resources: resourceRequirements(options.resources),
      securityContext: containerSecurity(),
    },
  ];
}

const STARTUP_PERIOD_SECONDS = 5;

/**
 * Over TCP: while the image's entrypoint initialises the data it runs a server on the socket alone, which must not
 * count as started. A ping succeeds even when access is denied, so that liveness needs no password.
 */
function probes({ startupTimeoutSeconds }: MysqlSettings) {
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
