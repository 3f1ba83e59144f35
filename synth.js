/**
 * Runs main.ts without paying for TypeScript each time: the app and what it needs of its packages are bundled into one
 * file, which is made anew whenever anything that goes into it has changed. A stale bundle is never run, nor a damaged
 * one: every source is compared by its content, every file of a package or the bundle by its size and times.
 *
 * Plain JavaScript, since it is what runs before there is anything to run TypeScript with.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const ROOT = __dirname;
const CACHE = '.cache';
const MANIFEST = `${CACHE}/manifest.json`;
const ENTRIES = { main: 'main.ts', worker: 'lib/output/worker.ts' };
/** What decides about the bundle besides the sources themselves. */
const SETTINGS = ['synth.js', 'package.json', 'tsconfig.json'];
const SOURCES = ['lib', 'imports'];
const AN_HOUR = 3_600_000;

/** A hash over the name and the content of every source; a new file counts too, since it may shadow another one. */
function sourcesHash() {
  // The machine code is of one kind of machine.
  const hash = createHash('sha1').update([process.version, process.platform, process.arch].join());
  const add = (file) =>
    hash
      .update(file)
      .update('\0')
      .update(fs.readFileSync(path.join(ROOT, file)))
      .update('\0');
  const walk = (directory) => {
    const entries = fs.readdirSync(path.join(ROOT, directory), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = `${directory}/${entry.name}`;
      if (entry.isDirectory()) walk(file);
      else if (/\.(ts|js|json)$/.test(entry.name)) add(file);
    }
  };
  for (const file of [...SETTINGS, ENTRIES.main]) add(file);
  for (const directory of SOURCES) walk(directory);
  return hash.digest('hex');
}

/** Size and times of a file: those of packages are many, and change only when packages are installed. */
function stamp(file) {
  const { size, mtimeNs, ctimeNs } = fs.statSync(path.join(ROOT, file), { bigint: true });
  return `${size} ${mtimeNs} ${ctimeNs}`;
}

const stamps = (files) => Object.fromEntries(files.map((file) => [file, stamp(file)]));

/**
 * What is known of the last bundle: the hash of its sources, its directory, and the stamps of all that it is made from
 * and consists of.
 */
function freshManifest(hash) {
  try {
    const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, MANIFEST), 'utf8'));
    const isFresh = Object.entries(manifest.stamps).every(([file, known]) => stamp(file) === known);
    return manifest.hash === hash && isFresh ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Bundles into a directory of its own, so that another run that is going on keeps what it has. */
function build(hash) {
  const directory = `${CACHE}/${hash}.${process.pid}`;
  fs.mkdirSync(path.join(ROOT, directory), { recursive: true });
  const { metafile } = require('esbuild').buildSync({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(ENTRIES).map(([out, file]) => ({ in: file, out })),
    bundle: true,
    platform: 'node',
    target: `node${process.versions.node}`,
    outdir: directory,
    metafile: true,
    legalComments: 'none',
    logLevel: 'silent',
    sourcemap: 'external',
    sourcesContent: false,
  });
  const inputs = Object.keys(metafile.inputs).filter((file) => file.includes('node_modules/'));
  return keep({ hash, directory, stamps: stamps([...inputs, ...Object.keys(metafile.outputs)]) });
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

/** The bundle, with the machine code of an earlier run if this version of Node.js takes it. */
function load(manifest) {
  const file = path.join(ROOT, manifest.directory, 'main.js');
  const code = `${manifest.directory}/main.code`;
  const cachedData = code in manifest.stamps ? fs.readFileSync(path.join(ROOT, code)) : undefined;
  const script = new vm.Script(Module.wrap(fs.readFileSync(file, 'utf8')), { filename: file, cachedData });
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

const bundle = attempt(() => {
  const hash = sourcesHash();
  const manifest = freshManifest(hash) ?? build(hash);
  return { ...manifest, ...load(manifest) };
});
if (bundle === undefined) {
  // No place to write, or sources that do not compile: the compiler that shows the lines says so.
  require('./scripts/typescript.js').run('main.ts');
} else {
  try {
    bundle.run();
    attempt(bundle.keepCode);
  } catch (error) {
    const stack = String(error?.stack ?? error);
    console.error(attempt(() => inSources(stack, bundle.directory), stack));
    process.exitCode = 1;
  }
}
