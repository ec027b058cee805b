import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { services } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ZonesService } from './zones.service.js';
import { zonesView } from './zones.views.js';

@Controller()
export class ZonesController {
  constructor(private readonly zones: ZonesService) {}

  @Endpoint(services.listZones)
  async list({ caller }: InputOf<typeof services.listZones>) {
    return { availabilityZoneInfo: zonesView(await this.zones.hostsWithZones(caller, services.listZones.policy), { showsHosts: false }) };
  }

  @Endpoint(services.listZoneDetails)
  async detail({ caller }: InputOf<typeof services.listZoneDetails>) {
    return { availabilityZoneInfo: zonesView(await this.zones.hostsWithZones(caller, services.listZoneDetails.policy), { showsHosts: true }) };
  }
}
