import { Module } from '@nestjs/common';
import { PlacementRepository } from './placement.repository.js';

@Module({ providers: [PlacementRepository], exports: [PlacementRepository] })
export class PlacementModule {}
