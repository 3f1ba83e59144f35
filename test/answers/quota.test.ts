import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../lib';
import { quotas } from '../../lib/answers/quota';
import { parseQuantity } from '../../lib/config/quantities';
import { runIn } from '../cli/support';
import { at, containers, find, type Manifest, parse, podTemplates, records } from '../support/manifests';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'quota-'));
afterAll(() => rmSync(directory, { recursive: true }));

const CLUSTER = 'name: music\nnamespace: songs\ns3: { address: rgw, bucket: music }\n';
const hardOf = (config: string): unknown => {
  writeFileSync(join(directory, 'milvus.yaml'), config);
  const [quota, ...others] = quotas({ cwd: directory, env: {} });
  expect(others).toEqual([]);
  return at(quota, 'spec', 'hard');
};

test('all pods at once, one more of what rolls, and the largest Job', () => {
  // MySQL, writable, two readers, two proxies, and an import; in MiB.
  const memory = 1024 + 8 * 1024 + 2 * 7 * 1024 + 2 * 256 + 256;
  const limits = 1024 + 8 * 1024 + 2 * 7 * 1024 + 2 * 1024 + 1024;
  expect(hardOf(CLUSTER)).toEqual({
    'requests.cpu': `${250 + 500 + 2 * 500 + 2 * 250 + 250}m`,
    'requests.memory': `${memory}Mi`,
    'limits.cpu': `${1 + 2 + 2 * 2 + 2 * 2 + 2}`,
    'limits.memory': `${limits / 1024}Gi`,
    pods: '7',
    persistentvolumeclaims: '2',
    'requests.storage': '14Gi',
  });
});

test('an autoscaler may make as many as it is allowed, a CronJob one', () => {
  const scaled = `${CLUSTER}readonly: { autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 6 } }\n`;
  expect(hardOf(scaled)).toMatchObject({ pods: '12' });
  expect(hardOf(`${CLUSTER}smokeTest: { schedule: '*/10 * * * *' }\n`)).toMatchObject({ pods: '8' });
});

test('clusters of one namespace share a quota; what no container limits is not limited', async () => {
  const two = `${CLUSTER}---\n${CLUSTER.replace('name: music', 'name: films').replace('bucket: music', 'bucket: films')}`;
  expect(hardOf(two)).toMatchObject({ pods: '14', persistentvolumeclaims: '4' });
  const open = `${CLUSTER}readonly: { podTemplate: { spec: { containers: [{ name: extra, image: 'x:1' }] } } }\n`;
  expect(Object.keys(hardOf(open) as object)).toEqual(['pods', 'persistentvolumeclaims', 'requests.storage']);
  const { stdout } = await runIn(directory, ['size', '--quota', '--format', 'json']);
  expect(JSON.parse(stdout)).toMatchObject([{ kind: 'ResourceQuota', metadata: { namespace: 'songs' } }]);
});

describe('the example of tenants', () => {
  const example = (file: string) => join(ROOT, 'examples/tenants', file);
  const objects = parse(readFileSync(example('namespaces.yaml'), 'utf8'));
  const dist = join(directory, 'dist');
  synthesize({ config: example('clusters'), outdir: dist, env: {} });
  const TENANTS = ['acme', 'globex'];

  test('its quotas are those that the command prints', async () => {
    const { stdout } = await runIn(ROOT, ['size', '--quota', '-c', 'examples/tenants/clusters']);
    expect(readFileSync(example('quotas.yaml'), 'utf8')).toBe(stdout);
  });

  test.each(TENANTS)('the LimitRange of %s changes no container and refuses none', (tenant) => {
    const namespace = `tenant-${tenant}`;
    expect(find(objects, 'Namespace', namespace)).toBeDefined();
    const range = objects.find(
      ({ kind, metadata }) => kind === 'LimitRange' && metadata['namespace'] === namespace,
    ) as Manifest;
    const [limit] = records(at(range, 'spec', 'limits'));
    const files = ['', 'jobs/'].flatMap((sub) => {
      const job = sub === '' ? '' : '-smoke-test';
      return parse(
        readFileSync(join(dist, `milvus-${tenant}`, sub, `milvus-${tenant}${job}.k8s.yaml`), 'utf8'),
      );
    });
    const all = podTemplates(files).flatMap(({ spec }) => containers(spec));
    expect(all.length).toBeGreaterThan(10);
    for (const container of all) {
      for (const resource of ['cpu', 'memory']) {
        // With both given, nothing is filled in.
        const [request, most] = ['requests', 'limits'].map((kind) =>
          parseQuantity(String(at(container, 'resources', kind, resource))),
        );
        expect(request).toBeGreaterThan(0);
        expect(most).toBeLessThanOrEqual(parseQuantity(String(at(limit, 'max', resource))) ?? 0);
      }
    }
  });
});
