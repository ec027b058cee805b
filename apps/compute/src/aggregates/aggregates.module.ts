import { Module } from '@nestjs/common';
import { HypervisorsModule } from '../hypervisors/index.js';
import { PlacementModule } from '../placement/index.js';
import { AggregatesController } from './aggregates.controller.js';
import { AggregatesRepository } from './aggregates.repository.js';
import { AggregatesService } from './aggregates.service.js';

@Module({ imports: [HypervisorsModule, PlacementModule], controllers: [AggregatesController], providers: [AggregatesRepository, AggregatesService] })
export class AggregatesModule {}
