import { Bug } from './errors.js';

/** The single entry of a list, or undefined where it is empty; more than one is a bug of the question. */
export function only<Entry>(list: readonly Entry[]): Entry | undefined {
  if (list.length > 1) throw new Bug('list.not-single', `Expected at most one entry, found ${list.length}.`);
  return list[0];
}

/** Throws, as an expression: `find(id) ?? raise(new NotFound(…))`. */
export function raise(error: Error): never {
  throw error;
}

/** Marks a branch that the types exclude. */
export function unreachable(value: never): never {
  throw new Bug('unreachable', `Unexpected value ${JSON.stringify(value)}.`);
}
