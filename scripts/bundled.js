/**
 * Runs the app or a command without paying for TypeScript each time: `node scripts/bundled.js cli ARGUMENTS`. What is run
 * and what it needs of its packages are bundled into one file, which is made anew whenever anything that goes into it
 * has changed. A stale bundle is never run, nor a damaged one: every file of it and of what it is made from is compared
 * by its size and times.
 *
 * Plain JavaScript, since it is what runs before there is anything to run TypeScript with.
 */
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const ROOT = path.join(__dirname, '..');
const CACHE = '.cache';
const MANIFEST = `${CACHE}/manifest.json`;
const ENTRIES = { main: 'main.ts', cli: 'lib/cli/bin.ts', worker: 'lib/output/worker.ts' };
/** What decides about the bundle besides the sources themselves. */
const SETTINGS = ['main.ts', 'scripts/bundled.js', 'package.json', 'tsconfig.json'];
const SOURCES = ['lib', 'imports', 'assets'];
const AN_HOUR = 3_600_000;

/** Size and times of a file. No edit leaves all three as they were: the time of the last change is set by the system. */
function stamp(file) {
  const { size, mtimeNs, ctimeNs } = fs.statSync(`${ROOT}/${file}`, { bigint: true });
  return `${size} ${mtimeNs} ${ctimeNs}`;
}

const stamps = (files) => Object.fromEntries(files.map((file) => [file, stamp(file)]));

/** Every source; a new file counts too, since it may shadow another one. */
function sources() {
  const found = [...SETTINGS];
  const walk = (directory) => {
    for (const entry of fs.readdirSync(path.join(ROOT, directory), { withFileTypes: true })) {
      const file = `${directory}/${entry.name}`;
      if (entry.isDirectory()) walk(file);
      else if (/\.(ts|js|json|sh|py)$/.test(entry.name)) found.push(file);
    }
  };
  for (const directory of SOURCES) walk(directory);
  return found;
}

/** The machine code is of one kind of machine. */
const MACHINE = [process.version, process.platform, process.arch].join();

/** What is known of the last bundle: its directory, and the stamps of all that it is made from and consists of. */
function freshManifest() {
  try {
    const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, MANIFEST), 'utf8'));
    const isFresh =
      manifest.machine === MACHINE &&
      sources().every((file) => file in manifest.stamps) &&
      Object.entries(manifest.stamps).every(([file, known]) => stamp(file) === known);
    return isFresh ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Bundles into a directory of its own, so that another run that is going on keeps what it has. */
function build() {
  // What is edited from here on is seen by the next run.
  const before = stamps(sources());
  const directory = `${CACHE}/${Date.now()}.${process.pid}`;
  fs.mkdirSync(path.join(ROOT, directory), { recursive: true });
  const { metafile } = require('esbuild').buildSync({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(ENTRIES).map(([out, file]) => ({ in: file, out })),
    bundle: true,
    platform: 'node',
    target: `node${process.versions.node}`,
    outdir: directory,
    metafile: true,
    define: { BUNDLE_DIRECTORY: '__dirname' },
    charset: 'ascii',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'silent',
    sourcemap: 'external',
    sourcesContent: false,
    // A script has nobody who would import for it.
    supported: { 'dynamic-import': false },
  });
  const packages = Object.keys(metafile.inputs).filter((file) => file.includes('node_modules/'));
  return keep({
    machine: MACHINE,
    directory,
    stamps: { ...before, ...stamps([...packages, ...Object.keys(metafile.outputs)]) },
  });
}

function keep(manifest) {
  replaceFile(MANIFEST, JSON.stringify(manifest));
  return manifest;
}

function replaceFile(file, content) {
  const temporary = path.join(ROOT, `${file}.${process.pid}`);
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, path.join(ROOT, file));
}

/**
 * The bundle of an entry, with the machine code of an earlier run if this version of Node.js takes it.
 * @param kept what the machine code is kept as: what runs decides which functions it has
 */
function load(manifest, entry, kept) {
  const file = path.join(ROOT, manifest.directory, `${entry}.js`);
  const code = `${manifest.directory}/${kept}.code`;
  const cachedData = code in manifest.stamps ? fs.readFileSync(path.join(ROOT, code)) : undefined;
  // It is ASCII: nothing has to be decoded. Its first line may be for a shell.
  const text = fs.readFileSync(file, 'latin1').replace(/^#!/, '//');
  const script = new vm.Script(Module.wrap(text), { filename: file, cachedData });
  return {
    run: () => {
      const module = { exports: {} };
      const wrapped = script.runInThisContext();
      wrapped(module.exports, Module.createRequire(file), module, file, path.dirname(file));
    },
    /** Afterwards, when the functions that are needed have been compiled. */
    keepCode: () => {
      if (cachedData !== undefined && !script.cachedDataRejected) return;
      replaceFile(code, script.createCachedData());
      keep({ ...manifest, stamps: { ...manifest.stamps, ...stamps([code]) } });
      removeOld(path.basename(manifest.directory));
    },
  };
}

function removeOld(current) {
  for (const name of fs.readdirSync(path.join(ROOT, CACHE))) {
    const directory = path.join(ROOT, CACHE, name);
    const age = Date.now() - fs.statSync(directory).mtimeMs;
    if (name !== 'manifest.json' && name !== current && age > AN_HOUR)
      fs.rmSync(directory, { recursive: true });
  }
}

/** The stack of an error that nobody expects, with the lines of the sources instead of those of the bundle. */
function inSources(stack, directory) {
  const bundle = path.join(ROOT, directory) + path.sep;
  const [before, ...places] = stack.split(bundle);
  const translated = places.map((place) => {
    const [known, file, line, column] = /^(.+?):(\d+):(\d+)/.exec(place) ?? [];
    if (known === undefined) return bundle + place;
    const map = new Module.SourceMap(JSON.parse(fs.readFileSync(`${bundle}${file}.map`, 'utf8')));
    const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column - 1);
    const source = path.resolve(bundle, originalSource);
    return `${source}:${originalLine + 1}:${originalColumn + 1}${place.slice(known.length)}`;
  });
  return before + translated.join('');
}

/** Does what a run can do without. */
function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

/** Runs an entry, with the arguments of this process. */
function run(entry) {
  const bundle = attempt(() => {
    const manifest = freshManifest() ?? build();
    const [, , command = ''] = process.argv;
    const kept = entry === 'cli' && /^[a-z-]+$/.test(command) ? `cli-${command}` : entry;
    return { ...manifest, ...load(manifest, entry, kept) };
  });
  if (bundle === undefined) {
    // No place to write, or sources that do not compile: the compiler that shows the lines says so.
    require('./typescript').run(ENTRIES[entry]);
    return;
  }
  process.once('exit', () => attempt(bundle.keepCode));
  process.once('uncaughtException', (error) => {
    const stack = String(error?.stack ?? error);
    console.error(attempt(() => inSources(stack, bundle.directory), stack));
    process.exit(1);
  });
  bundle.run();
}

module.exports = { run };

if (require.main === module) {
  const [, , entry] = process.argv;
  process.argv.splice(1, 1);
  run(entry);
}
