import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Duration, Instant } from '@virga/kernel';

/** The header in which a host shows that compute or block storage lets it read or write one image's bytes. */
export const TICKET_HEADER = 'x-virga-image-ticket';

/** The key under which tickets are signed, derived from the installation's master key. */
export function ticketKey(masterKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), 'virga image ticket', 32));
}

/** What a ticket allows with its image's bytes. */
export type TicketPurpose = 'read' | 'write';

interface Allowed {
  purpose: TicketPurpose;
  imageId: string;
}

/** Lets its holder download one image until it expires: what a host gets instead of a token. */
export function issueTicket(key: Buffer, imageId: string, now: Instant, validFor: Duration): string {
  return issue(key, { purpose: 'read', imageId }, now + validFor);
}

/** Lets its holder begin, until it expires, to upload the bytes of one image that is `queued`. */
export function issueUploadTicket(key: Buffer, imageId: string, now: Instant, validFor: Duration): string {
  return issue(key, { purpose: 'write', imageId }, now + validFor);
}

const issue = (key: Buffer, allowed: Allowed, expiresAt: number): string => `${expiresAt}.${signature(key, allowed, expiresAt)}`;

/** Whether the ticket allows this now. */
export function isTicketValid(key: Buffer, ticket: string, allowed: Allowed, now: Instant): boolean {
  const match = /^(\d{1,16})\.([0-9a-f]{64})$/.exec(ticket);
  if (match === null) return false;
  const expiresAt = Number(match[1]);
  const expected = Buffer.from(signature(key, allowed, expiresAt), 'hex');
  return timingSafeEqual(expected, Buffer.from(match[2] as string, 'hex')) && now < expiresAt;
}

function signature(key: Buffer, { purpose, imageId }: Allowed, expiresAt: number): string {
  return createHmac('sha256', key).update(`${purpose}\n${imageId}\n${expiresAt}`).digest('hex');
}
