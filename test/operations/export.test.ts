import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { MilvusConfig, RunOptions } from '../../lib';
import { main } from '../../lib/cli';
import { jobsOf, minimal } from '../support/clusters';
import { at, containers, fields, type Manifest, records, text } from '../support/manifests';

const directory = mkdtempSync(join(tmpdir(), 'export-command-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'milvus.yaml'), 'name: milvus\ns3: {address: rgw, bucket: vectors}\n');
writeFileSync(join(directory, 'volume.yaml'), 'name: volume\nmode: standalone\n');
writeFileSync(
  join(directory, 'backups.yaml'),
  'name: backups\ns3: {address: rgw, bucket: vectors}\nbackup: {enabled: true}\n',
);
writeFileSync(join(directory, 'sqlite.yaml'), 'name: sqlite\nmode: standalone\nmysql: {enabled: false}\n');

function run(...args: string[]) {
  let stdout = '';
  let stderr = '';
  const code = main(args, {
    stdout: { write: (output: string) => (stdout += output) },
    stderr: { write: (output: string) => (stderr += output), isTTY: false },
    cwd: directory,
    env: {},
  });
  return { code, stdout, stderr };
}

/** The Job that a command prints. */
function printed(...args: string[]): Manifest {
  const { code, stdout, stderr } = run(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [scripts, manifest, ...others] = parseAllDocuments(stdout).map(
    (document) => document.toJS() as Manifest,
  );
  expect(others).toEqual([]);
  expect(scripts?.kind).toBe('ConfigMap');
  if (manifest === undefined) throw new Error('nothing was printed');
  return manifest;
}

const spec = (manifest: Manifest) => fields(at(manifest, 'spec', 'template', 'spec'));

function envOf(manifest: Manifest): Record<string, unknown> {
  const [container] = containers(spec(manifest));
  const variables = records(container?.['env']);
  const values = variables.map(({ name, value, valueFrom }) => [
    name,
    value ?? at(valueFrom, 'secretKeyRef', 'name'),
  ]);
  expect(new Set(values.map(([name]) => name)).size).toBe(values.length);
  return Object.fromEntries(values);
}

function job(name: 'export' | 'import', config: MilvusConfig, options?: RunOptions): Manifest {
  const found = jobsOf(config, options).find(
    ({ kind, metadata }) => kind === 'Job' && metadata.name === `${config.name}-${name}`,
  );
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

describe('the Jobs', () => {
  test('read the storage of the vectors, and that of the backups, each with its CA and its name', () => {
    const config: MilvusConfig = {
      ...minimal,
      s3: {
        address: '10.0.0.1',
        bucket: 'vectors',
        tls: { enabled: true, caSecret: 'data-ca', serverName: 'data.example.com' },
      },
      backup: {
        enabled: true,
        s3: {
          address: '10.0.0.1',
          port: 8443,
          bucket: 'backups',
          tls: { enabled: true, caSecret: 'backup-ca', serverName: 'backup.example.com' },
          credentials: { existingSecret: 'backup-keys' },
        },
      },
    };
    const exported = job('export', config);
    expect(envOf(exported)).toMatchObject({
      COLLECTIONS: '--all',
      S3_SCHEME: 'https',
      S3_CA: '/etc/s3-ca/ca.crt',
      S3_ADDRESS: 'data.example.com',
      S3_BUCKET: 'vectors',
      TARGET_S3_SCHEME: 'https',
      TARGET_S3_CA: '/etc/export-ca/ca.crt',
      TARGET_S3_ADDRESS: 'backup.example.com',
      TARGET_S3_PORT: '8443',
      TARGET_S3_BUCKET: 'backups',
      TARGET_S3_SECRET_KEY: 'backup-keys',
      TARGET_CREDENTIALS_FROM: 'backup-keys',
      TARGET_PREFIX: 'export/milvus-test',
    });
    expect(Object.keys(envOf(exported)).filter((name) => name.startsWith('BACKUP'))).toEqual([]);
    const secrets = (manifest: Manifest) =>
      records(at(spec(manifest), 'volumes')).flatMap((volume) => {
        const secret = text(at(volume, 'secret', 'secretName'));
        return secret === '' ? [] : [[volume['name'], secret]];
      });
    expect(secrets(exported)).toEqual([
      ['s3-ca', 'data-ca'],
      ['export-ca', 'backup-ca'],
    ]);
    expect(at(spec(exported), 'hostAliases')).toEqual([
      { ip: '10.0.0.1', hostnames: ['data.example.com', 'backup.example.com'] },
    ]);
    const imported = job('import', config);
    expect(secrets(imported)).toEqual([['export-ca', 'backup-ca']]);
    expect(envOf(imported)).toMatchObject({
      FROM: 'latest',
      MILVUS_HOST: 'milvus-test',
      MILVUS_PORT: '19530',
      SOURCE_S3_CA: '/etc/export-ca/ca.crt',
      SOURCE_S3_BUCKET: 'backups',
      SOURCE_PREFIX: 'export/milvus-test',
    });
  });

  test('take a backup from where restores do, with its keys and its CA', () => {
    const config: MilvusConfig = {
      ...minimal,
      backup: {
        enabled: true,
        restoreFrom: {
          address: '10.0.0.2',
          bucket: 'old',
          prefix: 'backup/old',
          tls: { enabled: true, caSecret: 'old-ca', serverName: 'old.example.com' },
          credentials: { existingSecret: 'old-keys' },
        },
      },
    };
    const exported = job('export', config, { values: { BACKUP: 'latest' } });
    expect(envOf(exported)).toMatchObject({
      BACKUP: 'latest',
      BACKUP_S3_SCHEME: 'https',
      BACKUP_S3_CA: '/etc/backup-ca/ca.crt',
      BACKUP_S3_ADDRESS: 'old.example.com',
      BACKUP_S3_PORT: '443',
      BACKUP_S3_BUCKET: 'old',
      BACKUP_S3_ACCESS_KEY: 'old-keys',
      BACKUP_S3_SECRET_KEY: 'old-keys',
      BACKUP_CREDENTIALS_FROM: 'old-keys',
      BACKUP_PREFIX: 'backup/old',
    });
    expect(records(at(spec(exported), 'volumes'))).toContainEqual({
      name: 'backup-ca',
      secret: { secretName: 'old-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
    });
    expect(records(containers(spec(exported))[0]?.['volumeMounts'])).toContainEqual({
      name: 'backup-ca',
      mountPath: '/etc/backup-ca',
      readOnly: true,
    });
    expect(at(spec(exported), 'hostAliases')).toEqual([{ ip: '10.0.0.2', hostnames: ['old.example.com'] }]);
    expect(JSON.stringify(job('export', config))).not.toContain('old');
  });

  test('without S3 read the volume, and write to a claim', () => {
    const config: MilvusConfig = {
      name: 'milvus',
      mode: 'standalone',
      storage: { persistence: { subPath: 'below' } },
    };
    expect(jobsOf(config).map(({ metadata }) => metadata.name)).toEqual(['milvus-smoke-test']);
    const exported = job('export', config, { claim: 'mine' });
    expect(envOf(exported)).toMatchObject({ SOURCE_DIRECTORY: '/source', TARGET_DIRECTORY: '/export' });
    const [container] = containers(spec(exported));
    expect(records(container?.['volumeMounts'])).toEqual(
      expect.arrayContaining([
        { name: 'storage', mountPath: '/source/db', subPath: 'below', readOnly: true },
        { name: 'export', mountPath: '/export' },
      ]),
    );
  });
});

describe('the commands print the Job', () => {
  test('of an export', () => {
    const args = ['--name', 'mine', '--part-size', '256', '--skip-missing'];
    expect(envOf(printed('export', 'films', 'codes', ...args))).toMatchObject({
      COLLECTIONS: 'films codes',
      EXPORT: 'mine',
      PART_MIB: '256',
      SKIP_MISSING: 'true',
    });
    expect(envOf(printed('export', '--all', '--claim', 'mine', '-c', 'volume.yaml'))).toMatchObject({
      COLLECTIONS: '--all',
      TARGET_DIRECTORY: '/export',
    });
  });

  test('of an export of a backup, of this cluster or of another one', () => {
    const args = ['export', '--all', '-c', 'backups.yaml', '--backup'];
    expect(envOf(printed(...args, 'latest'))).toMatchObject({
      BACKUP: 'latest',
      BACKUP_S3_BUCKET: 'vectors',
      BACKUP_PREFIX: 'backup/backups',
    });
    expect(envOf(printed(...args, '20260701T021500Z', '--from', 'other-bucket/backup/other'))).toMatchObject({
      BACKUP: '20260701T021500Z',
      BACKUP_S3_ADDRESS: 'rgw',
      BACKUP_S3_BUCKET: 'other-bucket',
      BACKUP_PREFIX: 'backup/other',
      TARGET_S3_BUCKET: 'vectors',
      TARGET_PREFIX: 'export/backups',
    });
  });

  test('of an import', () => {
    expect(envOf(printed('import'))).toMatchObject({ FROM: 'latest', COLLECTIONS: '--all' });
    const from = ['20260701T021500Z', '--collection', 'films', '--as', 'films_2', '--partition', "it's"];
    expect(envOf(printed('import', ...from, '--into-existing'))).toMatchObject({
      FROM: '20260701T021500Z',
      COLLECTIONS: 'films',
      AS: 'films_2',
      PARTITION: "it's",
      INTO_EXISTING: 'true',
    });
    const index = ['--metric', 'IP', '--index', 'HNSW', '--index-parameters', '{"M":16}'];
    expect(
      envOf(printed('import', 'mine/', '--as', 'films', ...index, '-c', 'sqlite.yaml', '--claim', 'c')),
    ).toMatchObject({
      FROM: 'mine/',
      METRIC: 'IP',
      INDEX: 'HNSW',
      INDEX_PARAMETERS: '{"M":16}',
      SOURCE_DIRECTORY: '/export',
    });
  });

  test.each<[string[], string]>([
    [['export'], 'which collections? Name them, or --all'],
    [['export', '--all', 'films'], 'either --all, or "films"'],
    [
      ['export', 'films;rm'],
      'COLLECTION is the name of a collection: letters, digits and "_", not a digit first, not "films;rm"',
    ],
    [
      ['export', '../films'],
      'COLLECTION is the name of a collection: letters, digits and "_", not a digit first, not "../films"',
    ],
    [['export', 'films', '--name', 'a/b'], '--name is letters, digits, "_", "." and "-", not "a/b"'],
    [
      ['import', '--index-parameters', '[]'],
      `option '--index-parameters' is JSON such as {"nlist":1024}, not "[]"`,
    ],
    [
      ['export', 'films', '--part-size', '0'],
      `option '--part-size' is a number of MiB from 1 to 16384, not "0"`,
    ],
    [
      ['export', 'films', '--backup', '20260701T021500Z'],
      `option '--backup' needs backup.enabled, which cluster milvus does not have`,
    ],
    [
      ['export', 'films', '--from', 'a/b'],
      `option '--from' says where a backup is: name that with '--backup'`,
    ],
    [
      ['export', 'films', '-c', 'backups.yaml', '--backup', 'latest', '--from', 'bucket'],
      `option '--from' is BUCKET/PREFIX, as milvus-prod/backup/milvus-prod, not bucket`,
    ],
    [['export', 'films', '--claim', 'No'], '--claim is the name of a PersistentVolumeClaim, not "No"'],
    [['export', 'films', '--cluster', 'other'], 'there is no cluster "other" in the configuration: milvus'],
    [
      ['export', 'films', '-c', 'milvus.yaml,volume.yaml'],
      'which cluster? The configuration has several: milvus, volume',
    ],
    [
      ['export', 'films', '-c', 'volume.yaml'],
      `cluster volume has no S3: name a claim with option '--claim'`,
    ],
    [
      ['export', 'films', '-c', 'sqlite.yaml', '--claim', 'c'],
      'an export needs the metadata in MySQL and the vectors in S3 or on a volume, which cluster sqlite does not have',
    ],
    [['import', 'a', 'b'], 'one export at a time, not also "b"'],
    [
      ['import', 'a', '--as', '1x'],
      '--as is the name of a collection: letters, digits and "_", not a digit first, not "1x"',
    ],
  ])('but not for %j', (args, message) => {
    expect(run(...args)).toEqual({
      code: 2,
      stdout: '',
      stderr: `cdk8s-milvus: ${message}\nSee cdk8s-milvus ${args[0]} --help\n`,
    });
  });
});
