import { appliesTwiceProblems } from '../support/second-apply';
import { catches, container, type Defect, pod, sample, withDefect } from './sample';

test('passes the sample', () => {
  expect(appliesTwiceProblems(sample)).toEqual([]);
});

const defects: readonly Defect[] = [
  [
    'Deployment/app',
    `${container}|env|0|value`,
    '',
    'spec.template.spec.containers[0].env[0].value: the server drops ""',
  ],
  ['Deployment/app', `${pod}|hostNetwork`, false, 'spec.template.spec.hostNetwork: the server drops false'],
  [
    'Deployment/app',
    `${container}|livenessProbe|initialDelaySeconds`,
    0,
    'initialDelaySeconds: the server drops 0',
  ],
  ['Deployment/app', `${container}|volumeMounts|0|readOnly`, false, 'readOnly: the server drops false'],
  ['Deployment/app', `${container}|volumeMounts|0|subPath`, null, 'subPath: the server drops null'],
  ['Deployment/app', `${container}|args`, [], 'args: the server drops []'],
  ['Deployment/app', `${pod}|volumes|1|emptyDir|medium`, '', 'medium: the server drops ""'],
  ['Deployment/app', 'spec|template|metadata|annotations', {}, 'annotations: the server drops {}'],
  ['Deployment/app', `${pod}|nodeSelector`, {}, 'nodeSelector: the server drops {}'],
  ['Service/app', 'spec|publishNotReadyAddresses', false, 'publishNotReadyAddresses'],
  ['Service/app', 'metadata|namespace', '', 'metadata.namespace'],
  ['NetworkPolicy/app', 'spec|ingress', [], 'spec.ingress: the server drops []'],
  [
    'Deployment/app',
    `${container}|resources|limits|cpu`,
    '1000m',
    'limits.cpu: the server writes "1000m" as "1"',
  ],
  ['Deployment/app', `${container}|resources|requests|cpu`, '0.5', 'as "500m"'],
  ['Deployment/app', `${container}|resources|limits|memory`, '1024Mi', 'as "1Gi"'],
  ['Deployment/app', `${container}|resources|limits|cpu`, 1, 'the server writes 1 as "1"'],
  ['Deployment/app', `${pod}|volumes|1|emptyDir|sizeLimit`, '2048Mi', 'as "2Gi"'],
  ['StatefulSet/db', 'spec|volumeClaimTemplates|0|spec|resources|requests|storage', '4096Mi', 'as "4Gi"'],
  [
    'StatefulSet/db',
    'spec|volumeClaimTemplates|0|spec|volumeMode',
    undefined,
    'the server adds spec.volumeMode',
  ],
  ['StatefulSet/db', 'spec|volumeClaimTemplates|0|apiVersion', undefined, 'the server adds apiVersion'],
  ['StatefulSet/db', 'spec|volumeClaimTemplates|0|kind', undefined, 'the server adds kind'],
  ['StatefulSet/db', 'spec|volumeClaimTemplates|0|status', undefined, 'the server adds status.phase'],
  [
    'StatefulSet/db',
    'spec|volumeClaimTemplates|0|metadata|creationTimestamp',
    undefined,
    'the server adds metadata.creationTimestamp',
  ],
  [
    'NetworkPolicy/app',
    'spec|egress|0|ports|0|protocol',
    undefined,
    'spec.egress: the server adds protocol to port 3306',
  ],
  ['RoleBinding/backup', 'subjects|0', { kind: 'User', name: 'me' }, 'the server adds apiGroup to User me'],
  ['RoleBinding/backup', 'subjects|0|apiGroup', '', 'subjects[0].apiGroup: the server drops ""'],
  [
    'Deployment/app',
    `${pod}|volumes|1`,
    { name: 'scratch', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
    'the server adds expirationSeconds',
  ],
  [
    'Deployment/app',
    `${pod}|volumes|1`,
    { name: 'scratch', downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.name' } }] } },
    'fieldRef: the server adds apiVersion to metadata.name',
  ],
  [
    'Deployment/app',
    `${container}|env|0|valueFrom`,
    { fieldRef: { fieldPath: 'metadata.name' } },
    'env.0.valueFrom.fieldRef: the server adds apiVersion to metadata.name',
  ],
  [
    'Deployment/app',
    `${container}|env|0|valueFrom`,
    { resourceFieldRef: { resource: 'limits.cpu' } },
    'the server adds divisor to limits.cpu',
  ],
  ['Service/app', 'spec|ports|1|port', 19530, 'spec.ports: two entries with port 19530'],
  ['Deployment/app', `${container}|ports|1|containerPort`, 19530, 'two entries with containerPort 19530'],
  ['Deployment/app', `${container}|env|0|name`, 'PASSWORD', 'two entries with name PASSWORD'],
  ['Deployment/app', 'spec|replicas', 2, 'spec.replicas fights with HorizontalPodAutoscaler/app'],
  ['Deployment/app', 'status', {}, 'status belongs to the controllers'],
  ['ConfigMap/app', 'metadata|creationTimestamp', null, 'metadata.creationTimestamp belongs to the server'],
];
catches(defects, appliesTwiceProblems);

test.each([
  [`${container}|securityContext|readOnlyRootFilesystem`, false],
  [`${container}|env|1|valueFrom|secretKeyRef|optional`, false],
  [`${pod}|securityContext|fsGroup`, 0],
  [`${pod}|volumes|1|emptyDir`, {}],
  ['spec|revisionHistoryLimit', 0],
  ['metadata|labels', { component: '' }],
])('the server keeps Deployment %s: %j', (path, value) => {
  expect(appliesTwiceProblems(withDefect(['Deployment/app', path, value, '']))).toEqual([]);
});

test('leaves custom resources alone', () => {
  const monitor = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: { name: 'a' },
    spec: { jobLabel: '' },
  };
  expect(appliesTwiceProblems([monitor])).toEqual([]);
});

test('the server moves stringData', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: { key: 'x' } };
  expect(appliesTwiceProblems([secret])).toEqual(['Secret/a: stringData: the server moves it to data']);
});
