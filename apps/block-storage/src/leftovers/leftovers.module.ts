import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { ReportsModule } from '../reports/index.js';
import { LeftoversReconciler } from './leftovers.reconciler.js';
import { LeftoversRepository } from './leftovers.repository.js';

@Module({ imports: [BackendsModule, ReportsModule], providers: [LeftoversRepository, LeftoversReconciler] })
export class LeftoversModule {}
