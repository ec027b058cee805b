import { Module } from '@nestjs/common';
import { PlacementRepository } from './placement.repository.js';
import { ProviderAggregatesRepository } from './provider-aggregates.repository.js';

@Module({ providers: [PlacementRepository, ProviderAggregatesRepository], exports: [PlacementRepository, ProviderAggregatesRepository] })
export class PlacementModule {}
