import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { createNetwork, deleteNetwork, listNetworks, showNetwork, updateNetwork } from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import { expectedRevision } from '../access/index.js';
import { fieldsOf, listRequest, page, pageLinks, visibleFields } from '../listing/index.js';
import { networkView } from './networks.views.js';
import { NetworksService } from './networks.service.js';

@Controller()
export class NetworksController {
  constructor(private readonly networks: NetworksService) {}

  @Endpoint(createNetwork)
  async create({ caller, body }: InputOf<typeof createNetwork>): Promise<OutputOf<typeof createNetwork>> {
    const hidden = this.networks.hidden(caller);
    const created = await this.networks.create(caller, body.networks ?? (body.network === undefined ? [] : [body.network]));
    const views = created.map((network) => visibleFields(networkView(network), new Set(), hidden));
    return body.networks === undefined ? { network: views[0] ?? {} } : { networks: views };
  }

  @Endpoint(listNetworks)
  async list({ caller, query, request }: InputOf<typeof listNetworks>): Promise<OutputOf<typeof listNetworks>> {
    const list = listRequest(query);
    const hidden = this.networks.hidden(caller);
    const networks = await this.networks.list(caller, list);
    const views = networks.map((network) => visibleFields(networkView(network), list.fields, hidden));
    return page('networks', views, pageLinks(request, list, networks)) as OutputOf<typeof listNetworks>;
  }

  @Endpoint(showNetwork)
  async show({ caller, params, query }: InputOf<typeof showNetwork>): Promise<OutputOf<typeof showNetwork>> {
    const network = await this.networks.show(caller, params['network_id'] ?? '');
    return { network: visibleFields(networkView(network), fieldsOf(query), this.networks.hidden(caller)) };
  }

  @Endpoint(updateNetwork)
  async update({ caller, params, body, request }: InputOf<typeof updateNetwork>): Promise<OutputOf<typeof updateNetwork>> {
    const network = await this.networks.update(caller, params['network_id'] ?? '', body.network, expectedRevision(request));
    return { network: visibleFields(networkView(network), new Set(), this.networks.hidden(caller)) };
  }

  @Endpoint(deleteNetwork)
  async delete({ caller, params, request }: InputOf<typeof deleteNetwork>): Promise<void> {
    await this.networks.delete(caller, params['network_id'] ?? '', expectedRevision(request));
  }
}
