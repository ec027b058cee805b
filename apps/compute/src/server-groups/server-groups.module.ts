import { Module } from '@nestjs/common';
import { ServerGroupsController } from './server-groups.controller.js';
import { ServerGroupsRepository } from './server-groups.repository.js';
import { ServerGroupsService } from './server-groups.service.js';

@Module({ controllers: [ServerGroupsController], providers: [ServerGroupsRepository, ServerGroupsService], exports: [ServerGroupsRepository] })
export class ServerGroupsModule {}
