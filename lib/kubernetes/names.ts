/**
 * The names of a cluster's objects. They are a public contract: clients, firewall rules and volumes depend on them, and
 * those of the workloads, Services and the MySQL Secret are the Helm chart's. The longest ending decides LONGEST_NAME.
 */
export class Names {
  /** Mishards' Service, which clients use, and the ConfigMap with the server configurations. */
  public readonly cluster: string;
  public readonly mishards: string;
  public readonly readonly: string;
  /** Headless Service of the readers, which discovery resolves. */
  public readonly readonlyDiscovery: string;
  public readonly writable: string;
  public readonly writableWal: string;
  /** Scripts that init containers run. */
  public readonly scripts: string;
  public readonly mysql: string;
  public readonly mysqlHeadless: string;
  public readonly mysqlConfiguration: string;
  public readonly mysqlInitialization: string;
  /** The claim of the vectors without S3, as the chart calls it. */
  public readonly storage: string;
  /** The claim of the log files, as the chart calls it. */
  public readonly logs: string;
  /** What the proxies that speak TLS to S3 read. */
  public readonly s3Tls: string;
  /** Files for containers that the configuration adds. */
  public readonly extraConfig: string;
  public readonly admin: string;
  public readonly dashboard: string;
  public readonly minio: string;
  public readonly minioHeadless: string;
  public readonly backup: string;
  public readonly restore: string;
  public readonly backupVerify: string;
  public readonly backupList: string;
  public readonly smokeTest: string;
  public readonly export: string;
  public readonly import: string;

  /** @param mysql name of MySQL's objects, which a release of the chart may call otherwise */
  public constructor(name: string, mysql = `${name}-mysql`) {
    this.cluster = name;
    this.mishards = `${name}-mishards`;
    this.readonly = `${name}-readonly`;
    this.readonlyDiscovery = `${name}-readonly-discovery`;
    this.writable = `${name}-writable`;
    this.writableWal = `${name}-writable-wal`;
    this.scripts = `${name}-scripts`;
    this.mysql = mysql;
    this.mysqlHeadless = `${mysql}-headless`;
    this.mysqlConfiguration = `${mysql}-configuration`;
    this.mysqlInitialization = `${mysql}-initialization`;
    this.storage = name;
    this.logs = `${name}-logs`;
    this.s3Tls = `${name}-s3-tls`;
    this.extraConfig = `${name}-extra-config`;
    this.admin = `${name}-admin`;
    this.dashboard = `${name}-dashboard`;
    this.minio = `${name}-minio`;
    this.minioHeadless = `${name}-minio-headless`;
    this.backup = `${name}-backup`;
    this.restore = `${name}-restore`;
    this.backupVerify = `${name}-verify-backup`;
    this.backupList = `${name}-list-backups`;
    this.smokeTest = `${name}-smoke-test`;
    this.export = `${name}-export`;
    this.import = `${name}-import`;
  }

  /** The Job that restores a backup which the configuration names. */
  public restoreOf(backup: string): string {
    return `${this.restore}-${backup.toLowerCase()}`;
  }

  /** The names of a configured cluster's objects. */
  public static of({
    name,
    mysql,
  }: {
    readonly name: string;
    readonly mysql?: { readonly name: string };
  }): Names {
    return new Names(name, mysql?.name);
  }
}
