import { Injectable } from '@nestjs/common';
import { type Fragment, type Reader, fragment } from '@virga/persistence';

export type LeftoverKind = 'volume' | 'snapshot';

/** Something that a backend keeps, or said that it keeps no more, beside what we know of its owner. */
export interface SeenThing {
  kind: LeftoverKind;
  id: string;
  backend: string;
  /** What the backend has seen last. */
  generation: number;
  isThere: boolean;
  owner: { isDeleted: boolean; backend: string | null; generation: number; hasOperation: boolean } | undefined;
  /** Kept although it belongs to nobody, because an operator said so. */
  isUnmanaged: boolean;
  isOwed: boolean;
}

interface Row {
  id: string;
  backend: string;
  generation: number;
  is_there: boolean;
  owner_is_deleted: boolean | null;
  owner_backend: string | null;
  owner_generation: number | null;
  has_operation: boolean;
  is_unmanaged: boolean;
  is_owed: boolean;
}

/** A snapshot's volume may be at work on it: reverting, deleting what belongs to it. */
const KINDS: Readonly<Record<LeftoverKind, { observed: Fragment; owners: Fragment; unmanaged: Fragment }>> = {
  volume: {
    observed: fragment`SELECT volume_id AS id, backend, generation, size_bytes FROM volume_observation`,
    owners: fragment`SELECT id, backend, generation, deleted_at, id AS operated_id FROM volume`,
    unmanaged: fragment`SELECT id, backend FROM unmanaged_volume`,
  },
  snapshot: {
    observed: fragment`SELECT snapshot_id AS id, backend, generation, size_bytes FROM snapshot_observation`,
    // What backups were made from is theirs: they remove it themselves.
    owners: fragment`
      SELECT id, backend, generation, deleted_at, volume_id AS operated_id FROM snapshot
      UNION ALL SELECT id, backend, generation, NULL, volume_id FROM backup_point`,
    unmanaged: fragment`SELECT id, backend FROM unmanaged_snapshot`,
  },
};

@Injectable()
export class LeftoversRepository {
  /** What backends said last, in the order of ids and backends after `after`. */
  async batch(db: Reader, kind: LeftoverKind, after: { id: string; backend: string }, limit: number): Promise<SeenThing[]> {
    const { observed, owners, unmanaged } = KINDS[kind];
    const rows = await db.sql<Row>`
      SELECT o.id, o.backend, o.generation, o.size_bytes IS NOT NULL AS is_there, w.deleted_at IS NOT NULL AS owner_is_deleted, w.backend AS owner_backend,
        w.generation AS owner_generation,
        EXISTS (SELECT FROM operation p WHERE p.due_at IS NOT NULL AND p.resource_type IN ('volume', 'snapshot') AND p.resource_id IN (o.id::text, w.operated_id::text)) AS has_operation,
        EXISTS (SELECT FROM (${unmanaged}) AS u WHERE u.id = o.id AND u.backend = o.backend) AS is_unmanaged,
        EXISTS (SELECT FROM debt d WHERE d.resource_id = o.id::text AND d.paid_at IS NULL) AS is_owed
      FROM (${observed}) AS o LEFT JOIN (${owners}) AS w ON w.id = o.id
      WHERE (o.id, o.backend) > (${after.id}, ${after.backend}) ORDER BY o.id, o.backend LIMIT ${limit}`;
    return rows.map((row) => seenFrom(kind, row));
  }
}

function seenFrom(kind: LeftoverKind, row: Row): SeenThing {
  const { id, backend, generation, owner_generation: ownerGeneration } = row;
  const owner = ownerGeneration === null ? undefined : {
    isDeleted: row.owner_is_deleted === true, backend: row.owner_backend, generation: ownerGeneration, hasOperation: row.has_operation,
  };
  return { kind, id, backend, generation, isThere: row.is_there, owner, isUnmanaged: row.is_unmanaged, isOwed: row.is_owed };
}
