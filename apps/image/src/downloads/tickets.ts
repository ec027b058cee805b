import { isTicketValid } from '@virga/contracts-image';
import { Forbidden, type Clock } from '@virga/kernel';

/** Checks the tickets with which hypervisor hosts download. */
export class Tickets {
  constructor(private readonly key: Buffer, private readonly clock: Clock) {}

  /** Throws `Forbidden` where the ticket does not open this image now. */
  require(ticket: string, imageId: string): void {
    if (!isTicketValid(this.key, ticket, imageId, this.clock.now())) throw new Forbidden('image.ticket.invalid', 'The ticket is not valid for this image.');
  }
}
