import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint, selfUrl } from '@virga/http';
import { linkTo, listFrame } from '../listing/index.js';
import type { Limit, RegisteredLimit } from './limit.js';
import { LimitsService } from './limits.service.js';
import { RegisteredLimitsService } from './registered-limits.service.js';

const FLAT = { name: 'flat', description: "A project's limit is independent of the limits of the projects above and below it." };

@Controller()
export class LimitsController {
  constructor(private readonly limits: LimitsService, private readonly registered: RegisteredLimitsService) {}

  @Endpoint(api.createRegisteredLimits)
  async register({ caller, body, request }: InputOf<typeof api.createRegisteredLimits>) {
    const limits = await this.registered.create(caller, body.registered_limits);
    return { registered_limits: limits.map((limit) => registeredView(limit, request)), links: { self: selfUrl(request), previous: null, next: null } };
  }

  @Endpoint(api.listRegisteredLimits)
  async listRegistered({ caller, query, request }: InputOf<typeof api.listRegisteredLimits>) {
    const limits = await this.registered.list(caller, query);
    return { registered_limits: limits.entries.map((limit) => registeredView(limit, request)), ...listFrame(request, limits) };
  }

  @Endpoint(api.showRegisteredLimit)
  async showRegistered({ caller, params, request }: InputOf<typeof api.showRegisteredLimit>) {
    return { registered_limit: registeredView(await this.registered.get(caller, params['registered_limit_id'] as string), request) };
  }

  @Endpoint(api.updateRegisteredLimit)
  async updateRegistered({ caller, params, body, request }: InputOf<typeof api.updateRegisteredLimit>) {
    return { registered_limit: registeredView(await this.registered.update(caller, params['registered_limit_id'] as string, body.registered_limit), request) };
  }

  @Endpoint(api.deleteRegisteredLimit)
  async deleteRegistered({ caller, params }: InputOf<typeof api.deleteRegisteredLimit>) {
    await this.registered.delete(caller, params['registered_limit_id'] as string);
  }

  @Endpoint(api.createLimits)
  async create({ caller, body, request }: InputOf<typeof api.createLimits>) {
    const limits = await this.limits.create(caller, body.limits);
    return { limits: limits.map((limit) => limitView(limit, request)), links: { self: selfUrl(request), previous: null, next: null } };
  }

  @Endpoint(api.listLimits)
  async list({ caller, query, request }: InputOf<typeof api.listLimits>) {
    const limits = await this.limits.list(caller, query);
    return { limits: limits.entries.map((limit) => limitView(limit, request)), ...listFrame(request, limits) };
  }

  @Endpoint(api.showLimitModel)
  showModel({ caller }: InputOf<typeof api.showLimitModel>) {
    this.limits.requireModel(caller);
    return { model: FLAT };
  }

  @Endpoint(api.showLimit)
  async show({ caller, params, request }: InputOf<typeof api.showLimit>) {
    return { limit: limitView(await this.limits.get(caller, params['limit_id'] as string), request) };
  }

  @Endpoint(api.updateLimit)
  async update({ caller, params, body, request }: InputOf<typeof api.updateLimit>) {
    return { limit: limitView(await this.limits.update(caller, params['limit_id'] as string, body.limit), request) };
  }

  @Endpoint(api.deleteLimit)
  async delete({ caller, params }: InputOf<typeof api.deleteLimit>) {
    await this.limits.delete(caller, params['limit_id'] as string);
  }
}

function registeredView(limit: RegisteredLimit, request: RequestFacts) {
  return {
    id: limit.id, service_id: limit.serviceId, region_id: limit.regionId, resource_name: limit.resourceName, default_limit: limit.defaultLimit,
    description: limit.description, links: { self: linkTo(request, `registered_limits/${limit.id}`) },
  };
}

function limitView(limit: Limit, request: RequestFacts) {
  return {
    id: limit.id, service_id: limit.serviceId, region_id: limit.regionId, resource_name: limit.resourceName, resource_limit: limit.resourceLimit,
    description: limit.description, project_id: limit.projectId, domain_id: limit.domainId, links: { self: linkTo(request, `limits/${limit.id}`) },
  };
}
