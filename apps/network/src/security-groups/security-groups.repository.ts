import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import type { Scope } from '../access/index.js';
import { findRow, findRows, listRows, type Collection, type ListRequest } from '../listing/index.js';
import { standardFilters, standardSortable } from '../resources/index.js';
import { SecurityGroupRow, SecurityGroupRuleRow } from './security-group.row.js';
import {
  SecurityGroupDefaultAlreadyExists, SecurityGroupInUse, SecurityGroupNotFound, SecurityGroupRuleExists, SecurityGroupRuleNotFound,
  type SecurityGroup, type SecurityGroupRule,
} from './security-group.js';

const groups: Collection = {
  source: fragment`
    SELECT g.*, coalesce((SELECT json_agg(e ORDER BY e.created_at, e.id) FROM security_group_rule e WHERE e.security_group_id = g.id), '[]') AS rules
    FROM security_group g`,
  filters: {
    ...standardFilters, stateful: { column: 'is_stateful', kind: 'boolean' },
    shared: (values) => (values.some((value) => /^(false|0|no|off|f|n)$/i.test(value)) ? fragment`TRUE` : fragment`FALSE`),
  },
  sortable: { ...standardSortable, stateful: { column: 'is_stateful' } },
  notFound: (id) => new SecurityGroupNotFound(id),
};

const rules: Collection = {
  source: fragment`SELECT e.*, '' AS name FROM security_group_rule e`,
  filters: {
    ...standardFilters, security_group_id: 'text', direction: 'text', ethertype: 'text', protocol: 'nullable-text', port_range_min: 'integer', port_range_max: 'integer',
    remote_ip_prefix: 'nullable-text', normalized_cidr: 'nullable-text', remote_group_id: 'nullable-text',
  },
  sortable: {
    id: { column: 'id' }, security_group_id: { column: 'security_group_id' }, direction: { column: 'direction' }, ethertype: { column: 'ethertype' },
    protocol: { column: 'protocol', isNullable: true }, port_range_min: { column: 'port_range_min', isNullable: true },
    port_range_max: { column: 'port_range_max', isNullable: true }, remote_ip_prefix: { column: 'remote_ip_prefix', isNullable: true },
    remote_group_id: { column: 'remote_group_id', isNullable: true }, project_id: { column: 'project_id' }, tenant_id: { column: 'project_id' },
  },
  notFound: (id) => new SecurityGroupRuleNotFound(id),
};

@Injectable()
export class SecurityGroupsRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  list(request: ListRequest, scope: Scope): Promise<SecurityGroup[]> {
    return listRows<SecurityGroup>(this.db, groups, request, visible(scope));
  }

  find(reader: Reader, id: string): Promise<SecurityGroup | undefined> {
    return findRow<SecurityGroup>(reader, groups, id);
  }

  listRules(request: ListRequest, scope: Scope): Promise<SecurityGroupRule[]> {
    return listRows<SecurityGroupRule>(this.db, rules, request, visible(scope));
  }

  findRule(reader: Reader, id: string): Promise<SecurityGroupRule | undefined> {
    return findRow<SecurityGroupRule>(reader, rules, id);
  }

  findRules(ids: readonly string[]): Promise<SecurityGroupRule[]> {
    return findRows<SecurityGroupRule>(this.db, rules, ids);
  }

  async defaultOf(reader: Reader, project: string): Promise<string | undefined> {
    const [row] = await reader.sql<{ id: string }>`SELECT id FROM security_group WHERE project_id = ${project} AND is_default`;
    return row?.id;
  }

  /** False where another request was faster. */
  async insertDefault(tx: Tx, group: SecurityGroupRow): Promise<boolean> {
    const rows = await tx.sql`
      INSERT INTO security_group (id, project_id, name, description, is_default, is_stateful, created_at, updated_at)
      VALUES (${group.id}, ${group.project_id}, ${group.name}, ${group.description}, true, true, ${group.created_at}, ${group.updated_at})
      ON CONFLICT (project_id) WHERE is_default DO NOTHING RETURNING id`;
    return rows.length > 0;
  }

  async insert(tx: Tx, group: SecurityGroupRow): Promise<void> {
    await tx.insert(SecurityGroupRow, group).catch(onUnique('security_group_default_once', () => new SecurityGroupDefaultAlreadyExists()));
  }

  async insertRules(tx: Tx, fresh: readonly SecurityGroupRuleRow[]): Promise<void> {
    await tx.insertAll(SecurityGroupRuleRow, fresh)
      .catch(onUnique('security_group_rule_once', () => new SecurityGroupRuleExists()))
      .catch(onForeignKey('security_group_rule_remote_group', () => new SecurityGroupNotFound(fresh.find((rule) => rule.remote_group_id !== null)?.remote_group_id ?? '')));
  }

  /** Which of these groups exist and are the project's (or anybody's, where `project` is undefined). */
  async existing(reader: Reader, ids: readonly string[], project: string | undefined): Promise<Set<string>> {
    const owned = project === undefined ? fragment`TRUE` : fragment`project_id = ${project}`;
    const rows = await reader.sql<{ id: string }>`SELECT id FROM security_group WHERE id = ANY(${ids}) AND ${owned}`;
    return new Set(rows.map((row) => row.id));
  }

  /** Ids by name or id, of one project's groups. */
  async named(reader: Reader, project: string, names: readonly string[]): Promise<{ id: string; name: string }[]> {
    return reader.sql<{ id: string; name: string }>`
      SELECT id, name FROM security_group WHERE project_id = ${project} AND (name = ANY(${names}) OR id = ANY(${names})) ORDER BY id`;
  }

  /** Groups whose rules name this one: without it they say less. */
  async referring(tx: Tx, id: string): Promise<string[]> {
    const rows = await tx.sql<{ id: string }>`SELECT DISTINCT security_group_id AS id FROM security_group_rule WHERE remote_group_id = ${id} AND security_group_id <> ${id}`;
    return rows.map((row) => row.id);
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM security_group WHERE id = ${id}`.catch(onForeignKey('port_security_group_group', () => new SecurityGroupInUse(id)));
  }

  async portsOf(tx: Tx, id: string): Promise<string[]> {
    const rows = await tx.sql<{ port_id: string }>`SELECT port_id FROM port_security_group WHERE security_group_id = ${id}`;
    return rows.map((row) => row.port_id);
  }
}

function visible(scope: Scope): Fragment {
  if (scope.all) return fragment`TRUE`;
  return scope.own === undefined ? fragment`FALSE` : fragment`v.project_id = ${scope.own}`;
}
