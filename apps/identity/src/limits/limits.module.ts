import { Module } from '@nestjs/common';
import { ProjectsModule } from '../projects/index.js';
import { LimitsController } from './limits.controller.js';
import { LimitsRepository } from './limits.repository.js';
import { LimitsService } from './limits.service.js';
import { RegisteredLimitsRepository } from './registered-limits.repository.js';
import { RegisteredLimitsService } from './registered-limits.service.js';

@Module({ imports: [ProjectsModule], controllers: [LimitsController], providers: [LimitsRepository, RegisteredLimitsRepository, LimitsService, RegisteredLimitsService] })
export class LimitsModule {}
