import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { listRoleAssignments } from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { isFlagged } from '../listing/index.js';
import { RoleAssignmentsService } from './role-assignments.service.js';
import { assignmentList } from './role-assignments.views.js';

@Controller()
export class RoleAssignmentsController {
  constructor(private readonly assignments: RoleAssignmentsService) {}

  @Endpoint(listRoleAssignments)
  async list({ caller, query, request }: InputOf<typeof listRoleAssignments>) {
    return assignmentList(await this.assignments.list(caller, query), isFlagged(query, 'include_names'), request);
  }
}
