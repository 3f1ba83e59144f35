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
    ({ name }) => !String(name).startsWith('extra') && !String(name).includes('dump'),
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

test('the Job that restores a backup has the pods of the backup', () => {
  expect(podOf(restore)?.spec).toMatchObject({ schedulerName: 'backup-scheduler' });
});

describe.each(['writable', 'readonly', 'mishards', 'mysql'])('what is added to %s', (section) => {
  const [, workload] = WORKLOADS.find(([name]) => name === section) ?? [];
  const pod = podOf(workload)?.spec;
  const [main, ...others] = records(pod?.['containers']);

  test('variables and mounts are of the main container alone, after its own', () => {
    expect(records(main?.['env']).slice(-2)).toEqual([
      { name: `EXTRA_${section.toUpperCase()}`, value: 'yes' },
      { name: 'FROM_FIELD', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ]);
    expect(records(main?.['volumeMounts'])).toContainEqual({ name: 'extra', mountPath: '/extra' });
    for (const other of [...others, ...records(pod?.['initContainers'])]) {
      expect(JSON.stringify([other['env'] ?? [], other['volumeMounts'] ?? []])).not.toMatch(
        /EXTRA_|FROM_FIELD|\/extra"/,
      );
    }
  });

  test('containers come after its own, and without privileges', () => {
    expect(records(pod?.['volumes']).at(-1)).toEqual({ name: 'extra', emptyDir: { sizeLimit: '1Mi' } });
    for (const [list, name] of [
      ['containers', 'extra'],
      ['initContainers', 'extra-init'],
    ] as const) {
      expect(records(pod?.[list]).at(-1)).toMatchObject({
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
    // More than one would be refused: a container is alive or not.
    expect(main?.['livenessProbe']).not.toHaveProperty('successThreshold');
    const asks = (probe: unknown) =>
      ['httpGet', 'tcpSocket', 'exec'].filter((way) => at(probe, way) !== undefined);
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
      expect(asks(main?.[probe])).toHaveLength(1);
    }
  });
});

test('fields that are newer than the typed API come through as they are', () => {
  const newer: MilvusConfig = {
    ...minimal,
    readonly: {
      extraInitContainers: [{ name: 'sidecar', image: 'a:1', restartPolicy: 'Always' }],
      extraVolumes: [{ name: 'model', image: { reference: 'a:1' } }],
      extraVolumeMounts: [{ name: 'model', mountPath: '/model', recursiveReadOnly: 'IfPossible' }],
      topologySpreadConstraints: [{ maxSkew: 1, nodeTaintsPolicy: 'Honor', matchLabelKeys: ['x'] }],
    },
  };
  const pod = podOf(find(manifestsOf(newer), 'Deployment', 'milvus-test-readonly'))?.spec;
  expect(records(pod?.['initContainers']).at(-1)).toMatchObject({ name: 'sidecar', restartPolicy: 'Always' });
  expect(records(pod?.['volumes']).at(-1)).toEqual({ name: 'model', image: { reference: 'a:1' } });
  expect(records(records(pod?.['containers'])[0]?.['volumeMounts']).at(-1)).toHaveProperty(
    'recursiveReadOnly',
  );
  expect(pod?.['topologySpreadConstraints']).toEqual(newer.readonly?.topologySpreadConstraints);
});

test('of several pods an affinity of one kind leaves ours of another kind in place', () => {
  const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [] };
  const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [] };
  const affinity = (given: object) =>
    at(
      podOf(
        find(
          manifestsOf({ ...minimal, readonly: { replicas: 2, affinity: given } }),
          'Deployment',
          'milvus-test-readonly',
        ),
      )?.spec,
      'affinity',
    );
  expect(affinity({ nodeAffinity })).toEqual({
    nodeAffinity,
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [expect.anything()] },
  });
  expect(affinity({ podAntiAffinity })).toEqual({ podAntiAffinity });
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
