import {
  CANARIES,
  clusterOf,
  everyOption,
  everyOptionExternalMysql,
  jobsOf,
  manifestsOf,
  minimal,
  WAYS,
  yamlOf,
} from './support/clusters';
import { containers, find, podTemplates, records } from './support/manifests';

const canaries = Object.values(CANARIES);
const encoded = canaries.map((canary) => Buffer.from(canary).toString('base64'));

test.each([
  ['MySQL deployed', everyOption('inline')],
  ['external MySQL', everyOptionExternalMysql('inline')],
] as const)('inline credentials stand in a Secret alone (%s)', (_, config) => {
  for (const manifest of [...manifestsOf(config), ...jobsOf(config)]) {
    const text = JSON.stringify(manifest);
    const leaked = [...canaries, ...(manifest.kind === 'Secret' ? [] : encoded)].filter((canary) =>
      text.includes(canary),
    );
    expect({ object: `${manifest.kind}/${manifest.metadata.name}`, leaked }).toEqual({
      object: `${manifest.kind}/${manifest.metadata.name}`,
      leaked: [],
    });
  }
});

test('an inline credential is in its Secret under the configured key', () => {
  const manifests = manifestsOf(everyOption('inline'));
  expect(find(manifests, 'Secret', 'every-backup-s3')['data']).toEqual({
    'backup-access-key': Buffer.from(CANARIES.backupAccessKey).toString('base64'),
    'backup-secret-key': Buffer.from(CANARIES.backupSecretKey).toString('base64'),
  });
  expect(find(manifests, 'Secret', 'every-s3')['data']).toEqual({
    'the-access-key': Buffer.from(CANARIES.s3AccessKey).toString('base64'),
    'the-secret-key': Buffer.from(CANARIES.s3SecretKey).toString('base64'),
  });
  expect(find(manifests, 'Secret', 'every-metadata')['data']).toEqual({
    'the-root-password': Buffer.from(CANARIES.mysqlRootPassword).toString('base64'),
    'the-password': Buffer.from(CANARIES.mysqlPassword).toString('base64'),
  });
});

test('with existing Secrets none is emitted', () => {
  const kinds = manifestsOf(minimal).map(({ kind }) => kind);
  expect(kinds).not.toContain('Secret');
  expect(kinds).not.toContain('ExternalSecret');
});

test('an ExternalSecret makes the Secret that the pods read', () => {
  const secret = find(manifestsOf(everyOption('externalSecret')), 'ExternalSecret', 'every-s3');
  expect(secret).toMatchObject({
    apiVersion: 'external-secrets.io/v1',
    spec: {
      refreshInterval: '30m',
      secretStoreRef: { name: 'vault', kind: 'ClusterSecretStore' },
      target: { name: 'every-s3' },
      data: [
        { secretKey: 'the-access-key', remoteRef: { key: 'milvus/s3', property: 'access' } },
        { secretKey: 'the-secret-key', remoteRef: { key: 'milvus/s3', property: 'secret' } },
      ],
    },
  });
});

test('the servers have no credential in their environment: it is in the init containers alone', () => {
  for (const { owner, spec } of podTemplates(manifestsOf(minimal))) {
    const [main] = records(spec['containers']);
    const fromSecrets = records(main?.['env']).filter((variable) => variable['valueFrom'] !== undefined);
    const expected = owner.metadata.name.endsWith('-mishards') ? ['MYSQL_PASSWORD'] : [];
    expect(fromSecrets.map(({ name }) => name)).toEqual(expected);
  }
});

test('no credential is in the arguments of a command', () => {
  for (const { spec } of podTemplates(manifestsOf(everyOption('existingSecret')))) {
    for (const { command, args } of containers(spec)) {
      expect(JSON.stringify([command, args])).not.toMatch(/password|secret_key|\$\(/i);
    }
  }
});

test.each(WAYS)('given as %s, what the settings say about them is enough to read them', (way) => {
  const { settings } = clusterOf(everyOption(way));
  expect(settings.s3?.credentials.keys).toEqual({ accessKey: 'the-access-key', secretKey: 'the-secret-key' });
  expect(settings.s3?.credentials.secretName).toBe(way === 'existingSecret' ? 'keys-of-s3' : 'every-s3');
});

test('another Secret rolls what reads it', () => {
  const config = { ...minimal, s3: { ...minimal.s3, credentials: { existingSecret: 'rotated' } } };
  const before = podTemplates(manifestsOf(minimal));
  const after = podTemplates(manifestsOf(config));
  const changed = after.filter(
    ({ spec }, index) => JSON.stringify(spec) !== JSON.stringify(before[index]?.spec),
  );
  expect(changed.map(({ owner }) => owner.metadata.name)).toEqual([
    'milvus-test-writable',
    'milvus-test-readonly',
  ]);
});

test('the canaries are in the output that the tests above search', () => {
  expect(encoded.every((canary) => yamlOf(everyOption('inline')).includes(canary))).toBe(true);
});
