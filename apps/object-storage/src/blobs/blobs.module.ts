import { Module } from '@nestjs/common';
import { Alone } from './alone.js';
import { BlobCollector } from './blob-collector.js';
import { BlobReport } from './blob-report.js';
import { Blobs } from './blobs.js';
import { BlobsRepository } from './blobs.repository.js';
import { Compactor } from './compactor.js';
import { KeyRotation } from './key-rotation.js';
import { RootKeys } from './root-keys.js';
import { RootKeysRepository } from './root-keys.repository.js';
import { Scrubber } from './scrubber.js';
import { UpkeepRepository } from './upkeep.repository.js';

const upkeep = [BlobCollector, Compactor, Scrubber, KeyRotation, Alone];

@Module({
  providers: [Blobs, BlobReport, BlobsRepository, RootKeys, RootKeysRepository, UpkeepRepository, ...upkeep],
  exports: [Blobs, BlobReport, ...upkeep],
})
export class BlobsModule {}
