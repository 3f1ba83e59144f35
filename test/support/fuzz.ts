import type { Parameters } from 'fast-check';

/** Always the same cases, so that a red run can be repeated; FUZZ_RUNS asks for more of them, FUZZ_SEED for others. */
export const SEED = Number(process.env['FUZZ_SEED'] ?? 20210617);

/** How often a property is tried: so often, or as often as FUZZ_RUNS says. */
export const runs = (usual: number): number => Number(process.env['FUZZ_RUNS'] ?? usual);

export const seeded = <T>(usual: number): Parameters<T> => ({
  seed: SEED,
  numRuns: runs(usual),
  endOnFailure: false,
});
