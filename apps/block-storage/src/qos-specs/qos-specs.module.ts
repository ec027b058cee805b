import { Module } from '@nestjs/common';
import { VolumeTypesModule } from '../volume-types/index.js';
import { QosSpecsController } from './qos-specs.controller.js';
import { QosSpecsRepository } from './qos-specs.repository.js';
import { QosSpecsService } from './qos-specs.service.js';

@Module({ imports: [VolumeTypesModule], controllers: [QosSpecsController], providers: [QosSpecsRepository, QosSpecsService], exports: [QosSpecsRepository] })
export class QosSpecsModule {}
