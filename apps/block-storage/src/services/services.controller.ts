import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { services as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { HostsService } from './hosts.service.js';
import { LogLevelsService } from './log-levels.service.js';
import { ServicesService } from './services.service.js';
import { hostView, serviceView, settingView, sharesView } from './services.views.js';

const hostName = (params: Readonly<Record<string, string>>): string => params['host_name'] as string;

@Controller()
export class ServicesController {
  constructor(private readonly services: ServicesService, private readonly hosts: HostsService, private readonly logLevels: LogLevelsService) {}

  @Endpoint(contract.listServices)
  async list({ caller, query }: InputOf<typeof contract.listServices>) {
    return { services: (await this.services.list(caller, query)).map(serviceView) };
  }

  @Endpoint(contract.enableService)
  async enable({ caller, body }: InputOf<typeof contract.enableService>) {
    await this.services.enable(caller, body);
    return settingView(body, true, null);
  }

  @Endpoint(contract.disableService)
  async disable({ caller, body }: InputOf<typeof contract.disableService>) {
    await this.services.disable(caller, body, null);
    return settingView(body, false);
  }

  @Endpoint(contract.disableServiceBecause)
  async disableBecause({ caller, body }: InputOf<typeof contract.disableServiceBecause>) {
    await this.services.disable(caller, body, body.disabled_reason);
    return settingView(body, false, body.disabled_reason);
  }

  @Endpoint(contract.freezeHost)
  async freeze({ caller, body }: InputOf<typeof contract.freezeHost>) {
    await this.services.freeze(caller, body.host);
  }

  @Endpoint(contract.thawHost)
  async thaw({ caller, body }: InputOf<typeof contract.thawHost>) {
    await this.services.thaw(caller, body.host);
  }

  @Endpoint(contract.failoverHost)
  async failOverHost({ caller, body }: InputOf<typeof contract.failoverHost>) {
    await this.services.failOver(caller, body);
  }

  @Endpoint(contract.failover)
  async failOver({ caller, body }: InputOf<typeof contract.failover>) {
    await this.services.failOver(caller, body);
  }

  @Endpoint(contract.setLogLevels)
  setLogLevels({ caller, body }: InputOf<typeof contract.setLogLevels>) {
    this.logLevels.refuse(caller, body);
  }

  @Endpoint(contract.getLogLevels)
  getLogLevels({ caller }: InputOf<typeof contract.getLogLevels>) {
    return { log_levels: this.logLevels.list(caller) };
  }

  @Endpoint(contract.listHosts)
  async listHosts({ caller, query }: InputOf<typeof contract.listHosts>) {
    return { hosts: (await this.hosts.list(caller, query.zone)).map(hostView) };
  }

  @Endpoint(contract.showHost)
  async showHost({ caller, params }: InputOf<typeof contract.showHost>) {
    return { host: sharesView(hostName(params), await this.hosts.show(caller, hostName(params))) };
  }

  @Endpoint(contract.updateHost)
  async updateHost({ caller, params, body }: InputOf<typeof contract.updateHost>) {
    const isEnabled = body.status.trim().toLowerCase() === 'enable';
    await this.hosts.update(caller, hostName(params), isEnabled);
    return { host: hostName(params), status: isEnabled ? 'enabled' : 'disabled' };
  }
}
