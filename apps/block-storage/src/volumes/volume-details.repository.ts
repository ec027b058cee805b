import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import { all, fragment, keyset, markerValues, type Fragment, type KeysetColumn, type Reader } from '@virga/persistence';
import type { Volume } from './volume.js';
import type { VolumeRow } from './volume.row.js';
import { fromRow } from './volumes.repository.js';

/** An attachment as a volume shows it. */
export interface ShownAttachment {
  id: string;
  serverId: string | null;
  hostName: string | null;
  device: string | null;
  attachedAt: string | null;
}

/** A volume with what replies show beside it. */
export interface VolumeDetails extends Volume {
  attachments: ShownAttachment[];
}

export interface VolumeReferenceRow {
  id: string;
  name: string | null;
}

/** Which part of the volumes is wanted, and in which order. Columns of `v`. */
export interface VolumePage {
  where: readonly Fragment[];
  sort: readonly KeysetColumn[];
  limit: number;
  offset: number;
  marker: string | undefined;
}

/** What a project's volumes are together. */
export interface VolumeSummary {
  count: number;
  gibibytes: number;
  /** Each key's values, each once. */
  metadata: Record<string, string[]>;
}

type DetailsRow = VolumeRow & { type_name: string; attachments: ShownAttachment[] | null };

const DETAILS = fragment`
  SELECT v.*, t.name AS type_name, a.attachments
  FROM volume v JOIN volume_type t ON t.id = v.type_id
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('id', id, 'serverId', server_id, 'hostName', coalesce(hostname, host), 'device', mountpoint, 'attachedAt', attached_at) ORDER BY attached_at, id) AS attachments
    FROM attachment WHERE volume_id = v.id AND backend IS NULL AND state IN ('attached', 'detaching') AND attached_at IS NOT NULL) a ON true`;

/** Reads volumes for replies, each question in one statement whatever the answer's length. */
@Injectable()
export class VolumeDetailsRepository {
  /** One volume, unless it is deleted. */
  async find(db: Reader, id: string): Promise<VolumeDetails | undefined> {
    const row = only(await db.sql<DetailsRow>`${DETAILS} WHERE v.id = ${id} AND v.deleted_at IS NULL`);
    return row && detailsFrom(row);
  }

  async page(db: Reader, page: VolumePage): Promise<VolumeDetails[]> {
    const { where, order } = conditions(page);
    return (await db.sql<DetailsRow>`${DETAILS} WHERE ${where} ORDER BY ${order} LIMIT ${page.limit} OFFSET ${page.offset}`).map(detailsFrom);
  }

  async referencePage(db: Reader, page: VolumePage): Promise<VolumeReferenceRow[]> {
    const { where, order } = conditions(page);
    return db.sql<VolumeReferenceRow>`
      SELECT v.id, v.name FROM volume v JOIN volume_type t ON t.id = v.type_id WHERE ${where} ORDER BY ${order} LIMIT ${page.limit} OFFSET ${page.offset}`;
  }

  /** How many volumes there are on all pages. */
  async count(db: Reader, where: readonly Fragment[]): Promise<number> {
    const [row] = await db.sql<{ count: number }>`SELECT count(*) AS count FROM volume v JOIN volume_type t ON t.id = v.type_id WHERE ${all(where)}`;
    return row?.count ?? 0;
  }

  /** Of the volumes together; each value of the metadata once. */
  async summary(db: Reader, where: readonly Fragment[]): Promise<VolumeSummary> {
    const [row] = await db.sql<{ count: number; gibibytes: number; metadata: Record<string, string[]> }>`
      WITH found AS (SELECT v.size_gibibytes, v.metadata FROM volume v WHERE ${all(where)}),
      entries AS (SELECT key, jsonb_agg(DISTINCT value) AS values FROM found, jsonb_each_text(found.metadata) GROUP BY key)
      SELECT count(*) AS count, coalesce(sum(size_gibibytes), 0) AS gibibytes,
        (SELECT coalesce(jsonb_object_agg(key, values), '{}') FROM entries) AS metadata
      FROM found`;
    return { count: Number(row?.count ?? 0), gibibytes: Number(row?.gibibytes ?? 0), metadata: row?.metadata ?? {} };
  }

  /** Whether the marker of a list is a volume that there is. */
  async exists(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM volume WHERE id = ${id} AND deleted_at IS NULL`).length > 0;
  }
}

function conditions({ where, sort, marker }: VolumePage): { where: Fragment; order: Fragment } {
  const { after, order } = keyset(sort, marker === undefined ? undefined : markerValues('volume', sort, { id: marker }));
  return { where: all([...where, after]), order };
}

function detailsFrom(row: DetailsRow): VolumeDetails {
  return { ...fromRow(row), attachments: row.attachments ?? [] };
}
