import { Injectable } from '@nestjs/common';
import { placement } from '@virga/contracts-compute';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { ProviderAggregatesRepository } from '../provider-aggregates.repository.js';
import { requireGeneration, type Provider } from './provider.js';
import { ProvidersRepository } from './providers.repository.js';
import { dashed } from './queries.js';

export interface ProviderMemberships {
  provider: Provider;
  aggregates: string[];
}

/** Which aggregates a provider belongs to. */
@Injectable()
export class MembershipsService {
  constructor(
    private readonly db: Database,
    private readonly providers: ProvidersRepository,
    private readonly memberships: ProviderAggregatesRepository,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, uuid: string): Promise<ProviderMemberships> {
    this.policy.require(caller, placement.listProviderAggregates.policy);
    const provider = await this.providers.get(this.db, uuid);
    return { provider, aggregates: await this.memberships.list(this.db, provider.uuid) };
  }

  /** `generation` undefined: an older client, that neither compares nor raises it. */
  replace(caller: Caller, uuid: string, aggregates: readonly string[], generation: number | undefined): Promise<ProviderMemberships> {
    this.policy.require(caller, placement.replaceProviderAggregates.policy);
    return this.db.transaction(async (tx) => {
      const seen = await this.providers.lock(tx, uuid);
      if (generation !== undefined) requireGeneration(seen, generation);
      await this.memberships.replace(tx, seen.uuid, [...new Set(aggregates.map(dashed))]);
      if (generation !== undefined) await this.providers.raiseGeneration(tx, [seen.uuid]);
      return { provider: await this.providers.get(tx, seen.uuid), aggregates: await this.memberships.list(tx, seen.uuid) };
    });
  }
}
