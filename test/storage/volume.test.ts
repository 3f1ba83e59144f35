import type { MilvusConfig } from '../../lib';
import { manifestsOf, samples } from '../support/clusters';
import { at, find, type Manifest, records } from '../support/manifests';

const shared: MilvusConfig = {
  name: 'milvus-test',
  storage: { persistence: { enabled: true } },
  readonly: { replicas: 2 },
};
const adopted: MilvusConfig = {
  ...shared,
  storage: { path: '/var/lib/milvus', persistence: { enabled: true, existingClaim: 'old', subPath: 'a/b' } },
};
const ROLES = ['writable', 'readonly'] as const;

const pod = (manifests: readonly Manifest[], role: string) =>
  at(find(manifests, 'Deployment', `milvus-test-${role}`), 'spec', 'template', 'spec');
const server = (config: MilvusConfig, role: string) =>
  records(at(pod(manifestsOf(config), role), 'containers'))[0];
const preflight = (config: MilvusConfig, role: string) =>
  records(at(pod(manifestsOf(config), role), 'initContainers')).find(
    ({ name }) => name === 'volume-preflight',
  );
const env = (container: Readonly<Record<string, unknown>> | undefined) =>
  Object.fromEntries(
    records(container?.['env']).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
  );
/** What a container has of the volumes of storage.path. */
const mounts = (container: Readonly<Record<string, unknown>> | undefined) =>
  records(container?.['volumeMounts']).filter(({ name }) => name === 'storage' || name === 'lock');

describe('the vectors on a volume that all servers share', () => {
  test('one claim, which can be written from several nodes', () => {
    const claims = manifestsOf(shared).filter(({ kind }) => kind === 'PersistentVolumeClaim');
    expect(claims.map(({ metadata }) => metadata.name)).toEqual(['milvus-test-writable-wal', 'milvus-test']);
    expect(claims[1]).toMatchObject({
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '50Gi' } } },
    });
    // Without one that is named it is that of the cluster.
    expect(at(claims[1], 'spec')).not.toHaveProperty('storageClassName');
  });

  test.each(ROLES)('the %s has its directory db there, and its lock file beside it in the pod', (role) => {
    expect(records(at(pod(manifestsOf(shared), role), 'volumes'))).toEqual(
      expect.arrayContaining([
        { name: 'lock', emptyDir: { sizeLimit: '16Mi' } },
        { name: 'storage', persistentVolumeClaim: { claimName: 'milvus-test' } },
      ]),
    );
    expect(mounts(server(shared, role))).toEqual([
      { name: 'lock', mountPath: '/var/lib/milvus/data' },
      { name: 'storage', mountPath: '/var/lib/milvus/data/db' },
    ]);
  });

  test.each(ROLES)('the %s starts after a check of the volume, with the eyes of the server', (role) => {
    const manifests = manifestsOf(shared);
    expect(records(at(pod(manifests, role), 'initContainers')).map(({ name }) => name)).toEqual([
      'wait-for-mysql',
      'volume-preflight',
      'render-config',
    ]);
    expect(preflight(shared, role)).toMatchObject({
      image: server(shared, role)?.['image'],
      command: ['sh', '/opt/cdk8s-milvus/volume-preflight.sh'],
      terminationMessagePolicy: 'FallbackToLogsOnError',
    });
    expect(mounts(preflight(shared, role))).toEqual(mounts(server(shared, role)));
    expect(env(preflight(shared, role))).toEqual({
      STORAGE_DIR: '/var/lib/milvus/data/db',
      ROLE: role,
      WAIT_SECONDS: '600',
      PROBE_NAME: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } },
    });
    expect(at(find(manifests, 'ConfigMap', 'milvus-test-scripts'), 'data')).toHaveProperty([
      'volume-preflight.sh',
    ]);
  });

  test('a reader waits for the mark as long as the writable may wait for MySQL, and some time more', () => {
    expect(env(preflight({ ...shared, mysqlWaitSeconds: 1000 }, 'readonly'))).toMatchObject({
      WAIT_SECONDS: '1300',
    });
  });

  test('nothing of S3 is left: no check, no keys, no script, and the server is told so', () => {
    const scripts = find(manifestsOf(shared), 'ConfigMap', 'milvus-test-scripts');
    expect(Object.keys(at(scripts, 'data') ?? {}).filter((name) => name.startsWith('s3'))).toEqual([]);
    const modules = find(manifestsOf(shared), 'ConfigMap', 'milvus-test-mishards');
    const rest = JSON.stringify(manifestsOf(shared).filter((one) => one !== scripts && one !== modules));
    expect(rest.match(/S3_\w+|s3-preflight|rclone|s3_access_key|milvus-test-s3/g)).toBeNull();
    for (const file of ['server_config.yaml', 'readonly_server_config.yaml']) {
      expect(at(find(manifestsOf(shared), 'ConfigMap', 'milvus-test'), 'data', file)).toMatch(
        /\n {2}s3_enabled: false\n/,
      );
    }
  });

  test('what is configured about the claim is on the claim', () => {
    const config: MilvusConfig = {
      ...shared,
      storage: {
        persistence: {
          enabled: true,
          storageClassName: '',
          size: '2048Gi',
          annotations: { 'example.com/keep': 'yes' },
          subPath: 'in/milvus',
        },
      },
    };
    expect(find(manifestsOf(config), 'PersistentVolumeClaim', 'milvus-test')).toMatchObject({
      metadata: { annotations: { 'example.com/keep': 'yes' } },
      // Empty is not unset: no StorageClass, for a volume that was made by hand.
      spec: { storageClassName: '', resources: { requests: { storage: '2Ti' } } },
    });
    for (const container of [server(config, 'readonly'), preflight(config, 'readonly')]) {
      expect(mounts(container)[1]).toMatchObject({ name: 'storage', subPath: 'in/milvus' });
    }
  });
});

describe("adopted: the claim of a release, in the image's own directory", () => {
  test('is used, and none is made', () => {
    const manifests = manifestsOf(adopted);
    expect(
      manifests.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name),
    ).toEqual(['milvus-test-writable-wal']);
    expect(records(at(pod(manifests, 'readonly'), 'volumes'))).toContainEqual({
      name: 'storage',
      persistentVolumeClaim: { claimName: 'old' },
    });
  });

  test.each(ROLES)('the %s is root, whose files they are, and hides no program', (role) => {
    expect(pod(manifestsOf(adopted), role)).toMatchObject({ securityContext: { runAsUser: 0 } });
    expect(mounts(server(adopted, role))).toEqual([
      { name: 'storage', mountPath: '/var/lib/milvus/db', subPath: 'a/b' },
    ]);
    expect(env(preflight(adopted, role))).toMatchObject({ STORAGE_DIR: '/var/lib/milvus/db' });
  });

  test('the writable alone writes beside the volume', () => {
    const readOnly = ROLES.map((role) =>
      at(server(adopted, role), 'securityContext', 'readOnlyRootFilesystem'),
    );
    expect(readOnly).toEqual([false, true]);
  });
});

test('beside S3 there is no such volume', () => {
  const { minimal = shared } = samples;
  expect(preflight(minimal, 'writable')).toBeUndefined();
  expect(mounts(server(minimal, 'writable'))).toEqual([
    { name: 'storage', mountPath: '/var/lib/milvus/data' },
  ]);
});

test('a standalone server marks its volume, and waits for nobody', () => {
  const config: MilvusConfig = { name: 'milvus-test', mode: 'standalone', mysql: { enabled: false } };
  expect(env(preflight(config, 'writable'))).toMatchObject({ ROLE: 'writable' });
});

test('a standalone server that is told to keeps its data in the pod', () => {
  const config: MilvusConfig = {
    name: 'milvus-test',
    mode: 'standalone',
    storage: { persistence: { enabled: false }, sizeLimit: '3Gi' },
  };
  expect(preflight(config, 'writable')).toBeUndefined();
  expect(records(at(pod(manifestsOf(config), 'writable'), 'volumes'))).toContainEqual({
    name: 'storage',
    emptyDir: { sizeLimit: '3Gi' },
  });
});
