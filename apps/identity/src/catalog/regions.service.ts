import { Injectable } from '@nestjs/common';
import { createRegion, deleteRegion, listRegions, showRegion, updateRegion } from '@virga/contracts-identity';
import { Invalid, newHexId, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Missing, pageOf, textFilters, type Attributes, type Listed, type Query } from '../listing/index.js';
import { RegionInsideItself, type Region } from './catalog.js';
import { regionChange } from './catalog.views.js';
import { RegionsRepository } from './regions.repository.js';

@Injectable()
export class RegionsService {
  constructor(private readonly db: Database, private readonly regions: RegionsRepository, private readonly policy: Policy) {}

  /** `pathId` is the id of a PUT; the body may only repeat it. */
  async create(caller: Caller, body: Attributes, pathId?: string): Promise<Region> {
    this.policy.require(caller, createRegion.policy);
    const bodyId = (body['id'] as string | null | undefined) ?? undefined;
    if (pathId !== undefined && bodyId !== undefined && bodyId !== pathId) throw new Invalid('identity.region.id', 'The id in the body is not that in the path.');
    const id = pathId ?? (bodyId === '' ? undefined : bodyId) ?? newHexId();
    const region: Region = { id, description: '', parentId: null, extra: {}, ...regionChange(body) };
    await this.db.transaction((tx) => this.regions.insert(tx, region));
    return region;
  }

  async list(caller: Caller, query: Query): Promise<Listed<Region>> {
    this.policy.require(caller, listRegions.policy);
    return this.regions.page(this.db, textFilters(query, { parent_region_id: 'r.parent_region_id', id: 'r.id', description: 'r.description' }), pageOf(query));
  }

  async get(caller: Caller, id: string): Promise<Region> {
    this.policy.require(caller, showRegion.policy);
    return await this.regions.find(this.db, id) ?? missing(id);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<Region> {
    this.policy.require(caller, updateRegion.policy);
    return this.db.transaction(async (tx) => {
      const seen = await this.regions.lock(tx, id) ?? missing(id);
      const change = regionChange(body);
      if (change.parentId !== undefined && change.parentId !== null && await this.regions.isAbove(tx, id, change.parentId)) throw new RegionInsideItself(id);
      return this.regions.update(tx, seen, { ...change, extra: { ...seen.extra, ...change.extra } });
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, deleteRegion.policy);
    if (!await this.db.transaction((tx) => this.regions.deleteTree(tx, id))) missing(id);
  }
}

function missing(id: string): never {
  throw new Missing('region', id);
}
