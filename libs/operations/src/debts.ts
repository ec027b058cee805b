import { currentRequestId, newId, systemClock, type Clock, type Duration, type Id, type Instant } from '@virga/kernel';
import { isOfTheDead, json, ownClaim, type Database, type Reader, type Tx } from '@virga/persistence';

export type DebtId = Id<'debt'>;

/** Something of a resource that could not be removed from a backend. */
export interface Leftover {
  /** Who has to be reached: a kind of backend, or one of it: `ovn`, `host:node-1`. */
  backend: string;
  /** What is left there: `guest`, `port`. */
  resourceType: string;
  /** The generation up to which it may be removed. */
  generation: number;
  /** What the payer needs besides; never a secret. */
  detail?: Readonly<Record<string, unknown>>;
}

/** A removal that is still owed to a backend on behalf of a resource that has moved on. */
export interface Debt extends Required<Leftover> {
  id: DebtId;
  resourceId: string;
  attempts: number;
  createdAt: Instant;
  requestId: string | undefined;
}

interface DebtRow {
  id: DebtId;
  backend: string;
  resource_type: string;
  resource_id: string;
  generation: number;
  detail: Record<string, unknown>;
  attempts: number;
  created_at: Date;
  due_at: Date | null;
  request_id: string | null;
}

/** What is owed; debts are recorded in the transaction that finishes an operation. */
export class Debts {
  private readonly listeners = new Set<() => void>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** Owes the removal of everything in `leftovers`; what is owed already stays one debt, at the higher generation. */
  async record(tx: Tx, resourceId: string, leftovers: readonly Leftover[]): Promise<void> {
    const now = new Date(this.clock.now());
    for (const { backend, resourceType, generation, detail = {} } of leftovers) {
      await tx.sql`
        INSERT INTO debt (id, backend, resource_type, resource_id, generation, detail, request_id, created_at, due_at)
        VALUES (${newId()}, ${backend}, ${resourceType}, ${resourceId}, ${generation}, ${json(detail)}, ${currentRequestId() ?? null}, ${now}, ${now})
        ON CONFLICT (backend, resource_type, resource_id) WHERE paid_at IS NULL
        DO UPDATE SET generation = greatest(debt.generation, excluded.generation), detail = excluded.detail, due_at = excluded.due_at`;
    }
    if (leftovers.length > 0) tx.afterCommit(() => this.listeners.forEach((tell) => tell()));
  }

  /** Tries all debts of a backend at once: it has just come back. */
  async backendIsBack(tx: Tx, backend: string): Promise<void> {
    await tx.sql`UPDATE debt SET due_at = ${new Date(this.clock.now())} WHERE backend = ${backend} AND due_at IS NOT NULL`;
    tx.afterCommit(() => this.listeners.forEach((tell) => tell()));
  }

  /** What is still owed for a resource. */
  async owedFor(reader: Reader, resourceId: string): Promise<Debt[]> {
    const rows = await reader.sql<DebtRow>`SELECT * FROM debt WHERE resource_id = ${resourceId} AND paid_at IS NULL ORDER BY created_at, id`;
    return rows.map(fromRow);
  }

  /** Those of the given resources for which something is still owed. */
  async debtors(reader: Reader, resourceIds: readonly string[]): Promise<string[]> {
    const rows = await reader.sql<{ resource_id: string }>`SELECT DISTINCT resource_id FROM debt WHERE resource_id = ANY(${[...resourceIds]}) AND paid_at IS NULL`;
    return rows.map(({ resource_id }) => resource_id);
  }

  /** Everything still owed, the oldest first; for operators. */
  async unpaid(reader: Reader, limit: number): Promise<Debt[]> {
    const rows = await reader.sql<DebtRow>`SELECT * FROM debt WHERE paid_at IS NULL ORDER BY created_at, id LIMIT ${limit}`;
    return rows.map(fromRow);
  }

  /** For the collector: told after commits that made debts due. */
  subscribe(tell: () => void): () => void {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  }
}

/** Takes due debts of the given backends (`host` includes `host:node-1`); `attempts` serves as the fence. */
export async function claimDebts(
  db: Database, { backends, now, lease, limit }: { backends: readonly string[]; now: Instant; lease: Duration; limit: number },
): Promise<Debt[]> {
  const rows = await db.sql<DebtRow>`
    UPDATE debt SET due_at = ${new Date(now + lease)}, attempts = attempts + 1, worker = ${ownClaim}
    WHERE id IN (
      SELECT id FROM debt WHERE due_at <= ${new Date(now)} AND split_part(backend, ':', 1) = ANY(${backends})
      ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING *`;
  return rows.map(fromRow);
}

/** Makes due what collectors hold whose processes are gone. */
export async function takeDebtsFromTheDead(db: Reader, now: Instant): Promise<void> {
  await db.sql`UPDATE debt SET worker = NULL, due_at = ${new Date(now)} WHERE due_at > ${new Date(now)} AND ${isOfTheDead}`;
}

/** False where somebody else has claimed it meanwhile, or owes more than was paid. */
export async function markPaid(tx: Tx, debt: Debt, now: Instant): Promise<boolean> {
  const rows = await tx.sql`
    UPDATE debt SET paid_at = ${new Date(now)}, due_at = NULL, worker = NULL
    WHERE id = ${debt.id} AND attempts = ${debt.attempts} AND generation = ${debt.generation} AND paid_at IS NULL RETURNING id`;
  return rows.length === 1;
}

/** Lets go until `dueAt`, unless it was made due meanwhile: then its backend said something that the payer may not have seen. */
export async function postpone(db: Reader, debt: Debt, { dueAt, now, fault }: { dueAt: Instant; now: Instant; fault?: object | undefined }): Promise<void> {
  await db.sql`
    UPDATE debt SET worker = NULL, due_at = CASE WHEN due_at <= ${new Date(now)} THEN due_at ELSE ${new Date(dueAt)}::timestamptz END, fault = ${fault === undefined ? null : json(fault)}
    WHERE id = ${debt.id} AND attempts = ${debt.attempts} AND paid_at IS NULL`;
}

function fromRow(row: DebtRow): Debt {
  const { id, backend, generation, detail, attempts } = row;
  return {
    id, backend, generation, detail, attempts, resourceType: row.resource_type, resourceId: row.resource_id,
    createdAt: row.created_at.getTime(), requestId: row.request_id ?? undefined,
  };
}
