import { formatProblem } from '../../lib/config/problems';
import { checkPodTemplate, type PodTemplateKind, type Shape } from '../../lib/kubernetes/pod-schema';
import { KUBERNETES_VERSION, SHAPES } from '../../lib/kubernetes/pod-shapes';
import { mergeKeys, strategicMerge } from '../../lib/kubernetes/strategic-merge';
import { everyOption, manifestsOf, minimal } from '../support/clusters';
import { podTemplates } from '../support/manifests';

/** What is said about a pod template, each problem in a line, without the path that all have. */
const said = (value: unknown, kind: PodTemplateKind = 'patch'): string[] =>
  checkPodTemplate(value, 'readonly.podTemplate', kind).map((problem) =>
    formatProblem(problem)
      .replace(/^readonly\.podTemplate\.?/, '')
      .replace(/\n\s+/g, ' | '),
  );
const spec = (value: unknown): string[] => said({ spec: value });
const container = (value: object): string[] => spec({ containers: [{ name: 'a', ...value }] });
const NEWER = `These are the fields of Kubernetes ${KUBERNETES_VERSION}: what is newer goes into a Kustomize patch, or in TypeScript into addJsonPatch.`;

test('the pods of our own are as Kubernetes wants them', () => {
  const templates = [minimal, everyOption('existingSecret')].flatMap((config) =>
    podTemplates(manifestsOf(config)),
  );
  expect(templates.length).toBeGreaterThan(10);
  for (const { metadata, spec: pod } of templates)
    expect(said({ metadata, spec: pod }, 'merged')).toEqual([]);
});

test.each<[what: string, problems: string[], expected: string[]]>([
  [
    'a text for a list',
    container({ args: '--x' }),
    ['spec.containers[name=a].args: given "--x"; expected a list of texts | Write it as a list: ["--x"].'],
  ],
  [
    'a text for a number',
    container({ ports: [{ containerPort: '80' }] }),
    [
      'spec.containers[name=a].ports[containerPort=80].containerPort: given "80" (a text); expected a whole number | Write it without quotes.',
    ],
  ],
  [
    'a fraction for a number',
    spec({ priority: 1.5 }),
    ['spec.priority: given 1.5 (a number); expected a whole number'],
  ],
  [
    'a text for a switch',
    spec({ hostNetwork: 'true' }),
    ['spec.hostNetwork: given "true" (a text); expected true or false | Write it without quotes.'],
  ],
  [
    'a number for a text',
    spec({ nodeSelector: { gen: 5 } }),
    ['spec.nodeSelector.gen: given 5 (a number); expected a text | Put it in quotes: "5".'],
  ],
  [
    'a list for a mapping',
    spec({ os: [] }),
    ['spec.os: given a list; expected a mapping with the keys name'],
  ],
  [
    'a mapping for a list',
    spec({ tolerations: {} }),
    ['spec.tolerations: given a mapping; expected a list of mappings'],
  ],
  ['a mapping for a text', spec({ hostname: {} }), ['spec.hostname: given a mapping; expected a text']],
  ['no mapping at all', said('x'), [': given "x"; expected a mapping with the keys metadata, spec']],
  [
    'what is no amount',
    container({ resources: { limits: { memory: '2GB' } } }),
    ['spec.containers[name=a].resources.limits.memory: given "2GB"; expected an amount: 500m, 2, 1.5Gi'],
  ],
  [
    'a list for an amount',
    spec({ volumes: [{ name: 'v', emptyDir: { sizeLimit: [1] } }] }),
    ['spec.volumes[name=v].emptyDir.sizeLimit: given a list; expected an amount: 500m, 2, 1.5Gi'],
  ],
  [
    'what is no port',
    container({ readinessProbe: { tcpSocket: { port: true } } }),
    [
      'spec.containers[name=a].readinessProbe.tcpSocket.port: given true (a boolean); expected a whole number or a text',
    ],
  ],
  [
    'a value that is none',
    container({ imagePullPolicy: 'always' }),
    [
      'spec.containers[name=a].imagePullPolicy: given "always"; expected one of Always, IfNotPresent, Never | Did you mean Always?',
    ],
  ],
  [
    'a typo',
    spec({ nodeSelectr: {} }),
    [`spec.nodeSelectr: given an unknown key; expected a known one; did you mean "nodeSelector"? | ${NEWER}`],
  ],
  [
    'a field in the wrong place',
    said({ tolerations: [] }),
    [
      `tolerations: given an unknown key; expected a known one; did you mean "readonly.podTemplate.spec.tolerations"? | ${NEWER}`,
    ],
  ],
  [
    'a field that no version has',
    said({ metadata: {}, xyzzy: 1 }),
    [`xyzzy: given an unknown key; expected a known one | Known here: metadata, spec. ${NEWER}`],
  ],
  [
    'a field of JavaScript',
    said(JSON.parse('{"__proto__":1}')),
    [`__proto__: given an unknown key; expected a known one | Known here: metadata, spec. ${NEWER}`],
  ],
  [
    'an item without its key',
    spec({ containers: [{ image: 'a' }] }),
    ['spec.containers[0].name: given nothing; expected name, which tells the items of this list apart'],
  ],
  [
    'an item twice',
    container({ env: [{ name: 'E' }, { name: 'E' }] }),
    ['spec.containers[name=a].env[name=E]: given a second time; expected each item once'],
  ],
  [
    'an item that is none',
    spec({ containers: [null, 'a'] }),
    [
      'spec.containers[0]: given null; expected a mapping',
      'spec.containers[1]: given "a"; expected a mapping',
    ],
  ],
  [
    'an incomplete item of a list that is replaced',
    spec({
      affinity: {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] },
      },
    }),
    [
      'spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: given nothing; expected a text',
    ],
  ],
  [
    'null in a list that is replaced',
    spec({ tolerations: [{ key: null }] }),
    ['spec.tolerations[0].key: given null; expected a text'],
  ],
  [
    'a directive in a list that is replaced',
    spec({ tolerations: [{ $patch: 'replace' }] }),
    [
      'spec.tolerations[0]."$patch": given a directive; expected no directive here | What a list without a merge key has in it is not merged: the whole list is replaced.',
    ],
  ],
  [
    'a directive that is none',
    spec({ os: { $patch: 'remove' } }),
    ['spec.os."$patch": given "remove"; expected one of delete, replace, merge'],
  ],
  [
    'an item that is to be replaced',
    container({ $patch: 'replace' }),
    [
      'spec.containers[name=a]."$patch": given "replace"; expected delete or merge: kubectl kustomize, too, replaces no single item | Set what is to go to null, or replace the whole list: give it "$patch: replace" as an item of its own.',
    ],
  ],
  [
    'a directive that kubectl kustomize does not know',
    spec({ $retainKeys: ['a'] }),
    [
      'spec."$retainKeys": given an unknown directive; expected $patch, which is the only one | Take a field away with null, an item with its key and $patch: delete; items come in the order of the patch.',
    ],
  ],
])('%s', (_, problems, expected) => {
  expect(problems).toEqual(expected);
});

test.each<[what: string, patch: unknown]>([
  ['nothing', {}],
  ['null', null],
  [
    'null in places',
    {
      metadata: { labels: { a: null } },
      spec: { containers: [{ name: 'a', image: null, env: null }], os: null },
    },
  ],
  [
    'directives',
    {
      metadata: { labels: { $patch: 'replace', a: 'b' } },
      spec: {
        os: { $patch: 'delete' },
        volumes: [{ $patch: 'replace' }, { name: 'v' }],
        containers: [
          { name: 'a', $patch: 'delete' },
          { name: 'b', $patch: 'merge', resources: { limits: { $patch: 'replace', cpu: 1 } } },
        ],
      },
    },
  ],
  [
    'parts',
    {
      spec: {
        topologySpreadConstraints: [{ topologyKey: 'zone' }],
        containers: [{ name: 'a', ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] }],
      },
    },
  ],
  [
    'amounts',
    {
      spec: {
        containers: [
          {
            name: 'a',
            resources: {
              limits: {
                cpu: 0.5,
                memory: '1.5Gi',
                'hugepages-2Mi': '4Mi',
                'example.com/fpga': 1,
                'ephemeral-storage': '1e3',
              },
            },
          },
        ],
      },
    },
  ],
  [
    'ports by number and by name',
    {
      spec: {
        containers: [
          {
            name: 'a',
            readinessProbe: { httpGet: { port: 80 } },
            livenessProbe: { httpGet: { port: 'http' } },
          },
        ],
      },
    },
  ],
  [
    'what Kubernetes has got lately',
    {
      spec: {
        hostnameOverride: 'a',
        resources: { limits: { cpu: 1 } },
        initContainers: [{ name: 'a', restartPolicy: 'Always' }],
      },
    },
  ],
])('a patch may have %s', (_, patch) => {
  expect(said(patch)).toEqual([]);
});

test('what comes out of a merge is complete', () => {
  const problems = said(
    {
      spec: {
        containers: [{ name: 'a', volumeMounts: [{ mountPath: '/a' }] }],
        topologySpreadConstraints: [{ topologyKey: 'zone' }],
        os: {},
      },
    },
    'merged',
  );
  expect(problems).toEqual([
    'spec.containers[name=a].volumeMounts[mountPath=/a].name: given nothing; expected a text',
    'spec.topologySpreadConstraints[topologyKey=zone].maxSkew: given nothing; expected a whole number',
    'spec.topologySpreadConstraints[topologyKey=zone].whenUnsatisfiable: given nothing; expected one of DoNotSchedule, ScheduleAnyway',
    'spec.os.name: given nothing; expected a text',
  ]);
  expect(said({ spec: {} }, 'merged')).toEqual([
    'spec.containers: given nothing; expected a list of mappings',
  ]);
});

test('a volume of two kinds and the like, which a merge may leave, are told', () => {
  const base = {
    spec: {
      containers: [
        { name: 'a', env: [{ name: 'E', value: '1' }], readinessProbe: { exec: { command: ['a'] } } },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
  };
  const patch = {
    spec: {
      containers: [
        {
          name: 'a',
          env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
          readinessProbe: { tcpSocket: { port: 1 } },
        },
      ],
      volumes: [{ name: 'v', hostPath: { path: '/a' } }],
    },
  };
  expect(said(patch)).toEqual([]);
  expect(said(strategicMerge(base, patch), 'merged')).toEqual([
    'spec.containers[name=a].env[name=E]: given value and valueFrom; expected one of them | Take away the one that is not meant, e.g. with "value: null".',
    'spec.containers[name=a].readinessProbe: given exec and tcpSocket; expected one of them | Take away the one that is not meant, e.g. with "exec: null".',
    'spec.volumes[name=v]: given emptyDir and hostPath; expected one of them | Take away the one that is not meant, e.g. with "emptyDir: null".',
  ]);
});

test('no value of a variable is shown, as it may be a credential, and none in a URL', () => {
  expect(container({ args: 'http://user:secret@host' })).toEqual([
    'spec.containers[name=a].args: given "***@host"; expected a list of texts | Write it as a list.',
  ]);
  const problems = container({ env: [{ name: 'PASSWORD', value: 31337 }] });
  expect(problems).toEqual([
    'spec.containers[name=a].env[name=PASSWORD].value: given a number (not shown: it may be a credential); expected a text | Put it in quotes.',
  ]);
});

test('an item whose key is no text is named by its number', () => {
  expect(spec({ containers: [{ name: ['a'] }] })).toEqual([
    'spec.containers[0].name: given a list; expected a text',
  ]);
});

test('every merge key is a field of the items of its list', () => {
  const lists = Object.values(SHAPES)
    .flatMap((shape) => Object.entries(shape.properties ?? {}))
    .filter(([, { items }]) => items !== undefined);
  const without = lists.filter(([name, { items }]) => {
    const item: Shape = SHAPES[items?.$ref?.replace('#/$defs/', '') ?? ''] ?? {};
    return (mergeKeys(name) ?? []).some((key) => item.properties?.[key] === undefined);
  });
  expect(without).toEqual([]);
  expect(lists.filter(([name]) => mergeKeys(name) !== undefined).length).toBeGreaterThan(15);
});
