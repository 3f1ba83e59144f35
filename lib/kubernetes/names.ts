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
  public readonly minio: string;
  public readonly minioHeadless: string;
  public readonly backup: string;
  public readonly restore: string;
  public readonly smokeTest: string;

  public constructor(name: string) {
    this.cluster = name;
    this.mishards = `${name}-mishards`;
    this.readonly = `${name}-readonly`;
    this.readonlyDiscovery = `${name}-readonly-discovery`;
    this.writable = `${name}-writable`;
    this.writableWal = `${name}-writable-wal`;
    this.scripts = `${name}-scripts`;
    this.mysql = `${name}-mysql`;
    this.mysqlHeadless = `${name}-mysql-headless`;
    this.mysqlConfiguration = `${name}-mysql-configuration`;
    this.minio = `${name}-minio`;
    this.minioHeadless = `${name}-minio-headless`;
    this.backup = `${name}-backup`;
    this.restore = `${name}-restore`;
    this.smokeTest = `${name}-smoke-test`;
  }
}
