import { Inject, Injectable } from '@nestjs/common';
import { services as contract } from '@virga/contracts-block-storage';
import { CLOCK, type Caller, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { BackendsRepository } from '../backends/index.js';
import { backendNamed, HostUnknown, servicesOf, type Service } from './service.js';
import { ServicesRepository, type ProjectShare } from './services.repository.js';

/** The hosts API of old. */
@Injectable()
export class HostsService {
  constructor(
    private readonly db: Database,
    private readonly backends: BackendsRepository,
    private readonly services: ServicesRepository,
    private readonly policy: Policy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list(caller: Caller, zone: string | undefined): Promise<Service[]> {
    this.policy.require(caller, contract.listHosts.policy);
    const found = servicesOf(await this.backends.list(this.db), this.clock.now());
    return found.filter((service) => service.isEnabled && (zone === undefined || zone === '' || service.zone === zone));
  }

  async show(caller: Caller, host: string): Promise<ProjectShare[]> {
    this.policy.require(caller, contract.showHost.policy);
    const name = backendNamed(host);
    if (await this.backends.find(this.db, name) === undefined) throw new HostUnknown(host);
    return this.services.shares(this.db, name);
  }

  async update(caller: Caller, host: string, isEnabled: boolean): Promise<void> {
    this.policy.require(caller, contract.updateHost.policy);
    const isThere = await this.db.transaction((tx) => this.services.set(tx, backendNamed(host), { isEnabled, disabledReason: null }));
    if (!isThere) throw new HostUnknown(host);
  }
}
