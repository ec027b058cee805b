import { Inject, Injectable } from '@nestjs/common';
import { Conflict, raise } from '@virga/kernel';
import type { SecretBox } from '@virga/identity-client';
import { Database } from '@virga/persistence';
import { METADATA_SECRETS, changedMetadata, openMetadata, sealMetadata, type MetadataChange } from '../metadata/index.js';
import { Timestamps } from '../timestamps/index.js';
import { AccountNotFound, projectOfAccount, type Account, type AccountTotals } from './account.js';
import { AccountsRepository, type AccountRow } from './accounts.repository.js';

/** The account still holds containers. */
export class AccountNotEmpty extends Conflict {
  constructor() {
    super('object-storage.account.not-empty', 'The account still holds containers.');
  }
}

/** What projects have in object storage. An account comes into being when it is first needed. */
@Injectable()
export class Accounts {
  constructor(
    private readonly db: Database,
    private readonly accounts: AccountsRepository,
    private readonly timestamps: Timestamps,
    @Inject(METADATA_SECRETS) private readonly secrets: SecretBox,
  ) {}

  async find(name: string): Promise<Account | undefined> {
    const row = await this.accounts.find(this.db, name);
    return row && this.account(row);
  }

  /** The account, made where there is none.  */
  async ensure(name: string): Promise<Account> {
    const found = await this.find(name);
    if (found !== undefined) return found;
    await this.accounts.ensure(this.db, name, projectOfAccount(name), this.timestamps.next());
    return await this.find(name) ?? raise(new AccountNotFound(name));
  }

  /** Sums over its containers: exact at the moment of asking. All zero for an account that is not there. */
  async totals(name: string): Promise<AccountTotals> {
    const rows = await this.accounts.totals(this.db, name);
    const sum = (key: 'containers' | 'objects' | 'bytes'): number => rows.reduce((total, row) => total + Number(row[key]), 0);
    const policies = Object.fromEntries(rows.map(({ policy, containers, objects, bytes }) => [policy, { containers, objects, bytes }]));
    return { containers: sum('containers'), objects: sum('objects'), bytes: sum('bytes'), policies };
  }

  /** Sets and removes headers. Throws `AccountNotFound`. */
  async change(name: string, change: MetadataChange): Promise<Account> {
    return this.db.transaction(async (tx) => {
      const row = await this.accounts.lock(tx, name) ?? raise(new AccountNotFound(name));
      const metadata = changedMetadata(openMetadata(this.secrets, name, row), change);
      const stored = sealMetadata(this.secrets, name, metadata);
      const changedAt = Math.max(this.timestamps.next(), row.changed_at + 1);
      await this.accounts.change(tx, name, stored, changedAt);
      return { ...this.account(row), metadata, changedAt };
    });
  }

  /** Removes an account without containers. Throws `AccountNotFound`, `AccountNotEmpty`. */
  async remove(name: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      await this.accounts.lock(tx, name) ?? raise(new AccountNotFound(name));
      if (!await this.accounts.remove(tx, name)) throw new AccountNotEmpty();
    });
  }

  private account(row: AccountRow): Account {
    return {
      name: row.name, projectId: row.project_id, metadata: openMetadata(this.secrets, row.name, row),
      createdAt: row.created_at, changedAt: row.changed_at,
    };
  }
}
