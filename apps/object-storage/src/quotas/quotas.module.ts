import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { Quotas } from './quotas.js';

@Module({ imports: [AccountsModule], providers: [Quotas], exports: [Quotas] })
export class QuotasModule {}
