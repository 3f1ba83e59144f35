import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { KUBERNETES_VERSION } from '../../lib/kubernetes/pod-shapes';
import {
  POD_TEMPLATE_DEFINITION,
  podTemplateDefinitions,
  podTemplatePatchDefinitions,
} from '../../scripts/pod-template-schema';
import { manifestsOf, minimal } from '../support/clusters';
import { podTemplates } from '../support/manifests';
import { ROOT } from '../support/project';

const compile = ($defs: object) =>
  new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true }).compile({
    $defs,
    $ref: `#/$defs/${POD_TEMPLATE_DEFINITION}`,
  });
const isPatch = compile(podTemplatePatchDefinitions('\\$\\{env:\\w+\\}'));
const errorsOf = (patch: unknown): string[] =>
  isPatch(patch) ? [] : [...new Set((isPatch.errors ?? []).map(({ instancePath }) => instancePath))];

const patch = {
  metadata: { labels: { a: 'b', c: null }, annotations: { $patch: 'replace' } },
  spec: {
    $patch: 'merge',
    terminationGracePeriodSeconds: '${env:GRACE}',
    hostNetwork: null,
    nodeSelector: null,
    dnsPolicy: '${env:POLICY}',
    volumes: [{ $patch: 'replace' }, { name: 'v', emptyDir: { sizeLimit: '1Gi' } }],
    tolerations: [{ key: 'a', operator: 'Exists', tolerationSeconds: 3 }],
    containers: [
      { name: 'gone', $patch: 'delete' },
      {
        name: 'a',
        image: null,
        ports: [{ containerPort: 80, protocol: 'UDP' }],
        readinessProbe: { httpGet: { port: 'http' } },
        resources: { limits: { cpu: 0.5, memory: '1Gi', 'example.com/fpga': null } },
        env: [{ name: 'E', value: null, valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      },
    ],
  },
};

test('a good patch is taken', () => {
  expect(errorsOf(patch)).toEqual([]);
  expect(errorsOf({})).toEqual([]);
  for (const { metadata, spec } of podTemplates(manifestsOf(minimal)))
    expect(errorsOf({ metadata, spec })).toEqual([]);
});

test.each<[what: string, wrong: unknown, where: string]>([
  [
    'a typo in the last field',
    {
      spec: {
        containers: [
          { name: 'a', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 's', kye: 'k' } } }] },
        ],
      },
    },
    '/spec/containers/0/env/0/valueFrom/secretKeyRef',
  ],
  ['a typo in a list that is replaced', { spec: { tolerations: [{ kye: 'a' }] } }, '/spec/tolerations/0'],
  ['a container without its name', { spec: { containers: [{ image: 'a' }] } }, '/spec/containers/0'],
  ['a text for a list', { spec: { containers: [{ name: 'a', args: '--x' }] } }, '/spec/containers/0/args'],
  ['a text for a number', { spec: { priority: '5' } }, '/spec/priority'],
  ['a value that is none', { spec: { dnsPolicy: 'none' } }, '/spec/dnsPolicy'],
  ['what is no amount', { spec: { overhead: { cpu: '1 core' } } }, '/spec/overhead/cpu'],
  [
    'an incomplete item of a list that is replaced',
    {
      spec: {
        affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] } },
      },
    },
    '/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/0',
  ],
  ['a directive that is none', { spec: { os: { $patch: 'remove' } } }, '/spec/os/$patch'],
])('%s is refused', (_, wrong, where) => {
  expect(errorsOf(wrong)).toContain(where);
});

test('every field has the description that Kubernetes gives it', () => {
  const undescribed = Object.entries(podTemplateDefinitions()).flatMap(([name, { properties = {} }]) =>
    Object.entries(properties)
      .filter(([, { description }]) => !description)
      .map(([field]) => `${name}.${field}`),
  );
  expect(undescribed).toEqual([]);
});

test('nothing but the partial pod template is repeated: a shape stands once, and each is in use', () => {
  const definitions = podTemplatePatchDefinitions('x');
  const used = new Set(JSON.stringify(definitions).match(/(?<="#\/\$defs\/)[^"]+/g));
  expect(Object.keys(definitions).filter((name) => !used.has(name))).toEqual([POD_TEMPLATE_DEFINITION]);
});

test('the version that messages name is that of the package', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(devDependencies).toHaveProperty([`kubernetes-models-${KUBERNETES_VERSION}`]);
  // What this Kubernetes has, and the one before does not.
  expect(podTemplateDefinitions()['io.k8s.api.core.v1.PodSpec']?.properties).toHaveProperty(
    'schedulingGroup',
  );
});
