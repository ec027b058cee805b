import { Inject, Injectable } from '@nestjs/common';
import { Containers } from '../../containers/index.js';
import { SwiftFault } from '../faults/index.js';
import type { Arrival } from '../features/pre-authorization.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { isSignedBy, parseSyncAuth } from './signature.js';
import { SyncAccess } from './sync-access.js';

/** Requests by which other clusters bring changes of a container that synchronizes with one of ours. */
@Injectable()
export class SyncedRequests {
  constructor(private readonly containers: Containers, @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings) {}

  /** The access that the request's signature proves, or undefined where it has none. Throws 401, whatever is wrong with it. */
  async access({ front, method, target, headers }: Arrival): Promise<SyncAccess | undefined> {
    const header = headers['x-container-sync-auth'];
    if (header === undefined || header === '') return undefined;
    const auth = parseSyncAuth(header);
    const { account, container } = target;
    if (auth === undefined || container === undefined) throw invalid();
    const realm = this.settings.syncRealms.find(({ name }) => name === auth.realm);
    const key = await this.keyOf(account, container);
    const signed = { method, path: front.rawPath, timestamp: headers['x-timestamp'] ?? '0', nonce: auth.nonce };
    if (realm === undefined || key === undefined || !isSignedBy(auth.signature, signed, realm.keys, key)) throw invalid();
    return new SyncAccess(account, container);
  }

  private async keyOf(account: string, container: string): Promise<string | undefined> {
    return (await this.containers.find(account, container))?.metadata['x-container-sync-key'] || undefined;
  }
}

function invalid(): SwiftFault {
  return new SwiftFault(401, 'X-Container-Sync-Auth header not valid; contact cluster operator for support.', {
    headers: { 'www-authenticate': 'SwiftContainerSync realm="unknown"' },
  });
}
