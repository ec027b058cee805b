import { Injectable } from '@nestjs/common';
import type { Reader } from '@virga/persistence';

@Injectable()
export class ExternalEventsRepository {
  /** The hosts of those of the servers that there are; null for one that is on none. */
  async hostsOf(db: Reader, servers: readonly string[]): Promise<Map<string, string | null>> {
    const rows = await db.sql<{ id: string; host: string | null }>`SELECT id, host FROM server WHERE id = ANY(${servers}::uuid[]) AND deleted_at IS NULL`;
    return new Map(rows.map(({ id, host }) => [id, host]));
  }
}
