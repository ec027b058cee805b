import { TICKET_HEADER } from '@virga/contracts-image';
import { Authenticator, type Asked, type Headers } from '@virga/http';
import { anonymous, type Caller } from '@virga/kernel';

/** The only thing that a bearer of a ticket may do is asked by this role; the ticket itself is checked with the image. */
const TICKET_ROLE = 'virga_image_ticket';

/** Lets hosts in with a ticket for one image; everybody else needs a token. */
export class TicketAuthenticator extends Authenticator {
  constructor(private readonly tokens: Authenticator) {
    super();
  }

  async authenticate(headers: Headers, requestId: string, asked?: Asked): Promise<Caller> {
    const ticket = headers[TICKET_HEADER];
    if (typeof ticket !== 'string' || headers['x-auth-token'] !== undefined) return this.tokens.authenticate(headers, requestId, asked);
    return { ...anonymous(requestId), token: ticket, roles: new Set([TICKET_ROLE]) };
  }
}
