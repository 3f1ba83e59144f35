import { ApiObject, App, JsonPatch } from 'cdk8s';
import { type JobName, MilvusJob } from '../lib';
import { minimal } from './support/clusters';
import { at, type Manifest } from './support/manifests';

test.each<JobName>(['smoke-test', 'restore', 'verify-backup', 'list-backups', 'export', 'import'])(
  '%s: the Job is there to be patched',
  (name) => {
    const config = { ...minimal, backup: { enabled: true } };
    const chart = new MilvusJob(new App(), 'job', name, config);
    expect(ApiObject.of(chart)).toBe(chart.job);
    chart.job.addJsonPatch(JsonPatch.add('/spec/template/spec/runtimeClassName', 'gvisor'));
    const [manifest] = chart.toJson() as [Manifest];
    expect(manifest).toMatchObject({ kind: 'Job', metadata: { name: `milvus-test-${name}` } });
    expect(at(manifest, 'spec', 'template', 'spec', 'runtimeClassName')).toBe('gvisor');
  },
);

test.each(['restore', 'smoke', 'constructor'])('%s: a Job that this cluster does not have', (name) => {
  expect(() => new MilvusJob(new App(), 'job', name as JobName, minimal)).toThrow(
    `MilvusJob "job": 1 problem\n  - name: given "${name}"; expected a Job of this cluster: smoke-test, export, import\n    A restore needs backup.enabled, as do verify-backup and list-backups; an export MySQL, and S3 or a claim.`,
  );
});
