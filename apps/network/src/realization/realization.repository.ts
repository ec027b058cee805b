import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock, type Instant } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import type { LogicalKind, LogicalRef } from '@virga/ports';

/** A unit as far as it has been changed: what was realized of it, or is to be. */
export interface UnitRevision extends LogicalRef {
  revision: number;
}

/** A unit that the backend is to be told of. */
export interface Unit extends UnitRevision {
  is_gone: boolean;
}

/**
 * How long a change is left to the request that made it before the worker takes it up.
 *
 * Too low: both tell the backend the same, which is harmless but wasteful. Too high: what a dying process left undone
 * waits that long.
 */
const HEAD_START_MS = 4_000;

/** What the backend knows of each unit, and what it has to be told. */
@Injectable()
export class RealizationRepository {
  constructor(@Inject(Database) private readonly db: Database, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Every one of these units was changed in this transaction. */
  async changed(tx: Tx, units: readonly LogicalRef[]): Promise<void> {
    await this.mark(tx, units, false);
  }

  /** Every one of these units was deleted in this transaction; the row is what remains until the backend has forgotten it too. */
  async gone(tx: Tx, units: readonly LogicalRef[]): Promise<void> {
    await this.mark(tx, units, true);
  }

  /** Takes due units for a while; the same unit is taken by one worker only. */
  async claim(most: number, until: Instant): Promise<UnitRevision[]> {
    return this.db.sql<UnitRevision>`
      UPDATE realization SET due_at = ${new Date(until)}, attempts = attempts + 1
      WHERE (kind, id) IN (
        SELECT kind, id FROM realization WHERE due_at <= ${this.now()} ORDER BY due_at LIMIT ${most} FOR UPDATE SKIP LOCKED)
      RETURNING kind, id, revision`;
  }

  /** When the next unit is due; undefined where none is waiting. */
  async nextDue(): Promise<Instant | undefined> {
    const [row] = await this.db.sql<{ due_at: Date | null }>`SELECT min(due_at) AS due_at FROM realization WHERE due_at IS NOT NULL`;
    return row?.due_at?.getTime();
  }

  /**
   * The given units, and with them what the backend may not have been told of yet although they refer to it: their networks,
   * subnets and security groups; and for a subnet every port in it, because what ports are told by DHCP comes from it.
   */
  async withDependencies(units: readonly LogicalRef[]): Promise<Unit[]> {
    const kinds = units.map(({ kind }) => kind);
    const ids = units.map(({ id }) => id);
    return this.db.sql<Unit>`
      WITH wanted AS (SELECT DISTINCT kind, id FROM unnest(${kinds}::text[], ${ids}::text[]) AS w (kind, id)),
      needed AS (
        SELECT 'network' AS kind, p.network_id AS id FROM wanted w JOIN port p ON w.kind = 'port' AND p.id = w.id
        UNION SELECT 'subnet', a.subnet_id FROM wanted w JOIN ip_allocation a ON w.kind = 'port' AND a.port_id = w.id
        UNION SELECT 'security-group', g.security_group_id FROM wanted w JOIN port_security_group g ON w.kind = 'port' AND g.port_id = w.id
        UNION SELECT 'network', s.network_id FROM wanted w JOIN subnet s ON w.kind = 'subnet' AND s.id = w.id
        UNION SELECT 'network', p.network_id FROM wanted w JOIN router_port rp ON w.kind = 'router' AND rp.router_id = w.id JOIN port p ON p.id = rp.port_id
      ),
      chosen AS (
        SELECT kind, id FROM wanted
        UNION SELECT r.kind, r.id FROM needed JOIN realization r USING (kind, id) WHERE r.due_at IS NOT NULL AND NOT r.is_gone
      )
      SELECT r.kind, r.id, r.revision, r.is_gone FROM realization r JOIN (
        SELECT kind, id FROM chosen
        UNION SELECT 'port', a.port_id FROM chosen c JOIN ip_allocation a ON c.kind = 'subnet' AND a.subnet_id = c.id
      ) AS told USING (kind, id)`;
  }

  /** The backend has committed these revisions. */
  async settle(done: readonly UnitRevision[], forgotten: readonly UnitRevision[]): Promise<void> {
    const all = [...done, ...forgotten];
    if (all.length === 0) return;
    const columns = [all.map(({ kind }) => kind), all.map(({ id }) => id), all.map(({ revision }) => revision)] as const;
    await this.db.sql`
      WITH told AS (SELECT * FROM unnest(${columns[0]}::text[], ${columns[1]}::text[], ${columns[2]}::bigint[]) AS t (kind, id, revision)),
      forgotten AS (DELETE FROM realization r USING told t WHERE r.kind = t.kind AND r.id = t.id AND r.is_gone AND r.revision = t.revision)
      UPDATE realization r SET realized_revision = t.revision, problem = NULL, attempts = 0,
        due_at = CASE WHEN r.revision = t.revision THEN NULL ELSE r.due_at END
      FROM told t WHERE r.kind = t.kind AND r.id = t.id AND r.realized_revision < t.revision AND NOT r.is_gone`;
  }

  /** The backend did not take these; they are tried again at `at`. What has changed meanwhile is due as the change said. */
  async postpone(units: readonly UnitRevision[], at: Instant, problem: string): Promise<void> {
    await this.db.sql`
      UPDATE realization r SET due_at = ${new Date(at)}, problem = ${problem}
      FROM unnest(${units.map(({ kind }) => kind)}::text[], ${units.map(({ id }) => id)}::text[], ${units.map(({ revision }) => revision)}::bigint[]) AS t (kind, id, revision)
      WHERE r.kind = t.kind AND r.id = t.id AND r.revision = t.revision AND r.due_at IS NOT NULL`;
  }

  async attempts(unit: LogicalRef): Promise<number> {
    const [row] = await this.db.sql<{ attempts: number }>`SELECT attempts FROM realization WHERE kind = ${unit.kind} AND id = ${unit.id}`;
    return row?.attempts ?? 0;
  }

  /** How many units wait, for metrics. */
  async backlog(): Promise<number> {
    const [row] = await this.db.sql<{ count: number }>`SELECT count(*) AS count FROM realization WHERE due_at IS NOT NULL`;
    return row?.count ?? 0;
  }

  private async mark(tx: Tx, units: readonly LogicalRef[], isGone: boolean): Promise<void> {
    if (units.length === 0) return;
    const due = new Date(this.clock.now() + HEAD_START_MS);
    // In a fixed order: two transactions that change the same units wait for each other instead of deadlocking.
    await tx.sql`
      INSERT INTO realization (kind, id, is_gone, due_at)
      SELECT DISTINCT kind, id, ${isGone}::boolean, ${due}::timestamptz
      FROM unnest(${units.map(({ kind }) => kind)}::text[], ${units.map(({ id }) => id)}::text[]) AS t (kind, id) ORDER BY kind, id
      ON CONFLICT (kind, id) DO UPDATE SET revision = realization.revision + 1, is_gone = excluded.is_gone, due_at = excluded.due_at, attempts = 0, problem = NULL`;
  }

  private now(): Date {
    return new Date(this.clock.now());
  }
}

/** Refs of one kind. */
export function units(kind: LogicalKind, ids: readonly string[]): LogicalRef[] {
  return ids.map((id) => ({ kind, id }));
}
