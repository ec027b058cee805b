import { Module } from '@nestjs/common';
import { VolumesModule } from '../volumes/index.js';
import { VolumeMetadataController } from './volume-metadata.controller.js';
import { VolumeMetadata } from './volume-metadata.service.js';

@Module({ imports: [VolumesModule], providers: [VolumeMetadata], controllers: [VolumeMetadataController] })
export class VolumeMetadataModule {}
