import fc from 'fast-check';

/**
 * fast-check, with the same values in every run, so that a run says something about the code and not about its luck. To look
 * further, `FUZZ_SEED=random` takes other values each time and `FUZZ_EFFORT=20` twenty times as many.
 */
const { FUZZ_SEED: seed = '20260101', FUZZ_EFFORT: effort = '1' } = process.env;

fc.configureGlobal({ ...(seed !== 'random' && { seed: Number(seed) }) });

/** How many values a property is tried with, where it says so itself. */
export function runs(count: number): number {
  return count * Number(effort);
}

export { fc };
