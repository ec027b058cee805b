import { Injectable } from '@nestjs/common';
import { type Reader, fragment } from '@virga/persistence';
import type { ServerState } from './server.js';

/** A guest, or an allocation, under a server's id. */
export interface LeftoverRow {
  kind: 'guest' | 'allocation';
  id: string;
  host: string | null;
  /** The guest's; 0 for an allocation. */
  generation: number;
  server: { state: ServerState; host: string | null; generation: number; hasOperation: boolean } | undefined;
  /** Whether its server is gone, elsewhere or unknown: only then the rest is worth a look. */
  isSuspect: boolean;
  /** Where the next batch goes on. */
  position: string;
}

interface Row {
  id: string;
  host: string | null;
  generation: number;
  state: ServerState | null;
  server_host: string | null;
  server_generation: number | null;
  has_operation: boolean;
  position: string;
}

@Injectable()
export class LeftoversRepository {
  /** What carries servers' ids, in a stable order after `after`. */
  async batch(db: Reader, kind: LeftoverRow['kind'], after: string, limit: number): Promise<LeftoverRow[]> {
    const things = kind === 'guest'
      ? fragment`SELECT server_id AS id, host, generation, server_id || ' ' || host AS position FROM guest_observation WHERE power IS NOT NULL`
      : fragment`SELECT uuid AS id, NULL::text AS host, 0 AS generation, uuid::text AS position FROM consumer WHERE type = 'INSTANCE'`;
    const rows = await db.sql<Row>`
      SELECT t.*, s.state, s.host AS server_host, s.generation AS server_generation,
        EXISTS (SELECT FROM operation o WHERE o.resource_type = 'server' AND o.resource_id = t.id::text AND o.due_at IS NOT NULL) AS has_operation
      FROM (${things}) AS t LEFT JOIN server s ON s.id = t.id
      WHERE t.position > ${after} ORDER BY t.position LIMIT ${limit}`;
    return rows.map((row) => fromRow(kind, row));
  }
}

function fromRow(kind: LeftoverRow['kind'], row: Row): LeftoverRow {
  const { id, host, generation, position, state } = row;
  const server = state === null ? undefined : { state, host: row.server_host, generation: row.server_generation ?? 0, hasOperation: row.has_operation };
  const isSuspect = server === undefined || server.state === 'deleted' || server.host === null || (kind === 'guest' && server.host !== host);
  return { kind, id, host, generation, position, server, isSuspect };
}
