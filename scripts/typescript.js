/**
 * Runs a TypeScript file of this project as it is, or says what keeps it from running.
 *
 * Plain JavaScript, since it is what runs when nothing can run TypeScript.
 */
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

function run(file) {
  try {
    require('tsx/cjs');
    require(path.join(ROOT, file));
  } catch (error) {
    const hint = whatToDo(error);
    if (hint === undefined) throw error;
    console.error(hint);
    process.exitCode = 1;
  }
}

/** Undefined for an error that has nothing to do with what is installed. */
function whatToDo(error) {
  const [, missing] = /^Cannot find (?:module|package) '([^./][^']*)'/.exec(String(error?.message)) ?? [];
  if (error?.code === 'MODULE_NOT_FOUND' && missing !== undefined && !missing.startsWith('node:')) {
    return `The package ${missing} is not in ${path.join(ROOT, 'node_modules')}.\n  - Install with "npm ci --include=dev": NODE_ENV=production and --omit leave out what runs here.`;
  }
  return compilerFailure();
}

function compilerFailure() {
  try {
    require('esbuild').transformSync('');
    return undefined;
  } catch (error) {
    const [reason] = String(error?.message).trim().split('\n');
    return `The compiler in ${path.join(ROOT, 'node_modules')} does not run on ${process.platform}-${process.arch} (${reason}).\n  - Install with "npm ci --include=dev" on the machine that runs this: the packages of another one do not do.`;
  }
}

module.exports = { run };
