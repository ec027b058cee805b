import { Module } from '@nestjs/common';
import { PlacementModule } from '../placement/index.js';
import { Reservations } from './reservations.js';
import { SchedulingRepository } from './scheduling.repository.js';

@Module({ imports: [PlacementModule], providers: [SchedulingRepository, Reservations], exports: [SchedulingRepository, Reservations] })
export class SchedulingModule {}
