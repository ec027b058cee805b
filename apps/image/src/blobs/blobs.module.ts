import { Module } from '@nestjs/common';
import { BlobCollector } from './blob-collector.js';
import { BlobsRepository } from './blobs.repository.js';
import { Blobs } from './blobs.js';

@Module({ providers: [Blobs, BlobsRepository, BlobCollector], exports: [Blobs, BlobCollector] })
export class BlobsModule {}
