import { everyOption, everyOptionExternalMysql, jobsOf, manifestsOf, minimal } from '../support/clusters';
import { at, find, idOf, type Manifest, records } from '../support/manifests';

const pod = (manifest: Manifest) =>
  at(manifest, 'spec', ...(manifest.kind === 'CronJob' ? ['jobTemplate', 'spec'] : []), 'template', 'spec');

function steps(manifest: Manifest) {
  const spec = pod(manifest);
  return [...records(at(spec, 'initContainers')), ...records(at(spec, 'containers'))].map((container) => ({
    command: container['command'],
    image: container['image'],
    env: Object.fromEntries(
      records(container['env']).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
    ),
    mounts: records(container['volumeMounts']).map(({ mountPath }) => mountPath),
  }));
}

test('there are no backups unless they are asked for', () => {
  expect(
    [...manifestsOf(minimal), ...jobsOf(minimal)].map(idOf).filter((id) => /backup|restore/.test(id)),
  ).toEqual([]);
});

describe('backups beside the data', () => {
  const config = { ...minimal, backup: { enabled: true } };
  const cronJob = find(manifestsOf(config), 'CronJob', 'milvus-test-backup');

  test('a dump first, and only then the upload', () => {
    const [dump, upload] = steps(cronJob);
    expect(dump).toMatchObject({
      command: ['sh', '/opt/cdk8s-milvus/backup-dump.sh'],
      image: 'mysql:5.7.44',
      env: {
        MYSQL_HOST: 'milvus-test-mysql',
        MYSQL_PORT: '3306',
        MYSQL_DATABASE: 'milvus',
        MYSQL_USER: 'milvus',
        MYSQL_PWD: { secretKeyRef: { name: 'milvus-test-mysql', key: 'mysql-password' } },
        WORK_DIR: '/work',
      },
    });
    expect(upload).toMatchObject({
      command: ['sh', '/opt/cdk8s-milvus/backup-upload.sh'],
      image: 'rclone/rclone:1.68.2',
      env: {
        S3_SCHEME: 'http',
        S3_ADDRESS: '192.168.18.13',
        S3_PORT: '80',
        S3_BUCKET: 'milvus-test',
        BACKUP_PREFIX: 'backup/milvus-test',
        KEEP: '14',
        S3_ACCESS_KEY: { secretKeyRef: { name: 'milvus-test-s3', key: 'access-key' } },
        S3_SECRET_KEY: { secretKeyRef: { name: 'milvus-test-s3', key: 'secret-key' } },
        CREDENTIALS_FROM: 'milvus-test-s3',
        WORK_DIR: '/work',
      },
    });
    for (const { mounts } of [dump, upload].flatMap((step) => step ?? [])) expect(mounts).toContain('/work');
  });

  test('one at a time, and a failed one is kept to be looked at', () => {
    expect(cronJob).toMatchObject({
      spec: {
        schedule: '17 3 * * *',
        suspend: false,
        concurrencyPolicy: 'Forbid',
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: { backoffLimit: 2, activeDeadlineSeconds: 3600 } },
      },
    });
    expect(pod(cronJob)).toMatchObject({ restartPolicy: 'Never' });
    // The CronJob keeps its own history.
    expect(at(cronJob, 'spec', 'jobTemplate', 'spec')).not.toHaveProperty('ttlSecondsAfterFinished');
  });

  test('the restore is a Job that a person starts: it is not tried again, and does not overwrite', () => {
    const restore = find(jobsOf(config), 'Job', 'milvus-test-restore');
    const [download, load] = steps(restore);
    expect(download).toMatchObject({
      command: ['sh', '/opt/cdk8s-milvus/restore-download.sh'],
      env: { BACKUP: 'latest', BACKUP_PREFIX: 'backup/milvus-test' },
    });
    expect(load).toMatchObject({
      command: ['sh', '/opt/cdk8s-milvus/restore-load.sh'],
      env: { RESTORE_FORCE: 'false', MYSQL_DATABASE: 'milvus' },
    });
    expect(restore).toMatchObject({ spec: { backoffLimit: 0, ttlSecondsAfterFinished: 86400 } });
    expect(manifestsOf(config).map(idOf)).not.toContain('Job/milvus-test-restore');
  });
});

test('every option: another storage, keys and schedule of its own', () => {
  const config = everyOption('existingSecret');
  const cronJob = find(manifestsOf(config), 'CronJob', 'every-backup');
  expect(cronJob).toMatchObject({
    spec: { schedule: '5 4 * * 1-5', suspend: true, jobTemplate: { spec: { activeDeadlineSeconds: 1200 } } },
  });
  expect(steps(cronJob)[1]?.env).toMatchObject({
    S3_SCHEME: 'https',
    S3_ADDRESS: 's3.example.com',
    S3_PORT: '443',
    S3_BUCKET: 'other-bucket',
    BACKUP_PREFIX: 'dumps/every',
    KEEP: '30',
    S3_ACCESS_KEY: { secretKeyRef: { name: 'keys-of-backup', key: 'backup-access-key' } },
    S3_SECRET_KEY: { secretKeyRef: { name: 'keys-of-backup', key: 'backup-secret-key' } },
  });
  expect(pod(cronJob)).toMatchObject({
    nodeSelector: { 'example.com/backup': 'yes' },
    tolerations: [{ key: 'only-backup' }],
    affinity: {
      nodeAffinity: expect.anything(),
      podAffinity: expect.anything(),
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'b' } } },
        ],
      },
    },
    priorityClassName: 'backup-priority',
  });
});

test('an external MySQL is dumped where it is', () => {
  const [dump] = steps(
    find(manifestsOf(everyOptionExternalMysql('existingSecret')), 'CronJob', 'every-backup'),
  );
  expect(dump?.env).toMatchObject({
    MYSQL_HOST: 'mysql.example.com',
    MYSQL_PORT: '3307',
    MYSQL_DATABASE: 'outside',
  });
});
