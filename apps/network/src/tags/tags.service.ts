import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { CLOCK, NotFound, raise, type Caller, type Clock } from '@virga/kernel';
import { Database, identifier } from '@virga/persistence';
import { Access } from '../access/index.js';
import { InvalidInput } from '../listing/index.js';

import { changeRow, lockRow, type LockedRow, type ResourceTable } from '../resources/index.js';

class TagNotFound extends NotFound {
  constructor(tag: string) {
    super('network.tag.not-found', `Tag ${tag} could not be found.`);
  }
}

/** A kind of resource that carries tags. */
export interface Tagged {
  table: ResourceTable;
  notFound: (id: string) => NotFound;
}

interface TaggedRow extends LockedRow {
  tags: string[];
  is_shared?: boolean;
  is_external?: boolean;
  network_id?: string;
}

const MOST_TAGS = 50;

@Injectable()
export class TagsService {
  constructor(@Inject(Database) private readonly db: Database, private readonly access: Access, @Inject(CLOCK) private readonly clock: Clock) {}

  async list(caller: Caller, kind: Tagged, id: string, see: PolicyRule): Promise<string[]> {
    const [row] = await this.db.sql<TaggedRow>`SELECT * FROM ${identifier(kind.table)} WHERE id = ${id}`;
    if (row === undefined) throw kind.notFound(id);
    this.access.require(caller, { see }, await this.target(row), () => kind.notFound(id));
    return row.tags;
  }

  async requireTag(caller: Caller, kind: Tagged, id: string, tag: string, see: PolicyRule): Promise<void> {
    if (!(await this.list(caller, kind, id, see)).includes(tag)) throw new TagNotFound(tag);
  }

  /** Changes the tags by `next`; answers them. */
  async change(caller: Caller, kind: Tagged, id: string, rules: { see: PolicyRule; act: PolicyRule }, next: (tags: readonly string[]) => readonly string[]): Promise<string[]> {
    await this.requireMay(caller, kind, id, rules);
    return this.db.transaction(async (tx) => {
      const row = await lockRow<TaggedRow>(tx, kind.table, id) ?? raise(kind.notFound(id));
      const tags = [...new Set(next(row.tags))];
      if (tags.length > MOST_TAGS) throw new InvalidInput(`Invalid input for tags. Reason: The number of tags exceed the per-resource limit of ${MOST_TAGS}.`);
      if (tags.some((tag) => tag === '' || tag.length > 255)) throw new InvalidInput('Invalid input for tags. Reason: A tag has 1 to 255 characters.');
      await changeRow(tx, kind.table, id, { tags }, new Date(this.clock.now()));
      return tags;
    });
  }

  remove(caller: Caller, kind: Tagged, id: string, tag: string, rules: { see: PolicyRule; act: PolicyRule }): Promise<string[]> {
    return this.change(caller, kind, id, rules, (tags) => {
      if (!tags.includes(tag)) throw new TagNotFound(tag);
      return tags.filter((other) => other !== tag);
    });
  }

  private async requireMay(caller: Caller, kind: Tagged, id: string, rules: { see: PolicyRule; act: PolicyRule }): Promise<void> {
    const [row] = await this.db.sql<TaggedRow>`SELECT * FROM ${identifier(kind.table)} WHERE id = ${id}`;
    if (row === undefined) throw kind.notFound(id);
    this.access.require(caller, rules, await this.target(row), () => kind.notFound(id));
  }

  private async target(row: TaggedRow): Promise<Record<string, unknown>> {
    const own = { project_id: row.project_id, tenant_id: row.project_id, shared: row.is_shared ?? false, 'router:external': row.is_external ?? false };
    if (row.network_id === undefined) return { ...own, 'network:project_id': row.project_id };
    const [network] = await this.db.sql<TaggedRow>`SELECT project_id, is_shared, is_external FROM network WHERE id = ${row.network_id}`;
    return { ...own, 'network:project_id': network?.project_id, shared: network?.is_shared ?? false, 'router:external': network?.is_external ?? false };
  }
}
