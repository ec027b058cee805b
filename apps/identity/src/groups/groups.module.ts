import { Module } from '@nestjs/common';
import { UsersModule } from '../users/index.js';
import { GroupsController } from './groups.controller.js';
import { GroupsRepository } from './groups.repository.js';
import { GroupsService } from './groups.service.js';

@Module({ imports: [UsersModule], controllers: [GroupsController], providers: [GroupsRepository, GroupsService], exports: [GroupsRepository] })
export class GroupsModule {}
