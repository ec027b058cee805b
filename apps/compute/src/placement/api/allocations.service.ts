import { Injectable } from '@nestjs/common';
import { placement } from '@virga/contracts-compute';
import { isUuid, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { AllocationWrites } from './allocation-writes.js';
import { ConsumerUnknown, type Consumer, type WantedAllocations } from './allocation.js';
import { AllocationsRepository, type Share, type TypeUsage } from './allocations.repository.js';
import type { Provider } from './provider.js';
import { ProvidersRepository } from './providers.repository.js';
import type { Amounts } from '../ledger.js';

/** A consumer with what it has; it is absent where it has nothing. */
export interface ConsumerShares {
  consumer: Consumer | undefined;
  shares: Share[];
}

@Injectable()
export class AllocationsService {
  constructor(
    private readonly db: Database,
    private readonly allocations: AllocationsRepository,
    private readonly providers: ProvidersRepository,
    private readonly writes: AllocationWrites,
    private readonly policy: Policy,
  ) {}

  async ofConsumer(caller: Caller, uuid: string): Promise<ConsumerShares> {
    this.policy.require(caller, placement.listConsumerAllocations.policy);
    const consumer = await this.allocations.findConsumer(this.db, uuid);
    return { consumer, shares: consumer === undefined ? [] : await this.allocations.ofConsumer(this.db, consumer.uuid) };
  }

  async ofProvider(caller: Caller, uuid: string): Promise<{ provider: Provider; shares: Share[] }> {
    this.policy.require(caller, placement.listProviderAllocations.policy);
    const provider = await this.providers.get(this.db, uuid);
    return { provider, shares: await this.allocations.ofProvider(this.db, provider.uuid) };
  }

  async replaceOne(caller: Caller, wanted: WantedAllocations): Promise<void> {
    this.policy.require(caller, placement.replaceConsumerAllocations.policy);
    await this.db.transaction((tx) => this.writes.replace(tx, [wanted]));
  }

  async replaceSeveral(caller: Caller, wanted: readonly WantedAllocations[]): Promise<void> {
    this.policy.require(caller, placement.manageAllocations.policy);
    await this.db.transaction((tx) => this.writes.replace(tx, wanted));
  }

  async delete(caller: Caller, uuid: string): Promise<void> {
    this.policy.require(caller, placement.deleteConsumerAllocations.policy);
    if (!isUuid(uuid)) throw new ConsumerUnknown(uuid);
    await this.db.transaction(async (tx) => {
      if ((await this.allocations.providersOf(tx, [uuid])).length === 0) throw new ConsumerUnknown(uuid);
      await this.writes.clear(tx, [uuid]);
    });
  }

  async usageOfProvider(caller: Caller, uuid: string): Promise<{ provider: Provider; usages: Amounts }> {
    this.policy.require(caller, placement.showProviderUsages.policy);
    const provider = await this.providers.get(this.db, uuid);
    return { provider, usages: await this.allocations.usageOfProvider(this.db, provider.uuid) };
  }

  usageOfOwner(caller: Caller, owner: { project: string; user: string | undefined; type: string | undefined }): Promise<TypeUsage[]> {
    this.policy.require(caller, placement.showTotalUsages.policy, { project_id: owner.project });
    return this.allocations.usageOfOwner(this.db, owner);
  }
}
