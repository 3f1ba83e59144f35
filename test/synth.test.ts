import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { copyProject, ROOT } from './support/project';

/** What runs is a bundle: it must never be older than what it was made from, nor damaged. */
jest.setTimeout(120_000);
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), `it's a "project" in $HOME-`));
  copyProject(project);
});
afterEach(() => rmSync(project, { recursive: true }));

function synth(...args: string[]) {
  const { status, stderr } = spawnSync('node', ['synth.js', ...args], { cwd: project, encoding: 'utf8' });
  const files = ['milvus-test-scripts', 'milvus-test'].map((name) => join(project, `dist/${name}.k8s.yaml`));
  const manifest = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  return { status, stderr, manifest: manifest.join('') };
}

function edit(file: string, from: string, to: string): void {
  const target = join(project, file);
  const { atime, mtime } = statSync(target);
  const before = readFileSync(target, 'utf8');
  expect(before).toContain(from);
  writeFileSync(target, before.replace(from, to));
  // As unnoticeable as an edit can be.
  utimesSync(target, atime, mtime);
}

test('an edit shows at once, even one that leaves size and time of the file as they were', () => {
  expect(synth().manifest).toContain('managed-by: cdk8s\n');
  edit(
    'lib/kubernetes/labels.ts',
    "'app.kubernetes.io/managed-by': 'cdk8s'",
    "'app.kubernetes.io/managed-by': 'cdk9s'",
  );
  expect(synth().manifest).toContain('managed-by: cdk9s\n');
  edit('assets/mysql-ready.sh', 'readiness probe', 'READINESS PROBE');
  expect(synth().manifest).toContain('READINESS PROBE');
  edit('main.ts', 'npm run synth --', 'npm run SYNTH --');
  expect(synth('--bogus')).toMatchObject({ status: 2, stderr: expect.stringContaining('npm run SYNTH --') });
});

test('a command is run in the same way, each with machine code of its own', () => {
  const images = () =>
    spawnSync('node', ['scripts/bundled.js', 'cli', 'images'], { cwd: project, encoding: 'utf8' });
  expect(images()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('milvusdb/milvus'),
    stderr: '',
  });
  const kept = readdirSync(join(project, '.cache'), { recursive: true, encoding: 'utf8' });
  expect(kept.map((file) => basename(file))).toContain('cli-images.code');
  edit('lib/output/images.ts', '\\t', '  ');
  expect(images().stdout).not.toContain('\t');
  edit(
    'lib/output/images.ts',
    'export function imageTable(',
    "if (imageTable) throw new Error('a bug');\nexport function imageTable(",
  );
  const { status, stderr } = images();
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/a bug[\s\S]*images\.ts:\d+:/),
  });
});

test('it takes what `cdk8s-milvus synth` takes, and nothing else', () => {
  writeFileSync(join(project, 'other.yaml'), 'name: other\ns3: {address: rgw, bucket: vectors}\n');
  expect(synth('--bogus', '-c', 'other.yaml')).toEqual({
    status: 2,
    stderr: "cdk8s-milvus: unknown option '--bogus'\nSee npm run synth -- --help\n",
    manifest: '',
  });
  expect(synth('-c', 'other.yaml', '-o', 'elsewhere', '-q')).toEqual({ status: 0, stderr: '', manifest: '' });
  expect(existsSync(join(project, 'elsewhere/other.k8s.yaml'))).toBe(true);
});

test('a new file that takes the place of another one is seen', () => {
  synth();
  mkdirSync(join(project, 'lib/kubernetes/labels'));
  cpSync(join(project, 'lib/kubernetes/labels.ts'), join(project, 'lib/kubernetes/labels/index.ts'));
  rmSync(join(project, 'lib/kubernetes/labels.ts'));
  edit(
    'lib/kubernetes/labels/index.ts',
    "'app.kubernetes.io/managed-by': 'cdk8s'",
    "'app.kubernetes.io/managed-by': 'moved'",
  );
  expect(synth().manifest).toContain('managed-by: moved\n');
});

test('a mistake in the sources is shown with its place, and mended by the next edit', () => {
  synth();
  edit('lib/kubernetes/labels.ts', 'export function selectorLabels(', 'export function selectorLabels((');
  const broken = synth();
  expect(broken.status).not.toBe(0);
  expect(broken.stderr).toMatch(/labels\.ts/);
  edit('lib/kubernetes/labels.ts', 'export function selectorLabels((', 'export function selectorLabels(');
  expect(synth().status).toBe(0);
});

test('an error that nobody expects names the lines of TypeScript, and the app is not run a second time', () => {
  edit('main.ts', 'endWith(forCdk8s', "process.stderr.write('main runs\\n');\nendWith(forCdk8s");
  edit('lib/milvus-cluster.ts', 'this.settings = settings;', "if (settings) throw new Error('a bug');");
  const { status, stderr } = synth();
  expect(status).not.toBe(0);
  const lines = readFileSync(join(project, 'lib/milvus-cluster.ts'), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes('a bug')) + 1;
  expect(stderr).toMatch(
    new RegExp(`a bug[^]*${project.replace('$', '\\$')}/lib/milvus-cluster\\.ts:${line}:`),
  );
  expect(stderr.match(/^main runs$/gm)).toHaveLength(1);
});

describe('what is kept is not what it was', () => {
  const cache = (...names: string[]) => join(project, '.cache', ...names);
  /** The files of the cache, in the bundle's directory or above it. */
  const kept = () =>
    readdirSync(cache(), { recursive: true, encoding: 'utf8' }).filter((file) =>
      statSync(cache(file)).isFile(),
    );
  let whole: string;
  beforeEach(() => {
    whole = synth().manifest;
    rmSync(join(project, 'dist'), { recursive: true });
  });

  test('the bundle, its machine code, what is known of both, and what was made', () => {
    const names = kept().map((file) => basename(file).replace(/^made-.{16}/, 'made-of-dist'));
    expect(names.sort()).toEqual([
      'cli.js',
      'cli.js.map',
      'made-of-dist.json',
      'main.code',
      'main.js',
      'main.js.map',
      'manifest.json',
      'worker.js',
      'worker.js.map',
    ]);
  });

  const DAMAGES = {
    empty: () => Buffer.alloc(0),
    cut: (content: Buffer) => content.subarray(0, content.length / 2),
    'of other bytes': (content: Buffer) => content.map((byte) => byte ^ 1),
  };

  test.each<[name: string, how: keyof typeof DAMAGES]>([
    ['main.js', 'empty'],
    ['worker.js', 'empty'],
    ['main.code', 'cut'],
    ['main.code', 'of other bytes'],
    ['manifest.json', 'cut'],
  ])('%s is %s: it is made anew', (name, how) => {
    const file = cache(kept().find((one) => basename(one) === name) ?? '');
    writeFileSync(file, DAMAGES[how](readFileSync(file)));
    expect(synth()).toMatchObject({ status: 0, manifest: whole });
    expect(synth()).toMatchObject({ status: 0, manifest: whole });
  });

  test('what it can do without can not be kept: it works all the same, and once', () => {
    rmSync(cache(), { recursive: true });
    const full = join(project, 'full.js');
    writeFileSync(
      full,
      `const fs = require('node:fs');
       const { renameSync } = fs;
       fs.renameSync = (from, to) => {
         if (to.endsWith('main.code')) throw new Error('no space left');
         renameSync(from, to);
       };`,
    );
    const { status, stderr } = spawnSync('node', ['-r', full, 'synth.js'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect({ status, synthesized: stderr.match(/^Synthesized /gm) }).toMatchObject({
      status: 0,
      synthesized: ['Synthesized '],
    });
    expect(kept().map((file) => basename(file))).not.toContain('main.code');
  });
});

test('where nothing can be kept it works all the same', () => {
  writeFileSync(join(project, '.cache'), 'a file in the way of the directory');
  chmodSync(join(project, '.cache'), 0o400);
  const { status, manifest } = synth();
  expect(status).toBe(0);
  expect(manifest).toContain('kind: Deployment');
});

describe('packages that are not as npm ci --include=dev makes them here', () => {
  const modules = (...names: string[]) => join(project, 'node_modules', ...names);

  /** The packages, but those: they are copied without what is named with them, or left out. */
  function install(others: Readonly<Record<string, 'copied' | 'missing'>>): void {
    rmSync(modules());
    mkdirSync(modules());
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (!(name in others)) symlinkSync(join(ROOT, 'node_modules', name), modules(name));
      // A link would find what is beside its target.
      else if (others[name] === 'copied')
        cpSync(join(ROOT, 'node_modules', name), modules(name), { recursive: true });
    }
  }

  function run(args: readonly string[], env: Record<string, string> = {}) {
    const { status, stdout, stderr } = spawnSync('node', args, {
      cwd: project,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    expect(stderr).not.toMatch(/^\s+at /m);
    return { status, stdout, stderr };
  }

  const COMMANDS = [['synth.js'], ['scripts/bundled.js', 'cli', 'images']];

  test('those of production alone: what to install is said', () => {
    install({ tsx: 'missing', esbuild: 'missing', '@esbuild': 'missing' });
    for (const command of COMMANDS) {
      expect(run(command)).toEqual({
        status: 1,
        stdout: '',
        stderr:
          `The package tsx/cjs is not in ${modules()}.\n` +
          '  - Install with "npm ci --include=dev": NODE_ENV=production and --omit leave out what runs here.\n',
      });
    }
    expect(existsSync(join(project, 'dist'))).toBe(false);
  });

  test('those of another platform: where to install is said', () => {
    install({ tsx: 'copied', esbuild: 'copied', '@esbuild': 'missing' });
    mkdirSync(modules('@esbuild/other-platform'), { recursive: true });
    rmSync(modules('esbuild/bin'), { recursive: true });
    for (const command of COMMANDS) {
      expect(run(command)).toEqual({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /^The compiler in .* does not run on \S+ \(.+\)\.\n {2}- Install with "npm ci --include=dev" on the machine .*\n$/,
        ),
      });
    }
  });

  test('a bundle that is there needs no compiler', () => {
    const { manifest } = synth();
    install({ tsx: 'missing', esbuild: 'missing', '@esbuild': 'missing' });
    expect(synth()).toMatchObject({ status: 0, manifest });
  });

  test('NODE_ENV=production with all of them: the same manifests', () => {
    const { manifest } = synth();
    rmSync(join(project, '.cache'), { recursive: true });
    rmSync(join(project, 'dist'), { recursive: true });
    expect(run(['synth.js', '-q'], { NODE_ENV: 'production' }).status).toBe(0);
    expect(synth().manifest).toBe(manifest);
    expect(synth().stderr).toContain('0 of 5 files changed');
  });
});

describe('a disk that takes nothing', () => {
  /** Runs with a system that refuses to write certain files. */
  function refusing(code: string, where: string, ...args: string[]) {
    const hook = join(project, 'refuse.js');
    writeFileSync(
      hook,
      `const fs = require('node:fs');
       for (const name of ['writeFileSync', 'mkdirSync', 'renameSync', 'symlinkSync']) {
         const real = fs[name];
         fs[name] = (...args) => {
           const file = String(args[name === 'renameSync' || name === 'symlinkSync' ? 1 : 0]);
           if (file.includes(${JSON.stringify(where)}) && !fs.existsSync(file + '/.')) {
             // A full disk has room for the beginning.
             if (name === 'writeFileSync') real(file, String(args[1]).slice(0, 100));
             throw Object.assign(new Error(${JSON.stringify(code)} + ': refused'), { code: ${JSON.stringify(code)} });
           }
           return real(...args);
         };
       }`,
    );
    const { status, stderr } = spawnSync('node', ['-r', hook, 'synth.js', ...args], {
      cwd: project,
      encoding: 'utf8',
    });
    rmSync(hook);
    return { status, stderr };
  }

  const files = () => readdirSync(join(project, 'dist'), { recursive: true, encoding: 'utf8' }).sort();

  test('full: said in a line, nothing half-written is left, and what was there is as it was', () => {
    const before = synth();
    const names = files();
    edit('milvus.yaml', 'replicas: 1', 'replicas: 3');
    const { status, stderr } = refusing('ENOSPC', 'milvus-test.k8s.yaml');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `${join(project, 'dist')}: can not be written (ENOSPC: refused)\n  - The disk is full: make room, and run it again.\n\nNothing was written.\n`,
    });
    expect(files()).toEqual(names);
    expect(synth().manifest).not.toBe(before.manifest);
  });

  test('a checkout that is read-only: another place for the output is asked for, and taken', () => {
    const { status, stderr } = refusing('EROFS', project);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^.*\/dist: can not be written \(EROFS: refused\)\n {2}- Choose another output directory \(-o, CDK8S_OUTDIR\)\.\n\nNothing was written\.\n$/,
    );
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    try {
      expect(refusing('EROFS', project, '-q', '-o', elsewhere)).toEqual({ status: 0, stderr: '' });
      expect(readdirSync(elsewhere)).toContain('milvus-test.k8s.yaml');
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

test('runs at the same time leave what one alone does, whether others of them fail or not', async () => {
  const { manifest } = synth();
  rmSync(join(project, 'dist'), { recursive: true });
  rmSync(join(project, '.cache'), { recursive: true });
  writeFileSync(join(project, 'bad.yaml'), 'name: BAD\n');
  const ends = await Promise.all(
    [[], [], ['-c', 'bad.yaml']].map(
      (args) =>
        new Promise((resolve) => {
          spawn('node', ['synth.js', '-q', ...args], { cwd: project, stdio: 'ignore' }).on('close', resolve);
        }),
    ),
  );
  expect(ends).toEqual([0, 0, 1]);
  expect(synth()).toMatchObject({ manifest, stderr: expect.stringContaining('0 of 5 files changed') });
  expect(readdirSync(join(project, 'dist')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('the commands that come next can be pasted, whatever the output directory is called', () => {
  const outdir = join(project, "dist'; exit 9; '");
  const { stderr } = synth('-o', outdir);
  const commands = stderr.split('\n').filter((line) => / (apply|replace) /.test(line));
  expect(commands).toHaveLength(2);
  const { stdout } = spawnSync(
    'sh',
    ['-c', `kubectl() { for arg; do :; done; printf '%s\\n' "$arg"; }\n${commands.join('\n')}`],
    {
      encoding: 'utf8',
    },
  );
  expect(stdout).toBe(`${outdir}\n${outdir}/jobs/milvus-test-smoke-test.k8s.yaml\n`);
});
