import { clusterOf, manifestsOf, minimal, samples } from '../support/clusters';
import { at, find, idOf, records } from '../support/manifests';

const config = { name: 'first-try', s3: { embedded: true, bucket: 'milvus' } };
const manifests = manifestsOf(config);

test('is there only when it is asked for', () => {
  expect(
    manifestsOf(minimal)
      .map(idOf)
      .filter((id) => id.includes('minio')),
  ).toEqual([]);
  expect(manifests.map(idOf)).toContain('StatefulSet/first-try-minio');
});

test('Milvus uses it, and makes the bucket', () => {
  expect(clusterOf(config).serverConfigs.writable.text).toContain(
    's3_address: first-try-minio\n  s3_port: 9000\n',
  );
  const [, preflight] = records(
    at(find(manifests, 'Deployment', 'first-try-writable'), 'spec', 'template', 'spec', 'initContainers'),
  );
  expect(records(preflight?.['env'])).toEqual(
    expect.arrayContaining([
      { name: 'S3_ADDRESS', value: 'first-try-minio' },
      { name: 'S3_PORT', value: '9000' },
      { name: 'S3_CREATE_BUCKET', value: 'true' },
    ]),
  );
});

test('its root user has the keys that Milvus uses', () => {
  const [minio] = records(
    at(find(manifests, 'StatefulSet', 'first-try-minio'), 'spec', 'template', 'spec', 'containers'),
  );
  expect(records(minio?.['env'])).toEqual(
    expect.arrayContaining([
      { name: 'MINIO_ROOT_USER', valueFrom: { secretKeyRef: { name: 'first-try-s3', key: 'access-key' } } },
      {
        name: 'MINIO_ROOT_PASSWORD',
        valueFrom: { secretKeyRef: { name: 'first-try-s3', key: 'secret-key' } },
      },
    ]),
  );
});

test('its objects are on a claim that is made for it', () => {
  const made = manifestsOf(samples['embedded MinIO, every option'] ?? config);
  const statefulSet = find(made, 'StatefulSet', 'every-minio');
  expect(records(at(statefulSet, 'spec', 'volumeClaimTemplates'))).toMatchObject([
    {
      metadata: { name: 'data', annotations: { 'example.com/claim-note': 'minio' } },
      spec: { storageClassName: 'minio-sc', resources: { requests: { storage: '20Gi' } } },
    },
  ]);
  expect(at(statefulSet, 'spec', 'template', 'spec')).toMatchObject({
    terminationGracePeriodSeconds: 15,
    nodeSelector: { 'example.com/minio': 'yes' },
  });
});
