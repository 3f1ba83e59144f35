import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions } from '../config/load';
import { filesOfEarlierRuns } from './earlier';
import { guarded } from './files';
import type { MadeBefore } from './made';
import { compare } from './synthesize';

/** A file of an output directory that is not as it would be synthesized now. */
export interface StaleFile {
  /** Relative to the output directory. */
  readonly file: string;
  readonly how: 'differs' | 'missing' | 'left over';
}

/**
 * Compares an output directory with what the configuration gives now. Nothing in it is touched, and files in it that
 * were not generated are not looked at: synthesizing would leave them alone, too.
 * @param made by earlier runs; without it all of it is made to be compared
 * @throws ConfigurationError with every problem of the configuration
 * @throws OutputError when the output directory can not be read
 */
export function staleFiles(options: LoadOptions, outdir: string, made?: MadeBefore): readonly StaleFile[] {
  const { files, changed } = compare(outdir, options, made);
  return guarded(outdir, 'read', () => {
    const wanted = new Set(files);
    const leftOver = filesOfEarlierRuns(outdir, wanted).filter((file) => !wanted.has(file));
    return [
      ...changed.map(
        (file): StaleFile => ({ file, how: existsSync(join(outdir, file)) ? 'differs' : 'missing' }),
      ),
      ...leftOver.map((file): StaleFile => ({ file, how: 'left over' })),
    ].sort((one, other) => (one.file < other.file ? -1 : 1));
  });
}
