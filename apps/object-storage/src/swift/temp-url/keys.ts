import { Injectable } from '@nestjs/common';
import { Accounts } from '../../accounts/index.js';
import { Containers } from '../../containers/index.js';
import type { Metadata } from '../../metadata/index.js';
import type { ScopedKey } from './signature.js';

/** The keys by which owners let others in without a token: two of the account and two of each container. */
@Injectable()
export class TempUrlKeys {
  constructor(private readonly accounts: Accounts, private readonly containers: Containers) {}

  async of(account: string, container: string): Promise<ScopedKey[]> {
    const [ofAccount, ofContainer] = await Promise.all([this.accounts.find(account), this.containers.find(account, container)]);
    return [...keysIn('account', ofAccount?.metadata), ...keysIn('container', ofContainer?.metadata)];
  }
}

function keysIn(scope: ScopedKey['scope'], metadata: Metadata | undefined): ScopedKey[] {
  return [`x-${scope}-meta-temp-url-key`, `x-${scope}-meta-temp-url-key-2`]
    .map((name) => metadata?.[name])
    .filter((key) => key !== undefined && key !== '')
    .map((key) => ({ scope, key: key as string }));
}
