import { parse as parseYaml } from 'yaml';
import type { MilvusConfig } from '../../lib';
import { check } from '../../lib/config';
import { jobsOf, manifestsOf, minimal } from '../support/clusters';
import { at as field, find, type Manifest, podTemplates, records } from '../support/manifests';
import { at, messages } from './messages';

/** What is said about a configuration with keys that are gone, and what it says to write instead. */
function linesFor(config: unknown): { readonly found: readonly string[]; readonly lines: unknown } {
  const found = messages(config);
  const pasted = found
    .flatMap((message) => message.split('\n    Write instead:\n').slice(1))
    .map((text) => text.replace(/^ {4}/gm, ''));
  return { found, lines: parseYaml(pasted.join('\n')) };
}

const base: MilvusConfig = {
  ...minimal,
  admin: { enabled: true },
  backup: { enabled: true },
  smokeTest: { schedule: '@daily' },
};
const withMinio: MilvusConfig = { name: 'milvus-test', s3: { embedded: true, bucket: 'milvus-test' } };

const SECTIONS = [
  'writable',
  'readonly',
  'mishards',
  'mysql',
  'minio',
  'admin',
  'backup',
  'smokeTest',
] as const;
type Section = (typeof SECTIONS)[number];
const MAIN: Readonly<Record<Section, string>> = {
  writable: 'milvus',
  readonly: 'milvus',
  mishards: 'mishards',
  mysql: 'mysql',
  minio: 'minio',
  admin: 'admin',
  backup: 'upload',
  smokeTest: 'smoke-test',
};

const baseOf = (section: Section) => (section === 'minio' ? withMinio : base);

/** The pods of a section once the lines have been pasted. */
function podsWith(section: Section, lines: unknown) {
  const config = { ...baseOf(section) } as Record<string, unknown>;
  for (const [key, value] of Object.entries(lines as Record<string, object>)) {
    config[key] = { ...(config[key] as object | undefined), ...value };
  }
  expect(messages(config)).toEqual([]);
  const name = { smokeTest: 'smoke-test' }[section as string] ?? section;
  const all: Manifest[] = [
    ...manifestsOf(config as unknown as MilvusConfig),
    ...(section === 'backup' ? jobsOf(config as unknown as MilvusConfig) : []),
  ];
  const names =
    section === 'backup' ? ['milvus-test-backup', 'milvus-test-restore'] : [`milvus-test-${name}`];
  return podTemplates(
    all.filter(({ metadata, kind }) => names.includes(metadata.name) && kind !== 'Service'),
  );
}

const volume = { name: 'more', emptyDir: {} };
const sidecar = { name: 'side', image: 'a:1' };
const nodeAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
  },
};
const podAntiAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution: [
    { topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } } },
  ],
};
const spread = [{ maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }];
const toleration = { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };

/** Every key that is gone from the sections, and what it gave. */
const POD_KEYS: readonly [key: string, value: unknown, pod: (section: Section) => object][] = [
  [
    'nodeSelector',
    { disk: 'ssd' },
    () => ({ spec: { nodeSelector: { disk: 'ssd', 'kubernetes.io/arch': 'amd64' } } }),
  ],
  ['tolerations', [toleration], () => ({ spec: { tolerations: [toleration] } })],
  [
    'affinity',
    { nodeAffinity, podAntiAffinity },
    () => ({ spec: { affinity: { nodeAffinity, podAntiAffinity } } }),
  ],
  ['topologySpreadConstraints', spread, () => ({ spec: { topologySpreadConstraints: spread } })],
  ['priorityClassName', 'high', () => ({ spec: { priorityClassName: 'high' } })],
  ['schedulerName', 'other', () => ({ spec: { schedulerName: 'other' } })],
  [
    'serviceAccountName',
    'theirs',
    () => ({ spec: { serviceAccountName: 'theirs', automountServiceAccountToken: false } }),
  ],
  ['podLabels', { team: 'a' }, () => ({ metadata: { labels: expect.objectContaining({ team: 'a' }) } })],
  [
    'podAnnotations',
    { note: 'b' },
    () => ({ metadata: { annotations: expect.objectContaining({ note: 'b' }) } }),
  ],
  ['terminationGracePeriodSeconds', 777, () => ({ spec: { terminationGracePeriodSeconds: 777 } })],
  [
    'imagePullPolicy',
    'Never',
    (section) =>
      section === 'backup'
        ? {
            spec: {
              containers: [expect.objectContaining({ imagePullPolicy: 'Never' })],
            },
          }
        : {
            spec: {
              containers: [expect.objectContaining({ name: MAIN[section], imagePullPolicy: 'Never' })],
            },
          },
  ],
];

/** Of servers, the proxy and MySQL alone. */
const ADDITIONS: readonly [key: string, value: unknown, pod: (section: Section) => object][] = [
  [
    'livenessProbe',
    { periodSeconds: 99 },
    () => ({ spec: { containers: [{ livenessProbe: { periodSeconds: 99, failureThreshold: 6 } }] } }),
  ],
  [
    'readinessProbe',
    { periodSeconds: 98, successThreshold: 2 },
    () => ({ spec: { containers: [{ readinessProbe: { periodSeconds: 98, successThreshold: 2 } }] } }),
  ],
  [
    'extraEnv',
    [{ name: 'MORE', value: 'x' }],
    () => ({ spec: { containers: [{ env: expect.arrayContaining([{ name: 'MORE', value: 'x' }]) }] } }),
  ],
  ['extraVolumes', [volume], () => ({ spec: { volumes: expect.arrayContaining([volume]) } })],
  [
    'extraVolumeMounts',
    [{ name: 'scripts', mountPath: '/more' }],
    () => ({
      spec: {
        containers: [{ volumeMounts: expect.arrayContaining([{ name: 'scripts', mountPath: '/more' }]) }],
      },
    }),
  ],
  ['extraContainers', [sidecar], (section) => ({ spec: { containers: [{ name: MAIN[section] }, sidecar] } })],
];

describe.each(SECTIONS)(
  '%s: each key that is gone says what is to be written instead, which gives the same',
  (section) => {
    const added = ['writable', 'readonly', 'mishards', 'mysql'].includes(section) ? ADDITIONS : [];
    test.each([...POD_KEYS, ...added])('%s', (key, value, pod) => {
      const { found, lines } = linesFor({
        ...baseOf(section),
        [section]: { ...baseOf(section)[section], [key]: value },
      });
      expect(found).toEqual([
        expect.stringContaining(
          `${section}.${key}: given a key that is gone; expected it in ${section}.podTemplate, in Kubernetes' words\n    Write instead:\n    ${section}:\n      podTemplate:\n`,
        ),
      ]);
      const pods = podsWith(section, lines);
      expect(pods.length).toBeGreaterThan(0);
      for (const { metadata, spec } of pods) expect({ metadata, spec }).toMatchObject(pod(section));
      if (section === 'backup' && key === 'imagePullPolicy') {
        const steps = pods.flatMap(({ spec }) => records(spec['initContainers']));
        expect(steps).toHaveLength(8);
        for (const { imagePullPolicy } of steps) expect(imagePullPolicy).toBe(value);
      }
    });
  },
);

test.each(['writable', 'readonly', 'mishards', 'mysql'] as const)(
  '%s.extraInitContainers run after those of the pod itself',
  (section) => {
    const { lines } = linesFor(at(`${section}.extraInitContainers`, [sidecar]));
    const names = (config: unknown) =>
      records(
        field(
          podTemplates(
            manifestsOf(config as MilvusConfig).filter(
              ({ metadata }) => metadata.name === `milvus-test-${section}`,
            ),
          )[0],
          'spec',
          'initContainers',
        ),
      ).map(({ name }) => name);
    expect(names({ ...minimal, ...(lines as object) })).toEqual([...names(minimal), 'side']);
  },
);

test('several of one section are one mapping to paste', () => {
  const { found, lines } = linesFor(
    at('readonly', {
      replicas: 2,
      nodeSelector: { a: 'b' },
      extraEnv: [{ name: 'A', value: '1' }],
      extraContainers: [sidecar],
      podLabels: { c: 'd' },
    }),
  );
  expect(found).toHaveLength(4);
  expect(found.slice(1)).toEqual(
    ['extraEnv', 'extraContainers', 'podLabels'].map((key) =>
      expect.stringContaining(
        `readonly.${key}: given a key that is gone; expected it in readonly.podTemplate, in Kubernetes' words\n    It is in the lines at readonly.nodeSelector.`,
      ),
    ),
  );
  expect(lines).toEqual({
    readonly: {
      podTemplate: {
        spec: {
          nodeSelector: { a: 'b' },
          containers: [{ name: 'milvus', env: [{ name: 'A', value: '1' }] }, sidecar],
        },
        metadata: { labels: { c: 'd' } },
      },
    },
  });
});

test('pull secrets of all pods', () => {
  const { found, lines } = linesFor(at('imagePullSecrets', ['a', 'b']));
  expect(found).toEqual([
    expect.stringContaining('imagePullSecrets: given a key that is gone; expected it in podTemplate'),
  ]);
  expect(lines).toEqual({ podTemplate: { spec: { imagePullSecrets: [{ name: 'a' }, { name: 'b' }] } } });
  for (const { spec } of podTemplates(manifestsOf({ ...minimal, ...(lines as object) }))) {
    expect(spec['imagePullSecrets']).toEqual([{ name: 'a' }, { name: 'b' }]);
  }
});

test.each([
  ['milvus.gpu.runtimeClassName', ['writable', 'readonly']],
  ['writable.gpu.runtimeClassName', ['writable']],
  ['readonly.gpu.runtimeClassName', ['readonly']],
])('%s', (path, sections) => {
  const { lines } = linesFor(at(path, 'nvidia'));
  expect(Object.keys(lines as object)).toEqual(sections);
  for (const section of sections) {
    const workload = find(
      manifestsOf({ ...minimal, ...(lines as object) }),
      'Deployment',
      `milvus-test-${section}`,
    );
    expect(field(workload, 'spec', 'template', 'spec', 'runtimeClassName')).toBe('nvidia');
  }
});

test('references to the environment stay as they were written, and credentials are left out', () => {
  const config = at('writable', {
    nodeSelector: { pool: 'value-of-it' },
    extraEnv: [
      { name: 'API_TOKEN', value: 'CANARY' },
      { name: 'A', value: 'shown' },
    ],
    podAnnotations: { 'example.com/token': 'CANARY' },
    extraContainers: [{ ...sidecar, args: ['--password=CANARY'] }],
  });
  const { problems = [] } = check(config, new Map([['writable.nodeSelector.pool', '${env:POOL}']]));
  const text = JSON.stringify(problems);
  expect(text).toContain('pool: ${env:POOL}');
  expect(text).toContain('shown');
  expect(text).not.toMatch(/CANARY|value-of-it/);
});
