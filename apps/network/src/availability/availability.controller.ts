import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { discoveryPolicy, listAvailabilityZones, listIpAvailabilities, showIpAvailability } from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import { ownEntry } from '@virga/kernel';
import { Access } from '../access/index.js';
import { fieldsOf, listRequest, visibleFields } from '../listing/index.js';
import { IpAvailabilityService } from './ip-availability.service.js';
import type { NetworkUse } from './ip-availability.js';
import { ZONE } from './zones.js';

const NOTHING: ReadonlySet<string> = new Set();

@Controller()
export class AvailabilityController {
  constructor(private readonly access: Access, private readonly availabilities: IpAvailabilityService) {}

  @Endpoint(listAvailabilityZones)
  zones({ caller, query }: InputOf<typeof listAvailabilityZones>): OutputOf<typeof listAvailabilityZones> {
    this.access.requireAct(caller, discoveryPolicy.availabilityZones, {});
    const { fields, filters } = listRequest(query);
    const zones = ['network', 'router'].map((resource): Record<string, string> => ({ name: ZONE, resource, state: 'available' }));
    const chosen = zones.filter((zone) => [...filters].every(([name, values]) => values.includes(ownEntry(zone, name) ?? '')));
    return { availability_zones: chosen.map((zone) => visibleFields(zone, fields, NOTHING)) };
  }

  @Endpoint(listIpAvailabilities)
  async list({ caller, query }: InputOf<typeof listIpAvailabilities>): Promise<OutputOf<typeof listIpAvailabilities>> {
    const request = listRequest(query);
    const uses = await this.availabilities.list(caller, request);
    return { network_ip_availabilities: uses.map((use) => visibleFields(useView(use), request.fields, NOTHING)) };
  }

  @Endpoint(showIpAvailability)
  async show({ caller, params, query }: InputOf<typeof showIpAvailability>): Promise<OutputOf<typeof showIpAvailability>> {
    const use = await this.availabilities.show(caller, params['network_id'] ?? '');
    return { network_ip_availability: visibleFields(useView(use), fieldsOf(query), NOTHING) };
  }
}

function useView(use: NetworkUse) {
  const sum = (key: 'total_ips' | 'used_ips'): number => use.subnets.reduce((total, subnet) => total + Number(subnet[key]), 0);
  return {
    network_id: use.id, network_name: use.name, project_id: use.project_id, tenant_id: use.project_id, total_ips: sum('total_ips'), used_ips: sum('used_ips'),
    subnet_ip_availability: use.subnets,
  };
}
