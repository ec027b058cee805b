import { isTicketValid, type TicketPurpose } from '@virga/contracts-image';
import { Forbidden, type Clock } from '@virga/kernel';

/** Checks the tickets with which hosts read and write images' bytes. */
export class Tickets {
  constructor(private readonly key: Buffer, private readonly clock: Clock) {}

  /** Throws `Forbidden` where the ticket does not allow this with this image now. */
  require(ticket: string, purpose: TicketPurpose, imageId: string): void {
    if (!isTicketValid(this.key, ticket, { purpose, imageId }, this.clock.now())) throw new Forbidden('image.ticket.invalid', 'The ticket is not valid for this image.');
  }
}
