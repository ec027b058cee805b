import { Module } from '@nestjs/common';
import { HypervisorsModule } from '../hypervisors/index.js';
import { ZonesController } from './zones.controller.js';
import { ZonesService } from './zones.service.js';

@Module({ imports: [HypervisorsModule], controllers: [ZonesController], providers: [ZonesService] })
export class ZonesModule {}
