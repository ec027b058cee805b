import { Injectable } from '@nestjs/common';
import type { ServerId } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';
import type { ServerPasswordRow } from './server-password.row.js';

@Injectable()
export class ServerPasswordsRepository {
  async find(db: Reader, id: ServerId): Promise<string | undefined> {
    const [row] = await db.sql<ServerPasswordRow>`SELECT * FROM server_password WHERE server_id = ${id}`;
    return row?.encrypted;
  }

  async clear(tx: Tx, id: ServerId): Promise<void> {
    await tx.sql`DELETE FROM server_password WHERE server_id = ${id}`;
  }
}
