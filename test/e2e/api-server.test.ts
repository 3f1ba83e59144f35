import { spawnSync } from 'node:child_process';
import type { MilvusConfig } from '../../lib';
import { jobsOf, manifestsOf, minimal, samples } from '../support/clusters';
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

/** Whoever goes from one way of applying to the other, as with a move to Argo CD or Flux, meets no conflict. */
describeOnServer('client side and server side apply on the API server of KUBECONFIG', () => {
  const CLIENT_SIDE = ['apply', '--validate=true'];
  const SERVER_SIDE = ['apply', '--server-side'];
  /** Two StatefulSets, a CronJob, a Role, an autoscaler, and what a user adds. */
  const more: MilvusConfig = {
    name: 'milvus-test',
    s3: { embedded: true, bucket: 'milvus-test' },
    backup: { enabled: true },
    readonly: {
      autoscaling: { enabled: true, maxReplicas: 3 },
      podTemplate: {
        spec: {
          containers: [
            {
              name: 'milvus',
              env: [
                { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
                { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
              ],
            },
          ],
        },
      },
    },
    mishards: { discovery: 'kubernetes' },
  };

  test.each([
    ['minimal, client side first', minimal, [CLIENT_SIDE, SERVER_SIDE, CLIENT_SIDE, SERVER_SIDE]],
    ['minimal, server side first', minimal, [SERVER_SIDE, CLIENT_SIDE, SERVER_SIDE, CLIENT_SIDE]],
    ['more, client side first', more, [CLIENT_SIDE, SERVER_SIDE, CLIENT_SIDE]],
    ['more, server side first', more, [SERVER_SIDE, CLIENT_SIDE, SERVER_SIDE]],
  ])(
    '%s',
    (name, config, ways) => {
      const namespace = `${name.replaceAll(/\W+/g, '-')}-${process.pid}`;
      const kubectl = (args: readonly string[], input = '') => {
        const { status, stdout, stderr } = spawnSync('kubectl', args, { encoding: 'utf8', input });
        expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' });
        return stdout;
      };
      const served = kubectl(['api-versions']).split('\n');
      const items = manifestsOf(config)
        .filter(({ apiVersion, kind }) => served.includes(apiVersion) && kind !== 'Namespace')
        .map((object) => ({ ...object, metadata: { ...object.metadata, namespace } }));
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
      kubectl(['create', 'namespace', namespace]);
      try {
        for (const way of ways) kubectl([...way, '-f', '-'], list);
        kubectl(['diff', '-f', '-'], list);
        kubectl(['diff', '--server-side', '-f', '-'], list);
        const again = kubectl([...CLIENT_SIDE, '-f', '-'], list)
          .trim()
          .split('\n');
        expect(again.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
        expect(again).toHaveLength(items.length);
      } finally {
        kubectl(['delete', 'namespace', namespace, '--wait=false']);
      }
    },
    120_000,
  );
});
