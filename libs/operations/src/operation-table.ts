import { Bug, type Duration, type FaultRecord, type Instant } from '@virga/kernel';
import { isOfTheDead, json, ownClaim, type Database, type Reader, type Tx } from '@virga/persistence';
import type { FinalState, OperationId, WakeKey } from './operation.js';

/** An operation's row, as far as the engine works with it. */
export interface OperationRow {
  id: OperationId;
  kind: string;
  version: number;
  resource_type: string;
  resource_id: string;
  project_id: string | null;
  user_id: string | null;
  request_id: string;
  params: object;
  outputs: Record<string, unknown>;
  step: string;
  step_started_at: Date | null;
  state: 'running' | 'abandoning';
  fence: number;
  attempts: number;
  deadline_at: Date;
  grace_until: Date | null;
  wake_key: WakeKey | null;
  fault: FaultRecord | null;
  created_at: Date;
  started_at: Date | null;
}

/** This worker's right to an operation: every claim by anybody raises the fence. */
export interface Held {
  id: OperationId;
  fence: number;
}

export interface NewOperation {
  id: OperationId;
  kind: string;
  version: number;
  resourceType: string;
  resourceId: string;
  projectId: string | undefined;
  userId: string | undefined;
  requestId: string;
  params: object;
  step: string;
  deadlineAt: Instant;
}

/** The end of a step, for the history. */
export interface StepEnd {
  step: string;
  startedAt: Instant;
  outcome: 'done' | 'failed' | 'superseded';
  attempts: number;
  fault?: FaultRecord;
}

const at = (instant: Instant): Date => new Date(instant);

/** Makes the row of a new operation, due at once; false where the resource has a live one already. */
export async function insertOperation(tx: Tx, operation: NewOperation, now: Instant): Promise<boolean> {
  const { id, kind, version, resourceType, resourceId, requestId, params, step } = operation;
  const rows = await tx.sql`
    INSERT INTO operation (id, kind, version, resource_type, resource_id, project_id, user_id, request_id, params, step, state,
      due_at, deadline_at, created_at, updated_at)
    VALUES (${id}, ${kind}, ${version}, ${resourceType}, ${resourceId}, ${operation.projectId ?? null}, ${operation.userId ?? null}, ${requestId},
      ${json(params)}, ${step}, 'running', ${at(now)}, ${at(operation.deadlineAt)}, ${at(now)}, ${at(now)})
    ON CONFLICT (resource_type, resource_id) WHERE due_at IS NOT NULL DO NOTHING
    RETURNING id`;
  return rows.length === 1;
}

/** The live operation of a resource, locked until the transaction ends. */
export async function lockLive(tx: Tx, resourceType: string, resourceId: string): Promise<OperationRow | undefined> {
  const [row] = await tx.sql<OperationRow>`
    SELECT * FROM operation WHERE resource_type = ${resourceType} AND resource_id = ${resourceId} AND due_at IS NOT NULL FOR UPDATE`;
  return row;
}

/** Ends a live operation in favour of another; its worker has lost it from the commit on. */
export async function supersede(tx: Tx, row: OperationRow, now: Instant): Promise<void> {
  await tx.sql`
    WITH ended AS (
      UPDATE operation SET state = 'superseded', due_at = NULL, fence = fence + 1, worker = NULL, wake_key = NULL, waiting_for = NULL,
        updated_at = ${at(now)}, finished_at = ${at(now)}
      WHERE id = ${row.id} RETURNING id)
    INSERT INTO operation_step (operation_id, step, started_at, finished_at, outcome, attempts)
    SELECT id, ${row.step}, ${row.step_started_at ?? row.created_at}, ${at(now)}, 'superseded', ${row.attempts} FROM ended`;
}

export interface Claim {
  now: Instant;
  lease: Duration;
  limit: number;
  /** `kind/version` of everything this process can run; the rest belongs to other releases. */
  known: readonly string[];
}

/** Takes due operations, the longest due first: one indexed statement that costs nothing when there are none. */
export async function claimDue(db: Database, { now, lease, limit, known }: Claim): Promise<OperationRow[]> {
  return db.sql<OperationRow>`
    UPDATE operation SET due_at = ${at(now + lease)}, fence = fence + 1, worker = ${ownClaim}, woken = false, updated_at = ${at(now)},
      started_at = coalesce(started_at, ${at(now)}), step_started_at = coalesce(step_started_at, ${at(now)})
    WHERE id IN (
      SELECT id FROM operation WHERE due_at <= ${at(now)} AND kind || '/' || version = ANY(${known})
      ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING *`;
}

/** Makes due what processes hold that are gone; answers how many those were. */
export async function takeFromTheDead(db: Database, now: Instant): Promise<number> {
  const rows = await db.sql`
    UPDATE operation SET worker = NULL, due_at = ${at(now)}
    WHERE due_at > ${at(now)} AND ${isOfTheDead}
    RETURNING id`;
  return rows.length;
}

/**
 * Answers which of the claims are still ours.
 *
 * Letting go keeps the fence, so a renewal that was on its way meanwhile must see that nobody holds the operation: it would put off
 * by a lease what has just been woken.
 */
export async function renewClaims(db: Database, held: readonly Held[], until: Instant): Promise<Set<OperationId>> {
  const rows = await db.sql<{ id: OperationId }>`
    UPDATE operation SET due_at = ${at(until)}
    FROM unnest(${held.map(({ id }) => id)}::uuid[], ${held.map(({ fence }) => fence)}::bigint[]) AS held (id, fence)
    WHERE operation.id = held.id AND operation.fence = held.fence AND due_at IS NOT NULL AND worker IS NOT NULL
    RETURNING operation.id`;
  return new Set(rows.map((row) => row.id));
}

/** Locks the operation for the transaction; false where another worker has it. */
export async function lockHeld(tx: Tx, { id, fence }: Held): Promise<boolean> {
  const rows = await tx.sql`SELECT id FROM operation WHERE id = ${id} AND fence = ${fence} AND due_at IS NOT NULL FOR UPDATE`;
  return rows.length === 1;
}

/** Goes on to the next step. All writes from here on answer false where another worker has the operation. */
export async function advance(
  db: Reader, { id, fence }: Held, change: { next: string; outputs: object; ended: StepEnd; now: Instant; lease: Duration },
): Promise<boolean> {
  const { next, outputs, ended, now, lease } = change;
  const rows = await db.sql`
    WITH moved AS (
      UPDATE operation SET step = ${next}, step_started_at = ${at(now)}, outputs = outputs || ${json(outputs)}::jsonb, attempts = 0, fault = NULL,
        wake_key = NULL, waiting_for = NULL, due_at = ${at(now + lease)}, updated_at = ${at(now)}
      WHERE id = ${id} AND fence = ${fence} AND due_at IS NOT NULL RETURNING id)
    INSERT INTO operation_step (operation_id, step, started_at, finished_at, outcome, attempts)
    SELECT id, ${ended.step}, ${at(ended.startedAt)}, ${at(now)}, ${ended.outcome}, ${ended.attempts} FROM moved
    RETURNING id`;
  return rows.length === 1;
}

/** Says what the operation is about to wait for, while still holding it; wakings from now on are remembered. */
export async function announceWait(tx: Tx, { id, fence }: Held, key: WakeKey, until: Instant): Promise<boolean> {
  // Wakers hold this lock shared until they commit: whoever did not see the key below has its facts visible afterwards.
  await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
  const rows = await tx.sql`
    UPDATE operation SET wake_key = ${key}, waiting_for = ${key}, woken = false, due_at = ${at(until)}
    WHERE id = ${id} AND fence = ${fence} AND due_at IS NOT NULL RETURNING id`;
  return rows.length === 1;
}

/** Lets go until the wait is over; answers when that is: at once where it was woken meanwhile. */
export async function parkUntil(
  db: Reader, { id, fence }: Held, { key, until, now }: { key: WakeKey; until: Instant; now: Instant },
): Promise<Instant | undefined> {
  const [row] = await db.sql<{ due_at: Date }>`
    UPDATE operation SET worker = NULL, attempts = 0, wake_key = ${key}, waiting_for = ${key}, woken = false,
      due_at = CASE WHEN woken THEN ${at(now)}::timestamptz ELSE ${at(until)}::timestamptz END, updated_at = ${at(now)}
    WHERE id = ${id} AND fence = ${fence} AND due_at IS NOT NULL RETURNING due_at`;
  return row?.due_at.getTime();
}

/** Lets go until `dueAt`, with the reason of the pause for those who look. */
export async function release(
  db: Reader, { id, fence }: Held, change: { dueAt: Instant; attempts: number; waitingFor: string; fault?: FaultRecord | undefined; now: Instant },
): Promise<boolean> {
  const rows = await db.sql`
    UPDATE operation SET worker = NULL, attempts = ${change.attempts}, due_at = ${at(change.dueAt)}, waiting_for = ${change.waitingFor},
      fault = CASE WHEN state = 'abandoning' THEN fault ELSE coalesce(${change.fault === undefined ? null : json(change.fault)}::jsonb, fault) END, updated_at = ${at(change.now)}
    WHERE id = ${id} AND fence = ${fence} AND due_at IS NOT NULL RETURNING id`;
  return rows.length === 1;
}

/** Gives the operation up: from here on it is only brought to its end. */
export async function beginAbandoning(
  db: Reader, { id, fence }: Held, change: { fault: FaultRecord; graceUntil: Instant; ended: StepEnd; now: Instant; lease: Duration },
): Promise<boolean> {
  const { fault, graceUntil, ended, now, lease } = change;
  const rows = await db.sql`
    WITH moved AS (
      UPDATE operation SET state = 'abandoning', step_started_at = ${at(now)}, attempts = 0, fault = ${json(fault)}, grace_until = ${at(graceUntil)},
        wake_key = NULL, waiting_for = NULL, due_at = ${at(now + lease)}, updated_at = ${at(now)}
      WHERE id = ${id} AND fence = ${fence} AND due_at IS NOT NULL RETURNING id)
    INSERT INTO operation_step (operation_id, step, started_at, finished_at, outcome, attempts, fault)
    SELECT id, ${ended.step}, ${at(ended.startedAt)}, ${at(now)}, 'failed', ${ended.attempts}, ${json(fault)} FROM moved
    RETURNING id`;
  return rows.length === 1;
}

/** Ends the operation, in the transaction of the resource's last change. */
export async function finishOperation(
  tx: Tx, { id, fence }: Held, change: { state: FinalState; outputs: object; ended: StepEnd; now: Instant },
): Promise<boolean> {
  const { state, outputs, ended, now } = change;
  const rows = await tx.sql`
    WITH moved AS (
      UPDATE operation SET state = ${state}, due_at = NULL, worker = NULL, wake_key = NULL, waiting_for = NULL,
        outputs = outputs || ${json(outputs)}::jsonb, fault = CASE WHEN ${state === 'failed'} THEN fault END,
        updated_at = ${at(now)}, finished_at = ${at(now)}
      WHERE id = ${id} AND fence = ${fence} AND due_at IS NOT NULL RETURNING id)
    INSERT INTO operation_step (operation_id, step, started_at, finished_at, outcome, attempts)
    SELECT id, ${ended.step}, ${at(ended.startedAt)}, ${at(now)}, ${ended.outcome}, ${ended.attempts} FROM moved
    RETURNING id`;
  return rows.length === 1;
}

/** Makes operations that wait for `key` due now, parked ones at once and running ones after their present look. */
export async function wakeWaiting(tx: Tx, key: WakeKey, now: Instant): Promise<number> {
  await tx.sql`SELECT pg_advisory_xact_lock_shared(hashtextextended(${key}, 0))`;
  const rows = await tx.sql`
    UPDATE operation SET woken = true, due_at = CASE WHEN worker IS NULL THEN least(due_at, ${at(now)}::timestamptz) ELSE due_at END
    WHERE wake_key = ${key} AND due_at IS NOT NULL RETURNING id`;
  return rows.length;
}

/** Has parked operations that wait for `key` look again at `dueAt` at the latest; one that is being worked on finds out by itself. */
export async function hasten(tx: Tx, key: WakeKey, dueAt: Instant): Promise<void> {
  await tx.sql`UPDATE operation SET due_at = ${at(dueAt)} WHERE wake_key = ${key} AND worker IS NULL AND due_at > ${at(dueAt)}`;
}

/** How many operations are due of kinds that this process does not know, by kind and version. */
export async function countUnknown(db: Reader, known: readonly string[], dueBefore: Instant): Promise<{ kind: string; version: number; count: number }[]> {
  return db.sql`
    SELECT kind, version, count(*) AS count FROM operation
    WHERE due_at < ${at(dueBefore)} AND kind || '/' || version <> ALL(${known}) GROUP BY kind, version`;
}

/** When the next operation is due, if any is alive. */
export async function nextDue(db: Reader): Promise<Instant | undefined> {
  const [row] = await db.sql<{ due_at: Date | null }>`SELECT min(due_at) AS due_at FROM operation WHERE due_at IS NOT NULL`;
  return row?.due_at?.getTime();
}

export function requireStarted(row: OperationRow): Instant {
  if (row.step_started_at === null) throw new Bug('operation.unclaimed', `Operation ${row.id} runs without having been claimed.`);
  return row.step_started_at.getTime();
}
