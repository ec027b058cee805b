import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf, Static } from '@virga/contract';
import {
  addSubnetPoolPrefixes, createSubnetPool, deleteSubnetPool, listSubnetPools, removeSubnetPoolPrefixes, showSubnetPool, updateSubnetPool, type SubnetPoolView,
} from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import { expectedRevision } from '../access/index.js';
import { fieldsOf, listRequest, page, pageLinks, visibleFields } from '../listing/index.js';
import { standardAttributes } from '../resources/index.js';
import type { SubnetPool } from './subnetpool.js';
import { SubnetPoolsService } from './subnetpools.service.js';

const NOTHING: ReadonlySet<string> = new Set();

function subnetPoolView(pool: SubnetPool): Static<typeof SubnetPoolView> {
  return {
    ...standardAttributes(pool), name: pool.name, prefixes: pool.prefixes, ip_version: pool.ip_version, default_prefixlen: pool.default_prefixlen,
    min_prefixlen: pool.min_prefixlen, max_prefixlen: pool.max_prefixlen, default_quota: pool.default_quota, address_scope_id: null,
    is_default: pool.is_default, shared: pool.is_shared,
  };
}

@Controller()
export class SubnetPoolsController {
  constructor(private readonly pools: SubnetPoolsService) {}

  @Endpoint(createSubnetPool)
  async create({ caller, body }: InputOf<typeof createSubnetPool>): Promise<OutputOf<typeof createSubnetPool>> {
    return { subnetpool: subnetPoolView(await this.pools.create(caller, body.subnetpool)) };
  }

  @Endpoint(listSubnetPools)
  async list({ caller, query, request }: InputOf<typeof listSubnetPools>): Promise<OutputOf<typeof listSubnetPools>> {
    const list = listRequest(query);
    const pools = await this.pools.list(caller, list);
    return page('subnetpools', pools.map((pool) => visibleFields(subnetPoolView(pool), list.fields, NOTHING)), pageLinks(request, list, pools)) as OutputOf<typeof listSubnetPools>;
  }

  @Endpoint(showSubnetPool)
  async show({ caller, params, query }: InputOf<typeof showSubnetPool>): Promise<OutputOf<typeof showSubnetPool>> {
    return { subnetpool: visibleFields(subnetPoolView(await this.pools.show(caller, params['subnetpool_id'] ?? '')), fieldsOf(query), NOTHING) };
  }

  @Endpoint(updateSubnetPool)
  async update({ caller, params, body, request }: InputOf<typeof updateSubnetPool>): Promise<OutputOf<typeof updateSubnetPool>> {
    return { subnetpool: subnetPoolView(await this.pools.update(caller, params['subnetpool_id'] ?? '', body.subnetpool, expectedRevision(request))) };
  }

  @Endpoint(addSubnetPoolPrefixes)
  async addPrefixes({ caller, params, body }: InputOf<typeof addSubnetPoolPrefixes>): Promise<OutputOf<typeof addSubnetPoolPrefixes>> {
    const { id, prefixes } = await this.pools.addPrefixes(caller, params['subnetpool_id'] ?? '', body.prefixes);
    return { subnetpool: { id, prefixes } };
  }

  @Endpoint(removeSubnetPoolPrefixes)
  async removePrefixes({ caller, params, body }: InputOf<typeof removeSubnetPoolPrefixes>): Promise<OutputOf<typeof removeSubnetPoolPrefixes>> {
    const { id, prefixes } = await this.pools.removePrefixes(caller, params['subnetpool_id'] ?? '', body.prefixes);
    return { subnetpool: { id, prefixes } };
  }

  @Endpoint(deleteSubnetPool)
  async delete({ caller, params, request }: InputOf<typeof deleteSubnetPool>): Promise<void> {
    await this.pools.delete(caller, params['subnetpool_id'] ?? '', expectedRevision(request));
  }
}
