import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { generatedFiles } from './generated-files';

/** Writes what is generated; with `--check` only tells what is stale, and exits with 1 if anything is. */
async function main(check: boolean): Promise<void> {
  const stale = Object.entries(await generatedFiles()).filter(([file, content]) => read(file) !== content);
  for (const [file, content] of stale) {
    if (!check) writeFileSync(file, content);
    console.log(`${check ? 'stale' : 'written'}: ${relative(process.cwd(), file)}`);
  }
  if (check && stale.length > 0) process.exitCode = 1;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

void main(process.argv.includes('--check'));
