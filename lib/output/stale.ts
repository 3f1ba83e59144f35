import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadOptions } from '../config/load';
import { synthesize } from './synthesize';

/** A file of an output directory that is not as it would be synthesized now. */
export interface StaleFile {
  /** Relative to the output directory. */
  readonly file: string;
  readonly how: 'differs' | 'missing' | 'too many';
}

/**
 * Compares an output directory with what the configuration gives now. Nothing in it is touched.
 * @throws ConfigurationError with every problem of the configuration
 */
export function staleFiles(options: LoadOptions, outdir: string): readonly StaleFile[] {
  const temporary = mkdtempSync(join(tmpdir(), 'cdk8s-milvus-'));
  try {
    synthesize({ ...options, outdir: temporary });
    const wanted = contents(temporary);
    const found = contents(outdir);
    return [...new Set([...wanted.keys(), ...found.keys()])].sort().flatMap((file): StaleFile[] => {
      if (!found.has(file)) return [{ file, how: 'missing' }];
      if (!wanted.has(file)) return [{ file, how: 'too many' }];
      return wanted.get(file) === found.get(file) ? [] : [{ file, how: 'differs' }];
    });
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function contents(directory: string): ReadonlyMap<string, string> {
  return new Map(
    filesBelow(directory, '').map((file) => [file, readFileSync(join(directory, file), 'utf8')]),
  );
}

function filesBelow(directory: string, below: string): string[] {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(join(directory, below), { withFileTypes: true });
  } catch (error) {
    // No output at all: everything is missing.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? filesBelow(directory, path) : [path];
  });
}
