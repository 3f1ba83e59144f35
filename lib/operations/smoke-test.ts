import type { ApiObject } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-25';
import type { Construct } from 'constructs';
import { isStopped } from '../config/settings';
import { cronJob, type JobProps, job, STARTED_BY_HAND } from '../kubernetes/jobs';
import { Part, type PartProps } from '../kubernetes/part';
import { containerSecurity, emptyDir, podOf, resourceRequirements } from '../kubernetes/pod';
import { Scripts } from '../kubernetes/scripts';

export const SMOKE_TEST = 'mishards/smoke_test.py';

/** Seconds between the script's own end, which cleans up, and that of the Job, which does not. */
const CLEAN_UP_SECONDS = 60;

/**
 * "Hello Milvus" as a check: creates a collection of a random name, inserts, flushes, indexes, searches, compares and
 * drops it. A right answer proves the way through mishards, the writable, MySQL, S3 and a reader.
 */
export class SmokeTest extends Part {
  /** The Job, or the CronJob. */
  public readonly job: ApiObject;

  /** @param schedule when it runs; undefined for a Job that a person starts */
  public constructor(scope: Construct, id: string, { settings, names }: PartProps, schedule?: string) {
    super(scope, id, settings, 'smoke-test');
    const { smokeTest, images, imagePullPolicy, podTemplates, service } = settings;
    const container: k8s.Container = {
      name: 'smoke-test',
      image: images.mishards,
      imagePullPolicy,
      command: ['python3', Scripts.path(SMOKE_TEST)],
      env: [
        { name: 'MILVUS_HOST', value: names.cluster },
        { name: 'MILVUS_PORT', value: String(service.port) },
        ...(settings.mode === 'standalone' ? [{ name: 'MILVUS_MODE', value: settings.mode }] : []),
        { name: 'DEADLINE_SECONDS', value: String(smokeTest.timeoutSeconds - CLEAN_UP_SECONDS) },
        { name: 'PYTHONDONTWRITEBYTECODE', value: '1' },
        { name: 'PYTHONUNBUFFERED', value: '1' },
      ],
      resources: resourceRequirements(smokeTest.resources),
      securityContext: containerSecurity(),
      terminationMessagePolicy: 'FallbackToLogsOnError',
      volumeMounts: [Scripts.mount(), { name: 'tmp', mountPath: '/tmp' }],
    };
    const props: JobProps = {
      metadata: this.metadata(names.smokeTest, {
        annotations: { ...(schedule === undefined ? STARTED_BY_HAND : {}), ...smokeTest.annotations },
      }),
      timeoutSeconds: smokeTest.timeoutSeconds,
      retries: 0,
    };
    this.job = this.workload(
      schedule === undefined ? job(props) : cronJob({ ...props, schedule, suspend: isStopped(settings) }),
      podOf({
        patches: podTemplates.smokeTest,
        selectorLabels: this.selectorLabels,
        restartPolicy: 'Never',
        containers: [container],
        volumes: [Scripts.volume(names.scripts, [SMOKE_TEST]), emptyDir('tmp', '64Mi')],
      }),
    );
  }
}
