import { apiServerProblems } from '../support/api-server-rules';
import { catches, container, type Defect, pod, sample } from './sample';

test('passes the sample', () => {
  expect(apiServerProblems(sample)).toEqual([]);
});

test('names an object that is defined twice', () => {
  expect(apiServerProblems([...sample, ...sample.slice(1, 2)])).toEqual([
    '/Service /app: defined more than once',
  ]);
});

const long = (length: number) => 'a'.repeat(length);
const init = `${pod}|initContainers|0`;
const mount = `${container}|volumeMounts|0`;
const toleration = `${pod}|tolerations|0`;
const spread = {
  maxSkew: 1,
  topologyKey: 'kubernetes.io/hostname',
  whenUnsatisfiable: 'ScheduleAnyway',
  labelSelector: {},
};
const peer = 'spec|egress|1|to|0|ipBlock';

const objects: readonly Defect[] = [
  ['Service/app', 'metadata|annotations', { 'a b': 'c' }, 'annotation a b is not a qualified name'],
  ['Service/app', 'metadata|annotations', { a: 1 }, 'annotation a is not text'],
  [
    'Service/app',
    'metadata|annotations',
    { 'service.alpha.kubernetes.io/tolerate-unready-endpoints': 'true' },
    'is deprecated',
  ],
  ['Service/app', 'metadata|labels', { '-a': 'b' }, 'metadata.labels: -a is not a qualified name'],
  ['Service/app', 'metadata|labels', { 'a/b/c': 'b' }, 'is not a qualified name'],
  ['Service/app', 'metadata|labels', { a: long(64) }, 'invalid value'],
  ['Service/app', 'metadata|labels', { a: 'b:c' }, 'invalid value'],
  ['Service/app', 'metadata|namespace', 'My', 'metadata.namespace'],
  ['Service/app', 'metadata|generateName', 'app-', 'generateName'],
  ['ConfigMap/app', 'data', { 'a/b': '' }, 'key a/b is not a file name'],
  ['ConfigMap/app', 'data', { '..a': '' }, 'key ..a is not a file name'],
  ['ConfigMap/app', 'data', { a: 1 }, 'a is not text'],
  ['ConfigMap/app', 'binaryData', { 'run.sh': '' }, 'run.sh is in both data and binaryData'],
  ['ConfigMap/app', 'data', { a: long(1024 * 1024) }, 'more than 1 MiB'],
  ['ConfigMap/app', 'data', { a: long(300 * 1024) }, 'too big for kubectl apply'],
  ['Deployment/app', 'apiVersion', 'apps/v1beta1', 'apps/v1beta1 is deprecated'],
  [
    'Deployment/app',
    'spec|selector|matchLabels|component',
    'other',
    'spec.selector does not match the labels',
  ],
  [
    'Deployment/app',
    'spec|selector|matchLabels',
    { component: 'db' },
    'spec.selector also matches the pods of StatefulSet/db',
  ],
  ['Deployment/app', 'spec|strategy|rollingUpdate', { maxSurge: 1 }, 'Recreate has rollingUpdate'],
  ['Deployment/app', 'spec|strategy', { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }, 'both 0'],
  ['Deployment/app', 'spec|minReadySeconds', 600, 'progressDeadlineSeconds'],
  ['Deployment/app', `${pod}|restartPolicy`, 'Never', 'restartPolicy must be Always'],
  [
    'CronJob/backup',
    'spec|jobTemplate|spec|template|spec|restartPolicy',
    undefined,
    'must be OnFailure or Never',
  ],
  ['CronJob/backup', 'spec|schedule', '0 2 * *', 'is not a cron line'],
  ['CronJob/backup', 'spec|schedule', 'TZ=UTC 0 2 * * *', 'time zone'],
  ['CronJob/backup', 'spec|concurrencyPolicy', 'No', 'concurrencyPolicy'],
  ['CronJob/backup', 'spec|jobTemplate|spec|backoffLimit', -1, 'backoffLimit is negative'],
  ['Service/app', 'spec|ports|0|name', undefined, 'port 19530 needs a name'],
  ['Service/app', 'spec|ports|0|name', 'http', 'port name http is used twice'],
  ['Service/app', 'spec|ports|0|port', 80, 'port 80/TCP is used twice'],
  ['Service/app', 'spec|ports|0|port', 65536, 'out of range'],
  ['Service/app', 'spec|ports|0|targetPort', 'a-very-long-port-name', 'targetPort a-very-long-port-name'],
  ['Service/app', 'spec|ports|0|nodePort', 30000, 'does not go with a ClusterIP'],
  ['Service/app', 'spec|type', 'Balancer', 'spec.type Balancer'],
  ['Service/app', 'spec|ports', [], 'spec.ports is empty'],
  ['Service/db-headless', 'spec|ports|0|targetPort', 3307, 'never used'],
  ['Service/db-headless', 'spec|type', 'LoadBalancer', 'a headless Service cannot be a LoadBalancer'],
  ['StatefulSet/db', 'spec|volumeClaimTemplates|0|spec|accessModes', undefined, 'without accessModes'],
  ['PersistentVolumeClaim/copies', 'spec|accessModes', ['ReadWrite'], 'unknown access mode'],
  ['PersistentVolumeClaim/copies', 'spec|resources', {}, 'without a storage request'],
  ['PersistentVolumeClaim/copies', 'spec|resources|requests|storage', '100m', 'fraction of a byte'],
  ['PersistentVolumeClaim/copies', 'spec|storageClassName', 'A_b', 'storageClassName'],
  ['PodDisruptionBudget/app', 'spec|minAvailable', 1, 'one of minAvailable and maxUnavailable'],
  ['PodDisruptionBudget/app', 'spec|maxUnavailable', undefined, 'one of minAvailable and maxUnavailable'],
  [
    'PodDisruptionBudget/app',
    'spec|selector',
    { matchExpressions: [{ key: 'a', operator: 'Is' }] },
    'unknown operator Is',
  ],
  ['HorizontalPodAutoscaler/app', 'spec|minReplicas', 4, 'minReplicas exceeds maxReplicas'],
  ['NetworkPolicy/app', 'spec|policyTypes', ['Ingress'], 'egress rules without the policy type'],
  ['NetworkPolicy/app', 'spec|policyTypes', ['All'], 'unknown All'],
  ['NetworkPolicy/app', 'spec|ingress|0|ports|0|port', 0, 'policy port 0'],
  ['NetworkPolicy/app', 'spec|ingress|0|ports|0|endPort', 80, 'endPort 80'],
  ['NetworkPolicy/app', peer, undefined, 'a peer without ipBlock or selector'],
  ['NetworkPolicy/app', 'spec|egress|1|to|0|podSelector', {}, 'both ipBlock and a selector'],
  ['NetworkPolicy/app', `${peer}|cidr`, '10.0.0.0', '10.0.0.0 is not a CIDR'],
  ['NetworkPolicy/app', `${peer}|except|0`, '192.168.0.0/16', 'except 192.168.0.0/16 is not inside'],
];

const pods: readonly Defect[] = [
  ['Deployment/app', `${container}|name`, 'prepare', 'container prepare is defined twice'],
  ['Deployment/app', `${container}|name`, 'App', 'not a DNS label'],
  ['Deployment/app', `${container}|image`, 'example/App', 'is not a reference'],
  ['Deployment/app', `${container}|image`, 'example/app:1 ', 'is not a reference'],
  ['Deployment/app', `${container}|image`, 'example/app:1@sha256:abc', 'is not a reference'],
  ['Deployment/app', `${container}|env|0|name`, 'MY-LEVEL', 'is not a C identifier'],
  ['Deployment/app', `${container}|env|0|name`, 'PASSWORD', 'env PASSWORD is defined twice'],
  ['Deployment/app', `${container}|env|0|value`, 1, 'the value must be text'],
  ['Deployment/app', `${container}|env|1|value`, 'x', 'both value and valueFrom'],
  ['Deployment/app', `${container}|env|1|valueFrom`, {}, 'valueFrom needs one source'],
  ['Deployment/app', `${container}|envFrom`, [{ prefix: 'A_' }], 'envFrom needs one source'],
  ['Deployment/app', `${container}|ports|0|name`, 'a-very-long-port-name', 'not an IANA service name'],
  ['Deployment/app', `${container}|ports|0|name`, '123', 'not an IANA service name'],
  ['Deployment/app', `${container}|ports|0|name`, 'http', 'port name http is used twice'],
  ['Deployment/app', `${container}|ports|0|containerPort`, 8080, 'containerPort 8080/TCP is used twice'],
  ['Deployment/app', `${container}|ports|0|containerPort`, 0, 'containerPort 0 is out of range'],
  [
    'Deployment/app',
    `${container}|livenessProbe|successThreshold`,
    2,
    'livenessProbe: successThreshold must be 1',
  ],
  [
    'Deployment/app',
    `${container}|startupProbe`,
    { tcpSocket: { port: 'grpc' }, successThreshold: 2 },
    'successThreshold must be 1',
  ],
  ['Deployment/app', `${container}|readinessProbe|periodSeconds`, 0, 'periodSeconds is below 1'],
  [
    'Deployment/app',
    `${container}|readinessProbe|terminationGracePeriodSeconds`,
    5,
    'terminationGracePeriodSeconds',
  ],
  ['Deployment/app', `${container}|readinessProbe|exec`, { command: ['true'] }, 'needs one handler'],
  ['Deployment/app', `${container}|readinessProbe`, { exec: { command: [] } }, 'exec without a command'],
  [
    'Deployment/app',
    `${container}|readinessProbe|tcpSocket|port`,
    'grcp',
    'no port of this container is named grcp',
  ],
  [
    'Deployment/app',
    `${container}|readinessProbe|tcpSocket|port`,
    19121,
    'port 19121 is not a declared port',
  ],
  ['Deployment/app', `${container}|lifecycle|preStop`, {}, 'preStop: needs one handler'],
  [
    'Deployment/app',
    `${init}|readinessProbe`,
    { exec: { command: ['true'] } },
    'readinessProbe on an init container',
  ],
  [
    'Deployment/app',
    `${container}|resources|requests|memory`,
    '2Gi',
    'the memory request 2Gi exceeds the limit 1Gi',
  ],
  ['Deployment/app', `${container}|resources|limits|memory`, '1GB', 'is not an amount'],
  ['Deployment/app', `${container}|resources|limits|memory`, '1500m', 'is a fraction'],
  ['Deployment/app', `${container}|securityContext|runAsUser`, 0, 'runAsNonRoot with runAsUser 0'],
  [
    'Deployment/app',
    `${container}|securityContext|privileged`,
    true,
    'privileged without allowPrivilegeEscalation',
  ],
  ['Deployment/app', `${container}|securityContext|capabilities|add`, ['CAP_CHOWN'], 'without CAP_'],
  ['Deployment/app', `${pod}|securityContext|seccompProfile`, { type: 'Localhost' }, 'localhostProfile'],
  ['Deployment/app', `${mount}|name`, 'configuration', 'mounts configuration, which is no volume'],
  ['Deployment/app', `${mount}|name`, 'scratch', 'volume config is mounted nowhere'],
  ['Deployment/app', `${mount}|mountPath`, '/scratch', 'mountPath /scratch is used twice'],
  ['Deployment/app', `${mount}|mountPath`, 'etc', 'not an absolute path'],
  ['Deployment/app', `${mount}|subPath`, '../app.yaml', 'leaves the volume'],
  ['StatefulSet/db', 'spec|volumeClaimTemplates|0|metadata|name', 'files', 'mounts data, which is no volume'],
  ['Deployment/app', `${pod}|volumes|1|name`, 'config', 'volume config is defined twice'],
  ['Deployment/app', `${pod}|volumes|1|name`, 'my_scratch', 'the name is not a DNS label'],
  ['Deployment/app', `${pod}|volumes|1|configMap`, { name: 'app' }, 'needs one source'],
  ['Deployment/app', `${pod}|volumes|1|emptyDir|medium`, 'RAM', 'unknown medium RAM'],
  ['Deployment/app', `${pod}|volumes|1|emptyDir|sizeLimit`, '16MB', 'sizeLimit 16MB'],
  ['Deployment/app', `${pod}|volumes|0|configMap|items|0|mode`, 644, 'mode 644 is out of range'],
  ['Deployment/app', `${pod}|volumes|0|configMap|items|0|path`, '/app.yaml', 'leaves the volume'],
  ['Deployment/app', `${pod}|volumes|1`, { name: 'scratch', gitRepo: {} }, 'gitRepo is deprecated'],
  [
    'Deployment/app',
    `${pod}|nodeSelector`,
    { 'beta.kubernetes.io/arch': 'amd64' },
    'node label beta.kubernetes.io/arch is deprecated',
  ],
  [
    'Deployment/app',
    `${pod}|topologySpreadConstraints|0|topologyKey`,
    'failure-domain.beta.kubernetes.io/zone',
    'is deprecated',
  ],
  ['Deployment/app', `${pod}|topologySpreadConstraints`, [spread, spread], 'is given twice'],
  [
    'Deployment/app',
    `${pod}|topologySpreadConstraints|0|labelSelector|matchLabels|component`,
    'db',
    'does not match this pod',
  ],
  ['Deployment/app', `${pod}|topologySpreadConstraints|0|whenUnsatisfiable`, 'Never', 'unknown Never'],
  ['Deployment/app', `${toleration}|operator`, 'Exists', 'Exists takes no value'],
  ['Deployment/app', `${toleration}|tolerationSeconds`, 5, 'tolerationSeconds goes with NoExecute'],
  [
    'Deployment/app',
    `${pod}|tolerations`,
    [{ operator: 'Exists' }, { operator: 'Exists' }],
    'is given twice',
  ],
  ['Deployment/app', `${pod}|serviceAccount`, 'app', 'spec.serviceAccount is deprecated'],
  ['Deployment/app', `${pod}|imagePullSecrets`, [{ name: 'a' }, { name: 'a' }], 'imagePullSecrets: a twice'],
  ['Deployment/app', `${pod}|terminationGracePeriodSeconds`, -1, 'is negative'],
  [
    'Deployment/app',
    'spec|template|metadata|annotations',
    { 'seccomp.security.alpha.kubernetes.io/pod': 'x' },
    'is deprecated',
  ],
  ['Deployment/app', 'spec|template|metadata|labels|b', '-', 'invalid value'],
];

catches([...objects, ...pods], apiServerProblems);

test.each([
  ['Service', 'v1', '1st', 'a DNS label that starts with a letter'],
  ['Service', 'v1', long(64), 'a DNS label that starts with a letter'],
  ['StatefulSet', 'apps/v1', long(53), 'a DNS label of at most 52 characters'],
  ['CronJob', 'batch/v1', long(53), 'a DNS label of at most 52 characters'],
  ['Deployment', 'apps/v1', 'a.b', 'a DNS label'],
  ['ConfigMap', 'v1', 'a_b', 'a DNS subdomain'],
  ['Role', 'rbac.authorization.k8s.io/v1', 'a/b', 'a path segment'],
])('%s (%s) cannot be named %s', (kind, apiVersion, name, rule) => {
  expect(apiServerProblems([{ apiVersion, kind, metadata: { name } }]).join()).toContain(
    `metadata.name is not ${rule}`,
  );
});

test('a Secret holds base64', () => {
  const secret = (password: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'a' },
    data: { password },
  });
  expect(apiServerProblems([secret('cGFzcw==')])).toEqual([]);
  expect(apiServerProblems([secret('pass!')])).toEqual(['Secret/a: data.password is not base64']);
});
