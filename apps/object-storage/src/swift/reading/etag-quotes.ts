import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { KnownAccounts } from '../../accounts/index.js';
import { saysYes } from '../request/index.js';

/**
 * ETags in quotes, as HTTP wants them and Swift by itself does not give them: where the container, or else its account, says so by
 * X-Container-Rfc-Compliant-Etags or X-Account-Rfc-Compliant-Etags. Some caches take no others.
 */
@Injectable()
export class EtagQuotes {
  constructor(private readonly accounts: KnownAccounts) {}

  /** The reply with its ETag in the form that the container asks for. */
  async formed({ account, metadata }: Container, reply: FrontReply): Promise<FrontReply> {
    const { etag } = reply.headers;
    if (typeof etag !== 'string' || /^(W\/)?".*"$/.test(etag)) return reply;
    const flag = metadata['x-container-rfc-compliant-etags'] ?? (await this.accounts.metadataOf(account))['x-account-rfc-compliant-etags'];
    return saysYes(flag) ? { ...reply, headers: { ...reply.headers, etag: `"${etag}"` } } : reply;
  }
}

/** The flag as it is kept. */
export function cleanFlag(value: string): string {
  return saysYes(value) ? 'True' : 'False';
}
