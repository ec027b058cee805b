import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { HostsService } from './hosts.service.js';
import { LogLevelsService } from './log-levels.service.js';
import { ServicesController } from './services.controller.js';
import { ServicesRepository } from './services.repository.js';
import { ServicesService } from './services.service.js';

@Module({ imports: [BackendsModule], controllers: [ServicesController], providers: [ServicesRepository, ServicesService, HostsService, LogLevelsService] })
export class ServicesModule {}
