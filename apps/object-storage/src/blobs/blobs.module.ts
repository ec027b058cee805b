import { Module } from '@nestjs/common';
import { BlobReport } from './blob-report.js';
import { Blobs } from './blobs.js';
import { BlobsRepository } from './blobs.repository.js';
import { RootKeys } from './root-keys.js';
import { RootKeysRepository } from './root-keys.repository.js';

@Module({ providers: [Blobs, BlobReport, BlobsRepository, RootKeys, RootKeysRepository], exports: [Blobs, BlobReport] })
export class BlobsModule {}
