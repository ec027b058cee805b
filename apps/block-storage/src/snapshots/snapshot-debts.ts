import { Injectable } from '@nestjs/common';
import { ensureNoSnapshot } from '@virga/contracts-block-storage';
import type { Debt } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { StorageCommands } from '../backends/index.js';
import { DebtKind } from '../debts/index.js';
import { ObservationsRepository } from '../reports/index.js';

/** Snapshots that backends could not be asked to remove when they went. */
@Injectable()
export class SnapshotDebts extends DebtKind {
  readonly resourceType = 'snapshot';

  constructor(private readonly observations: ObservationsRepository, private readonly commands: StorageCommands) {
    super();
  }

  async isGone(db: Reader, debt: Debt, backend: string): Promise<boolean> {
    const seen = (await this.observations.ofSnapshots(db, [debt.resourceId])).find((one) => one.backend === backend);
    return seen !== undefined && seen.sizeBytes === null && seen.generation >= debt.generation;
  }

  async ask(tx: Tx, debt: Debt, backend: string): Promise<void> {
    await this.commands.send(tx, backend, ensureNoSnapshot, { id: debt.resourceId, generation: debt.generation });
  }

  async release(tx: Tx, debt: Debt): Promise<void> {
    await this.observations.forgetSnapshot(tx, debt.resourceId);
  }
}
