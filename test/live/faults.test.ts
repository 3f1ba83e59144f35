import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CauseKind, mends, patienceWith } from '../../lib/live/causes';
import { WORDS } from '../../lib/live/container-words';
import type { KubectlCall } from '../../lib/live/kubectl';
import { KubectlError } from '../../lib/live/kubectl-error';
import type { LiveObject } from '../../lib/live/objects';
import { minimal } from '../support/clusters';
import { HOUR_AGO, LiveCluster, NOW, SECONDS_AGO } from '../support/live-cluster';
import { ROOT } from '../support/project';

const config = { ...minimal, readonly: { replicas: 2 }, backup: { enabled: true } };
const N = 'milvus-test';
const K = 'kubectl -n vectors';
/** One of the manifests. */
const CONFIG_MAP = new LiveCluster(config).wanted.objects.find(({ kind }) => kind === 'ConfigMap')?.metadata
  .name;
const running = { state: { running: { startedAt: SECONDS_AGO } } };

/** The most important cause of a cluster. */
async function first(make: (cluster: LiveCluster) => void) {
  const cluster = new LiveCluster(config);
  make(cluster);
  const { causes } = await cluster.status();
  const [cause] = causes;
  if (cause === undefined) throw new Error('no cause');
  return { ...cause, line: `${cause.what}: ${cause.cure ?? ''}` };
}

/** The writable, before it has a node. */
function unscheduled(message: string, reason = 'Unschedulable') {
  return (cluster: LiveCluster) => {
    cluster.unready(`${N}-writable`, 'Deployment', {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
    });
    const pod = cluster.get('Pod', `${N}-writable-0`) as unknown as {
      spec: { nodeName?: string };
      status: object;
    };
    delete pod.spec.nodeName;
    Object.assign(pod.status, { phase: 'Pending', initContainerStatuses: [], containerStatuses: [] });
  };
}

/** A pod of the writable that has a node, and no container that has begun. */
const notBegun = (cluster: LiveCluster) =>
  cluster.broken(`${N}-writable`, 'wait-for-mysql', { state: { waiting: { reason: 'PodInitializing' } } });

const CONTROL_PLANE = '2 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }';

describe('what the scheduler says, from 1.22 to 1.34', () => {
  const node = (name: string, allocatable: object, spec: object = {}): LiveObject =>
    ({
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/arch': 'amd64' } },
      spec,
      status: { allocatable: { cpu: '8', memory: '6Gi', pods: '110', ...allocatable } },
    }) as LiveObject;
  const wants = (cluster: LiveCluster, requests: object) => {
    const { spec } = cluster.get('Pod', `${N}-writable-0`) as unknown as { spec: { containers: object[] } };
    Object.assign(spec.containers[0] ?? {}, { resources: { requests } });
    // Nothing else is on the nodes.
    cluster.objects = cluster.objects.filter(
      ({ kind, metadata }) => kind !== 'Pod' || metadata.name === `${N}-writable-0`,
    );
  };

  test.each<[message: string, requests: object, nodes: LiveObject[], cure: string]>([
    [
      `0/3 nodes are available: 1 Insufficient memory, ${CONTROL_PLANE}. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.`,
      { cpu: '1', memory: '8Gi' },
      [
        node('worker', {}),
        // It lacks less, and is none of those where the pod may be.
        node(
          'master',
          { memory: '7Gi' },
          { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
        ),
        node('arm', { memory: '7Gi' }, { unschedulable: true }),
      ],
      'node worker lacks 2 GiB of memory: choose smaller',
    ],
    [
      '0/1 nodes are available: 1 Insufficient ephemeral-storage.',
      { 'ephemeral-storage': '20Gi' },
      [node('worker', { 'ephemeral-storage': '10Gi' })],
      'node worker lacks 10 GiB of ephemeral-storage',
    ],
    [
      '0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
      { 'nvidia.com/gpu': '1' },
      [node('worker', {})],
      'node worker lacks 1 nvidia.com/gpu',
    ],
    [
      '0/1 nodes are available: 1 Too many pods.',
      {},
      [node('worker', { pods: '0' })],
      'node worker lacks a place for one more pod',
    ],
    [
      '0/1 nodes are available: 1 Insufficient cpu.',
      { cpu: '9' },
      [],
      'choose smaller resources, or add a node',
    ],
  ])('%s', async (message, requests, nodes, cure) => {
    const cause = await first((cluster) => {
      unscheduled(message)(cluster);
      wants(cluster, requests);
      cluster.nodes = nodes;
    });
    expect(cause).toMatchObject({ kind: 'no-node-has-room', what: message });
    expect(cause.cure).toContain(cure);
  });

  test.each([
    [
      `0/2 nodes are available: ${CONTROL_PLANE}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.`,
      'podTemplate.spec.tolerations',
    ],
    [
      "0/1 nodes are available: 1 node(s) had taint {dedicated: gpu}, that the pod didn't tolerate.",
      'podTemplate.spec.tolerations',
    ],
    [
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.',
      'make room on the node',
    ],
    [
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.',
      'repair the node',
    ],
    ['0/1 nodes are available: 1 node(s) were unschedulable.', `uncordon the node (${K} get nodes)`],
    [
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
      `amd64 and what podTemplate.spec.nodeSelector and affinity say: ${K} get nodes --show-labels`,
    ],
    ["0/1 nodes are available: 1 node(s) didn't match node selector.", `${K} get nodes --show-labels`],
    [
      '0/2 nodes are available: 2 node(s) had volume node affinity conflict.',
      `where its volume is: ${K} get pv -o yaml`,
    ],
    [
      "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity.",
      `where its volume is: ${K} get pv -o yaml`,
    ],
    [
      "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
      'lower replicas, or add a node',
    ],
    [
      "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.",
      'topologySpreadConstraints',
    ],
    ['no nodes available to schedule pods', 'add a node'],
  ])('%s', async (message, cure) => {
    const cause = await first(unscheduled(message));
    expect(cause.kind).toBe('no-node-has-room');
    expect(cause.cure).toContain(cure);
    expect(cause.cure).not.toMatch(message.startsWith('no') ? /^$/ : /smaller/);
  });

  test.each<[message: string, line: string, make: (cluster: LiveCluster) => void]>([
    ['persistentvolumeclaim "wal" not found', `create the claim, or ${K} apply -f dist`, () => {}],
    [
      `0/3 nodes are available: persistentvolumeclaim "${N}-wal" bound to non-existent persistentvolume "pv-1". preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.`,
      'its volume is gone (Lost): bring the PersistentVolume back',
      (cluster) => claimIs(cluster, 'Lost'),
    ],
    [
      "0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind.",
      'it waits for its volume',
      (cluster) => claimIs(cluster, 'Pending'),
    ],
    [
      '0/1 nodes are available: 1 node(s) did not have enough free storage.',
      'no space in pool',
      (cluster) => {
        claimIs(cluster, 'Pending');
        cluster.event('PersistentVolumeClaim', walOf(cluster), 'ProvisioningFailed', 'no space in pool');
      },
    ],
  ])('of a claim: %s', async (message, line, make) => {
    const cause = await first((cluster) => {
      unscheduled(message)(cluster);
      make(cluster);
    });
    expect(cause.kind).toBe('a-claim-has-no-volume');
    expect(cause.line).toContain(line);
  });

  test('scheduling gates', async () => {
    const cause = await first((cluster) => {
      unscheduled('Scheduling is blocked due to non-empty scheduling gates', 'SchedulingGated')(cluster);
      cluster.change('Pod', `${N}-writable-0`, 'spec', {
        schedulingGates: [{ name: 'kueue.x-k8s.io/admission' }],
      });
    });
    expect(cause).toMatchObject({
      kind: 'it-is-starting',
      what: expect.stringContaining('kueue.x-k8s.io/admission'),
    });
  });

  test('an autoscaler that adds a node is waited for, and no longer than it waits itself', async () => {
    const scaling = (minutesAgo: number) => (cluster: LiveCluster) => {
      unscheduled('0/1 nodes are available: 1 Insufficient memory.')(cluster);
      cluster.event(
        'Pod',
        `${N}-writable-0`,
        'TriggeredScaleUp',
        'pod triggered scale-up: [{pool 1->2 (max: 5)}]',
      );
      Object.assign(cluster.objects.at(-1) ?? {}, {
        type: 'Normal',
        lastTimestamp: new Date(NOW - minutesAgo * 60_000).toISOString(),
      });
    };
    expect(await first(scaling(1))).toMatchObject({ cure: 'wait, an autoscaler is adding a node' });
    expect(mends(await first(scaling(1)))).toBe(true);
    expect(mends(await first(scaling(20)))).toBe(false);
  });

  test.each(['nodes', 'pods'])(
    'without the right to see all %s, no amount is named that would be wrong',
    async (kind) => {
      const cause = await first((cluster) => {
        unscheduled('0/1 nodes are available: 1 Insufficient memory.')(cluster);
        wants(cluster, { memory: '8Gi' });
        cluster.nodes = [node('worker', {})];
        const { run } = cluster.kubectl;
        const stderr = `Error from server (Forbidden): ${kind} is forbidden: User "x" cannot list resource "${kind}" in API group "" at the cluster scope`;
        cluster.kubectl.run = async (args) =>
          args[1] === kind && (kind === 'nodes' || args.includes('--all-namespaces'))
            ? { code: 1, stdout: '', stderr }
            : await run(args);
      });
      expect(cause).toMatchObject({
        kind: 'no-node-has-room',
        cure: 'choose smaller resources, or add a node',
      });
    },
  );
});

const walOf = (cluster: LiveCluster) =>
  (cluster.get('Pod', `${N}-writable-0`) as unknown as LiveObject).spec?.volumes?.flatMap(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
  )[0] ?? '';
const claimIs = (cluster: LiveCluster, phase: string) => {
  const claim = cluster.get('PersistentVolumeClaim', walOf(cluster));
  Object.assign(claim, { spec: { storageClassName: 'fast' }, status: { phase } });
};

describe('a claim', () => {
  const unbound = (cluster: LiveCluster) => {
    unscheduled('')(cluster);
    cluster.change('Pod', `${N}-writable-0`, 'status', { conditions: [] });
    claimIs(cluster, 'Pending');
  };

  test('of a class that waits for the first consumer, and whose volume can not be made', async () => {
    const cause = await first((cluster) => {
      unbound(cluster);
      cluster.event(
        'PersistentVolumeClaim',
        walOf(cluster),
        'ProvisioningFailed',
        'rpc error: quota of disks exceeded',
      );
    });
    expect(cause).toMatchObject({
      kind: 'a-claim-has-no-volume',
      what: 'rpc error: quota of disks exceeded',
    });
  });

  test('of such a class, while its volume is made', async () => {
    expect(await first(unbound)).toMatchObject({ kind: 'it-is-starting' });
  });
});

describe('what the API server refuses', () => {
  test.each<[message: string, kind: CauseKind, cure: string]>([
    [
      'pods "x" is forbidden: failed quota: compute: must specify limits.cpu for: milvus; limits.memory for: milvus',
      'the-quota-is-used-up',
      'set in resources what the message names',
    ],
    [
      'pods "x" is forbidden: maximum memory usage per Container is 4Gi, but limit is 8Gi',
      'the-pods-are-refused',
      `${K} get limitrange -o yaml`,
    ],
    [
      'pods "x" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
      'the-pods-are-refused',
      `${K} get limitrange -o yaml`,
    ],
    [
      'Internal error occurred: failed calling webhook "mutate.kyverno.svc-fail": failed to call webhook: Post "https://kyverno-svc.kyverno.svc:443/mutate?timeout=10s": context deadline exceeded',
      'the-pods-are-refused',
      `${K} get validatingwebhookconfigurations,mutatingwebhookconfigurations`,
    ],
    [
      'admission webhook "validate.kyverno.svc-fail" denied the request: policy require-labels',
      'the-pods-are-refused',
      'what the namespace enforces',
    ],
    [
      'pods "x" is forbidden: error looking up service account vectors/x: serviceaccount "x" not found',
      'the-pods-are-refused',
      'create the ServiceAccount',
    ],
    [
      'pods "x" is forbidden: no PriorityClass with name high was found',
      'the-pods-are-refused',
      'create the PriorityClass',
    ],
  ])('%s', async (message, kind, cure) => {
    for (const [workload, ofKind, owner, name] of [
      ['readonly', 'Deployment', 'ReplicaSet', `${N}-readonly-rs`],
      ['mysql', 'StatefulSet', 'StatefulSet', `${N}-mysql`],
    ] as const) {
      const cause = await first((cluster) => {
        cluster.without(`${N}-${workload}`, ofKind);
        cluster.event(owner, name, 'FailedCreate', `Error creating: ${message}`);
      });
      expect(cause.kind).toBe(kind);
      expect(cause.line).toContain(message);
      expect(cause.cure).toContain(cure);
    }
  });

  const quota = (cluster: LiveCluster) =>
    cluster.event(
      'ReplicaSet',
      `${N}-readonly-rs`,
      'FailedCreate',
      'exceeded quota: compute, requested: pods=1',
    );

  test('a second pod, beside a first that starts', async () => {
    const cause = await first((cluster) => {
      cluster.broken(`${N}-readonly`, 's3-preflight', running);
      cluster.objects = cluster.objects.filter(({ metadata }) => metadata.name !== `${N}-readonly-1`);
      quota(cluster);
    });
    expect(cause.kind).toBe('the-quota-is-used-up');
  });

  test('and not one that is not wanted any more', async () => {
    const cause = await first((cluster) => {
      cluster.broken(`${N}-readonly`, 's3-preflight', running);
      quota(cluster);
    });
    expect(cause.kind).not.toBe('the-quota-is-used-up');
  });

  test('and not what was refused before the pods that there are now', async () => {
    const cause = await first((cluster) => {
      cluster.broken(`${N}-readonly`, 's3-preflight', running);
      cluster.objects = cluster.objects.filter(({ metadata }) => metadata.name !== `${N}-readonly-1`);
      quota(cluster);
      Object.assign(cluster.objects.at(-1) ?? {}, { lastTimestamp: '2026-07-01T10:00:00Z' });
    });
    expect(cause.kind).not.toBe('the-quota-is-used-up');
  });
});

describe('an image', () => {
  const pull = (reason: string, message: string) => (cluster: LiveCluster) =>
    cluster.broken(`${N}-mishards`, 'mishards', {
      image: 'r.example/m:1',
      state: { waiting: { reason, message } },
    });
  const rpc = (text: string) =>
    `rpc error: code = Unknown desc = failed to pull and unpack image "r.example/m:1": ${text}`;

  test.each([
    [
      'ErrImagePull',
      rpc('failed to resolve reference: unexpected status: 401 Unauthorized'),
      'imagePullSecrets',
    ],
    [
      'ErrImagePull',
      "Error response from daemon: pull access denied for m, repository does not exist or may require 'docker login'",
      'imagePullSecrets, or correct the image',
    ],
    [
      'ErrImagePull',
      rpc('failed to resolve reference "r.example/m:1": r.example/m:1: not found'),
      'correct the image',
    ],
    ['ErrImagePull', 'toomanyrequests: You have reached your pull rate limit.', 'mirror it, or log in'],
    [
      'ErrImagePull',
      rpc('failed to do request: Head "https://r.example": dial tcp: lookup r.example: no such host'),
      'let the nodes reach the registry',
    ],
    ['ErrImagePull', rpc('dial tcp 1.2.3.4:443: i/o timeout'), 'let the nodes reach the registry'],
    [
      'ErrImagePull',
      rpc('tls: failed to verify certificate: x509: certificate signed by unknown authority'),
      'CA of the registry',
    ],
    ['ErrImagePull', rpc('no match for platform in manifest: not found'), 'linux/amd64'],
    [
      'ErrImageNeverPull',
      'Container image "r.example/m:1" is not present with pull policy of Never',
      'imagePullPolicy',
    ],
    [
      'InvalidImageName',
      'Failed to apply default image tag "r.example/m:1:2": couldn\'t parse image name: invalid reference format',
      'correct the image',
    ],
    [
      'ImageInspectError',
      'Failed to inspect image "r.example/m:1": rpc error',
      'correct the image, mirror it',
    ],
    [
      'ImagePullBackOff',
      'Back-off pulling image "r.example/m:1": ErrImagePull: toomanyrequests: slow',
      'mirror it, or log in',
    ],
  ])('%s: %s', async (reason, message, cure) => {
    const cause = await first(pull(reason, message));
    expect(cause).toMatchObject({ kind: 'an-image-can-not-be-pulled', what: `r.example/m:1: ${message}` });
    expect(cause.cure).toContain(cure);
    expect(patienceWith(cause)).toBe(/toomanyrequests|timeout/.test(message) ? 180 : 30);
  });

  test('that a kubelet before 1.31 backs off from has its reason in an event', async () => {
    const cause = await first((cluster) => {
      pull('ImagePullBackOff', 'Back-off pulling image "r.example/m:1"')(cluster);
      cluster.event(
        'Pod',
        `${N}-mishards-0`,
        'Failed',
        `Failed to pull image "r.example/m:1": ${rpc('401 Unauthorized')}`,
      );
      cluster.event('Pod', `${N}-mishards-0`, 'Failed', 'Error: ImagePullBackOff');
    });
    expect(cause.line).toMatch(/401 Unauthorized: name a Secret/);
  });

  test('of another architecture', async () => {
    const cause = await first((cluster) => {
      cluster.broken(`${N}-writable`, 'milvus', {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 255, reason: 'Error' } },
      });
      cluster.logs[`${N}-writable-0/milvus`] = 'exec /var/lib/milvus/bin/milvus_server: exec format error\n';
    });
    expect(cause).toMatchObject({
      kind: 'a-container-does-not-start',
      cure: expect.stringContaining('linux/amd64'),
    });
  });
});

describe('a container that does not begin', () => {
  test.each<[reason: string, message: string, kind: CauseKind, cure: string]>([
    [
      'CreateContainerConfigError',
      'container has runAsNonRoot and image will run as root (pod: "x", container: milvus)',
      'a-container-does-not-start',
      'runAsUser',
    ],
    [
      'CreateContainerConfigError',
      "couldn't find key access-key in Secret vectors/own",
      'a-secret-has-other-keys',
      'credentials.keys',
    ],
    [
      'CreateContainerConfigError',
      `configmap "${CONFIG_MAP}" not found`,
      'nothing-is-applied',
      `${K} apply -f dist`,
    ],
    [
      'CreateContainerConfigError',
      'configmap "of-a-sidecar" not found',
      'a-container-does-not-start',
      'create it, or correct its name',
    ],
    [
      'CreateContainerError',
      'failed to create containerd container: no space left on device',
      'a-container-does-not-start',
      'disk of the node',
    ],
    [
      'CreateContainerConfigError',
      "couldn't find key a in ConfigMap vectors/own",
      'a-container-does-not-start',
      '',
    ],
    ['PostStartHookError', 'Exec lifecycle hook ([x]) failed', 'a-container-does-not-start', ''],
  ])('%s: %s', async (reason, message, kind, cure) => {
    const cause = await first((cluster) =>
      cluster.broken(`${N}-writable`, 'milvus', { state: { waiting: { reason, message } } }),
    );
    expect(cause.kind).toBe(kind);
    expect(cause.line).toContain(message);
    expect(cause.line).toContain(cure);
    // What is created is seen by the kubelet when it tries again.
    if (kind !== 'a-container-does-not-start') expect(patienceWith(cause)).toBe(150);
  });

  test('and never was one, so that it has no log', async () => {
    const message =
      'failed to create containerd task: exec: "/x": stat /x: no such file or directory: unknown';
    const cause = await first((cluster) =>
      cluster.broken(`${N}-writable`, 'milvus', {
        state: {
          waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' },
        },
        lastState: { terminated: { exitCode: 128, reason: 'StartError', message } },
      }),
    );
    expect(cause).toMatchObject({ kind: 'a-container-does-not-start', what: `milvus: ${message}` });
  });

  test('for want of a sandbox', async () => {
    const message =
      'Failed to create pod sandbox: rpc error: plugin type="calico" failed (add): no IP addresses left';
    const cause = await first((cluster) => {
      notBegun(cluster);
      cluster.event('Pod', `${N}-writable-0`, 'FailedCreatePodSandBox', message);
    });
    expect(cause).toMatchObject({ kind: 'a-container-does-not-start', what: message });
  });

  test.each(['FailedCreatePodSandBox', 'FailedMount'])(
    '%s that did not come again is over',
    async (reason) => {
      const cause = await first((cluster) => {
        notBegun(cluster);
        cluster.event('Pod', `${N}-writable-0`, reason, 'secret "own" not found');
        Object.assign(cluster.objects.at(-1) ?? {}, { lastTimestamp: '2026-07-01T11:53:00Z' });
      });
      expect(cause).toMatchObject({ kind: 'it-is-starting' });
    },
  );
});

describe('a volume', () => {
  test.each([
    ['configmap "x" not found', 'a-container-does-not-start'],
    [`configmap "${CONFIG_MAP}" not found`, 'nothing-is-applied'],
    ['secret "own" not found', 'a-secret-is-missing'],
    ['rpc error: permission denied by mds', 'a-volume-can-not-be-mounted'],
  ] as const)('%s', async (what, kind) => {
    const cause = await first((cluster) => {
      notBegun(cluster);
      cluster.event(
        'Pod',
        `${N}-writable-0`,
        'FailedMount',
        `MountVolume.SetUp failed for volume "a" : ${what}`,
      );
      cluster.event(
        'Pod',
        `${N}-writable-0`,
        'FailedMount',
        'Unable to attach or mount volumes: unmounted volumes=[a], unattached volumes=[a b]: timed out waiting for the condition',
      );
    });
    expect(cause.kind).toBe(kind);
    expect(cause.what).toContain(what);
  });
});

describe('a node', () => {
  /** As the node controller leaves a pod: it changes this one condition, and nothing else. */
  const lost = (cluster: LiveCluster, workload: string, kind?: string) => {
    cluster.unready(workload, kind);
    cluster.change('Pod', `${workload}-0`, 'status', {
      conditions: [
        { type: 'Ready', status: 'False', lastTransitionTime: SECONDS_AGO },
        { type: 'ContainersReady', status: 'True', lastTransitionTime: HOUR_AGO },
      ],
    });
  };

  test('that does not answer is the cause of a volume that can not be attached elsewhere', async () => {
    const cluster = new LiveCluster(config);
    const pod = structuredClone(cluster.get('Pod', `${N}-writable-0`)) as unknown as LiveObject;
    lost(cluster, `${N}-writable`);
    const name = `${N}-writable-1`;
    const initContainerStatuses = [
      { name: 'wait-for-mysql', state: { waiting: { reason: 'PodInitializing' } } },
    ];
    cluster.objects.push({
      ...pod,
      metadata: { ...pod.metadata, name },
      status: { phase: 'Pending', initContainerStatuses, containerStatuses: [] },
    });
    cluster.event('Pod', name, 'FailedAttachVolume', 'Multi-Attach error for volume "pvc-1"');
    expect((await cluster.status()).causes.map(({ kind }) => kind)).toEqual([
      'the-node-is-lost',
      'a-volume-can-not-be-mounted',
    ]);
  });

  test('that does not answer, when its pods are about to go', async () => {
    const cause = await first((cluster) => {
      lost(cluster, `${N}-mysql`, 'StatefulSet');
      cluster.change('Pod', `${N}-mysql-0`, 'metadata', { deletionTimestamp: SECONDS_AGO });
    });
    expect(cause).toMatchObject({ kind: 'the-node-is-lost', object: `pod/${N}-mysql-0` });
  });

  test.each([
    [SECONDS_AGO, 'it-is-starting', 'its pods are being replaced'],
    [HOUR_AGO, 'the-node-is-lost', `it should be gone since ${HOUR_AGO}`],
  ] as const)('a pod that has to be gone at %s: %s', async (deletionTimestamp, kind, what) => {
    const cause = await first((cluster) => {
      cluster.unready(`${N}-mysql`, 'StatefulSet');
      cluster.change('Pod', `${N}-mysql-0`, 'metadata', { deletionTimestamp });
    });
    expect(cause.kind).toBe(kind);
    expect(cause.what).toContain(what);
  });

  test.each([
    [
      'Evicted',
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.',
      'raise the limit',
    ],
    ['Evicted', 'The node had condition: [DiskPressure].', 'make room on the node'],
    [
      'OutOfmemory',
      "Node didn't have enough resource: memory, requested: 1, used: 2, capacity: 2",
      'make room',
    ],
    ['Terminated', 'Pod was terminated in response to imminent node shutdown.', ''],
  ])('a pod that it does not keep: %s, %s', async (reason, message, cure) => {
    const cause = await first((cluster) => {
      cluster.unready(`${N}-writable`);
      cluster.change('Pod', `${N}-writable-0`, 'status', { phase: 'Failed', reason, message });
    });
    expect(cause).toMatchObject({ kind: 'a-pod-was-evicted', what: message });
    expect(cause.line).toMatch(new RegExp(`: ${cure}${cure && '.*'}$`));
  });

  test('that began anew: the init container that runs is what its pod does, not how its server had ended', async () => {
    const cause = await first((cluster) => {
      cluster.broken(`${N}-writable`, 's3-preflight', running);
      const { status } = cluster.get('Pod', `${N}-writable-0`) as unknown as LiveObject;
      for (const one of status?.containerStatuses ?? [])
        Object.assign(one, { lastState: { terminated: { exitCode: 255, reason: 'Unknown' } } });
      cluster.logs[`${N}-writable-0/s3-preflight`] = 's3-preflight: nothing listens at rgw:80\n';
    });
    expect(cause).toMatchObject({ kind: 'something-does-not-answer' });
  });
});

describe('what others put into the pods', () => {
  const mesh = (cluster: LiveCluster, status: object) => {
    const pod = cluster.get('Pod', `${N}-writable-0`) as unknown as {
      spec: { initContainers: object[] };
      status: { initContainerStatuses: object[] };
    };
    pod.spec.initContainers.unshift({ name: 'istio-proxy', restartPolicy: 'Always' });
    pod.status.initContainerStatuses.unshift({
      name: 'istio-proxy',
      restartCount: 0,
      started: true,
      ...status,
    });
  };

  test('a sidecar that runs is no init container', async () => {
    const cluster = new LiveCluster(config);
    cluster.broken(`${N}-writable`, 'milvus', {
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1 } },
    });
    mesh(cluster, { ready: true, ...running });
    cluster.logs[`${N}-writable-0/milvus`] = 'Config check fail\n';
    const { causes, workloads } = await cluster.status();
    expect(causes).toMatchObject([{ what: expect.stringContaining('Config check fail') }]);
    expect(workloads.flatMap(({ pods }) => pods).find(({ ready }) => !ready)?.state).toBe('CrashLoopBackOff');
  });

  test('a sidecar that is not ready, with the event that is about it', async () => {
    const cause = await first((cluster) => {
      cluster.broken(`${N}-writable`, 's3-preflight', { state: { waiting: { reason: 'PodInitializing' } } });
      mesh(cluster, { ready: false, ...running });
      for (const [container, message] of [
        ['istio-proxy', 'Startup probe failed: HTTP probe failed with statuscode: 503'],
        ['other', 'Readiness probe failed: of another container'],
      ]) {
        cluster.event('Pod', `${N}-writable-0`, 'Unhealthy', message ?? '');
        const { involvedObject } = cluster.objects.at(-1) ?? {};
        Object.assign(involvedObject ?? {}, { fieldPath: `spec.initContainers{${container}}` });
      }
    });
    expect(cause.what).toBe(
      'istio-proxy is not ready: Startup probe failed: HTTP probe failed with statuscode: 503',
    );
  });

  test('a sidecar that is not ready does not hide why the server ends', async () => {
    const cause = await first((cluster) => {
      cluster.broken(`${N}-writable`, 'milvus', {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      });
      mesh(cluster, { ready: false, ...running });
    });
    expect(cause.kind).toBe('out-of-memory');
  });

  test('a readiness gate', async () => {
    const message =
      'corresponding condition of pod readiness gate "target-health.elbv2.k8s.aws/x" does not exist.';
    const cause = await first((cluster) =>
      cluster.unready(`${N}-mishards`, 'Deployment', {
        type: 'Ready',
        status: 'False',
        reason: 'ReadinessGatesNotReady',
        message,
      }),
    );
    expect(cause).toMatchObject({ kind: 'it-is-starting', what: message });
  });
});

describe('Jobs', () => {
  const owner = (name: string) => ({
    name: `${name}-x`,
    namespace: 'vectors',
    labels: { 'app.kubernetes.io/instance': N },
    ownerReferences: [{ kind: 'Job', name }],
  });
  const noImage = (name: string): LiveObject => ({
    kind: 'Pod',
    metadata: owner(name),
    spec: { nodeName: 'node-1', containers: [{ name: 'upload' }] },
    status: {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'upload',
          image: 'r:1',
          state: { waiting: { reason: 'ErrImagePull', message: 'not found' } },
        },
      ],
    },
  });
  const refusal = 'Error creating: pods "x" is forbidden: exceeded quota: compute, requested: pods=1';

  test('one of a schedule that can not start is told after what the cluster itself waits for', async () => {
    const cluster = new LiveCluster(config);
    cluster.objects.push(noImage(`${N}-backup-29`));
    const alone = await cluster.status();
    expect(alone).toMatchObject({ ready: true, causes: [{ kind: 'an-image-can-not-be-pulled' }] });
    expect(alone.causes.every(mends)).toBe(true);
    cluster.broken(`${N}-mishards`, 'mishards', running);
    expect((await cluster.status()).causes.map(({ kind }) => kind)).toEqual([
      'it-is-starting',
      'an-image-can-not-be-pulled',
    ]);
  });

  test('one that gets no pod', async () => {
    const cluster = new LiveCluster(config);
    const name = `${N}-smoke-test`;
    cluster.objects = cluster.objects.filter(({ kind }) => kind !== 'Job');
    cluster.objects.push({ kind: 'Job', metadata: { ...owner(name), name, creationTimestamp: HOUR_AGO } });
    cluster.event('Job', name, 'FailedCreate', refusal);
    expect((await cluster.status()).causes).toMatchObject([
      { kind: 'the-quota-is-used-up', object: `job/${name}` },
    ]);
    cluster.change('Job', name, 'metadata', { creationTimestamp: new Date(NOW).toISOString() });
    expect((await cluster.status()).causes).toEqual([]);
  });

  test('a backup that failed without a pod', async () => {
    const cluster = new LiveCluster(config);
    Object.assign(cluster.get('CronJob', `${N}-backup`), {
      status: { lastSuccessfulTime: '2026-06-30T13:00:00Z', lastScheduleTime: HOUR_AGO },
    });
    cluster.event('Job', `${N}-backup-verify-29`, 'FailedCreate', 'of another');
    cluster.event('Job', `${N}-backup-29`, 'FailedCreate', refusal);
    cluster.event(
      'Job',
      `${N}-backup-29`,
      'DeadlineExceeded',
      'Job was active longer than specified deadline',
    );
    expect((await cluster.status()).causes).toMatchObject([
      {
        kind: 'a-backup-has-failed',
        what: `no pods of ${N}-backup-29: ${refusal}`,
        cure: expect.stringContaining('ResourceQuota'),
      },
    ]);
  });

  test('a backup that failed without a pod: events of the newer API have an eventTime alone', async () => {
    const cluster = new LiveCluster(config);
    Object.assign(cluster.get('CronJob', `${N}-backup`), {
      status: { lastSuccessfulTime: '2026-06-30T13:00:00Z', lastScheduleTime: HOUR_AGO },
    });
    // They come by their names, not by their times.
    for (const [message, eventTime] of [
      ['the newer', '2026-07-01T11:30:00.000000Z'],
      ['the older', '2026-07-01T11:20:00.000000Z'],
    ] as const) {
      cluster.event('Job', `${N}-backup-29`, 'FailedCreate', message);
      Object.assign(cluster.objects.at(-1) ?? {}, { lastTimestamp: null, eventTime });
    }
    expect((await cluster.status()).causes).toMatchObject([
      { kind: 'a-backup-has-failed', what: `no pods of ${N}-backup-29: the newer` },
    ]);
  });

  test('a restore that is declared, and can not start', async () => {
    const restored = { ...config, backup: { enabled: true, restore: { backup: '20260701T021500Z' } } };
    const cluster = new LiveCluster(restored);
    const name = `${N}-restore-20260701t021500z`;
    cluster.objects.push(noImage(name));
    const { causes } = await cluster.status();
    expect(causes.map(({ kind }) => kind)).toEqual(['an-image-can-not-be-pulled', 'a-restore-runs']);
    expect(causes.map(mends)).toEqual([false, true]);
  });
});

test('what a Secret was the cause of is waited for, when it was changed since', async () => {
  const refused = (changed: string) => (cluster: LiveCluster) => {
    cluster.secretsChanged = `${changed};`;
    const message = `s3-preflight: 10.0.0.1:80 does not know the access key in Secret '${N}-s3': correct it`;
    cluster.broken(`${N}-writable`, 's3-preflight', {
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: {
        terminated: { exitCode: 1, reason: 'Error', message, finishedAt: '2026-07-01T11:59:00Z' },
      },
    });
  };
  expect(await first(refused('2026-07-01T11:58:00Z')).then(patienceWith)).toBe(0);
  expect(await first(refused('2026-07-01T11:59:30Z'))).toMatchObject({ kind: 's3-refuses', patience: 300 });
});

test('an init container that is killed for its memory has its own limit', async () => {
  const cause = await first((cluster) =>
    cluster.broken(`${N}-writable`, 's3-preflight', {
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    }),
  );
  expect(cause).toMatchObject({ kind: 'out-of-memory', what: expect.stringContaining('its limit of 128Mi') });
  expect(cause.cure).toContain('writable.podTemplate.spec.initContainers, by the name s3-preflight');
});

describe('a container that ends', () => {
  const crashed = (exitCode: number, message = '') => ({
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container' } },
    lastState: { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', message } },
    restartCount: 2,
  });
  const broken = (name: string, exitCode: number, message?: string) => (cluster: LiveCluster) =>
    cluster.broken(`${N}-readonly`, name, crashed(exitCode, message));

  test.each<[what: string, make: (cluster: LiveCluster) => void, kind: CauseKind, line: RegExp]>([
    [
      'well, again and again',
      broken('milvus', 0),
      'the-server-ends-again-and-again',
      /^milvus ended with exit code 0: kubectl/,
    ],
    [
      'for its probe',
      (cluster) => {
        broken('milvus', 137)(cluster);
        cluster.event('Pod', `${N}-readonly-0`, 'Unhealthy', 'Liveness probe failed: dial tcp: timeout');
      },
      'the-server-ends-again-and-again',
      /^milvus ended with exit code 137, after Liveness probe failed: dial tcp: timeout: kubectl/,
    ],
    [
      'for an empty key of a Secret',
      broken('s3-preflight', 1, `s3-preflight: S3_SECRET_KEY is not set or empty: look at Secret '${N}-s3'`),
      'a-credential-can-not-be-used',
      new RegExp(`look at Secret '${N}-s3'`),
    ],
    [
      'after it has waited in vain for MySQL, whose image is not there',
      (cluster) => {
        cluster.broken(
          `${N}-mysql`,
          'mysql',
          { state: { waiting: { reason: 'ErrImagePull', message: 'mysql:5.7.44: not found' } } },
          'StatefulSet',
        );
        broken(
          'wait-for-mysql',
          1,
          'wait-for-mysql: gave up after 300 s on MySQL: nothing listens there',
        )(cluster);
      },
      'an-image-can-not-be-pulled',
      /mysql:5\.7\.44: not found/,
    ],
  ])('%s', async (_, make, kind, line) => {
    const cluster = new LiveCluster(config);
    make(cluster);
    const { causes } = await cluster.status();
    expect(causes).toHaveLength(1);
    expect(causes[0]).toMatchObject({ kind });
    expect(`${causes[0]?.what}: ${causes[0]?.cure}`).toMatch(line);
  });

  test('before the server, in each way of its script, is known by its words', () => {
    const scripts = ['wait-for-mysql', 's3-preflight', 's3-remote', 'volume-preflight'];
    const lines = scripts.flatMap((name) =>
      [...readFileSync(join(ROOT, `assets/${name}.sh`), 'utf8').matchAll(/\bfail "((?:[^"\\]|\\.)*)"/g)].map(
        ([, message]) => `${name}: ${message}`,
      ),
    );
    expect(lines.length).toBeGreaterThan(25);
    expect(lines.filter((line) => !WORDS.some(([words]) => words.test(line)))).toEqual([]);
  });
});

test('the log of a lost node is not waited for', async () => {
  const cluster = new LiveCluster(config);
  cluster.broken(`${N}-readonly`, 'milvus', running);
  const { run } = cluster.kubectl;
  let asked = 0;
  cluster.kubectl.run = async (args, call?: KubectlCall) => {
    if (args[0] !== 'logs') return await run(args);
    asked++;
    expect(call?.timeoutSeconds).toBeLessThanOrEqual(10);
    throw new KubectlError('"kubectl logs" did not end within 10 s');
  };
  expect((await cluster.status()).causes).toMatchObject([{ kind: 'it-is-starting' }]);
  expect(asked).toBe(1);
});

test('of several clusters in a namespace each has its own Jobs and claims', async () => {
  const cluster = new LiveCluster(config);
  cluster.objects.push({
    kind: 'Job',
    metadata: { name: 'other-smoke-test', labels: { 'app.kubernetes.io/instance': 'other' } },
  });
  cluster.event('Job', 'other-smoke-test', 'FailedCreate', 'Error creating: exceeded quota: x');
  expect(await cluster.status()).toMatchObject({ ready: true, causes: [] });
});

test('a backup of the schedule that is refused is told, though its Job has no labels', async () => {
  const cluster = new LiveCluster(config);
  const job = `${N}-backup-29`;
  Object.assign(cluster.get('CronJob', `${N}-backup`), { status: { active: [{ name: job }] } });
  cluster.event('Job', job, 'FailedCreate', 'Error creating: pods "x" is forbidden: violates PodSecurity');
  expect((await cluster.status()).causes).toMatchObject([
    { kind: 'the-pods-are-refused', object: `job/${job}` },
  ]);
});
