import { Injectable } from '@nestjs/common';
import { all, fragment, type Fragment, type Reader } from '@virga/persistence';

/** One assignment, or with `effective` one role that somebody has somewhere and where it comes from. */
export interface RoleAssignment {
  role_id: string;
  role_name: string;
  role_domain_id: string | null;
  role_domain_name: string | null;
  /** The user, or without `effective` perhaps the group. */
  actor_id: string;
  actor_name: string;
  actor_domain_id: string;
  actor_domain_name: string;
  is_user: boolean;
  /** Null for the system. */
  target_id: string | null;
  target_name: string | null;
  is_domain: boolean | null;
  target_domain_id: string | null;
  target_domain_name: string | null;
  inherited: boolean;
  /** As it was assigned: the group that gave it, and the target that it comes from. */
  via_group_id: string | null;
  source_id: string | null;
  source_is_domain: boolean | null;
  source_role_id: string;
  source_inherited: boolean;
}

export interface AssignmentFilters {
  userId?: string | undefined;
  groupId?: string | undefined;
  roleId?: string | undefined;
  /** A project or domain; with `subtree` everything below it too. */
  targetId?: string | undefined;
  isSubtree?: boolean;
  isSystem?: boolean;
  isInherited?: boolean;
  /** Only what lies in this domain, for callers of its scope. */
  withinDomainId?: string | undefined;
}

@Injectable()
export class RoleAssignmentsRepository {
  /** Assignments as they were made. */
  assigned(db: Reader, filters: AssignmentFilters): Promise<RoleAssignment[]> {
    return this.read(db, fragment`
      SELECT a.role_id, COALESCE(a.user_id, a.group_id) AS actor_id, a.user_id IS NOT NULL AS is_user, a.project_id AS target_id, a.inherited,
        a.group_id AS via_group_id, a.project_id AS source_id, a.role_id AS source_role_id, a.inherited AS source_inherited
      FROM assignment a`, filters);
  }

  /** What users have in the end: groups resolved to members, inherited roles on the projects they reach, implied roles added. */
  effective(db: Reader, filters: AssignmentFilters): Promise<RoleAssignment[]> {
    const ofUser = filters.userId === undefined ? fragment`TRUE` : fragment`${filters.userId} = COALESCE(a.user_id, m.user_id)`;
    return this.read(db, fragment`
      WITH RECURSIVE closure AS (
        SELECT id AS prior_id, id AS role_id FROM role
        UNION
        SELECT c.prior_id, i.implied_role_id FROM closure c JOIN implied_role i ON i.prior_role_id = c.role_id
      )
      SELECT DISTINCT c.role_id, COALESCE(a.user_id, m.user_id) AS actor_id, true AS is_user, COALESCE(below.id, a.project_id) AS target_id, false AS inherited,
        a.group_id AS via_group_id, a.project_id AS source_id, a.role_id AS source_role_id, a.inherited AS source_inherited
      FROM assignment a
      LEFT JOIN group_member m ON m.group_id = a.group_id
      LEFT JOIN project below ON a.inherited AND below.ancestors @> ARRAY[a.project_id]
      JOIN closure c ON c.prior_id = a.role_id
      WHERE COALESCE(a.user_id, m.user_id) IS NOT NULL AND (NOT a.inherited OR below.id IS NOT NULL) AND ${ofUser}`,
    filters, [fragment`r.domain_id IS NULL`]);
  }

  private read(db: Reader, assignments: Fragment, filters: AssignmentFilters, more: readonly Fragment[] = []): Promise<RoleAssignment[]> {
    return db.sql<RoleAssignment>`
      SELECT x.*, r.name AS role_name, r.domain_id AS role_domain_id, rd.name AS role_domain_name,
        COALESCE(u.name, g.name) AS actor_name, ad.id AS actor_domain_id, ad.name AS actor_domain_name,
        t.name AS target_name, t.is_domain, t.domain_id AS target_domain_id, td.name AS target_domain_name, s.is_domain AS source_is_domain
      FROM (${assignments}) x
      JOIN role r ON r.id = x.role_id LEFT JOIN project rd ON rd.id = r.domain_id
      LEFT JOIN "user" u ON x.is_user AND u.id = x.actor_id
      LEFT JOIN "group" g ON NOT x.is_user AND g.id = x.actor_id
      JOIN project ad ON ad.id = COALESCE(u.domain_id, g.domain_id)
      LEFT JOIN project t ON t.id = x.target_id LEFT JOIN project td ON td.id = t.domain_id
      LEFT JOIN project s ON s.id = x.source_id
      WHERE ${all([...conditions(filters), ...more])}
      ORDER BY target_name NULLS FIRST, x.target_id, actor_name, x.actor_id, role_name, x.role_id, x.source_id, x.inherited`;
  }
}

function conditions(filters: AssignmentFilters): Fragment[] {
  const { userId, groupId, roleId, targetId, withinDomainId } = filters;
  return [
    ...(userId === undefined ? [] : [fragment`x.is_user AND x.actor_id = ${userId}`]),
    ...(groupId === undefined ? [] : [fragment`NOT x.is_user AND x.actor_id = ${groupId}`]),
    ...(roleId === undefined ? [] : [fragment`x.role_id = ${roleId}`]),
    ...(targetId === undefined ? [] : [filters.isSubtree === true ? fragment`(t.id = ${targetId} OR t.ancestors @> ARRAY[${targetId}])` : fragment`x.target_id = ${targetId}`]),
    ...(filters.isSystem === true ? [fragment`x.target_id IS NULL`] : []),
    ...(filters.isInherited === true ? [fragment`x.source_inherited`] : []),
    ...(withinDomainId === undefined ? [] : [fragment`COALESCE(t.domain_id, t.id) = ${withinDomainId}`]),
  ];
}
