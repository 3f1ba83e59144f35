import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files that run inside containers: next to the sources, or in the package two levels above its build. */
const ASSETS = findAssets(__dirname);

function findAssets(directory: string): string {
  const candidate = join(directory, 'assets');
  if (existsSync(join(candidate, 'render-config.sh'))) return candidate;
  const parent = dirname(directory);
  if (parent === directory) throw new Error('the directory assets/ of cdk8s-milvus is missing');
  return findAssets(parent);
}

const contents = new Map<string, string>();

/** The text of a file in assets/, with Unix line ends: a checkout on Windows may have others, and no shell runs those. */
export function asset(name: string): string {
  let text = contents.get(name);
  if (text === undefined) {
    text = readFileSync(join(ASSETS, name), 'utf8').replaceAll('\r\n', '\n');
    contents.set(name, text);
  }
  return text;
}

const checksums = new Map<string, string>();

/** The checksum of files in assets/, which is the same for all clusters. */
export function assetsChecksum(names: readonly string[]): string {
  const key = names.join();
  const known = checksums.get(key) ?? checksum(...names.map(asset));
  checksums.set(key, known);
  return known;
}

/** What a pod's annotation carries so that it is replaced when exactly what it reads changes. */
export function checksum(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 16);
}
