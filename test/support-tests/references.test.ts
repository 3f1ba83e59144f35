import type { Manifest } from '../support/manifests';
import { referenceProblems } from '../support/references';
import { catches, container, type Defect, external, pod, sample } from './sample';

test('passes the sample', () => {
  expect(referenceProblems(sample, { external })).toEqual([]);
});

const job = 'spec|jobTemplate|spec|template|spec';
const defects: readonly Defect[] = [
  [
    'Deployment/app',
    `${pod}|volumes|0|configMap|name`,
    'apps',
    'refers to ConfigMap/apps, which does not exist',
  ],
  [
    'Deployment/app',
    `${pod}|volumes|0|configMap|items|0|key`,
    'a.yaml',
    'the key a.yaml, which ConfigMap/app does not have',
  ],
  ['Deployment/app', `${pod}|volumes|0|configMap`, { name: 'nope' }, 'ConfigMap/nope'],
  ['Deployment/app', `${container}|volumeMounts|0|subPath`, 'a.yaml', 'subPath a.yaml'],
  ['Deployment/app', `${container}|env|2|valueFrom|configMapKeyRef|key`, 'none', 'the key none'],
  ['Deployment/app', `${container}|env|1|valueFrom|secretKeyRef|name`, 'secrets', 'refers to Secret/secrets'],
  ['Deployment/app', `${container}|envFrom`, [{ secretRef: { name: 'more' } }], 'refers to Secret/more'],
  ['Deployment/app', `${pod}|imagePullSecrets`, [{ name: 'registry' }], 'refers to Secret/registry'],
  [
    'Deployment/app',
    `${pod}|volumes|1`,
    { name: 'scratch', projected: { sources: [{ secret: { name: 'tls' } }] } },
    'refers to Secret/tls',
  ],
  ['Deployment/app', `${pod}|serviceAccountName`, 'robot', 'refers to ServiceAccount/robot'],
  [
    'CronJob/backup',
    `${job}|volumes|0|persistentVolumeClaim|claimName`,
    'other',
    'refers to PersistentVolumeClaim/other',
  ],
  [
    'PersistentVolumeClaim/copies',
    'metadata|namespace',
    'elsewhere',
    'PersistentVolumeClaim/copies: nothing refers to it',
  ],
  ['StatefulSet/db', 'spec|serviceName', 'db', 'refers to Service/db'],
  ['StatefulSet/db', 'spec|serviceName', 'app', 'serviceName app is not headless'],
  ['StatefulSet/db', 'spec|serviceName', 'app', 'serviceName app does not select its pods'],
  ['RoleBinding/backup', 'roleRef|name', 'restore', 'refers to Role/restore'],
  ['RoleBinding/backup', 'subjects|0|name', 'restore', 'refers to ServiceAccount/restore'],
  ['HorizontalPodAutoscaler/app', 'spec|scaleTargetRef|name', 'apps', 'refers to Deployment/apps'],
  ['Service/app', 'spec|selector|component', 'ap', 'spec.selector matches no pod'],
  ['Service/app', 'spec|ports|0|targetPort', 'rpc', 'targetPort rpc is no port of Deployment/app'],
  ['Service/app', 'spec|ports|1|targetPort', 8081, 'targetPort 8081 is no port of Deployment/app'],
  ['Service/app', 'spec|ports|1|protocol', 'UDP', 'targetPort 8080 is no port of Deployment/app'],
  ['PodDisruptionBudget/app', 'spec|selector|matchLabels|component', 'ap', 'spec.selector matches no pod'],
  ['NetworkPolicy/app', 'spec|podSelector|matchLabels|component', 'ap', 'spec.podSelector matches no pod'],
  ['NetworkPolicy/app', 'spec|ingress|0|ports|0|port', 9091, 'port 9091 is no port of Deployment/app'],
  ['NetworkPolicy/app', 'spec|egress|0|ports|0|port', 3307, 'port 3307 is no port of StatefulSet/db'],
  ['NetworkPolicy/app', 'spec|egress|0|to|0|podSelector|matchLabels|component', 'd', 'egress to no pod'],
];
catches(defects, (manifests) => referenceProblems(manifests, { external }));

const object = (kind: string, name: string, rest: object): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...rest,
});

test('names what nothing refers to', () => {
  const unused = [object('ConfigMap', 'old', {}), object('Secret', 'old', {})];
  expect(referenceProblems([...sample, ...unused], { external })).toEqual([
    'ConfigMap/old: nothing refers to it',
    'Secret/old: nothing refers to it',
  ]);
  expect(
    referenceProblems([...sample, ...unused], { external: [...external, 'ConfigMap/old', 'Secret/old'] }),
  ).toEqual([]);
});

test('knows the keys of a Secret, given or made by an ExternalSecret', () => {
  const missing = ['Deployment/app: refers to the key password, which Secret/credentials does not have'];
  const secret = (key: string) => object('Secret', 'credentials', { data: { [key]: '' } });
  const made = (key: string) =>
    object('ExternalSecret', 'credentials', { spec: { data: [{ secretKey: key }] } });
  for (const make of [secret, made]) {
    expect(referenceProblems([...sample, make('password')], { external: [] })).toEqual([]);
    expect(referenceProblems([...sample, make('pass')], { external: [] })).toEqual(missing);
  }
});

test('a PodMonitor needs pods with its port', () => {
  const monitor = (component: string, port: string) =>
    object('PodMonitor', 'app', {
      spec: { selector: { matchLabels: { component } }, podMetricsEndpoints: [{ port }] },
    });
  const problems = (one: Manifest) => referenceProblems([...sample, one], { external });
  expect(problems(monitor('app', 'http'))).toEqual([]);
  expect(problems(monitor('app', 'metrics'))).toEqual([
    'PodMonitor/app: port metrics is no port of the pods that it selects',
  ]);
  expect(problems(monitor('x', 'http'))).toEqual(['PodMonitor/app: spec.selector matches no pod']);
});
