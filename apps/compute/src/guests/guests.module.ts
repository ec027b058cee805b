import { Module } from '@nestjs/common';
import { GuestReports } from './guest-reports.js';
import { GuestsRepository } from './guests.repository.js';

@Module({ providers: [GuestsRepository, GuestReports], exports: [GuestsRepository, GuestReports] })
export class GuestsModule {}
