import type { MilvusConfig } from '../../lib';
import { everyOption, jobsOf, manifestsOf, minimal, samples } from '../support/clusters';
import { at, find, type Manifest, podTemplates, records } from '../support/manifests';

/** What the configuration says about pods, in the pods of every workload that has the option. */
const config = everyOption('existingSecret');
const manifests = manifestsOf(config);
const minio = manifestsOf(samples['embedded MinIO, every option'] ?? config);
const [restore] = jobsOf(config).filter(({ metadata }) => metadata.name.endsWith('-restore'));

const WORKLOADS: readonly [section: string, workload: Manifest][] = [
  ['writable', find(manifests, 'Deployment', 'every-writable')],
  ['readonly', find(manifests, 'Deployment', 'every-readonly')],
  ['mishards', find(manifests, 'Deployment', 'every-mishards')],
  ['mysql', find(manifests, 'StatefulSet', 'every-metadata')],
  ['minio', find(minio, 'StatefulSet', 'every-minio')],
  ['admin', find(manifests, 'Deployment', 'every-admin')],
  ['backup', find(manifests, 'CronJob', 'every-backup')],
  ['smoke-test', find(manifests, 'CronJob', 'every-smoke-test')],
  ['smoke-test', find(jobsOf(config), 'Job', 'every-smoke-test')],
];
const podOf = (workload: Manifest | undefined) =>
  workload === undefined ? undefined : podTemplates([workload])[0];

test.each(WORKLOADS)('%s: scheduler, account, spread and pull policy', (section, workload) => {
  const pod = podOf(workload)?.spec;
  expect(pod).toMatchObject({
    schedulerName: `${section}-scheduler`,
    serviceAccountName: `${section}-account`,
    topologySpreadConstraints: [
      { maxSkew: 2, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
    ],
  });
  // A token only where it is used.
  expect(pod?.['automountServiceAccountToken']).toBe(section === 'mishards');
  const [main, ...others] = records(pod?.['containers']);
  expect(main).toMatchObject({ imagePullPolicy: 'Never' });
  const ours = [...others, ...records(pod?.['initContainers'])].filter(
    ({ name }) => !String(name).startsWith('extra'),
  );
  for (const { name, imagePullPolicy } of ours) {
    expect({ name, imagePullPolicy }).toEqual({ name, imagePullPolicy: 'Always' });
  }
});

test.each(WORKLOADS)('%s: an annotation of the workload is not one of its pods', (section, workload) => {
  expect(workload.metadata['annotations']).toMatchObject({ 'example.com/workload-note': section });
  const annotations = podOf(workload)?.metadata['annotations'];
  expect(annotations).toMatchObject({ 'example.com/pod-note': `pods of ${section}` });
  expect(annotations).not.toHaveProperty(['example.com/workload-note']);
});

test('the Job that restores a backup has the pods of the backup, as far as they have the same containers', () => {
  const pod = podOf(restore)?.spec;
  expect(pod).toMatchObject({ schedulerName: 'backup-scheduler' });
  expect(records(pod?.['containers']).map(({ name, imagePullPolicy }) => [name, imagePullPolicy])).toEqual([
    ['load', 'Always'],
  ]);
});

test('all pods have what is at the top, and over it what is in their section', () => {
  const pods = podTemplates([...manifests, ...minio, ...jobsOf(config)]);
  expect(pods.length).toBeGreaterThan(9);
  for (const { spec } of pods) {
    expect(spec).toMatchObject({
      imagePullSecrets: [{ name: 'registry-login' }],
      runtimeClassName: 'sandbox',
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
    });
  }
  const over: MilvusConfig = {
    ...minimal,
    podTemplate: { spec: { priorityClassName: 'all', schedulerName: 'all' } },
    readonly: { podTemplate: { spec: { priorityClassName: 'readers', schedulerName: null } } },
  };
  const pod = (name: string) => podOf(find(manifestsOf(over), 'Deployment', `milvus-test-${name}`))?.spec;
  expect(pod('writable')).toMatchObject({ priorityClassName: 'all', schedulerName: 'all' });
  expect(pod('readonly')).toMatchObject({ priorityClassName: 'readers' });
  expect(pod('readonly')).not.toHaveProperty('schedulerName');
});

describe('a patch for several pods', () => {
  const resources = { limits: { memory: '1Gi' } };
  const [writable, mishards, mysql] = ['Deployment writable', 'Deployment mishards', 'StatefulSet mysql'].map(
    (one) => {
      const [kind = '', name] = one.split(' ');
      const podTemplate = { spec: { initContainers: [{ name: 'wait-for-mysql', resources }] } };
      return podOf(find(manifestsOf({ ...minimal, podTemplate }), kind, `milvus-test-${name}`))?.spec;
    },
  );

  test('is about the container of that name in those that have it, and adds none to the others', () => {
    for (const pod of [writable, mishards]) {
      const [first] = records(pod?.['initContainers']);
      expect(first).toMatchObject({ name: 'wait-for-mysql', image: 'mysql:5.7.44', resources });
    }
    expect(mysql).not.toHaveProperty('initContainers');
  });

  test('a name alone gives the order, and is left out where there is none such', () => {
    const names = ['wait-for-mysql', 'volume-preflight', 's3-preflight', 'render-config'];
    const podTemplate = {
      spec: { initContainers: [...names.map((name) => ({ name })), { name: 'own', image: 'a:1' }] },
    };
    const pod = podOf(
      find(manifestsOf({ ...minimal, readonly: { podTemplate } }), 'Deployment', 'milvus-test-readonly'),
    );
    expect(records(pod?.spec['initContainers']).map(({ name }) => name)).toEqual([
      'wait-for-mysql',
      's3-preflight',
      'render-config',
      'own',
    ]);
  });
});

test('a variable of ours that is named first is there for one that refers to it, with its own value', () => {
  const own = { name: 'GREETING', value: 'at $(MYSQL_HOST)' };
  const podTemplate = { spec: { containers: [{ name: 'mishards', env: [{ name: 'MYSQL_HOST' }, own] }] } };
  const manifest = find(
    manifestsOf({ ...minimal, mishards: { podTemplate } }),
    'Deployment',
    'milvus-test-mishards',
  );
  const [main] = records(podOf(manifest)?.spec['containers']);
  expect(records(main?.['env']).slice(0, 2)).toEqual([
    { name: 'MYSQL_HOST', value: 'milvus-test-mysql' },
    own,
  ]);
});

test('what the API server would fill in is in what a podTemplate adds, too', () => {
  const podTemplate = {
    spec: {
      containers: [
        {
          name: 'milvus',
          env: [
            { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
            { name: 'OTHER', valueFrom: { fieldRef: { apiVersion: 'v9', fieldPath: 'metadata.name' } } },
          ],
        },
      ],
      volumes: [
        {
          name: 'pod',
          projected: {
            sources: [
              { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
              { serviceAccountToken: { path: 'token' } },
            ],
          },
        },
      ],
    },
  };
  const pod = podOf(
    find(manifestsOf({ ...minimal, readonly: { podTemplate } }), 'Deployment', 'milvus-test-readonly'),
  );
  expect(at(records(pod?.spec['containers'])[0], 'env')).toMatchObject([
    { valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } },
    { valueFrom: { fieldRef: { apiVersion: 'v9' } } },
  ]);
  expect(at(records(pod?.spec['volumes'])[0], 'projected', 'sources')).toEqual([
    {
      downwardAPI: { items: [{ path: 'name', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }] },
    },
    { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
  ]);
});

describe.each(['writable', 'readonly', 'mishards', 'mysql'])('what is added to %s', (section) => {
  const [, workload] = WORKLOADS.find(([name]) => name === section) ?? [];
  const pod = podOf(workload)?.spec;
  const [main, ...others] = records(pod?.['containers']);

  test('variables and mounts are of the container that is named', () => {
    expect(records(main?.['env']).slice(0, 2)).toEqual([
      { name: 'EXTRA', value: main?.['name'] },
      { name: 'FROM_FIELD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.uid' } } },
    ]);
    expect(records(main?.['volumeMounts'])).toContainEqual({ name: 'extra', mountPath: '/extra' });
    for (const other of [...others, ...records(pod?.['initContainers'])]) {
      expect(JSON.stringify([other['env'] ?? [], other['volumeMounts'] ?? []])).not.toMatch(
        /EXTRA|FROM_FIELD|\/extra"/,
      );
    }
  });

  test('containers are in the order of the patch, and without privileges', () => {
    expect(records(pod?.['volumes'])).toContainEqual({ name: 'extra', emptyDir: { sizeLimit: '1Mi' } });
    expect(records(pod?.['containers'])[1]).toMatchObject({ name: 'extra' });
    expect(records(pod?.['initContainers']).at(-1)).toMatchObject({ name: 'extra-init' });
    for (const [list, name] of [
      ['containers', 'extra'],
      ['initContainers', 'extra-init'],
    ] as const) {
      expect(records(pod?.[list]).find((one) => one['name'] === name)).toMatchObject({
        name,
        image: 'busybox:1.36',
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      });
    }
  });

  test('the timing of its probes; what they ask stays', () => {
    expect(main?.['livenessProbe']).toMatchObject({
      initialDelaySeconds: 1,
      periodSeconds: 21,
      timeoutSeconds: 3,
      failureThreshold: 7,
    });
    expect(main?.['readinessProbe']).toMatchObject({
      initialDelaySeconds: 2,
      periodSeconds: 11,
      timeoutSeconds: 4,
      failureThreshold: 8,
      successThreshold: 2,
    });
    const asks = (probe: unknown) =>
      ['httpGet', 'tcpSocket', 'exec'].filter((way) => at(probe, way) !== undefined);
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
      expect(asks(main?.[probe])).toHaveLength(1);
    }
  });
});

test('a container that says something about its privileges keeps it', () => {
  const securityContext = { runAsUser: 5 };
  const podTemplate = { spec: { containers: [{ name: 'own', image: 'a:1', securityContext }] } };
  const pod = podOf(
    find(manifestsOf({ ...minimal, mishards: { podTemplate } }), 'Deployment', 'milvus-test-mishards'),
  );
  expect(records(pod?.spec['containers'])[0]).toEqual({ name: 'own', image: 'a:1', securityContext });
});

test('fields that are newer than the typed API come through as they are', () => {
  const podTemplate = {
    spec: {
      initContainers: [{ name: 'sidecar', image: 'a:1', restartPolicy: 'Always' }],
      volumes: [{ name: 'model', image: { reference: 'a:1' } }],
      containers: [
        {
          name: 'milvus',
          volumeMounts: [
            { name: 'model', mountPath: '/model', recursiveReadOnly: 'IfPossible', readOnly: true },
          ],
        },
      ],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'a',
          whenUnsatisfiable: 'DoNotSchedule',
          nodeTaintsPolicy: 'Honor',
          matchLabelKeys: ['x'],
        },
      ],
    },
  };
  const newer: MilvusConfig = { ...minimal, readonly: { podTemplate } };
  const pod = podOf(find(manifestsOf(newer), 'Deployment', 'milvus-test-readonly'))?.spec;
  expect(records(pod?.['initContainers'])[0]).toMatchObject({ name: 'sidecar', restartPolicy: 'Always' });
  expect(records(pod?.['volumes'])[0]).toEqual({ name: 'model', image: { reference: 'a:1' } });
  expect(records(records(pod?.['containers'])[0]?.['volumeMounts'])[0]).toHaveProperty('recursiveReadOnly');
  expect(pod?.['topologySpreadConstraints']).toEqual(podTemplate.spec.topologySpreadConstraints);
});

describe('what the project works out of the final template', () => {
  test('the seconds that the proxy has for running searches', () => {
    const stop = (seconds?: number | null) => {
      const podTemplate = { spec: { terminationGracePeriodSeconds: seconds } };
      const given = seconds === undefined ? minimal : { ...minimal, mishards: { podTemplate } };
      const pod = podOf(find(manifestsOf(given), 'Deployment', 'milvus-test-mishards'))?.spec;
      return records(records(pod?.['containers'])[0]?.['env']).find(({ name }) => name === 'STOP_SECONDS')?.[
        'value'
      ];
    };
    expect(stop()).toBe('19');
    expect(stop(60)).toBe('49');
    // Without any it is Kubernetes' own default, 30.
    expect(stop(null)).toBe('19');
  });

  test('the deadline of a rollout, from the startup probe', () => {
    const startupProbe = { failureThreshold: 1000, periodSeconds: 20 };
    const podTemplate = { spec: { containers: [{ name: 'milvus', startupProbe }] } };
    const deadline = (name: string) =>
      at(
        find(manifestsOf({ ...minimal, readonly: { podTemplate } }), 'Deployment', `milvus-test-${name}`),
        'spec',
        'progressDeadlineSeconds',
      );
    expect(deadline('readonly')).toBe(600 + 300 + 300 + 20000);
    // It is ready with the first reader.
    expect(deadline('mishards')).toBe(600 + 300 + 300 + 20000 + 150);
  });

  test('the rights of the stock discovery are not made beside an account of somebody else', () => {
    const kinds = (podTemplate: object) =>
      manifestsOf({ ...minimal, mishards: { discovery: 'kubernetes', podTemplate: { ...podTemplate } } }).map(
        ({ kind }) => kind,
      );
    expect(kinds({})).toEqual(expect.arrayContaining(['ServiceAccount', 'Role', 'RoleBinding']));
    const given = kinds({ spec: { serviceAccountName: 'theirs' } });
    for (const kind of ['ServiceAccount', 'Role', 'RoleBinding']) expect(given).not.toContain(kind);
  });
});

test('pods without any of it say nothing about it', () => {
  const pod = podOf(find(manifestsOf(minimal), 'Deployment', 'milvus-test-writable'))?.spec;
  for (const key of ['schedulerName', 'serviceAccountName', 'tolerations', 'affinity', 'runtimeClassName']) {
    expect(pod).not.toHaveProperty(key);
  }
});

describe('a start that takes as long as it may is no rollout that failed', () => {
  /** Seconds that the init containers of a pod wait and its startup probe allows, as they are applied. */
  const allowed = (workload: Manifest): number => {
    const spec = podOf(workload)?.spec;
    const waits = records(spec?.['initContainers'])
      .flatMap(({ env }) => records(env))
      .filter(({ name }) => name === 'WAIT_SECONDS');
    const probes = records(spec?.['containers']).map(({ startupProbe }) =>
      at(startupProbe, 'periodSeconds') === undefined
        ? 0
        : Number(at(startupProbe, 'periodSeconds')) * Number(at(startupProbe, 'failureThreshold')),
    );
    return waits.reduce((sum, { value }) => sum + Number(value), 0) + Math.max(...probes);
  };
  const deadline = (workload: Manifest) => Number(at(workload, 'spec', 'progressDeadlineSeconds') ?? 600);
  const deployments = (all: readonly Manifest[]) => all.filter(({ kind }) => kind === 'Deployment');

  test.each(Object.entries(samples))('%s', (_, sample) => {
    for (const workload of deployments(manifestsOf(sample))) {
      expect([workload.metadata.name, deadline(workload) >= allowed(workload)]).toEqual([
        workload.metadata.name,
        true,
      ]);
    }
  });

  test('the default leaves ten minutes for the images; mishards is ready after the servers', () => {
    const made = manifestsOf(minimal);
    const seconds = ['writable', 'readonly', 'mishards'].map((role) =>
      deadline(find(made, 'Deployment', `milvus-test-${role}`)),
    );
    // mysqlWaitSeconds, s3.waitSeconds, startupTimeoutSeconds.
    const server = 600 + 300 + 300 + 1800;
    expect(seconds).toEqual([server, server, server + 150]);
  });

  test('it follows what is configured', () => {
    const [writable, mishards] = ['writable', 'mishards'].map((role) =>
      deadline(
        find(
          manifestsOf({
            ...minimal,
            mysqlWaitSeconds: 100,
            writable: { startupTimeoutSeconds: 7200 },
            s3: { ...minimal.s3, waitSeconds: 1000 },
          }),
          'Deployment',
          `milvus-test-${role}`,
        ),
      ),
    );
    expect([writable, mishards]).toEqual([600 + 100 + 1000 + 7200, 600 + 100 + 1000 + 7200 + 150]);
  });
});
