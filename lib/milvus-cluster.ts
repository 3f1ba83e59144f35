import { type ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { settingsOf } from './config';
import type { MilvusConfig } from './config/milvus-config';
import type { Settings } from './config/settings';
import { Credentials } from './kubernetes/credentials';
import { objectLabels } from './kubernetes/labels';
import { Names } from './kubernetes/names';
import { Scripts } from './kubernetes/scripts';
import { BACKUP_SCRIPTS, Backup } from './metadata/backup';
import { MYSQL_SCRIPTS, Mysql } from './metadata/mysql';
import { MISHARDS_SCRIPTS, Mishards } from './milvus/mishards';
import { ReadonlyNodes } from './milvus/readonly';
import { ServerConfigs } from './milvus/server-config';
import { SERVER_SCRIPTS } from './milvus/server-pod';
import { WritableNode } from './milvus/writable';
import { SMOKE_TEST, SmokeTest } from './operations/smoke-test';
import { Minio } from './storage/minio';

/**
 * A Milvus 1.1.1 cluster with S3 storage, as one chart.
 *
 * A request goes from the client to mishards, which sends searches to the readonly servers and everything else to the
 * writable. Both kinds of server keep their metadata in MySQL and their vectors in the S3 bucket.
 *
 * The parts are there to be patched: `cluster.writable.deployment.addJsonPatch(...)`, with the real field names.
 */
export class MilvusCluster extends Chart {
  /** The configuration with all defaults filled in. */
  public readonly settings: Settings;
  /** Names of the cluster's objects. */
  public readonly names: Names;
  /** The proxy, and the Service that clients connect to. */
  public readonly mishards: Mishards;
  /** The servers that search. */
  public readonly readonly: ReadonlyNodes;
  /** The server that writes. */
  public readonly writable: WritableNode;
  /** The metadata server; unset with an external MySQL. */
  public readonly mysql?: Mysql;
  /** The embedded S3 storage; unset with one that exists. */
  public readonly minio?: Minio;
  /** The regular dumps of the metadata; unset unless enabled. */
  public readonly backup?: Backup;
  /** The smoke test on a schedule; unset without one. */
  public readonly canary?: SmokeTest;
  /** The ConfigMap with the server configurations, without credentials. */
  public readonly serverConfigs: ServerConfigs;
  /** The Secret or ExternalSecret of the S3 keys; unset when an existing Secret is used. */
  public readonly s3Secret?: ApiObject;
  /** The Secret or ExternalSecret of the S3 keys for backups; unset when an existing Secret is used. */
  public readonly backupSecret?: ApiObject;
  /** The Secret or ExternalSecret of the MySQL passwords; unset when an existing Secret is used. */
  public readonly mysqlSecret?: ApiObject;

  /**
   * @param id id of the chart; with an ordinary cdk8s App also the name of its file
   * @param config the configuration of the cluster, or settings that loadClusters() returned
   * @throws ConfigurationError with every problem of the configuration
   */
  public constructor(scope: Construct, id: string, config: MilvusConfig | Settings) {
    const settings = settingsOf(config, `MilvusCluster "${id}"`);
    super(scope, id, { namespace: settings.namespace, disableResourceNameHashes: true });
    this.settings = settings;
    const names = new Names(settings.name);
    this.names = names;

    // The document order is the apply order: what pods need comes first.
    this.s3Secret = this.credentials('S3Credentials', settings.s3.credentials);
    // With credentials of its own; otherwise they are those of the cluster's S3.
    if (settings.backup.enabled && settings.backup.s3.credentials !== settings.s3.credentials) {
      this.backupSecret = this.credentials('BackupCredentials', settings.backup.s3.credentials);
    }
    this.mysqlSecret = this.credentials(
      'MysqlCredentials',
      settings.mysql?.credentials ?? settings.database.credentials,
    );
    new Scripts(this, 'Scripts', {
      name: names.scripts,
      ...this.metadata(),
      files: [
        ...new Set([
          SMOKE_TEST,
          ...(settings.backup.enabled ? BACKUP_SCRIPTS : []),
          ...SERVER_SCRIPTS,
          ...MISHARDS_SCRIPTS,
          ...(settings.mysql ? MYSQL_SCRIPTS : []),
        ]),
      ],
    });

    this.serverConfigs = new ServerConfigs(this, 'ServerConfigs', {
      settings,
      metadata: { name: names.cluster, ...this.metadata() },
    });

    if (settings.minio !== undefined) {
      this.minio = new Minio(this, 'Minio', { settings, names, minio: settings.minio });
    }
    if (settings.mysql !== undefined) {
      this.mysql = new Mysql(this, 'Mysql', { settings, names, mysql: settings.mysql });
    }
    this.writable = new WritableNode(this, 'Writable', {
      settings,
      names,
      serverConfig: this.serverConfigs.writable,
    });
    this.readonly = new ReadonlyNodes(this, 'Readonly', {
      settings,
      names,
      serverConfig: this.serverConfigs.readonly,
    });
    this.mishards = new Mishards(this, 'Mishards', {
      settings,
      names,
      writable: this.writable,
      readers: this.readonly,
    });

    if (settings.backup.enabled) this.backup = new Backup(this, 'Backup', { settings, names });
    if (settings.smokeTest.schedule !== undefined) {
      this.canary = new SmokeTest(this, 'Canary', { settings, names }, settings.smokeTest.schedule);
    }
  }

  private metadata() {
    const { name, labels, annotations } = this.settings;
    return { labels: { ...labels, ...objectLabels(name) }, annotations: { ...annotations } };
  }

  private credentials<Key extends string>(
    id: string,
    credentials: ConstructorParameters<typeof Credentials<Key>>[2]['credentials'],
  ): ApiObject | undefined {
    const metadata = { name: credentials.secretName, ...this.metadata() };
    return new Credentials(this, id, { metadata, credentials }).object;
  }
}
