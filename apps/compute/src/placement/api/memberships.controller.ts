import { Controller, Inject } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import { MembershipsService, type ProviderMemberships } from './memberships.service.js';
import { fresh } from './replies.js';
import { ReshaperService } from './reshaper.service.js';

@Controller()
export class MembershipsController {
  constructor(private readonly memberships: MembershipsService, private readonly reshaper: ReshaperService, @Inject(CLOCK) private readonly clock: Clock) {}

  @Endpoint(placement.listProviderAggregates)
  async list({ caller, params, version }: InputOf<typeof placement.listProviderAggregates>) {
    return fresh(view(await this.memberships.list(caller, params['uuid'] as string)), { version, modified: new Date(this.clock.now()) });
  }

  @Endpoint(placement.replaceProviderAggregates)
  async replace({ caller, params, body, version }: InputOf<typeof placement.replaceProviderAggregates>) {
    const { aggregates, generation } = Array.isArray(body) ? { aggregates: body, generation: undefined } : { aggregates: body.aggregates, generation: body.resource_provider_generation };
    return fresh(view(await this.memberships.replace(caller, params['uuid'] as string, aggregates, generation)), { version, modified: new Date(this.clock.now()) });
  }

  @Endpoint(placement.reshape)
  async reshape({ caller, body, version }: InputOf<typeof placement.reshape>) {
    await this.reshaper.reshape(caller, body, version);
  }
}

function view({ provider, aggregates }: ProviderMemberships) {
  return { aggregates, resource_provider_generation: provider.generation };
}
