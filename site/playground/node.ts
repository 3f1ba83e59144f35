/**
 * What the library uses of Node.js, for a browser: files in memory, and kept packages for the rest. The build puts it
 * in the place of Node's own modules.
 */

import { files as projectFiles } from 'virtual:project-files';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { dequal } from 'dequal';
import path from 'path-browserify';

/** Paths of files, all absolute, and what is in them. A directory is what has files in it. */
export const files = new Map(Object.entries(projectFiles).map(([file, text]) => [`/${file}`, text]));

const absolute = (file: string) => path.resolve('/', file);
const below = (directory: string) => {
  const prefix = absolute(directory).replace(/\/?$/, '/');
  return [...files.keys()].filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
};
function failure(code: string, file: string): Error {
  return Object.assign(new Error(`${code}: ${file}`), { code });
}
function textOf(file: string): string {
  const text = files.get(absolute(file));
  if (text === undefined) throw failure(below(file).length > 0 ? 'EISDIR' : 'ENOENT', file);
  return text;
}

export function readFileSync(file: string, encoding?: string): string | Uint8Array {
  return encoding === undefined ? utf8ToBytes(textOf(file)) : textOf(file);
}
export function writeFileSync(file: string, content: string): void {
  files.set(absolute(file), content);
}
export function renameSync(from: string, to: string): void {
  writeFileSync(to, textOf(from));
  files.delete(absolute(from));
}
export function rmSync(file: string): void {
  for (const inside of below(file)) files.delete(path.join(absolute(file), inside));
  files.delete(absolute(file));
}
export function unlinkSync(file: string): void {
  textOf(file);
  files.delete(absolute(file));
}
export function existsSync(file: string): boolean {
  return files.has(absolute(file)) || below(file).length > 0;
}
function kindOf(file: string) {
  const isFile = files.has(absolute(file));
  return { isFile: () => isFile, isDirectory: () => !isFile };
}
export function statSync(file: string): ReturnType<typeof kindOf> | undefined {
  return existsSync(file) ? kindOf(file) : undefined;
}
export function readdirSync(directory: string, { recursive = false, withFileTypes = false } = {}) {
  const found = below(directory);
  if (found.length === 0) throw failure(files.has(absolute(directory)) ? 'ENOTDIR' : 'ENOENT', directory);
  if (recursive) return found;
  const names = [...new Set(found.map((file) => file.split('/')[0] ?? file))];
  return withFileTypes ? names.map((name) => ({ name, ...kindOf(path.join(directory, name)) })) : names;
}
/** There are no links. */
export const realpathSync = absolute;
/** A directory is there as soon as a file is in it. */
export function mkdirSync(): void {}
export function rmdirSync(): void {}

const HASHES = { md5, sha1, sha256 };
export function createHash(algorithm: keyof typeof HASHES) {
  const hash = HASHES[algorithm].create();
  const self = {
    update(text: string | Uint8Array) {
      hash.update(typeof text === 'string' ? utf8ToBytes(text) : text);
      return self;
    },
    digest: () => bytesToHex(hash.digest()),
  };
  return self;
}

/** As far as it is used: to be written in hexadecimal digits. */
export function randomBytes(size: number) {
  const bytes = crypto.getRandomValues(new Uint8Array(size));
  return { toString: () => bytesToHex(bytes) };
}

export const isDeepStrictEqual = dequal;
export const isNativeError = (error: unknown): error is Error => error instanceof Error;
/** One core: several clusters are synthesized one after the other. */
export const cpus = () => [{}];
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
/** What other threads would be started with. */
export const [MessageChannel, receiveMessageOnPort, Worker] = [undefined, undefined, undefined];
