import {
  Bug, Conflict, Fault, Forbidden, Invalid, NotFound, OverLimit, Unauthenticated, Unavailable, publicFault, type FaultKind, type FaultOptions,
} from './errors.js';

/** A fault as it is stored or travels: its kind and its public words, never its cause. */
export interface FaultRecord {
  kind: FaultKind;
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

const classes: Record<FaultKind, new (code: string, message: string, options?: FaultOptions) => Fault> = {
  invalid: Invalid, unauthenticated: Unauthenticated, forbidden: Forbidden, 'not-found': NotFound,
  conflict: Conflict, 'over-limit': OverLimit, unavailable: Unavailable, bug: Bug,
};

/** What may be kept or told of any error. */
export function recordOf(error: unknown): FaultRecord {
  return { kind: error instanceof Fault ? error.kind : 'bug', ...publicFault(error) };
}

/** A fault of the recorded kind; a kind from a newer release is taken for a bug. */
export function faultOf({ kind, code, message, details }: FaultRecord): Fault {
  const FaultClass = classes[kind] ?? Bug;
  return new FaultClass(code, message, details === undefined ? {} : { details });
}
