import { Module } from '@nestjs/common';
import { KeypairsController } from './keypairs.controller.js';
import { KeypairsRepository } from './keypairs.repository.js';
import { KeypairsService } from './keypairs.service.js';

@Module({ controllers: [KeypairsController], providers: [KeypairsRepository, KeypairsService], exports: [KeypairsRepository] })
export class KeypairsModule {}
