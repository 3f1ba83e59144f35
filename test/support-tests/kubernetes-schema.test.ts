import { schemaProblems } from '../support/kubernetes-schema';
import type { Manifest } from '../support/manifests';
import { catches, container, type Defect, pod, sample, withDefect } from './sample';

test('passes the sample', () => {
  expect(schemaProblems(sample)).toEqual([]);
});

const defects: readonly Defect[] = [
  [
    'Deployment/app',
    `${container}|readOnly`,
    true,
    'containers[0].readOnly: Object literal may only specify known',
  ],
  ['Deployment/app', `${container}|tty`, 'yes', '(Kubernetes 1.21, 1.25, 1.30)'],
  ['Deployment/app', 'spec|replicas', '1', 'spec.replicas'],
  ['Deployment/app', 'spec|selector', undefined, "Property 'selector' is missing"],
  ['Deployment/app', `${container}|volumeMounts|0|subPath`, null, 'volumeMounts[0].subPath'],
  [
    'Deployment/app',
    `${container}|imagePullPolicy`,
    'Sometimes',
    '/spec/template/spec/containers/0/imagePullPolicy',
  ],
  ['Deployment/app', `${container}|resources|limits|memory`, '1GB', 'quantity'],
  [
    'Deployment/app',
    `${container}|resources|limits|cpu`,
    1,
    "limits.cpu: Type 'number' is not assignable to type 'string'",
  ],
  ['Deployment/app', `${container}|env|0|value`, 5, 'env[0].value'],
  ['Deployment/app', `${pod}|schedulingGates`, [{ name: 'wait' }], '(Kubernetes 1.21, 1.25)'],
  ['Deployment/app', 'apiVersion', 'apps/v2', 'unknown kind Deployment of apps/v2'],
  ['CronJob/backup', 'apiVersion', 'batch/v1beta2', 'unknown kind CronJob of batch/v1beta2'],
  ['Service/app', 'spec|ports|0|port', '80', 'spec.ports[0].port'],
  ['PodDisruptionBudget/app', 'spec|maxUnavailible', 1, "'maxUnavailible'"],
  ['HorizontalPodAutoscaler/app', 'spec|maxReplicas', undefined, "Property 'maxReplicas' is missing"],
  ['NetworkPolicy/app', 'spec|egress|0|ports|0|ports', 1, 'spec.egress[0].ports[0].ports'],
  ['ConfigMap/app', 'data|run.sh', true, 'data.run.sh'],
];
catches(defects, (manifests) => schemaProblems(manifests));

test('takes a part of an object for no kind of its own', () => {
  const problems = schemaProblems(withDefect(['Service/app', 'kind', 'ServiceSpec', '']));
  expect(problems.join()).toContain('ServiceSpec/app');
});

test('takes no custom resource unless it is told to skip its group', () => {
  const monitor: Manifest = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: { name: 'app' },
  };
  expect(schemaProblems([monitor])).toEqual([
    'PodMonitor/app: unknown kind PodMonitor of monitoring.coreos.com/v1',
  ]);
  expect(schemaProblems([monitor], { skipGroups: ['monitoring.coreos.com'] })).toEqual([]);
});
