import type { MilvusConfig } from '../../lib';
import { everyOption, everyOptionExternalMysql, jobsOf, manifestsOf, minimal } from '../support/clusters';
import { at, fields, find, idOf, type Manifest, records } from '../support/manifests';

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

  test('a dump first, and only then its objects; again where they were gone; and then the upload', () => {
    const [dump, objects, ...more] = steps(cronJob);
    expect(more.map(({ command }) => command)).toEqual([
      dump?.command,
      objects?.command,
      dump?.command,
      ['sh', '/opt/cdk8s-milvus/backup-upload.sh'],
    ]);
    const upload = more.at(-1);
    const vectors = {
      DATA_ADDRESS: '192.168.18.13',
      DATA_PORT: '80',
      DATA_BUCKET: 'milvus-test',
      DATA_PATH: 'var/lib/milvus/data',
      DATA_ACCESS_KEY: { secretKeyRef: { name: 'milvus-test-s3', key: 'access-key' } },
      DATA_SECRET_KEY: { secretKeyRef: { name: 'milvus-test-s3', key: 'secret-key' } },
      DATA_CREDENTIALS_FROM: 'milvus-test-s3',
      JOB_NAME: { fieldRef: { fieldPath: "metadata.labels['job-name']" } },
      TIMEOUT_SECONDS: '21600',
    };
    expect(objects).toMatchObject({
      command: ['sh', '/opt/cdk8s-milvus/backup-objects.sh'],
      image: 'rclone/rclone:1.68.2',
      env: { ...vectors, S3_BUCKET: 'milvus-test', BACKUP_PREFIX: 'backup/milvus-test' },
    });
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
        BACKUP_OBJECTS: 'true',
        MILVUS_VERSION: '1.1.1',
        MYSQL_DATABASE: 'milvus',
        ...vectors,
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
        jobTemplate: { spec: { backoffLimit: 2, activeDeadlineSeconds: 21600 } },
      },
    });
    expect(pod(cronJob)).toMatchObject({ restartPolicy: 'Never' });
    // The CronJob keeps its own history.
    expect(at(cronJob, 'spec', 'jobTemplate', 'spec')).not.toHaveProperty('ttlSecondsAfterFinished');
  });

  test('the restore is a Job that a person starts: it is not tried again, and does not overwrite', () => {
    const restore = find(jobsOf(config), 'Job', 'milvus-test-restore');
    const [download, check, objects, load] = steps(restore);
    expect(check).toMatchObject({
      command: ['sh', '/opt/cdk8s-milvus/restore-load.sh'],
      env: { RESTORE_FORCE: 'false', RESTORE_STEP: 'check' },
    });
    expect(objects).toMatchObject({
      command: ['sh', '/opt/cdk8s-milvus/restore-objects.sh'],
      env: {
        DATA_BUCKET: 'milvus-test',
        DATA_PATH: 'var/lib/milvus/data',
        BACKUP_PREFIX: 'backup/milvus-test',
      },
    });
    expect(load?.env).not.toHaveProperty('RESTORE_STEP');
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

describe('the restore empties the write-ahead log', () => {
  const logOf = (more: Partial<MilvusConfig>) => {
    const restore = find(
      jobsOf({ ...minimal, ...more, backup: { enabled: true } }),
      'Job',
      'milvus-test-restore',
    );
    const [container] = records(at(pod(restore), 'containers'));
    const ofLog = (list: unknown, called: string) => records(list).find(({ name }) => name === called);
    return {
      volume: ofLog(at(pod(restore), 'volumes'), 'wal'),
      mount: ofLog(at(container, 'volumeMounts'), 'wal'),
      env: ofLog(at(container, 'env'), 'WAL_DIR'),
      user: at(pod(restore), 'securityContext', 'runAsUser'),
    };
  };

  test.each<[string, Partial<MilvusConfig>, object]>([
    [
      'of its claim',
      {},
      {
        volume: { name: 'wal', persistentVolumeClaim: { claimName: 'milvus-test-writable-wal' } },
        mount: { name: 'wal', mountPath: '/wal' },
        env: { name: 'WAL_DIR', value: '/wal' },
        user: 10001,
      },
    ],
    [
      'of a folder of another one',
      { wal: { persistence: { existingClaim: 'shared', subPath: 'log/a' } } },
      {
        volume: { name: 'wal', persistentVolumeClaim: { claimName: 'shared' } },
        mount: { name: 'wal', mountPath: '/wal', subPath: 'log/a' },
        env: { name: 'WAL_DIR', value: '/wal' },
        user: 10001,
      },
    ],
    ['that root owns', { writable: { securityProfile: 'baseline' } }, { user: 0 }],
    [
      'but nothing where it goes with its pod',
      { wal: { persistence: { enabled: false } }, writable: { securityProfile: 'baseline' } },
      { volume: undefined, mount: undefined, env: undefined, user: 10001 },
    ],
    [
      'but nothing where there is none',
      { wal: { enabled: false } },
      { volume: undefined, mount: undefined, env: undefined, user: 10001 },
    ],
  ])('%s', (_, more, expected) => {
    expect(logOf(more)).toMatchObject(expected);
  });
});

test('where the log is, only the writable may be tolerated: so is the restore, and no other Job', () => {
  const toleration = (key: string) => ({ key, operator: 'Exists' });
  const config = {
    ...minimal,
    podTemplate: { spec: { tolerations: [toleration('all')] } },
    writable: { podTemplate: { spec: { tolerations: [toleration('all'), toleration('local-disk')] } } },
    backup: { enabled: true, podTemplate: { spec: { tolerations: [toleration('jobs')] } } },
  };
  const tolerated = (more: Partial<MilvusConfig>, name: string) =>
    records(at(pod(find(jobsOf({ ...config, ...more }), 'Job', name)), 'tolerations')).map(({ key }) => key);
  expect(tolerated({}, 'milvus-test-restore')).toEqual(['jobs', 'all', 'local-disk']);
  expect(tolerated({}, 'milvus-test-verify-backup')).toEqual(['jobs']);
  expect(tolerated({ wal: { enabled: false } }, 'milvus-test-restore')).toEqual(['jobs']);
  expect(tolerated({ backup: { enabled: true } }, 'milvus-test-restore')).toEqual(['all', 'local-disk']);
});

describe('a restore that is declared', () => {
  const config: MilvusConfig = {
    ...minimal,
    readonly: { autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 5 } },
    smokeTest: { schedule: '1 * * * *' },
    backup: {
      enabled: true,
      verify: { schedule: '2 * * * *' },
      restoreFrom: { prefix: 'backup/production' },
      restore: { backup: '20260701T021500Z', force: true },
    },
  };

  test('stops Milvus, suspends what runs on a schedule, and is among what is applied', () => {
    const all = manifestsOf(config);
    for (const name of ['writable', 'readonly', 'mishards'])
      expect(find(all, 'Deployment', `milvus-test-${name}`)).toMatchObject({ spec: { replicas: 0 } });
    expect(find(all, 'StatefulSet', 'milvus-test-mysql')).toMatchObject({ spec: { replicas: 1 } });
    const cronJobs = all.filter(({ kind }) => kind === 'CronJob');
    expect(cronJobs.map((one) => at(one, 'spec', 'suspend'))).toEqual([true, true, true]);
    const restore = find(all, 'Job', 'milvus-test-restore-20260701t021500z');
    expect(at(restore, 'spec')).not.toHaveProperty('ttlSecondsAfterFinished');
    // A controller has it: what a person starts is kept from Argo CD.
    expect(Object.keys(fields(at(restore, 'metadata', 'annotations')))).toEqual([
      'ignore-check.kube-linter.io/job-ttl-seconds-after-finished',
    ]);
    expect(
      steps(restore).map(({ env }) => [env['BACKUP'], env['RESTORE_FORCE'], env['BACKUP_PREFIX']]),
    ).toEqual([
      ['20260701T021500Z', undefined, 'backup/production'],
      [undefined, 'true', undefined],
      [undefined, undefined, 'backup/production'],
      [undefined, 'true', undefined],
    ]);
    expect(jobsOf(config).map(idOf)).not.toContain('Job/milvus-test-restore');
    // Nothing else is otherwise.
    const { restore: _, ...others } = config.backup ?? {};
    const before = manifestsOf({ ...config, backup: others });
    expect(all.map(idOf).filter((id) => !before.map(idOf).includes(id))).toEqual([idOf(restore)]);
    expect(at(find(before, 'Deployment', 'milvus-test-readonly'), 'spec')).not.toHaveProperty('replicas');
  });
});

test('of the metadata alone there is one dump, and nothing reads the vectors', () => {
  for (const config of [
    { ...minimal, backup: { enabled: true, objects: false } },
    {
      ...minimal,
      s3: undefined,
      mode: 'standalone' as const,
      storage: { persistence: { enabled: true } },
      backup: { enabled: true, s3: { address: 's3.example.com', bucket: 'backups' } },
    },
  ]) {
    const cronJob = find(manifestsOf(config as unknown as MilvusConfig), 'CronJob', 'milvus-test-backup');
    expect(steps(cronJob).map(({ command }) => command)).toEqual([
      ['sh', '/opt/cdk8s-milvus/backup-dump.sh'],
      ['sh', '/opt/cdk8s-milvus/backup-upload.sh'],
    ]);
    expect(JSON.stringify(cronJob)).not.toContain('DATA_');
    expect(cronJob).toMatchObject({ spec: { jobTemplate: { spec: { activeDeadlineSeconds: 3600 } } } });
  }
});

test('a verification is a Job to be started, or a CronJob as well; so is the list', () => {
  const config = { ...minimal, backup: { enabled: true } };
  const verify = find(jobsOf(config), 'Job', 'milvus-test-verify-backup');
  expect(steps(verify)).toMatchObject([
    {
      command: ['sh', '/opt/cdk8s-milvus/backup-verify.sh'],
      env: { BACKUP: 'latest', S3_BUCKET: 'milvus-test' },
    },
  ]);
  expect(steps(find(jobsOf(config), 'Job', 'milvus-test-list-backups'))).toMatchObject([
    { command: ['sh', '/opt/cdk8s-milvus/backup-list.sh'], env: { BACKUP_PREFIX: 'backup/milvus-test' } },
  ]);
  expect(manifestsOf(config).map(idOf)).not.toContain('CronJob/milvus-test-verify-backup');
  const scheduled = { ...minimal, backup: { enabled: true, verify: { schedule: '@weekly' } } };
  expect(find(manifestsOf(scheduled), 'CronJob', 'milvus-test-verify-backup')).toMatchObject({
    spec: { schedule: '@weekly', suspend: false, jobTemplate: { spec: { backoffLimit: 0 } } },
  });
});

test('the restore may take the backups of another cluster, with its address, CA and keys', () => {
  const every = everyOption('existingSecret');
  const restoreFrom = { ...every.backup?.restoreFrom, address: '192.168.18.15' };
  const config = { ...every, backup: { ...every.backup, restoreFrom } };
  const restore = find(jobsOf(config), 'Job', 'every-restore');
  const [download, , objects] = steps(restore);
  const from = {
    S3_SCHEME: 'https',
    S3_ADDRESS: 'production.example.com',
    S3_PORT: '8443',
    S3_BUCKET: 'bucket-of-production',
    S3_CA: '/etc/s3-ca/ca.crt',
    BACKUP_PREFIX: 'dumps/production',
    S3_ACCESS_KEY: { secretKeyRef: { name: 'keys-of-restore', key: 'restore-access-key' } },
  };
  expect(download?.env).toMatchObject(from);
  expect(objects?.env).toMatchObject({ ...from, DATA_CA: '/etc/data-ca/ca.crt' });
  expect(objects?.mounts).toEqual(expect.arrayContaining(['/etc/s3-ca', '/etc/data-ca']));
  expect(at(pod(restore), 'hostAliases')).toContainEqual({
    ip: '192.168.18.15',
    hostnames: ['production.example.com'],
  });
  // Where nothing else is said it is the place of the own backups.
  const own = { ...minimal, backup: { enabled: true, restoreFrom: { prefix: 'backup/production' } } };
  expect(steps(find(jobsOf(own), 'Job', 'milvus-test-restore'))[0]?.env).toMatchObject({
    S3_BUCKET: 'milvus-test',
    BACKUP_PREFIX: 'backup/production',
    CREDENTIALS_FROM: 'milvus-test-s3',
  });
});

test('every option: another storage, keys and schedule of its own', () => {
  const config = everyOption('existingSecret');
  const cronJob = find(manifestsOf(config), 'CronJob', 'every-backup');
  expect(cronJob).toMatchObject({
    spec: { schedule: '5 4 * * 1-5', suspend: true, jobTemplate: { spec: { activeDeadlineSeconds: 1200 } } },
  });
  expect(steps(cronJob).at(-1)?.env).toMatchObject({
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
