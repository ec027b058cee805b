/** What went wrong, in the few words that every layer above agrees on; a service's fault dialect turns it into a status. */
export type FaultKind =
  | 'invalid' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict' | 'over-limit' | 'unavailable' | 'bug';

export interface FaultOptions {
  /** What made it happen; logged with the whole chain, never shown to the caller. */
  cause?: unknown;
  /** The HTTP status where the API reference departs from the kind's usual one. */
  status?: number;
  /** Machine-readable facts for the caller, for example `{ resource: 'cores', limit: 20 }`. */
  details?: Record<string, unknown>;
}

/** A failure that a caller may see: a stable `code`, a public message, and a cause only for the logs. */
export abstract class Fault extends Error {
  abstract readonly kind: FaultKind;
  readonly status: number | undefined;
  readonly details: Record<string, unknown> | undefined;

  /**
   * @param code stable and never reused, noun first: `compute.keypair.exists`
   * @param message what the caller may read; never a cause's text, never a secret
   */
  constructor(readonly code: string, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.status = options.status;
    this.details = options.details;
  }
}

/** The request cannot be understood or breaks a rule: repeating it unchanged never helps. */
export class Invalid extends Fault { readonly kind = 'invalid' as const; }
/** Who is asking is not known. */
export class Unauthenticated extends Fault { readonly kind = 'unauthenticated' as const; }
/** Who is asking may not do this, and may know that it exists. */
export class Forbidden extends Fault { readonly kind = 'forbidden' as const; }
/** There is no such thing, or the caller may not know of it. */
export class NotFound extends Fault { readonly kind = 'not-found' as const; }
/** It clashes with what is there now. */
export class Conflict extends Fault { readonly kind = 'conflict' as const; }
/** A quota would be exceeded. */
export class OverLimit extends Fault { readonly kind = 'over-limit' as const; }
/** It may work later. */
export class Unavailable extends Fault { readonly kind = 'unavailable' as const; }
/** We made a mistake; the caller sees the request id and nothing else. */
export class Bug extends Fault { readonly kind = 'bug' as const; }

/** The part of a fault that may be stored beside a resource and shown to its owner. */
export interface PublicFault {
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

/** What the owner may read of any error: a fault's own words, or nothing specific for an unknown one. */
export function publicFault(error: unknown): PublicFault {
  if (!(error instanceof Fault) || error.kind === 'bug') {
    return { code: 'internal', message: 'An internal error occurred; the operator can find it by the request id.' };
  }
  return { code: error.code, message: error.message, ...(error.details && { details: error.details }) };
}

/** The messages of an error and all its causes, outermost first, for logs. */
export function causeChain(error: unknown): string[] {
  const chain: string[] = [];
  for (let at: unknown = error; at !== undefined && chain.length < 16; at = at instanceof Error ? at.cause : undefined) {
    chain.push(at instanceof Error ? `${at.name}: ${at.message}` : String(at));
  }
  return chain;
}
