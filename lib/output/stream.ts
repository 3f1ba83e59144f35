import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadOptions } from '../config/load';
import { guarded } from './files';
import { STDOUT, type Synthesis, type SynthesizeOptions, synthesizeInto } from './synthesize';

/**
 * All manifests in one stream, as `kubectl apply -f -` takes it: without the Jobs that a person starts. No output directory
 * is looked at, and nothing in one is changed.
 * @throws ConfigurationError with every problem of the configuration
 * @throws OutputError when the directory for temporary files can not be written
 */
export function synthesizeStream(options: LoadOptions & Pick<SynthesizeOptions, 'onProgress'>): {
  readonly synthesis: Synthesis;
  readonly stream: string;
} {
  return inTemporaryDirectory((directory) => {
    const synthesis = synthesizeInto(directory, [], { ...options, outdir: STDOUT });
    const stream = synthesis.clusters
      .flatMap(({ scripts, file }) => [scripts, file])
      .map((file) => readFileSync(join(directory, file), 'utf8'))
      .join('');
    return { synthesis, stream };
  });
}

/**
 * Does something in a directory that is there for as long as that takes.
 * @throws OutputError when it can not be made
 */
function inTemporaryDirectory<T>(action: (directory: string) => T): T {
  const directory = guarded(`${tmpdir()} (TMPDIR)`, 'written', () =>
    mkdtempSync(join(tmpdir(), 'cdk8s-milvus-')),
  );
  try {
    return action(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
