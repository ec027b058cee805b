import { Module } from '@nestjs/common';
import { ServersModule } from '../servers/index.js';
import { SecurityGroupsController } from './security-groups.controller.js';
import { SecurityGroupsService } from './security-groups.service.js';
import { ServerSecurityGroupsService } from './server-security-groups.service.js';

@Module({ imports: [ServersModule], controllers: [SecurityGroupsController], providers: [SecurityGroupsService, ServerSecurityGroupsService] })
export class SecurityGroupsModule {}
