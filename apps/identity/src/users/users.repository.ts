import { Injectable } from '@nestjs/common';
import { ownEntry } from '@virga/kernel';
import { all, fragment, json, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, Missing, pageClauses, type Listed, type Page } from '../listing/index.js';
import { UserExists, type User, type UserChange } from './user.js';
import { UserRow } from './user.row.js';

type ReadRow = UserRow & { password_expires_at: Date | null };

const EXPIRY = fragment`(SELECT pw.expires_at FROM password pw WHERE pw.user_id = u.id ORDER BY pw.id DESC LIMIT 1)`;

@Injectable()
export class UsersRepository {
  async find(db: Reader, id: string): Promise<User | undefined> {
    const [row] = await db.sql<ReadRow>`SELECT u.*, ${EXPIRY} AS password_expires_at FROM "user" u WHERE u.id = ${id}`;
    return row && fromRow(row);
  }

  async lock(tx: Tx, id: string): Promise<User | undefined> {
    const [row] = await tx.sql<ReadRow>`SELECT u.*, ${EXPIRY} AS password_expires_at FROM "user" u WHERE u.id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<User>> {
    const { after, tail } = pageClauses(page, 'user', 'u', 'name');
    const rows = await db.sql<ReadRow>`SELECT u.*, ${EXPIRY} AS password_expires_at FROM "user" u WHERE ${all([...conditions, after])} ${tail}`;
    return listed(rows.map(fromRow), page);
  }

  async insert(tx: Tx, user: User): Promise<void> {
    await tx.insert(UserRow, {
      id: user.id, domain_id: user.domainId, name: user.name, enabled: user.isEnabled, description: user.description, email: user.email,
      default_project_id: user.defaultProjectId, options: user.options, extra: user.extra,
    }).catch(onUnique('user_name', () => new UserExists(user.name))).catch(onForeignKey('user_domain', () => new Missing('domain', user.domainId)));
  }

  /** Writes what changed of a locked user. Disabling it, or `voidsTokens`, ends all its tokens for good. */
  async update(tx: Tx, seen: User, change: UserChange, voidsTokens: boolean): Promise<User> {
    const next = { ...seen, ...change };
    const voids = voidsTokens || (seen.isEnabled && !next.isEnabled) ? 1 : 0;
    await tx.sql`
      UPDATE "user" SET name = ${next.name}, enabled = ${next.isEnabled}, description = ${next.description}, email = ${next.email},
        default_project_id = ${next.defaultProjectId}, options = ${json(next.options)}, extra = ${json(next.extra)}, token_epoch = token_epoch + ${voids}
      WHERE id = ${seen.id}`.catch(onUnique('user_name', () => new UserExists(next.name)));
    return next;
  }

  async delete(tx: Tx, id: string): Promise<boolean> {
    await tx.sql`DELETE FROM credential WHERE user_id = ${id}`;
    return (await tx.sql`DELETE FROM "user" WHERE id = ${id} RETURNING id`).length > 0;
  }
}

/** Users who are members of a group. */
export function membersOf(groupId: string): Fragment {
  return fragment`EXISTS (SELECT FROM group_member m WHERE m.user_id = u.id AND m.group_id = ${groupId})`;
}

const OPERATORS: Readonly<Record<string, Fragment>> = {
  lt: fragment`<`, lte: fragment`<=`, gt: fragment`>`, gte: fragment`>=`, eq: fragment`=`, neq: fragment`<>`,
};

/** Users whose password expires at a time that compares so: `lt:2030-01-01T00:00:00Z`. Anything else matches nobody. */
export function passwordExpiry(text: string): Fragment {
  const colon = text.indexOf(':');
  const operator = colon < 0 ? undefined : ownEntry(OPERATORS, text.slice(0, colon));
  const time = Date.parse(operator === undefined ? text : text.slice(colon + 1));
  if (Number.isNaN(time)) return fragment`FALSE`;
  return fragment`${EXPIRY} ${operator ?? fragment`=`} ${new Date(time)}`;
}

function fromRow(row: ReadRow): User {
  return {
    id: row.id, domainId: row.domain_id, name: row.name, isEnabled: row.enabled, description: row.description, email: row.email,
    defaultProjectId: row.default_project_id, options: row.options, extra: row.extra, passwordExpiresAt: row.password_expires_at?.getTime(),
  };
}
