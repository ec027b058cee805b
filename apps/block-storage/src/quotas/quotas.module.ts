import { Module } from '@nestjs/common';
import { VolumeTypesModule } from '../volume-types/index.js';
import { QuotasController } from './quotas.controller.js';
import { QuotasService } from './quotas.service.js';

@Module({ imports: [VolumeTypesModule], controllers: [QuotasController], providers: [QuotasService] })
export class QuotasModule {}
