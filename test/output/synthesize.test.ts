import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { type MilvusConfig, summary, synthesize, synthesizeStream } from '../../lib';
import { untilJobEnds } from '../../lib/kubernetes/jobs';
import { CANARIES, everyOption, everyOptionExternalMysql, manifestsOf, minimal } from '../support/clusters';
import { at, find, idOf, type Manifest, parse, podTemplates, records } from '../support/manifests';
import { copyProject, ROOT } from '../support/project';
import { referenceProblems } from '../support/references';
import { describeWith } from '../support/requires';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'synthesize-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Synthesizes configurations as a user would, from a file to a directory. */
function synth(...configs: readonly MilvusConfig[]) {
  const config = join(directory, 'milvus.yaml');
  writeFileSync(config, configs.map((one) => stringify(one)).join('---\n'));
  const outdir = join(directory, 'dist');
  return { outdir, synthesis: synthesize({ config, outdir, env: {} }) };
}

const filesIn = (outdir: string) =>
  readdirSync(outdir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(outdir.length + 1))
    .sort();

const contents = (outdir: string) =>
  filesIn(outdir).map((file) => [file, readFileSync(join(outdir, file), 'utf8')]);

test('one cluster: its manifest and a Kustomization that kubectl apply -f does not see', () => {
  const { outdir, synthesis } = synth(minimal);
  expect(filesIn(outdir)).toEqual([
    'Kustomization',
    'jobs/Kustomization',
    'jobs/milvus-test-smoke-test.k8s.yaml',
    'milvus-test-scripts.k8s.yaml',
    'milvus-test.k8s.yaml',
  ]);
  expect(parse(readFileSync(join(outdir, 'milvus-test.k8s.yaml'), 'utf8'))).toHaveLength(21);
  expect(synthesis.clusters).toMatchObject([
    { file: 'milvus-test.k8s.yaml', objects: 21, scripts: 'milvus-test-scripts.k8s.yaml' },
  ]);
});

test('what runs in the pods is in a file of its own', () => {
  const { outdir } = synth(everyOption('existingSecret'));
  const objectsIn = (file: string) => parse(readFileSync(join(outdir, file), 'utf8'));
  const scripts = objectsIn('every-scripts.k8s.yaml');
  const others = objectsIn('every.k8s.yaml');
  // Every file of assets/ that a ConfigMap has, and nothing else.
  const programs = new Set(
    readdirSync(join(ROOT, 'assets'), { recursive: true }).map((file) => basename(String(file))),
  );
  const dataOf = (manifest: Manifest) => Object.keys((manifest['data'] ?? {}) as object);
  expect(scripts.flatMap(dataOf).filter((name) => !programs.has(name))).toEqual([]);
  expect(others.flatMap(dataOf).filter((name) => programs.has(name))).toEqual([]);
  // Together they are the chart, in its order.
  const all = manifestsOf(everyOption('existingSecret'));
  expect([...scripts, ...others].map(idOf).sort()).toEqual(all.map(idOf).sort());
  expect(others).toEqual(all.filter((manifest) => others.map(idOf).includes(idOf(manifest))));
  expect(readFileSync(join(outdir, 'Kustomization'), 'utf8')).toContain(
    'resources:\n  - every-scripts.k8s.yaml\n  - every.k8s.yaml\n',
  );
});

test('several clusters: a directory each, and a Kustomization above them', () => {
  const { outdir } = synth(
    { ...minimal, namespace: 'one' },
    { ...minimal, namespace: 'two', s3: { ...minimal.s3, bucket: 'two-bucket' } },
    { ...minimal, name: 'third', s3: { ...minimal.s3, bucket: 'third-bucket' } },
  );
  expect(filesIn(outdir)).toEqual([
    'Kustomization',
    'one.milvus-test/Kustomization',
    'one.milvus-test/jobs/Kustomization',
    'one.milvus-test/jobs/milvus-test-smoke-test.k8s.yaml',
    'one.milvus-test/milvus-test-scripts.k8s.yaml',
    'one.milvus-test/milvus-test.k8s.yaml',
    'third/Kustomization',
    'third/jobs/Kustomization',
    'third/jobs/third-smoke-test.k8s.yaml',
    'third/third-scripts.k8s.yaml',
    'third/third.k8s.yaml',
    'two.milvus-test/Kustomization',
    'two.milvus-test/jobs/Kustomization',
    'two.milvus-test/jobs/milvus-test-smoke-test.k8s.yaml',
    'two.milvus-test/milvus-test-scripts.k8s.yaml',
    'two.milvus-test/milvus-test.k8s.yaml',
  ]);
});

test('the same configuration gives the same bytes, in another process and in the form of cdk8s synth too', () => {
  const { outdir } = synth(everyOption('inline'));
  const again = join(directory, 'again');
  execFileSync('node', ['synth.js'], {
    cwd: ROOT,
    env: { ...process.env, MILVUS_CONFIG: join(directory, 'milvus.yaml'), CDK8S_OUTDIR: again },
    stdio: 'pipe',
  });
  expect(contents(again)).toEqual(contents(outdir));
});

test('cdk8s synth gives what npm run synth gives', () => {
  const project = join(directory, 'project');
  mkdirSync(project);
  copyProject(project);
  const env = { ...process.env, CDK8S_CHECK_UPGRADE: 'false' };
  const cdk8s = (...args: string[]) =>
    execFileSync(join(ROOT, 'node_modules/.bin/cdk8s'), ['synth', ...args], {
      cwd: project,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  mkdirSync(join(project, 'dist/other'), { recursive: true });
  for (const file of ['mine.txt', 'other/mine.k8s.yaml'])
    writeFileSync(join(project, 'dist', file), 'mine\n');
  const others = contents(join(project, 'dist'));
  expect(cdk8s()).toContain('  - .cdk8s/milvus-test.k8s.yaml\n');

  const outdir = join(directory, 'dist');
  const config = join(ROOT, 'milvus.yaml');
  synthesize({ config, outdir, env: {} });
  expect(contents(join(project, 'dist'))).toEqual([...contents(outdir), ...others].sort());

  // More than a pipe takes at once, and nothing of dist goes.
  expect(cdk8s('--stdout')).toBe(synthesizeStream({ config, env: {} }).stream);
  expect(contents(join(project, 'dist'))).toEqual([...contents(outdir), ...others].sort());
  // Again, over the link of the first time.
  cdk8s();
  expect(contents(join(project, 'dist'))).toEqual([...contents(outdir), ...others].sort());
}, 60_000);

test('what a person starts is not where kubectl apply -f or kustomize would take it', () => {
  const { outdir, synthesis } = synth({ ...minimal, backup: { enabled: true } });
  expect(synthesis.clusters[0]?.jobs).toEqual({
    'smoke-test': 'jobs/milvus-test-smoke-test.k8s.yaml',
    restore: 'jobs/milvus-test-restore.k8s.yaml',
    'verify-backup': 'jobs/milvus-test-verify-backup.k8s.yaml',
    'list-backups': 'jobs/milvus-test-list-backups.k8s.yaml',
  });
  expect(readFileSync(join(outdir, 'Kustomization'), 'utf8')).not.toContain('jobs');
  // Without backups there is nothing to restore, and what was there goes, once somebody says so.
  const { stale } = synth(minimal).synthesis.written;
  expect(stale).toEqual([
    'jobs/milvus-test-list-backups.k8s.yaml',
    'jobs/milvus-test-restore.k8s.yaml',
    'jobs/milvus-test-verify-backup.k8s.yaml',
  ]);
  synthesize({ config: join(directory, 'milvus.yaml'), outdir, env: {}, prune: true });
  expect(filesIn(outdir)).toEqual([
    'Kustomization',
    'jobs/Kustomization',
    'jobs/milvus-test-smoke-test.k8s.yaml',
    'milvus-test-scripts.k8s.yaml',
    'milvus-test.k8s.yaml',
  ]);
});

describeWith(['kubectl'], 'an overlay reaches the Jobs when it lists them', () => {
  const OVERLAY = `
namespace: vectors
labels: [{ pairs: { team: search }, includeSelectors: true }]
secretGenerator:
  - { name: milvus-test-s3, literals: [access-key=a, secret-key=b] }
  - { name: milvus-test-mysql, literals: [mysql-root-password=a, mysql-password=b] }
images: [{ name: milvusdb/mishards, newName: mirror.example.com/mishards }]
`;
  const build = (overlay: string) =>
    parse(
      execFileSync('kubectl', ['kustomize', join(directory, overlay)], {
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
      }),
    );
  const write = (overlay: string, text: string) => {
    mkdirSync(join(directory, overlay));
    writeFileSync(join(directory, overlay, 'kustomization.yaml'), text);
  };

  function expectReached(manifests: readonly Manifest[]): void {
    const jobs = manifests.filter(({ kind }) => kind === 'Job');
    expect(jobs.map(idOf).sort()).toEqual(
      ['list-backups', 'restore', 'smoke-test', 'verify-backup'].map((job) => `Job/milvus-test-${job}`),
    );
    for (const { metadata } of jobs) expect(metadata['namespace']).toBe('vectors');
    // These are made when they are wanted.
    expect(referenceProblems(manifests, { external: [] })).toEqual(
      ['export', 'import'].map((job) => `NetworkPolicy/milvus-test-${job}: spec.podSelector matches no pod`),
    );
    const text = stringify(jobs);
    expect(text).toContain('mirror.example.com/mishards:');
    expect(text).toMatch(/name: milvus-test-mysql-\w{10}\n/);
    expect(text).toMatch(/name: milvus-test-s3-\w{10}\n/);
    // They are who the policies let through.
    const template = podTemplates(jobs).find(({ owner }) => owner.metadata.name === 'milvus-test-smoke-test');
    expect(template?.metadata['labels']).toMatchObject({ team: 'search' });
  }

  test('beside the cluster', () => {
    synth({ ...minimal, backup: { enabled: true } });
    write('overlay', `resources: [../dist, ../dist/jobs]${OVERLAY}`);
    expectReached(build('overlay'));
  });

  test('in an overlay of their own, over that of the cluster', () => {
    synth({ ...minimal, backup: { enabled: true } });
    write('overlay', `resources: [../dist]${OVERLAY}`);
    write('jobs', 'resources: [../overlay, ../dist/jobs]\nnamespace: vectors\n');
    expect(build('overlay').filter(({ kind }) => kind === 'Job')).toEqual([]);
    const secrets = stringify(build('jobs').filter(({ kind }) => kind === 'Job'));
    expect(secrets).toMatch(/name: milvus-test-s3-\w{10}\n/);
  });

  test('of a cluster of a fleet', () => {
    synth(minimal, { ...minimal, name: 'other', s3: { ...minimal.s3, bucket: 'other-bucket' } });
    write('overlay', 'resources: [../dist/other/jobs]\nnamespace: vectors\n');
    expect(build('overlay').map(idOf)).toEqual(['Job/other-smoke-test']);
  });
});

test('a small change of the configuration is a small change of the manifests', () => {
  const { outdir } = synth({ ...minimal, readonly: { replicas: 2 } });
  const before = readFileSync(join(outdir, 'milvus-test.k8s.yaml'), 'utf8').split('\n');
  synth({ ...minimal, readonly: { replicas: 3 } });
  const after = readFileSync(join(outdir, 'milvus-test.k8s.yaml'), 'utf8').split('\n');
  const added = after.filter((line) => !before.includes(line));
  expect(added).toEqual(['  replicas: 3']);
  expect(after).toHaveLength(before.length);
});

describe('the summary', () => {
  test('names the next commands, and how to make the Secrets that are missing', () => {
    const { outdir, synthesis } = synth(minimal);
    expect(summary(synthesis).split('\n')).toEqual([
      `Synthesized ${outdir}/milvus-test.k8s.yaml (21 objects), milvus-test-scripts.k8s.yaml and Kustomization: 5 of 5 files changed.`,
      '',
      'Next:',
      '  # once, unless the Secrets exist; set S3_ACCESS_KEY, S3_SECRET_KEY first',
      '  kubectl create secret generic milvus-test-s3 --from-literal=access-key="${S3_ACCESS_KEY:?}" --from-literal=secret-key="${S3_SECRET_KEY:?}"',
      '  kubectl create secret generic milvus-test-mysql --from-literal=mysql-root-password="$(openssl rand -hex 24)" --from-literal=mysql-password="$(openssl rand -hex 24)"',
      `  kubectl apply -f ${outdir}`,
      '  kubectl rollout status deployment/milvus-test-mishards --timeout=15m',
      `  kubectl replace --force -f ${outdir}/jobs/milvus-test-smoke-test.k8s.yaml`,
      `  ${untilJobEnds('kubectl', 'milvus-test-smoke-test')}`,
      '  kubectl port-forward service/milvus-test 19530:19530',
    ]);
  });

  test('uses the configured namespace, Secrets and keys', () => {
    const text = summary(synth(everyOptionExternalMysql('existingSecret')).synthesis);
    expect(text).toContain(
      'kubectl -n vectors create secret generic keys-of-s3 --from-literal=the-access-key="${S3_ACCESS_KEY:?}" --from-literal=the-secret-key="${S3_SECRET_KEY:?}"',
    );
    expect(text).toContain('kubectl create namespace vectors ');
    expect(text).toContain(
      'create secret generic keys-of-backup --from-literal=backup-access-key="${BACKUP_ACCESS_KEY:?}"',
    );
    expect(text).toContain(
      'unless the Secrets exist; set S3_ACCESS_KEY, S3_SECRET_KEY, BACKUP_ACCESS_KEY, BACKUP_SECRET_KEY, RESTORE_ACCESS_KEY, RESTORE_SECRET_KEY, MYSQL_PASSWORD first',
    );
    expect(text).toContain('create secret generic outside-password --from-literal=pw="${MYSQL_PASSWORD:?}"');
    expect(text).toContain('port-forward service/every 19530:19531');
  });

  test('names what has to be there, as kubectl asks for it', () => {
    const text = summary(
      synth({
        ...minimal,
        namespace: 'vectors',
        podTemplate: { spec: { imagePullSecrets: [{ name: 'registry' }] } },
        mysql: { podTemplate: { spec: { priorityClassName: 'high' } } },
        writable: { podTemplate: { spec: { priorityClassName: 'high' } } },
        milvus: { metrics: { enabled: true } },
        monitoring: { podMonitor: { enabled: true }, prometheusRule: { enabled: true } },
      }).synthesis,
    );
    expect(text.split('\n').slice(3, 9)).toEqual([
      '  kubectl create namespace vectors   # unless it exists',
      '  kubectl -n vectors get customresourcedefinition/podmonitors.monitoring.coreos.com customresourcedefinition/prometheusrules.monitoring.coreos.com priorityclass/high secret/registry   # have to be there',
      '  # those of them that are not there yet; set PRIORITY, REGISTRY, REGISTRY_USER, REGISTRY_PASSWORD first',
      '  # monitoring.coreos.com: install the Prometheus Operator (https://prometheus-operator.dev)',
      '  kubectl create priorityclass high --value="${PRIORITY:?}"',
      '  kubectl -n vectors create secret docker-registry registry --docker-server="${REGISTRY:?}" --docker-username="${REGISTRY_USER:?}" --docker-password="${REGISTRY_PASSWORD:?}"',
    ]);
    expect(text).toContain('  # once, unless the Secrets exist; set S3_ACCESS_KEY, S3_SECRET_KEY first');
  });

  test.each<[what: string, config: Partial<MilvusConfig>, needed: string]>([
    [
      'the path of the chart',
      { storage: { path: '/var/lib/milvus' } },
      'secret/milvus-test-s3 secret/milvus-test-mysql',
    ],
    [
      'a claim with the metadata',
      { mysql: { persistence: { existingClaim: 'old' } } },
      'secret/milvus-test-s3 secret/milvus-test-mysql persistentvolumeclaim/old',
    ],
  ])('of a cluster that takes over data (%s) makes nothing anew', (_, config, needed) => {
    const text = summary(synth({ ...minimal, namespace: 'vectors', ...config }).synthesis);
    expect(text).not.toContain('create');
    expect(text.split('\n').slice(3, 7)).toEqual([
      '  # Where the Helm chart still runs, take the steps that "from-helm --adopt" prints instead.',
      `  kubectl -n vectors get ${needed}   # have to be there`,
      expect.stringMatching(/^ {2}kubectl diff -f \S+ {3}# read it before it is applied$/),
      expect.stringMatching(/^ {2}kubectl apply -f \S+$/),
    ]);
  });

  test('of a cluster that is stopped for a restore waits for its Job, and asks nothing of Milvus', () => {
    const backup = { enabled: true, restore: { backup: '20260701T021500Z' } };
    const { outdir, synthesis } = synth({ ...minimal, namespace: 'vectors', backup });
    expect(summary(synthesis).split('\n').slice(-2)).toEqual([
      `  kubectl apply -f ${outdir}`,
      `  ${untilJobEnds('kubectl -n vectors', 'milvus-test-restore-20260701t021500z')}`,
    ]);
    expect(synthesis.warnings).toEqual([
      `${join(directory, 'milvus.yaml')}: backup.restore is set, so Milvus is stopped and its backups are suspended; remove it when the Job of the restore is complete`,
    ]);
  });

  test('one Secret for everything is one command', () => {
    const one = { existingSecret: 'all' };
    const text = summary(
      synth({ ...minimal, s3: { ...minimal.s3, credentials: one }, mysql: { credentials: one } }).synthesis,
    );
    expect(text.match(/create secret generic all/g)).toHaveLength(1);
    expect(text).toMatch(/access-key=.*secret-key=.*mysql-root-password=.*mysql-password=/);
  });

  test('warns of inline credentials and does not show them', () => {
    const { synthesis } = synth(everyOption('inline'));
    const text = [...synthesis.warnings, summary(synthesis)].join('\n');
    expect(text).toMatch(/^\S+milvus\.yaml: s3\.credentials\.inline .* do not commit/m);
    expect(text).toMatch(/^\S+milvus\.yaml: mysql\.credentials\.inline /m);
    expect(text).toContain(', 4 warnings.');
    expect(text).toContain('create secret generic restore-ca --from-file=ca.crt=');
    for (const canary of Object.values(CANARIES)) expect(text).not.toContain(canary);
    expect(text).not.toContain('--from-literal');
  });

  test('warns of the embedded MinIO, whose keys nobody has to know', () => {
    const { synthesis } = synth({ name: 'first-try', s3: { embedded: true, bucket: 'milvus' } });
    const text = summary(synthesis);
    expect(synthesis.warnings).toEqual([expect.stringMatching(/: s3\.embedded .* not for production$/)]);
    expect(text).toContain('first-try-s3 --from-literal=access-key="$(openssl rand -hex 24)"');
    expect(text).not.toMatch(/set S3_ACCESS_KEY/);
  });

  test('for several clusters applies them all at once', () => {
    const text = summary(
      synth(minimal, { ...minimal, name: 'other', s3: { ...minimal.s3, bucket: 'other-bucket' } }).synthesis,
    );
    expect(text).toContain('Synthesized 2 clusters (11 files)');
    expect(text).toContain('  kubectl apply -k ');
    expect(text).not.toContain('kubectl apply -f');
  });
});

describeWith(['kubectl'], 'kubectl', () => {
  test.each(['a', 'milvus-test'])('takes the scripts of %s first, then what uses them', (name) => {
    const { outdir } = synth({ ...minimal, name });
    // Like apply, it takes the files of a directory one by one, and it asks no server.
    const label = ['label', '--local', '-f', outdir, 'a=b', '-o', 'name'];
    const taken = execFileSync('kubectl', label, { encoding: 'utf8', stdio: 'pipe' }).split('\n');
    expect(taken.slice(0, 3)).toEqual([
      `configmap/${name}-scripts`,
      `configmap/${name}-mishards`,
      `networkpolicy.networking.k8s.io/${name}-default-deny`,
    ]);
  });
});

describeWith(['kubectl'], 'kustomize', () => {
  const build = (target: string) =>
    parse(execFileSync('kubectl', ['kustomize', target], { encoding: 'utf8', stdio: 'pipe' }));

  test('builds dist as it is', () => {
    const { outdir } = synth(minimal);
    const plain = manifestsOf(minimal).map(idOf);
    expect(build(outdir).map(idOf).sort()).toEqual([...plain].sort());
  });

  test('builds several clusters at once', () => {
    const { outdir } = synth(minimal, {
      ...minimal,
      name: 'other',
      s3: { ...minimal.s3, bucket: 'other-bucket' },
    });
    expect(build(outdir)).toHaveLength(46);
  });

  test.each([
    ['minimal', minimal],
    ['stock discovery', { ...minimal, mishards: { discovery: 'kubernetes' as const } }],
  ])('an overlay sets namespace, images, replicas and the size of the claim (%s)', (_, config) => {
    const { outdir } = synth(config);
    const overlay = join(directory, 'overlay');
    mkdirSync(overlay);
    writeFileSync(
      join(overlay, 'kustomization.yaml'),
      stringify({
        resources: ['../dist'],
        namespace: 'production',
        images: [
          { name: 'milvusdb/milvus', newName: 'registry.example.com/milvus', newTag: '1.1.1-patched' },
        ],
        replicas: [{ name: 'milvus-test-readonly', count: 5 }],
        patches: [
          {
            target: { kind: 'StatefulSet', name: 'milvus-test-mysql' },
            patch: stringify([
              {
                op: 'replace',
                path: '/spec/volumeClaimTemplates/0/spec/resources/requests/storage',
                value: '8Gi',
              },
            ]),
          },
        ],
      }),
    );
    expect(existsSync(outdir)).toBe(true);
    const built = build(overlay);
    for (const { metadata } of built) expect(metadata['namespace']).toBe('production');
    expect(find(built, 'Deployment', 'milvus-test-readonly')).toMatchObject({ spec: { replicas: 5 } });
    const images = podTemplates(built).flatMap(({ spec }) => [
      ...records(spec['initContainers']),
      ...records(spec['containers']),
    ]);
    const milvus = images.filter(({ name }) => name === 'milvus' || name === 'render-config');
    expect(milvus.map(({ image }) => image)).toEqual(
      Array(4).fill('registry.example.com/milvus:1.1.1-patched'),
    );
    const [claim] = records(
      at(find(built, 'StatefulSet', 'milvus-test-mysql'), 'spec', 'volumeClaimTemplates'),
    );
    expect(at(claim, 'spec', 'resources', 'requests', 'storage')).toBe('8Gi');
  });
});
