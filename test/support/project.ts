import { cpSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The top of this project. */
export const ROOT = join(__dirname, '../..');

/** What a project needs to synthesize. */
const FILES = [
  'main.ts',
  'synth.js',
  'cdk8s.yaml',
  'milvus.yaml',
  'package.json',
  'tsconfig.json',
  'lib',
  'imports',
  'assets',
  'scripts/bundled.js',
  'scripts/typescript.js',
];

/** Copies this project into an empty directory, to be changed or run there. */
export function copyProject(directory: string): void {
  for (const file of FILES) cpSync(join(ROOT, file), join(directory, file), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
}

/** What a clone does not have, or has anew. */
const NOT_CLONED = ['node_modules', '.git', '.cache', 'build', 'dist', 'coverage'];

/** Copies everything that a clone has, and links the packages that `npm ci` would install. */
export function copyCheckout(directory: string): void {
  cpSync(ROOT, directory, {
    recursive: true,
    filter: (file) => !NOT_CLONED.includes(basename(file)) || file === ROOT,
  });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
}
