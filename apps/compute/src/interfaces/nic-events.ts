import { Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { serverNicChanged } from '@virga/contracts-network';
import { isUuid } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { InterfacesRepository } from './interfaces.repository.js';

/** Notes what network says about servers' ports, whoever changed them; an event that comes twice or late changes nothing. */
@Injectable()
export class NicEvents {
  constructor(private readonly db: Database, private readonly interfaces: InterfacesRepository) {}

  async changed({ serverId, portId, revision, nic }: MessageBody<typeof serverNicChanged>): Promise<void> {
    if (!isUuid(serverId) || !isUuid(portId)) return;
    await this.db.transaction((tx) => (nic === null ? this.interfaces.recordGone(tx, { serverId, portId, revision }) : this.interfaces.record(tx, [nic])));
  }
}
