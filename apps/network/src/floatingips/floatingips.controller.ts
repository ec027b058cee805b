import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { createFloatingIp, deleteFloatingIp, listFloatingIpPools, listFloatingIps, showFloatingIp, updateFloatingIp } from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import { expectedRevision } from '../access/index.js';
import { fieldsOf, listRequest, page, pageLinks, visibleFields } from '../listing/index.js';
import { FloatingIpsService } from './floatingips.service.js';
import { floatingIpView } from './floatingips.views.js';

const NOTHING: ReadonlySet<string> = new Set();

@Controller()
export class FloatingIpsController {
  constructor(private readonly floatingIps: FloatingIpsService) {}

  @Endpoint(createFloatingIp)
  async create({ caller, body }: InputOf<typeof createFloatingIp>): Promise<OutputOf<typeof createFloatingIp>> {
    return { floatingip: floatingIpView(await this.floatingIps.create(caller, body.floatingip)) };
  }

  @Endpoint(listFloatingIps)
  async list({ caller, query, request }: InputOf<typeof listFloatingIps>): Promise<OutputOf<typeof listFloatingIps>> {
    const list = listRequest(query);
    const floatingIps = await this.floatingIps.list(caller, list);
    const views = floatingIps.map((floating) => visibleFields(floatingIpView(floating), list.fields, NOTHING));
    return page('floatingips', views, pageLinks(request, list, floatingIps)) as OutputOf<typeof listFloatingIps>;
  }

  @Endpoint(showFloatingIp)
  async show({ caller, params, query }: InputOf<typeof showFloatingIp>): Promise<OutputOf<typeof showFloatingIp>> {
    return { floatingip: visibleFields(floatingIpView(await this.floatingIps.show(caller, params['floatingip_id'] ?? '')), fieldsOf(query), NOTHING) };
  }

  @Endpoint(updateFloatingIp)
  async update({ caller, params, body, request }: InputOf<typeof updateFloatingIp>): Promise<OutputOf<typeof updateFloatingIp>> {
    return { floatingip: floatingIpView(await this.floatingIps.update(caller, params['floatingip_id'] ?? '', body.floatingip, expectedRevision(request))) };
  }

  @Endpoint(deleteFloatingIp)
  async delete({ caller, params, request }: InputOf<typeof deleteFloatingIp>): Promise<void> {
    await this.floatingIps.delete(caller, params['floatingip_id'] ?? '', expectedRevision(request));
  }

  @Endpoint(listFloatingIpPools)
  async listPools({ caller }: InputOf<typeof listFloatingIpPools>): Promise<OutputOf<typeof listFloatingIpPools>> {
    const pools = await this.floatingIps.pools(caller);
    return { floatingip_pools: pools.map((pool) => ({ ...pool, tenant_id: pool.project_id })) };
  }
}
