import { Injectable } from '@nestjs/common';
import { listRoleAssignments, listSubtreeAssignmentsRule } from '@virga/contracts-identity';
import { Invalid, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { isFlagged, textOf, type Query } from '../listing/index.js';
import { ProjectsRepository } from '../projects/index.js';
import { RoleAssignmentsRepository, type AssignmentFilters, type RoleAssignment } from './role-assignments.repository.js';

@Injectable()
export class RoleAssignmentsService {
  constructor(
    private readonly db: Database, private readonly assignments: RoleAssignmentsRepository, private readonly projects: ProjectsRepository, private readonly policy: Policy,
  ) {}

  async list(caller: Caller, query: Query): Promise<RoleAssignment[]> {
    const isSubtree = isFlagged(query, 'include_subtree');
    const ownDomain = caller.scope.kind === 'domain' ? caller.scope.domainId : undefined;
    const rule = isSubtree ? listSubtreeAssignmentsRule : listRoleAssignments.policy;
    this.policy.require(caller, rule, { target: { domain_id: isSubtree ? await this.domainOfProject(query) : ownDomain } });
    const isEffective = isFlagged(query, 'effective');
    const filters = { ...filtersOf(query, isSubtree), withinDomainId: ownDomain };
    requireSensible(filters, isEffective);
    return isEffective ? this.assignments.effective(this.db, filters) : this.assignments.assigned(this.db, filters);
  }

  private async domainOfProject(query: Query): Promise<string | null | undefined> {
    const projectId = textOf(query, 'scope.project.id');
    return projectId === undefined ? undefined : (await this.projects.find(this.db, projectId))?.domainId;
  }
}

function filtersOf(query: Query, isSubtree: boolean): AssignmentFilters & { projectId: string | undefined; domainId: string | undefined } {
  const [projectId, domainId] = [textOf(query, 'scope.project.id'), textOf(query, 'scope.domain.id')];
  return {
    userId: textOf(query, 'user.id'), groupId: textOf(query, 'group.id'), roleId: textOf(query, 'role.id'), targetId: projectId ?? domainId, projectId, domainId,
    isSubtree, isSystem: isFlagged(query, 'scope.system'), isInherited: query['scope.OS-INHERIT:inherited_to'] !== undefined,
  };
}

function requireSensible(filters: ReturnType<typeof filtersOf>, isEffective: boolean): void {
  const { projectId, domainId, userId, groupId, isSubtree, isSystem, isInherited } = filters;
  const contradictions: [boolean, string][] = [
    [[projectId, domainId, isSystem || undefined].filter((scope) => scope !== undefined).length > 1, 'Filter by one of a project, a domain and the system.'],
    [userId !== undefined && groupId !== undefined, 'Filter by a user or by a group, not by both.'],
    [isEffective && groupId !== undefined, 'Effective assignments are of users: they cannot be filtered by a group.'],
    [isEffective && isInherited === true, 'Effective assignments are not inherited any further: leave the filter by inheritance out.'],
    [isSubtree === true && projectId === undefined, 'include_subtree needs scope.project.id.'],
  ];
  const found = contradictions.find(([isMet]) => isMet);
  if (found !== undefined) throw new Invalid('identity.role-assignment.filter', found[1]);
}
