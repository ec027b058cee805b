import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { FloatingIpsService, type FloatingIp } from './floating-ips.service.js';

const idOf = (params: Readonly<Record<string, string>>): string => params['floating_ip_id'] as string;
const serverId = (params: Readonly<Record<string, string>>): string => params['server_id'] as string;

@Controller()
export class FloatingIpsController {
  constructor(private readonly floatingIps: FloatingIpsService) {}

  @Endpoint(proxies.listFloatingIps)
  async list(input: InputOf<typeof proxies.listFloatingIps>) {
    return { floating_ips: (await this.floatingIps.list(input)).map(view) };
  }

  @Endpoint(proxies.showFloatingIp)
  async show(input: InputOf<typeof proxies.showFloatingIp>) {
    return { floating_ip: view(await this.floatingIps.show(input, idOf(input.params))) };
  }

  @Endpoint(proxies.createFloatingIp)
  async create(input: InputOf<typeof proxies.createFloatingIp>) {
    return { floating_ip: view(await this.floatingIps.create(input, input.body.pool ?? undefined)) };
  }

  @Endpoint(proxies.deleteFloatingIp)
  async delete(input: InputOf<typeof proxies.deleteFloatingIp>) {
    await this.floatingIps.delete(input, idOf(input.params));
  }

  @Endpoint(proxies.listFloatingIpPools)
  async pools(input: InputOf<typeof proxies.listFloatingIpPools>) {
    return { floating_ip_pools: (await this.floatingIps.pools(input)).map((name) => ({ name })) };
  }

  @Endpoint(proxies.addFloatingIp)
  async add(input: InputOf<typeof proxies.addFloatingIp>) {
    const { address, fixed_address: fixedAddress } = input.body.addFloatingIp;
    await this.floatingIps.add(input, serverId(input.params), address, fixedAddress);
  }

  @Endpoint(proxies.removeFloatingIp)
  async remove(input: InputOf<typeof proxies.removeFloatingIp>) {
    await this.floatingIps.remove(input, serverId(input.params), input.body.removeFloatingIp.address);
  }
}

function view({ id, address, fixedAddress, serverId: server, pool }: FloatingIp) {
  return { id, ip: address, fixed_ip: fixedAddress, instance_id: server, pool };
}
