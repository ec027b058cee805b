/** The injection token of the key under which image tickets are signed. */
export const TICKET_KEY = Symbol('image ticket key');
