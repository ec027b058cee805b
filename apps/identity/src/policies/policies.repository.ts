import { Injectable } from '@nestjs/common';
import { all, json, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, pageClauses, type Listed, type Page } from '../listing/index.js';
import { PolicyDocumentRow } from './policy-document.row.js';
import type { PolicyDocument } from './policy-document.js';

@Injectable()
export class PoliciesRepository {
  async find(db: Reader, id: string): Promise<PolicyDocument | undefined> {
    const [row] = await db.sql<PolicyDocumentRow>`SELECT * FROM policy WHERE id = ${id}`;
    return row && fromRow(row);
  }

  async lock(tx: Tx, id: string): Promise<PolicyDocument | undefined> {
    const [row] = await tx.sql<PolicyDocumentRow>`SELECT * FROM policy WHERE id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<PolicyDocument>> {
    const { after, tail } = pageClauses(page, 'policy', 'p', 'type');
    return listed((await db.sql<PolicyDocumentRow>`SELECT p.* FROM policy p WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async insert(tx: Tx, policy: PolicyDocument): Promise<void> {
    await tx.insert(PolicyDocumentRow, { id: policy.id, type: policy.type, blob: JSON.stringify(policy.blob), extra: policy.extra });
  }

  async update(tx: Tx, policy: PolicyDocument): Promise<void> {
    await tx.sql`UPDATE policy SET type = ${policy.type}, blob = ${JSON.stringify(policy.blob)}, extra = ${json(policy.extra)} WHERE id = ${policy.id}`;
  }

  async delete(tx: Tx, id: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM policy WHERE id = ${id} RETURNING id`).length > 0;
  }
}

function fromRow(row: PolicyDocumentRow): PolicyDocument {
  return { id: row.id, type: row.type, blob: JSON.parse(row.blob) as unknown, extra: row.extra };
}
