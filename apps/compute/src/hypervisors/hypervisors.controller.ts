import { Controller } from '@nestjs/common';
import { isTrue, type InputOf, type RequestFacts, type VersionNumber } from '@virga/contract';
import { hypervisors } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { HypervisorsService, type HypervisorPage } from './hypervisors.service.js';
import { hypervisorView, referenceView, statisticsView, uptimeView } from './hypervisors.views.js';

const idOf = (params: Readonly<Record<string, string>>): string => params['hypervisor_id'] as string;

@Controller()
export class HypervisorsController {
  constructor(private readonly hypervisors: HypervisorsService) {}

  @Endpoint(hypervisors.listHypervisors)
  async list({ caller, query, version, request }: InputOf<typeof hypervisors.listHypervisors>) {
    const page = await this.hypervisors.list(caller, hypervisors.listHypervisors.policy, query, version);
    const asksForServers = isTrue(query.with_servers) === true;
    return { hypervisors: page.found.map((host) => referenceView(host, version, asksForServers)), ...links(page, version, request) };
  }

  @Endpoint(hypervisors.listHypervisorDetails)
  async detail({ caller, query, version, request }: InputOf<typeof hypervisors.listHypervisorDetails>) {
    const page = await this.hypervisors.list(caller, hypervisors.listHypervisorDetails.policy, query, version);
    const asksForServers = isTrue(query.with_servers) === true;
    return { hypervisors: page.found.map((host) => hypervisorView(host, version, asksForServers)), ...links(page, version, request) };
  }

  @Endpoint(hypervisors.showHypervisorStatistics)
  async statistics({ caller }: InputOf<typeof hypervisors.showHypervisorStatistics>) {
    return statisticsView(await this.hypervisors.inService(caller));
  }

  @Endpoint(hypervisors.showHypervisor)
  async show({ caller, params, query, version }: InputOf<typeof hypervisors.showHypervisor>) {
    const asksForServers = isTrue(query.with_servers) === true;
    const host = await this.hypervisors.show(caller, hypervisors.showHypervisor.policy, idOf(params), version, asksForServers);
    return { hypervisor: hypervisorView(host, version, asksForServers) };
  }

  @Endpoint(hypervisors.showHypervisorUptime)
  async uptime({ caller, params, version }: InputOf<typeof hypervisors.showHypervisorUptime>) {
    const host = await this.hypervisors.show(caller, hypervisors.showHypervisorUptime.policy, idOf(params), version);
    return { hypervisor: { ...referenceView(host, version), uptime: uptimeView(host) } };
  }

  @Endpoint(hypervisors.searchHypervisors)
  async search({ caller, params, version }: InputOf<typeof hypervisors.searchHypervisors>) {
    const found = await this.hypervisors.search(caller, hypervisors.searchHypervisors.policy, idOf(params), false);
    return { hypervisors: found.map((host) => referenceView(host, version)) };
  }

  @Endpoint(hypervisors.listHypervisorServers)
  async servers({ caller, params, version }: InputOf<typeof hypervisors.listHypervisorServers>) {
    const found = await this.hypervisors.search(caller, hypervisors.listHypervisorServers.policy, idOf(params), true);
    return { hypervisors: found.map((host) => referenceView(host, version, true)) };
  }
}

function links({ found, limit }: HypervisorPage, version: VersionNumber, request: RequestFacts) {
  const last = found.at(-1);
  return nextLinks('hypervisors_links', request, { limit, found: found.length, last: version >= hypervisors.hypervisorVersions.uuids ? last?.id : last?.number });
}
