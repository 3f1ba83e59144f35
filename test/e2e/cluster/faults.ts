import type { MilvusConfig } from '../../../lib';
import type { CauseKind } from '../../../lib/live/causes';
import type { Cluster } from './cluster';
import { pause } from './pause';
import { NAME } from './plan';

/** Something that goes wrong, and what `status` has to call it. */
export interface Fault {
  readonly what: string;
  readonly is: CauseKind;
  readonly provoke: (cluster: Cluster) => Promise<unknown>;
  /** What an apply of the configuration does not mend. @default - nothing */
  readonly mend?: (cluster: Cluster) => Promise<unknown>;
  /** Whether no search may fail, since readers of before serve on. @default false */
  readonly searchesGoOn?: boolean;
  /** Where it is looked for. @default - the namespace of the suite */
  readonly namespace?: string;
}

const READERS = `deployment/${NAME}-readonly`;
/** An address that nobody has (RFC 5737). */
const NOWHERE = '192.0.2.1';

type PodTemplate = NonNullable<NonNullable<MilvusConfig['readonly']>['podTemplate']>;
type PodSpec = NonNullable<PodTemplate['spec']>;

/** Readers alone are changed: the old ones stay, and searches go on. */
const readers = (more: NonNullable<MilvusConfig['readonly']>) => async (cluster: Cluster) =>
  await cluster.apply({ readonly: { ...cluster.config.readonly, ...more } });
const pods = (spec: PodSpec) => readers({ podTemplate: { spec } });
const volume = (source: object) => pods({ volumes: [{ name: 'fault', ...source }] });
/** Beside the server, as restricted as all others. */
const beside = (container: object) =>
  pods({
    containers: [
      {
        name: 'fault',
        image: 'rclone/rclone:1.68.2',
        securityContext: {
          allowPrivilegeEscalation: false,
          runAsNonRoot: true,
          runAsUser: 10001,
          capabilities: { drop: ['ALL'] },
        },
        resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
        ...container,
      },
    ],
  });
const create = (cluster: Cluster, object: object) =>
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify(object));
const without = (what: string) => (cluster: Cluster) =>
  cluster.kubectl(['delete', what, '--ignore-not-found']);
const oneReaderLess = async (cluster: Cluster) => {
  const [pod = ''] = await cluster.pods('readonly');
  await cluster.kubectl(['delete', pod]);
};

/** Of the namespace, and a reader that is to come anew. */
const limit = (kind: string, spec: object): Omit<Fault, 'what' | 'is'> => ({
  provoke: async (cluster) => {
    await create(cluster, { apiVersion: 'v1', kind, metadata: { name: 'fault' }, spec });
    await pause(5); // until it is known, and has counted what there is
    await oneReaderLess(cluster);
  },
  mend: without(`${kind.toLowerCase()}/fault`),
});

/** What a Secret had, so that it has it again. */
const kept = new Map<string, string>();
const patch = (cluster: Cluster, secret: string, change: object) =>
  cluster.kubectl(['patch', 'secret', secret, '--patch-file', '/dev/stdin'], JSON.stringify(change));
const withSecret = (name: string, key: string, value: string): Omit<Fault, 'what' | 'is'> => ({
  searchesGoOn: true,
  provoke: async (cluster) => {
    const path = `jsonpath={.data.${key}}`;
    kept.set(key, await cluster.kubectl(['get', 'secret', name, '--output', path]));
    await patch(cluster, name, { stringData: { [key]: value } });
    await cluster.kubectl(['rollout', 'restart', READERS]);
  },
  mend: async (cluster) => {
    await patch(cluster, name, { data: { [key]: kept.get(key)?.trim() } });
    await cluster.kubectl(['rollout', 'restart', READERS]);
  },
});

/** What a person may do to a cluster. A lost node, a full disk and a slow registry are not here: they are not made by kubectl. */
export const FAULTS: readonly Fault[] = [
  {
    what: 'looked for in another namespace',
    is: 'it-is-in-another-namespace',
    provoke: async () => {},
    namespace: 'default',
  },
  {
    what: 'a Deployment that is not there',
    is: 'nothing-is-applied',
    provoke: without(`deployment/${NAME}-mishards`),
  },
  {
    what: 'readers that are scaled to 0',
    is: 'a-workload-is-stopped',
    provoke: (cluster) => cluster.kubectl(['scale', READERS, '--replicas=0']),
  },
  {
    what: 'a pod of MySQL with a mistake that was corrected',
    is: 'an-old-pod-is-kept',
    provoke: async (cluster) => {
      const podTemplate = { spec: { nodeSelector: { 'example.com/none': 'true' } } };
      await cluster.apply({ mysql: { ...cluster.config.mysql, podTemplate } });
      await pause(30); // until the pod with the mistake is there
      await cluster.apply();
    },
    mend: without(`pod/${NAME}-mysql-0`),
  },
  {
    what: 'a Secret that is missing',
    is: 'a-secret-is-missing',
    provoke: volume({ secret: { secretName: 'nope' } }),
  },
  {
    what: 'a Secret with other keys',
    is: 'a-secret-has-other-keys',
    provoke: beside({
      env: [{ name: 'FAULT', valueFrom: { secretKeyRef: { name: `${NAME}-s3`, key: 'nope' } } }],
    }),
  },
  {
    what: 'a Secret with an empty key',
    is: 'a-credential-can-not-be-used',
    ...withSecret(`${NAME}-s3`, 'secret-key', ''),
  },
  {
    what: 'a secret key of S3 that is wrong',
    is: 's3-refuses',
    ...withSecret(`${NAME}-s3`, 'secret-key', 'wrong'),
  },
  {
    what: 'a password of MySQL that is wrong',
    is: 'mysql-refuses-the-login',
    ...withSecret(`${NAME}-mysql`, 'mysql-password', 'wrong'),
  },
  {
    what: 'an image that is not there',
    is: 'an-image-can-not-be-pulled',
    provoke: beside({ image: 'registry.invalid/nope:1' }),
  },
  {
    what: 'more CPUs than any node has',
    is: 'no-node-has-room',
    provoke: readers({ resources: { requests: { cpu: '1000' }, limits: { cpu: '1000' } } }),
  },
  {
    what: 'a node that is not there',
    is: 'no-node-has-room',
    provoke: pods({ nodeSelector: { 'example.com/none': 'true' } }),
  },
  {
    what: 'a quota',
    is: 'the-quota-is-used-up',
    ...limit('ResourceQuota', { hard: { pods: '1' } }),
  },
  {
    what: 'a LimitRange',
    is: 'the-pods-are-refused',
    ...limit('LimitRange', { limits: [{ type: 'Container', max: { memory: '128Mi' } }] }),
  },
  {
    what: 'what Pod Security forbids',
    is: 'the-pods-are-refused',
    provoke: volume({ hostPath: { path: '/tmp' } }),
  },
  {
    what: 'a ServiceAccount that is missing',
    is: 'the-pods-are-refused',
    provoke: pods({ serviceAccountName: 'nope' }),
  },
  {
    what: 'a PriorityClass that is missing',
    is: 'the-pods-are-refused',
    provoke: pods({ priorityClassName: 'nope' }),
  },
  {
    what: 'a claim that is missing',
    is: 'a-claim-has-no-volume',
    provoke: volume({ persistentVolumeClaim: { claimName: 'nope' } }),
  },
  {
    what: 'a StorageClass that is missing',
    is: 'a-storageclass-is-missing',
    provoke: async (cluster) => {
      await create(cluster, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'fault', labels: { 'app.kubernetes.io/instance': NAME } },
        spec: {
          storageClassName: 'nope',
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '1Gi' } },
        },
      });
      await volume({ persistentVolumeClaim: { claimName: 'fault' } })(cluster);
    },
    mend: async (cluster) => {
      // Once no pod has it any more.
      await cluster.apply();
      await cluster.deploymentDone('readonly');
      await without('persistentvolumeclaim/fault')(cluster);
    },
  },
  {
    what: 'a ConfigMap that is missing',
    is: 'a-container-does-not-start',
    provoke: volume({ configMap: { name: 'nope' } }),
  },
  {
    what: 'a program that is not in the image',
    is: 'a-container-does-not-start',
    provoke: beside({ command: ['/nope'] }),
  },
  {
    what: 'a container that ends',
    is: 'the-server-ends-again-and-again',
    provoke: beside({ command: ['sh', '-c', 'echo what it says at last; exit 3'] }),
  },
  {
    what: 'less memory than the server needs',
    is: 'out-of-memory',
    provoke: (cluster) =>
      cluster.kubectl([
        'set',
        'resources',
        READERS,
        '--containers=milvus',
        '--limits=memory=48Mi',
        '--requests=memory=48Mi',
      ]),
  },
  {
    what: 'a DNS that does not answer',
    is: 'a-name-does-not-resolve',
    provoke: pods({ dnsPolicy: 'None', dnsConfig: { nameservers: [NOWHERE] } }),
  },
  {
    what: 'a network that does not let through',
    is: 'something-does-not-answer',
    provoke: pods({ hostAliases: [{ ip: NOWHERE, hostnames: [`${NAME}-mysql`] }] }),
  },
];
