import type { Access, Deed, Standing } from '../access/access.js';
import { SwiftFault } from '../faults/index.js';

/**
 * What another cluster may do: change objects of the one container that both owners and both operators agreed on. It brings what
 * was checked where it came from, so manifests and links are taken as they are, and times are those of the first cluster.
 */
export class SyncAccess implements Access {
  readonly caller = undefined;

  constructor(private readonly account: string, private readonly container: string) {}

  require({ account, containerName }: Deed): Promise<Standing> {
    if (account !== this.account || containerName !== this.container) return Promise.reject(new SwiftFault(401));
    return Promise.resolve({ isOwner: false, isReseller: false });
  }
}
