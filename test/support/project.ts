import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

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
];

/** Copies this project into an empty directory, to be changed or run there. */
export function copyProject(directory: string): void {
  for (const file of FILES) cpSync(join(ROOT, file), join(directory, file), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
}
