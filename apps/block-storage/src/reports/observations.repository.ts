import { Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { exportReport, ExportAddressFact, snapshotReport, storageCommandFailed, taskReport, volumeReport } from '@virga/contracts-block-storage';
import { isUuid, only } from '@virga/kernel';
import { json, type Reader, type Tx } from '@virga/persistence';
import type { ReportSource } from '../backends/index.js';
import type { ExportObservation, SnapshotObservation, StorageFailure, TaskObservation, VolumeObservation } from './observation.js';
import type { ExportObservationRow, SnapshotObservationRow, StorageFailureRow, TaskObservationRow, VolumeObservationRow } from './observation.row.js';

type Volumes = readonly Omit<MessageBody<typeof volumeReport>, 'backend'>[];
type Snapshots = readonly Omit<MessageBody<typeof snapshotReport>, 'backend'>[];
type Exports = readonly Omit<MessageBody<typeof exportReport>, 'backend'>[];

/** Facts of one backend; `isAll`: what is not named is not there. */
export interface Facts {
  backend: string;
  isAll: boolean;
}

/** What storage hosts say. A newer fact replaces an older one, never the other way round. */
@Injectable()
export class ObservationsRepository {
  async ofVolume(db: Reader, volumeId: string): Promise<VolumeObservation[]> {
    return (await db.sql<VolumeObservationRow>`SELECT * FROM volume_observation WHERE volume_id = ${volumeId}`).map(volumeFrom);
  }

  async ofVolumes(db: Reader, ids: readonly string[]): Promise<VolumeObservation[]> {
    return (await db.sql<VolumeObservationRow>`SELECT * FROM volume_observation WHERE volume_id = ANY(${ids}::uuid[])`).map(volumeFrom);
  }

  async ofSnapshots(db: Reader, ids: readonly string[]): Promise<SnapshotObservation[]> {
    return (await db.sql<SnapshotObservationRow>`SELECT * FROM snapshot_observation WHERE snapshot_id = ANY(${ids}::uuid[])`).map(snapshotFrom);
  }

  async ofExports(db: Reader, attachmentIds: readonly string[]): Promise<ExportObservation[]> {
    return (await db.sql<ExportObservationRow>`SELECT * FROM export_observation WHERE attachment_id = ANY(${attachmentIds}::uuid[])`).map(exportFrom);
  }

  async ofTask(db: Reader, taskId: string): Promise<TaskObservation | undefined> {
    const row = only(await db.sql<TaskObservationRow>`SELECT * FROM task_observation WHERE task_id = ${taskId}`);
    return row && taskFrom(row);
  }

  /** The last failure of a command about a volume, snapshot, attachment or task on a backend. */
  async failure(db: Reader, id: string, backend: string): Promise<StorageFailure | undefined> {
    const row = only(await db.sql<StorageFailureRow>`SELECT * FROM storage_failure WHERE id = ${id} AND backend = ${backend}`);
    return row && { backend: row.backend, generation: row.generation, command: row.command, code: row.code, message: row.message, isFinal: row.is_final };
  }

  /** Answers the volumes of which something changed. */
  async recordVolumes(tx: Tx, { sequence }: ReportSource, { backend, isAll }: Facts, facts: Volumes): Promise<string[]> {
    const given = facts.filter(({ id }) => isUuid(id)).map(({ id, generation, sizeBytes }) => ({ id, generation, size_bytes: sizeBytes }));
    const changed = await tx.sql<{ volume_id: string }>`
      WITH given AS (SELECT * FROM jsonb_to_recordset(${json(given)}::jsonb) AS g (id uuid, generation integer, size_bytes bigint)),
      before AS (SELECT * FROM volume_observation WHERE backend = ${backend} AND (${isAll} OR volume_id IN (SELECT id FROM given))),
      applied AS (
        INSERT INTO volume_observation AS o (volume_id, backend, generation, size_bytes, sequence)
        SELECT id, ${backend}, generation, size_bytes, ${sequence} FROM given ORDER BY id
        ON CONFLICT (volume_id, backend) DO UPDATE SET generation = excluded.generation, size_bytes = excluded.size_bytes, sequence = excluded.sequence
        WHERE o.sequence < excluded.sequence
        RETURNING volume_id, generation, size_bytes),
      gone AS (
        UPDATE volume_observation SET size_bytes = NULL, sequence = ${sequence}
        WHERE ${isAll} AND backend = ${backend} AND sequence < ${sequence} AND size_bytes IS NOT NULL AND volume_id NOT IN (SELECT id FROM given)
        RETURNING volume_id)
      SELECT a.volume_id FROM applied a LEFT JOIN before b USING (volume_id) WHERE (a.generation, a.size_bytes) IS DISTINCT FROM (b.generation, b.size_bytes)
      UNION SELECT volume_id FROM gone`;
    return changed.map(({ volume_id }) => volume_id);
  }

  async recordSnapshots(tx: Tx, { sequence }: ReportSource, { backend, isAll }: Facts, facts: Snapshots): Promise<string[]> {
    const given = facts.filter(({ id }) => isUuid(id)).map(({ id, generation, volumeId, sizeBytes }) => ({ id, generation, volume_id: uuidOrNull(volumeId), size_bytes: sizeBytes }));
    const changed = await tx.sql<{ snapshot_id: string }>`
      WITH given AS (SELECT * FROM jsonb_to_recordset(${json(given)}::jsonb) AS g (id uuid, generation integer, volume_id uuid, size_bytes bigint)),
      before AS (SELECT * FROM snapshot_observation WHERE backend = ${backend} AND (${isAll} OR snapshot_id IN (SELECT id FROM given))),
      applied AS (
        INSERT INTO snapshot_observation AS o (snapshot_id, backend, generation, volume_id, size_bytes, sequence)
        SELECT id, ${backend}, generation, volume_id, size_bytes, ${sequence} FROM given ORDER BY id
        ON CONFLICT (snapshot_id, backend) DO UPDATE
        SET generation = excluded.generation, volume_id = excluded.volume_id, size_bytes = excluded.size_bytes, sequence = excluded.sequence
        WHERE o.sequence < excluded.sequence
        RETURNING snapshot_id, generation, size_bytes),
      gone AS (
        UPDATE snapshot_observation SET size_bytes = NULL, sequence = ${sequence}
        WHERE ${isAll} AND backend = ${backend} AND sequence < ${sequence} AND size_bytes IS NOT NULL AND snapshot_id NOT IN (SELECT id FROM given)
        RETURNING snapshot_id)
      SELECT a.snapshot_id FROM applied a LEFT JOIN before b USING (snapshot_id) WHERE (a.generation, a.size_bytes) IS DISTINCT FROM (b.generation, b.size_bytes)
      UNION SELECT snapshot_id FROM gone`;
    return changed.map(({ snapshot_id }) => snapshot_id);
  }

  async recordExports(tx: Tx, { sequence }: ReportSource, { backend, isAll }: Facts, facts: Exports): Promise<string[]> {
    const given = facts.filter(({ attachmentId }) => isUuid(attachmentId))
      .map(({ attachmentId, generation, volumeId, address, isServed }) => ({ id: attachmentId, generation, volume_id: uuidOrNull(volumeId), address, is_served: isServed }));
    const changed = await tx.sql<{ attachment_id: string }>`
      WITH given AS (
        SELECT id, generation, volume_id, nullif(address, 'null'::jsonb) AS address, is_served
        FROM jsonb_to_recordset(${json(given)}::jsonb) AS g (id uuid, generation integer, volume_id uuid, address jsonb, is_served boolean)),
      before AS (SELECT * FROM export_observation WHERE backend = ${backend} AND (${isAll} OR attachment_id IN (SELECT id FROM given))),
      applied AS (
        INSERT INTO export_observation AS o (attachment_id, backend, generation, volume_id, address, is_served, sequence)
        SELECT id, ${backend}, generation, volume_id, address, is_served, ${sequence} FROM given ORDER BY id
        ON CONFLICT (attachment_id, backend) DO UPDATE
        SET generation = excluded.generation, volume_id = excluded.volume_id, address = excluded.address, is_served = excluded.is_served, sequence = excluded.sequence
        WHERE o.sequence < excluded.sequence
        RETURNING attachment_id, generation, address, is_served),
      gone AS (
        UPDATE export_observation SET address = NULL, is_served = false, sequence = ${sequence}
        WHERE ${isAll} AND backend = ${backend} AND sequence < ${sequence} AND address IS NOT NULL AND attachment_id NOT IN (SELECT id FROM given)
        RETURNING attachment_id)
      SELECT a.attachment_id FROM applied a LEFT JOIN before b USING (attachment_id)
      WHERE (a.generation, a.address, a.is_served) IS DISTINCT FROM (b.generation, b.address, b.is_served)
      UNION SELECT attachment_id FROM gone`;
    return changed.map(({ attachment_id }) => attachment_id);
  }

  async recordTask(tx: Tx, { host, sequence }: ReportSource, task: MessageBody<typeof taskReport>): Promise<boolean> {
    const { taskId, generation, state, percent, sizeBytes, objects, code, message } = task;
    const rows = await tx.sql`
      INSERT INTO task_observation AS o (task_id, host, generation, state, percent, size_bytes, objects, code, message, sequence)
      VALUES (${taskId}, ${host}, ${generation}, ${state}, ${percent}, ${sizeBytes}, ${objects}, ${code}, ${message}, ${sequence})
      ON CONFLICT (task_id) DO UPDATE SET host = excluded.host, generation = excluded.generation, state = excluded.state, percent = excluded.percent,
        size_bytes = excluded.size_bytes, objects = excluded.objects, code = excluded.code, message = excluded.message, sequence = excluded.sequence
      WHERE o.generation < excluded.generation OR (o.generation = excluded.generation AND o.sequence < excluded.sequence)
      RETURNING task_id`;
    return rows.length > 0;
  }

  async recordFailure(tx: Tx, { sequence, at }: ReportSource, backend: string, failure: MessageBody<typeof storageCommandFailed>): Promise<void> {
    const { id, generation, command, code, message, isFinal } = failure;
    await tx.sql`
      INSERT INTO storage_failure AS f (id, backend, generation, command, code, message, is_final, sequence, at)
      VALUES (${id}, ${backend}, ${generation}, ${command}, ${code}, ${message}, ${isFinal}, ${sequence}, ${new Date(at)})
      ON CONFLICT (id, backend) DO UPDATE SET generation = excluded.generation, command = excluded.command, code = excluded.code, message = excluded.message,
        is_final = excluded.is_final, sequence = excluded.sequence, at = excluded.at
      WHERE f.sequence < excluded.sequence`;
  }

  /** Nothing is remembered of volumes that are long gone. */
  async forgetVolume(tx: Tx, volumeId: string): Promise<void> {
    await tx.sql`DELETE FROM volume_observation WHERE volume_id = ${volumeId} AND size_bytes IS NULL`;
    await tx.sql`DELETE FROM storage_failure WHERE id = ${volumeId}`;
  }

  async forgetSnapshot(tx: Tx, snapshotId: string): Promise<void> {
    await tx.sql`DELETE FROM snapshot_observation WHERE snapshot_id = ${snapshotId} AND size_bytes IS NULL`;
    await tx.sql`DELETE FROM storage_failure WHERE id = ${snapshotId}`;
  }

  async forgetExport(tx: Tx, attachmentId: string): Promise<void> {
    await tx.sql`DELETE FROM export_observation WHERE attachment_id = ${attachmentId} AND address IS NULL`;
    await tx.sql`DELETE FROM storage_failure WHERE id = ${attachmentId}`;
  }

  async forgetTask(tx: Tx, taskId: string): Promise<void> {
    await tx.sql`DELETE FROM task_observation WHERE task_id = ${taskId}`;
    await tx.sql`DELETE FROM storage_failure WHERE id = ${taskId}`;
  }
}

function uuidOrNull(text: string | null): string | null {
  return text !== null && isUuid(text) ? text : null;
}

function volumeFrom(row: VolumeObservationRow): VolumeObservation {
  return { volumeId: row.volume_id, backend: row.backend, generation: row.generation, sizeBytes: row.size_bytes };
}

function snapshotFrom(row: SnapshotObservationRow): SnapshotObservation {
  return { snapshotId: row.snapshot_id, backend: row.backend, generation: row.generation, volumeId: row.volume_id, sizeBytes: row.size_bytes };
}

function exportFrom(row: ExportObservationRow): ExportObservation {
  return {
    attachmentId: row.attachment_id, backend: row.backend, generation: row.generation, volumeId: row.volume_id,
    address: row.address as ExportAddressFact | null, isServed: row.is_served,
  };
}

function taskFrom(row: TaskObservationRow): TaskObservation {
  return {
    taskId: row.task_id, generation: row.generation, state: row.state as TaskObservation['state'], percent: row.percent, sizeBytes: row.size_bytes,
    objects: row.objects, code: row.code, message: row.message,
  };
}
