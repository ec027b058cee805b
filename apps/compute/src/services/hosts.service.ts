import { Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule } from '@virga/contract';
import { services } from '@virga/contracts-compute';
import { Invalid, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { HostRecordsRepository, HostUnknown, type HostRecord } from '../hypervisors/index.js';
import { ServicesRepository, type ProjectShare } from './services.repository.js';

/** The hosts API of old (until 2.42). */
@Injectable()
export class HostsService {
  constructor(
    private readonly db: Database,
    private readonly hosts: HostRecordsRepository,
    private readonly services: ServicesRepository,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, zone: string | undefined): Promise<HostRecord[]> {
    this.policy.require(caller, services.listHosts.policy);
    const found = await this.hosts.page(this.db, { limit: undefined, after: undefined, pattern: undefined, withServers: false });
    return found.filter((host) => !host.isDisabled && (zone === undefined || zone === '' || host.zone === zone));
  }

  async show(caller: Caller, name: string): Promise<{ host: HostRecord; shares: ProjectShare[] }> {
    this.policy.require(caller, services.showHost.policy);
    const host = await this.require(name);
    return { host, shares: await this.services.shares(this.db, host.name) };
  }

  /** Hosts are the operator's own to switch: always refused, once it is clear that the caller may ask and the host exists. */
  async refusePowerAction(caller: Caller, rule: PolicyRule, name: string): Promise<never> {
    this.policy.require(caller, rule);
    await this.require(name);
    throw new Invalid('compute.host.power', 'Hosts are not started, stopped or rebooted through this API.', { status: 501 });
  }

  /** Answers whether the host is in service now. */
  async update(caller: Caller, name: string, body: BodyOf<typeof services.updateHost>): Promise<boolean> {
    this.policy.require(caller, services.updateHost.policy);
    const host = await this.require(name);
    if (body.maintenance_mode !== undefined || body.status === undefined) {
      throw new Invalid('compute.host.maintenance', 'Hosts have no maintenance mode; take them out of service with status.');
    }
    const isDisabled = body.status.toLowerCase() === 'disable';
    await this.db.transaction((tx) => this.services.set(tx, host.name, { isDisabled, disabledReason: null }));
    return !isDisabled;
  }

  private async require(name: string): Promise<HostRecord> {
    return await this.hosts.find(this.db, { name }) ?? raise(new HostUnknown(name));
  }
}
