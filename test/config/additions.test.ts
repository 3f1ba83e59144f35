import type { MilvusConfig } from '../../lib';
import { manifestsOf, minimal } from '../support/clusters';
import { at, containers, find, records } from '../support/manifests';
import { at as configured, messages } from './messages';

type Workload = 'writable' | 'readonly' | 'mishards' | 'mysql';
const WORKLOADS: readonly Workload[] = ['writable', 'readonly', 'mishards', 'mysql'];

/** Configurations whose pods differ in volumes, containers and variables. */
const VARIANTS: readonly [what: string, config: MilvusConfig][] = [
  ['minimal', minimal],
  ['no log', { ...minimal, wal: { enabled: false } }],
  ['adopted', { ...minimal, storage: { path: '/var/lib/milvus' } }],
  ['a shared volume', { name: 'milvus-test', storage: { persistence: { enabled: true } } }],
  [
    'a shared volume, adopted',
    { name: 'milvus-test', storage: { path: '/var/lib/milvus', persistence: { enabled: true } } },
  ],
  [
    'everything that is optional',
    {
      ...minimal,
      milvus: {
        metrics: { enabled: true },
        extraConfigFiles: { a: 'x' },
        logs: { toFile: true, persistence: { enabled: true } },
      },
      mishards: { discovery: 'static', tracing: { enabled: true } },
      mysql: { exporter: { enabled: true }, initializationFiles: { 'a.sql': 'SELECT 1;' } },
    },
  ],
  ['the stock discovery', { ...minimal, mishards: { discovery: 'kubernetes' } }],
];

const podOf = (config: MilvusConfig, workload: Workload) =>
  at(
    find(manifestsOf(config), workload === 'mysql' ? 'StatefulSet' : 'Deployment', `milvus-test-${workload}`),
    'spec',
    'template',
    'spec',
  ) as Record<string, unknown>;

const adding = (config: MilvusConfig, workload: Workload, added: object) =>
  messages({ ...config, [workload]: { ...config[workload], ...added } });

describe.each(VARIANTS)('what the pods have is known: %s', (_, config) => {
  test.each(WORKLOADS)('%s', (workload) => {
    const pod = podOf(config, workload);
    const [main] = records(pod['containers']);
    const volumes = records(pod['volumes']).map(({ name }) => String(name));
    // The claim of a StatefulSet is one without being listed.
    const mounts = records(main?.['volumeMounts']);
    const all = [...new Set([...volumes, ...mounts.map(({ name }) => String(name))])];

    for (const name of all) {
      expect(adding(config, workload, { extraVolumes: [{ name, emptyDir: {} }] })).toEqual([
        expect.stringContaining(`${workload}.extraVolumes[0].name: given "${name}"`),
      ]);
      expect(adding(config, workload, { extraVolumeMounts: [{ name, mountPath: '/new' }] })).toEqual([]);
    }
    for (const { mountPath } of mounts) {
      expect(adding(config, workload, { extraVolumeMounts: [{ name: 'tmp', mountPath }] })).toContainEqual(
        expect.stringContaining(`${workload}.extraVolumeMounts[0].mountPath: given "${mountPath}"`),
      );
    }
    for (const { name } of containers(pod)) {
      expect(adding(config, workload, { extraContainers: [{ name, image: 'a:1' }] })).toEqual([
        expect.stringContaining(`${workload}.extraContainers[0].name: given "${name}"`),
      ]);
    }
    for (const { name } of records(main?.['env'])) {
      expect(
        adding(config, workload, { extraEnv: [{ name, valueFrom: { fieldRef: { fieldPath: 'x' } } }] }),
      ).toEqual([
        expect.stringContaining(`${workload}.extraEnv[0].name: given ${name}; expected a variable`),
      ]);
    }
  });

  test.each(WORKLOADS)('of %s no volume is thought to be there that is not', (workload) => {
    const [refusal = ''] = adding(config, workload, {
      extraVolumeMounts: [{ name: 'none', mountPath: '/x' }],
    });
    const thought = refusal.split('expected a volume of the pod: ')[1]?.split(', ') ?? [];
    const pod = podOf(config, workload);
    const there = [...records(pod['volumes']), ...records(records(pod['containers'])[0]?.['volumeMounts'])];
    expect(thought.filter((name) => !there.some((one) => one['name'] === name))).toEqual([]);
    expect(thought).toContain('scripts');
  });
});

describe('what is added to a pod fits what is there', () => {
  const volume = { name: 'x', emptyDir: {} };
  const mount = (mountPath: string, name = 'x') => ({ name, mountPath });
  const container = (more: object = {}) => ({ name: 'a', image: 'a:1', ...more });

  test.each<[what: string, added: object]>([
    ['a mount of its own volume', { extraVolumeMounts: [mount('/x', 'logs')] }],
    ['a volume and its mount', { extraVolumes: [volume], extraVolumeMounts: [mount('/x')] }],
    ['two mounts of one volume', { extraVolumes: [volume], extraVolumeMounts: [mount('/x'), mount('/y')] }],
    ['a mount within another', { extraVolumes: [volume], extraVolumeMounts: [mount('/run/milvus/x')] }],
    [
      'a container with a volume of the pod, and one that is added',
      {
        extraVolumes: [volume],
        extraContainers: [container({ volumeMounts: [mount('/var/lib/milvus/logs', 'logs'), mount('/x')] })],
      },
    ],
    [
      'a credential from a Secret',
      { extraEnv: [{ name: 'API_TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] },
    ],
    ['a credential that is empty', { extraEnv: [{ name: 'API_TOKEN', value: '' }] }],
    [
      'a credential from a Secret, of a container',
      {
        extraContainers: [
          container({ env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] }),
        ],
      },
    ],
  ])('%s: fine', (_, added) => {
    expect(adding(minimal, 'writable', added)).toEqual([]);
  });

  test.each<[what: string, added: object, words: string, more?: string]>([
    [
      'a mount of nothing',
      { extraVolumeMounts: [mount('/x')] },
      'writable.extraVolumeMounts[0].name: given "x"; expected a volume of the pod: server-config-template',
    ],
    [
      'a mount of files that are not there',
      { extraVolumeMounts: [mount('/x', 'extra-config')] },
      'writable.extraVolumeMounts[0].name: given "extra-config"',
    ],
    [
      "a container's mount of nothing",
      {
        extraContainers: [
          container(),
          container({ name: 'b', volumeMounts: [mount('/a', 'logs'), mount('/x')] }),
        ],
      },
      'writable.extraContainers[1].volumeMounts[1].name: given "x"; expected a volume of the pod: ',
    ],
    [
      "an init container's mount of nothing",
      { extraInitContainers: [container({ volumeMounts: [mount('/x')] })] },
      'writable.extraInitContainers[0].volumeMounts[0].name: given "x"',
    ],
    [
      'a mount in the place of another',
      { extraVolumes: [volume], extraVolumeMounts: [mount('/var/lib/milvus/logs/')] },
      'writable.extraVolumeMounts[0].mountPath: given "/var/lib/milvus/logs/"; expected a place that the container does not have yet: the volume logs is there',
    ],
    [
      'two mounts in one place',
      { extraVolumes: [volume], extraVolumeMounts: [mount('/x'), mount('/x', 'tmp')] },
      'writable.extraVolumeMounts[1].mountPath: given "/x"; expected a place',
      'the volume x is there',
    ],
    [
      'a volume of a name that is taken',
      { extraVolumes: [{ name: 'wal', emptyDir: {} }] },
      'writable.extraVolumes[0].name: given "wal"; expected a name that no other volume of the pod has',
    ],
    [
      'two volumes of one name',
      { extraVolumes: [volume, volume] },
      'writable.extraVolumes[1].name: given "x"',
    ],
    [
      'a container of a name that is taken',
      { extraContainers: [container({ name: 'milvus' })] },
      'writable.extraContainers[0].name: given "milvus"',
    ],
    [
      'two of one name',
      { extraContainers: [container()], extraInitContainers: [container()] },
      'writable.extraInitContainers[0].name: given "a"; expected a name that no other container',
    ],
    [
      'a variable twice',
      {
        extraEnv: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
      'writable.extraEnv[1].name: given A; expected each variable once',
    ],
    [
      'two sources',
      { extraEnv: [{ name: 'A', value: '1', valueFrom: {} }] },
      'writable.extraEnv[0]: given value and valueFrom; expected one of the two',
    ],
    [
      'a credential as a value',
      { extraEnv: [{ name: 'MY_PASSWORD', value: 'CANARY' }] },
      'writable.extraEnv[0].value: given a value (not shown: by its name it is a credential)',
      'Manifests are read by many',
    ],
    [
      'a credential as a value of an additional container',
      {
        extraInitContainers: [
          container({
            env: [
              { name: 'A', value: '1' },
              { name: 'ACCESS_KEY', value: 'CANARY' },
            ],
          }),
        ],
      },
      'writable.extraInitContainers[0].env[1].value: given a value (not shown',
      'valueFrom.secretKeyRef',
    ],
  ])('%s: refused', (_, added, words, more = '') => {
    const found = adding(minimal, 'writable', added);
    expect(found).toEqual([expect.stringContaining(words)]);
    expect(found[0]).toContain(more);
    expect(found[0]).not.toContain('CANARY');
  });

  test('what is no list of mappings is left to the API server', () => {
    const odd = { volumeMounts: 'x', env: [null, 'PASSWORD', ['a']] };
    expect(adding(minimal, 'writable', { extraContainers: [container(odd)] })).toEqual([]);
  });

  test('a variable that mishards reads by another name of the same setting', () => {
    expect(
      messages(configured('mishards.extraEnv', [{ name: 'SQLALCHEMY_DATABASE_URI', value: 'x' }])),
    ).toEqual([expect.stringContaining('mishards.extraEnv[0].name: given SQLALCHEMY_DATABASE_URI')]);
  });
});
