import { Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { serverNicChanged } from '@virga/contracts-network';
import { isUuid, type ServerId } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database } from '@virga/persistence';
import { guestReport } from '../guests/index.js';
import { InterfacesRepository } from './interfaces.repository.js';

/** Notes what network says about servers' ports, whoever changed them, and wakes builds that wait for their wiring; an event that comes twice or late changes nothing. */
@Injectable()
export class NicEvents {
  constructor(private readonly db: Database, private readonly interfaces: InterfacesRepository, private readonly operations: Operations) {}

  async changed({ serverId, portId, revision, nic }: MessageBody<typeof serverNicChanged>): Promise<void> {
    if (!isUuid(serverId) || !isUuid(portId)) return;
    await this.db.transaction(async (tx) => {
      if (nic === null) await this.interfaces.recordGone(tx, { serverId, portId, revision });
      else await this.interfaces.record(tx, [nic]);
      await this.operations.wake(tx, guestReport(serverId as ServerId));
    });
  }
}
