import { Module } from '@nestjs/common';
import { ChosenTypesRepository } from './chosen-types.repository.js';

@Module({ providers: [ChosenTypesRepository], exports: [ChosenTypesRepository] })
export class VolumeTypesModule {}
