import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { CatalogService } from './catalog.service.js';
import { endpointList, endpointView, serviceList, serviceView } from './catalog.views.js';

@Controller()
export class CatalogController {
  constructor(private readonly catalog: CatalogService) {}

  @Endpoint(api.createService)
  async createService({ caller, body, request }: InputOf<typeof api.createService>) {
    return { service: serviceView(await this.catalog.createService(caller, body.service), request) };
  }

  @Endpoint(api.listServices)
  async listServices({ caller, query, request }: InputOf<typeof api.listServices>) {
    return serviceList(await this.catalog.listServices(caller, query), request);
  }

  @Endpoint(api.showService)
  async showService({ caller, params, request }: InputOf<typeof api.showService>) {
    return { service: serviceView(await this.catalog.getService(caller, params['service_id'] as string), request) };
  }

  @Endpoint(api.updateService)
  async updateService({ caller, params, body, request }: InputOf<typeof api.updateService>) {
    return { service: serviceView(await this.catalog.updateService(caller, params['service_id'] as string, body.service), request) };
  }

  @Endpoint(api.deleteService)
  async deleteService({ caller, params }: InputOf<typeof api.deleteService>) {
    await this.catalog.deleteService(caller, params['service_id'] as string);
  }

  @Endpoint(api.createEndpoint)
  async createEndpoint({ caller, body, request }: InputOf<typeof api.createEndpoint>) {
    return { endpoint: endpointView(await this.catalog.createEndpoint(caller, body.endpoint), request) };
  }

  @Endpoint(api.listEndpoints)
  async listEndpoints({ caller, query, request }: InputOf<typeof api.listEndpoints>) {
    return endpointList(await this.catalog.listEndpoints(caller, query), request);
  }

  @Endpoint(api.showEndpoint)
  async showEndpoint({ caller, params, request }: InputOf<typeof api.showEndpoint>) {
    return { endpoint: endpointView(await this.catalog.getEndpoint(caller, params['endpoint_id'] as string), request) };
  }

  @Endpoint(api.updateEndpoint)
  async updateEndpoint({ caller, params, body, request }: InputOf<typeof api.updateEndpoint>) {
    return { endpoint: endpointView(await this.catalog.updateEndpoint(caller, params['endpoint_id'] as string, body.endpoint), request) };
  }

  @Endpoint(api.deleteEndpoint)
  async deleteEndpoint({ caller, params }: InputOf<typeof api.deleteEndpoint>) {
    await this.catalog.deleteEndpoint(caller, params['endpoint_id'] as string);
  }
}
