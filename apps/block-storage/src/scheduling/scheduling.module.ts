import { Module } from '@nestjs/common';
import { Reservations } from './reservations.js';
import { SchedulingRepository } from './scheduling.repository.js';

@Module({ providers: [SchedulingRepository, Reservations], exports: [SchedulingRepository, Reservations] })
export class SchedulingModule {}
