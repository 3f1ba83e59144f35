import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { MilvusCluster } from '../../lib';
import { show } from '../../lib/answers/show';
import { loadClusters } from '../../lib/config/load';
import { writeDocuments, writeYaml } from '../../lib/yaml/write';
import { CANARIES, samples } from '../support/clusters';
import { ROOT } from '../support/project';

const directory = mkdtempSync(join(tmpdir(), 'show-'));
afterAll(() => rmSync(directory, { recursive: true }));

const load = (config: string, env: Readonly<Record<string, string>> = {}) =>
  loadClusters({ config, cwd: directory, env });
const manifestsOf = (clusters: ReturnType<typeof load>) =>
  clusters.map(({ settings }) => writeDocuments(new MilvusCluster(new App(), 'x', settings).toJson()));
const written = (text: string, name = 'written.yaml') => {
  writeFileSync(join(directory, name), text);
  return name;
};
/** What a reader of the output would put into the environment. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  S3_CREDENTIALS_INLINE_ACCESSKEY: CANARIES.s3AccessKey,
  S3_CREDENTIALS_INLINE_SECRETKEY: CANARIES.s3SecretKey,
  BACKUP_S3_CREDENTIALS_INLINE_ACCESSKEY: CANARIES.backupAccessKey,
  BACKUP_S3_CREDENTIALS_INLINE_SECRETKEY: CANARIES.backupSecretKey,
  BACKUP_RESTOREFROM_CREDENTIALS_INLINE_ACCESSKEY: CANARIES.restoreAccessKey,
  BACKUP_RESTOREFROM_CREDENTIALS_INLINE_SECRETKEY: CANARIES.restoreSecretKey,
  MYSQL_CREDENTIALS_INLINE_ROOTPASSWORD: CANARIES.mysqlRootPassword,
  MYSQL_CREDENTIALS_INLINE_PASSWORD: CANARIES.mysqlPassword,
  EXTERNALMYSQL_CREDENTIALS_INLINE_PASSWORD: CANARIES.mysqlPassword,
};

test.each(Object.entries(samples))('what is shown gives the same manifests: %s', (_, config) => {
  const before = load(written(writeYaml(config)));
  const text = show(before);
  expect(manifestsOf(load(written(text, 'shown.yaml'), CREDENTIALS))).toEqual(manifestsOf(before));
  for (const canary of Object.values(CANARIES)) expect(text).not.toContain(canary);
});

test.each(
  readdirSync(join(ROOT, 'examples')).filter((name) =>
    existsSync(join(ROOT, 'examples', name, 'milvus.yaml')),
  ),
)('what is shown of the example %s gives the same manifests', (name) => {
  const before = load(join(ROOT, 'examples', name, 'milvus.yaml'));
  expect(manifestsOf(load(written(show(before), 'shown.yaml')))).toEqual(manifestsOf(before));
});
