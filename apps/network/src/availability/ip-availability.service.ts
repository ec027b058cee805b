import { Injectable } from '@nestjs/common';
import { discoveryPolicy } from '@virga/contracts-network';
import { raise, type Caller } from '@virga/kernel';
import { Access } from '../access/index.js';
import type { ListRequest } from '../listing/index.js';
import { IpAvailabilityRepository } from './ip-availability.repository.js';
import { NetworkNotFound, type NetworkUse } from './ip-availability.js';

@Injectable()
export class IpAvailabilityService {
  constructor(private readonly availabilities: IpAvailabilityRepository, private readonly access: Access) {}

  async list(caller: Caller, request: ListRequest): Promise<NetworkUse[]> {
    this.access.requireAct(caller, discoveryPolicy.ipAvailability, {});
    return this.availabilities.list(request);
  }

  async show(caller: Caller, id: string): Promise<NetworkUse> {
    this.access.requireAct(caller, discoveryPolicy.ipAvailability, {});
    return await this.availabilities.find(id) ?? raise(new NetworkNotFound(id));
  }
}
