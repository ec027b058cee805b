import { Injectable } from '@nestjs/common';
import type { PolicyRule, VersionNumber } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { Invalid, raise, type Caller } from '@virga/kernel';
import { Database, type Reader, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import type { Inventory } from '../ledger.js';
import { InventoriesRepository, type Inventories } from './inventories.repository.js';
import { inventoryFrom, InventoryUnknown, requireCapacity, type SentInventory } from './inventory.js';
import { Names } from './names.js';
import { requireGeneration, type Provider } from './provider.js';
import { ProvidersRepository } from './providers.repository.js';

/** What a provider has, with the provider as it is now. */
export interface Holding {
  provider: Provider;
  inventories: Inventories;
}

export interface OneInventory {
  provider: Provider;
  inventory: Inventory;
}

@Injectable()
export class InventoriesService {
  constructor(
    private readonly db: Database,
    private readonly providers: ProvidersRepository,
    private readonly inventories: InventoriesRepository,
    private readonly names: Names,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, uuid: string): Promise<Holding> {
    this.policy.require(caller, placement.listInventories.policy);
    return this.holding(this.db, uuid);
  }

  async show(caller: Caller, uuid: string, resourceClass: string): Promise<OneInventory> {
    this.policy.require(caller, placement.showInventory.policy);
    const { provider, inventories } = await this.holding(this.db, uuid);
    return { provider, inventory: inventories.get(resourceClass) ?? raise(new InventoryUnknown(resourceClass, uuid)) };
  }

  create(caller: Caller, uuid: string, resourceClass: string, sent: SentInventory, generation: number | undefined, version: VersionNumber): Promise<OneInventory> {
    return this.change(caller, placement.createInventory.policy, uuid, generation, async (tx, provider) => {
      const inventory = checked(resourceClass, sent, version);
      await this.names.requireClasses(tx, [resourceClass]);
      await this.inventories.insert(tx, provider.uuid, resourceClass, inventory);
      return inventory;
    }).then(({ provider, result }) => ({ provider, inventory: result }));
  }

  update(caller: Caller, uuid: string, resourceClass: string, sent: SentInventory, generation: number, version: VersionNumber): Promise<OneInventory> {
    return this.change(caller, placement.updateInventory.policy, uuid, generation, async (tx, provider) => {
      const inventory = checked(resourceClass, sent, version);
      const known = await this.inventories.list(tx, provider.uuid);
      if (!known.has(resourceClass)) throw new Invalid('placement.inventory.unknown', `No inventory record with resource class for resource provider ${provider.uuid}.`);
      await this.inventories.put(tx, provider.uuid, new Map([[resourceClass, inventory]]));
      return inventory;
    }).then(({ provider, result }) => ({ provider, inventory: result }));
  }

  replace(caller: Caller, uuid: string, sent: Readonly<Record<string, SentInventory>>, generation: number, version: VersionNumber): Promise<Holding> {
    return this.change(caller, placement.replaceInventories.policy, uuid, generation, async (tx, provider) => {
      const inventories = new Map(Object.entries(sent).map(([name, each]) => [name, checked(name, each, version)]));
      await this.names.requireClasses(tx, [...inventories.keys()]);
      await this.inventories.deleteAllBut(tx, provider.uuid, [...inventories.keys()]);
      await this.inventories.put(tx, provider.uuid, inventories);
      return inventories;
    }).then(({ provider, result }) => ({ provider, inventories: result }));
  }

  async deleteAll(caller: Caller, uuid: string): Promise<void> {
    await this.change(caller, placement.deleteInventories.policy, uuid, undefined, (tx, provider) => this.inventories.deleteAllBut(tx, provider.uuid, []));
  }

  async delete(caller: Caller, uuid: string, resourceClass: string): Promise<void> {
    await this.change(caller, placement.deleteInventory.policy, uuid, undefined, async (tx, provider) => {
      if ((await this.inventories.delete(tx, provider.uuid, resourceClass)) === 0) throw new InventoryUnknown(resourceClass, uuid);
    });
  }

  /** Changes what a provider has under its lock, if the caller's view is not old, and raises its generation. */
  private change<Result>(
    caller: Caller, rule: PolicyRule, uuid: string, generation: number | undefined, make: (tx: Tx, provider: Provider) => Promise<Result>,
  ): Promise<{ provider: Provider; result: Result }> {
    this.policy.require(caller, rule);
    return this.db.transaction(async (tx) => {
      const seen = await this.providers.lock(tx, uuid);
      if (generation !== undefined) requireGeneration(seen, generation);
      const result = await make(tx, seen);
      await this.providers.raiseGeneration(tx, [seen.uuid]);
      return { provider: await this.providers.get(tx, seen.uuid), result };
    });
  }

  private async holding(reader: Reader, uuid: string): Promise<Holding> {
    const provider = await this.providers.get(reader, uuid);
    return { provider, inventories: await this.inventories.list(reader, provider.uuid) };
  }
}

/** A sent inventory in full; throws where it makes no sense. */
export function checked(resourceClass: string, sent: SentInventory, version: VersionNumber): Inventory {
  const inventory = inventoryFrom(sent);
  requireCapacity(resourceClass, inventory, { mayBeNothing: version >= placement.placementVersions.fullReserve });
  return inventory;
}
