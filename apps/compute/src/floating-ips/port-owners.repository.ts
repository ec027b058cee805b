import { Injectable } from '@nestjs/common';
import type { Reader } from '@virga/persistence';

@Injectable()
export class PortOwnersRepository {
  /** The server of each port that belongs to one. */
  async serversOf(db: Reader, ports: readonly string[]): Promise<Map<string, string>> {
    const rows = await db.sql<{ port_id: string; server_id: string }>`SELECT port_id, server_id FROM server_nic WHERE port_id = ANY(${ports}::uuid[]) AND NOT is_gone`;
    return new Map(rows.map((row) => [row.port_id, row.server_id]));
  }
}
