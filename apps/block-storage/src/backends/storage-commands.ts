import { Injectable } from '@nestjs/common';
import type { MessageBody, MessageContract } from '@virga/contract';
import { command, Outbox } from '@virga/messaging/outbox';
import type { Tx } from '@virga/persistence';
import { agentOf } from './backend.js';

/** A command without the backend, which the address says. */
export type CommandTo<Contract extends MessageContract> = Omit<MessageBody<Contract>, 'backend'>;

/** Tells storage hosts what must be true, through the outbox: a command leaves if and only if its transaction commits. */
@Injectable()
export class StorageCommands {
  constructor(private readonly outbox: Outbox) {}

  /** `await commands.send(tx, volume.backend, ensureNoVolume, { id, generation })` */
  async send<Contract extends MessageContract>(tx: Tx, backend: string, contract: Contract, body: CommandTo<Contract>): Promise<void> {
    const to = agentOf(backend);
    await this.outbox.add(tx, command(contract, { ...body, backend: to.backend } as MessageBody<Contract>, to.address));
  }
}
