import { Injectable } from '@nestjs/common';
import {
  createEndpoint, createService, deleteEndpoint, deleteService, listEndpoints, listServices, showEndpoint, showService, updateEndpoint, updateService,
} from '@virga/contracts-identity';
import { newHexId, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { booleanFilter, Missing, pageOf, textFilters, type Attributes, type Listed, type Query } from '../listing/index.js';
import type { CatalogEndpoint, Service } from './catalog.js';
import { endpointChange, serviceChange } from './catalog.views.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { RegionsRepository } from './regions.repository.js';
import { ServicesRepository } from './services.repository.js';

/** Services and their endpoints. */
@Injectable()
export class CatalogService {
  constructor(
    private readonly db: Database, private readonly services: ServicesRepository, private readonly endpoints: EndpointsRepository,
    private readonly regions: RegionsRepository, private readonly policy: Policy,
  ) {}

  async createService(caller: Caller, body: Attributes): Promise<Service> {
    this.policy.require(caller, createService.policy);
    const service: Service = { id: newHexId(), type: '', name: null, description: null, isEnabled: true, extra: {}, ...serviceChange(body) };
    await this.db.transaction((tx) => this.services.insert(tx, service));
    return service;
  }

  async listServices(caller: Caller, query: Query): Promise<Listed<Service>> {
    this.policy.require(caller, listServices.policy);
    return this.services.page(this.db, [...textFilters(query, { name: 's.name', type: 's.type', id: 's.id' }), ...booleanFilter(query, 'enabled', 's.enabled')], pageOf(query));
  }

  async getService(caller: Caller, id: string): Promise<Service> {
    this.policy.require(caller, showService.policy);
    return await this.services.find(this.db, id) ?? missing('service', id);
  }

  async updateService(caller: Caller, id: string, body: Attributes): Promise<Service> {
    this.policy.require(caller, updateService.policy);
    return this.db.transaction(async (tx) => {
      const seen = await this.services.lock(tx, id) ?? missing('service', id);
      const change = serviceChange(body);
      return this.services.update(tx, seen, { ...change, extra: { ...seen.extra, ...change.extra } });
    });
  }

  async deleteService(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, deleteService.policy);
    if (!await this.db.transaction((tx) => this.services.delete(tx, id))) missing('service', id);
  }

  async createEndpoint(caller: Caller, body: Attributes): Promise<CatalogEndpoint> {
    this.policy.require(caller, createEndpoint.policy);
    const endpoint: CatalogEndpoint = { id: newHexId(), serviceId: '', regionId: null, interface: '', url: '', isEnabled: true, extra: {}, ...endpointChange(body) };
    await this.db.transaction(async (tx) => {
      await this.ensureLegacyRegion(tx, body);
      await this.endpoints.insert(tx, endpoint);
    });
    return endpoint;
  }

  async listEndpoints(caller: Caller, query: Query): Promise<Listed<CatalogEndpoint>> {
    this.policy.require(caller, listEndpoints.policy);
    const filters = textFilters(query, { interface: 'e.interface', service_id: 'e.service_id', region_id: 'e.region_id', region: 'e.region_id', id: 'e.id' });
    return this.endpoints.page(this.db, [...filters, ...booleanFilter(query, 'enabled', 'e.enabled')], pageOf(query));
  }

  async getEndpoint(caller: Caller, id: string): Promise<CatalogEndpoint> {
    this.policy.require(caller, showEndpoint.policy);
    return await this.endpoints.find(this.db, id) ?? missing('endpoint', id);
  }

  async updateEndpoint(caller: Caller, id: string, body: Attributes): Promise<CatalogEndpoint> {
    this.policy.require(caller, updateEndpoint.policy);
    return this.db.transaction(async (tx) => {
      const seen = await this.endpoints.lock(tx, id) ?? missing('endpoint', id);
      await this.ensureLegacyRegion(tx, body);
      const change = endpointChange(body);
      return this.endpoints.update(tx, seen, { ...change, extra: { ...seen.extra, ...change.extra } });
    });
  }

  async deleteEndpoint(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, deleteEndpoint.policy);
    if (!await this.db.transaction((tx) => this.endpoints.delete(tx, id))) missing('endpoint', id);
  }

  /** An endpoint that names its region the old way (`region`, not `region_id`) makes it, as in Keystone. */
  private async ensureLegacyRegion(tx: Tx, body: Attributes): Promise<void> {
    const region = body['region_id'] ?? body['region'];
    if (typeof region === 'string' && body['region_id'] === undefined) await this.regions.ensure(tx, region);
  }
}

function missing(kind: 'service' | 'endpoint', id: string): never {
  throw new Missing(kind, id);
}
