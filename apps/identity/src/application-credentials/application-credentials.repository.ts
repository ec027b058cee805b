import { Injectable } from '@nestjs/common';
import { newHexId } from '@virga/kernel';
import { all, fragment, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, Missing, pageClauses, type Listed, type Page } from '../listing/index.js';
import { AccessRuleInUse, ApplicationCredentialExists, type AccessRule, type ApplicationCredential } from './application-credential.js';

interface ReadRow {
  id: string;
  user_id: string;
  project_id: string;
  name: string;
  description: string | null;
  unrestricted: boolean;
  expires_at: string | null;
  roles: { id: string; name: string; domain_id: string | null }[];
  access_rules: AccessRule[] | null;
}

export interface NewApplicationCredential {
  id: string;
  userId: string;
  projectId: string;
  name: string;
  description: string | null;
  secretHash: string;
  isUnrestricted: boolean;
  expiresAt: string | null;
  roleIds: readonly string[];
}

const COLUMNS = fragment`
  c.id, c.user_id, c.project_id, c.name, c.description, c.unrestricted, to_char(c.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') AS expires_at,
  (SELECT COALESCE(json_agg(json_build_object('id', r.id, 'name', r.name, 'domain_id', r.domain_id) ORDER BY r.name), '[]')
    FROM application_credential_role cr JOIN role r ON r.id = cr.role_id WHERE cr.application_credential_id = c.id) AS roles,
  (SELECT json_agg(json_build_object('id', a.id, 'service', a.service, 'path', a.path, 'method', a.method) ORDER BY a.service, a.path, a.method)
    FROM application_credential_access_rule ca JOIN access_rule a ON a.id = ca.access_rule_id WHERE ca.application_credential_id = c.id) AS access_rules`;

@Injectable()
export class ApplicationCredentialsRepository {
  async find(db: Reader, userId: string, id: string): Promise<ApplicationCredential | undefined> {
    const [row] = await db.sql<ReadRow>`SELECT ${COLUMNS} FROM application_credential c WHERE c.id = ${id} AND c.user_id = ${userId}`;
    return row && fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<ApplicationCredential>> {
    const { after, tail } = pageClauses(page, 'application_credential', 'c', 'name');
    return listed((await db.sql<ReadRow>`SELECT ${COLUMNS} FROM application_credential c WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async insert(tx: Tx, one: NewApplicationCredential): Promise<void> {
    await tx.sql`
      INSERT INTO application_credential (id, user_id, project_id, name, description, secret_hash, unrestricted, expires_at)
      VALUES (${one.id}, ${one.userId}, ${one.projectId}, ${one.name}, ${one.description}, ${one.secretHash}, ${one.isUnrestricted}, ${one.expiresAt}::timestamptz)`
      .catch(onUnique('application_credential_name', () => new ApplicationCredentialExists(one.name)));
    await tx.sql`INSERT INTO application_credential_role (application_credential_id, role_id) SELECT ${one.id}, unnest(${one.roleIds}::text[])`;
  }

  async delete(tx: Tx, userId: string, id: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM application_credential WHERE id = ${id} AND user_id = ${userId} RETURNING id`).length > 0;
  }

  /** The user's rule with these attributes, made where there is none. */
  async ensureAccessRule(tx: Tx, userId: string, rule: Omit<AccessRule, 'id'>): Promise<string> {
    const [row] = await tx.sql<{ id: string }>`
      INSERT INTO access_rule (id, user_id, service, path, method) VALUES (${newHexId()}, ${userId}, ${rule.service}, ${rule.path}, ${rule.method})
      ON CONFLICT ON CONSTRAINT access_rule_once DO UPDATE SET method = excluded.method RETURNING id`;
    return row?.id ?? '';
  }

  async useAccessRules(tx: Tx, id: string, ruleIds: readonly string[]): Promise<void> {
    await tx.sql`
      INSERT INTO application_credential_access_rule (application_credential_id, access_rule_id) SELECT ${id}, unnest(${[...new Set(ruleIds)]}::text[])`
      .catch(onForeignKey('access_rule_in_use', () => new Missing('access-rule', ruleIds.join(', '))));
  }

  async accessRules(db: Reader, userId: string, page: Page): Promise<Listed<AccessRule>> {
    const { after, tail } = pageClauses(page, 'access_rule', 'a', 'path');
    return listed(await db.sql<AccessRule>`SELECT a.id, a.service, a.path, a.method FROM access_rule a WHERE a.user_id = ${userId} AND ${after} ${tail}`, page);
  }

  async findAccessRule(db: Reader, userId: string, id: string): Promise<AccessRule | undefined> {
    return (await db.sql<AccessRule>`SELECT id, service, path, method FROM access_rule WHERE id = ${id} AND user_id = ${userId}`)[0];
  }

  async deleteAccessRule(tx: Tx, userId: string, id: string): Promise<boolean> {
    const rows = await tx.sql`DELETE FROM access_rule WHERE id = ${id} AND user_id = ${userId} RETURNING id`
      .catch(onForeignKey('access_rule_in_use', () => new AccessRuleInUse()));
    return rows.length > 0;
  }
}

function fromRow(row: ReadRow): ApplicationCredential {
  return {
    id: row.id, userId: row.user_id, projectId: row.project_id, name: row.name, description: row.description, isUnrestricted: row.unrestricted,
    expiresAt: row.expires_at?.replace(/\.000000$/, '') ?? null, roles: row.roles, accessRules: row.access_rules ?? undefined,
  };
}
