import { Module } from '@nestjs/common';
import { Blobs } from './blobs.js';
import { BlobsRepository } from './blobs.repository.js';
import { RootKeys } from './root-keys.js';
import { RootKeysRepository } from './root-keys.repository.js';

@Module({ providers: [Blobs, BlobsRepository, RootKeys, RootKeysRepository], exports: [Blobs] })
export class BlobsModule {}
