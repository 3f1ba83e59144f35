import type { Shape } from '../../lib/kubernetes/pod-schema';
import { SHAPES } from '../../lib/kubernetes/pod-shapes';
import { strategicMerge } from '../../lib/kubernetes/strategic-merge';
import { manifestsOf, minimal } from '../support/clusters';
import { kustomized } from '../support/kustomize';
import { at, type Fields, fields, find, type Manifest, records, text } from '../support/manifests';
import { describeWith } from '../support/requires';

const ours = manifestsOf({
  ...minimal,
  milvus: { metrics: { enabled: true } },
  mysql: { exporter: { enabled: true } },
  backup: { enabled: true },
});

/** Where the pod template of each kind is. */
const TEMPLATE: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

const WORKLOADS = [
  find(ours, 'Deployment', 'milvus-test-writable'),
  find(ours, 'StatefulSet', 'milvus-test-mysql'),
  find(ours, 'CronJob', 'milvus-test-backup'),
].map((manifest) => withTemplate(manifest, rich(fields(at(manifest, ...templatePath(manifest))))));

function templatePath({ kind }: Manifest): readonly string[] {
  return TEMPLATE[kind] ?? [];
}

const nest = (path: readonly string[], value: unknown): Fields =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Fields;

function withTemplate(manifest: Manifest, template: Fields): Manifest {
  const put = (value: unknown, [key, ...rest]: readonly string[]): unknown =>
    key === undefined ? template : { ...fields(value), [key]: put(at(value, key), rest) };
  return put(manifest, templatePath(manifest)) as Manifest;
}

/** Our template, and in it one of everything that ours do not have. */
function rich(template: Fields): Fields {
  const spec = fields(template['spec']);
  const [main, ...others] = records(spec['containers']);
  return {
    ...template,
    metadata: {
      ...fields(template['metadata']),
      finalizers: ['example.com/a', 'example.com/b'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'u-1' }],
    },
    spec: {
      ...spec,
      containers: [
        {
          ...main,
          env: [
            ...records(main?.['env']),
            { name: 'ONE', value: '1' },
            { name: 'TWO', value: '2' },
            { name: 'THREE', value: '3' },
          ],
          envFrom: [{ configMapRef: { name: 'a' } }],
          ports: [
            { containerPort: 53, protocol: 'UDP', name: 'dns' },
            { containerPort: 53, protocol: 'TCP', name: 'dns-tcp' },
            { containerPort: 54 },
          ],
          volumeDevices: [{ devicePath: '/dev/a', name: 'block' }],
        },
        ...others,
        {
          name: 'sidecar',
          image: 'busybox:1.36',
          args: ['sleep', '1'],
          ports: [{ containerPort: 80 }, { containerPort: 81 }],
        },
        { name: 'last', image: 'busybox:1.36' },
      ],
      ephemeralContainers: [{ name: 'debug', image: 'busybox:1.36', env: [{ name: 'A', value: 'a' }] }],
      volumes: [
        ...records(spec['volumes']),
        { name: 'block', persistentVolumeClaim: { claimName: 'block' } },
        { name: 'extra', emptyDir: { sizeLimit: '1Gi', medium: 'Memory' } },
        { name: 'all', projected: { sources: [{ secret: { name: 'a' } }, { configMap: { name: 'b' } }] } },
      ],
      imagePullSecrets: [{ name: 'registry' }, { name: 'mirror' }],
      hostAliases: [
        { ip: '192.0.2.1', hostnames: ['a', 'b'] },
        { ip: '192.0.2.2', hostnames: ['c'] },
      ],
      topologySpreadConstraints: [
        { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 },
        {
          topologyKey: 'host',
          whenUnsatisfiable: 'ScheduleAnyway',
          maxSkew: 1,
          labelSelector: { matchLabels: { a: 'b' } },
        },
      ],
      tolerations: [
        { key: 'a', operator: 'Exists' },
        { key: 'b', operator: 'Exists', effect: 'NoExecute' },
      ],
      nodeSelector: { disk: 'ssd', zone: 'a' },
      readinessGates: [{ conditionType: 'example.com/ready' }],
      dnsConfig: { nameservers: ['192.0.2.3'], options: [{ name: 'ndots', value: '2' }] },
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'host', labelSelector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
          ],
        },
      },
    },
  };
}

/** A patch; `main` is the name of the workload's first container, `mount` where it has its first volume. */
type MakePatch = (main: string, mount: string) => Fields;
const spec =
  (patch: Fields): MakePatch =>
  () => ({ spec: patch });
const container =
  (patch: Fields): MakePatch =>
  (main) => ({ spec: { containers: [{ name: main, ...patch }] } });

const PATCHES: Readonly<Record<string, MakePatch>> = {
  nothing: () => ({}),
  'empty maps': () => ({ metadata: {}, spec: { securityContext: {}, affinity: {} } }),
  'a map that is not there yet, empty': spec({ os: {} }),

  // Maps and scalars.
  'labels and annotations': () => ({
    metadata: { labels: { team: 'search' }, annotations: { 'example.com/a': 'yes', 'example.com/b': '1' } },
  }),
  'a label away': () => ({ metadata: { labels: { 'app.kubernetes.io/component': null } } }),
  'all labels replaced': () => ({ metadata: { labels: { $patch: 'replace', only: 'this' } } }),
  'all labels away': () => ({ metadata: { labels: { $patch: 'delete' } } }),
  'annotations null': () => ({ metadata: { annotations: null } }),
  'a map that becomes empty': spec({ nodeSelector: { disk: null, zone: null } }),
  'one key of a map': spec({ nodeSelector: { disk: 'hdd' } }),
  'a map replaced by a merge that says so': spec({ nodeSelector: { $patch: 'merge', disk: 'hdd' } }),
  scalars: spec({
    terminationGracePeriodSeconds: 5,
    schedulerName: 'other',
    hostNetwork: true,
    priority: -1,
  }),
  'scalars away': spec({ terminationGracePeriodSeconds: null, restartPolicy: null, schedulerName: null }),
  'null of what is not there': spec({
    runtimeClassName: null,
    overhead: null,
    dnsConfig: { searches: null },
  }),
  'null in nested maps': spec({
    securityContext: {
      runAsUser: null,
      seccompProfile: { type: null },
      windowsOptions: { hostProcess: null },
    },
  }),
  'a new map with nulls in it': spec({ os: { name: null }, overhead: { cpu: '1', memory: null } }),
  'a new map with a directive in it': spec({
    readinessGates: null,
    os: { $patch: 'replace', name: 'linux' },
    overhead: { $patch: 'delete' },
  }),
  'affinity: its atomic list is replaced': spec({
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
    },
  }),
  'affinity: another kind beside it': spec({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['1', '2'] }] }],
        },
      },
    },
  }),
  'affinity replaced': spec({
    affinity: { $patch: 'replace', podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  }),
  quantities: container({
    resources: {
      limits: { cpu: '500m', memory: '1.5Gi', 'example.com/fpga': 1, 'ephemeral-storage': '2Gi' },
      requests: { cpu: '0.5' },
    },
  }),
  'a limit away': container({ resources: { limits: { cpu: null } } }),
  'numbers as texts': () => ({
    metadata: {
      annotations: {
        port: '80',
        octal: '0o17',
        float: '1e3',
        sexagesimal: '1:30',
        yes: 'yes',
        empty: '',
        date: '2020-01-01',
        underscore: '1_000',
        plus: '+1',
      },
    },
  }),
  'texts of several lines': container({ command: ['sh', '-c', 'set -e\necho "a: b" # c\n'] }),

  // Containers.
  'a container more': spec({ containers: [{ name: 'new', image: 'new:1', args: ['a'] }] }),
  'two containers more, and one that is there': (main) => ({
    spec: {
      containers: [
        { name: 'new-b', image: 'b:1' },
        { name: main, image: 'other:1' },
        { name: 'new-a', image: 'a:1' },
      ],
    },
  }),
  'the order of containers: last, first': (main) => ({
    spec: {
      containers: [
        { name: 'last', image: 'l:1' },
        { name: main, image: 'm:1' },
      ],
    },
  }),
  'a container away': spec({ containers: [{ name: 'sidecar', $patch: 'delete' }] }),
  'a container away that is not there': spec({ containers: [{ name: 'nowhere', $patch: 'delete' }] }),
  'a container away, another in its place': spec({
    containers: [
      { name: 'sidecar', $patch: 'delete' },
      { name: 'instead', image: 'i:1' },
    ],
  }),
  'only the name of a container': (main) => ({ spec: { containers: [{ name: main }, { name: 'last' }] } }),
  'all containers replaced': spec({ containers: [{ $patch: 'replace' }, { name: 'only', image: 'o:1' }] }),
  'all containers replaced, the directive last': spec({
    containers: [{ name: 'only', image: 'o:1' }, { $patch: 'replace' }],
  }),
  'containers merged, and it says so': spec({
    containers: [{ $patch: 'merge' }, { name: 'new', image: 'n:1' }],
  }),
  'init containers': spec({ initContainers: [{ name: 'first', image: 'f:1', restartPolicy: 'Always' }] }),
  'init containers away': spec({ initContainers: null }),
  'host aliases away, as a directive': spec({ hostAliases: [{ $patch: 'delete' }] }),
  'an ephemeral container and its env': spec({
    ephemeralContainers: [
      { name: 'debug', env: [{ name: 'B', value: 'b' }] },
      { name: 'more', image: 'm:1' },
    ],
  }),
  'args replaced': spec({ containers: [{ name: 'sidecar', args: ['sleep', '2', '3'] }] }),
  'args become empty': spec({ containers: [{ name: 'sidecar', args: [] }] }),
  'args away': spec({ containers: [{ name: 'sidecar', args: null, command: ['x'] }] }),
  'a probe of another kind': container({
    livenessProbe: { $patch: 'replace', exec: { command: ['true'] }, periodSeconds: 7 },
  }),
  'a probe away': container({ readinessProbe: null }),
  'a probe: a port by its name': container({
    readinessProbe: { tcpSocket: { port: 'dns' }, httpGet: null, exec: null },
  }),
  'capabilities: replaced lists': container({
    securityContext: { capabilities: { add: ['NET_ADMIN'], drop: null } },
  }),
  lifecycle: container({ lifecycle: { preStop: { exec: { command: ['sleep', '5'] } }, postStart: null } }),

  // env.
  'a variable more': container({ env: [{ name: 'NEW', value: 'n' }] }),
  'a variable changed, and its place': container({ env: [{ name: 'TWO', value: 'zwei' }] }),
  'variables away': container({
    env: [
      { name: 'ONE', $patch: 'delete' },
      { name: 'THREE', $patch: 'delete' },
    ],
  }),
  'a variable: value becomes valueFrom': container({
    env: [{ name: 'ONE', value: null, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
  }),
  'a variable: value beside valueFrom': container({
    env: [{ name: 'ONE', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
  }),
  'a variable without a value': container({ env: [{ name: 'ONE' }, { name: 'EMPTY', value: '' }] }),
  'all variables replaced': container({ env: [{ $patch: 'replace' }, { name: 'ONLY', value: '1' }] }),
  'variables: a list that becomes empty': spec({
    ephemeralContainers: [{ name: 'debug', env: [{ name: 'A', $patch: 'delete' }] }],
  }),
  'variables: an empty list': container({ env: [] }),
  'variables of a container without any': spec({
    containers: [
      {
        name: 'last',
        env: [
          { name: 'B', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
    ],
  }),
  'variables away from a container without any': spec({
    containers: [{ name: 'last', env: [{ name: 'B', $patch: 'delete' }] }],
  }),
  'envFrom is replaced': container({ envFrom: [{ secretRef: { name: 's' }, prefix: 'P_' }] }),

  // Ports.
  'a port more': spec({ containers: [{ name: 'sidecar', ports: [{ containerPort: 82, name: 'x' }] }] }),
  'a port changed, no protocol anywhere': spec({
    containers: [{ name: 'sidecar', ports: [{ containerPort: 81, name: 'x' }, { containerPort: 79 }] }],
  }),
  'a port of a number with two protocols': container({
    ports: [{ containerPort: 53, protocol: 'TCP', hostPort: 53 }],
  }),
  'both protocols of one number': container({
    ports: [
      { containerPort: 53, protocol: 'TCP', name: 'a' },
      { containerPort: 53, protocol: 'UDP', name: 'b' },
    ],
  }),
  'a third protocol, and another port': container({
    ports: [
      { containerPort: 99 },
      { containerPort: 53, protocol: 'SCTP' },
      { containerPort: 98, protocol: 'TCP' },
    ],
  }),
  'a port without protocol, where others have one': container({
    ports: [{ containerPort: 54, name: 'plain' }],
  }),
  'a port away, one of two protocols': container({
    ports: [{ containerPort: 53, protocol: 'UDP', $patch: 'delete' }],
  }),
  'a port away, without protocol': spec({
    containers: [{ name: 'sidecar', ports: [{ containerPort: 80, $patch: 'delete' }] }],
  }),
  'every port away': spec({
    containers: [
      {
        name: 'sidecar',
        ports: [
          { containerPort: 80, $patch: 'delete' },
          { containerPort: 81, $patch: 'delete' },
        ],
      },
    ],
  }),
  'two protocols of one number for a container without ports': spec({
    containers: [
      {
        name: 'last',
        ports: [
          { containerPort: 1, protocol: 'UDP' },
          { containerPort: 1, protocol: 'TCP' },
        ],
      },
    ],
  }),
  'all ports replaced': container({ ports: [{ $patch: 'replace' }, { containerPort: 53, protocol: 'TCP' }] }),
  'lost: a protocol where the port has none': container({
    ports: [{ containerPort: 54, protocol: 'TCP', name: 'x' }],
  }),
  'lost: no protocol where the port has some': container({ ports: [{ containerPort: 53, name: 'x' }] }),

  // Volumes, mounts, devices.
  'a volume and its mount': (main) => ({
    spec: {
      volumes: [{ name: 'new', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } }],
      containers: [{ name: main, volumeMounts: [{ name: 'new', mountPath: '/new' }] }],
    },
  }),
  'a volume of another kind': spec({
    volumes: [{ name: 'extra', emptyDir: null, hostPath: { path: '/h' } }],
  }),
  'a volume of another kind, by a directive': spec({
    volumes: [{ name: 'extra', emptyDir: { $patch: 'delete' }, hostPath: { path: '/h' } }],
  }),
  'a volume: an empty map over its settings': spec({ volumes: [{ name: 'extra', emptyDir: {} }] }),
  'a volume: its settings replaced by an empty map': spec({
    volumes: [{ name: 'extra', emptyDir: { $patch: 'replace' } }],
  }),
  'a volume: its sources are replaced': spec({
    volumes: [{ name: 'all', projected: { sources: [{ downwardAPI: { items: [] } }] } }],
  }),
  'a volume away': spec({ volumes: [{ name: 'extra', $patch: 'delete' }] }),
  'all volumes away': spec({ volumes: null }),
  'all volumes replaced': spec({
    volumes: [{ $patch: 'replace' }, { name: 'b', emptyDir: {} }, { name: 'a', emptyDir: {} }],
  }),
  'a claim of a volume: its metadata merges': spec({
    volumes: [
      {
        name: 'scratch',
        ephemeral: {
          volumeClaimTemplate: {
            metadata: { finalizers: ['a', 'b'] },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        },
      },
    ],
  }),
  'a mount: another volume at its path': (main, mountPath) => ({
    spec: { containers: [{ name: main, volumeMounts: [{ mountPath, name: 'extra', subPath: null }] }] },
  }),
  'a mount away': (main, mountPath) => ({
    spec: { containers: [{ name: main, volumeMounts: [{ mountPath, $patch: 'delete' }] }] },
  }),
  devices: container({
    volumeDevices: [
      { devicePath: '/dev/b', name: 'block' },
      { devicePath: '/dev/a', name: 'other' },
    ],
  }),
  'a device away': container({ volumeDevices: [{ devicePath: '/dev/a', $patch: 'delete' }] }),

  // What else has a key, and what has none.
  'pull secrets': spec({ imagePullSecrets: [{ name: 'third' }, { name: 'mirror' }] }),
  'pull secrets: one away': spec({ imagePullSecrets: [{ name: 'registry', $patch: 'delete' }] }),
  'pull secrets: an empty list': spec({ imagePullSecrets: [] }),
  'host aliases': spec({
    hostAliases: [
      { ip: '192.0.2.2', hostnames: ['d'] },
      { ip: '192.0.2.9', hostnames: ['e'] },
    ],
  }),
  'a host alias away': spec({ hostAliases: [{ ip: '192.0.2.1', $patch: 'delete' }] }),
  'topology spread: one changed': spec({
    topologySpreadConstraints: [{ topologyKey: 'host', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 }],
  }),
  'topology spread: a key of both kinds': spec({
    topologySpreadConstraints: [{ topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 2 }],
  }),
  'topology spread: one away': spec({
    topologySpreadConstraints: [
      { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', $patch: 'delete' },
    ],
  }),
  'topology spread: lost, since half of the key is missing': spec({
    topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 9 }],
  }),
  finalizers: () => ({ metadata: { finalizers: ['example.com/c', 'example.com/b'] } }),
  'finalizers: null': () => ({ metadata: { finalizers: null } }),
  'owner references': () => ({
    metadata: {
      ownerReferences: [
        { uid: 'u-1', name: 'other' },
        { uid: 'u-2', name: 'more' },
      ],
    },
  }),
  'an owner reference away': () => ({ metadata: { ownerReferences: [{ uid: 'u-1', $patch: 'delete' }] } }),
  'tolerations are replaced': spec({
    tolerations: [{ key: 'c', operator: 'Equal', value: '1', tolerationSeconds: 3 }],
  }),
  'tolerations become empty': spec({ tolerations: [] }),
  'readiness gates are replaced': spec({ readinessGates: [{ conditionType: 'b' }] }),
  'DNS: lists are replaced': spec({
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['192.0.2.4'], options: [{ name: 'edns0' }] },
  }),
  'the whole spec replaced': (main) => ({
    spec: {
      $patch: 'replace',
      containers: [
        {
          name: main,
          image: 'i:1',
          env: [
            { name: 'A', value: null },
            { name: 'B', $patch: 'delete' },
          ],
        },
      ],
    },
  }),
  'everything at once': (main) => ({
    metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
    spec: {
      nodeSelector: { disk: null, gpu: 'yes' },
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: main,
          env: [
            { name: 'NEW', value: '1' },
            { name: 'ONE', $patch: 'delete' },
          ],
          volumeMounts: [{ name: 'new', mountPath: '/n' }],
          resources: { limits: { memory: '9Gi' } },
        },
        { name: 'new', image: 'n:1' },
        { name: 'sidecar', $patch: 'delete' },
      ],
      volumes: [
        { name: 'new', emptyDir: {} },
        { name: 'extra', $patch: 'delete' },
      ],
    },
  }),
};

describeWith(['kubectl'], 'kubectl kustomize makes the same of', () => {
  const cases = Object.entries(PATCHES).map(([name, make], index) => {
    const manifest = WORKLOADS[index % WORKLOADS.length] as Manifest;
    const template = fields(at(manifest, ...templatePath(manifest)));
    const [main] = records(at(template, 'spec', 'containers'));
    const [mount] = records(main?.['volumeMounts']);
    const patch = make(text(main?.['name']), text(mount?.['mountPath']));
    return { name: `${manifest.kind}: ${name}`, manifest, template, patch };
  });
  let expected: readonly Manifest[];
  beforeAll(() => {
    expected = kustomized(
      cases.map(({ manifest, patch }) => ({ manifest, patch: nest(templatePath(manifest), patch) })),
    );
  });

  test.each(cases.map((one, index) => [one.name, one, index] as const))('%s', (_, one, index) => {
    const merged = strategicMerge(one.template, one.patch);
    expect(withTemplate(one.manifest, merged)).toEqual(expected[index]);
  });
});

/** Has what tells items apart in any list, so that it is known again in each. */
const ITEM = {
  ...{ name: 'a', ip: 'a', uid: 'a', mountPath: 'a', devicePath: 'a' },
  ...{ containerPort: 1, protocol: 'TCP', topologyKey: 'a', whenUnsatisfiable: 'a' },
};

/** Every list of a pod template: its steps, and whether it is one of mappings; `[]` leads into the items of a list. */
function lists(): readonly (readonly [steps: readonly string[], ofMappings: boolean])[] {
  const walk = (
    shape: Shape,
    steps: readonly string[],
    parents: readonly string[],
  ): ReturnType<typeof lists> => {
    if (shape.$ref !== undefined) {
      const name = shape.$ref.replace('#/$defs/', '');
      return parents.includes(name) ? [] : walk(SHAPES[name] ?? {}, steps, [...parents, name]);
    }
    if (shape.items !== undefined) {
      const ofMappings = shape.items.$ref !== undefined;
      return [[steps, ofMappings], ...walk(shape.items, [...steps, '[]'], parents)];
    }
    return Object.entries(shape.properties ?? {}).flatMap(([name, child]) =>
      walk(child, [...steps, name], parents),
    );
  };
  return walk(SHAPES['io.k8s.api.core.v1.PodTemplateSpec'] ?? {}, [], []);
}

/** Of a Kubernetes after 1.21, whose schema kubectl has: it takes these for lists without a key. */
const NEWER = /^(spec\.(resourceClaims|schedulingGates)|spec\.ephemeralContainers\.\[\]\.ports)$/;

const at21 = (steps: readonly string[]): boolean => !NEWER.test(steps.join('.'));

/** A template, and a patch of it, with two items in the list and others in the patch. */
function ofList(steps: readonly string[], ofMappings: boolean): { template: Fields; patch: Fields } {
  const around = (value: unknown) =>
    steps.reduceRight<unknown>(
      (inner, step) => (step === '[]' ? [{ ...ITEM, ...fields(inner) }] : { [step]: inner }),
      value,
    ) as Fields;
  return ofMappings
    ? {
        template: around([
          { ...ITEM, old: 1 },
          {
            ...ITEM,
            name: 'b',
            ip: 'b',
            uid: 'b',
            mountPath: 'b',
            devicePath: 'b',
            containerPort: 2,
            topologyKey: 'b',
          },
        ]),
        patch: around([{ ...ITEM, new: 1 }]),
      }
    : { template: around(['a', 'b']), patch: around(['c', 'b']) };
}

const deployment = (template: Fields): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: { template },
});

describeWith(['kubectl'], 'every list of a pod template', () => {
  const all = lists();
  const known = all.filter(([steps]) => at21(steps));

  test('merges or is replaced as kubectl kustomize has it', () => {
    const cases = known.map(([steps, ofMappings]) => ({ steps, ...ofList(steps, ofMappings) }));
    const expected = kustomized(
      cases.map(({ template, patch }) => ({
        manifest: deployment(template),
        patch: { spec: { template: patch } },
      })),
    );
    const byList = (templates: readonly unknown[]) =>
      Object.fromEntries(cases.map(({ steps }, index) => [steps.join('.'), templates[index]]));
    expect(byList(cases.map(({ template, patch }) => strategicMerge(template, patch)))).toEqual(
      byList(expected.map((one) => at(one, 'spec', 'template'))),
    );
    expect(known.length).toBeGreaterThan(100);
  });

  test('that is newer than the schema of kubectl merges as it does with one that has them', () => {
    const newer = all.filter(([steps]) => !at21(steps));
    expect(newer).toHaveLength(3);
    const merging = (keys: readonly string[], properties: Fields = {}) => ({
      type: 'array',
      items: { type: 'object', properties },
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': keys[0],
      ...(keys.length > 1 ? { 'x-kubernetes-list-map-keys': keys } : {}),
    });
    const object = (properties: Fields) => ({ type: 'object', properties });
    const spec = object({
      resourceClaims: merging(['name']),
      schedulingGates: merging(['name']),
      ephemeralContainers: merging(['name'], { ports: merging(['containerPort', 'protocol']) }),
    });
    const openapi = {
      definitions: {
        'io.k8s.api.apps.v1.Deployment': {
          ...object({ spec: object({ template: object({ spec }) }) }),
          'x-kubernetes-group-version-kind': [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
        },
      },
    };
    const cases = newer.map(([steps, ofMappings]) => ofList(steps, ofMappings));
    const expected = kustomized(
      cases.map(({ template, patch }) => ({
        manifest: deployment(template),
        patch: { spec: { template: patch } },
      })),
      openapi,
    );
    expect(cases.map(({ template, patch }) => strategicMerge(template, patch))).toEqual(
      expected.map((one) => at(one, 'spec', 'template')),
    );
  });
});

/** The same numbers from 0 to 1 each time (a linear congruential generator with the constants of Numerical Recipes). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describeWith(['kubectl'], 'templates and patches by chance', () => {
  const next = numbers(1);
  const chance = (probability: number): boolean => next() < probability;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  /** Some of the keys, in any order, with values. */
  const some = <T>(keys: readonly string[], make: (key: string) => T): (readonly [string, T])[] =>
    keys
      .map((key) => [next(), key] as const)
      .sort()
      .flatMap(([, key]) => (chance(0.5) ? [[key, make(key)] as const] : []));
  const mapping = (keys: readonly string[], patch: boolean, make: () => unknown): Fields => ({
    ...(patch && chance(0.1) ? { $patch: pick(['replace', 'merge', 'delete']) } : {}),
    ...Object.fromEntries(some(keys, () => (patch && chance(0.2) ? null : make()))),
  });
  const scalar = (): unknown => pick(['a', '1', '', 'yes', 'null', 'two\nlines\n']);
  /** Keyed by a name; a directive is about the list, where there is one. */
  const list = (
    keys: readonly string[],
    make: (name: string) => Fields,
    patch: boolean,
    there: boolean,
  ): unknown[] => [
    ...(patch && there && chance(0.1) ? [{ $patch: pick(['replace', 'merge', 'delete']) }] : []),
    ...some(keys, (key) =>
      patch && chance(0.25) ? { name: key, $patch: 'delete' } : { name: key, ...make(key) },
    ).map(([, item]) => item),
  ];
  const always = (patch: boolean, value: () => unknown): unknown =>
    patch && chance(0.3) ? undefined : value();
  const container = (patch: boolean): Fields => ({
    ...mapping(['image', 'workingDir', 'tty'], false, scalar),
    env: always(patch, () =>
      list(
        ['A', 'B', 'C', 'D'],
        () => mapping(['value', 'valueFrom'], false, () => ({ fieldRef: { fieldPath: pick(['a', 'b']) } })),
        patch,
        false,
      ),
    ),
    args: always(patch, () => some(['x', 'y', 'z'], String).map(([, value]) => value)),
    resources: always(patch, () => ({
      limits: mapping(['cpu', 'memory', 'example.com/x'], patch, () => '1'),
    })),
    volumeMounts: always(patch, () =>
      some(['/a', '/b', '/c'], (mountPath) => ({
        mountPath,
        name: pick(['v', 'w']),
        ...(patch && chance(0.2) ? { $patch: 'delete' } : {}),
      })).map(([, mount]) => mount),
    ),
  });
  const template = (patch: boolean): Fields =>
    JSON.parse(
      JSON.stringify({
        metadata: {
          labels: mapping(['a', 'b', 'c'], patch, scalar),
          finalizers: some(['f', 'g', 'h'], String).map(([, value]) => value),
        },
        spec: {
          nodeSelector: always(patch, () => mapping(['x', 'y'], patch, scalar)),
          containers: list(['m', 'n', 'o'], () => container(patch), patch, true),
          initContainers: always(patch, () => list(['p', 'q'], () => container(patch), patch, !patch)),
          volumes: list(
            ['v', 'w', 'x'],
            () => mapping(['emptyDir', 'configMap'], false, () => mapping(['name', 'medium'], patch, scalar)),
            patch,
            true,
          ),
          tolerations: always(patch, () => some(['s', 't'], (key) => ({ key })).map(([, value]) => value)),
          securityContext: always(patch, () => ({
            ...mapping(['fsGroup', 'runAsUser'], patch, () => 7),
            seccompProfile: mapping(['type'], patch, scalar),
          })),
        },
      }),
    );

  test('come out as kubectl kustomize has them', () => {
    const cases = Array.from({ length: 120 }, () => ({ template: template(false), patch: template(true) }));
    const expected = kustomized(
      cases.map((one) => ({ manifest: deployment(one.template), patch: { spec: { template: one.patch } } })),
    );
    cases.forEach((one, index) => {
      expect({ ...one, merged: strategicMerge(one.template, one.patch) }).toEqual({
        ...one,
        merged: fields(at(expected[index], 'spec', 'template')),
      });
    });
  });
});

describe('a merge', () => {
  const template = { spec: { containers: [{ name: 'a', env: [{ name: 'E', value: '1' }], args: ['x'] }] } };
  const patch = {
    spec: {
      containers: [{ name: 'a', env: [{ name: 'F', value: '2' }], args: ['y'] }],
      tolerations: [{ key: 'k' }],
    },
  };

  test('changes neither of the two', () => {
    const before = structuredClone({ template, patch });
    strategicMerge(template, patch);
    expect({ template, patch }).toEqual(before);
  });

  test('shares nothing of the patch between two templates', () => {
    const [one, other] = [strategicMerge(template, patch), strategicMerge(template, patch)];
    expect(at(one, 'spec', 'tolerations')).toEqual(at(other, 'spec', 'tolerations'));
    expect(at(one, 'spec', 'tolerations')).not.toBe(at(other, 'spec', 'tolerations'));
  });

  test('takes keys of JavaScript for what they are', () => {
    const odd = JSON.parse(
      '{"metadata":{"labels":{"__proto__":{"polluted":"yes"},"constructor":"c","toString":"t"}}}',
    );
    const merged = strategicMerge({ metadata: { labels: { a: 'b' } } }, odd);
    expect(JSON.stringify(merged)).toBe(
      '{"metadata":{"labels":{"a":"b","__proto__":{"polluted":"yes"},"constructor":"c","toString":"t"}}}',
    );
    expect({}).not.toHaveProperty('polluted');
    expect(JSON.stringify(strategicMerge(merged, odd))).toBe(JSON.stringify(merged));
  });

  // kubectl kustomize leaves these directives in what it writes, and the API server refuses them.
  test('takes a directive about a list that is not there for what it means', () => {
    const over = (hostAliases: unknown) => strategicMerge({}, { spec: { hostAliases } });
    expect(over([{ $patch: 'delete' }])).toEqual({ spec: {} });
    expect(over([{ $patch: 'replace' }, { ip: '192.0.2.1' }])).toEqual({
      spec: { hostAliases: [{ ip: '192.0.2.1' }] },
    });
  });

  // kubectl kustomize passes over it then; the API server's own merge does not.
  test('takes a directive about a list wherever it stands, after one about an item, too', () => {
    const base = { spec: { hostAliases: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }] } };
    const over = (...hostAliases: object[]) => strategicMerge(base, { spec: { hostAliases } });
    const away = { ip: '192.0.2.1', $patch: 'delete' };
    expect(over(away, { $patch: 'replace' }, { ip: '192.0.2.3' })).toEqual({
      spec: { hostAliases: [{ ip: '192.0.2.3' }] },
    });
    expect(over(away, { $patch: 'merge' })).toEqual({ spec: { hostAliases: [{ ip: '192.0.2.2' }] } });
  });

  // kubectl kustomize keeps one of the two.
  test('keeps two new ports of one number, one of them without a protocol', () => {
    const ports = [{ containerPort: 53, protocol: 'UDP' }, { containerPort: 53 }];
    const patch = { spec: { containers: [{ name: 'dns', image: 'dns:1', ports }] } };
    expect(strategicMerge({ spec: { containers: [] } }, patch)).toEqual(patch);
  });

  test('tells of items that have no effect', () => {
    const base = {
      spec: {
        containers: [{ name: 'a', ports: [{ containerPort: 1 }, { containerPort: 2, protocol: 'TCP' }] }],
        topologySpreadConstraints: [{ topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      },
    };
    const lost: string[] = [];
    const changes = {
      spec: {
        containers: [
          {
            name: 'a',
            ports: [{ containerPort: 1, protocol: 'TCP' }, { containerPort: 2 }, { containerPort: 3 }],
          },
        ],
        topologySpreadConstraints: [
          { topologyKey: 'zone', maxSkew: 2 },
          { topologyKey: 'host', maxSkew: 2 },
        ],
      },
    };
    strategicMerge(base, changes, (path, key) => lost.push(`${path}: ${key}`));
    expect(lost).toEqual([
      'spec.containers[name=a].ports[containerPort=1,protocol=TCP]: protocol',
      'spec.containers[name=a].ports[containerPort=2]: protocol',
      'spec.topologySpreadConstraints[topologyKey=zone]: whenUnsatisfiable',
    ]);
  });
});
