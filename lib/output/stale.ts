import { join } from 'node:path';
import type { LoadOptions } from '../config/load';
import { filesOfEarlierRuns } from './earlier';
import { guarded, read } from './files';
import { inTemporaryDirectory } from './stream';
import { earlierClusters, synthesizeInto } from './synthesize';

/** A file of an output directory that is not as it would be synthesized now. */
export interface StaleFile {
  /** Relative to the output directory. */
  readonly file: string;
  readonly how: 'differs' | 'missing' | 'left over';
}

/**
 * Compares an output directory with what the configuration gives now. Nothing in it is touched, and files in it that
 * were not generated are not looked at: synthesizing would leave them alone, too.
 * @throws ConfigurationError with every problem of the configuration
 * @throws OutputError when the output directory can not be read
 */
export function staleFiles(options: LoadOptions, outdir: string): readonly StaleFile[] {
  return inTemporaryDirectory((temporary) => {
    const { written } = synthesizeInto(temporary, earlierClusters(outdir), { ...options, outdir });
    return guarded(outdir, 'read', () => {
      const leftOver = filesOfEarlierRuns(outdir).filter((file) => !written.files.includes(file));
      return [...written.files, ...leftOver].sort().flatMap((file): StaleFile[] => {
        const wanted = read(join(temporary, file));
        const found = read(join(outdir, file));
        if (found === undefined) return [{ file, how: 'missing' }];
        if (wanted === undefined) return [{ file, how: 'left over' }];
        return wanted === found ? [] : [{ file, how: 'differs' }];
      });
    });
  });
}
