import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/index.js';
import { ObjectsModule } from '../objects/index.js';
import { Upkeep } from './upkeep.js';

@Module({ imports: [BlobsModule, ObjectsModule], providers: [Upkeep] })
export class UpkeepModule {}
