import { Fault, Invalid, Unavailable } from '@virga/kernel';

/** PostgreSQL cannot be reached, is restarting, or has no room: the same request may work later (503). */
export class DatabaseUnavailable extends Unavailable {
  constructor(options: { cause?: unknown } = {}) {
    super('database.unavailable', 'The database cannot be reached right now.', options);
  }
}

/** Others worked on the same rows, time and again; inside `transaction` this means: run it again from the start. */
export class DatabaseContended extends Unavailable {
  constructor(options: { cause?: unknown } = {}) {
    super('database.contended', 'Too many requests changed the same thing at once; try again.', options);
  }
}

/** PostgreSQL refused a statement: the state, the constraint and the statement say which, never the values. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';
  constructor(readonly sqlState: string, message: string, readonly statement: string, readonly constraint: string | undefined) {
    super(message);
  }
}

interface PostgresError extends Error {
  code: string;
  constraint?: string;
  routine?: string;
}

const SQL_STATE = /^[0-9A-Z]{5}$/;

function isPostgresError(error: unknown): error is PostgresError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string' && SQL_STATE.test(error.code);
}

/** Connection lost or refused, shutting down, out of room, standby, timed out. */
const UNAVAILABLE = /^(08|53|57P|58|57014|55P03|25006|25P03|25P04)/;
const AGAIN = new Set(['40001', '40P01']);

/** Values that no column of the type can hold: they came from outside, and a validator let them through. */
const IMPOSSIBLE_VALUES: Record<string, string> = {
  '22001': 'A text is longer than allowed.',
  '22003': 'A number is out of range.',
  '22008': 'A date is out of range.',
  '22021': 'A text contains a character that cannot be stored.',
  '22P02': 'A value is malformed.',
  '22P05': 'A text contains a character that cannot be stored.',
};

/** Whether a prepared statement outlived a change of its tables; preparing it anew under another name helps. */
export function isOutdatedPlan(error: unknown): boolean {
  return isPostgresError(error) && error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
}

/** Whether the connection can be used again after this error. */
export function leavesConnectionUsable(error: unknown): boolean {
  return isPostgresError(error) && !/^(08|57P|25P03)/.test(error.code);
}

/** What a driver's error means to us. */
export function translateError(error: unknown, statement: string): Error {
  if (isOutdatedPlan(error)) return new DatabaseContended({ cause: error });
  if (isPostgresError(error)) return translateState(error, statement);
  if (error instanceof Fault || error instanceof TypeError || error instanceof RangeError) return error;
  return new DatabaseUnavailable({ cause: error });
}

function translateState(error: PostgresError, statement: string): Error {
  const failed = new StatementFailed(error.code, error.message, statement, error.constraint);
  if (AGAIN.has(error.code)) return new DatabaseContended({ cause: failed });
  if (UNAVAILABLE.test(error.code)) return new DatabaseUnavailable({ cause: failed });
  const impossible = IMPOSSIBLE_VALUES[error.code];
  return impossible === undefined ? failed : new Invalid('request.value.impossible', impossible, { cause: failed });
}

/** For `.catch`: turns the violation of one unique constraint or index into a fault; other errors pass unchanged. */
export function onUnique(constraint: string, fault: () => Fault): (error: unknown) => never {
  return onViolation('23505', constraint, fault);
}

/** For `.catch`: turns the violation of one foreign key (missing target, or still referenced) into a fault. */
export function onForeignKey(constraint: string, fault: () => Fault): (error: unknown) => never {
  return onViolation('23503', constraint, fault);
}

/** For `.catch`: turns the violation of one check constraint into a fault. */
export function onCheck(constraint: string, fault: () => Fault): (error: unknown) => never {
  return onViolation('23514', constraint, fault);
}

function onViolation(sqlState: string, constraint: string, fault: () => Fault): (error: unknown) => never {
  return (error) => {
    throw error instanceof StatementFailed && error.sqlState === sqlState && error.constraint === constraint ? fault() : error;
  };
}
