import { type ApiObject, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-25';
import type { Construct, IConstruct } from 'constructs';
import { settingsOf } from './config';
import { Owners } from './config/conflicts';
import type { MilvusConfig } from './config/milvus-config';
import { ConfigurationError } from './config/problems';
import type { Settings } from './config/settings';
import { type SecretInUse, secretsOf } from './inventory/secrets';
import { Credentials } from './kubernetes/credentials';
import { objectLabels } from './kubernetes/labels';
import { Names } from './kubernetes/names';
import { apiObject } from './kubernetes/objects';
import { Scripts } from './kubernetes/scripts';
import { BACKUP_SCRIPTS, Backup, BackupVerification, Restore } from './metadata/backup';
import { MYSQL_SCRIPTS, Mysql } from './metadata/mysql';
import { MISHARDS_SCRIPTS, Mishards } from './milvus/mishards';
import { ReadonlyNodes } from './milvus/readonly';
import { ServerConfigs } from './milvus/server-config';
import { serverScripts } from './milvus/server-pod';
import { WritableNode } from './milvus/writable';
import { Admin } from './operations/admin';
import { Monitoring } from './operations/monitoring';
import { NetworkPolicies } from './operations/network-policies';
import { SMOKE_TEST, SmokeTest } from './operations/smoke-test';
import { Minio } from './storage/minio';
import { S3Tls, s3OverTls } from './storage/s3-tls';

const CLUSTER = Symbol.for('cdk8s-milvus.MilvusCluster');

/**
 * A Milvus 1.1.1 cluster, as one chart.
 *
 * A request goes from the client to mishards, which sends searches to the readonly servers and everything else to the
 * writable. Both kinds of server keep their metadata in MySQL and their vectors in the S3 bucket, or on a volume that
 * they share. A standalone server is the writable alone, with the clients' Service in front of it.
 *
 * The parts are there to be patched: `cluster.writable.deployment.addJsonPatch(...)`, with the real field names.
 * `ApiObject.of(cluster.writable)` gives the same object.
 */
export class MilvusCluster extends Chart {
  /** The configuration with all defaults filled in. */
  public readonly settings: Settings;
  /** Names of the cluster's objects. */
  public readonly names: Names;
  /** The proxy, and the Service that clients connect to; unset with a standalone server. */
  public readonly mishards?: Mishards;
  /** The servers that search; unset with a standalone server. */
  public readonly readonly?: ReadonlyNodes;
  /** The server that writes. */
  public readonly writable: WritableNode;
  /** The metadata server; unset with an external MySQL or SQLite. */
  public readonly mysql?: Mysql;
  /** Who may talk to whom; unset when switched off. */
  public readonly networkPolicies?: NetworkPolicies;
  /** What the Prometheus Operator and Grafana need. */
  public readonly monitoring: Monitoring;
  /** The web interface; unset unless enabled. */
  public readonly admin?: Admin;
  /** The embedded S3 storage; unset with one that exists. */
  public readonly minio?: Minio;
  /** The regular backups; unset unless enabled. */
  public readonly backup?: Backup;
  /** The verification of backups on a schedule; unset without one. */
  public readonly backupVerification?: BackupVerification;
  /** The restore that the configuration has; unset without one. */
  public readonly restore?: Restore;
  /** The smoke test on a schedule; unset without one. */
  public readonly canary?: SmokeTest;
  /**
   * The ConfigMaps with the programs that run in the pods: the scripts, and the package that runs mishards.
   * synthesize() writes them to a file of their own: they are long, and the same whatever is configured.
   */
  public readonly scripts: readonly ApiObject[];
  /** The ConfigMap with the server configurations, without credentials. */
  public readonly serverConfigs: ServerConfigs;
  /** What the proxies that speak TLS to S3 read; unset with plain HTTP. */
  public readonly s3Tls?: S3Tls;
  /** The ConfigMap with files for additional containers; unset without any. */
  public readonly extraConfig?: ApiObject;
  /** The Secret or ExternalSecret of the S3 keys; unset when an existing Secret is used. */
  public readonly s3Secret?: ApiObject;
  /** The Secret or ExternalSecret of the S3 keys for backups; unset when an existing Secret is used. */
  public readonly backupSecret?: ApiObject;
  /** The Secret or ExternalSecret of the S3 keys of backups to restore from; unset when they are the same, or in an existing Secret. */
  public readonly restoreSecret?: ApiObject;
  /** The Secret or ExternalSecret of the MySQL passwords; unset when an existing Secret is used. */
  public readonly mysqlSecret?: ApiObject;

  /** Whether a construct is a cluster; `instanceof` is that of Chart here, and true for every chart. */
  public static isMilvusCluster(construct: IConstruct): construct is MilvusCluster {
    return CLUSTER in construct;
  }

  /**
   * @param id id of the chart; with an ordinary cdk8s App also the name of its file
   * @param config the configuration of the cluster, or settings that loadClusters() returned
   * @throws ConfigurationError with every problem of the configuration, and with what another cluster of the App has
   */
  public constructor(scope: Construct, id: string, config: MilvusConfig | Settings) {
    const source = sourceOf(id);
    const settings = settingsOf(config, source);
    const problems = ownersIn(scope).take(source, settings);
    if (problems.length > 0) throw new ConfigurationError([{ source, problems }]);
    super(scope, id, { namespace: settings.namespace, disableResourceNameHashes: true });
    Object.defineProperty(this, CLUSTER, { value: true });
    this.settings = settings;
    const names = Names.of(settings);
    const { s3, database, backup, mysql } = settings;
    this.names = names;

    // The document order is the apply order: what pods need comes first, and what protects them.
    if (settings.networkPolicy.enabled) {
      this.networkPolicies = new NetworkPolicies(this, 'NetworkPolicies', { settings, names });
    }
    const secrets = secretsOf(settings);
    this.s3Secret = this.credentials('S3Credentials', secrets.s3);
    this.backupSecret = this.credentials('BackupCredentials', secrets.backup);
    this.restoreSecret = this.credentials('RestoreCredentials', secrets.restore);
    this.mysqlSecret = this.credentials('MysqlCredentials', secrets.mysql);
    const { configMap: scripts } = new Scripts(this, 'Scripts', {
      metadata: { name: names.scripts, ...this.metadata() },
      files: [
        ...new Set([
          SMOKE_TEST,
          ...(backup ? BACKUP_SCRIPTS : []),
          ...serverScripts(settings),
          ...(settings.mode === 'cluster' ? MISHARDS_SCRIPTS : []),
          ...(mysql ? MYSQL_SCRIPTS : []),
        ]),
      ],
    });

    this.serverConfigs = new ServerConfigs(this, 'ServerConfigs', {
      settings,
      metadata: { name: names.cluster, ...this.metadata() },
    });
    const tls = s3OverTls(settings);
    if (tls !== undefined) {
      this.s3Tls = new S3Tls(this, 'S3Tls', {
        s3: tls,
        metadata: { name: names.s3Tls, ...this.metadata() },
      });
    }
    const { extraConfigFiles } = settings.milvus;
    if (Object.keys(extraConfigFiles).length > 0) {
      this.extraConfig = apiObject(
        this,
        'ExtraConfig',
        k8s.KubeConfigMap.manifest({
          metadata: { name: names.extraConfig, ...this.metadata() },
          data: { ...extraConfigFiles },
        }),
      );
    }

    if (settings.minio !== undefined && s3 !== undefined) {
      this.minio = new Minio(this, 'Minio', { settings, names, minio: settings.minio, s3 });
    }
    if (mysql !== undefined) this.mysql = new Mysql(this, 'Mysql', { settings, names, mysql });
    this.writable = new WritableNode(this, 'Writable', {
      settings,
      names,
      serverConfig: this.serverConfigs.writable,
    });
    // A cluster always has a database; SQLite is for a standalone server.
    if (this.serverConfigs.readonly !== undefined && database !== undefined) {
      this.readonly = new ReadonlyNodes(this, 'Readonly', {
        settings,
        names,
        serverConfig: this.serverConfigs.readonly,
      });
      this.mishards = new Mishards(this, 'Mishards', {
        settings,
        names,
        database,
        writable: this.writable,
        readers: this.readonly,
      });
    }
    this.scripts = this.mishards === undefined ? [scripts] : [scripts, this.mishards.modules];
    if (settings.admin !== undefined) {
      this.admin = new Admin(this, 'Admin', { settings, names, admin: settings.admin });
    }

    if (backup !== undefined && database !== undefined) {
      const props = { settings, names, backup, database };
      this.backup = new Backup(this, 'Backup', props);
      if (backup.restore !== undefined) this.restore = new Restore(this, 'Restore', props);
      const { schedule } = backup.verify;
      if (schedule !== undefined) {
        this.backupVerification = new BackupVerification(this, 'BackupVerification', props, schedule);
      }
    }
    this.monitoring = new Monitoring(this, 'Monitoring', { settings, names });
    if (settings.smokeTest.schedule !== undefined) {
      this.canary = new SmokeTest(this, 'Canary', { settings, names }, settings.smokeTest.schedule);
    }
  }

  private metadata() {
    const { labels, annotations } = this.settings;
    return { labels: { ...labels, ...objectLabels(this.settings) }, annotations: { ...annotations } };
  }

  private credentials(id: string, secret: SecretInUse | undefined): ApiObject | undefined {
    if (secret === undefined) return undefined;
    const { credentials } = secret;
    const metadata = { name: credentials.secretName, ...this.metadata() };
    return new Credentials(this, id, { metadata, credentials }).object;
  }
}

/** How a message names a cluster. */
function sourceOf(id: string): string {
  return `MilvusCluster "${id}"`;
}

/** What the clusters of an App own: two that share names or a bucket would overwrite each other. */
function ownersIn({ node: { root } }: Construct): Owners {
  const owners = new Owners();
  for (const { node, settings } of root.node.findAll().filter(MilvusCluster.isMilvusCluster)) {
    owners.take(sourceOf(node.id), settings);
  }
  return owners;
}
