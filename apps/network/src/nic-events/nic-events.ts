import { Inject, Injectable } from '@nestjs/common';
import { serverNicChanged } from '@virga/contracts-network';
import { CLOCK, type Clock } from '@virga/kernel';
import { Outbox, event } from '@virga/messaging/outbox';
import type { Tx } from '@virga/persistence';

import { NicFactsRepository } from './nic-facts.repository.js';

/** A port of a server that is no more. */
export interface LostNic {
  id: string;
  device_id: string;
  device_owner: string;
  revision_number: number;
}

/** Tells compute, with the transaction that changes them, what has become of its servers' ports. */
@Injectable()
export class NicEvents {
  constructor(private readonly outbox: Outbox, private readonly facts: NicFactsRepository, @Inject(CLOCK) private readonly clock: Clock) {}

  /** These ports, or what belongs to them, changed; ports that belong to no server are passed over. */
  async changed(tx: Tx, portIds: readonly string[]): Promise<void> {
    if (portIds.length === 0) return;
    const touched = await this.facts.touch(tx, portIds, new Date(this.clock.now()));
    await this.tell(tx, touched);
  }

  /** Tells of ports whose revision was raised already. */
  async tell(tx: Tx, portIds: readonly string[]): Promise<void> {
    if (portIds.length === 0) return;
    const nics = await this.facts.ofPorts(tx, portIds);
    await this.outbox.add(tx, ...nics.map((nic) => event(serverNicChanged, { serverId: nic.serverId, portId: nic.portId, revision: nic.revision, nic })));
  }

  /** A port was deleted, or belongs to its server no more. */
  async lost(tx: Tx, ports: readonly LostNic[]): Promise<void> {
    const nics = ports.filter((port) => port.device_owner.startsWith('compute:') && port.device_id !== '' && port.device_id.length <= 64);
    await this.outbox.add(tx, ...nics.map((port) => event(serverNicChanged, { serverId: port.device_id, portId: port.id, revision: port.revision_number + 1, nic: null })));
  }
}
