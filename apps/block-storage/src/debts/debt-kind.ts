import type { Debt } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';

/** How one kind of thing that is owed to a backend is paid; every provider that is one is found and registered. */
export abstract class DebtKind {
  /** `resourceType` of the leftovers that it pays. */
  abstract readonly resourceType: string;
  /** Whether the backend has said that nothing is left. */
  abstract isGone(db: Reader, debt: Debt, backend: string): Promise<boolean>;
  /** Tells the backend, at the debt's generation, to remove it. */
  abstract ask(tx: Tx, debt: Debt, backend: string): Promise<void>;
  /** Gives back what the debt kept claimed; part of the transaction that marks it paid. */
  abstract release(tx: Tx, debt: Debt, backend: string): Promise<void>;
}

/** Where a leftover of a backend is owed to: `backend:HOST@BACKEND`. */
export const owedTo = (backend: string): string => `backend:${backend}`;
