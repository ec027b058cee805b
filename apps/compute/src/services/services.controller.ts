import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { services } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { HostsService } from './hosts.service.js';
import { ServicesService } from './services.service.js';
import { resourcesView, serviceView, settingView } from './services.views.js';

const serviceId = (params: Readonly<Record<string, string>>): string => params['service_id'] as string;
const hostName = (params: Readonly<Record<string, string>>): string => params['host_name'] as string;

@Controller()
export class ServicesController {
  constructor(private readonly services: ServicesService, private readonly hosts: HostsService) {}

  @Endpoint(services.listServices)
  async list({ caller, query, version }: InputOf<typeof services.listServices>) {
    return { services: (await this.services.list(caller, query)).map((host) => serviceView(host, version)) };
  }

  @Endpoint(services.actOnService)
  async act({ caller, params, body, version }: InputOf<typeof services.actOnService>) {
    return settingView(body, await this.services.act(caller, serviceId(params), body, version));
  }

  @Endpoint(services.updateService)
  async update({ caller, params, body, version }: InputOf<typeof services.updateService>) {
    return { service: serviceView(await this.services.update(caller, serviceId(params), body), version) };
  }

  @Endpoint(services.deleteService)
  async delete({ caller, params, version }: InputOf<typeof services.deleteService>) {
    await this.services.delete(caller, serviceId(params), version);
  }

  @Endpoint(services.listHosts)
  async listHosts({ caller, query }: InputOf<typeof services.listHosts>) {
    return { hosts: (await this.hosts.list(caller, query.zone)).map(({ name, zone }) => ({ host_name: name, service: 'compute', zone })) };
  }

  @Endpoint(services.showHost)
  async showHost({ caller, params }: InputOf<typeof services.showHost>) {
    const { host, shares } = await this.hosts.show(caller, hostName(params));
    return resourcesView(host, shares);
  }

  @Endpoint(services.updateHost)
  async updateHost({ caller, params, body }: InputOf<typeof services.updateHost>) {
    return { host: hostName(params), status: (await this.hosts.update(caller, hostName(params), body)) ? 'enabled' : 'disabled' };
  }

  @Endpoint(services.startHost)
  startHost({ caller, params }: InputOf<typeof services.startHost>) {
    return this.hosts.refusePowerAction(caller, services.startHost.policy, hostName(params));
  }

  @Endpoint(services.stopHost)
  stopHost({ caller, params }: InputOf<typeof services.stopHost>) {
    return this.hosts.refusePowerAction(caller, services.stopHost.policy, hostName(params));
  }

  @Endpoint(services.rebootHost)
  rebootHost({ caller, params }: InputOf<typeof services.rebootHost>) {
    return this.hosts.refusePowerAction(caller, services.rebootHost.policy, hostName(params));
  }
}
