import { podSecurityProblems } from '../support/pod-security';
import { catches, container, type Defect, pod, sample, withDefect } from './sample';

test('passes the sample', () => {
  expect(podSecurityProblems(sample, 'restricted')).toEqual([]);
});

const own = `${container}|securityContext`;
const init = `${pod}|initContainers|0|securityContext`;
const shared = `${pod}|securityContext`;
const annotation = 'container.apparmor.security.beta.kubernetes.io/app';

const baseline: readonly Defect[] = [
  ['Deployment/app', `${pod}|hostNetwork`, true, 'hostNetwork is true'],
  ['Deployment/app', `${pod}|hostPID`, true, 'hostPID is true'],
  ['Deployment/app', `${pod}|hostIPC`, true, 'hostIPC is true'],
  [
    'Deployment/app',
    `${pod}|volumes|1`,
    { name: 'scratch', hostPath: { path: '/' } },
    'volume scratch is a hostPath',
  ],
  ['Deployment/app', `${container}|ports|0|hostPort`, 80, 'container app: hostPort 80'],
  ['Deployment/app', `${own}|privileged`, true, 'container app: privileged is true'],
  ['Deployment/app', `${init}|privileged`, true, 'container prepare: privileged is true'],
  ['Deployment/app', `${own}|capabilities|add`, ['NET_ADMIN'], 'adds the capability NET_ADMIN'],
  ['Deployment/app', `${own}|procMount`, 'Unmasked', 'procMount Unmasked'],
  ['Deployment/app', `${shared}|seLinuxOptions`, { type: 'spc_t' }, 'pod: seLinuxOptions type spc_t'],
  ['Deployment/app', `${own}|seLinuxOptions`, { user: 'u' }, 'seLinuxOptions sets user or role'],
  ['Deployment/app', `${shared}|seccompProfile`, { type: 'Unconfined' }, 'pod: seccompProfile is Unconfined'],
  [
    'Deployment/app',
    `${own}|seccompProfile`,
    { type: 'Unconfined' },
    'container app: seccompProfile is Unconfined',
  ],
  ['Deployment/app', `${shared}|sysctls`, [{ name: 'kernel.msgmax', value: '1' }], 'sysctl kernel.msgmax'],
  ['Deployment/app', `${shared}|windowsOptions`, { hostProcess: true }, 'hostProcess is true'],
  ['Deployment/app', `${own}|appArmorProfile`, { type: 'Unconfined' }, 'appArmorProfile is Unconfined'],
  [
    'Deployment/app',
    'spec|template|metadata|annotations',
    { [annotation]: 'unconfined' },
    'AppArmor profile unconfined',
  ],
  ['Deployment/app', `${container}|livenessProbe|httpGet|host`, '10.0.0.1', 'names the host 10.0.0.1'],
];
describe('baseline', () => catches(baseline, (manifests) => podSecurityProblems(manifests, 'baseline')));

const restricted: readonly Defect[] = [
  ...baseline,
  [
    'Deployment/app',
    `${pod}|volumes|1`,
    { name: 'scratch', nfs: {} },
    'volume scratch is of a restricted type',
  ],
  ['Deployment/app', `${own}|allowPrivilegeEscalation`, undefined, 'allowPrivilegeEscalation is not false'],
  ['Deployment/app', `${init}|allowPrivilegeEscalation`, true, 'container prepare: allowPrivilegeEscalation'],
  ['Deployment/app', `${own}|capabilities`, undefined, 'does not drop ALL'],
  ['Deployment/app', `${own}|capabilities|drop`, ['NET_RAW'], 'does not drop ALL'],
  ['Deployment/app', `${own}|capabilities|add`, ['CHOWN'], 'adds the capability CHOWN'],
  ['Deployment/app', `${shared}|runAsNonRoot`, undefined, 'container app: runAsNonRoot is not true'],
  ['Deployment/app', `${shared}|runAsNonRoot`, false, 'pod: runAsNonRoot is false'],
  ['Deployment/app', `${own}|runAsNonRoot`, false, 'container app: runAsNonRoot is not true'],
  ['Deployment/app', `${shared}|runAsUser`, 0, 'pod: runAsUser is 0'],
  ['Deployment/app', `${own}|runAsUser`, 0, 'container app: runAsUser is 0'],
  ['Deployment/app', `${shared}|seccompProfile`, undefined, 'container app: seccompProfile is neither'],
];
describe('restricted', () =>
  catches(restricted, (manifests) => podSecurityProblems(manifests, 'restricted')));

test('what only the restricted level forbids passes the baseline', () => {
  const onlyRestricted = restricted.slice(baseline.length);
  expect(onlyRestricted.flatMap((defect) => podSecurityProblems(withDefect(defect), 'baseline'))).toEqual([]);
});

test('NET_BIND_SERVICE is allowed, a container may set what the pod does not', () => {
  const added: Defect = ['Deployment/app', `${own}|capabilities|add`, ['NET_BIND_SERVICE'], ''];
  expect(podSecurityProblems(withDefect(added), 'restricted')).toEqual([]);
});
