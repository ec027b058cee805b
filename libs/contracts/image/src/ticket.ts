import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Duration, Instant } from '@virga/kernel';

/** The header in which a host shows that compute lets it read one image's bytes. */
export const TICKET_HEADER = 'x-virga-image-ticket';

/** The key under which tickets are signed, derived from the installation's master key. */
export function ticketKey(masterKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), 'virga image ticket', 32));
}

/** Lets its holder download one image until it expires: what a hypervisor host gets instead of a token. */
export function issueTicket(key: Buffer, imageId: string, now: Instant, validFor: Duration): string {
  const expiresAt = now + validFor;
  return `${expiresAt}.${signature(key, imageId, expiresAt)}`;
}

/** Whether the ticket opens this image now. */
export function isTicketValid(key: Buffer, ticket: string, imageId: string, now: Instant): boolean {
  const match = /^(\d{1,16})\.([0-9a-f]{64})$/.exec(ticket);
  if (match === null) return false;
  const expiresAt = Number(match[1]);
  const expected = Buffer.from(signature(key, imageId, expiresAt), 'hex');
  return timingSafeEqual(expected, Buffer.from(match[2] as string, 'hex')) && now < expiresAt;
}

function signature(key: Buffer, imageId: string, expiresAt: number): string {
  return createHmac('sha256', key).update(`${imageId}\n${expiresAt}`).digest('hex');
}
