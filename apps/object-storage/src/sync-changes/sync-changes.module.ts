import { Module } from '@nestjs/common';
import { SyncChanges } from './sync-changes.js';
import { SyncChangesRepository } from './sync-changes.repository.js';

@Module({ providers: [SyncChanges, SyncChangesRepository], exports: [SyncChanges] })
export class SyncChangesModule {}
