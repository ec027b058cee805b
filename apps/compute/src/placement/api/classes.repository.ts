import { Injectable } from '@nestjs/common';
import { Conflict, NotFound } from '@virga/kernel';
import { onUnique, type Reader, type Tx } from '@virga/persistence';
import { ResourceClassRow } from '../placement.row.js';

export class ClassUnknown extends NotFound {
  constructor(name: string) {
    super('placement.class.unknown', `No such resource class ${name.slice(0, 255)}.`);
  }
}

export class ClassExists extends Conflict {
  constructor(name: string) {
    super('placement.class.exists', `Conflicting resource class already exists: ${name}`);
  }
}

export class ClassInUse extends Conflict {
  constructor(name: string) {
    super('placement.class.in-use', `Resource class ${name} is in use by a resource provider.`);
  }
}

/** Custom resource classes; the standard ones need no row. */
@Injectable()
export class ClassesRepository {
  async names(db: Reader): Promise<string[]> {
    return (await db.sql<ResourceClassRow>`SELECT * FROM resource_class ORDER BY created_at, name`).map(({ name }) => name);
  }

  async exists(db: Reader, name: string): Promise<boolean> {
    return (await db.sql`SELECT FROM resource_class WHERE name = ${name}`).length > 0;
  }

  async insert(tx: Tx, name: string): Promise<void> {
    await tx.insert(ResourceClassRow, { name }).catch(onUnique('resource_class_pkey', () => new ClassExists(name)));
  }

  /** Answers whether it is new. */
  async ensure(tx: Tx, name: string): Promise<boolean> {
    return (await tx.sql`INSERT INTO resource_class (name) VALUES (${name}) ON CONFLICT DO NOTHING RETURNING name`).length > 0;
  }

  async rename(tx: Tx, name: string, next: string): Promise<void> {
    await this.requireUnused(tx, name);
    const rows = await tx.sql`UPDATE resource_class SET name = ${next} WHERE name = ${name} RETURNING name`.catch(onUnique('resource_class_pkey', () => new ClassExists(next)));
    if (rows.length === 0) throw new ClassUnknown(name);
  }

  async delete(tx: Tx, name: string): Promise<void> {
    await this.requireUnused(tx, name);
    const rows = await tx.sql`DELETE FROM resource_class WHERE name = ${name} RETURNING name`;
    if (rows.length === 0) throw new ClassUnknown(name);
  }

  /** Inventories name classes without a foreign key, since standard ones have no row: so that none is added meanwhile, the table waits. */
  private async requireUnused(tx: Tx, name: string): Promise<void> {
    await tx.sql`LOCK TABLE inventory IN SHARE MODE`;
    if ((await tx.sql`SELECT FROM inventory WHERE resource_class = ${name} LIMIT 1`).length > 0) throw new ClassInUse(name);
  }
}
