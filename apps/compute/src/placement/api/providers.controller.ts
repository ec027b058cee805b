import { Controller, Inject } from '@nestjs/common';
import { reply, type InputOf, type OutputOf, type Reply, type VersionNumber } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import type { Provider } from './provider.js';
import { ProvidersService } from './providers.service.js';
import { fresh, location, providerLinks } from './replies.js';

type ProviderView = Exclude<OutputOf<typeof placement.showProvider>, void | Reply<unknown>>;

@Controller()
export class ProvidersController {
  constructor(private readonly providers: ProvidersService, @Inject(CLOCK) private readonly clock: Clock) {}

  @Endpoint(placement.listPlacementVersions)
  versions() {
    const { min, max } = placement.PLACEMENT_VERSIONS;
    return { versions: [{ id: `v${min}`, min_version: min, max_version: max, status: 'CURRENT', links: [{ rel: 'self', href: '' }] }] };
  }

  @Endpoint(placement.listProviders)
  async list({ caller, query, version }: InputOf<typeof placement.listProviders>) {
    const found = await this.providers.list(caller, query, version);
    const modified = new Date(Math.max(...found.map(({ updatedAt }) => updatedAt.getTime()), found.length === 0 ? this.clock.now() : 0));
    return fresh({ resource_providers: found.map((provider) => view(provider, version)) }, { version, modified });
  }

  @Endpoint(placement.createProvider)
  async create({ caller, body, version, request }: InputOf<typeof placement.createProvider>) {
    const provider = await this.providers.create(caller, body);
    const headers = location(request, `/resource_providers/${provider.uuid}`);
    if (version < placement.placementVersions.createdBody) return reply(undefined as never, { headers });
    return fresh(view(provider, version), { version, modified: provider.updatedAt, headers });
  }

  @Endpoint(placement.showProvider)
  async show({ caller, params, version }: InputOf<typeof placement.showProvider>) {
    const provider = await this.providers.get(caller, params['uuid'] as string);
    return fresh(view(provider, version), { version, modified: provider.updatedAt });
  }

  @Endpoint(placement.updateProvider)
  async update({ caller, params, body, version }: InputOf<typeof placement.updateProvider>) {
    const provider = await this.providers.update(caller, params['uuid'] as string, body, version);
    return fresh(view(provider, version), { version, modified: provider.updatedAt });
  }

  @Endpoint(placement.deleteProvider)
  async delete({ caller, params }: InputOf<typeof placement.deleteProvider>) {
    await this.providers.delete(caller, params['uuid'] as string);
  }
}

function view({ uuid, name, generation, parent, root }: Provider, version: VersionNumber): ProviderView {
  return { uuid, name, generation, links: providerLinks(uuid, version), parent_provider_uuid: parent, root_provider_uuid: root };
}
