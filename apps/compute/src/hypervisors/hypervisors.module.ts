import { Module } from '@nestjs/common';
import { HostRecordsRepository } from './host-records.repository.js';
import { HypervisorsController } from './hypervisors.controller.js';
import { HypervisorsService } from './hypervisors.service.js';

@Module({ controllers: [HypervisorsController], providers: [HostRecordsRepository, HypervisorsService], exports: [HostRecordsRepository] })
export class HypervisorsModule {}
