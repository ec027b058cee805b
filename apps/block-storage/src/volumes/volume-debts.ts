import { Injectable } from '@nestjs/common';
import { ensureNoVolume } from '@virga/contracts-block-storage';
import type { Debt } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { StorageCommands } from '../backends/index.js';
import { DebtKind } from '../debts/index.js';
import { ObservationsRepository } from '../reports/index.js';

/** Volumes that backends could not be asked to remove when they went. */
@Injectable()
export class VolumeDebts extends DebtKind {
  readonly resourceType = 'volume';

  constructor(private readonly observations: ObservationsRepository, private readonly commands: StorageCommands) {
    super();
  }

  async isGone(db: Reader, debt: Debt, backend: string): Promise<boolean> {
    const seen = (await this.observations.ofVolume(db, debt.resourceId)).find((one) => one.backend === backend);
    return seen !== undefined && seen.sizeBytes === null && seen.generation >= debt.generation;
  }

  async ask(tx: Tx, debt: Debt, backend: string): Promise<void> {
    await this.commands.send(tx, backend, ensureNoVolume, { id: debt.resourceId, generation: debt.generation });
  }

  async release(tx: Tx, debt: Debt): Promise<void> {
    await this.observations.forgetVolume(tx, debt.resourceId);
  }
}
