import { Injectable } from '@nestjs/common';
import { HistoryKeeper } from '@virga/operations';
import type { Reader } from '@virga/persistence';
import { ServersRepository } from './servers.repository.js';

/** A server's operations are its instance actions: users see them for as long as the server lives, whatever their age. */
@Injectable()
export class ServerHistoryKeeper extends HistoryKeeper {
  readonly resourceType = 'server';

  constructor(private readonly servers: ServersRepository) {
    super();
  }

  shown(db: Reader, serverIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.servers.living(db, serverIds);
  }
}
