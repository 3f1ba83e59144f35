import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files';

/** Writes what is generated from the schema; a test fails when one of the files is stale. */
async function main(): Promise<void> {
  for (const [file, content] of Object.entries(await generatedFiles())) writeFileSync(file, content);
}

void main();
