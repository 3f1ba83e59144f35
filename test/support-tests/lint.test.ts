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
  'pdb-max-unavailable': [
    ...good,
    object('PodDisruptionBudget', { maxUnavailable: 0, selector: {} }, 'policy/v1'),
  ],
  'pdb-min-available': [
    ...good,
    object('PodDisruptionBudget', { minAvailable: 1, selector: {} }, 'policy/v1'),
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

test('an exception has a reason, and is for one check', () => {
  const annotations = { 'ignore-check.kube-linter.io/latest-tag': 'it is pulled once' };
  const bad = deployment({ image: 'a:latest' }, { hostPID: true }, {}, { annotations });
  expect(lint([bad, policy])).toEqual(['host-pid: Deployment/d: uses hostPID']);
});
