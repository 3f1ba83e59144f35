import type { MilvusConfig } from '../../lib';
import { check } from '../../lib/config';
import { messages } from '../config/messages';
import { manifestsOf, minimal, samples } from '../support/clusters';
import { at, containers, find, records } from '../support/manifests';
import { podSecurityProblems } from '../support/pod-security';

type Section = 'writable' | 'readonly' | 'mishards' | 'mysql' | 'minio' | 'admin' | 'backup' | 'smokeTest';
const MAIN = { writable: 'milvus', readonly: 'milvus', mishards: 'mishards', mysql: 'mysql' } as const;
type Main = keyof typeof MAIN;
const MAINS = Object.keys(MAIN) as Main[];

const patching = (section: Section, podTemplate: object, config: MilvusConfig = minimal): string[] =>
  messages({ ...config, [section]: { ...config[section], podTemplate } });
/** A patch of the main container. */
const container = (section: Main, fields: object) => ({
  spec: { containers: [{ name: MAIN[section], ...fields }] },
});

/** Configurations whose pods differ in volumes, containers and variables. */
const VARIANTS: readonly [what: string, config: MilvusConfig][] = [
  ['minimal', minimal],
  ['adopted', { ...minimal, storage: { path: '/var/lib/milvus' } }],
  [
    'everything that is optional',
    {
      name: 'milvus-test',
      storage: { persistence: { enabled: true } },
      milvus: {
        metrics: { enabled: true },
        extraConfigFiles: { a: 'x' },
        logs: { toFile: true, persistence: { enabled: true } },
      },
      mishards: { discovery: 'static', tracing: { enabled: true } },
      mysql: { exporter: { enabled: true }, initializationFiles: { 'a.sql': 'SELECT 1;' } },
    },
  ],
];

const podOf = (config: MilvusConfig, workload: Main) =>
  at(
    find(manifestsOf(config), workload === 'mysql' ? 'StatefulSet' : 'Deployment', `milvus-test-${workload}`),
    'spec',
    'template',
    'spec',
  ) as Record<string, unknown>;

describe.each(VARIANTS)('what is ours stays: %s', (_, config) => {
  test.each(MAINS)('%s', (section) => {
    const pod = podOf(config, section);
    const path = `${section}.podTemplate.spec`;
    for (const list of ['containers', 'initContainers'] as const) {
      for (const { name } of records(pod[list])) {
        expect(patching(section, { spec: { [list]: [{ name, $patch: 'delete' }] } }, config)).toContainEqual(
          expect.stringContaining(
            `${path}.${list}[name=${name}]: given a pod without the container ${name}; expected the container ${name} to stay`,
          ),
        );
      }
    }
    for (const { name } of records(pod['volumes'])) {
      expect(patching(section, { spec: { volumes: [{ name, $patch: 'delete' }] } }, config)).toContainEqual(
        expect.stringContaining(`${path}.volumes[name=${name}]: given a pod without the volume ${name}`),
      );
      expect(
        patching(section, { spec: { volumes: [{ name, hostPath: { path: '/x' } }] } }, config),
      ).toContainEqual(
        expect.stringContaining(
          `${path}.volumes[name=${name}]: given another source; expected the volume ${name}`,
        ),
      );
    }
    const main = `${path}.containers[name=${MAIN[section]}]`;
    const [container_] = records(pod['containers']);
    for (const { name, mountPath } of records(container_?.['volumeMounts'])) {
      const where = `${main}.volumeMounts[mountPath=${mountPath}]`;
      expect(
        patching(section, container(section, { volumeMounts: [{ mountPath, $patch: 'delete' }] }), config),
      ).toEqual([
        expect.stringContaining(`${where}: given a container ${MAIN[section]} without the mount of ${name}`),
      ]);
      expect(
        patching(
          section,
          container(section, { volumeMounts: [{ mountPath, name: 'scripts', subPath: 'x' }] }),
          config,
        ),
      ).toEqual([expect.stringContaining(`${where}: given "${mountPath}"; expected a free path`)]);
      expect(
        patching(section, container(section, { volumeMounts: [{ mountPath: '/new', name }] }), config),
      ).toEqual([]);
    }
    for (const { name } of records(container_?.['env'])) {
      expect(
        patching(section, container(section, { env: [{ name, value: 'x', valueFrom: null }] }), config),
      ).toContainEqual(
        expect.stringContaining(
          `${main}.env[name=${name}]: given another value; expected ${name} as this project sets it`,
        ),
      );
      expect(patching(section, container(section, { env: [{ name, $patch: 'delete' }] }), config)).toEqual([
        expect.stringContaining(
          `${main}.env[name=${name}]: given nothing; expected ${name} as this project sets it`,
        ),
      ]);
    }
    for (const { name, image, args, command } of containers(pod)) {
      const list = records(pod['containers']).some((one) => one['name'] === name)
        ? 'containers'
        : 'initContainers';
      for (const [key, value] of Object.entries({ command: ['x'], args: ['x'], image: 'other:1' })) {
        expect(patching(section, { spec: { [list]: [{ name, [key]: value }] } }, config)).toEqual([
          expect.stringContaining(
            `${path}.${list}[name=${name}].${key}: given another ${key}; expected ${key} of ${name} as the project sets it`,
          ),
        ]);
      }
      expect([image, args ?? command]).not.toContain(undefined);
    }
  });
});

describe('what is refused', () => {
  const volume = { name: 'x', emptyDir: {} };
  const mount = (mountPath: string, name = 'x') => ({ name, mountPath });
  const milvus = (fields: object, spec: object = {}) => ({
    spec: { containers: [{ name: 'milvus', ...fields }], ...spec },
  });
  const side = (fields: object, spec: object = {}) => ({
    spec: { containers: [{ name: 'side', image: 'a:1', ...fields }], ...spec },
  });

  test.each<[what: string, podTemplate: object]>([
    ['a mount of its own volume', milvus({ volumeMounts: [mount('/x', 'logs')] })],
    ['a volume and its mount', milvus({ volumeMounts: [mount('/x')] }, { volumes: [volume] })],
    [
      'a mount within another',
      milvus({ volumeMounts: [mount('/var/lib/milvus/logs/x')] }, { volumes: [volume] }),
    ],
    [
      'a place that begins with the same letters',
      milvus({ volumeMounts: [mount('/run/mil')] }, { volumes: [volume] }),
    ],
    [
      'a credential from a Secret',
      milvus({ env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }] }),
    ],
    ['a credential that is empty', milvus({ env: [{ name: 'TOKEN', value: '' }] })],
    ['a larger scratch volume', { spec: { volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }] } }],
    [
      'resources of an init container',
      { spec: { initContainers: [{ name: 'render-config', resources: { limits: { cpu: '1' } } }] } },
    ],
    ['another user for a container of one’s own', side({ securityContext: { runAsUser: 5 } })],
    ['root, said twice', side({ securityContext: { runAsUser: 0, runAsNonRoot: false } })],
    ['the user that it is anyway', { spec: { securityContext: { runAsUser: 10001 } } }],
    ['labels of one’s own', { metadata: { labels: { components: 'x', 'my.app.kubernetes.io/name': 'y' } } }],
    ['the architecture that there is', { spec: { nodeSelector: { 'kubernetes.io/arch': 'amd64' } } }],
    [
      'another way to ask, in place of ours',
      milvus({ livenessProbe: { httpGet: null, exec: { command: ['true'] } } }),
    ],
    [
      'a claim of one’s own',
      milvus(
        { volumeMounts: [mount('/x')] },
        { volumes: [{ name: 'x', persistentVolumeClaim: { claimName: 'a' } }] },
      ),
    ],
  ])('not: %s', (_, podTemplate) => {
    expect(patching('writable', podTemplate)).toEqual([]);
  });

  test.each<[what: string, podTemplate: object, words: string, more?: string]>([
    [
      'all containers',
      { spec: { containers: null } },
      'spec.containers: given a pod without the container milvus',
    ],
    [
      'all containers, by a replacement',
      { spec: { containers: [{ $patch: 'replace' }, { name: 'a', image: 'a:1' }] } },
      'spec.containers: given a pod without the container milvus',
    ],
    [
      'the port that Services lead to',
      milvus({ ports: [{ containerPort: 19530, protocol: 'TCP', name: 'x' }] }),
      'spec.containers[name=milvus].ports[containerPort=19530,protocol=TCP]: given a pod without the port engine of milvus',
    ],
    [
      'a port that fits none',
      milvus({ ports: [{ containerPort: 19530, name: 'x' }] }),
      'spec.containers[name=milvus].ports[containerPort=19530]: given an item without protocol; expected protocol',
    ],
    [
      'a mount of nothing',
      milvus({ volumeMounts: [mount('/x')] }),
      'spec.containers[name=milvus].volumeMounts[mountPath=/x].name: given "x"; expected a volume of the pod: server-config-template',
    ],
    [
      "an init container's mount of nothing",
      { spec: { initContainers: [{ name: 'a', image: 'a:1', volumeMounts: [mount('/x')] }] } },
      'spec.initContainers[name=a].volumeMounts[mountPath=/x].name: given "x"',
    ],
    [
      'a mount in the place of another',
      milvus({ volumeMounts: [mount('/var/lib/milvus/logs/', 'tmp')] }),
      'volumeMounts[mountPath=/var/lib/milvus/logs/]: given "/var/lib/milvus/logs/"; expected a free path: the volume logs is mounted there',
    ],
    [
      'a mount that hides others',
      milvus({ volumeMounts: [mount('/var/lib/milvus', 'tmp')] }),
      'volumeMounts[mountPath=/var/lib/milvus]: given "/var/lib/milvus"; expected a free path',
      'is mounted below it',
    ],
    [
      'a mount in a volume of ours that is read-only',
      milvus({ volumeMounts: [{ ...mount('/run/milvus/server_config.yaml', 'tmp'), subPath: 'a' }] }),
      'expected a path that is not in /run/milvus: the volume server-config is read-only',
    ],
    [
      'a mount over everything',
      milvus({ volumeMounts: [mount('/', 'tmp')] }),
      'volumeMounts[mountPath=/]: given "/"; expected a free path',
    ],
    [
      'one name twice',
      { spec: { containers: [{ name: 'a', image: 'a:1' }], initContainers: [{ name: 'a', image: 'a:1' }] } },
      'spec.initContainers[name=a]: given "a"; expected a name that no other container of the pod has',
    ],
    [
      'the name of an init container of ours',
      side({ name: 'render-config' }),
      'spec.containers[name=render-config]: given "render-config"; expected a name',
    ],
    [
      'two sources of a variable',
      milvus({ env: [{ name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }] }),
      'env[name=A]: given value and valueFrom; expected one of them',
    ],
    [
      'two ways to ask',
      milvus({ livenessProbe: { exec: { command: ['true'] } } }),
      'spec.containers[name=milvus].livenessProbe: given exec and httpGet; expected one of them',
      '"exec: null"',
    ],
    [
      'two sources of a volume',
      { spec: { volumes: [{ name: 'x', emptyDir: {}, hostPath: { path: '/x' } }] } },
      'spec.volumes[name=x]: given emptyDir and hostPath; expected one of them',
    ],
    [
      'a credential as a value',
      milvus({ env: [{ name: 'MY_PASSWORD', value: 'CANARY' }] }),
      'env[name=MY_PASSWORD].value: given a value (not shown: by its name it is a credential)',
      'Manifests are read by many',
    ],
    [
      'a credential as a value of another container',
      side({ env: [{ name: 'ACCESS_KEY', value: 'CANARY' }] }),
      'spec.containers[name=side].env[name=ACCESS_KEY].value: given a value (not shown',
      'valueFrom.secretKeyRef',
    ],
    [
      'resources, which are an option',
      milvus({ resources: { limits: { memory: '99Gi' } } }),
      'spec.containers[name=milvus].resources: given another resources',
      'Use writable.resources',
    ],
    [
      'a sidecar as root',
      side({ securityContext: { runAsUser: 0 } }),
      'spec.containers[name=side].securityContext.runAsUser: given 0, which is root, with runAsNonRoot: true',
      'runAsNonRoot: false',
    ],
    [
      'no user at all',
      { spec: { securityContext: { runAsUser: null } } },
      'spec.securityContext.runAsUser: given no user with runAsNonRoot: true',
    ],
    [
      'another user for the files',
      { spec: { securityContext: { runAsUser: 999 } } },
      'spec.securityContext.runAsUser: given 999; expected 10001: the files on the volumes belong to that user',
      'securityProfile',
    ],
    [
      'another user for the server',
      milvus({ securityContext: { runAsUser: 999 } }),
      'spec.containers[name=milvus].securityContext.runAsUser: given 999; expected 10001',
    ],
    [
      'a grace period below nothing',
      { spec: { terminationGracePeriodSeconds: -1 } },
      'spec.terminationGracePeriodSeconds: given -1; expected 0 or more',
    ],
    [
      'a time of a probe below nothing',
      milvus({ livenessProbe: { periodSeconds: -1 } }),
      'spec.containers[name=milvus].livenessProbe.periodSeconds: given -1; expected 0 or more',
    ],
    [
      'several successes until it lives',
      milvus({ livenessProbe: { successThreshold: 2 } }),
      'spec.containers[name=milvus].livenessProbe.successThreshold: given 2; expected 1',
    ],
    [
      'no word about service links',
      { spec: { enableServiceLinks: null } },
      'spec.enableServiceLinks: given nothing; expected false',
    ],
    [
      'restartPolicy',
      { spec: { restartPolicy: 'OnFailure' } },
      'spec.restartPolicy: given "OnFailure"; expected no value',
    ],
    [
      'service links',
      { spec: { enableServiceLinks: true } },
      'spec.enableServiceLinks: given true; expected false',
    ],
    [
      'a label of the selector',
      { metadata: { labels: { component: 'x' } } },
      'metadata.labels.component: given a label that selectors use',
    ],
    [
      'a label of the selector, taken away',
      { metadata: { labels: { component: null } } },
      'metadata.labels.component: given a label that selectors use',
    ],
    [
      'a label like those',
      { metadata: { labels: { 'app.kubernetes.io/version': 'x' } } },
      'metadata.labels."app.kubernetes.io/version": given a label that selectors use; expected other labels',
    ],
    [
      'the annotation that restarts',
      { metadata: { annotations: { 'cdk8s-milvus/checksum': 'x' } } },
      'metadata.annotations."cdk8s-milvus/checksum": given an annotation that restarts',
    ],
    [
      'another architecture',
      { spec: { nodeSelector: { 'kubernetes.io/arch': 'arm64' } } },
      'spec.nodeSelector."kubernetes.io/arch": given "arm64"; expected amd64: the images exist for amd64 only',
    ],
    [
      'no node selector',
      { spec: { nodeSelector: null } },
      'spec.nodeSelector: given nothing; expected amd64',
    ],
    [
      'an image that changes',
      side({ image: 'busybox' }),
      'spec.containers[name=side].image: given "busybox"; expected an image with a version',
    ],
    [
      'the latest image',
      side({ image: 'busybox:latest' }),
      'given "busybox:latest"; expected an image with a version',
    ],
    [
      'a toleration without a key',
      { spec: { tolerations: [{ effect: 'NoSchedule' }] } },
      'spec.tolerations[0].key: given nothing; expected a taint key, or operator: Exists',
    ],
    [
      'a toleration of a value and of any',
      { spec: { tolerations: [{ operator: 'Exists' }, { key: 'a', operator: 'Exists', value: 'b' }] } },
      'spec.tolerations[1].value: given a value; expected no value: operator Exists',
    ],
    [
      'a toleration that ends, of another effect',
      { spec: { tolerations: [{ key: 'a', effect: 'NoSchedule', tolerationSeconds: 60 }] } },
      'spec.tolerations[0].tolerationSeconds: given 60; expected no value, or effect: NoExecute',
    ],
    [
      'a label that is none',
      { metadata: { labels: { 'a/b/c': 'x' } } },
      'metadata.labels."a/b/c": given "a/b/c"; expected a label',
    ],
    [
      'a label value that is none',
      { metadata: { labels: { a: 'x y' } } },
      'metadata.labels.a: given "x y"; expected a label',
    ],
    [
      'a name that is none',
      { spec: { priorityClassName: 'High_1' } },
      'spec.priorityClassName: given "High_1"; expected a name',
    ],
    [
      'a container’s name that is none',
      side({ name: 'Side_1' }),
      'spec.containers[name=Side_1].name: given "Side_1"; expected a name',
    ],
    [
      'a container that is not there',
      milvus({ name: 'mlvus', imagePullPolicy: 'Never' }),
      'spec.containers[name=mlvus]: given a container without an image; expected the name of a container of these pods; did you mean "milvus"?',
    ],
  ])('%s', (_, podTemplate, words, more = '') => {
    const found = patching('writable', podTemplate);
    expect(found[0]).toMatch(/^writable\.podTemplate\./);
    expect(found[0]).toContain(words);
    expect(found.join('\n')).toContain(more);
    expect(found.join('\n')).not.toContain('CANARY');
  });
});

test('the user of MySQL is an option, and MinIO writes files, too; that of a proxy is free', () => {
  const podTemplate = { spec: { securityContext: { runAsUser: 5 } } };
  expect(patching('mysql', podTemplate)).toEqual([expect.stringContaining('Use mysql.runAsUser.')]);
  const embedded = samples['embedded MinIO'];
  expect(patching('minio', podTemplate, embedded)).toEqual([
    expect.stringContaining('minio.podTemplate.spec.securityContext.runAsUser: given 5; expected 10001'),
  ]);
  for (const section of ['mishards', 'smokeTest'] as const)
    expect(patching(section, podTemplate)).toEqual([]);
});

test('a proxy goes on for a while after it is told to stop', () => {
  const seconds = (terminationGracePeriodSeconds: number) =>
    patching('mishards', { spec: { terminationGracePeriodSeconds } });
  expect(seconds(11)).toEqual([]);
  expect(seconds(10)).toEqual([
    expect.stringContaining(
      'mishards.podTemplate.spec.terminationGracePeriodSeconds: given 10; expected more than 10',
    ),
  ]);
});

test('variables that a program reads as settings, besides those that it has', () => {
  const env = (section: Main, name: string) =>
    patching(section, container(section, { env: [{ name, value: 'x' }] }));
  expect(env('mishards', 'SQLALCHEMY_DATABASE_URI')).toEqual([
    expect.stringContaining('env[name=SQLALCHEMY_DATABASE_URI]: given another value'),
  ]);
  expect(env('mishards', 'TRACER_CLASS_NAME')).toHaveLength(1);
  expect(env('mysql', 'MYSQL_ALLOW_EMPTY_PASSWORD')).toHaveLength(2);
  expect(env('mysql', 'TZ')).toEqual([]);
});

test('arguments of MySQL and of its exporter have options', () => {
  const config: MilvusConfig = { ...minimal, mysql: { exporter: { enabled: true } } };
  const args = (name: string) => patching('mysql', { spec: { containers: [{ name, args: ['x'] }] } }, config);
  expect(args('mysql')).toEqual([expect.stringContaining('mysql.extraArgs adds arguments.')]);
  expect(args('metrics')).toEqual([expect.stringContaining('mysql.exporter.flags adds arguments.')]);
});

describe('the place is that of the user', () => {
  const spec = { enableServiceLinks: true };

  test('at the top, said once for all pods', () => {
    expect(messages({ ...minimal, podTemplate: { spec } })).toEqual([
      expect.stringContaining('  podTemplate.spec.enableServiceLinks'.trim()),
    ]);
  });

  test('a user that no pod can have, once though each pod has other containers that do not start', () => {
    const podTemplate = { spec: { securityContext: { runAsUser: 0 } } };
    const found = messages({ ...minimal, podTemplate });
    expect(found.filter((message) => message.includes('with runAsNonRoot: true'))).toHaveLength(1);
  });

  test('the last one that says it', () => {
    const both = { ...minimal, podTemplate: { spec }, readonly: { podTemplate: { spec } } };
    expect(messages(both).map((message) => message.split(':')[0])).toEqual([
      'podTemplate.spec.enableServiceLinks',
      'readonly.podTemplate.spec.enableServiceLinks',
    ]);
    const mended = { ...both, readonly: { podTemplate: { spec: { enableServiceLinks: false } } } };
    expect(messages(mended).map((message) => message.split(':')[0])).toEqual([
      'podTemplate.spec.enableServiceLinks',
    ]);
  });

  test('of Jobs, too', () => {
    const backup = { enabled: true, podTemplate: { spec: { restartPolicy: 'OnFailure' } } };
    expect(messages({ ...minimal, backup })).toEqual([
      expect.stringContaining('backup.podTemplate.spec.restartPolicy: given "OnFailure"'),
    ]);
  });

  test('beside everything else that is wrong, in one report', () => {
    const found = messages({ ...minimal, service: { nodePort: 30000 }, podTemplate: { spec } });
    expect(found.map((message) => message.split(':')[0])).toEqual([
      'service.nodePort',
      'podTemplate.spec.enableServiceLinks',
    ]);
  });

  test('a section of pods that the cluster does not have says nothing', () => {
    expect(
      patching('minio', { spec: { containers: [{ name: 'minio', imagePullPolicy: 'Never' }] } }),
    ).toEqual([]);
  });
});

describe('warnings', () => {
  const warnings = (config: MilvusConfig) => check(config).warnings;

  test('none where nothing is otherwise', () => {
    for (const config of [
      minimal,
      samples['adopted storage.path'] ?? minimal,
      samples['web interface'] ?? minimal,
    ]) {
      expect(warnings(config)).toEqual([]);
      expect(warnings({ ...config, podTemplate: { spec: { priorityClassName: 'high' } } })).toEqual([]);
    }
  });

  test('a grace period below what the writable needs', () => {
    const seconds = (terminationGracePeriodSeconds: number) =>
      warnings({ ...minimal, writable: { podTemplate: { spec: { terminationGracePeriodSeconds } } } });
    expect(seconds(300)).toEqual([]);
    expect(seconds(299)).toEqual([
      'writable.podTemplate.spec.terminationGracePeriodSeconds: 299 seconds may be too few for the writable to flush and to finish an index build; the default is 300',
    ]);
    const all = { ...minimal, podTemplate: { spec: { terminationGracePeriodSeconds: 120 } } };
    expect(warnings(all)).toEqual([
      expect.stringContaining('podTemplate.spec.terminationGracePeriodSeconds: 120'),
    ]);
  });

  const side = (fields: object) => ({ containers: [{ name: 'side', image: 'a:1', ...fields }] });
  const NONE = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  /** What may be told of one pod, and whether the judge of the tests sees it, too. */
  test.each<[what: string, spec: object, place: string]>([
    ['the network of the node', { hostNetwork: true }, 'hostNetwork'],
    ['a path of the node', { volumes: [{ name: 'x', hostPath: { path: '/x' } }] }, 'volumes[name=x]'],
    [
      'a port of the node',
      side({ ports: [{ containerPort: 1, hostPort: 1 }] }),
      'containers[name=side].ports',
    ],
    [
      'privileges',
      side({ securityContext: { ...NONE, allowPrivilegeEscalation: true, privileged: true } }),
      'containers[name=side].securityContext.privileged',
    ],
    [
      'capabilities',
      side({ securityContext: { ...NONE, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } }),
      'containers[name=side].securityContext.capabilities',
    ],
    [
      'what is not taken away',
      side({ securityContext: { runAsUser: 5 } }),
      'containers[name=side].securityContext',
    ],
    [
      'root',
      side({ securityContext: { ...NONE, runAsNonRoot: false, runAsUser: 0 } }),
      'containers[name=side].securityContext.runAsNonRoot',
    ],
    [
      'no seccomp profile',
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      'securityContext.seccompProfile',
    ],
    [
      'options of SELinux',
      { securityContext: { seLinuxOptions: { type: 'spc_t' } } },
      'securityContext.seLinuxOptions',
    ],
    [
      'a sysctl',
      { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
      'securityContext.sysctls',
    ],
    [
      '/proc',
      side({ securityContext: { ...NONE, procMount: 'Unmasked' } }),
      'containers[name=side].securityContext.procMount',
    ],
  ])('Pod Security "restricted" refuses %s', (_, spec, place) => {
    const config: MilvusConfig = { ...minimal, readonly: { podTemplate: { spec } } };
    const found = warnings(config);
    expect(found?.[0]).toContain(`readonly.podTemplate.spec.${place}`);
    expect(found?.[0]).toContain('a namespace with Pod Security "restricted" refuses the pods');
    const readers = manifestsOf(config).filter(({ metadata }) => metadata.name === 'milvus-test-readonly');
    expect(podSecurityProblems(readers, 'restricted')).not.toEqual([]);
  });
});

describe('values that are possible in type and impossible in life', () => {
  const volume = (source: object) => ({ spec: { volumes: [{ name: 'x', ...source }] } });
  const side = (fields: object, name = 'side') => ({
    spec: { containers: [{ name, ...(name === 'side' ? { image: 'a:1' } : {}), ...fields }] },
  });

  const MODED: readonly [what: string, source: (mode: unknown) => object, path: string][] = [
    ['secret', (defaultMode) => ({ secret: { secretName: 's', defaultMode } }), 'secret.defaultMode'],
    ['configMap', (defaultMode) => ({ configMap: { name: 'c', defaultMode } }), 'configMap.defaultMode'],
    [
      'an item',
      (mode) => ({ secret: { secretName: 's', items: [{ key: 'a', path: 'b', mode }] } }),
      'secret.items',
    ],
    [
      'downwardAPI',
      (defaultMode) => ({ downwardAPI: { items: [], defaultMode } }),
      'downwardAPI.defaultMode',
    ],
    [
      'projected',
      (mode) => ({
        projected: { sources: [{ secret: { name: 's', items: [{ key: 'a', path: 'b', mode }] } }] },
      }),
      'projected.sources',
    ],
  ];
  describe.each(MODED)('file modes: %s', (_, source, path) => {
    test.each([644, 600, 640, 755, 700, 777, 400, 440, 444, 500, 1777, -1, 512])('%d is refused', (mode) => {
      const [found = '', ...more] = patching('writable', volume(source(mode)));
      expect(more).toEqual([]);
      expect(found).toContain(`writable.podTemplate.spec.volumes[name=x].${path}`);
      expect(found).toContain(`given ${mode}, a decimal number`);
      if (/^[0-7]{3}$/.test(String(mode))) {
        expect(found).toContain(`write 0o${mode}, or ${Number.parseInt(String(mode), 8)} in JSON`);
      }
    });
    test.each([0o644, 0o600, 0o640, 0o755, 0o700, 0o777, 0o400, 0o440, 0o444, 0o550, 0])(
      '%d is taken',
      (mode) => {
        expect(patching('writable', volume(source(mode)))).toEqual([]);
      },
    );
  });

  const mounted = (mountPath: string, name?: string) => ({
    spec: {
      ...side({ volumeMounts: [{ name: 'x', mountPath }] }, name).spec,
      volumes: [{ name: 'x', emptyDir: {} }],
    },
  });
  test.each(['/run/milvus/', '//run/milvus', '/run/./milvus', '/run/x/../milvus', 'run/milvus'])(
    'a mount at %s, where ours is: refused',
    (mountPath) => {
      expect(patching('writable', mounted(mountPath, 'milvus'))).toEqual([
        expect.stringContaining(`given "${mountPath}"; expected a free path: the volume server-config is`),
      ]);
    },
  );

  test('the hook with which a reader goes on serving while it stops', () => {
    const hook = (lifecycle: object) =>
      patching('readonly', { spec: { containers: [{ name: 'milvus', lifecycle }] } });
    const where = 'readonly.podTemplate.spec.containers[name=milvus].lifecycle.preStop';
    expect(hook({ preStop: null })).toEqual([
      expect.stringContaining(`${where}: given nothing; expected preStop of milvus`),
    ]);
    expect(hook({ preStop: { exec: { command: ['true'] } } })).toEqual([
      expect.stringContaining(`${where}: given another preStop`),
    ]);
    expect(hook({ postStart: { exec: { command: ['true'] } } })).toEqual([]);
  });

  test.each(['/', '//', '/.', '/proc', '/proc/', '/proc/sys', '/usr/..'])(
    'a mount at %s: refused',
    (mountPath) => {
      for (const name of ['side', 'milvus']) {
        expect(patching('writable', mounted(mountPath, name))).toContainEqual(
          expect.stringContaining('expected a directory other than "/", "/proc" and below'),
        );
      }
    },
  );
  test.each([
    '/etc',
    '/usr',
    '/lib/',
    '/bin',
    '/dev',
    '/sys',
    '/var/lib/milvus',
    '/var/lib/milvus/bin',
    '/var',
  ])('a mount at %s in the server: refused, in a container of another image: taken', (mountPath) => {
    expect(patching('writable', mounted(mountPath, 'milvus'))).not.toEqual([]);
    expect(patching('writable', mounted(mountPath))).toEqual([]);
  });
  test.each(['/etc/ssl/certs', '/usr/local/share/x', '/data', '/dev/shm', '/var/log/x', '/opt'])(
    'a mount at %s: taken',
    (mountPath) => {
      expect(patching('writable', mounted(mountPath, 'milvus'))).toEqual([]);
    },
  );

  const port = (containerPort: number, more: object = {}) => side({ ports: [{ containerPort, ...more }] });
  test('a port that another container of the pod has: refused', () => {
    expect(patching('writable', port(19530))).toEqual([
      'writable.podTemplate.spec.containers[name=side].ports[containerPort=19530].containerPort: given 19530; expected a port other than that of milvus: the containers of a pod share their ports',
    ]);
    expect(patching('mysql', port(3306))).toHaveLength(1);
    expect(patching('writable', port(19530, { protocol: 'UDP' }))).toEqual([]);
    expect(patching('writable', port(8080))).toEqual([]);
    const init = { name: 'first', image: 'a:1', ports: [{ containerPort: 19530 }] };
    expect(patching('writable', { spec: { initContainers: [init] } })).toEqual([]);
    expect(
      patching('writable', { spec: { initContainers: [{ ...init, restartPolicy: 'Always' }] } }),
    ).toHaveLength(1);
  });

  const resources = (kind: string, name: string, value: unknown) =>
    side({ resources: { [kind]: { [name]: value } } });
  test.each([
    ['memory', 512, 'write 512Mi'],
    ['memory', '4', 'write 4Gi'],
    ['memory', '500m', 'Kubernetes counts in Ki'],
    ['memory', '4Pi', 'No node has as much memory'],
    ['ephemeral-storage', 20, 'write 20Gi'],
    ['cpu', 2000, 'write 2000m'],
    ['cpu', '2k', 'at most 1024'],
  ])('%s: %j is refused', (name, value, words) => {
    for (const kind of ['requests', 'limits']) {
      const [found = '', ...more] = patching('writable', resources(kind, name, value));
      expect(more).toEqual([]);
      expect(found).toContain(`containers[name=side].resources.${kind}.${name}: given`);
      expect(found).toContain(words);
    }
  });
  test.each([
    ['memory', '64Mi'],
    ['memory', '1e9'],
    ['memory', 0],
    ['cpu', '0'],
    ['cpu', 0.25],
    ['cpu', '64'],
    ['ephemeral-storage', '1G'],
    ['example.com/fpga', 2],
  ])('%s: %j is taken', (name, value) => {
    expect(patching('writable', resources('limits', name, value))).toEqual([]);
  });
  test('sizes of volumes', () => {
    const claim = (storage: unknown) => ({
      ephemeral: {
        volumeClaimTemplate: {
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
        },
      },
    });
    expect(patching('writable', volume({ emptyDir: { sizeLimit: 4 } }))).toEqual([
      expect.stringContaining('volumes[name=x].emptyDir.sizeLimit: given 4;'),
    ]);
    expect(patching('writable', volume({ emptyDir: { sizeLimit: '4Gi' } }))).toEqual([]);
    expect(patching('writable', volume(claim(10)))).toEqual([
      expect.stringContaining('volumeClaimTemplate.spec.resources.requests.storage: given 10;'),
    ]);
    expect(patching('writable', volume(claim('10Gi')))).toEqual([]);
  });

  test('seconds that are milliseconds', () => {
    expect(patching('writable', { spec: { terminationGracePeriodSeconds: 300_000 } })).toEqual([
      expect.stringContaining('terminationGracePeriodSeconds: given 300000; expected at most 86400'),
    ]);
    expect(patching('writable', { spec: { terminationGracePeriodSeconds: 600_000 } })[0]).toContain(
      'write 600 for 600000 milliseconds',
    );
  });

  test('what the API server writes into metadata', () => {
    const pasted = { creationTimestamp: '2021-06-17T00:00:00Z', uid: 'a' };
    expect(patching('writable', { metadata: pasted })).toHaveLength(2);
    expect(patching('writable', { metadata: { creationTimestamp: null, labels: { a: 'b' } } })).toEqual([]);
  });

  test.each<[what: string, podTemplate: object, words: string]>([
    [
      'a probe without a handler',
      side({ readinessProbe: { periodSeconds: 5 } }),
      'readinessProbe: given none of exec',
    ],
    ['a hook without a handler', side({ lifecycle: { preStop: {} } }), 'preStop: given none of exec'],
    ['no source of a variable', side({ env: [{ name: 'A', valueFrom: {} }] }), 'valueFrom: given none of'],
    ['half a device', resources('limits', 'example.com/fpga', '500m'), 'expected a whole number of devices'],
    ['an unknown resource', resources('limits', 'memmory', '1Gi'), 'did you mean "memory"?'],
    [
      'a request above its limit',
      side({ resources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } } }),
      'resources.requests.memory: given 2Gi; expected at most the limit, 1Gi',
    ],
    [
      'no skew at all',
      {
        spec: {
          topologySpreadConstraints: [
            { maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
          ],
        },
      },
      'maxSkew: given 0; expected 1 or more',
    ],
  ])('%s: refused', (_, podTemplate, words) => {
    expect(patching('writable', podTemplate)).toEqual([expect.stringContaining(words)]);
  });
});

describe('what the API server asks beyond its schema', () => {
  const pod = (spec: object) => ({ spec });
  const side = (fields: object, spec: object = {}) =>
    pod({ containers: [{ name: 'side', image: 'a:1', ...fields }], ...spec });
  const first = (fields: object) => pod({ initContainers: [{ name: 'first', image: 'a:1', ...fields }] });
  const volume = (source: object) => pod({ volumes: [{ name: 'x', ...source }] });
  const env = (valueFrom: object) => side({ env: [{ name: 'A', valueFrom }] });
  const port = (fields: object) => side({ ports: [{ containerPort: 80, ...fields }] });
  const ports = (...list: object[]) => side({ ports: list });
  const mount = (fields: object) =>
    side({ volumeMounts: [{ name: 'x', mountPath: '/x', ...fields }] }, { volumes: [{ name: 'x' }] });
  const probe = (handler: object) =>
    side({ ports: [{ containerPort: 8080, name: 'web' }], readinessProbe: handler });
  const onNodes = (expression: object) =>
    pod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', ...expression }] }],
          },
        },
      },
    });
  const withPods = (term: object) =>
    pod({
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'zone', labelSelector: {}, ...term },
          ],
        },
      },
    });
  const amounts = (requests: object, limits: object) => side({ resources: { requests, limits } });

  test.each<[podTemplate: object, words: string]>([
    [
      ports({ containerPort: 0 }),
      'ports[containerPort=0].containerPort: given 0 (a number); expected a port',
    ],
    [
      ports({ containerPort: 65536 }),
      'containerPort: given 65536 (a number); expected a port number from 1 to 65535',
    ],
    [port({ hostPort: -1 }), 'hostPort: given -1 (a number); expected a number from 0 to 65535'],
    [port({ name: 'Web_1' }), 'ports[containerPort=80].name: given "Web_1"; expected a name of at most 15'],
    [port({ name: '8080' }), 'name: given "8080" (a text); expected a name of at most 15'],
    [
      ports({ containerPort: 1, name: 'a' }, { containerPort: 2, name: 'a' }),
      'containers[name=side].ports: given two ports with the name a',
    ],
    [
      ports({ containerPort: 1, hostPort: 9 }, { containerPort: 2, hostPort: 9 }),
      'ports[containerPort=2].hostPort: given 9; expected a port other than that of side',
    ],
    [
      side({ ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true }),
      'hostPort: given 81; expected 80, the containerPort',
    ],
    [
      probe({ tcpSocket: { port: '8080' } }),
      'tcpSocket.port: given "8080" (a text); expected a number from 1 to 65535 without quotes',
    ],
    [probe({ httpGet: { port: 0 } }), 'httpGet.port: given 0'],
    [
      probe({ httpGet: { port: 'wbe' } }),
      'httpGet.port: given "wbe"; expected a number, or the name of a port of side: web',
    ],
    [
      probe({ httpGet: { port: 1, httpHeaders: [{ name: 'a b', value: 'c' }] } }),
      'httpHeaders[0].name: given "a b"',
    ],
    [probe({ exec: {} }), 'readinessProbe.exec.command: given nothing; expected a list of texts'],
    [
      first({ readinessProbe: { exec: { command: ['a'] } } }),
      'initContainers[name=first].readinessProbe: given a readinessProbe; expected none',
    ],
    [
      first({ lifecycle: { preStop: { exec: { command: ['a'] } } } }),
      'initContainers[name=first].lifecycle: given a lifecycle; expected none',
    ],
    [
      first({ restartPolicy: 'always' }),
      'restartPolicy: given "always"; expected one of Always, Never, OnFailure',
    ],
    [
      side({ env: [{ name: 'A=B', value: '1' }] }),
      'env[name=A=B].name: given "A=B"; expected a name of ASCII characters',
    ],
    [side({ env: [{ name: '', value: '1' }] }), 'env[0].name: given ""'],
    [
      env({ fieldRef: { fieldPath: 'metadata.nam' } }),
      'fieldRef.fieldPath: given "metadata.nam"; expected metadata.name',
    ],
    [env({ fieldRef: { fieldPath: "metadata.annotations['a b']" } }), 'fieldRef.fieldPath: given'],
    [env({ fieldRef: { fieldPath: 'metadata.labels' } }), 'given metadata.labels; expected one of them'],
    [env({ resourceFieldRef: { resource: 'limits.foo' } }), 'resourceFieldRef.resource: given "limits.foo"'],
    [env({ secretKeyRef: { key: 'k' } }), 'secretKeyRef.name: given nothing; expected a text'],
    [env({ configMapKeyRef: { name: 'c', key: 'a b' } }), 'configMapKeyRef.key: given "a b"'],
    [side({ envFrom: [{ secretRef: {} }] }), 'envFrom[0].secretRef.name: given nothing'],
    [mount({ subPath: '../y' }), 'subPath: given "../y"; expected a relative path without ".."'],
    [mount({ subPath: 'a', subPathExpr: 'b' }), 'subPathExpr: given a value beside subPath'],
    [mount({ mountPath: '/a:b' }), 'mountPath: given "/a:b"; expected a path without ":"'],
    [
      mount({ mountPropagation: 'Bidirectional' }),
      'containers[name=side].volumeMounts: given mountPropagation Bidirectional',
    ],
    [
      side({ volumeDevices: [{ name: 'y', devicePath: '/dev/y' }] }),
      'volumeDevices[devicePath=/dev/y].name: given "y"; expected a volume of a claim',
    ],
    [volume({ secret: {} }), 'secret.secretName: given nothing'],
    [volume({ configMap: { defaultMode: 0o644 } }), 'configMap.name: given nothing'],
    [
      volume({ secret: { secretName: 's', items: [{ key: 'k', path: '/p' }] } }),
      'items[0].path: given a text (not shown',
    ],
    [volume({ hostPath: { path: '/a/../b' } }), 'hostPath.path: given "/a/../b"'],
    [
      volume({ persistentVolumeClaim: { claimName: 'A_b' } }),
      'claimName: given "A_b"; expected the name of a Kubernetes object',
    ],
    [
      volume({ downwardAPI: { items: [{ path: 'p' }] } }),
      'downwardAPI.items[0]: given none of fieldRef, resourceFieldRef',
    ],
    [volume({ ephemeral: {} }), 'ephemeral.volumeClaimTemplate: given nothing'],
    [
      pod({ securityContext: { supplementalGroups: [5, -1] } }),
      'supplementalGroups[1]: given -1 (a number); expected a number from 0',
    ],
    [
      pod({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
      'seccompProfile.localhostProfile: given nothing with type Localhost',
    ],
    [
      pod({ securityContext: { sysctls: [{ name: 'a!', value: '1' }] } }),
      'sysctls[0].name: given "a!"; expected a sysctl',
    ],
    [
      side({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      'allowPrivilegeEscalation: given false with privileged: true',
    ],
    [pod({ dnsPolicy: 'None' }), 'spec.dnsPolicy: given None; expected dnsConfig.nameservers with it'],
    [
      pod({ dnsConfig: { nameservers: ['dns.example'] } }),
      'nameservers[0]: given "dns.example"; expected an IP address',
    ],
    [
      pod({ hostAliases: [{ ip: 'x', hostnames: ['a'] }] }),
      'hostAliases[ip=x].ip: given "x"; expected an IP address',
    ],
    [pod({ os: { name: 'windows' } }), 'os.name: given "windows"; expected linux'],
    [volume({ emptyDir: { medium: 'memory' } }), 'emptyDir.medium: given "memory"; expected Memory'],
    [mount({ recursiveReadOnly: 'yes' }), 'recursiveReadOnly: given "yes"; expected one of Disabled'],
    [pod({ hostname: 'A_B' }), 'spec.hostname: given "A_B"; expected a name'],
    [pod({ hostPID: true, shareProcessNamespace: true }), 'shareProcessNamespace: given true with hostPID'],
    [
      pod({ ephemeralContainers: [{ name: 'a', image: 'a:1' }] }),
      'ephemeralContainers: given containers; expected none',
    ],
    [pod({ activeDeadlineSeconds: 5 }), 'activeDeadlineSeconds: given 5; expected no value'],
    [
      pod({ tolerations: [{ key: 'a b', operator: 'Exists' }] }),
      'tolerations[0].key: given "a b"; expected a label key',
    ],
    [
      onNodes({ operator: 'In', values: [] }),
      'values: given no values with operator In; expected at least one',
    ],
    [
      onNodes({ operator: 'Exists', values: ['b'] }),
      'values: given 1 value with operator Exists; expected none',
    ],
    [
      onNodes({ operator: 'Gt', values: ['1', '2'] }),
      'values: given 2 values with operator Gt; expected one',
    ],
    [withPods({ topologyKey: '' }), 'topologyKey: given ""; expected a label key'],
    [
      withPods({ labelSelector: { matchLabels: { a: 'x y' } } }),
      'matchLabels: given a mapping; expected labels',
    ],
    [
      amounts({ 'example.com/fpga': 1 }, {}),
      'resources.limits."example.com/fpga": given nothing; expected 1, as requested',
    ],
    [
      amounts({}, { 'hugepages-2Mi': '4Mi' }),
      'containers[name=side].resources: given hugepages-2Mi alone; expected cpu or memory',
    ],
    [
      pod({ containers: [{ name: 'side', image: null, tty: true }] }),
      'containers[name=side]: given a container without an image',
    ],
    [
      pod({ securityContext: { runAsUser: 0, fsGroup: 1 } }),
      'securityContext.runAsUser: given 0, which is root, with runAsNonRoot: true',
    ],
  ])('%j: refused', (podTemplate, words) => {
    for (const section of ['smokeTest', 'mishards'] as const) {
      // Pods of a Job may end.
      if (section === 'smokeTest' && words.startsWith('activeDeadlineSeconds')) continue;
      expect(patching(section, podTemplate)).toEqual([expect.stringContaining(words)]);
    }
  });

  test.each<[podTemplate: object]>([
    [ports({ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' })],
    [port({ hostPort: 80, name: 'web-1' })],
    [side({ ports: [{ containerPort: 80, hostPort: 80 }] }, { hostNetwork: true })],
    [probe({ tcpSocket: { port: 'web' } })],
    [probe({ grpc: { port: 8080 } })],
    [first({ restartPolicy: 'Always', readinessProbe: { exec: { command: ['a'] } } })],
    [side({ env: [{ name: 'my.name-1', value: '' }] })],
    [env({ fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/name']" } })],
    [env({ fieldRef: { fieldPath: 'status.hostIPs' } })],
    [env({ resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } })],
    [mount({ subPath: 'a/..b/c' })],
    [
      side(
        { volumeDevices: [{ name: 'x', devicePath: '/dev/x' }] },
        volume({ persistentVolumeClaim: { claimName: 'c' } }).spec,
      ),
    ],
    [volume({ downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } })],
    [
      pod({
        securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'profiles/a.json' } },
      }),
    ],
    [pod({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] } })],
    [
      pod({
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['192.0.2.1', '2001:db8::1'], searches: ['svc.cluster.local', '.'] },
      }),
    ],
    [pod({ hostAliases: [{ ip: '192.0.2.1', hostnames: ['a.example.com'] }] })],
    [pod({ tolerations: [{ operator: 'Exists' }, { key: 'example.com/a', value: '' }] })],
    [onNodes({ operator: 'In', values: ['b'] })],
    [onNodes({ operator: 'Lt', values: ['5'] })],
    [withPods({ labelSelector: { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] } })],
    [amounts({}, { 'hugepages-2Mi': '4Mi', memory: '64Mi' })],
    [amounts({ 'example.com/fpga': 1 }, { 'example.com/fpga': 1 })],
  ])('%j: taken', (podTemplate) => {
    expect(patching('mishards', podTemplate)).toEqual([]);
  });

  test('a volume without a source is an emptyDir, which Pod Security takes', () => {
    const config: MilvusConfig = { ...minimal, readonly: { podTemplate: pod({ volumes: [{ name: 'x' }] }) } };
    expect(check(config).warnings).toEqual([]);
  });
});

describe('what goes with something else in the pod', () => {
  const side = (fields: object, spec: object = {}) => ({
    spec: { containers: [{ name: 'side', image: 'a:1', ...fields }], ...spec },
  });
  const apparmor = (container: string, profile: string) => ({
    metadata: { annotations: { [`container.apparmor.security.beta.kubernetes.io/${container}`]: profile } },
  });
  const spread = (minDomains: number, whenUnsatisfiable: string) => ({
    spec: { topologySpreadConstraints: [{ topologyKey: 'a', maxSkew: 1, minDomains, whenUnsatisfiable }] },
  });
  const sleep = (seconds: number) => side({ lifecycle: { preStop: { sleep: { seconds } } } });
  const claiming = (...resourceClaims: object[]) =>
    side({ resources: { claims: [{ name: 'c' }] } }, { resourceClaims });

  test.each<[podTemplate: object, words: string]>([
    [
      { spec: { initContainers: [{ name: 'render-config', restartPolicy: 'Always' }] } },
      'initContainers[name=render-config].restartPolicy: given another restartPolicy',
    ],
    [
      side({ readinessProbe: { tcpSocket: { port: 1 }, terminationGracePeriodSeconds: 5 } }),
      'readinessProbe.terminationGracePeriodSeconds: given a value; expected none',
    ],
    [
      side({ lifecycle: { postStart: { httpGet: { port: 'web' } } } }),
      'lifecycle.postStart.httpGet.port: given "web"; expected a number, or the name of a port of side',
    ],
    [sleep(301), 'sleep.seconds: given 301; expected at most terminationGracePeriodSeconds: 300'],
    [
      claiming(),
      'resources.claims: given "c"; expected the name of one of spec.resourceClaims: there is none',
    ],
    [claiming({ name: 'c' }), 'resourceClaims[name=c]: given none of resourceClaimName'],
    [spread(2, 'ScheduleAnyway'), 'minDomains: given 2 with ScheduleAnyway; expected whenUnsatisfiable'],
    [
      { spec: { hostUsers: false, hostPID: true } },
      'hostUsers: given false with hostPID; expected one of them',
    ],
    [apparmor('nobody', 'unconfined'), 'given "nobody"; expected the name of a container of the pod'],
    [apparmor('milvus', 'none'), 'given "none"; expected runtime/default, unconfined or localhost/<profile>'],
    [{ spec: { volumes: [{ name: 'x', secret: { name: 'a' } }] } }, 'did you mean "secretName"?'],
  ])('%j: refused', (podTemplate, words) => {
    expect(patching('writable', podTemplate)).toEqual([expect.stringContaining(words)]);
  });

  test.each<[podTemplate: object]>([
    [
      side({
        lifecycle: { preStop: { httpGet: { port: 'web' } } },
        ports: [{ containerPort: 1, name: 'web' }],
      }),
    ],
    [sleep(300)],
    [claiming({ name: 'c', resourceClaimTemplateName: 't' })],
    [spread(2, 'DoNotSchedule')],
    [{ spec: { hostUsers: false } }],
    [apparmor('milvus', 'localhost/a')],
  ])('%j: taken', (podTemplate) => {
    expect(patching('writable', podTemplate)).toEqual([]);
  });

  const warnings = (section: Section, podTemplate: object) =>
    check({ ...minimal, [section]: { ...(section === 'backup' && { enabled: true }), podTemplate } })
      .warnings;

  test('Pod Security refuses a container without an AppArmor profile, by its annotation, too', () => {
    expect(warnings('writable', apparmor('milvus', 'unconfined'))).toEqual([
      expect.stringContaining('milvus: it is without an AppArmor profile'),
    ]);
  });

  test('a container beside that of a Job keeps it from its end', () => {
    expect(warnings('backup', side({}))).toEqual([
      'backup.podTemplate.spec.containers[name=side]: a Job ends only after side has ended; put a container that does not end into initContainers, with restartPolicy: Always',
    ]);
    const initContainers = [{ name: 'side', image: 'a:1', restartPolicy: 'Always' }];
    expect(warnings('backup', { spec: { initContainers } })).toEqual([]);
    expect(warnings('writable', side({}))).toEqual([]);
  });
});
