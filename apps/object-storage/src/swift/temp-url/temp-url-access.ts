import type { Access, Deed, Standing } from '../access/access.js';
import { SwiftFault } from '../faults/index.js';
import type { TempUrl } from './parameters.js';
import type { ScopedKey, SignedPath } from './signature.js';

/** What a key's holder lets in: everything of one account or one container that the request goes on to touch, and nothing else. */
export class KeyedAccess implements Access {
  readonly caller = undefined;

  constructor(private readonly scope: ScopedKey['scope'], private readonly path: Pick<SignedPath, 'account' | 'container'>) {}

  require({ account, containerName }: Deed): Promise<Standing> {
    const isInside = account === this.path.account && (this.scope === 'account' || containerName === this.path.container);
    if (!isInside) return Promise.reject(new SwiftFault(401));
    return Promise.resolve({ isOwner: false, isReseller: false });
  }
}

/** What a temporary URL lets in; it also says how the answer is to be dressed. */
export class TempUrlAccess extends KeyedAccess {
  constructor(scope: ScopedKey['scope'], path: SignedPath, readonly url: TempUrl) {
    super(scope, path);
  }
}
