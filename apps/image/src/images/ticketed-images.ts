import { Injectable } from '@nestjs/common';
import type { TicketPurpose } from '@virga/contracts-image';
import { Database } from '@virga/persistence';
import { Tickets } from '../tickets/index.js';
import { ImageNotFound, type Image } from './image.js';
import { ImagesRepository } from './images.repository.js';

/** Images of those who come with a ticket instead of a token. */
@Injectable()
export class TicketedImages {
  constructor(private readonly db: Database, private readonly images: ImagesRepository, private readonly tickets: Tickets) {}

  /** The image; throws `Forbidden` where the ticket is not for this, and `NotFound` where the image is gone. */
  async require(ticket: string, purpose: TicketPurpose, id: string): Promise<Image> {
    this.tickets.require(ticket, purpose, id);
    const found = await this.images.find(this.db, id, undefined);
    if (found === undefined) throw new ImageNotFound(id);
    return found.image;
  }
}
