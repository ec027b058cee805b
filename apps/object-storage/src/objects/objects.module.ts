import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/index.js';
import { ChangesRepository } from './changes.repository.js';
import { CommitQueue } from './commit-queue.js';
import { Committer } from './committer.js';
import { Expirer } from './expirer.js';
import { Objects } from './objects.js';
import { ObjectsRepository } from './objects.repository.js';

@Module({ imports: [BlobsModule], providers: [Objects, ObjectsRepository, ChangesRepository, Committer, CommitQueue, Expirer], exports: [Objects, Expirer] })
export class ObjectsModule {}
