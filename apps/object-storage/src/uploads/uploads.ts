import { Injectable } from '@nestjs/common';
import { newId, raise } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { requireFresh } from '../blobs/index.js';
import type { Container } from '../containers/index.js';
import { isSubdir, successor, type Subdir } from '../listing/index.js';
import type { Metadata } from '../metadata/index.js';
import { Objects, type PartBytes, type Precondition, type PutAnswer, type Staged } from '../objects/index.js';
import { Timestamps } from '../timestamps/index.js';
import { UploadChanged, UploadNotFound, type Upload, type UploadId, type UploadPart, type UploadQuery, type UploadSettings } from './upload.js';
import { UploadsRepository } from './uploads.repository.js';

export interface NewUpload {
  name: string;
  contentType: string;
  metadata: Metadata;
  settings: UploadSettings;
}

/** What a completed upload becomes. */
export interface Completion {
  /** The chosen parts, in order, with the numbers that the object's parts are to have. */
  parts: readonly UploadPart[];
  etag: string;
  settings: UploadSettings['object'];
  require?: Precondition;
}

/**
 * Objects that are put in parts.
 *
 * Theory of operation. A part's bytes are staged as any object's are; then its row names them, in one transaction under the lock
 * of the upload's row, which lets go of the bytes of a part that it replaces. Completing moves the chosen parts' bytes to an object
 * and removes the upload, in the one transaction that makes the object visible; aborting removes it and lets go of its bytes. So
 * each blob has a row that names it or is marked released, whenever the process dies. Uploads that nobody finishes stay, listed,
 * until they are aborted, by their owner, a lifecycle rule, or with their container.
 */
@Injectable()
export class Uploads {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadsRepository,
    private readonly objects: Objects,
    private readonly timestamps: Timestamps,
  ) {}

  /** Begins an upload. Several of one name may go on at a time. */
  async create(container: Container, begun: NewUpload): Promise<Upload> {
    const upload: Upload = { id: newId<'upload'>(), containerId: container.id, initiatedAt: this.timestamps.next(), ...begun };
    await this.db.transaction((tx) => this.uploads.insert(tx, upload));
    return upload;
  }

  find(container: Container, name: string, id: UploadId): Promise<Upload | undefined> {
    return this.uploads.find(this.db, container.id, name, id);
  }

  /** Throws `UploadNotFound`. */
  async get(container: Container, name: string, id: UploadId): Promise<Upload> {
    return await this.find(container, name, id) ?? raise(new UploadNotFound());
  }

  /** Puts staged bytes in the place of the part of that number. Throws `UploadNotFound` where the upload has ended meanwhile. */
  async putPart(upload: Upload, number: number, staged: Staged, checksum: string | undefined): Promise<UploadPart> {
    const part: UploadPart = {
      number, ...(staged.blob && { blobId: staged.blob.id }), sizeBytes: staged.sizeBytes, etag: staged.md5, ...(checksum !== undefined && { checksum }), modifiedAt: this.timestamps.next(),
    };
    await this.db.transaction(async (tx) => {
      if (!await this.uploads.lock(tx, upload.id)) throw new UploadNotFound();
      if (staged.blob !== undefined) {
        requireFresh(staged.blob, this.timestamps.next());
        await this.uploads.insertBlob(tx, staged.blob, this.timestamps.date());
      }
      const replaced = await this.uploads.putPart(tx, upload.id, part);
      if (replaced !== undefined) await this.uploads.release(tx, [replaced], this.timestamps.date());
    });
    return part;
  }

  /** The parts after a number, in order. */
  parts(upload: Upload, query: { after: number; limit: number }): Promise<UploadPart[]> {
    return this.uploads.parts(this.db, upload.id, query);
  }

  /** Makes the object of the chosen parts, and lets go of the others. Throws `UploadNotFound`, `UploadChanged` and what `require` says. */
  async complete(container: Container, upload: Upload, { parts, etag, settings, require }: Completion): Promise<PutAnswer> {
    const chosen: PartBytes[] = parts.map((part) => ({ number: part.number, ...(part.blobId !== undefined && { blobId: part.blobId }), sizeBytes: part.sizeBytes, etag: part.etag }));
    return this.objects.commit(container, {
      name: upload.name, parts: chosen, etag, contentType: upload.contentType, metadata: upload.metadata, settings, ...(require && { require }),
      within: async (tx) => {
        if (!await this.uploads.lock(tx, upload.id)) throw new UploadNotFound();
        const there = new Set(await this.uploads.blobs(tx, upload.id));
        const used = new Set(chosen.flatMap(({ blobId }) => (blobId === undefined ? [] : [blobId])));
        if ([...used].some((id) => !there.has(id))) throw new UploadChanged();
        const unused = [...there].filter((id) => !used.has(id));
        await this.uploads.remove(tx, upload.id);
        await this.uploads.release(tx, unused, this.timestamps.date());
      },
    });
  }

  /** Ends the upload and lets go of its parts. Throws `UploadNotFound`. */
  async abort(upload: Upload): Promise<void> {
    await this.db.transaction(async (tx) => {
      if (!await this.uploads.lock(tx, upload.id)) throw new UploadNotFound();
      const blobs = await this.uploads.blobs(tx, upload.id);
      await this.uploads.remove(tx, upload.id);
      await this.uploads.release(tx, blobs, this.timestamps.date());
    });
  }

  /** A page of unfinished uploads. Each name gathered by the delimiter is stepped over with one look into the index. */
  async page(container: Container, query: UploadQuery): Promise<(Upload | Subdir)[]> {
    const { prefix = '', delimiter, limit } = query;
    if (delimiter === undefined || delimiter === '') return this.uploads.page(this.db, container.id, query, undefined);
    const found: (Upload | Subdir)[] = [];
    for (let from: string | undefined = prefix; found.length < limit && from !== undefined;) {
      const page: Upload[] = await this.uploads.page(this.db, container.id, { ...query, limit: limit - found.length }, from);
      from = undefined;
      for (const upload of page) {
        const subdir = subdirOf(upload.name, prefix, delimiter);
        if (subdir === undefined) found.push(upload);
        else {
          if (subdir !== query.keyMarker) found.push({ subdir });
          from = successor(subdir);
          break;
        }
      }
    }
    return found;
  }
}

function subdirOf(name: string, prefix: string, delimiter: string): string | undefined {
  const at = name.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : name.slice(0, at + delimiter.length);
}

/** Whether an entry of a page is an upload. */
export function isUpload(entry: Upload | Subdir): entry is Upload {
  return !isSubdir(entry);
}
