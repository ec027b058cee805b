import { Injectable } from '@nestjs/common';
import { rules } from '@virga/contracts-image';
import type { Caller } from '@virga/kernel';
import { Policy } from '@virga/policy';
import { ImagesService, TicketedImages, type Image } from '../images/index.js';

/** Who may give an image its bytes: its owners, and the storage host that has a ticket to do so. */
@Injectable()
export class UploadAccess {
  constructor(
    private readonly access: ImagesService,
    private readonly policy: Policy,
    private readonly ticketed: TicketedImages,
  ) {}

  /** The image; throws `NotFound` and `Forbidden`. */
  async permitted(caller: Caller, id: string): Promise<Image> {
    if (this.policy.allows(caller, rules.uploadByTicket)) return this.ticketed.require(caller.token, 'write', id);
    const { image, target } = await this.access.visible(caller, id);
    this.policy.require(caller, rules.uploadImageRule, target);
    return image;
  }
}
