import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fromHelm, synthesize } from '../lib';
import { apiServerProblems } from './support/api-server-rules';
import { schemaProblems } from './support/kubernetes-schema';
import { lint } from './support/lint';
import { at, find, idOf, type Manifest, parse, podTemplates, records } from './support/manifests';
import { podSecurityProblems } from './support/pod-security';
import { ROOT } from './support/project';
import { referenceProblems } from './support/references';
import { appliesTwiceProblems } from './support/second-apply';

const EXAMPLES = join(ROOT, 'examples');
const directory = mkdtempSync(join(tmpdir(), 'examples-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What each example says that has to be there already. */
const PREREQUISITES: Readonly<Record<string, readonly string[]>> = {
  'quick-start': ['Secret/milvus-s3', 'Secret/milvus-mysql'],
  'ceph-rgw': ['Secret/milvus-test-s3', 'Secret/milvus-test-mysql'],
  's3-over-tls': ['Secret/milvus-s3', 'Secret/storage-ca', 'Secret/milvus-mysql'],
  production: ['Secret/registry', 'ConfigMap/milvus-dashboard'],
  'external-mysql': ['Secret/milvus-s3', 'Secret/milvus-mysql'],
  'shared-volume': ['Secret/milvus-mysql'],
  standalone: [],
  gpu: ['Secret/milvus-s3', 'Secret/milvus-mysql'],
  'migrated-release': [
    'Secret/milvus-test-s3',
    'Secret/milvus-test-mysql',
    'PersistentVolumeClaim/milvus-test-mysql',
  ],
  fleet: ['books', 'music'].flatMap((name) => [`Secret/milvus-${name}-s3`, `Secret/milvus-${name}-mysql`]),
  tenants: ['acme', 'globex'].flatMap((name) => [`Secret/milvus-${name}-s3`, `Secret/milvus-${name}-mysql`]),
  'many-kubernetes-clusters': ['books-eu-1', 'music-eu-1', 'books-us-1', 'music-us-1'].flatMap((name) => [
    `Secret/${name}-s3`,
    `Secret/${name}-mysql`,
  ]),
  'promotion/staging': ['Secret/milvus-s3', 'Secret/milvus-mysql'],
  'promotion/production': ['Secret/milvus-s3', 'Secret/milvus-mysql'],
  'kustomize/dev': ['Secret/milvus-s3', 'Secret/milvus-mysql'],
  'kustomize/prod': ['Secret/milvus-s3', 'Secret/milvus-mysql'],
};
const names = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Those that have no milvus.yaml. */
const FLEETS: Readonly<Record<string, string>> = {
  fleet: 'fleet/clusters',
  tenants: 'tenants/clusters',
  'many-kubernetes-clusters': 'many-kubernetes-clusters/clusters/*/*.yaml',
};

/** Everything that an example writes, jobs included. */
function synthesized(name: string): Manifest[] {
  const outdir = join(directory, name, 'dist');
  const config = FLEETS[name] ?? `${name}/milvus.yaml`;
  synthesize({ config: join(EXAMPLES, config), outdir, env: {} });
  return manifestsIn(outdir);
}

function manifestsIn(outdir: string): Manifest[] {
  return readdirSync(outdir, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap((file) => parse(readFileSync(join(outdir, file), 'utf8')));
}

test('each is in the list, has a README of one screen, and is tried here', () => {
  const list = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
  for (const name of names) {
    expect(list).toContain(`| [${name}](${name}) |`);
    expect(readFileSync(join(EXAMPLES, name, 'README.md'), 'utf8').split('\n').length).toBeLessThan(40);
  }
  const tried = Object.keys(PREREQUISITES).map((name) => name.split('/')[0]);
  expect(names.filter((name) => !tried.includes(name))).toEqual(['github-actions', 'gitops', 'typescript']);
});

describe.each(Object.entries(PREREQUISITES))('%s', (name, external) => {
  const manifests = synthesized(name);

  test('an API server takes it, the first time and the second', () => {
    expect(
      schemaProblems(manifests, { skipGroups: ['external-secrets.io', 'monitoring.coreos.com'] }),
    ).toEqual([]);
    expect(apiServerProblems(manifests)).toEqual([]);
    expect(appliesTwiceProblems(manifests)).toEqual([]);
  });

  test('everything that it refers to is there, or has to be brought along', () => {
    // Without S3 these two Jobs are made by a command, with a claim.
    const problems = referenceProblems(manifests, { external });
    expect(problems.filter((problem) => !/-(ex|im)port: .* matches no pod/.test(problem))).toEqual([]);
  });

  test('it is as safe as it says', () => {
    const restricted = manifests.filter(
      ({ metadata }) => name !== 'migrated-release' || metadata.name !== 'milvus-test-writable',
    );
    expect(podSecurityProblems(manifests, 'baseline')).toEqual([]);
    expect(podSecurityProblems(restricted, 'restricted')).toEqual([]);
    expect(lint(manifests)).toEqual([]);
  });

  test('its first line leads editors to the schema', () => {
    const file = join(EXAMPLES, name, 'milvus.yaml');
    if (!existsSync(file) || name === 'migrated-release') return;
    const schema = relative(dirname(file), join(ROOT, 'milvus.schema.json'));
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe(`# yaml-language-server: $schema=${schema}`);
  });
});

test('the shipped milvus.yaml is the source scenario', () => {
  synthesize({ config: join(ROOT, 'milvus.yaml'), outdir: join(directory, 'shipped'), env: {} });
  expect(synthesized('ceph-rgw')).toEqual(manifestsIn(join(directory, 'shipped')));
});

test('the migrated release is what from-helm makes of its values', () => {
  const values = join(EXAMPLES, 'migrated-release/values.yaml');
  const { stdout } = fromHelm(
    ['milvus-test', 'milvus/milvus', '--version', '1.1.6', '-n', 'milvus', '-f', values, '--adopt'],
    (path) => readFileSync(path, 'utf8'),
  );
  expect(stdout).toBe(readFileSync(join(EXAMPLES, 'migrated-release/milvus.yaml'), 'utf8'));
});

describe('overlays', () => {
  const ENVIRONMENTS = ['dev', 'prod'] as const;
  type Environment = (typeof ENVIRONMENTS)[number];
  const kustomize = (name: Environment): Manifest[] =>
    parse(
      execFileSync('kubectl', ['kustomize', join(directory, 'kustomize', name)], {
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
      }),
    );
  let overlays: Readonly<Record<Environment, Manifest[]>>;
  beforeAll(() => {
    for (const name of ENVIRONMENTS) {
      // Beside its base, which has been synthesized above.
      const file = join('kustomize', name, 'kustomization.yaml');
      cpSync(join(EXAMPLES, file), join(directory, file));
    }
    overlays = { dev: kustomize('dev'), prod: kustomize('prod') };
  });

  test('no two of them share a bucket', () => {
    const buckets = ENVIRONMENTS.map(
      (name) =>
        /s3_bucket: "?([\w-]+)/.exec(JSON.stringify(find(overlays[name], 'ConfigMap', 'milvus')))?.[1] ??
        name,
    );
    expect(buckets).toEqual(['milvus-dev', 'milvus-prod']);
  });

  test('dev: namespace, another claim, and Secrets of its own that all references follow', () => {
    const manifests = overlays.dev;
    for (const { metadata } of manifests) expect(metadata['namespace']).toBe('milvus-dev');
    // These are started by hand, from jobs/.
    const problems = referenceProblems(manifests, { external: [] });
    expect(problems.filter((problem) => !/milvus-(smoke-test|export|import)/.test(problem))).toEqual([]);
    const secrets = manifests.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name);
    expect(secrets).toEqual([
      expect.stringMatching(/^milvus-mysql-\w{10}$/),
      expect.stringMatching(/^milvus-s3-\w{10}$/),
    ]);
    const [template] = records(
      at(find(manifests, 'StatefulSet', 'milvus-mysql'), 'spec', 'volumeClaimTemplates'),
    );
    expect(template).toMatchObject({
      spec: { storageClassName: 'local-path', resources: { requests: { storage: '1Gi' } } },
    });
  });

  test('prod: replicas, images from a mirror, a StorageClass', () => {
    const manifests = overlays.prod;
    for (const { metadata } of manifests) expect(metadata['namespace']).toBe('milvus-prod');
    expect(find(manifests, 'Deployment', 'milvus-readonly')).toMatchObject({ spec: { replicas: 5 } });
    // What belongs to several pods, whatever their number, is in the base.
    expect(manifests.map(idOf)).toContain('PodDisruptionBudget/milvus-readonly');
    const images = podTemplates(manifests).flatMap(({ spec }) =>
      records(spec['containers']).map(({ image }) => image),
    );
    expect(images).toContain('registry.example.com/milvusdb/milvus:1.1.1-cpu-d061621-330cc6');
    expect(images).not.toContain('milvusdb/milvus:1.1.1-cpu-d061621-330cc6');
    expect(find(manifests, 'PersistentVolumeClaim', 'milvus-writable-wal')).toMatchObject({
      spec: { storageClassName: 'csi-rbd-sc' },
    });
  });
});

test('Argo CD and Flux are pointed at what kustomize reads', () => {
  const [application] = parse(readFileSync(join(EXAMPLES, 'gitops/argo-cd.yaml'), 'utf8'));
  expect(application).toMatchObject({
    kind: 'Application',
    spec: { source: { path: 'dist' }, destination: { namespace: 'milvus' } },
  });
  // By labels, Argo CD would take what has the cluster's own label for its own.
  expect(application?.metadata.name).not.toBe('milvus');
  const flux = parse(readFileSync(join(EXAMPLES, 'gitops/flux.yaml'), 'utf8'));
  expect(flux.map(idOf)).toEqual(['Namespace/milvus', 'GitRepository/milvus', 'Kustomization/milvus']);
  expect(flux[2]).toMatchObject({
    spec: { path: './dist', sourceRef: { name: 'milvus' }, targetNamespace: flux[0]?.metadata.name },
  });
});
