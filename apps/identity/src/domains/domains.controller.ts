import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { domainList, domainView } from '../projects/index.js';
import { DomainsService } from './domains.service.js';

@Controller()
export class DomainsController {
  constructor(private readonly domains: DomainsService) {}

  @Endpoint(api.createDomain)
  async create({ caller, body, request }: InputOf<typeof api.createDomain>) {
    return { domain: domainView(await this.domains.create(caller, body.domain), request) };
  }

  @Endpoint(api.listDomains)
  async list({ caller, query, request }: InputOf<typeof api.listDomains>) {
    return domainList(await this.domains.list(caller, query), request);
  }

  @Endpoint(api.showDomain)
  async show({ caller, params, request }: InputOf<typeof api.showDomain>) {
    return { domain: domainView(await this.domains.get(caller, params['domain_id'] as string), request) };
  }

  @Endpoint(api.updateDomain)
  async update({ caller, params, body, request }: InputOf<typeof api.updateDomain>) {
    return { domain: domainView(await this.domains.update(caller, params['domain_id'] as string, body.domain), request) };
  }

  @Endpoint(api.deleteDomain)
  async delete({ caller, params }: InputOf<typeof api.deleteDomain>) {
    await this.domains.delete(caller, params['domain_id'] as string);
  }
}
