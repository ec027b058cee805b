import { Injectable } from '@nestjs/common';
import type { HostId, ServerId } from '@virga/kernel';
import { DebtPayer, owed, paid, type Debt, type Payment } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { GuestsRepository } from '../guests/index.js';
import { HostsRepository } from '../hosts/index.js';
import { InterfacesRepository } from '../interfaces/index.js';
import { NetworkCalls } from '../network/index.js';
import { PlacementRepository } from '../placement/index.js';
import { HostCommands } from './host-commands.js';
import { ServerVolumes } from './server-volumes.js';
import { ServersRepository } from './servers.repository.js';

/** The rows that paying for guests needs. */
@Injectable()
export class GuestDebts {
  constructor(
    readonly servers: ServersRepository, readonly guests: GuestsRepository, readonly hosts: HostsRepository, readonly placement: PlacementRepository,
  ) {}
}

/**
 * Removes guests from hosts that could not be reached when their servers went.
 *
 * Theory of operation. The host is told again until it says that the guest is gone; only then the room that it took is given
 * back, in the transaction that marks the debt paid. A host that operators have removed holds nothing any more.
 */
@Injectable()
export class GuestDebtPayer extends DebtPayer {
  readonly backend = 'host';

  constructor(private readonly db: Database, private readonly rows: GuestDebts, private readonly commands: HostCommands) {
    super();
  }

  async pay(debt: Debt): Promise<Payment> {
    const id = debt.resourceId as ServerId;
    const host = debt.backend.slice('host:'.length) as HostId;
    const guest = await this.rows.guests.find(this.db, id, host);
    const isGone = guest !== undefined && guest.power === null && guest.generation >= debt.generation;
    if (isGone || (await this.rows.hosts.find(this.db, host)) === undefined) return paid((tx) => this.release(tx, id, host));
    await this.db.transaction((tx) => this.commands.ensureNoGuest(tx, id, host, debt.generation));
    return owed();
  }

  private async release(tx: Tx, id: ServerId, host: HostId): Promise<void> {
    const server = await this.rows.servers.find(tx, id);
    if (server?.host !== host || server.state === 'deleted') await this.rows.placement.release(tx, id);
    await this.rows.guests.forget(tx, id);
  }
}

/** Releases ports that network could not be asked to release when their servers went. */
@Injectable()
export class PortDebtPayer extends DebtPayer {
  readonly backend = 'network';

  constructor(private readonly network: NetworkCalls, private readonly interfaces: InterfacesRepository) {
    super();
  }

  async pay(debt: Debt, signal: AbortSignal): Promise<Payment> {
    const serverId = debt.resourceId as ServerId;
    await this.network.releasePorts({ serverId, portIds: null }, { signal, idempotencyKey: debt.id });
    return paid((tx) => this.interfaces.forget(tx, serverId, undefined));
  }
}

/**
 * Lets go of volumes that block storage could not be asked to let go of, or could not yet when their servers went.
 *
 * Theory of operation. The rows of the server's devices stay until block storage says that an attachment is gone; each payment
 * asks again for those that are left. A volume that was detached from a server which lives on is owed by its attachment's id.
 */
@Injectable()
export class VolumeDebtPayer extends DebtPayer {
  readonly backend = 'block-storage';

  constructor(private readonly db: Database, private readonly volumes: ServerVolumes) {
    super();
  }

  async pay(debt: Debt, signal: AbortSignal): Promise<Payment> {
    if (debt.resourceType.startsWith('attachment:')) return (await this.volumes.releaseOne(String(debt.detail['attachmentId']), signal)) ? paid(async () => undefined) : owed();
    const run = { db: this.db, signal, transaction: <T>(work: (tx: Tx) => Promise<T>): Promise<T> => this.db.transaction(work), idempotencyKey: () => debt.id };
    return (await this.volumes.release(run, debt.resourceId as ServerId)) ? paid(async () => undefined) : owed();
  }
}
