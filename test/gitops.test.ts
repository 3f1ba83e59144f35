import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { synthesize } from '../lib';
import { schemaProblems } from './support/kubernetes-schema';
import { at, find, idOf, type Manifest, parse, records } from './support/manifests';
import { ROOT } from './support/project';

const EXAMPLES = join(ROOT, 'examples');
const directory = mkdtempSync(join(tmpdir(), 'gitops-'));
afterAll(() => rmSync(directory, { recursive: true }));

const ofKind = (manifests: readonly Manifest[], kind: string) => manifests.filter((one) => one.kind === kind);
const read = (file: string): Manifest[] => parse(readFileSync(join(EXAMPLES, file), 'utf8'));
const FILES = [
  'gitops/argo-cd.yaml',
  'gitops/argo-cd-fleet.yaml',
  'gitops/flux.yaml',
  'gitops/flux-fleet.yaml',
  'many-kubernetes-clusters/argo-cd.yaml',
  'many-kubernetes-clusters/flux.yaml',
] as const;

describe.each(FILES)('%s', (file) => {
  test('Argo CD and Flux take it, by their own types and schemas', () => {
    expect(schemaProblems(read(file))).toEqual([]);
  });
});

test('their types and schemas find what is wrong', () => {
  const [set] = read('gitops/argo-cd-fleet.yaml');
  const wrong = JSON.parse(
    JSON.stringify(set).replace('"directories"', '"folders"').replace('"limit":5', '"limit":"5"'),
  );
  expect(schemaProblems([wrong]).join('\n')).toMatch(/folders[\s\S]*limit/);
  const flux = JSON.parse(
    JSON.stringify(ofKind(read('gitops/flux-fleet.yaml'), 'Kustomization')[0]).replace('"5m"', '"soon"'),
  );
  expect(schemaProblems([flux]).join('\n')).toContain('/spec/timeout');
});

const directoriesIn = (top: string): string[] =>
  readdirSync(top, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1));

/** The Applications of an ApplicationSet over the directories of a repository, as its generator and its template make them. */
function applications(set: Manifest | undefined, repository: string): Manifest[] {
  const [generator] = records(at(set, 'spec', 'generators'));
  const patterns = records(at(generator, 'git', 'directories'));
  // As path.Match of Go: a star is one step.
  const matches = (path: string, pattern: unknown) =>
    new RegExp(`^${String(pattern).replaceAll('*', '[^/]*')}$`).test(path);
  const any = (path: string, exclude: boolean) =>
    patterns.some((one) => (one['exclude'] === true) === exclude && matches(path, one['path']));
  return directoriesIn(repository)
    .filter((path) => any(path, false) && !any(path, true))
    .sort()
    .map((path) => {
      const segments = path.split('/');
      const values: Readonly<Record<string, string | undefined>> = {
        '.path.basename': segments.at(-1),
        '.path.path': path,
        'index .path.segments 1': segments[1],
      };
      const text = JSON.stringify(at(set, 'spec', 'template'));
      return JSON.parse(text.replace(/\{\{ (.*?) \}\}/g, (_, name: string) => String(values[name])));
    });
}

describe('a fleet', () => {
  const dist = join(directory, 'fleet/dist');
  const clusters = ['milvus-books', 'milvus-music'];
  beforeAll(() => {
    synthesize({ config: join(EXAMPLES, 'fleet/clusters'), outdir: dist, env: {} });
  });

  test('Argo CD makes an Application of each cluster, and none of their Jobs', () => {
    const found = applications(read('gitops/argo-cd-fleet.yaml')[0], join(directory, 'fleet'));
    expect(found.map((one) => [one.metadata.name, at(one, 'spec', 'source', 'path')])).toEqual(
      clusters.map((name) => [`fleet-${name}`, `dist/${name}`]),
    );
    for (const one of found) {
      expect(at(one, 'spec', 'syncPolicy', 'syncOptions')).toContain('ServerSideApply=true');
      const path = join(directory, 'fleet', String(at(one, 'spec', 'source', 'path')));
      expect(readFileSync(join(path, 'Kustomization'), 'utf8')).not.toContain('jobs');
    }
  });

  test('a fleet of one has no Application of its Jobs', () => {
    const alone = join(directory, 'alone');
    synthesize({ config: join(ROOT, 'milvus.yaml'), outdir: join(alone, 'dist'), env: {} });
    expect(existsSync(join(alone, 'dist/jobs'))).toBe(true);
    expect(applications(read('gitops/argo-cd-fleet.yaml')[0], alone)).toEqual([]);
  });

  test('Flux has a Kustomization of each, after their namespaces, and finds nothing to substitute', () => {
    const flux = read('gitops/flux-fleet.yaml');
    const [namespaces, ...others] = ofKind(flux, 'Kustomization');
    expect(others.map((one) => at(one, 'spec', 'path'))).toEqual(clusters.map((name) => `./dist/${name}`));
    for (const one of others) {
      expect(at(one, 'spec', 'dependsOn')).toEqual([{ name: namespaces?.metadata.name }]);
      expect(find(flux, 'GitRepository', String(at(one, 'spec', 'sourceRef', 'name')))).toBeDefined();
      expect(at(one, 'spec', 'postBuild')).toBeDefined();
    }
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.yaml'),
    );
    expect(files).toHaveLength(6);
    for (const file of files) expect(readFileSync(join(dist, file), 'utf8')).not.toMatch(/\$\{|\$\$/);
  });
});

describe('500 clusters over 20 Kubernetes clusters', () => {
  const place = join(directory, 'many');
  const kubernetes = Array.from({ length: 20 }, (_, index) => `region-${index + 1}`);
  const tenants = Array.from({ length: 25 }, (_, index) => `tenant-${index + 1}`);
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, {
      cwd: place,
      encoding: 'utf8',
      env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
    });
  beforeAll(() => {
    const example = join(EXAMPLES, 'many-kubernetes-clusters');
    mkdirSync(place);
    for (const file of ['base.yaml', 'synth.sh']) cpSync(join(example, file), join(place, file));
    for (const name of kubernetes) {
      const rename = (text: string) => text.replaceAll('eu-1', name);
      writeFileSync(join(place, `${name}.yaml`), rename(readFileSync(join(example, 'eu-1.yaml'), 'utf8')));
      mkdirSync(join(place, 'clusters', name), { recursive: true });
      const cluster = rename(readFileSync(join(example, 'clusters/eu-1/books.yaml'), 'utf8'));
      for (const tenant of tenants)
        writeFileSync(join(place, 'clusters', name, `${tenant}.yaml`), cluster.replaceAll('books', tenant));
    }
    const { status, stderr } = run('sh', 'synth.sh', 'dist', ROOT);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  }, 300_000);

  test('each Kubernetes cluster takes its own, and no cluster is taken twice or by none', () => {
    const found = applications(read('many-kubernetes-clusters/argo-cd.yaml')[0], place);
    expect(found).toHaveLength(500);
    expect(new Set(found.map(({ metadata }) => metadata.name)).size).toBe(500);
    for (const one of found) {
      const [, name] = String(at(one, 'spec', 'source', 'path')).split('/');
      expect(at(one, 'spec', 'destination', 'name')).toBe(name);
      expect(one.metadata.name.endsWith(`-${name}`)).toBe(true);
    }
    for (const name of kubernetes) {
      const all = parseYaml(readFileSync(join(place, 'dist', name, 'Kustomization'), 'utf8'));
      expect([...(all.resources as string[])].sort()).toEqual(
        tenants.map((tenant) => `${tenant}-${name}`).sort(),
      );
    }
    const flux = read('many-kubernetes-clusters/flux.yaml');
    expect(at(find(flux, 'Kustomization', 'milvus-fleet'), 'spec', 'path')).toBe('./dist/eu-1');
  });

  test('one report for all of them', () => {
    const base = join(place, 'base.yaml');
    writeFileSync(base, readFileSync(base, 'utf8').replace('mishards: {', 'mishards: { maxWorkers: 90,'));
    const { status, stdout } = run(
      'node',
      ...['-r', join(ROOT, 'node_modules/tsx/dist/cjs/index.cjs'), join(ROOT, 'lib/cli/bin.ts'), 'diff'],
      ...['--against', 'dist', '-c', 'clusters/*/*.yaml'],
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^500 clusters:\n {2}500 {2}restart proxies\n/);
  }, 200_000);
});

test('the committed example of two has what its files say', () => {
  const place = join(directory, 'two');
  cpSync(join(EXAMPLES, 'many-kubernetes-clusters'), place, { recursive: true });
  const { status } = spawnSync('sh', ['synth.sh', 'dist', ROOT], { cwd: place });
  expect(status).toBe(0);
  const ids = ['eu-1', 'us-1'].flatMap((name) =>
    ['books', 'music'].flatMap((tenant) =>
      parse(
        readFileSync(join(place, 'dist', name, `${tenant}-${name}/${tenant}-${name}.k8s.yaml`), 'utf8'),
      ).map((one) => `${one.metadata['namespace']} ${idOf(one)}`),
    ),
  );
  expect(ids).toContain('books Deployment/books-eu-1-readonly');
  expect(ids).toContain('music Deployment/music-us-1-readonly');
});
