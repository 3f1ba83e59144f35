/**
 * Runs main.ts without paying for TypeScript each time: the app and what it needs of its packages are bundled into one
 * file, which is made anew whenever anything that goes into it has changed. A stale bundle is never run: every source
 * is compared by its content, every file of a package by its size and times.
 *
 * Plain JavaScript, since it is what runs before there is anything to run TypeScript with.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

const ROOT = __dirname;
const CACHE = path.join(ROOT, '.cache');
const ENTRIES = { main: 'main.ts', worker: 'lib/output/worker.ts' };
/** What decides about the bundle besides the sources themselves. */
const SETTINGS = ['synth.js', 'package.json', 'tsconfig.json'];
const SOURCES = ['lib', 'imports'];
const AN_HOUR = 3_600_000;

/** A hash over the name and the content of every source; a new file counts too, since it may shadow another one. */
function sourcesHash() {
  const hash = createHash('sha1').update(process.version);
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

/** Size and times of a file of a package: these are many, and change only when packages are installed. */
function stamp(file) {
  const { size, mtimeNs, ctimeNs } = fs.statSync(path.join(ROOT, file), { bigint: true });
  return `${size} ${mtimeNs} ${ctimeNs}`;
}

function readManifest() {
  try {
    return JSON.parse(fs.readFileSync(path.join(CACHE, 'manifest.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

function isFresh(manifest, hash) {
  try {
    return (
      manifest.hash === hash &&
      Object.entries(manifest.packages).every(([file, known]) => stamp(file) === known)
    );
  } catch {
    return false;
  }
}

/** Bundles into a directory of its own, so that another run that is going on keeps what it has. */
function build(hash) {
  const esbuild = require('esbuild');
  const temporary = path.join(CACHE, `${hash}.${process.pid}`);
  const { metafile } = esbuild.buildSync({
    absWorkingDir: ROOT,
    entryPoints: Object.entries(ENTRIES).map(([out, file]) => ({ in: file, out })),
    bundle: true,
    platform: 'node',
    target: `node${process.versions.node}`,
    outdir: temporary,
    metafile: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs).filter((file) => file.includes('node_modules/'));
  const packages = Object.fromEntries(inputs.map((file) => [file, stamp(file)]));
  fs.rmSync(path.join(CACHE, hash), { recursive: true, force: true });
  fs.renameSync(temporary, path.join(CACHE, hash));
  replaceFile(path.join(CACHE, 'manifest.json'), JSON.stringify({ hash, packages }));
  removeOld(hash);
}

function removeOld(current) {
  for (const name of fs.readdirSync(CACHE)) {
    const directory = path.join(CACHE, name);
    const age = Date.now() - fs.statSync(directory).mtimeMs;
    if (name !== 'manifest.json' && name !== current && age > AN_HOUR)
      fs.rmSync(directory, { recursive: true });
  }
}

function replaceFile(file, content) {
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, file);
}

/** Runs the bundle with the machine code of an earlier run, if this version of Node.js takes it. */
function run(hash) {
  const file = path.join(CACHE, hash, 'main.js');
  const codeFile = `${file}.code`;
  const cachedData = fs.existsSync(codeFile) ? fs.readFileSync(codeFile) : undefined;
  const script = new vm.Script(Module.wrap(fs.readFileSync(file, 'utf8')), { filename: file, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, Module.createRequire(file), module, file, path.dirname(file));
  if (cachedData === undefined || script.cachedDataRejected) replaceFile(codeFile, script.createCachedData());
}

/** Without the bundle: slower, and with errors that show lines of TypeScript. */
function runSources() {
  require('tsx/cjs');
  require('./main.ts');
}

let hash;
try {
  hash = sourcesHash();
  if (!isFresh(readManifest(), hash)) build(hash);
} catch {
  // No place to write, or sources that do not compile: then the compiler that shows the lines shall say so.
  hash = undefined;
}
if (hash === undefined) runSources();
else {
  try {
    run(hash);
  } catch {
    // Not an error that main.ts knows what to do with: once more, for a stack that names the sources.
    runSources();
  }
}
