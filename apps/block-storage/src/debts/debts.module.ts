import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BackendsModule } from '../backends/index.js';
import { BackendDebtPayer } from './backend-debt-payer.js';

@Module({ imports: [DiscoveryModule, BackendsModule], providers: [BackendDebtPayer] })
export class DebtsModule {}
