import {
  Bug, Conflict, Fault, Forbidden, Invalid, NotFound, OverLimit, Unauthenticated, Unavailable, publicFault, type FaultKind, type FaultOptions,
} from '@virga/kernel';

/** A fault as it travels in a reply: its words, never its cause. */
export interface WireFault {
  kind: FaultKind;
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

const classes: Record<FaultKind, new (code: string, message: string, options?: FaultOptions) => Fault> = {
  invalid: Invalid, unauthenticated: Unauthenticated, forbidden: Forbidden, 'not-found': NotFound,
  conflict: Conflict, 'over-limit': OverLimit, unavailable: Unavailable, bug: Bug,
};

/** What the caller is told of any error. */
export function toWire(error: unknown): WireFault {
  return { kind: error instanceof Fault ? error.kind : 'bug', ...publicFault(error) };
}

/** The fault of the same kind, to be thrown at the caller; a kind from a newer release is taken for a bug. */
export function fromWire({ kind, code, message, details }: WireFault): Fault {
  const FaultClass = classes[kind] ?? Bug;
  return new FaultClass(code, message, details === undefined ? {} : { details });
}
