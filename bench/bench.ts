import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * How long it takes: start-up, one cluster, the commands, an edit that is watched, and fleets. Whole processes, in turns, so that a machine that gets slower
 * slows all of them down; what to look at is the medians and their ratios.
 *
 *   npm run bench -- [--runs 7] [--clusters 1,10,100,1000] [--json FILE] [--helm-chart DIRECTORY [--helm helm]]
 */
const ROOT = join(__dirname, '..');

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    clusters: { type: 'string', default: '1,10,100,1000' },
    json: { type: 'string', default: join(ROOT, '.cache', 'bench.json') },
    'helm-chart': { type: 'string' },
    helm: { type: 'string', default: 'helm' },
  },
});
const RUNS = Number(options.runs);
/** `helm template` is a process per cluster: so many are measured, and their mean is taken. */
const HELM_RUNS = 20;

const directory = mkdtempSync(join(tmpdir(), 'bench-'));
const outdir = join(directory, 'dist');
const maxRssFile = join(directory, 'max-rss');

interface Measured {
  readonly milliseconds: number;
  readonly mebibytes?: number;
}

interface Case {
  readonly name: string;
  readonly run: () => Measured;
}

function measure(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Measured {
  const start = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false', CDK8S_OUTDIR: outdir, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return { milliseconds };
}

/** The app on a configuration, from nothing to all files written. */
function synth(config: string, without = ''): Measured {
  rmSync(outdir, { recursive: true, force: true });
  const env = { MILVUS_CONFIG: config, MAX_RSS_FILE: maxRssFile, WITHOUT: without };
  const preloaded = ['-r', './bench/max-rss.js', '-r', './bench/without.js'];
  const measured = measure('node', [...preloaded, 'synth.js'], env);
  return { ...measured, mebibytes: Number(readFileSync(maxRssFile, 'utf8')) / 1024 };
}

function fleet(clusters: number): string {
  const file = join(directory, `fleet-${clusters}.yaml`);
  const documents = Array.from(
    { length: clusters },
    (_, index) => `name: cluster-${index}\ns3: { address: 10.0.0.1, bucket: bucket-${index} }\n`,
  );
  writeFileSync(file, documents.join('---\n'));
  return file;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The median of each case, one run of each after the other. */
function medians(cases: readonly Case[], runs: number): Map<string, Measured> {
  for (const { run } of cases) run();
  const results = new Map<string, Measured[]>(cases.map(({ name }) => [name, []]));
  for (let index = 0; index < runs; index += 1) {
    for (const { name, run } of cases) results.get(name)?.push(run());
  }
  return new Map(
    [...results].map(([name, all]) => [
      name,
      {
        milliseconds: median(all.map(({ milliseconds }) => milliseconds)),
        mebibytes: median(all.flatMap(({ mebibytes }) => mebibytes ?? [])),
      },
    ]),
  );
}

const STARTUP = {
  node: 'node -e 0',
  cdk8s: "require('cdk8s')",
  plus: "require('cdk8s-plus-25')",
  app: 'node synth.js',
  again: 'node synth.js, and nothing has changed',
  compiling: 'node synth.js, without machine code',
  sources: 'node -r tsx/cjs main.ts',
  npm: 'npm run synth',
  version: 'cdk8s --version',
  cli: 'cdk8s synth',
};
/** Commands of one cluster, against `node -e 0`. */
const COMMANDS: readonly (readonly string[])[] = [
  ['explain', 'readonly.cache.cacheSize'],
  ['show'],
  ['images'],
  ['diff', '--against', 'dist'],
  ['from-helm', 'milvus-test', 'milvus/milvus', '-f', 'examples/migrated-release/values.yaml'],
];
const CLI = join(ROOT, 'node_modules/.bin/cdk8s');

function startup(): Record<string, number> {
  const one = { MILVUS_CONFIG: join(ROOT, 'milvus.yaml') };
  const synthOne = (preloaded: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    rmSync(outdir, { recursive: true, force: true });
    return measure('node', [...preloaded, 'synth.js'], { ...one, ...env });
  };
  const results = medians(
    [
      { name: STARTUP.node, run: () => measure('node', ['-e', '0']) },
      { name: STARTUP.cdk8s, run: () => measure('node', ['-e', STARTUP.cdk8s]) },
      { name: STARTUP.plus, run: () => measure('node', ['-e', STARTUP.plus]) },
      { name: STARTUP.app, run: () => synthOne() },
      { name: STARTUP.again, run: () => measure('node', ['synth.js'], one) },
      {
        name: STARTUP.compiling,
        run: () => synthOne(['-r', './bench/without.js'], { WITHOUT: 'code' }),
      },
      { name: STARTUP.sources, run: () => measure('node', ['-r', 'tsx/cjs', 'main.ts'], one) },
      { name: STARTUP.npm, run: () => measure('npm', ['run', '--silent', 'synth'], one) },
      { name: STARTUP.version, run: () => measure(CLI, ['--version']) },
      { name: STARTUP.cli, run: () => measure(CLI, ['synth', '--output', outdir], one) },
    ],
    RUNS,
  );
  return Object.fromEntries([...results].map(([name, { milliseconds }]) => [name, milliseconds]));
}

/** Milliseconds of each command, by what is typed. */
function commands(): Record<string, number> {
  const env = { MILVUS_CONFIG: join(ROOT, 'milvus.yaml') };
  measure('node', ['synth.js', '-q', '-o', outdir], env);
  const results = medians(
    COMMANDS.map((args) => ({
      name: args[0] ?? '',
      run: () => measure('node', ['scripts/bundled.js', 'cli', ...args], env),
    })),
    RUNS,
  );
  return Object.fromEntries([...results].map(([name, { milliseconds }]) => [name, milliseconds]));
}

/** Milliseconds from an edit of the configuration to the manifest in the output directory, while it is watched. */
async function watched(): Promise<number> {
  const file = join(directory, 'watched.yaml');
  const edit = (replicas: number) =>
    writeFileSync(
      file,
      `name: watched\ns3: { address: 10.0.0.1, bucket: vectors }\nreadonly: { replicas: ${replicas} }\n`,
    );
  edit(1);
  rmSync(outdir, { recursive: true, force: true });
  const child = spawn('node', ['synth.js', '--watch', '-c', file, '-o', outdir], { cwd: ROOT });
  try {
    await new Promise<void>((resolve) =>
      child.stderr.on('data', (text) => String(text).includes('Watching') && resolve()),
    );
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const start = performance.now();
      const written = new Promise<void>((resolve) => {
        const watcher = watch(outdir, (_, name) => {
          if (name !== 'watched.k8s.yaml') return;
          watcher.close();
          resolve();
        });
      });
      edit(2 + run);
      await written;
      times.push(performance.now() - start);
    }
    return median(times);
  } finally {
    child.kill();
  }
}

/** Of a fleet whose manifests are there; kubectl is asked for few, since it takes four times as long for twice as many. */
function manifests(clusters: number): Record<string, number> {
  const config = fleet(clusters);
  synth(config);
  const env = { MILVUS_CONFIG: config };
  const command = (...args: string[]) =>
    measure('node', ['scripts/bundled.js', 'cli', ...args], env).milliseconds;
  return {
    check: command('check'),
    'synth, and nothing has changed': command('synth'),
    'synth -o -': command('synth', '-o', '-'),
    ...(clusters > 100
      ? {}
      : { 'kubectl kustomize': measure('kubectl', ['kustomize', outdir], env).milliseconds }),
  };
}

interface Fleet {
  readonly clusters: number;
  readonly milliseconds: number;
  readonly perCluster: number;
  readonly mebibytes: number;
  /** Milliseconds without worker threads. */
  readonly oneThread: number;
}

function fleets(): Fleet[] {
  return options.clusters.split(',').map((text) => {
    const clusters = Number(text);
    const config = fleet(clusters);
    // Large ones are long enough to be steady.
    const runs = Math.max(1, Math.min(RUNS, Math.round(1000 / clusters)));
    const results = medians(
      [
        { name: 'fleet', run: () => synth(config) },
        { name: 'one thread', run: () => synth(config, 'threads') },
      ],
      runs,
    );
    const { milliseconds = Number.NaN, mebibytes = Number.NaN } = results.get('fleet') ?? {};
    const oneThread = results.get('one thread')?.milliseconds ?? Number.NaN;
    return { clusters, milliseconds, perCluster: milliseconds / clusters, mebibytes, oneThread };
  });
}

/** Milliseconds that `helm template` takes for one release of the chart. */
function helm(chart: string): number {
  const args = ['template', 'milvus-test', chart, '--set', 'cluster.enabled=true,storage.s3.enabled=true'];
  return (
    medians([{ name: 'helm', run: () => measure(options.helm, args) }], HELM_RUNS).get('helm')
      ?.milliseconds ?? 0
  );
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('   '),
    )
    .join('\n');
}

const ms = (milliseconds: number) => `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
const times = (ratio: number) => `${ratio.toFixed(2)}x`;

async function main(): Promise<void> {
  const parts = startup();
  const part = (name: keyof typeof STARTUP) => parts[STARTUP[name]] ?? Number.NaN;
  const answers = commands();
  const edit = await watched();
  const sizes = fleets();
  const ratios = {
    'node synth.js / node -e 0': part('app') / part('node'),
    ...Object.fromEntries(
      Object.entries(answers).map(([name, milliseconds]) => [
        `${name} / node -e 0`,
        milliseconds / part('node'),
      ]),
    ),
    'node synth.js / require(cdk8s-plus-25)': part('app') / part('plus'),
    'npm run synth / cdk8s --version': part('npm') / part('version'),
  };
  console.log(`Node.js ${process.version}, ${cpus().length} cores, medians of ${RUNS} runs\n`);
  console.log(
    table([['start-up', 'time'], ...Object.entries(parts).map(([name, time]) => [name, ms(time)])]),
  );
  console.log(`\n${table(Object.entries(ratios).map(([name, ratio]) => [name, times(ratio)]))}`);
  console.log(
    `\n${table([
      ['clusters', 'time', 'per cluster', 'peak memory', 'one thread'],
      ...sizes.map(({ clusters, milliseconds, perCluster, mebibytes, oneThread }) => [
        String(clusters),
        ms(milliseconds),
        ms(perCluster),
        `${mebibytes.toFixed(0)} MiB`,
        ms(oneThread),
      ]),
    ])}`,
  );

  console.log(`\nan edit, watched: ${ms(edit)} until it is in dist`);
  for (const { clusters, milliseconds } of sizes.filter((size) => size.clusters >= 100)) {
    console.log(`\n${clusters} clusters, each against synth`);
    const all = Object.entries(manifests(clusters));
    console.log(table(all.map(([name, time]) => [name, times(time / milliseconds), ms(time)])));
  }
  const [thousand, tenThousand] = [1000, 10_000].map((size) =>
    sizes.find(({ clusters }) => clusters === size),
  );
  if (thousand !== undefined && tenThousand !== undefined)
    console.log(`10,000 clusters / 1,000: ${times(tenThousand.milliseconds / thousand.milliseconds)}`);

  const chart = options['helm-chart'];
  const perRelease = chart === undefined ? undefined : helm(chart);
  const last = sizes.at(-1);
  if (perRelease !== undefined && last !== undefined) {
    console.log(
      `\nhelm template: ${ms(perRelease)} per release; ${last.clusters} clusters are ${times(perRelease / last.perCluster)} as fast here`,
    );
  }
  const result = {
    node: process.version,
    cores: cpus().length,
    runs: RUNS,
    startup: parts,
    commands: answers,
    watched: edit,
    ratios,
    fleets: sizes,
    helmTemplate: perRelease,
  };
  writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\n${options.json}`);
}

void main().finally(() => rmSync(directory, { recursive: true, force: true }));
