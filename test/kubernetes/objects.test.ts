import type { MilvusConfig } from '../../lib';
import { jobsOf, manifestsOf, minimal } from '../support/clusters';

const claimsOf = (config: MilvusConfig) =>
  Object.fromEntries(
    manifestsOf(config)
      .filter(({ kind }) => kind === 'PersistentVolumeClaim')
      .map(({ metadata }) => [metadata.name, metadata['annotations']]),
  );
const KEPT = {
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
};

describe('GitOps', () => {
  test('leaves the claims: of the log, the vectors and the log files', () => {
    expect(
      claimsOf({
        name: 'milvus-test',
        storage: { persistence: { enabled: true } },
        milvus: { logs: { toFile: true, persistence: { enabled: true } } },
      }),
    ).toEqual({ 'milvus-test-writable-wal': KEPT, 'milvus-test': KEPT, 'milvus-test-logs': KEPT });
  });

  test('prunes them when it is told so', () => {
    const annotations = { 'kustomize.toolkit.fluxcd.io/prune': 'enabled', note: 'ours' };
    expect(claimsOf({ ...minimal, wal: { persistence: { annotations } } })).toEqual({
      'milvus-test-writable-wal': { ...KEPT, ...annotations },
    });
  });

  test('leaves the Jobs that a person starts, which have the labels of what it made', () => {
    const jobs = jobsOf({
      ...minimal,
      backup: { enabled: true },
      smokeTest: { schedule: '@daily', annotations: { note: 'ours' } },
    });
    const names = ['restore', 'verify-backup', 'list-backups', 'export', 'export', 'import', 'import'];
    expect(jobs.map(({ metadata }) => [metadata.name, metadata['annotations']])).toEqual([
      [
        'milvus-test-smoke-test',
        {
          'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
          'argocd.argoproj.io/sync-options': 'Prune=false',
          note: 'ours',
        },
      ],
      ...names.map((job) => [
        `milvus-test-${job}`,
        {
          'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
          'argocd.argoproj.io/sync-options': 'Prune=false',
        },
      ]),
    ]);
  });

  test('manages the scheduled smoke test as everything else', () => {
    const canary = manifestsOf({ ...minimal, smokeTest: { schedule: '@daily' } }).find(
      ({ kind }) => kind === 'CronJob',
    );
    expect(canary?.metadata).toMatchObject({ name: 'milvus-test-smoke-test' });
    expect(canary?.metadata).not.toHaveProperty('annotations');
  });
});
