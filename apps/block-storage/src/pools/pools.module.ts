import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { SchedulingModule } from '../scheduling/index.js';
import { VolumeTypesModule } from '../volume-types/index.js';
import { PoolsController } from './pools.controller.js';
import { PoolsService } from './pools.service.js';

@Module({ imports: [BackendsModule, SchedulingModule, VolumeTypesModule], controllers: [PoolsController], providers: [PoolsService] })
export class PoolsModule {}
