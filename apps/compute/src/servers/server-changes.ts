import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { updateServer } from '@virga/contracts-compute';
import type { Caller } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database } from '@virga/persistence';
import { DeleteServer } from './operations/delete-server.operation.js';
import { ServerAccess } from './server-access.js';
import type { ServerDetails } from './server-details.repository.js';
import { ServersRepository, type ServerEdit } from './servers.repository.js';
import { UnfinishedImages } from './unfinished-images.js';

/** Changes servers in the request itself, or lets deletion begin. */
@Injectable()
export class ServerChanges {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly access: ServerAccess,
    private readonly operations: Operations,
    private readonly unfinished: UnfinishedImages,
  ) {}

  async update(caller: Caller, id: string, change: ServerEdit): Promise<ServerDetails> {
    const found = await this.access.require(caller, updateServer.policy, id);
    await this.db.transaction(async (tx) => this.servers.edit(tx, await this.servers.lock(tx, found.id), change));
    return this.access.requireDetails(caller, updateServer.policy, id);
  }

  /** The server begins to go; one that is going already goes on. */
  async delete(caller: Caller, rule: PolicyRule, id: string): Promise<void> {
    const found = await this.access.require(caller, rule, id);
    this.access.requireUnlocked(caller, found);
    await this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, found.id);
      if (server.state === 'deleted' || server.task === 'deleting') return;
      await this.servers.become(tx, server, server.state, { task: 'deleting', raisesGeneration: true });
      await this.unfinished.giveUp(tx, server.id);
      await this.operations.start(tx, DeleteServer, { serverId: server.id }, { on: server, by: caller });
    });
  }
}
