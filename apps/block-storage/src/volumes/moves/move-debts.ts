import { Injectable } from '@nestjs/common';
import type { Debt } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { DebtKind } from '../../debts/index.js';
import { ObservationsRepository } from '../../reports/index.js';
import { MoveTarget } from './move-target.js';

const idOf = ({ detail }: Debt): string => String(detail['migrationId']);

/** Exports for migrations that storage hosts could not be asked to take away when the migration ended. */
@Injectable()
export class MoveDebts extends DebtKind {
  readonly resourceType = 'migration-export';

  constructor(private readonly move: MoveTarget, private readonly observations: ObservationsRepository) {
    super();
  }

  isGone(db: Reader, debt: Debt, backend: string): Promise<boolean> {
    return this.move.isExportGone(db, { id: idOf(debt), source: backend });
  }

  async ask(tx: Tx, debt: Debt, backend: string): Promise<void> {
    await this.move.requestNoExport(tx, { id: idOf(debt), source: backend });
  }

  async release(tx: Tx, debt: Debt): Promise<void> {
    await this.observations.forgetExport(tx, idOf(debt));
  }
}
