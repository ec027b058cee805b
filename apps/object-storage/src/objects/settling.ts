import type { BlobId, StagedBlob } from '../blobs/index.js';
import type { ContainerId } from '../containers/index.js';
import type { Settlement } from './changes.repository.js';
import type { ObjectId, PartBytes } from './object.js';
import type { ObjectRow } from './object-rows.js';

/** What the changes of one transaction amount to, gathered while they are made. */
export class Settling {
  private readonly blobs: StagedBlob[] = [];
  private readonly objects: ObjectRow[] = [];
  private readonly parts: (PartBytes & { objectId: ObjectId })[] = [];
  private readonly released: BlobId[] = [];
  private readonly counts = new Map<ContainerId, { id: ContainerId; objects: number; bytes: number }>();

  /** A row to be written, with its blob and parts. */
  added(row: ObjectRow, blob: StagedBlob | undefined, parts: readonly PartBytes[]): void {
    this.objects.push(row);
    if (blob !== undefined) this.blobs.push(blob);
    for (const part of parts) this.parts.push({ ...part, objectId: row.id });
    this.count(row.container_id, row.is_delete_marker ? 0 : 1, row.size_bytes);
  }

  /** A row that is gone, and the blobs that it named. */
  gone(row: ObjectRow, partBlobs: readonly BlobId[]): void {
    if (row.blob_id !== null) this.released.push(row.blob_id);
    this.released.push(...partBlobs);
    this.count(row.container_id, row.is_current && !row.is_delete_marker ? -1 : 0, -row.size_bytes);
  }

  /** A row that stays, and is not current any more. */
  becameOlder(row: ObjectRow): void {
    this.count(row.container_id, row.is_delete_marker ? 0 : -1, 0);
  }

  /** A row that has become current again. */
  becameCurrent(row: ObjectRow): void {
    this.count(row.container_id, row.is_delete_marker ? 0 : 1, 0);
  }

  /** All of it, or undefined where nothing changed. */
  settlement(now: Date): Settlement | undefined {
    const { blobs, objects, parts, released } = this;
    const counts = [...this.counts.values()].filter(({ objects: count, bytes }) => count !== 0 || bytes !== 0);
    if (objects.length === 0 && released.length === 0 && counts.length === 0) return undefined;
    return { blobs, objects, parts, released, counts, now };
  }

  private count(id: ContainerId, objects: number, bytes: number): void {
    const count = this.counts.get(id);
    if (count === undefined) this.counts.set(id, { id, objects, bytes });
    else {
      count.objects += objects;
      count.bytes += bytes;
    }
  }
}
