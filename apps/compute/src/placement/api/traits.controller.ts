import { Controller, Inject } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import { fresh, location } from './replies.js';
import { TraitsService, type ProviderTraits } from './traits.service.js';

const uuidOf = (params: Readonly<Record<string, string>>): string => params['uuid'] as string;
const nameOf = (params: Readonly<Record<string, string>>): string => params['name'] as string;

@Controller()
export class TraitsController {
  constructor(private readonly traits: TraitsService, @Inject(CLOCK) private readonly clock: Clock) {}

  @Endpoint(placement.listTraits)
  async list({ caller, query, version }: InputOf<typeof placement.listTraits>) {
    return fresh({ traits: await this.traits.list(caller, query) }, { version, modified: new Date(this.clock.now()) });
  }

  @Endpoint(placement.showTrait)
  async show({ caller, params, version }: InputOf<typeof placement.showTrait>) {
    await this.traits.requireTrait(caller, nameOf(params));
    return fresh(undefined, { version, modified: new Date(this.clock.now()) });
  }

  @Endpoint(placement.ensureTrait)
  async ensure({ caller, params, version, request }: InputOf<typeof placement.ensureTrait>) {
    const isNew = await this.traits.ensure(caller, nameOf(params));
    return fresh(undefined, { version, modified: new Date(this.clock.now()), status: isNew ? 201 : 204, headers: location(request, `/traits/${nameOf(params)}`) });
  }

  @Endpoint(placement.deleteTrait)
  async delete({ caller, params }: InputOf<typeof placement.deleteTrait>) {
    await this.traits.delete(caller, nameOf(params));
  }

  @Endpoint(placement.listProviderTraits)
  async ofProvider({ caller, params, version }: InputOf<typeof placement.listProviderTraits>) {
    const found = await this.traits.ofProvider(caller, uuidOf(params));
    return fresh(view(found), { version, modified: found.provider.updatedAt });
  }

  @Endpoint(placement.replaceProviderTraits)
  async replace({ caller, params, body, version }: InputOf<typeof placement.replaceProviderTraits>) {
    const changed = await this.traits.replace(caller, uuidOf(params), body.traits, body.resource_provider_generation);
    return fresh(view(changed), { version, modified: changed.provider.updatedAt });
  }

  @Endpoint(placement.deleteProviderTraits)
  async deleteAll({ caller, params }: InputOf<typeof placement.deleteProviderTraits>) {
    await this.traits.deleteAll(caller, uuidOf(params));
  }
}

function view({ provider, traits }: ProviderTraits) {
  return { traits, resource_provider_generation: provider.generation };
}
