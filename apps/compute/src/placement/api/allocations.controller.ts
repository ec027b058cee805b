import { Controller, Inject } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import { wantedOne, wantedSeveral } from './allocations.input.js';
import { AllocationsService } from './allocations.service.js';
import { consumerView, providerView, totalsView } from './allocations.views.js';
import { fresh } from './replies.js';

const uuidOf = (params: Readonly<Record<string, string>>): string => params['uuid'] as string;
const consumerOf = (params: Readonly<Record<string, string>>): string => params['consumer_uuid'] as string;

@Controller()
export class AllocationsController {
  constructor(private readonly allocations: AllocationsService, @Inject(CLOCK) private readonly clock: Clock) {}

  @Endpoint(placement.listConsumerAllocations)
  async ofConsumer({ caller, params, version }: InputOf<typeof placement.listConsumerAllocations>) {
    return fresh(consumerView(await this.allocations.ofConsumer(caller, consumerOf(params))), { version, modified: this.now() });
  }

  @Endpoint(placement.replaceConsumerAllocations)
  async replaceOne({ caller, params, body, version }: InputOf<typeof placement.replaceConsumerAllocations>) {
    await this.allocations.replaceOne(caller, wantedOne(consumerOf(params), body, version));
  }

  @Endpoint(placement.deleteConsumerAllocations)
  async delete({ caller, params }: InputOf<typeof placement.deleteConsumerAllocations>) {
    await this.allocations.delete(caller, consumerOf(params));
  }

  @Endpoint(placement.manageAllocations)
  async replaceSeveral({ caller, body, version }: InputOf<typeof placement.manageAllocations>) {
    await this.allocations.replaceSeveral(caller, wantedSeveral(body, version));
  }

  @Endpoint(placement.listProviderAllocations)
  async ofProvider({ caller, params, version }: InputOf<typeof placement.listProviderAllocations>) {
    return fresh(providerView(await this.allocations.ofProvider(caller, uuidOf(params))), { version, modified: this.now() });
  }

  @Endpoint(placement.showProviderUsages)
  async usageOfProvider({ caller, params, version }: InputOf<typeof placement.showProviderUsages>) {
    const { provider, usages } = await this.allocations.usageOfProvider(caller, uuidOf(params));
    return fresh({ resource_provider_generation: provider.generation, usages: { ...usages } }, { version, modified: this.now() });
  }

  @Endpoint(placement.showTotalUsages)
  async usageOfOwner({ caller, query, version }: InputOf<typeof placement.showTotalUsages>) {
    const type = query.consumer_type === 'all' ? undefined : query.consumer_type;
    const usages = await this.allocations.usageOfOwner(caller, { project: query.project_id, user: query.user_id, type });
    return fresh({ usages: totalsView(usages, { version, isMerged: query.consumer_type === 'all' }) }, { version, modified: this.now() });
  }

  private now(): Date {
    return new Date(this.clock.now());
  }
}
