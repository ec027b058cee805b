import { Injectable } from '@nestjs/common';
import { isUuid, only, type PageRequest } from '@virga/kernel';
import { all, fragment, identifier, keyset, markerValues, type Fragment, type KeysetColumn, type Reader, type Tx } from '@virga/persistence';
import type { Message } from './message.js';
import { MessageRow } from './message.row.js';

export interface MessageFilter {
  /** The API's name of a property. */
  name: string;
  value: string;
  /** The value may stand anywhere in the property. */
  isPart: boolean;
}

const SORT_COLUMNS: Record<string, KeysetColumn> = {
  id: { column: 'm.id', direction: 'desc' }, event_id: { column: 'm.event_id', direction: 'desc' }, message_level: { column: 'm.level', direction: 'desc' },
  resource_type: { column: 'm.resource_type', direction: 'desc' }, resource_uuid: { column: 'm.resource_uuid', direction: 'desc', isNullable: true },
  request_id: { column: 'm.request_id', direction: 'desc' }, created_at: { column: 'm.created_at', direction: 'desc' },
  guaranteed_until: { column: 'm.expires_at', direction: 'desc' },
};

const FILTER_COLUMNS: Readonly<Record<string, string>> = {
  resource_uuid: 'm.resource_uuid', resource_type: 'm.resource_type', event_id: 'm.event_id', request_id: 'm.request_id', message_level: 'm.level',
};

/** What lists of messages can be filtered by. */
export const MESSAGE_FILTERS = Object.keys(FILTER_COLUMNS);

@Injectable()
export class MessagesRepository {
  /** The message, if it is of the project; of any project where that is undefined. Expired ones are gone already. */
  async find(db: Reader, id: string, project: string | undefined): Promise<Message | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<MessageRow>`SELECT m.* FROM message m WHERE ${all([fragment`m.id = ${id}`, ...ofProject(project)])}`);
    return row && fromRow(row);
  }

  async page(db: Reader, project: string | undefined, filters: readonly MessageFilter[], page: PageRequest & { offset: number }): Promise<Message[]> {
    const columns = sortColumns(page);
    const { after, order } = keyset(columns, page.marker === undefined ? undefined : markerValues('message', columns, { id: page.marker }));
    const rows = await db.sql<MessageRow>`
      SELECT m.* FROM message m WHERE ${all([...ofProject(project), ...filters.map(condition), after])} ORDER BY ${order} LIMIT ${page.limit} OFFSET ${page.offset}`;
    return rows.map(fromRow);
  }

  async insert(tx: Tx, message: Omit<Message, 'level' | 'createdAt'>): Promise<void> {
    await tx.insert(MessageRow, {
      id: message.id, project_id: message.projectId, request_id: message.requestId, resource_type: message.resourceType, resource_uuid: message.resourceId,
      event_id: message.eventId, text: message.text, expires_at: message.expiresAt,
    });
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM message WHERE id = ${id}`;
  }

  async hasExpired(db: Reader, now: Date): Promise<boolean> {
    return (await db.sql`SELECT FROM message WHERE expires_at < ${now} LIMIT 1`).length > 0;
  }

  /** Removes at most so many that have expired; answers how many. */
  async prune(tx: Tx, now: Date, limit: number): Promise<number> {
    const rows = await tx.sql`
      DELETE FROM message WHERE id IN (SELECT id FROM message WHERE expires_at < ${now} ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) RETURNING id`;
    return rows.length;
  }
}

function ofProject(project: string | undefined): Fragment[] {
  return project === undefined ? [] : [fragment`m.project_id = ${project}`];
}

function condition({ name, value, isPart }: MessageFilter): Fragment {
  const column = identifier(FILTER_COLUMNS[name] as string);
  return isPart ? fragment`position(lower(${value}) IN lower(${column}::text)) > 0` : fragment`${column}::text = ${value}`;
}

function sortColumns(page: PageRequest): KeysetColumn[] {
  const keys = page.sort.map(({ key, direction }): KeysetColumn => ({ ...(SORT_COLUMNS[key] as KeysetColumn), direction }));
  const last = keys.findIndex(({ column }) => column === 'm.id');
  return last >= 0 ? keys.slice(0, last + 1) : [...keys, { column: 'm.id', direction: page.sort.at(-1)?.direction ?? 'desc' }];
}

function fromRow(row: MessageRow): Message {
  return {
    id: row.id, projectId: row.project_id, requestId: row.request_id, resourceType: row.resource_type, resourceId: row.resource_uuid, eventId: row.event_id,
    level: row.level, text: row.text, createdAt: row.created_at, expiresAt: row.expires_at,
  };
}
