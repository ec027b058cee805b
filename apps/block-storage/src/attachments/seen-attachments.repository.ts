import { Injectable } from '@nestjs/common';
import type { ExportAddressFact } from '@virga/contracts-block-storage';
import type { AttachmentId, VolumeId } from '@virga/kernel';
import type { Reader } from '@virga/persistence';
import type { AttachmentState } from './attachment.js';

/** An attachment beside what one backend says of its export; either may be missing. */
export interface SeenAttachment {
  id: AttachmentId;
  attachment: {
    volumeId: VolumeId;
    state: AttachmentState;
    owner: 'user' | 'compute';
    isLeaving: boolean;
    host: string | null;
    generation: number;
    address: ExportAddressFact | null;
    detachedAt: Date | null;
    /** Whether the volume is on the backend that was seen, or nothing was seen. */
    isHere: boolean;
    isSilent: boolean;
  } | undefined;
  export: { backend: string; generation: number; address: ExportAddressFact | null; isServed: boolean } | undefined;
  /** Whether an operation works on it, or on its volume: one that moves a volume exports it under an id of its own. One that moves what a server uses takes as long as the guest copies, and leaves exports alone. */
  hasOperation: boolean;
  isOwed: boolean;
}

interface Row {
  id: AttachmentId;
  volume_id: VolumeId | null;
  state: AttachmentState;
  owner: 'user' | 'compute';
  is_leaving: boolean;
  host: string | null;
  generation: number;
  address: ExportAddressFact | null;
  detached_at: Date | null;
  has_operation: boolean;
  is_here: boolean;
  is_silent: boolean;
  seen_backend: string | null;
  seen_generation: number;
  seen_address: ExportAddressFact | null;
  is_served: boolean;
  is_owed: boolean;
}

/** Reads attachments and exports side by side, for the reconciler. */
@Injectable()
export class SeenAttachmentsRepository {
  /** The next attachments, and exports of none, in the order of their ids; all backends of one id come together. */
  async batch(db: Reader, after: string, silentBefore: Date, limit: number): Promise<SeenAttachment[]> {
    const rows = await db.sql<Row>`
      WITH ids AS (
        (SELECT id FROM attachment WHERE id > ${after} ORDER BY id LIMIT ${limit})
        UNION (SELECT DISTINCT attachment_id FROM export_observation WHERE attachment_id > ${after}
          -- Exports that a migration copies from belong to it.
          AND NOT EXISTS (SELECT FROM volume_migration m WHERE m.id = attachment_id AND m.ended_at IS NULL) ORDER BY attachment_id LIMIT ${limit})
        ORDER BY 1 LIMIT ${limit})
      SELECT ids.id, a.volume_id, a.state, a.owner, a.is_leaving, a.host, a.generation, a.address, a.detached_at,
        o.backend AS seen_backend, o.generation AS seen_generation, o.address AS seen_address, o.is_served,
        EXISTS (SELECT FROM operation p WHERE p.due_at IS NOT NULL AND (
          (p.resource_type = 'attachment' AND p.resource_id = ids.id::text) OR (p.resource_type = 'volume' AND p.resource_id IN (a.volume_id::text, o.volume_id::text) AND p.kind <> 'volume.move-attached'))) AS has_operation,
        (o.backend IS NULL OR o.backend IS NOT DISTINCT FROM coalesce(a.backend, v.backend)) AS is_here,
        coalesce((SELECT b.seen_at < ${silentBefore} FROM backend b WHERE b.name = coalesce(a.backend, v.backend)), true) AS is_silent,
        EXISTS (SELECT FROM debt d WHERE d.resource_id = ids.id::text AND d.paid_at IS NULL) AS is_owed
      FROM ids LEFT JOIN attachment a ON a.id = ids.id LEFT JOIN volume v ON v.id = a.volume_id LEFT JOIN export_observation o ON o.attachment_id = ids.id
      ORDER BY ids.id`;
    return rows.map(seenFrom);
  }
}

function seenFrom(row: Row): SeenAttachment {
  return {
    id: row.id, hasOperation: row.has_operation, isOwed: row.is_owed,
    attachment: row.volume_id === null ? undefined : {
      volumeId: row.volume_id, state: row.state, owner: row.owner, isLeaving: row.is_leaving, host: row.host, generation: row.generation, address: row.address,
      detachedAt: row.detached_at, isHere: row.is_here, isSilent: row.is_silent,
    },
    export: row.seen_backend === null ? undefined : { backend: row.seen_backend, generation: row.seen_generation, address: row.seen_address, isServed: row.is_served },
  };
}
