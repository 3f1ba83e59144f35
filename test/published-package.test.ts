import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { manifestsOf } from './support/clusters';
import { blocks, documentOf, shellBlocks } from './support/documents';
import { idOf, parse } from './support/manifests';
import { ROOT } from './support/project';

/** A project of somebody else's, with the package as npm would publish it. */
const project = mkdtempSync(join(tmpdir(), 'published-package-'));
afterAll(() => rmSync(project, { recursive: true }));
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, {
    cwd: project,
    encoding: 'utf8',
    stdio: 'pipe',
    env: {
      ...process.env,
      CI: '',
      npm_config_prefer_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
    },
  });
/** TypeScript and the types of Node are a developer's own; those of this project will do. */
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const TYPES = join(ROOT, 'node_modules/@types');

function compile(...files: readonly string[]): void {
  const options = ['--strict', '--target', 'es2022', '--module', 'node16', '--moduleResolution', 'node16'];
  run('node', TSC, ...options, '--typeRoots', TYPES, '--types', 'node', ...files);
}

/** A module that was built once, and whose source is gone. */
const LEFT_OVER = 'build/lib/left-over.js';

beforeAll(() => {
  mkdirSync(dirname(join(ROOT, LEFT_OVER)), { recursive: true });
  writeFileSync(join(ROOT, LEFT_OVER), '');
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', project], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: 'pipe',
    }),
  ) as [{ filename: string }];
  writeFileSync(join(project, 'package.json'), '{ "name": "somebody-elses", "private": true }\n');
  cpSync(join(ROOT, 'examples/typescript/main.ts'), join(project, 'main.ts'));
  // What the example tells to do.
  const [commands] = shellBlocks(documentOf('examples/typescript/README.md').text);
  expect(commands?.anywhere).toContain(`npm install ./${packed.filename} `);
  run('bash', '-euc', String(commands?.anywhere));
}, 300_000);

test('it has what users need, and nothing of the development', () => {
  const installed = join(project, 'node_modules/cdk8s-milvus');
  expect(readdirSync(installed).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'README.zh-CN.md',
    'SECURITY.md',
    'assets',
    'build',
    'milvus.schema.json',
    'package.json',
  ]);
  const all = readdirSync(installed, { recursive: true }).map(String);
  expect(
    all.filter((file) => /\.test\.|(^|\/)test\/|\.tsbuildinfo$|__snapshots__|(?<!\.d)\.ts$/.test(file)),
  ).toEqual([]);
  expect(all).toContain('build/lib/index.js');
  expect(all).not.toContain(LEFT_OVER);
});

test('the example of an app has synthesized what it says', () => {
  const text = readFileSync(join(project, 'dist/milvus.k8s.yaml'), 'utf8');
  expect(text).toContain('name: ndots');
  expect(text).toContain('whenDeleted: Retain');
});

test('its constructs and types are used in an app of another', () => {
  writeFileSync(
    join(project, 'app.ts'),
    `import { App, JsonPatch } from 'cdk8s';
import {
  type Admin, type Backup, ConfigurationError, fromHelmValues, loadClusters, MilvusCluster, type MilvusConfig, MilvusJob, type Minio,
  type Monitoring, type NetworkPolicies, type SmokeTest, type StaleFile, staleFiles,
} from 'cdk8s-milvus';

const config: MilvusConfig = { name: 'milvus', s3: { address: 'rgw.example.com', bucket: 'vectors' }, readonly: { replicas: 3 } };
const app = new App({ outdir: 'app' });
const cluster = new MilvusCluster(app, 'milvus', config);
cluster.writable.deployment.addJsonPatch(JsonPatch.add('/spec/template/spec/runtimeClassName', 'gvisor'));
const other: MilvusConfig = fromHelmValues({ mysql: { enabled: false } }, { release: 'milvus' });
try {
  new MilvusCluster(app, 'other', { ...other, readonly: {} });
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.log(error.message);
}
app.synth();

export const parts: [Backup?, Monitoring?, NetworkPolicies?, Admin?, Minio?, SmokeTest?] =
  [cluster.backup, cluster.monitoring, cluster.networkPolicies, cluster.admin, cluster.minio, cluster.canary];
new MilvusJob(new App(), 'job', 'smoke-test', config).job.metadata.addLabel('team', 'search');
export const stale = (): readonly StaleFile[] => staleFiles({ config: 'milvus.yaml' }, 'dist');
export const changed = () => loadClusters().map(({ config: loaded }): MilvusConfig => ({ ...loaded, namespace: 'x' }));
`,
  );
  compile('app.ts');
  expect(run('node', 'app.js')).toContain('readonly: given a value with mode: standalone');
  const text = readFileSync(join(project, 'app/milvus.k8s.yaml'), 'utf8');
  expect(text).toContain('runtimeClassName: gvisor');
  expect(parse(text).map(idOf)).toEqual(
    manifestsOf({
      name: 'milvus',
      s3: { address: 'rgw.example.com', bucket: 'vectors' },
      readonly: { replicas: 3 },
    }).map(idOf),
  );
}, 120_000);

test('a project that cdk8s init has made takes it, and checks the types of all libraries', () => {
  const init = join(project, 'init');
  cpSync(join(ROOT, 'node_modules/cdk8s-cli/templates/typescript-app'), init, { recursive: true });
  const main = join(init, 'main.ts');
  writeFileSync(
    main,
    readFileSync(main, 'utf8')
      .replace("from 'cdk8s';", "from 'cdk8s';\nimport { loadClusters, MilvusCluster } from 'cdk8s-milvus';")
      .replace(
        '// define resources here',
        `new MilvusCluster(this, 'milvus', { name: 'milvus', s3: { address: 'rgw', bucket: 'vectors' } });
    if (props.namespace) new MilvusCluster(this, 'loaded', loadClusters()[0].settings);`,
      ),
  );
  // Its tsconfig.json as it is: an old target, no esModuleInterop, no skipLibCheck.
  run('node', TSC, '-p', init, '--typeRoots', TYPES, '--types', 'node,jest');
  const tests = JSON.stringify({ rootDir: init, testMatch: ['**/*.test.js'] });
  run('node', join(ROOT, 'node_modules/jest/bin/jest.js'), '--config', tests, '--ci=false', '-u');
}, 120_000);

test('the examples of its reference compile and run, and so does that of the README', () => {
  writeFileSync(join(project, 'milvus.yaml'), 'name: from-file\ns3: {address: rgw, bucket: vectors}\n');
  const examples = ['README.md', 'docs/reference/library.md'].flatMap((name) =>
    blocks(documentOf(name).text, 'ts'),
  );
  const names = examples.map((text, index) => {
    writeFileSync(join(project, `example-${index}.ts`), text);
    return `example-${index}`;
  });
  compile(...names.map((name) => `${name}.ts`));
  const output = names.map((name) => run('node', `${name}.js`)).join('');
  expect(output).toContain('Synthesized manifests/from-file.k8s.yaml (21 objects)');
  const written = (file: string) => readFileSync(join(project, file), 'utf8');
  for (const words of ['runtimeClassName: gvisor', 'example.com/owner: search'])
    expect(written('dist/milvus.k8s.yaml')).toContain(words);
  expect(parse(written('dist/jobs/smoke-test.k8s.yaml')).map(idOf)).toEqual(['Job/milvus-smoke-test']);
  expect(written('patched/from-file/from-file.k8s.yaml')).toContain('example.com/team: search');
  expect(parse(written('from-values/milvus-test.k8s.yaml')).map(idOf)).toContain('Service/milvus-test');
}, 120_000);

test('an ES module imports it by name', () => {
  writeFileSync(
    join(project, 'module.mjs'),
    "import { MilvusCluster } from 'cdk8s-milvus';\nconsole.log(MilvusCluster.name);\n",
  );
  expect(run('node', 'module.mjs')).toBe('MilvusCluster\n');
});

test('its command works without a checkout', () => {
  writeFileSync(join(project, 'milvus.yaml'), 'name: milvus\ns3: {address: rgw, bucket: vectors}\n');
  run('npx', '--offline', 'cdk8s-milvus', 'synth', '-q', '--prune', '-o', 'manifests');
  expect(readdirSync(join(project, 'manifests')).sort()).toEqual([
    'Kustomization',
    'jobs',
    'milvus-scripts.k8s.yaml',
    'milvus.k8s.yaml',
  ]);
  run('npx', '--offline', 'cdk8s-milvus', 'check', '-c', 'milvus.yaml', '-o', 'manifests');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(run('npx', '--offline', 'cdk8s-milvus', '--version')).toBe(`${version}\n`);
}, 120_000);
