import { Injectable } from '@nestjs/common';
import { fragment, type Fragment, type Reader } from '@virga/persistence';
import type { Reference } from './authentication.js';

export interface PasswordLogin {
  userId: string;
  hash: string | undefined;
  passwordExpiresAt: number | undefined;
}

export interface ApplicationCredentialLogin {
  id: string;
  userId: string;
  projectId: string;
  secretHash: string;
  expiresAt: number | undefined;
}

export interface TrustLogin {
  trusteeUserId: string;
  trustorUserId: string;
  projectId: string | null;
  isImpersonated: boolean;
  remainingUses: number | null;
}

/** What authentication looks up by what callers write: ids, or names within a domain. */
@Injectable()
export class AuthenticationRepository {
  async passwordLogin(db: Reader, user: Reference): Promise<PasswordLogin | undefined> {
    const [row] = await db.sql<{ id: string; hash: string | null; expires_at: Date | null }>`
      SELECT u.id, pw.hash, pw.expires_at
      FROM "user" u JOIN project d ON d.id = u.domain_id
      LEFT JOIN LATERAL (SELECT hash, expires_at FROM password WHERE user_id = u.id ORDER BY id DESC LIMIT 1) pw ON true
      WHERE ${isReferred(user, 'u')}`;
    return row && { userId: row.id, hash: row.hash ?? undefined, passwordExpiresAt: row.expires_at?.getTime() };
  }

  async applicationCredentialLogin(db: Reader, credential: Reference, user: Reference | undefined): Promise<ApplicationCredentialLogin | undefined> {
    const byUser = user === undefined ? fragment`TRUE` : isReferred(user, 'u');
    const [row] = await db.sql<{ id: string; user_id: string; project_id: string; secret_hash: string; expires_at: Date | null }>`
      SELECT c.id, c.user_id, c.project_id, c.secret_hash, c.expires_at
      FROM application_credential c JOIN "user" u ON u.id = c.user_id JOIN project d ON d.id = u.domain_id
      WHERE ${'id' in credential ? fragment`c.id = ${credential.id}` : fragment`c.name = ${credential.name}`} AND ${byUser}`;
    return row && { id: row.id, userId: row.user_id, projectId: row.project_id, secretHash: row.secret_hash, expiresAt: row.expires_at?.getTime() };
  }

  async projectId(db: Reader, project: Reference): Promise<string | undefined> {
    if ('id' in project) return project.id;
    const [row] = await db.sql<{ id: string }>`
      SELECT p.id FROM project p JOIN project d ON d.id = p.domain_id WHERE NOT p.is_domain AND ${isReferred(project, 'p')}`;
    return row?.id;
  }

  async domainId(db: Reader, domain: Reference): Promise<string | undefined> {
    if ('id' in domain) return domain.id;
    return (await db.sql<{ id: string }>`SELECT id FROM project WHERE is_domain AND name = ${domain.name}`)[0]?.id;
  }

  async defaultProjectId(db: Reader, userId: string): Promise<string | undefined> {
    const [row] = await db.sql<{ default_project_id: string | null }>`SELECT default_project_id FROM "user" WHERE id = ${userId}`;
    return row?.default_project_id ?? undefined;
  }

  async trust(db: Reader, id: string): Promise<TrustLogin | undefined> {
    const [row] = await db.sql<{
      trustee_user_id: string; trustor_user_id: string; project_id: string | null; impersonation: boolean; remaining_uses: number | null;
    }>`SELECT * FROM trust WHERE id = ${id}`;
    return row && {
      trusteeUserId: row.trustee_user_id, trustorUserId: row.trustor_user_id, projectId: row.project_id, isImpersonated: row.impersonation,
      remainingUses: row.remaining_uses,
    };
  }

  /** Counts one use of a trust that has a limited number of them; false where none is left. */
  async useTrust(db: Reader, id: string): Promise<boolean> {
    const rows = await db.sql`
      UPDATE trust SET remaining_uses = remaining_uses - 1 WHERE id = ${id} AND (remaining_uses IS NULL OR remaining_uses > 0) RETURNING id`;
    return rows.length > 0;
  }

  /** Whether a user has any role on the system. */
  async hasSystemRole(db: Reader, userId: string): Promise<boolean> {
    const rows = await db.sql`
      SELECT FROM assignment a WHERE a.project_id IS NULL
        AND (a.user_id = ${userId} OR a.group_id IN (SELECT group_id FROM group_member WHERE user_id = ${userId})) LIMIT 1`;
    return rows.length > 0;
  }

  async revoke(db: Reader, auditId: string, now: number, expiresAt: number): Promise<void> {
    await db.sql`
      INSERT INTO revocation (audit_id, revoked_at, expires_at) VALUES (${auditId}, ${new Date(now)}, ${new Date(expiresAt)}) ON CONFLICT DO NOTHING`;
    // Expired tokens need no revocation: this keeps the table as small as it can be, without a job of its own.
    await db.sql`DELETE FROM revocation WHERE expires_at < ${new Date(now)}`;
  }
}

/** Conditions on a user `u` or project `p` whose domain is `d`. */
function isReferred(to: Reference, alias: 'u' | 'p'): Fragment {
  const [id, name] = alias === 'u' ? [fragment`u.id`, fragment`u.name`] : [fragment`p.id`, fragment`p.name`];
  if ('id' in to) return fragment`${id} = ${to.id}`;
  if (to.domain === undefined) return fragment`FALSE`;
  return 'id' in to.domain ? fragment`${name} = ${to.name} AND d.id = ${to.domain.id}` : fragment`${name} = ${to.name} AND d.name = ${to.domain.name} AND d.is_domain`;
}
