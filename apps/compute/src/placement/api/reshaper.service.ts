import { Injectable } from '@nestjs/common';
import { placement } from '@virga/contracts-compute';
import type { BodyOf, VersionNumber } from '@virga/contract';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { AllocationWrites } from './allocation-writes.js';
import { wantedSeveral } from './allocations.input.js';
import { InventoriesRepository } from './inventories.repository.js';
import { checked } from './inventories.service.js';
import { Names } from './names.js';
import { AllocationProviderUnknown } from './allocation.js';
import { requireGeneration } from './provider.js';
import { ProvidersRepository } from './providers.repository.js';
import { dashed } from './queries.js';

/** Moves inventories between providers with what is allocated of them, in one transaction: new inventories come first, old ones go last. */
@Injectable()
export class ReshaperService {
  constructor(
    private readonly db: Database,
    private readonly providers: ProvidersRepository,
    private readonly inventories: InventoriesRepository,
    private readonly writes: AllocationWrites,
    private readonly names: Names,
    private readonly policy: Policy,
  ) {}

  async reshape(caller: Caller, body: BodyOf<typeof placement.reshape>, version: VersionNumber): Promise<void> {
    this.policy.require(caller, placement.reshape.policy);
    const wanted = Object.entries(body.inventories).map(([uuid, { resource_provider_generation: generation, inventories }]) => ({
      uuid: dashed(uuid), generation, inventories: new Map(Object.entries(inventories).map(([name, sent]) => [name, checked(name, sent, version)])),
    }));
    await this.db.transaction(async (tx) => {
      await this.names.requireClasses(tx, wanted.flatMap(({ inventories }) => [...inventories.keys()]));
      const locked = await this.providers.lockAll(tx, wanted.map(({ uuid }) => uuid));
      for (const { uuid, generation } of wanted) {
        const provider = locked.get(uuid);
        if (provider === undefined) throw new AllocationProviderUnknown(uuid);
        requireGeneration(provider, generation);
      }
      for (const { uuid, inventories } of wanted) await this.inventories.put(tx, uuid, inventories);
      await this.writes.replace(tx, wantedSeveral(body.allocations, version));
      for (const { uuid, inventories } of wanted) await this.inventories.deleteAllBut(tx, uuid, [...inventories.keys()]);
      await this.providers.raiseGeneration(tx, wanted.map(({ uuid }) => uuid));
    });
  }
}
