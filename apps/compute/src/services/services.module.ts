import { Module } from '@nestjs/common';
import { HypervisorsModule } from '../hypervisors/index.js';
import { HostsService } from './hosts.service.js';
import { ServicesController } from './services.controller.js';
import { ServicesRepository } from './services.repository.js';
import { ServicesService } from './services.service.js';

@Module({ imports: [HypervisorsModule], controllers: [ServicesController], providers: [ServicesRepository, ServicesService, HostsService] })
export class ServicesModule {}
