import { Module } from '@nestjs/common';
import { Accounts } from './accounts.js';
import { AccountsRepository } from './accounts.repository.js';

@Module({ providers: [Accounts, AccountsRepository], exports: [Accounts] })
export class AccountsModule {}
