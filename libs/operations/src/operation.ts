import { minutes, seconds, type Clock, type Duration, type Fault, type Id } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';

export type OperationId = Id<'operation'>;

declare const key: unique symbol;
/** What a parked operation waits for; the same key is given to `operations.wake`. */
export type WakeKey = string & { readonly [key]: true };

/** A wake-up key from the words that make it unique: `wakeKey('guest-report', server.id)`. */
export function wakeKey(...words: readonly (string | number)[]): WakeKey {
  return words.join(':') as WakeKey;
}

/** How a step, or the abandoning, ended. */
export type Outcome =
  | { readonly kind: 'done'; readonly outputs: Readonly<Record<string, unknown>> }
  | { readonly kind: 'park'; readonly until: WakeKey; readonly atMost: Duration }
  | { readonly kind: 'finish'; readonly work: (tx: Tx) => Promise<unknown>; readonly as: FinalState | undefined };

export type FinalState = 'succeeded' | 'failed';

/** The step has nothing left to do; `outputs` (ids given by backends, nothing else) are kept for later steps. */
export function done(outputs: Readonly<Record<string, unknown>> = {}): Outcome {
  return { kind: 'done', outputs };
}

/** Nothing can be done until `until` is woken, or `atMost` has passed; the step then looks again from its start. */
export function park({ until, atMost }: { until: WakeKey; atMost: Duration }): Outcome {
  return { kind: 'park', until, atMost };
}

/**
 * The operation is over: `work` (the last change of the resource) and the operation's end are one transaction.
 *
 * A step's finish means success and an abandoning's means failure, unless `as` says otherwise: a deletion that leaves
 * only debts behind has succeeded.
 */
export function finish(work: (tx: Tx) => Promise<unknown>, as?: FinalState): Outcome {
  return { kind: 'finish', work, as };
}

/** A named part of an operation that may be repeated at any time, by any worker, even beside itself. */
export interface Step {
  readonly name: string;
  readonly work: (run: Run<never>) => Promise<Outcome>;
}

/** Declares a step. Names are part of the database: renaming one is a migration. */
export function step(name: string, work: (run: Run<never>) => Promise<Outcome>): Step {
  return { name, work };
}

/** What a step knows of the operation it belongs to. */
export interface Run<Kind extends AnyOperation> {
  readonly id: OperationId;
  readonly resourceId: string;
  readonly projectId: string | undefined;
  readonly userId: string | undefined;
  readonly requestId: string;
  readonly params: Readonly<Kind['paramsType']>;
  /** What earlier steps have handed on. */
  readonly outputs: Readonly<Partial<Kind['outputsType']>>;
  readonly db: Reader;
  readonly clock: Clock;
  /** Aborts when this worker has lost the operation, when it stops, and when the step has run for too long. */
  readonly signal: AbortSignal;
  /** While abandoning: what could not be reached by now becomes a debt, and the operation finishes. */
  readonly graceIsOver: boolean;
  /** A transaction that commits only if this worker still holds the operation. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** For calls made by this step: the same for every repetition of it, and different for every `of`. */
  idempotencyKey(of?: string | number): string;
}

/**
 * Something that must finish although processes die: a row and a list of named, repeatable steps.
 *
 * A step that throws `Unavailable` (or loses a compare-and-set) is repeated with growing pauses until the deadline; any
 * other fault abandons the operation at once, an unknown error after a few repetitions.
 */
export abstract class Operation<Params extends object = object, Outputs extends object = Record<string, unknown>> {
  /** Types only; there is no such property. */
  declare readonly paramsType: Params;
  declare readonly outputsType: Outputs;

  /** `<resource type>.<verb>`, part of the database: `server.create`. */
  abstract readonly kind: string;
  /** Raised when the list of steps changes; the old class stays registered until no live row uses it. */
  abstract readonly version: number;
  /** From the start until it is abandoned. Too short: slow backends fail good requests. Too long: users watch a hopeless wait. */
  abstract readonly deadline: Duration;
  abstract readonly steps: readonly Step[];

  /** From the abandoning until what cannot be reached becomes a debt. Too short: needless debts. Too long: a dead host keeps users waiting. */
  readonly grace: Duration = minutes(2);
  /** How long one run of a step may take before it is given up and repeated; waiting longer is what `park` is for. */
  readonly stepLimit: Duration = seconds(60);

  /**
   * Brings the resource into a final state although the operation cannot succeed: the same convergent teardown that
   * deletion uses. May park until `run.graceIsOver`; then it finishes, with debts for what it could not reach.
   */
  abstract abandon(run: Run<this>, reason: Fault): Promise<Outcome>;
}

export type AnyOperation = Operation<object, object>;

/** The class of an operation. */
export type OperationClass<Kind extends AnyOperation> = abstract new (...args: never[]) => Kind;
