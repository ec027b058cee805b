import { Module } from '@nestjs/common';
import { FlavorsRepository } from './flavors.repository.js';

@Module({ providers: [FlavorsRepository], exports: [FlavorsRepository] })
export class FlavorsModule {}
