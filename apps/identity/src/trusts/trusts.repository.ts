import { Injectable } from '@nestjs/common';
import { all, fragment, json, onForeignKey, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, Missing, pageClauses, type Listed, type Page } from '../listing/index.js';
import type { Trust } from './trust.js';

interface ReadRow {
  id: string;
  trustor_user_id: string;
  trustee_user_id: string;
  project_id: string | null;
  impersonation: boolean;
  expires_at: string | null;
  remaining_uses: number | null;
  redelegated_trust_id: string | null;
  redelegation_count: number;
  extra: Record<string, unknown>;
  role_ids: string[];
}

const COLUMNS = fragment`
  t.id, t.trustor_user_id, t.trustee_user_id, t.project_id, t.impersonation, t.remaining_uses, t.redelegated_trust_id, t.redelegation_count, t.extra,
  to_char(t.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS expires_at,
  ARRAY(SELECT role_id FROM trust_role WHERE trust_id = t.id) AS role_ids`;

@Injectable()
export class TrustsRepository {
  async find(db: Reader, id: string, now: number): Promise<Trust | undefined> {
    const [row] = await db.sql<ReadRow>`SELECT ${COLUMNS} FROM trust t WHERE t.id = ${id} AND (t.expires_at IS NULL OR t.expires_at > ${new Date(now)})`;
    return row && fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<Trust>> {
    const { after, tail } = pageClauses(page, 'trust', 't', 'created_at');
    return listed((await db.sql<ReadRow>`SELECT ${COLUMNS} FROM trust t WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async insert(tx: Tx, trust: Trust, now: number): Promise<void> {
    await tx.sql`
      INSERT INTO trust (id, trustor_user_id, trustee_user_id, project_id, impersonation, expires_at, remaining_uses, redelegated_trust_id, redelegation_count, created_at, extra)
      VALUES (${trust.id}, ${trust.trustorUserId}, ${trust.trusteeUserId}, ${trust.projectId}, ${trust.isImpersonated}, ${trust.expiresAt}::timestamptz,
        ${trust.remainingUses}, ${trust.redelegatedTrustId}, ${trust.redelegationCount}, ${new Date(now)}, ${json(trust.extra)})`
      .catch(onForeignKey('trust_trustee_user_id_fkey', () => new Missing('user', trust.trusteeUserId)))
      .catch(onForeignKey('trust_project_id_fkey', () => new Missing('project', trust.projectId ?? '')));
    await tx.sql`INSERT INTO trust_role (trust_id, role_id) SELECT ${trust.id}, unnest(${trust.roleIds}::text[])`;
  }

  /** Removes a trust and those that were made from it. */
  async delete(tx: Tx, id: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM trust WHERE id = ${id} RETURNING id`).length > 0;
  }
}

function fromRow(row: ReadRow): Trust {
  return {
    id: row.id, trustorUserId: row.trustor_user_id, trusteeUserId: row.trustee_user_id, projectId: row.project_id, isImpersonated: row.impersonation,
    expiresAt: row.expires_at, remainingUses: row.remaining_uses, redelegatedTrustId: row.redelegated_trust_id, redelegationCount: row.redelegation_count,
    roleIds: row.role_ids, extra: row.extra,
  };
}
