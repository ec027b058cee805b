import { Module } from '@nestjs/common';
import { GroupTypesController } from './group-types.controller.js';
import { GroupTypesRepository } from './group-types.repository.js';
import { GroupTypesService } from './group-types.service.js';

@Module({ controllers: [GroupTypesController], providers: [GroupTypesRepository, GroupTypesService], exports: [GroupTypesRepository] })
export class GroupTypesModule {}
