import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorOf, CAUSE_KINDS, type Cause, type CauseKind, mends } from '../../lib/live/causes';
import type { LiveObject } from '../../lib/live/objects';
import { age, paint, screen, table } from '../../lib/live/print';
import { CANARIES, minimal } from '../support/clusters';
import { HOUR_AGO, LiveCluster, NOW, SECONDS_AGO } from '../support/live-cluster';
import { ROOT } from '../support/project';

const config = { ...minimal, readonly: { replicas: 2 }, backup: { enabled: true } };
const N = 'milvus-test';
const waiting = (reason: string, message = '') => ({ state: { waiting: { reason, message } } });
const ended = (message: string, exitCode = 1, reason = 'Error') => ({
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode, reason, message } },
  restartCount: 3,
});
const running = { state: { running: { startedAt: SECONDS_AGO } } };

interface Fault {
  readonly what: string;
  readonly is: CauseKind;
  readonly make: (cluster: LiveCluster) => void;
  /** Words that its line has. */
  readonly words: readonly string[];
}

const podPending = (cluster: LiveCluster, workload: string, message: string, kind = 'Deployment') => {
  cluster.unready(workload, kind, {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
  });
};

/** Each with the words that the kubelet, the scheduler, the controllers, our scripts and Milvus use. */
const FAULTS: readonly Fault[] = [
  {
    what: 'nothing applied',
    is: 'nothing-is-applied',
    make: (cluster) => {
      cluster.objects = [];
    },
    words: ['kubectl -n vectors apply -f dist', '-n'],
  },
  {
    what: 'one workload not applied',
    is: 'nothing-is-applied',
    make: (cluster) => {
      cluster.objects = cluster.objects.filter(({ metadata }) => !metadata.name.startsWith(`${N}-mishards`));
    },
    words: ['Deployment milvus-test-mishards is not there'],
  },
  {
    what: 'no Secret of S3',
    is: 'a-secret-is-missing',
    make: (cluster) => {
      cluster.secrets.delete(`vectors/${N}-s3`);
      cluster.broken(
        `${N}-writable`,
        's3-preflight',
        waiting('CreateContainerConfigError', `secret "${N}-s3" not found`),
      );
    },
    words: ['there is no Secret milvus-test-s3 (s3.credentials)', 'access-key and secret-key'],
  },
  {
    what: 'a Secret with other keys',
    is: 'a-secret-has-other-keys',
    make: (cluster) => {
      cluster.secrets.set(`vectors/${N}-mysql`, ['password']);
      cluster.unready(`${N}-mysql`, 'StatefulSet');
      cluster.event(
        'Pod',
        `${N}-mysql-0`,
        'FailedMount',
        'MountVolume.SetUp failed for volume "credentials" : references non-existent secret key: mysql-root-password',
      );
    },
    words: ['has no key mysql-root-password and mysql-password; it has password', 'mysql.credentials.keys'],
  },
  {
    what: 'the same, without the right to list Secrets',
    is: 'a-secret-is-missing',
    make: (cluster) => {
      cluster.forbidden = ['secrets'];
      cluster.broken(
        `${N}-writable`,
        's3-preflight',
        waiting('CreateContainerConfigError', `secret "${N}-s3" not found`),
      );
    },
    words: [`secret "${N}-s3" not found`],
  },
  {
    what: 'a StorageClass that is not there',
    is: 'a-storageclass-is-missing',
    make: (cluster) => {
      const claim = cluster.get('PersistentVolumeClaim', `data-${N}-mysql-0`);
      Object.assign(claim, { spec: { storageClassName: 'csi-rbd-sc' }, status: { phase: 'Pending' } });
      podPending(
        cluster,
        `${N}-mysql`,
        '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
        'StatefulSet',
      );
    },
    words: ['there is no StorageClass csi-rbd-sc; the cluster has fast', 'storageClassName'],
  },
  {
    what: 'no default StorageClass',
    is: 'a-storageclass-is-missing',
    make: (cluster) => {
      const claim = cluster.get('PersistentVolumeClaim', `data-${N}-mysql-0`);
      Object.assign(claim, { spec: {}, status: { phase: 'Pending' } });
      podPending(
        cluster,
        `${N}-mysql`,
        '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
        'StatefulSet',
      );
    },
    words: ['none is the default'],
  },
  {
    what: 'a volume that takes its time',
    is: 'a-claim-has-no-volume',
    make: (cluster) => {
      Object.assign(cluster.get('PersistentVolumeClaim', `data-${N}-mysql-0`), {
        status: { phase: 'Pending' },
      });
      podPending(
        cluster,
        `${N}-mysql`,
        '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
        'StatefulSet',
      );
      cluster.event('PersistentVolumeClaim', `data-${N}-mysql-0`, 'ProvisioningFailed', 'rbd: pool is full');
    },
    words: ['rbd: pool is full'],
  },
  {
    what: 'an image that is not there',
    is: 'an-image-can-not-be-pulled',
    make: (cluster) =>
      cluster.broken(
        `${N}-mishards`,
        'mishards',
        waiting('ImagePullBackOff', 'Back-off pulling image "milvusdb/mishards:1.1.1"'),
      ),
    words: ['milvusdb/mishards:1.1.1', 'imagePullSecrets'],
  },
  {
    what: 'no room for a reader',
    is: 'no-node-has-room',
    make: (cluster) => {
      cluster.nodes = [
        { kind: 'Node', metadata: { name: 'node-1' }, status: { allocatable: { cpu: '8', memory: '6Gi' } } },
        {
          kind: 'Node',
          metadata: { name: 'node-2' },
          status: { allocatable: { cpu: '100m', memory: '1Gi' } },
        },
      ];
      const pod = cluster.get('Pod', `${N}-readonly-0`) as unknown as { spec: object };
      pod.spec = {
        containers: [{ name: 'milvus', resources: { requests: { cpu: '500m', memory: '8Gi' } } }],
      };
      podPending(cluster, `${N}-readonly`, '0/2 nodes are available: 2 Insufficient memory.');
      cluster.objects = cluster.objects.filter(
        (one) => one.kind !== 'Pod' || one.metadata.name === `${N}-readonly-0`,
      );
    },
    words: ['Insufficient memory', 'node node-1 lacks 2 GiB of memory'],
  },
  {
    what: 'a quota',
    is: 'the-quota-is-used-up',
    make: (cluster) => {
      cluster.without(`${N}-readonly`);
      cluster.event(
        'ReplicaSet',
        `${N}-readonly-rs`,
        'FailedCreate',
        'Error creating: pods "x" is forbidden: exceeded quota: compute, requested: limits.memory=8Gi, used: limits.memory=6Gi, limited: limits.memory=10Gi',
      );
    },
    words: ['exceeded quota: compute', 'ResourceQuota'],
  },
  {
    what: 'Pod Security',
    is: 'the-pods-are-refused',
    make: (cluster) => {
      cluster.without(`${N}-mysql`, 'StatefulSet');
      cluster.event(
        'StatefulSet',
        `${N}-mysql`,
        'FailedCreate',
        'create Pod x in StatefulSet x failed error: pods "x" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities',
      );
    },
    words: ['violates PodSecurity', 'what the namespace enforces'],
  },
  {
    what: 'a wrong password of MySQL',
    is: 'mysql-refuses-the-login',
    make: (cluster) =>
      cluster.broken(
        `${N}-writable`,
        'wait-for-mysql',
        ended(
          `wait-for-mysql: ${N}-mysql:3306 refuses user 'milvus' with the password in Secret '${N}-mysql': correct the Secret, or set the user's password to match`,
        ),
      ),
    words: [`refuses user 'milvus'`, 'correct the Secret'],
  },
  {
    what: 'a wrong secret key of S3',
    is: 's3-refuses',
    make: (cluster) =>
      cluster.broken(
        `${N}-readonly`,
        's3-preflight',
        ended(
          `s3-preflight: the secret key in Secret '${N}-s3' does not belong to its access key, says 192.168.18.13:80: correct it`,
        ),
      ),
    words: [`the secret key in Secret '${N}-s3'`, 'correct it'],
  },
  {
    what: 'no bucket',
    is: 's3-refuses',
    make: (cluster) =>
      cluster.broken(
        `${N}-writable`,
        's3-preflight',
        ended(
          `s3-preflight: there is no bucket 'b' at 192.168.18.13:80: create it (s3cmd mb s3://b), or set createBucket: true`,
        ),
      ),
    words: ["there is no bucket 'b'", 'createBucket: true'],
  },
  {
    what: 'S3 behind a policy, while it is tried',
    is: 'something-does-not-answer',
    make: (cluster) => {
      cluster.broken(`${N}-writable`, 's3-preflight', running);
      cluster.logs[`${N}-writable-0/s3-preflight`] =
        "s3-preflight: could not list the bucket (bucket 'b' at 10.0.0.1:80): it does not answer: is the storage up, does a NetworkPolicy block it?\n";
    },
    words: ['does a NetworkPolicy block it?'],
  },
  {
    what: 'no DNS',
    is: 'a-name-does-not-resolve',
    make: (cluster) => {
      cluster.broken(`${N}-writable`, 's3-preflight', running);
      cluster.logs[`${N}-writable-0/s3-preflight`] =
        's3-preflight: waiting: the name s3.example does not resolve: DNS gives no answer\n';
    },
    words: ['s3.example does not resolve'],
  },
  {
    what: 'a password that Milvus would misread',
    is: 'a-credential-can-not-be-used',
    make: (cluster) =>
      cluster.broken(
        `${N}-writable`,
        'render-config',
        ended("render-config: the password in Secret 'x' has a ':', which Milvus 1.1.1 takes for its end"),
      ),
    words: ["has a ':'"],
  },
  {
    what: 'a volume of another user',
    is: 'a-volume-can-not-be-written',
    make: (cluster) => {
      cluster.broken(`${N}-writable`, 'milvus', ended(''));
      cluster.logs[`${N}-writable-0/milvus`] = 'starting\nsingle instance lock wal path failed.\n';
    },
    words: ['single instance lock wal path failed'],
  },
  {
    what: 'killed for its memory',
    is: 'out-of-memory',
    make: (cluster) => cluster.broken(`${N}-readonly`, 'milvus', ended('', 137, 'OOMKilled')),
    words: ['was killed', 'readonly.resources.limits.memory: ', 'readonly.cache.cacheSize: 2'],
  },
  {
    what: 'a write-ahead log of other metadata',
    is: 'the-write-ahead-log-does-not-fit',
    make: (cluster) => {
      cluster.broken(`${N}-writable`, 'milvus', ended(''));
      cluster.logs[`${N}-writable-0/milvus`] = 'Failed to open database: Wal init error!\n';
    },
    words: ['Wal init error', 'wal.recoveryErrorIgnore'],
  },
  {
    what: 'a replay that takes long',
    is: 'the-write-ahead-log-is-replayed',
    make: (cluster) =>
      cluster.broken(`${N}-writable`, 'milvus', {
        state: { running: { startedAt: new Date(NOW - 600_000).toISOString() } },
      }),
    words: ['10 min', 'startupTimeoutSeconds'],
  },
  {
    what: 'a server that ends with words of its own',
    is: 'the-server-ends-again-and-again',
    make: (cluster) => {
      cluster.broken(`${N}-writable`, 'milvus', ended(''));
      cluster.logs[`${N}-writable-0/milvus`] = 'Config check fail\nInvalid cpu cache capacity: 0\n';
    },
    words: [
      'exit code 1',
      'Invalid cpu cache capacity: 0',
      `kubectl -n vectors logs ${N}-writable-0 -c milvus --previous`,
    ],
  },
  {
    what: 'a first start of MySQL that was interrupted',
    is: 'the-first-start-of-mysql-was-interrupted',
    make: (cluster) => {
      cluster.broken(`${N}-mysql`, 'mysql', running, 'StatefulSet');
      cluster.event(
        'Pod',
        `${N}-mysql-0`,
        'Unhealthy',
        "Readiness probe failed: the first start was interrupted: root has no password, and there is no user 'milvus'. Nothing is stored yet: delete the claim of this pod and the pod, and it starts over",
      );
    },
    words: ['delete the claim of this pod'],
  },
  {
    what: 'a proxy without readers',
    is: 'the-proxy-has-no-reader',
    make: (cluster) => {
      cluster.broken(`${N}-mishards`, 'mishards', running);
      cluster.logs[`${N}-mishards-0/mishards`] = 'not ready: no reader answers\n';
    },
    words: ['no reader answers'],
  },
  {
    what: 'a cluster that was stopped',
    is: 'a-workload-is-stopped',
    make: (cluster) => {
      for (const workload of [`${N}-writable`, `${N}-readonly`]) {
        cluster.without(workload);
        cluster.change('Deployment', workload, 'spec', { replicas: 0 });
        cluster.change('Deployment', workload, 'status', {
          replicas: 0,
          updatedReplicas: 0,
        });
      }
    },
    words: ['it is scaled to 0', 'kubectl -n vectors apply -f dist'],
  },
  {
    what: 'a pod with a mistake that was corrected',
    is: 'an-old-pod-is-kept',
    make: (cluster) => {
      cluster.broken(`${N}-mysql`, 'mysql', waiting('ImagePullBackOff', 'mysql:5.77'), 'StatefulSet');
      cluster.change('StatefulSet', `${N}-mysql`, 'status', { updateRevision: 'new', updatedReplicas: 0 });
      const { labels } = cluster.get('Pod', `${N}-mysql-0`).metadata as unknown as { labels: object };
      cluster.change('Pod', `${N}-mysql-0`, 'metadata', {
        labels: { ...labels, 'controller-revision-hash': 'old' },
      });
    },
    words: ['it is older than the last change', `kubectl -n vectors delete pod ${N}-mysql-0`],
  },
  {
    what: 'a pod that had to leave its node',
    is: 'a-pod-was-evicted',
    make: (cluster) => {
      cluster.unready(`${N}-writable`);
      cluster.change('Pod', `${N}-writable-0`, 'status', {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'The node was low on resource: ephemeral-storage.',
        containerStatuses: [],
        initContainerStatuses: [],
      });
    },
    words: ['low on resource: ephemeral-storage', 'resources.requests'],
  },
  {
    what: 'Pod Security, when the events are gone',
    is: 'the-pods-are-refused',
    make: (cluster) => {
      cluster.without(`${N}-readonly`);
      cluster.change('Deployment', `${N}-readonly`, 'status', {
        conditions: [
          {
            type: 'ReplicaFailure',
            status: 'True',
            message: 'pods "x" is forbidden: violates PodSecurity "restricted:latest"',
          },
        ],
      });
    },
    words: ['violates PodSecurity'],
  },
  {
    what: 'a volume of a node that is gone',
    is: 'a-volume-can-not-be-mounted',
    make: (cluster) => {
      cluster.broken(`${N}-writable`, 'wait-for-mysql', waiting('PodInitializing'));
      cluster.event(
        'Pod',
        `${N}-writable-0`,
        'FailedAttachVolume',
        'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node',
      );
    },
    words: ['Multi-Attach error'],
  },
  {
    what: 'a lost node',
    is: 'the-node-is-lost',
    // The node controller changes this one condition, and gives no reason.
    make: (cluster) => {
      cluster.unready(`${N}-writable`);
      const ready = { type: 'Ready', status: 'False', lastTransitionTime: SECONDS_AGO };
      cluster.change('Pod', `${N}-writable-0`, 'status', {
        conditions: [ready, { type: 'ContainersReady', status: 'True', lastTransitionTime: HOUR_AGO }],
      });
    },
    words: ['node node-1 does not answer'],
  },
  {
    what: 'a sysctl that the runtime refuses',
    is: 'a-container-does-not-start',
    make: (cluster) =>
      cluster.broken(
        `${N}-writable`,
        'milvus',
        waiting('RunContainerError', 'failed to create containerd task: exec: "x": not found'),
      ),
    words: ['failed to create containerd task'],
  },
];

describe('a fault gets its cause and cure', () => {
  test.each(FAULTS.map((fault) => [fault.what, fault] as const))('%s', async (_, { is, make, words }) => {
    const cluster = new LiveCluster(config);
    make(cluster);
    const status = await cluster.status();
    expect(status.ready).toBe(false);
    const [first] = status.causes;
    expect(first).toMatchObject({ kind: is });
    const text = screen(status, NOW, paint(false));
    const [, lines = ''] = text.split('\nWhy\n');
    expect(lines).toContain(String(first?.object));
    for (const word of words) expect(lines).toContain(word);
    expect(text).toContain(`docs/how-to/troubleshoot.md#${is}`);
    for (const canary of Object.values(CANARIES)) expect(text).not.toContain(canary);
    // Reading alone, and never the value of a Secret.
    for (const call of cluster.calls) expect(call).toMatch(/^(get|logs) /);
    for (const call of cluster.calls.filter((one) => one.startsWith('get secrets')))
      expect(call).not.toMatch(/json|yaml/);
    expect(cluster.calls.length).toBeLessThan(16);
  });

  test('all of the kinds are tried here or below', () => {
    const tried = new Set<CauseKind>(FAULTS.map(({ is }) => is));
    const below: CauseKind[] = [
      'it-is-in-another-namespace',
      'it-waits-for-another-workload',
      'it-is-starting',
      'a-restore-has-failed',
      'a-restore-runs',
      'a-restore-is-complete',
      'a-backup-has-failed',
      'a-verification-has-failed',
      'the-last-backup-is-too-old',
      'no-backup-is-verified',
    ];
    expect([...tried, ...below].sort()).toEqual([...CAUSE_KINDS].sort());
  });
});

test('all well: what runs, since when, and nothing more', async () => {
  const cluster = new LiveCluster(config);
  const status = await cluster.status();
  expect(status).toMatchObject({ ready: true, causes: [], forbidden: [], namespace: 'vectors' });
  expect(status.workloads.map(({ name, ready, due }) => [name, ready, due])).toEqual([
    [`${N}-mysql`, 1, 'as configured'],
    [`${N}-writable`, 1, 'as configured'],
    [`${N}-readonly`, 2, 'as configured'],
    [`${N}-mishards`, 1, 'as configured'],
  ]);
  const text = screen(status, NOW, paint(false));
  expect(text).toMatch(/^milvus-test in namespace vectors: ready\n/);
  expect(text).toMatch(/milvus-test-readonly-1 +Ready +1 h\n/);
  expect(text).toMatch(/data-milvus-test-mysql-0 +Bound +4Gi +fast/);
  expect(text).not.toContain('Why');
  // The objects, the events, the names of keys.
  expect(cluster.calls.length).toBe(3);
});

describe('a roll-out', () => {
  const rolling = (change: (cluster: LiveCluster) => void) => {
    const cluster = new LiveCluster(config);
    cluster.change('Deployment', `${N}-mishards`, 'status', { updatedReplicas: 0 });
    change(cluster);
    return cluster.status();
  };

  test('is no readiness, though the pods of before are ready', async () => {
    const { ready, causes } = await rolling(() => {});
    expect(ready).toBe(false);
    expect(causes).toMatchObject([{ kind: 'it-is-starting', what: 'its pods are being replaced' }]);
  });

  test('that the controller has not seen yet is none, either', async () => {
    const cluster = new LiveCluster(config);
    cluster.change('Deployment', `${N}-mishards`, 'metadata', { generation: 2 });
    cluster.change('Deployment', `${N}-mishards`, 'status', { observedGeneration: 1 });
    expect((await cluster.status()).ready).toBe(false);
    cluster.change('Deployment', `${N}-mishards`, 'status', { observedGeneration: 2 });
    expect((await cluster.status()).ready).toBe(true);
  });

  test('that corrects a mistake does not have the causes of the pods that are about to go', async () => {
    const { causes } = await rolling((cluster) => {
      cluster.broken(`${N}-mishards`, 'mishards', waiting('ErrImagePull', 'manifest unknown'));
      const set = cluster.get('ReplicaSet', `${N}-mishards-rs`) as unknown as LiveObject;
      const revision = (name: string, number: string) => ({
        ...set,
        metadata: { ...set.metadata, name, annotations: { 'deployment.kubernetes.io/revision': number } },
      });
      cluster.objects = cluster.objects.map((one) =>
        one.metadata.name === set.metadata.name ? revision(set.metadata.name, '9') : one,
      );
      const pod = cluster.get('Pod', `${N}-mishards-0`) as unknown as LiveObject;
      const ownerReferences = [{ kind: 'ReplicaSet', name: `${N}-mishards-new` }];
      cluster.objects.push(revision(`${N}-mishards-new`, '10'), {
        ...pod,
        metadata: { ...pod.metadata, name: `${N}-mishards-1`, ownerReferences },
        status: { ...pod.status, containerStatuses: [{ name: 'mishards', ready: false, ...running }] },
      });
    });
    expect(causes).toMatchObject([{ kind: 'it-is-starting', object: `pod/${N}-mishards-1` }]);
  });

  test('that is stuck because its new pods are refused, while all of before are ready', async () => {
    const { ready, causes } = await rolling((cluster) => {
      const set = cluster.get('ReplicaSet', `${N}-mishards-rs`) as unknown as LiveObject;
      const annotations = { 'deployment.kubernetes.io/revision': '2' };
      cluster.objects.push({ ...set, metadata: { ...set.metadata, name: `${N}-mishards-new`, annotations } });
      cluster.event('ReplicaSet', `${N}-mishards-new`, 'FailedCreate', 'exceeded quota: pods=1');
    });
    expect(ready).toBe(false);
    expect(causes).toMatchObject([{ kind: 'the-quota-is-used-up' }]);
  });

  test('that is stuck because no node has room for one pod more', async () => {
    const { causes } = await rolling((cluster) => {
      const old = structuredClone(cluster.get('Pod', `${N}-mishards-0`)) as unknown as LiveObject;
      cluster.objects.push({ ...old, metadata: { ...old.metadata, name: `${N}-mishards-old` } });
      podPending(cluster, `${N}-mishards`, '0/1 nodes are available: 1 Insufficient cpu.');
      cluster.change('Deployment', `${N}-mishards`, 'status', { readyReplicas: 1, replicas: 2 });
    });
    expect(causes).toMatchObject([{ kind: 'no-node-has-room', object: `pod/${N}-mishards-0` }]);
  });

  test('that is stuck has the cause of the new pod, while the old one is ready', async () => {
    const { ready, causes } = await rolling((cluster) => {
      const old = structuredClone(cluster.get('Pod', `${N}-mishards-0`)) as unknown as LiveObject;
      cluster.objects.push({ ...old, metadata: { ...old.metadata, name: `${N}-mishards-old` } });
      cluster.broken(`${N}-mishards`, 'mishards', waiting('ErrImagePull', 'manifest unknown'));
      cluster.change('Deployment', `${N}-mishards`, 'status', { readyReplicas: 1 });
    });
    expect(ready).toBe(false);
    expect(causes).toMatchObject([{ kind: 'an-image-can-not-be-pulled', object: `pod/${N}-mishards-0` }]);
  });
});

describe('what looks like a cause and is none', () => {
  test('a bucket that the writable is about to create', async () => {
    const cluster = new LiveCluster({ ...config, s3: { ...config.s3, createBucket: true } });
    cluster.broken(`${N}-writable`, 'wait-for-mysql', running);
    cluster.broken(`${N}-readonly`, 's3-preflight', running);
    cluster.logs[`${N}-readonly-0/s3-preflight`] =
      "s3-preflight: waiting: there is no bucket 'b' at rgw:80 yet: the writable creates it when it starts\n";
    const { causes } = await cluster.status();
    expect(causes.every(mends)).toBe(true);
    expect(causes.map(({ object }) => object)).toEqual([`pod/${N}-writable-0`]);
  });

  test('an event of a volume that is mounted by now', async () => {
    const cluster = new LiveCluster(config);
    cluster.broken(`${N}-mysql`, 'mysql', running, 'StatefulSet');
    cluster.event(
      'Pod',
      `${N}-mysql-0`,
      'FailedMount',
      `MountVolume.SetUp failed: secret "${N}-mysql" not found`,
    );
    expect((await cluster.status()).causes).toMatchObject([{ kind: 'it-is-starting' }]);
  });

  test('a pod that was evicted, beside the one that took its place', async () => {
    const cluster = new LiveCluster(config);
    const pod = cluster.get('Pod', `${N}-readonly-0`) as unknown as LiveObject;
    cluster.objects.push({
      ...pod,
      metadata: { ...pod.metadata, name: `${N}-readonly-gone` },
      status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
    });
    expect(await cluster.status()).toMatchObject({ ready: true, causes: [] });
  });
});

test('a Secret that is none of the credentials, and is missing', async () => {
  const cluster = new LiveCluster(config);
  cluster.broken(
    `${N}-mishards`,
    'mishards',
    waiting('CreateContainerConfigError', 'secret "of-a-sidecar" not found'),
  );
  expect((await cluster.status()).causes).toMatchObject([
    { kind: 'a-secret-is-missing', object: 'secret/of-a-sidecar' },
  ]);
});

test('a Secret that the External Secrets Operator is about to make is waited for', async () => {
  const externalSecret = {
    secretStoreRef: { name: 'vault' },
    remoteRefs: { accessKey: { key: 'a' }, secretKey: { key: 'b' } },
  };
  const cluster = new LiveCluster({ ...config, s3: { ...config.s3, credentials: { externalSecret } } });
  cluster.secrets.delete(`vectors/${N}-s3`);
  const [cause] = (await cluster.status()).causes;
  expect(cause).toMatchObject({ kind: 'a-secret-is-missing', patience: 60 });
});

test('a reader that is killed for its memory again and again is said, also while it runs', async () => {
  const cluster = new LiveCluster(config);
  const { status } = cluster.get('Pod', `${N}-readonly-0`) as unknown as LiveObject;
  Object.assign(status?.containerStatuses?.[0] ?? {}, {
    restartCount: 4,
    lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: SECONDS_AGO } },
  });
  const { ready, causes } = await cluster.status();
  expect(ready).toBe(true);
  expect(causes.every(mends)).toBe(true);
  expect(causes).toMatchObject([
    { kind: 'out-of-memory', cure: expect.stringContaining('readonly.cache.cacheSize') },
  ]);
});

test('the last lines of a server are without credentials, which it prints at level info', async () => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${N}-writable`, 'milvus', ended(''));
  cluster.logs[`${N}-writable-0/milvus`] = [
    'Config check fail',
    `general.meta_uri: mysql://milvus:${CANARIES.mysqlPassword}@${N}-mysql:3306/milvus`,
    `storage.s3_access_key: ${CANARIES.s3AccessKey}`,
    `storage.s3_secret_key: ${CANARIES.s3SecretKey}`,
    `Can not connect to mysql://root:a@b/c${CANARIES.mysqlRootPassword}@host`,
    'Milvus server exit...',
  ].join('\n');
  const status = await cluster.status();
  const text = screen(status, NOW, paint(false)) + JSON.stringify(status);
  expect(text).toContain('Config check fail / Milvus server exit...');
  for (const canary of Object.values(CANARIES)) expect(text).not.toContain(canary);
});

test('DNS that is blocked is the cause, where what is waited for is well', async () => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${N}-writable`, 'wait-for-mysql', running);
  cluster.logs[`${N}-writable-0/wait-for-mysql`] =
    `wait-for-mysql: still waiting for ${N}-mysql:3306, since 11:00:00 UTC (60 s): the name ${N}-mysql does not resolve: is it spelled right\n`;
  expect((await cluster.status()).causes).toMatchObject([{ kind: 'a-name-does-not-resolve' }]);
});

test('what mishards is not ready for is the cause of whom it waits for', async () => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${N}-mishards`, 'mishards', running);
  cluster.logs[`${N}-mishards-0/mishards`] =
    'reader a is out: it does not answer; 0 readers are searched\nnot ready: no reader answers (10.1.0.7:19530 does not answer)\nsome other line\n';
  expect((await cluster.status()).causes).toMatchObject([
    {
      kind: 'the-proxy-has-no-reader',
      what: 'it is not ready: no reader answers (10.1.0.7:19530 does not answer)',
    },
  ]);
  cluster.broken(`${N}-readonly`, 'milvus', ended('', 137, 'OOMKilled'));
  expect((await cluster.status()).causes.map(({ kind }) => kind)).toEqual(['out-of-memory']);
});

test('who waits for a workload that has a cause of its own says nothing more', async () => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${N}-mysql`, 'mysql', waiting('ImagePullBackOff', 'no such image'), 'StatefulSet');
  for (const workload of ['writable', 'readonly']) {
    cluster.broken(`${N}-${workload}`, 'wait-for-mysql', running);
    cluster.logs[`${N}-${workload}-0/wait-for-mysql`] =
      `wait-for-mysql: still waiting for ${N}-mysql:3306, since 11:00:00 UTC (3600 s): nothing listens there\n`;
  }
  cluster.broken(`${N}-mishards`, 'wait-for-writable', running);
  const { causes } = await cluster.status();
  // mishards waits for the writable, whose own cause is MySQL's.
  expect(causes.map(({ kind }) => kind)).toEqual(['an-image-can-not-be-pulled']);
});

test('a network that is blocked is the cause, where what is waited for is well', async () => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${N}-writable`, 'wait-for-mysql', running);
  cluster.logs[`${N}-writable-0/wait-for-mysql`] =
    `wait-for-mysql: waiting for ${N}-mysql:3306: it does not answer\n`;
  const { causes } = await cluster.status();
  expect(causes).toMatchObject([
    { kind: 'something-does-not-answer', what: expect.stringContaining('it does not answer') },
  ]);
  expect(causes.every(mends)).toBe(true);
});

test('a pod that has just begun is no cause for alarm', async () => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${N}-mishards`, 'mishards', running);
  const { causes } = await cluster.status();
  expect(causes).toMatchObject([{ kind: 'it-is-starting' }]);
  expect(causes.every(mends)).toBe(true);
});

describe('what is due', () => {
  const dueOf = async (change: (cluster: LiveCluster) => void) => {
    const cluster = new LiveCluster(config);
    change(cluster);
    const { workloads } = await cluster.status();
    return workloads.find(({ component }) => component === 'readonly')?.due;
  };
  const readonly = (cluster: LiveCluster) =>
    cluster.get('Deployment', `${N}-readonly`) as unknown as {
      spec: {
        replicas: number;
        template: {
          spec: { containers: { image: string }[] };
          metadata: { annotations: Record<string, string> };
        };
      };
      status: Record<string, number>;
    };

  test('an apply: another image, another configuration, another number', async () => {
    expect(
      await dueOf((cluster) =>
        Object.assign(readonly(cluster).spec.template.spec.containers[0] ?? {}, { image: 'old:1' }),
      ),
    ).toBe('an apply is due');
    expect(
      await dueOf((cluster) => {
        const { annotations } = readonly(cluster).spec.template.metadata;
        for (const key of Object.keys(annotations)) annotations[key] = 'old';
      }),
    ).toBe('an apply is due');
    expect(await dueOf((cluster) => Object.assign(readonly(cluster).spec, { replicas: 1 }))).toBe(
      'an apply is due',
    );
  });

  test('an apply: any other field of its pods, by its path; and not what the API server adds', async () => {
    const cluster = new LiveCluster(config);
    const { spec } = readonly(cluster).spec.template as unknown as {
      spec: { containers: Record<string, unknown>[] };
    };
    Object.assign(spec, {
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
    });
    Object.assign(spec.containers[0] ?? {}, { terminationMessagePath: '/dev/termination-log' });
    expect((await cluster.status()).workloads.find(({ component }) => component === 'readonly')?.due).toBe(
      'as configured',
    );
    (spec.containers[0] as { resources: { limits: { memory: string } } }).resources.limits.memory = '2Gi';
    const text = screen(await cluster.status(), NOW, paint(false));
    expect(text).toMatch(
      /milvus-test-readonly: an apply is due: containers.milvus.resources.limits.memory: 2Gi, to be \dGi/,
    );
    expect(text).toContain('\n  kubectl -n vectors apply -f dist\n');
  });

  test('a roll-out', async () => {
    expect(await dueOf((cluster) => Object.assign(readonly(cluster).status, { updatedReplicas: 1 }))).toBe(
      'a roll-out goes on',
    );
  });
});

describe('backups and smoke tests', () => {
  const job = (name: string, type: string, time: string) => ({
    kind: 'Job',
    metadata: { name, namespace: 'vectors' },
    status: {
      ...(type === 'Complete' && { completionTime: time }),
      conditions: [{ type, status: 'True', lastTransitionTime: time }],
    },
  });

  test('the last that ended well, and that a later one failed', async () => {
    const cluster = new LiveCluster(config);
    cluster.objects.push(
      job(`${N}-backup-1`, 'Complete', '2026-06-30T03:17:00Z'),
      job(`${N}-backup-2`, 'Failed', HOUR_AGO),
      job(`${N}-backup-verify`, 'Complete', SECONDS_AGO),
      job(`${N}-smoke-test`, 'Complete', HOUR_AGO),
    );
    const status = await cluster.status();
    expect(status.backup).toEqual({ at: '2026-06-30T03:17:00Z', failedSince: true });
    expect(status.smokeTest).toEqual({ at: HOUR_AGO, failedSince: false });
    const text = screen(status, NOW, paint(false));
    expect(text).toContain('Last backup: 1 d ago; the last one failed');
    expect(text).toContain('Last smoke test: 1 h ago');
  });

  const verified = { ...config, backup: { enabled: true, verify: { schedule: '@daily' } } };
  /** A pod of a Job, with the container that has ended last. */
  const podOf = (name: string, container: string, finishedAt: string, message: string, exitCode = 0) => ({
    kind: 'Pod',
    metadata: {
      name: `${name}-x`,
      namespace: 'vectors',
      labels: { 'app.kubernetes.io/instance': N },
      ownerReferences: [{ kind: 'Job', name }],
    },
    spec: { containers: [{ name: container }] },
    status: {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: container, state: { terminated: { exitCode, finishedAt, message } } }],
    },
  });
  /** As backup-upload.sh leaves it, whose own tests compare it. */
  const manifest = (time: string) =>
    `cdk8s-milvus-backup 1\ntime ${time}\nfinished 20260701T033000Z\nmilvus 1.1.1\ndump ${'0'.repeat(64)} 1073741824 ${time}.sql.gz\nrows 201554310\nsegments 9\nobjects 90412 2147483648\ncopied 3 100\n`;
  const ran = (
    cluster: LiveCluster,
    name: string,
    lastSuccessfulTime: string,
    lastScheduleTime = lastSuccessfulTime,
  ) =>
    Object.assign(cluster.get('CronJob', `${N}-${name}`), {
      status: { lastSuccessfulTime, lastScheduleTime },
    });

  test('how large the last backup is, and when one was verified', async () => {
    const cluster = new LiveCluster(verified);
    ran(cluster, 'backup', '2026-07-01T03:30:10Z');
    ran(cluster, 'verify-backup', HOUR_AGO);
    cluster.objects.push(
      podOf(`${N}-backup-29`, 'upload', '2026-07-01T03:30:00Z', manifest('20260701T031700Z')),
      podOf(`${N}-backup-28`, 'upload', '2026-06-30T03:30:00Z', manifest('20260630T031700Z')),
    );
    const status = await cluster.status();
    expect(status.backup).toEqual({
      at: '2026-07-01T03:30:10Z',
      failedSince: false,
      name: '20260701T031700Z',
      bytes: 3 * 1024 ** 3,
      rows: 201554310,
      objects: 90412,
    });
    const text = screen(status, NOW, paint(false));
    expect(text).toContain('Last backup: 8 h ago (3 GiB, 201554310 rows, 90412 objects)\n');
    expect(text).toContain('Last verification of a backup: 1 h ago\n');
    expect({ ready: status.ready, causes: status.causes }).toEqual({ ready: true, causes: [] });
    // Another backup since then, whose pod is gone: its size is not that of the one before.
    ran(cluster, 'backup', HOUR_AGO);
    expect((await cluster.status()).backup).toEqual({ at: HOUR_AGO, failedSince: false });
  });

  describe('a restore that is declared', () => {
    const restore = { backup: '20260701T021500Z' };
    const restored = { ...config, backup: { enabled: true, restore } };
    const job = `${N}-restore-20260701t021500z`;
    const look = async (type: string | undefined, pods: LiveObject[] = []) => {
      const cluster = new LiveCluster(restored);
      for (const workload of ['writable', 'readonly', 'mishards'].map((name) => `${N}-${name}`)) {
        cluster.without(workload);
        cluster.change('Deployment', workload, 'status', {
          replicas: 0,
          updatedReplicas: 0,
          readyReplicas: 0,
        });
      }
      cluster.objects = cluster.objects.filter(({ metadata }) => metadata.name !== job);
      if (type !== undefined)
        cluster.objects.push({
          kind: 'Job',
          metadata: {
            name: job,
            namespace: 'vectors',
            labels: { 'app.kubernetes.io/instance': N },
            creationTimestamp: HOUR_AGO,
          },
          status: {
            // Since Kubernetes 1.31 one comes before that of a complete Job.
            conditions: [...(type === 'Complete' ? ['SuccessCriteriaMet'] : []), type]
              .filter((one) => one !== '')
              .map((one) => ({ type: one, status: 'True' })),
          },
        });
      cluster.objects.push(...pods);
      const status = await cluster.status();
      return {
        ready: status.ready,
        causes: status.causes.map(({ kind, what, cure }) => ({ kind, what, cure })),
      };
    };

    test('no pods are no fault; the Job says how far it is', async () => {
      expect(await look('')).toMatchObject({ ready: false, causes: [{ kind: 'a-restore-runs' }] });
      expect(await look('Complete')).toMatchObject({
        ready: true,
        causes: [
          {
            kind: 'a-restore-is-complete',
            cure: expect.stringMatching(/^remove backup\.restore from the configuration, then kubectl /),
          },
        ],
      });
      expect(await look(undefined)).toMatchObject({
        ready: false,
        causes: [{ kind: 'nothing-is-applied', what: `Job ${job} is not there` }],
      });
    });

    test('one that failed says why, and how it is made anew', async () => {
      const line = "restore-load: database 'milvus' is not empty";
      const failed = podOf(job, 'load', SECONDS_AGO, `x\n${line}\n`, 1);
      expect(await look('Failed', [failed])).toMatchObject({
        ready: false,
        causes: [
          {
            kind: 'a-restore-has-failed',
            what: line,
            cure: expect.stringContaining(`delete job/${job}, and create it again: kubectl `),
          },
        ],
      });
    });
  });

  test('one by hand, under any name, and one of the metadata alone', async () => {
    const cluster = new LiveCluster(config);
    cluster.objects.push(
      podOf(
        'backup-now',
        'upload',
        HOUR_AGO,
        'time 20260701T101700Z\nfinished 20260701T110000Z\ndump 0 1048576 20260701T101700Z.sql.gz\n',
      ),
    );
    const status = await cluster.status();
    expect(status.backup).toEqual({
      at: HOUR_AGO,
      failedSince: false,
      name: '20260701T101700Z',
      bytes: 1048576,
    });
    expect(status.verification).toBeUndefined();
  });

  const ONE_DAY_AGO = '2026-06-30T13:00:00Z';
  const LONG_AGO = '2026-06-28T03:17:00Z';
  test.each<[is: CauseKind, make: (cluster: LiveCluster) => void, words: string[]]>([
    [
      'a-backup-has-failed',
      (cluster) => {
        ran(cluster, 'backup', ONE_DAY_AGO, HOUR_AGO);
        const line =
          "backup-objects: could not list the objects: correct the keys in Secret 'x'; earlier ones stay";
        cluster.objects.push(
          podOf(`${N}-backup-1`, 'upload', '2026-06-29T03:00:00Z', 'backup-dump: long ago', 1),
          podOf(`${N}-backup-9`, 'upload', HOUR_AGO, `the dump names 17 objects\n${line}\n`, 1),
        );
      },
      [`pod/${N}-backup-9-x  backup-objects: could not list the objects: correct the keys in Secret 'x'`],
    ],
    [
      'a-backup-has-failed',
      (cluster) => ran(cluster, 'backup', ONE_DAY_AGO, HOUR_AGO),
      [`cronjob/${N}-backup  the last backup has failed`, 'kubectl -n vectors get jobs'],
    ],
    [
      'a-verification-has-failed',
      (cluster) => {
        ran(cluster, 'verify-backup', ONE_DAY_AGO, HOUR_AGO);
        cluster.objects.push(
          podOf(
            `${N}-verify-backup-9`,
            'verify',
            HOUR_AGO,
            'backup-verify: backup 20260701T031700Z is damaged: 1',
            1,
          ),
        );
      },
      ['backup 20260701T031700Z is damaged'],
    ],
    [
      'the-last-backup-is-too-old',
      (cluster) => ran(cluster, 'backup', LONG_AGO),
      [
        `no backup has ended well since ${LONG_AGO}, though there should be one every 24 h`,
        `job backup ${N}`,
      ],
    ],
    [
      'the-last-backup-is-too-old',
      (cluster) => {
        cluster.change('CronJob', `${N}-backup`, 'metadata', { creationTimestamp: LONG_AGO });
        cluster.change('CronJob', `${N}-backup`, 'spec', { suspend: true });
      },
      [`since ${LONG_AGO}`, `it is suspended: kubectl -n vectors patch cronjob ${N}-backup -p`],
    ],
    [
      'no-backup-is-verified',
      (cluster) =>
        cluster.change('CronJob', `${N}-verify-backup`, 'metadata', { creationTimestamp: LONG_AGO }),
      ['no backup was found to be good since', `job verify-backup ${N}`],
    ],
  ])('%s, case %#', async (is, make, words) => {
    const cluster = new LiveCluster(verified);
    make(cluster);
    const status = await cluster.status();
    expect(status.ready).toBe(true);
    expect(status.causes.map(({ kind }) => kind)).toEqual([is]);
    const text = screen(status, NOW, paint(false));
    for (const word of words) expect(text).toContain(word);
    expect(text).toContain(`docs/how-to/troubleshoot.md#${is}`);
    // Nobody waits in vain for it, or gives up for it.
    expect(status.causes.every(mends)).toBe(true);
  });

  test('who has suspended them in the configuration has said so', async () => {
    const cluster = new LiveCluster({ ...verified, backup: { ...verified.backup, suspend: true } });
    for (const name of ['backup', 'verify-backup'])
      cluster.change('CronJob', `${N}-${name}`, 'metadata', { creationTimestamp: LONG_AGO });
    expect((await cluster.status()).causes).toEqual([]);
  });

  test('none yet', async () => {
    const status = await new LiveCluster(config).status();
    expect(screen(status, NOW, paint(false))).toContain('Last backup: none that ended well');
    expect(status.smokeTest).toBeUndefined();
  });
});

test('a backup of the schedule that failed is seen without its Job', async () => {
  const cluster = new LiveCluster(config);
  Object.assign(cluster.get('CronJob', `${N}-backup`), {
    status: { lastSuccessfulTime: '2026-06-30T03:17:00Z', lastScheduleTime: HOUR_AGO },
  });
  expect((await cluster.status()).backup).toEqual({ at: '2026-06-30T03:17:00Z', failedSince: true });
  cluster.change('CronJob', `${N}-backup`, 'status', { active: [{ name: 'running' }] });
  expect((await cluster.status()).backup?.failedSince).toBe(false);
});

test('what may not be read is said, and the rest is there', async () => {
  const cluster = new LiveCluster(config);
  cluster.forbidden = ['secrets', 'events', 'pods/log'];
  cluster.broken(`${N}-writable`, 'milvus', running);
  const status = await cluster.status();
  expect(status.forbidden).toEqual(['events', 'pods/log', 'secrets']);
  expect(screen(status, NOW, paint(false))).toContain('You may not read events, pods/log, secrets here');
  expect(status.workloads).toHaveLength(4);
});

test('several clusters are a table, a line each', async () => {
  const well = await new LiveCluster(config).status();
  const broken = new LiveCluster(config);
  broken.broken(`${N}-mishards`, 'mishards', waiting('ImagePullBackOff', 'gone'));
  const text = table([well, { ...(await broken.status()), name: 'other' }], paint(false));
  expect(text).toMatch(/^milvus-test +vectors +ready +5\/5$/m);
  expect(text).toMatch(/^other +vectors +not ready +4\/5 +pod\/milvus-test-mishards-0: milvusdb/m);
  expect(text).toContain('1 of 2 clusters are ready.');
});

test('ages, and colours that can be left out', () => {
  expect(
    ['2026-07-01T11:59:30Z', '2026-07-01T11:50:00Z', HOUR_AGO, '2026-06-01T12:00:00Z', undefined].map(
      (time) => age(time, NOW),
    ),
  ).toEqual(['30 s', '10 min', '1 h', '30 d', '']);
  expect(paint(true)('red', 'x')).toBe('\x1b[31mx\x1b[0m');
  expect(paint(false)('red', 'x')).toBe('x');
});

test('each cause has its heading in the troubleshooting page, and each of those a cause', () => {
  const page = readFileSync(join(ROOT, 'docs/how-to/troubleshoot.md'), 'utf8');
  const [, section = ''] = /\n## What `status` says\n([\s\S]*?)\n## /.exec(page) ?? [];
  const slugs = [...section.matchAll(/^### (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(slugs.sort()).toEqual([...CAUSE_KINDS].sort());
  expect(anchorOf({ kind: 'out-of-memory' } as Cause)).toBe('docs/how-to/troubleshoot.md#out-of-memory');
});
