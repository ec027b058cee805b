import { Module } from '@nestjs/common';
import { RolesModule } from '../roles/index.js';
import { TrustsController } from './trusts.controller.js';
import { TrustsRepository } from './trusts.repository.js';
import { TrustsService } from './trusts.service.js';

@Module({ imports: [RolesModule], controllers: [TrustsController], providers: [TrustsRepository, TrustsService] })
export class TrustsModule {}
