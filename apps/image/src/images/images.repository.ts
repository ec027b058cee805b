import { Injectable } from '@nestjs/common';
import { Bug, only, raise, type PageRequest } from '@virga/kernel';
import { all, fragment, isOfTheDead, json, keyset, markerValues, nothing, onUnique, ownClaim, type Fragment, type KeysetColumn, type Reader, type Tx } from '@virga/persistence';
import { ImageExists, imageMoves, type Image, type ImageBytes, type ImageDescription, type ImageId, type ImageStatus } from './image.js';
import { filterFragments, visibleTo, type ImageFilters, type Viewer } from './image-filters.js';
import { ImageRow } from './image.row.js';

export interface NewImage extends ImageDescription {
  id: ImageId;
}

const SORT_COLUMNS: Record<string, KeysetColumn['column']> = {
  name: 'i.name', status: 'i.status', container_format: 'i.container_format', disk_format: 'i.disk_format', size: 'i.size_bytes',
  virtual_size: 'i.virtual_size_bytes', id: 'i.id', created_at: 'i.created_at', updated_at: 'i.updated_at', visibility: 'i.visibility',
  owner: 'i.owner_id', min_disk: 'i.min_disk', min_ram: 'i.min_ram', checksum: 'i.md5', os_hash_value: 'i.sha512',
};
const NULLABLE = new Set(['name', 'container_format', 'disk_format', 'size', 'virtual_size', 'owner', 'checksum', 'os_hash_value']);

export const SORTABLE = Object.keys(SORT_COLUMNS);

const NO_BYTES = { sizeBytes: null, virtualSizeBytes: null, md5: null, sha512: null, location: null };

@Injectable()
export class ImagesRepository {
  async insert(tx: Tx, image: NewImage): Promise<Image> {
    const row = await tx.insert(ImageRow, { id: image.id, status: 'queued', ...columnsOf(image) }).catch(onUnique('image_pkey', () => new ImageExists(image.id)));
    return fromRow(row);
  }

  /** The image, with whether the project is one of its members; undefined where it was never there or is deleted. */
  find(db: Reader, id: string, projectId: string | undefined): Promise<FoundImage | undefined> {
    return this.findWith(db, id, projectId, nothing);
  }

  /** The same; nobody else changes it until the transaction ends. */
  findLocked(tx: Tx, id: string, projectId: string | undefined): Promise<FoundImage | undefined> {
    return this.findWith(tx, id, projectId, fragment`FOR UPDATE OF i`);
  }

  private async findWith(db: Reader, id: string, projectId: string | undefined, lock: Fragment): Promise<FoundImage | undefined> {
    const rows = await db.sql<ImageRow & { is_member: boolean }>`
      SELECT i.*, EXISTS (SELECT FROM image_member m WHERE m.image_id = i.id AND m.member_id = ${projectId ?? ''}) AS is_member
      FROM image i WHERE i.id = ${id} AND i.status <> 'deleted' ${lock}`;
    const row = only(rows);
    return row === undefined ? undefined : { image: fromRow(row), isMember: row.is_member };
  }

  /** One page of the images that the viewer may see, filtered; one statement. */
  async page(db: Reader, viewer: Viewer, filters: ImageFilters, page: PageRequest): Promise<Image[]> {
    const columns = sortColumns(page);
    const { after, order } = keyset(columns, page.marker === undefined ? undefined : markerValues('image', columns, { id: page.marker }));
    const conditions: Fragment[] = [fragment`i.status <> 'deleted'`, visibleTo(viewer, filters), ...filterFragments(filters), after];
    const rows = await db.sql<ImageRow>`SELECT i.* FROM image i WHERE ${all(conditions)} ORDER BY ${order} LIMIT ${page.limit}`;
    return rows.map(fromRow);
  }

  /** Changes what the owner says about it; the caller has read `seen`. */
  async describe(tx: Tx, seen: Image, next: ImageDescription): Promise<Image> {
    const c = columnsOf(next);
    const rows = await tx.sql<ImageRow>`
      UPDATE image SET name = ${c.name}, visibility = ${c.visibility}, owner_id = ${c.owner_id}, is_protected = ${c.is_protected}, is_hidden = ${c.is_hidden},
        disk_format = ${c.disk_format}, container_format = ${c.container_format}, min_disk = ${c.min_disk}, min_ram = ${c.min_ram},
        tags = ${c.tags}::text[], properties = ${json(c.properties)}, revision = revision + 1, updated_at = now()
      WHERE id = ${seen.id} AND revision = ${seen.revision} AND status <> 'deleted' RETURNING *`;
    return changed(seen, rows);
  }

  /** The only way an image changes its status; `bytes` come with the move from `saving` to `active`. */
  async become(tx: Tx, seen: Image, next: ImageStatus, bytes: ImageBytes | undefined = seen.bytes): Promise<Image> {
    imageMoves.require(seen.status, next);
    const c = { ...NO_BYTES, ...bytes };
    const rows = await tx.sql<ImageRow>`
      UPDATE image SET status = ${next}, upload_id = NULL, upload_lease_until = NULL, worker = NULL, revision = revision + 1, updated_at = now(),
        size_bytes = ${c.sizeBytes}, virtual_size_bytes = ${c.virtualSizeBytes}, md5 = ${c.md5}, sha512 = ${c.sha512},
        location = ${next === 'deleted' ? null : c.location}
      WHERE id = ${seen.id} AND revision = ${seen.revision} RETURNING *`;
    return changed(seen, rows);
  }

  /** Claims the upload for `uploadId` until `leaseUntil`. */
  async startSaving(tx: Tx, seen: Image, uploadId: string, leaseUntil: Date): Promise<void> {
    imageMoves.require(seen.status, 'saving');
    await tx.sql`
      UPDATE image SET status = 'saving', upload_id = ${uploadId}, upload_lease_until = ${leaseUntil}, worker = ${ownClaim}, revision = revision + 1, updated_at = now()
      WHERE id = ${seen.id}`;
  }

  /** Keeps the claim; false where it was lost. */
  async keepSaving(db: Reader, id: ImageId, uploadId: string, leaseUntil: Date): Promise<boolean> {
    const rows = await db.sql`UPDATE image SET upload_lease_until = ${leaseUntil} WHERE id = ${id} AND status = 'saving' AND upload_id = ${uploadId} RETURNING id`;
    return rows.length === 1;
  }

  /** The image that this upload has claimed, locked; undefined where the claim was lost. */
  async findSaving(tx: Tx, id: ImageId, uploadId: string): Promise<Image | undefined> {
    const row = only(await tx.sql<ImageRow>`SELECT * FROM image WHERE id = ${id} AND status = 'saving' AND upload_id = ${uploadId} FOR UPDATE`);
    return row === undefined ? undefined : fromRow(row);
  }

  /** Images whose upload's process is gone, or stopped renewing its claim. */
  async abandonedUploads(tx: Tx, now: Date, limit: number): Promise<Image[]> {
    const rows = await tx.sql<ImageRow>`
      SELECT * FROM image WHERE status = 'saving' AND (upload_lease_until < ${now} OR ${isOfTheDead}) ORDER BY upload_lease_until LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
    return rows.map(fromRow);
  }
}

export interface FoundImage {
  image: Image;
  isMember: boolean;
}

function changed(seen: Image, rows: ImageRow[]): Image {
  return fromRow(only(rows) ?? raise(new Bug('image.concurrent', `Image ${seen.id} was written without its lock.`)));
}

function sortColumns(page: PageRequest): KeysetColumn[] {
  const keys = page.sort.map(({ key, direction }): KeysetColumn => ({ column: SORT_COLUMNS[key] as string, direction, isNullable: NULLABLE.has(key) }));
  const last = keys.findIndex(({ column }) => column === 'i.id');
  const direction = page.sort.at(-1)?.direction ?? 'desc';
  return last >= 0 ? keys.slice(0, last + 1) : [...keys, { column: 'i.id', direction }];
}

function columnsOf(image: ImageDescription) {
  return {
    name: image.name, visibility: image.visibility, owner_id: image.ownerId, is_protected: image.isProtected, is_hidden: image.isHidden,
    disk_format: image.diskFormat, container_format: image.containerFormat, min_disk: image.minDisk, min_ram: image.minRam,
    tags: image.tags, properties: image.properties,
  };
}

function fromRow(row: ImageRow): Image {
  return {
    id: row.id as ImageId, status: row.status as ImageStatus, name: row.name, visibility: row.visibility as Image['visibility'], ownerId: row.owner_id,
    isProtected: row.is_protected, isHidden: row.is_hidden, diskFormat: row.disk_format, containerFormat: row.container_format,
    minDisk: row.min_disk, minRam: row.min_ram, tags: row.tags, properties: row.properties, revision: row.revision,
    createdAt: row.created_at, updatedAt: row.updated_at, bytes: bytesOf(row),
  };
}

function bytesOf(row: ImageRow): ImageBytes | undefined {
  if (row.location === null || row.size_bytes === null) return undefined;
  return { sizeBytes: row.size_bytes, virtualSizeBytes: row.virtual_size_bytes, md5: row.md5 ?? '', sha512: row.sha512 ?? '', location: row.location };
}
