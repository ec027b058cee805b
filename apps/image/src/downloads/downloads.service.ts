import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { rules } from '@virga/contracts-image';
import type { Caller } from '@virga/kernel';
import { Policy } from '@virga/policy';
import type { ByteRange, ImageStore } from '@virga/ports';
import { IMAGE_STORE } from '../blobs/index.js';
import { ImagesService, TicketedImages, type Image } from '../images/index.js';
import { byteRange } from './byte-range.js';

/** The bytes of an image, or the part that was asked for. */
export interface Download {
  bytes: Readable;
  sizeBytes: number;
  md5: string;
  range: ByteRange | undefined;
}

@Injectable()
export class DownloadsService {
  constructor(
    private readonly access: ImagesService,
    private readonly policy: Policy,
    @Inject(IMAGE_STORE) private readonly store: ImageStore,
    private readonly ticketed: TicketedImages,
  ) {}

  /** The image's bytes; undefined where it has none yet. Throws `NotFound`, `Forbidden`, and `Invalid` (416) for a range outside. */
  async open(caller: Caller, id: string, rangeHeader: string | undefined, signal: AbortSignal): Promise<Download | undefined> {
    const image = await this.permitted(caller, id);
    if (image.status === 'deactivated') this.policy.require(caller, rules.contextIsAdmin);
    if (image.bytes === undefined) return undefined;
    const { sizeBytes, md5, location } = image.bytes;
    const range = byteRange(rangeHeader, sizeBytes);
    return { bytes: await this.store.read(location, range, signal), sizeBytes, md5, range };
  }

  private async permitted(caller: Caller, id: string): Promise<Image> {
    if (this.policy.allows(caller, rules.downloadByTicket)) return this.ticketed.require(caller.token, 'read', id);
    const { image, target } = await this.access.visible(caller, id);
    this.policy.require(caller, rules.downloadImageRule, target);
    return image;
  }
}
