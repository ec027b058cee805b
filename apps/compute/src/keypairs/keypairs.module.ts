import { Module } from '@nestjs/common';
import { KeypairsRepository } from './keypairs.repository.js';

@Module({ providers: [KeypairsRepository], exports: [KeypairsRepository] })
export class KeypairsModule {}
