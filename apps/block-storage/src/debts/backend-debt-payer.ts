import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Bug, raise } from '@virga/kernel';
import { DebtPayer, owed, paid, type Debt, type Payment } from '@virga/operations';
import { Database } from '@virga/persistence';
import { BackendsRepository } from '../backends/index.js';
import { DebtKind } from './debt-kind.js';

/**
 * Removes from backends what could not be removed when its owner went.
 *
 * Theory of operation. The storage host is told again until it says that the thing is gone; only then what the debt kept claimed is given
 * back, in the transaction that marks it paid. A backend that operators have removed holds nothing any more.
 */
@Injectable()
export class BackendDebtPayer extends DebtPayer implements OnModuleInit {
  readonly backend = 'backend';
  private readonly kinds = new Map<string, DebtKind>();

  constructor(
    private readonly db: Database,
    private readonly backends: BackendsRepository,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {
    super();
  }

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders()) if (instance instanceof DebtKind) this.kinds.set(instance.resourceType, instance);
  }

  async pay(debt: Debt): Promise<Payment> {
    const backend = debt.backend.slice('backend:'.length);
    const kind = this.kinds.get(debt.resourceType) ?? raise(new Bug('block-storage.debt.kind', `Nobody pays debts of the kind ${debt.resourceType}.`));
    if ((await kind.isGone(this.db, debt, backend)) || (await this.backends.find(this.db, backend)) === undefined) {
      return paid((tx) => kind.release(tx, debt, backend));
    }
    await this.db.transaction((tx) => kind.ask(tx, debt, backend));
    return owed();
  }
}
