import { Module } from '@nestjs/common';
import { GroupsModule } from '../groups/index.js';
import { ProjectsModule } from '../projects/index.js';
import { RolesModule } from '../roles/index.js';
import { UsersModule } from '../users/index.js';
import { grantsControllers } from './grants.controller.js';
import { GrantsRepository } from './grants.repository.js';
import { GrantParties, GrantsService } from './grants.service.js';
import { RoleAssignmentsController } from './role-assignments.controller.js';
import { RoleAssignmentsRepository } from './role-assignments.repository.js';
import { RoleAssignmentsService } from './role-assignments.service.js';

@Module({
  imports: [UsersModule, GroupsModule, ProjectsModule, RolesModule],
  controllers: [...grantsControllers, RoleAssignmentsController],
  providers: [GrantsRepository, GrantParties, GrantsService, RoleAssignmentsRepository, RoleAssignmentsService],
})
export class GrantsModule {}
