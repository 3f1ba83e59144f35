import { everyOption, jobsOf, manifestsOf, minimal } from '../support/clusters';
import { at, find, idOf, records } from '../support/manifests';

test('a Job that a person starts, in the image that has the client, with a script of ours', () => {
  const job = find(jobsOf(minimal), 'Job', 'milvus-test-smoke-test');
  const [container] = records(at(job, 'spec', 'template', 'spec', 'containers'));
  expect(container).toMatchObject({
    image: 'milvusdb/mishards:1.1.1',
    command: ['python3', '/opt/cdk8s-milvus/smoke_test.py'],
  });
  expect(records(container?.['env'])).toEqual(
    expect.arrayContaining([
      { name: 'MILVUS_HOST', value: 'milvus-test' },
      { name: 'MILVUS_PORT', value: '19530' },
    ]),
  );
  expect(at(find(manifestsOf(minimal), 'ConfigMap', 'milvus-test-scripts'), 'data')).toHaveProperty([
    'smoke_test.py',
  ]);
});

test('the script ends, and cleans up, before the Job is killed', () => {
  const job = find(jobsOf(everyOption('existingSecret')), 'Job', 'every-smoke-test');
  const [container] = records(at(job, 'spec', 'template', 'spec', 'containers'));
  expect(job).toMatchObject({ spec: { activeDeadlineSeconds: 300, backoffLimit: 0 } });
  expect(records(container?.['env'])).toContainEqual({ name: 'DEADLINE_SECONDS', value: '240' });
});

test('on a schedule it is a canary in the cluster', () => {
  const canary = find(manifestsOf(everyOption('existingSecret')), 'CronJob', 'every-smoke-test');
  expect(canary).toMatchObject({ spec: { schedule: '*/30 * * * *', concurrencyPolicy: 'Forbid' } });
  expect(manifestsOf(minimal).map(idOf)).not.toContain('CronJob/milvus-test-smoke-test');
});
