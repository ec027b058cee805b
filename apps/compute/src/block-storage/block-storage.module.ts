import { Module } from '@nestjs/common';
import { BlockStorageCalls } from './block-storage-calls.js';

@Module({ providers: [BlockStorageCalls], exports: [BlockStorageCalls] })
export class BlockStorageModule {}
