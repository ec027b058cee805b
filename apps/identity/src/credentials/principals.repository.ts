import { Injectable } from '@nestjs/common';
import type { Reader } from '@virga/persistence';

/** What credentials refer to by id. */
@Injectable()
export class PrincipalsRepository {
  async hasUser(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM "user" WHERE id = ${id}`).length > 0;
  }

  /** Domains do not count: a key is for a project. */
  async hasProject(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM project WHERE id = ${id} AND NOT is_domain`).length > 0;
  }
}
