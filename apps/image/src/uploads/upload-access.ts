import { Injectable } from '@nestjs/common';
import { rules } from '@virga/contracts-image';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { ImageNotFound, ImagesRepository, ImagesService, type Image } from '../images/index.js';
import { Tickets } from '../tickets/index.js';

/** Who may give an image its bytes: its owners, and the storage host that has a ticket to do so. */
@Injectable()
export class UploadAccess {
  constructor(
    private readonly db: Database,
    private readonly images: ImagesRepository,
    private readonly access: ImagesService,
    private readonly policy: Policy,
    private readonly tickets: Tickets,
  ) {}

  /** The image; throws `NotFound` and `Forbidden`. */
  async permitted(caller: Caller, id: string): Promise<Image> {
    if (this.policy.allows(caller, rules.uploadByTicket)) return this.byTicket(caller.token, id);
    const { image, target } = await this.access.visible(caller, id);
    this.policy.require(caller, rules.uploadImageRule, target);
    return image;
  }

  private async byTicket(ticket: string, id: string): Promise<Image> {
    this.tickets.require(ticket, 'write', id);
    const found = await this.images.find(this.db, id, undefined);
    if (found === undefined) throw new ImageNotFound(id);
    return found.image;
  }
}
