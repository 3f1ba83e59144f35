import { CHECK_NAMES, lint } from '../support/lint';
import type { Manifest } from '../support/manifests';

const container = (over: object = {}) => ({
  name: 'c',
  image: 'a:1',
  resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsGroup: 1000,
    capabilities: { drop: ['ALL'] },
  },
  ports: [{ name: 'web', containerPort: 80 }],
  ...over,
});
const deployment = (
  containerOver: object = {},
  pod: object = {},
  spec: object = {},
  metadata: object = {},
): Manifest =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', ...metadata },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      ...spec,
      template: {
        metadata: { labels: { app: 'a' } },
        spec: { containers: [container(containerOver)], ...pod },
      },
    },
  }) as Manifest;
const object = (kind: string, spec: object, apiVersion = 'v1'): Manifest =>
  ({ apiVersion, kind, metadata: { name: 'o' }, spec }) as Manifest;
const budget = (spec: object): Manifest =>
  object(
    'PodDisruptionBudget',
    { selector: {}, unhealthyPodEvictionPolicy: 'AlwaysAllow', ...spec },
    'policy/v1',
  );
const policy = object('NetworkPolicy', { podSelector: {} }, 'networking.k8s.io/v1');
const good = [deployment(), policy];

test('a good one is good', () => {
  expect(
    lint([...good, object('Service', { selector: { app: 'a' }, ports: [{ targetPort: 'web' }] })]),
  ).toEqual([]);
});

const CASES: Readonly<Record<string, readonly Manifest[]>> = {
  'dangling-service': [...good, object('Service', { selector: { app: 'b' }, ports: [] })],
  'deprecated-service-account-field': [deployment({}, { serviceAccount: 'default' }), policy],
  'docker-sock': [
    deployment({}, { volumes: [{ name: 'v', hostPath: { path: '/opt/docker.sock' } }] }),
    policy,
  ],
  'drop-net-raw-capability': [
    deployment({ securityContext: { ...container().securityContext, capabilities: { drop: ['CHOWN'] } } }),
    policy,
  ],
  'duplicate-env-var': [deployment({ env: [{ name: 'A' }, { name: 'A' }] }), policy],
  'env-var-secret': [deployment({ env: [{ name: 'MY_SECRET', value: 'x' }] }), policy],
  'host-ipc': [deployment({}, { hostIPC: true }), policy],
  'host-network': [deployment({}, { hostNetwork: true }), policy],
  'host-pid': [deployment({}, { hostPID: true }), policy],
  'invalid-target-ports': [
    ...good,
    object('Service', { selector: { app: 'a' }, ports: [{ targetPort: 'Web_1' }] }),
  ],
  'job-ttl-seconds-after-finished': [object('Job', {}, 'batch/v1'), policy],
  'latest-tag': [deployment({ image: 'a:latest' }), policy],
  'liveness-port': [deployment({ livenessProbe: { httpGet: { port: 'other' } } }), policy],
  'readiness-port': [deployment({ readinessProbe: { tcpSocket: { port: 81 } } }), policy],
  'startup-port': [deployment({ startupProbe: { httpGet: { port: 'other' } } }), policy],
  'mismatching-selector': [deployment({}, {}, { selector: { matchLabels: { app: 'z' } } }), policy],
  'no-anti-affinity': [deployment({}, {}, { replicas: 2 }), policy],
  'no-extensions-v1beta': [...good, object('Ingress', {}, 'extensions/v1beta1')],
  'no-read-only-root-fs': [
    deployment({ securityContext: { ...container().securityContext, readOnlyRootFilesystem: false } }),
    policy,
  ],
  'non-existent-service-account': [deployment({}, { serviceAccountName: 'none' }), policy],
  'pdb-max-unavailable': [...good, budget({ maxUnavailable: 0 })],
  'pdb-min-available': [...good, budget({ minAvailable: 1 })],
  'pdb-unhealthy-pod-eviction-policy': [
    ...good,
    budget({ maxUnavailable: 1, unhealthyPodEvictionPolicy: undefined }),
  ],
  'privilege-escalation-container': [
    deployment({ securityContext: { ...container().securityContext, allowPrivilegeEscalation: true } }),
    policy,
  ],
  'privileged-container': [
    deployment({ securityContext: { ...container().securityContext, privileged: true } }),
    policy,
  ],
  'run-as-non-root': [
    deployment({ securityContext: { ...container().securityContext, runAsUser: 0 } }),
    policy,
  ],
  'sensitive-host-mounts': [deployment({}, { volumes: [{ name: 'v', hostPath: { path: '/etc' } }] }), policy],
  'ssh-port': [deployment({ ports: [{ name: 'web', containerPort: 22 }] }), policy],
  'unsafe-sysctls': [deployment({}, { securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } }), policy],
  'unset-cpu-requirements': [
    deployment({ resources: { requests: { cpu: '1', memory: '1' }, limits: { memory: '1' } } }),
    policy,
  ],
  'unset-memory-requirements': [
    deployment({ resources: { requests: { cpu: '1', memory: '0' }, limits: { cpu: '1', memory: '1' } } }),
    policy,
  ],
  'non-isolated-pod': [deployment()],
  'wildcard-in-rules': [{ ...object('Role', {}), rules: [{ verbs: ['*'] }] } as Manifest],
  'access-to-secrets': [{ ...object('Role', {}), rules: [{ resources: ['secrets'] }] } as Manifest],
  'cluster-wide-rights': [object('ClusterRoleBinding', {})],
};

test('there is a case for each check', () => {
  expect(Object.keys(CASES).sort()).toEqual([...CHECK_NAMES].sort());
});

test.each(Object.entries(CASES))('%s', (check, manifests) => {
  expect(lint(manifests)).toEqual([expect.stringMatching(new RegExp(`^${check}: `))]);
});

const service = (spec: object): Manifest => object('Service', { ports: [], ...spec });
const within = (namespace: string, manifest: Manifest): Manifest => ({
  ...manifest,
  metadata: { ...manifest.metadata, namespace },
});
const secured = (over: object): Manifest =>
  deployment({ securityContext: { ...container().securityContext, ...over } });
const apart = (podAntiAffinity: object): Manifest =>
  deployment({}, { affinity: { podAntiAffinity } }, { replicas: 2 });
const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'a' } } };
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const sysctl = (name: string) => deployment({}, { securityContext: { sysctls: [{ name }] } });
const probe = (handler: object, ports: readonly object[] = [{ name: 'web', containerPort: 80 }]) =>
  deployment({ ports, livenessProbe: handler });
const amount = (requests: object) =>
  deployment({ resources: { requests, limits: { cpu: 2, memory: '1Gi' } } });
const account = object('ServiceAccount', {});
const using = deployment({}, { serviceAccountName: 'o' });

describe('what is near to a finding', () => {
  test.each<[check: string, found: string, manifest: Manifest, ...others: Manifest[]]>([
    ['dangling-service', 'a Service without a selector', service({})],
    ['dangling-service', 'pods of another namespace', within('other', service({ selector: { app: 'a' } }))],
    ['drop-net-raw-capability', 'no capabilities', secured({ capabilities: undefined })],
    [
      'drop-net-raw-capability',
      'one that is added',
      secured({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }),
    ],
    [
      'invalid-target-ports',
      'a number out of range',
      service({ selector: { app: 'a' }, ports: [{ targetPort: 0 }] }),
    ],
    [
      'invalid-target-ports',
      'the port of a container',
      deployment({ ports: [{ name: 'a--b', containerPort: 80 }] }),
    ],
    [
      'job-ttl-seconds-after-finished',
      'two limits',
      object(
        'CronJob',
        {
          jobTemplate: {
            spec: { ttlSecondsAfterFinished: 1, template: { metadata: { labels: { app: 'a' } } } },
          },
        },
        'batch/v1',
      ),
    ],
    ['latest-tag', 'a registry with a port', deployment({ image: 'registry:5000/a' })],
    ['liveness-port', 'gRPC', probe({ grpc: { port: 81 } })],
    [
      'liveness-port',
      'a port of UDP',
      probe({ tcpSocket: { port: 80 } }, [{ containerPort: 80, protocol: 'UDP' }]),
    ],
    ['mismatching-selector', 'no selector', deployment({}, {}, { selector: undefined })],
    ['no-anti-affinity', 'an empty one', apart({})],
    [
      'no-anti-affinity',
      'one about zones',
      apart({ [REQUIRED]: [{ ...term, topologyKey: 'topology.kubernetes.io/zone' }] }),
    ],
    [
      'no-anti-affinity',
      'one about other pods',
      apart({ [REQUIRED]: [{ ...term, labelSelector: { matchLabels: { app: 'b' } } }] }),
    ],
    [
      'no-anti-affinity',
      'one about another namespace',
      apart({ [REQUIRED]: [{ ...term, namespaces: ['other'] }] }),
    ],
    [
      'no-anti-affinity',
      'one without a selector',
      apart({ [REQUIRED]: [{ topologyKey: term.topologyKey }] }),
    ],
    [
      'no-anti-affinity',
      'spread constraints alone',
      deployment({}, { topologySpreadConstraints: [term] }, { replicas: 2 }),
    ],
    ['non-existent-service-account', 'one of another namespace', using, within('other', account)],
    ['pdb-min-available', 'all of them', budget({ minAvailable: '100%' })],
    ['pdb-max-unavailable', 'none in a hundred', budget({ maxUnavailable: '0%' })],
    ['run-as-non-root', "root's group", secured({ runAsGroup: 0 })],
    ['run-as-non-root', 'no group', secured({ runAsGroup: undefined })],
    ['run-as-non-root', 'the user of the image', secured({ runAsNonRoot: undefined })],
    ['unsafe-sysctls', 'one that the kubelet thinks safe', sysctl('net.ipv4.tcp_syncookies')],
    ['unset-cpu-requirements', 'zero', amount({ cpu: '0', memory: '1Gi' })],
  ])('%s finds %s', (check, _found, ...manifests) => {
    const all = [...good, ...manifests];
    expect(lint(all).map((finding) => finding.split(':')[0])).toEqual([check]);
  });

  test.each<[check: string, passes: string, manifest: Manifest, ...others: Manifest[]]>([
    ['dangling-service', 'a Service that is a name', service({ type: 'ExternalName' })],
    ['drop-net-raw-capability', 'it by name, in any case', secured({ capabilities: { drop: ['net_raw'] } })],
    ['env-var-secret', 'a reference', deployment({ env: [{ name: 'MY_SECRET', valueFrom: {} }] })],
    [
      'job-ttl-seconds-after-finished',
      'a Job that goes',
      object(
        'Job',
        { ttlSecondsAfterFinished: 60, template: { metadata: { labels: { app: 'a' } } } },
        'batch/v1',
      ),
    ],
    ['latest-tag', 'a digest', deployment({ image: `a@sha256:${'0'.repeat(64)}` })],
    ['liveness-port', 'a declared port, by name', probe({ httpGet: { port: 'web' } })],
    ['liveness-port', 'a declared port, of gRPC', probe({ grpc: { port: 80 } })],
    ['no-anti-affinity', 'a required term', apart({ [REQUIRED]: [term] })],
    ['no-anti-affinity', 'a preferred term', apart({ [PREFERRED]: [{ weight: 1, podAffinityTerm: term }] })],
    [
      'no-anti-affinity',
      'one right term among others',
      apart({ [REQUIRED]: [{ ...term, topologyKey: 'zone' }, term] }),
    ],
    [
      'no-extensions-v1beta',
      "another group's v1beta1",
      object('ExternalSecret', {}, 'external-secrets.io/v1beta1'),
    ],
    ['non-existent-service-account', 'one of the namespace', using, account],
    ['pdb-max-unavailable', 'one', budget({ maxUnavailable: 1 })],
    ['pdb-min-available', 'half', budget({ minAvailable: '50%' })],
    [
      'run-as-non-root',
      'the user and group of the pod',
      secured({ runAsNonRoot: undefined, runAsUser: 1, runAsGroup: 1 }),
    ],
    [
      'sensitive-host-mounts',
      'no path of the host',
      deployment({}, { volumes: [{ name: 'v', emptyDir: {} }] }),
    ],
    ['unsafe-sysctls', 'one of no list', sysctl('vm.max_map_count')],
    ['unset-cpu-requirements', 'a number', amount({ cpu: 1, memory: '1Gi' })],
  ])('%s passes %s', (_check, _passes, ...manifests) => {
    expect(lint([...good, ...manifests])).toEqual([]);
  });
});

test('an exception has a reason, and is for one check', () => {
  const annotations = { 'ignore-check.kube-linter.io/latest-tag': 'it is pulled once' };
  const bad = deployment({ image: 'a:latest' }, { hostPID: true }, {}, { annotations });
  expect(lint([bad, policy])).toEqual(['host-pid: Deployment/d: uses hostPID']);
});
