import { type ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { settingsOf } from './config';
import type { MilvusConfig } from './config/milvus-config';
import { ConfigurationError, type Problem } from './config/problems';
import { isStopped, type Settings } from './config/settings';
import { movesOf } from './inventory/components';
import { Names } from './kubernetes/names';
import type { PartProps } from './kubernetes/part';
import { BackupList, BackupVerification, Restore } from './metadata/backup';
import { Export, exportStorage, Import, type RunOptions } from './operations/export';
import { SmokeTest } from './operations/smoke-test';

/** What a Job of a cluster is called in the file that holds it. */
export type JobName = 'smoke-test' | 'restore' | 'verify-backup' | 'list-backups' | 'export' | 'import';

const BACKUP_JOBS = {
  restore: { id: 'Restore', Job: Restore },
  'verify-backup': { id: 'BackupVerification', Job: BackupVerification },
  'list-backups': { id: 'BackupList', Job: BackupList },
} as const;

/**
 * A Job that a person starts, as a chart of its own: it must not be where `kubectl apply` would take it along. It uses
 * the scripts and Secrets of a MilvusCluster of the same configuration.
 */
export class MilvusJob extends Chart {
  /** The Job, to be patched. */
  public readonly job: ApiObject;

  /**
   * @param name which Job
   * @param config the configuration of the cluster
   * @param run of an export or import: what is otherwise than by default
   * @throws ConfigurationError with every problem of the configuration, or when the cluster has no such Job
   */
  public constructor(
    scope: Construct,
    id: string,
    name: JobName,
    config: MilvusConfig | Settings,
    run?: RunOptions,
  ) {
    const source = `MilvusJob "${id}"`;
    const settings = settingsOf(config, source);
    const names = MilvusJob.allFor(settings, run);
    if (!names.includes(name)) {
      const problem: Problem = {
        path: 'name',
        given: JSON.stringify(name),
        expected: `a Job of this cluster: ${names.join(', ')}`,
        fix: 'A restore needs backup.enabled, as do verify-backup and list-backups; an export MySQL, and S3 or a claim.',
      };
      throw new ConfigurationError([{ source, problems: [problem] }]);
    }
    super(scope, id, { namespace: settings.namespace, disableResourceNameHashes: true });
    this.job = this.jobOf(name, { settings, names: Names.of(settings) }, run);
    this.node.defaultChild = this.job;
  }

  private jobOf(name: JobName, props: PartProps, run: RunOptions | undefined): ApiObject {
    const { backup, database } = props.settings;
    if (name === 'import') return new Import(this, 'Import', { ...props, run }).job;
    if (name !== 'smoke-test' && database !== undefined) {
      if (name === 'export') return new Export(this, 'Export', { ...props, database, run }).job;
      const { id, Job } = BACKUP_JOBS[name];
      if (backup !== undefined) return new Job(this, id, { ...props, backup, database }).job;
    }
    return new SmokeTest(this, 'SmokeTest', props).job;
  }

  /** The Jobs that a cluster has beside its manifest: those of backups only with backups, the restore only if it is not in the manifest. */
  public static namesFor(settings: Settings): readonly JobName[] {
    return [
      'smoke-test',
      ...(settings.backup === undefined || isStopped(settings) ? [] : (['restore'] as const)),
      ...(settings.backup === undefined ? [] : (['verify-backup', 'list-backups'] as const)),
    ];
  }

  /**
   * Those that bring their program along and are made when they are wanted: export and import, with S3.
   * @param run with a claim there are these two without S3 as well
   */
  public static movesFor(settings: Settings, { claim }: RunOptions = {}): readonly JobName[] {
    return claim === undefined && exportStorage(settings) === undefined ? [] : movesOf(settings);
  }

  /** All of these. */
  public static allFor(settings: Settings, run?: RunOptions): readonly JobName[] {
    return [...MilvusJob.namesFor(settings), ...MilvusJob.movesFor(settings, run)];
  }
}
