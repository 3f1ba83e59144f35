import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Adds to package-lock.json the packages for other platforms that npm left out, which it does when the registry does not
 * have them (a partial mirror): `npm ci` refuses a lock file without them, on every platform. Run it after an
 * `npm install` behind such a registry. A test tells when it is needed.
 *
 * And takes away what kubernetes-models asks of Node.js: only its schemas are read, by `npm run generate`, and npm would
 * warn of it four times at each install on Node.js 20.
 */
export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  engines?: { readonly node?: string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

export interface LockFile {
  packages: Record<string, LockedPackage>;
}

export const LOCK_FILE = join(__dirname, '..', 'package-lock.json');

/** Entries that are missing, by path. */
export function missingEntries({ packages }: LockFile): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {};
  for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const isThere = [`${parent}/node_modules/${name}`, `node_modules/${name}`].some(
        (path) => path in packages,
      );
      if (!isThere) missing[`node_modules/${name}`] = { version, ...platform(name), dev, optional: true };
    }
  }
  return missing;
}

/** What a platform package is for, as its name tells: `core-linux-arm64-musl`. */
function platform(name: string) {
  const one = (words: readonly string[]) => words.filter((word) => name.split(/[-/]/).includes(word));
  const cpu = one(['arm64', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64']);
  const libc = /musl/.test(name) ? ['musl'] : /gnu/.test(name) ? ['glibc'] : undefined;
  return {
    cpu: cpu.length > 0 ? cpu : ['arm'],
    ...(libc === undefined ? {} : { libc }),
    os: one(['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']),
  };
}

/** Paths of the packages of which only the schemas are read. */
const schemaPackages = ({ packages }: LockFile) =>
  Object.keys(packages).filter((path) => path.startsWith('node_modules/kubernetes-models-'));

if (require.main === module) {
  const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as LockFile;
  const missing = missingEntries(lock);
  for (const path of schemaPackages(lock)) delete lock.packages[path]?.engines;
  const packages = Object.entries({ ...lock.packages, ...missing });
  lock.packages = Object.fromEntries(packages.sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`added ${Object.keys(missing).length} entries`);
}
