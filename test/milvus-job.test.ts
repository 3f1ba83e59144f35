import { ApiObject, App, JsonPatch } from 'cdk8s';
import { type JobName, MilvusJob } from '../lib';
import { manifestsOf, minimal } from './support/clusters';
import { at, fields, type Manifest, records } from './support/manifests';

test.each<JobName>(['smoke-test', 'restore', 'verify-backup', 'list-backups', 'export', 'import'])(
  '%s: the Job is there to be patched',
  (name) => {
    const config = { ...minimal, backup: { enabled: true } };
    const chart = new MilvusJob(new App(), 'job', name, config);
    expect(ApiObject.of(chart)).toBe(chart.job);
    chart.job.addJsonPatch(JsonPatch.add('/spec/template/spec/runtimeClassName', 'gvisor'));
    const manifest = (chart.toJson() as Manifest[]).at(-1);
    expect(manifest).toMatchObject({ kind: 'Job', metadata: { name: `milvus-test-${name}` } });
    expect(at(manifest, 'spec', 'template', 'spec', 'runtimeClassName')).toBe('gvisor');
  },
);

test('an export brings its program along, which no cluster has for a Job that it seldom runs', () => {
  const [scripts, job] = new MilvusJob(new App(), 'job', 'export', minimal).toJson() as Manifest[];
  expect(scripts).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'milvus-test-export' } });
  const [volume] = records(at(job, 'spec', 'template', 'spec', 'volumes'));
  expect(volume).toMatchObject({ configMap: { name: 'milvus-test-export' } });
  const mounted = records(at(volume, 'configMap', 'items')).map(({ key }) => key);
  expect(Object.keys(fields(at(scripts, 'data'))).sort()).toEqual(mounted.sort());
  expect(JSON.stringify(manifestsOf(minimal))).not.toContain('milvus_export.py');
});

test.each(['restore', 'smoke', 'constructor'])('%s: a Job that this cluster does not have', (name) => {
  expect(() => new MilvusJob(new App(), 'job', name as JobName, minimal)).toThrow(
    `MilvusJob "job": 1 problem\n  - name: given "${name}"; expected a Job of this cluster: smoke-test, export, import\n    A restore needs backup.enabled, as do verify-backup and list-backups; an export MySQL, and S3 or a claim.`,
  );
});
