import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { regionList, regionView } from './catalog.views.js';
import { RegionsService } from './regions.service.js';

@Controller()
export class RegionsController {
  constructor(private readonly regions: RegionsService) {}

  @Endpoint(api.createRegion)
  async create({ caller, body, request }: InputOf<typeof api.createRegion>) {
    return { region: regionView(await this.regions.create(caller, body.region), request) };
  }

  @Endpoint(api.createRegionWithId)
  async createWithId({ caller, params, body, request }: InputOf<typeof api.createRegionWithId>) {
    return { region: regionView(await this.regions.create(caller, body.region, params['region_id'] as string), request) };
  }

  @Endpoint(api.listRegions)
  async list({ caller, query, request }: InputOf<typeof api.listRegions>) {
    return regionList(await this.regions.list(caller, query), request);
  }

  @Endpoint(api.showRegion)
  async show({ caller, params, request }: InputOf<typeof api.showRegion>) {
    return { region: regionView(await this.regions.get(caller, params['region_id'] as string), request) };
  }

  @Endpoint(api.updateRegion)
  async update({ caller, params, body, request }: InputOf<typeof api.updateRegion>) {
    return { region: regionView(await this.regions.update(caller, params['region_id'] as string, body.region), request) };
  }

  @Endpoint(api.deleteRegion)
  async delete({ caller, params }: InputOf<typeof api.deleteRegion>) {
    await this.regions.delete(caller, params['region_id'] as string);
  }
}
