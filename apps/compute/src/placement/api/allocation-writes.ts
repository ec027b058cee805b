import { Injectable } from '@nestjs/common';
import { raise } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { canTake } from '../ledger.js';
import { AllocationProviderUnknown, CapacityExceeded, requireConsumer, type WantedAllocations } from './allocation.js';
import { AllocationsRepository } from './allocations.repository.js';
import { Names } from './names.js';
import { ProvidersRepository } from './providers.repository.js';

/**
 * Replaces what consumers have.
 *
 * Consumers are locked first and providers second, each in the order of their ids, and the scheduler's claims lock the same
 * provider rows: whoever claims sees what all others before have claimed, so that nothing is given away twice. A claim locks
 * its consumer last; should the two ever wait for each other, the database breaks the tie and the transaction runs again.
 * Everything happens in the caller's transaction; a conflict leaves all as it was.
 */
@Injectable()
export class AllocationWrites {
  constructor(private readonly allocations: AllocationsRepository, private readonly providers: ProvidersRepository, private readonly names: Names) {}

  /** Gives each consumer exactly what it is to have. Throws `GenerationConflict`, `CapacityExceeded`, or `Invalid` for unknown names. */
  async replace(tx: Tx, wanted: readonly WantedAllocations[]): Promise<void> {
    const consumers = wanted.map(({ consumer }) => consumer);
    const seen = await this.allocations.lockConsumers(tx, consumers);
    for (const each of wanted) requireConsumer(each, seen.get(each.consumer));
    const providers = [...new Set(wanted.flatMap(({ byProvider }) => [...byProvider.keys()]))];
    await this.names.requireClasses(tx, wanted.flatMap(({ byProvider }) => [...byProvider.values()].flatMap((amounts) => Object.keys(amounts))));
    const affected = [...new Set([...providers, ...await this.allocations.providersOf(tx, consumers)])];
    const locked = await this.providers.lockAll(tx, affected);
    const missing = providers.find((uuid) => !locked.has(uuid));
    if (missing !== undefined) throw new AllocationProviderUnknown(missing);
    await this.allocations.deleteOf(tx, consumers);
    await this.requireRoom(tx, wanted, providers);
    const [keeping, leaving] = [wanted.filter(({ byProvider }) => byProvider.size > 0), wanted.filter(({ byProvider }) => byProvider.size === 0)];
    await this.allocations.write(tx, keeping);
    await this.allocations.deleteConsumers(tx, leaving.map(({ consumer }) => consumer));
    await this.providers.raiseGeneration(tx, affected);
  }

  /** Takes everything from the consumers; they are gone then. */
  async clear(tx: Tx, consumers: readonly string[]): Promise<void> {
    const affected = await this.allocations.providersOf(tx, consumers);
    await this.providers.lockAll(tx, affected);
    await this.allocations.deleteOf(tx, consumers);
    await this.allocations.deleteConsumers(tx, consumers);
    await this.providers.raiseGeneration(tx, affected);
  }

  private async requireRoom(tx: Tx, wanted: readonly WantedAllocations[], providers: readonly string[]): Promise<void> {
    const stocks = await this.allocations.stocks(tx, providers);
    for (const { byProvider } of wanted) {
      for (const [provider, amounts] of byProvider) {
        for (const [resourceClass, amount] of Object.entries(amounts)) {
          const stock = stocks.get(provider)?.get(resourceClass) ?? raise(new CapacityExceeded(resourceClass, provider));
          if (!canTake(stock, amount)) throw new CapacityExceeded(resourceClass, provider);
          stock.used += amount;
        }
      }
    }
  }
}
