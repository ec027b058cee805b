import { Module } from '@nestjs/common';
import { Projects } from '../projects/index.js';
import { QuotasController } from './quotas.controller.js';
import { QuotasService } from './quotas.service.js';

@Module({ controllers: [QuotasController], providers: [QuotasService, Projects] })
export class QuotasModule {}
