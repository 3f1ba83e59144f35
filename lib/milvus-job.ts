import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { settingsOf } from './config';
import type { MilvusConfig } from './config/milvus-config';
import type { Settings } from './config/settings';
import { Names } from './kubernetes/names';
import type { PartProps } from './kubernetes/part';
import { Restore } from './metadata/backup';
import { SmokeTest } from './operations/smoke-test';

/** What a Job of a cluster is called in the file that holds it. */
export type JobName = 'smoke-test' | 'restore';

const JOBS: Readonly<Record<JobName, (chart: Chart, props: PartProps) => unknown>> = {
  'smoke-test': (chart, props) => new SmokeTest(chart, 'SmokeTest', props),
  restore: (chart, props) => {
    const { backup, database } = props.settings;
    if (backup === undefined || database === undefined)
      throw new Error('a cluster without backups has no restore');
    return new Restore(chart, 'Restore', { ...props, backup, database });
  },
};

/**
 * A Job that a person starts, as a chart of its own: it must not be where `kubectl apply` would take it along. It uses
 * the scripts and Secrets of a MilvusCluster of the same configuration.
 */
export class MilvusJob extends Chart {
  /**
   * @param name which Job
   * @param config the configuration of the cluster
   * @throws ConfigurationError with every problem of the configuration
   */
  public constructor(scope: Construct, id: string, name: JobName, config: MilvusConfig | Settings) {
    const settings = settingsOf(config, `MilvusJob "${id}"`);
    super(scope, id, { namespace: settings.namespace, disableResourceNameHashes: true });
    JOBS[name](this, { settings, names: Names.of(settings) });
  }

  /** The Jobs that a cluster has: the restore only with backups. */
  public static namesFor({ backup }: Settings): readonly JobName[] {
    return backup !== undefined ? ['smoke-test', 'restore'] : ['smoke-test'];
  }
}
