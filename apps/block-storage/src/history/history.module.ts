import { Module } from '@nestjs/common';
import { HistoryReconciler } from './history.reconciler.js';
import { HistoryRepository } from './history.repository.js';

@Module({ providers: [HistoryRepository, HistoryReconciler] })
export class HistoryModule {}
