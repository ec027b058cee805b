import { Module } from '@nestjs/common';
import { Accounts } from './accounts.js';
import { AccountsRepository } from './accounts.repository.js';
import { KnownAccounts } from './known-accounts.js';

@Module({ providers: [Accounts, AccountsRepository, KnownAccounts], exports: [Accounts, KnownAccounts] })
export class AccountsModule {}
