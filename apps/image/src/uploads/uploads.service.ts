import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Invalid, NotFound, type Caller, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Refused, type ImageStore, type StoredBlob } from '@virga/ports';
import { IMAGE_STORE } from '../blobs/index.js';
import { inspected, type Inspection } from '../content/index.js';
import { ImageNotFound, ImagesRepository, ImageState, type Image, type ImageId } from '../images/index.js';
import { UploadAccess } from './upload-access.js';
import { UPLOAD_LEASE, UploadLease } from './upload-lease.js';

/** Larger than any disk that a host could hold; keeps one upload from filling the store by mistake. */
const MAX_BYTES = 2 ** 40;

/** The image was deleted while its bytes were on their way. */
class UploadLost extends NotFound {
  constructor(id: string) {
    super('image.upload.lost', `Image ${id} was deleted during the upload.`, { status: 410 });
  }
}

/**
 * Bytes on their way into the store.
 *
 * Theory of operation. The upload claims the image (`saving`, with a lease), streams into the store, and flips the row to
 * `active` in one short transaction that requires its claim. Whatever fails gives the image back (`queued`) and removes
 * the bytes. If the process dies, `AbandonedUploads` sees that or that the lease ran out, and gives the image back, and the collector finds
 * the bytes. A deletion during the upload wins: the flip finds its claim gone.
 */
@Injectable()
export class UploadsService {
  constructor(
    private readonly db: Database,
    private readonly images: ImagesRepository,
    private readonly access: UploadAccess,
    @Inject(IMAGE_STORE) private readonly store: ImageStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async upload(caller: Caller, id: string, bytes: Readable, signal: AbortSignal): Promise<void> {
    const image = await this.access.permitted(caller, id);
    const uploadId = randomUUID();
    await this.claim(image.id, uploadId);
    try {
      await this.save(image, uploadId, bytes, signal);
    } catch (error) {
      await this.giveBack(image.id, uploadId);
      throw error;
    }
  }

  private claim(id: ImageId, uploadId: string): Promise<void> {
    return this.db.transaction(async (tx) => {
      const found = await this.images.findLocked(tx, id, undefined);
      if (found === undefined) throw new ImageNotFound(id);
      if (found.image.status !== 'queued') throw new ImageState(id, found.image.status, 'queued');
      if (found.image.diskFormat === null || found.image.containerFormat === null) {
        throw new Invalid('image.format.missing', 'Set disk_format and container_format before uploading the data.');
      }
      await this.images.startSaving(tx, found.image, uploadId, new Date(this.clock.now() + UPLOAD_LEASE));
    });
  }

  private async save(image: Image, uploadId: string, bytes: Readable, signal: AbortSignal): Promise<void> {
    const lease = new UploadLease({ db: this.db, images: this.images, clock: this.clock, imageId: image.id, uploadId });
    try {
      const { inspection, bytes: whole } = await inspected(bytes, image.diskFormat ?? 'raw');
      const blob = await this.store.write(whole, { maxBytes: MAX_BYTES }, AbortSignal.any([signal, lease.lost]));
      await this.finish(image, uploadId, blob, inspection);
    } catch (error) {
      throw lease.lost.aborted ? new UploadLost(image.id) : tooLarge(error) ?? error;
    } finally {
      await lease.release();
    }
  }

  private async finish(image: Image, uploadId: string, blob: StoredBlob, inspection: Inspection): Promise<void> {
    const isFlipped = await this.db.transaction(async (tx) => {
      const saving = await this.images.findSaving(tx, image.id, uploadId);
      if (saving === undefined) return false;
      const virtualSizeBytes = inspection.virtualSizeBytes ?? (image.diskFormat === 'raw' ? blob.sizeBytes : null);
      await this.images.become(tx, saving, 'active', { ...blob, virtualSizeBytes });
      return true;
    });
    if (isFlipped) return;
    await this.store.remove(blob.location, AbortSignal.timeout(10_000));
    throw new UploadLost(image.id);
  }

  private giveBack(id: ImageId, uploadId: string): Promise<void> {
    return this.db.transaction(async (tx) => {
      const saving = await this.images.findSaving(tx, id, uploadId);
      if (saving !== undefined) await this.images.become(tx, saving, 'queued');
    });
  }
}

function tooLarge(error: unknown): Error | undefined {
  return error instanceof Refused ? new Invalid('image.content.too-large', error.reason, { cause: error, status: 413 }) : undefined;
}
