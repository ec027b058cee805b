import { Bug } from './errors.js';

/** Which state may follow which. */
export interface Moves<State extends string> {
  allows(from: State, to: State): boolean;
  /** Throws a `Bug` where `to` may not follow `from`. */
  require(from: State, to: State): void;
  readonly states: readonly State[];
}

/** A state table: every state with the states that may follow it. */
export function moves<State extends string>(table: Record<State, readonly State[]>): Moves<State> {
  const allows = (from: State, to: State): boolean => table[from].includes(to);
  return {
    allows,
    require(from, to) {
      if (!allows(from, to)) throw new Bug('state.move', `No way leads from '${from}' to '${to}'.`);
    },
    states: Object.keys(table) as State[],
  };
}
