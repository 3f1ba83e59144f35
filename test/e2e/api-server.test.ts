import { spawnSync } from 'node:child_process';
import { jobsOf, manifestsOf, samples } from '../support/clusters';
import { idOf } from '../support/manifests';
import { describeOnServer } from '../support/requires';

/** What a server says about objects that it does not keep. */
describeOnServer('samples on the API server of KUBECONFIG', () => {
  const namespace = `samples-${process.pid}`;
  const kubectl = (args: readonly string[], input = '') =>
    spawnSync('kubectl', args, { encoding: 'utf8', input, maxBuffer: 2 ** 26 });
  let served: readonly string[] = [];

  beforeAll(() => {
    served = kubectl(['api-versions']).stdout.split('\n');
    // Samples that name a namespace have theirs; all go into one of our own.
    expect(kubectl(['create', 'namespace', namespace]).status).toBe(0);
  });
  afterAll(() => {
    kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  test.each(Object.entries(samples))(
    '%s',
    (_, config) => {
      const objects = [...manifestsOf(config), ...jobsOf(config)].filter(({ apiVersion }) =>
        served.includes(String(apiVersion)),
      );
      expect(objects.map(idOf)).not.toEqual([]);
      const items = objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
      const { status, stderr } = kubectl(
        ['create', '--dry-run=server', '--validate=true', '-f', '-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
      );
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    },
    60_000,
  );
});
