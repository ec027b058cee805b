import { Inject, Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule, QueryOf } from '@virga/contract';
import { services as contract } from '@virga/contracts-block-storage';
import { CLOCK, type Caller, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { BackendsRepository } from '../backends/index.js';
import {
  BACKEND_BINARY, backendNamed, BackendUnknown, BackendUnreplicated, isBinary, servicesOf, ServiceUnchangeable, ServiceUnknown, ServiceUnnamed, type Service,
} from './service.js';
import { ServicesRepository, type BackendWish } from './services.repository.js';

type Named = BodyOf<typeof contract.enableService>;
type Failover = BodyOf<typeof contract.failoverHost>;

@Injectable()
export class ServicesService {
  constructor(
    private readonly db: Database,
    private readonly backends: BackendsRepository,
    private readonly services: ServicesRepository,
    private readonly policy: Policy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Filtered by program, and by host: a backend's name or its host's. */
  async list(caller: Caller, { host, binary }: QueryOf<typeof contract.listServices>): Promise<Service[]> {
    this.policy.require(caller, contract.listServices.policy);
    const found = servicesOf(await this.backends.list(this.db), this.clock.now());
    return found.filter((service) => (binary === undefined || service.binary === binary)
      && (host === undefined || service.host === host || service.host.startsWith(`${host}@`)));
  }

  enable(caller: Caller, body: Named): Promise<void> {
    return this.set(caller, body, { isEnabled: true, disabledReason: null });
  }

  disable(caller: Caller, body: Named, reason: string | null): Promise<void> {
    return this.set(caller, body, { isEnabled: false, disabledReason: reason });
  }

  freeze(caller: Caller, host: string): Promise<void> {
    return this.setFrozen(caller, [contract.freezeHost.policy, contract.freezeRule], host, true);
  }

  thaw(caller: Caller, host: string): Promise<void> {
    return this.setFrozen(caller, [contract.thawHost.policy, contract.thawRule], host, false);
  }

  /** No backend that we know of has a replica: always refused, once it is clear that the caller may ask and the backend exists. */
  async failOver(caller: Caller, { host }: Failover): Promise<never> {
    this.policy.require(caller, contract.failoverHost.policy);
    this.policy.require(caller, contract.failoverRule);
    if (await this.backends.find(this.db, backendNamed(host)) === undefined) throw new BackendUnknown(host);
    throw new BackendUnreplicated(host);
  }

  private async set(caller: Caller, { host, binary, service }: Named, wish: BackendWish): Promise<void> {
    this.policy.require(caller, contract.enableService.policy);
    const name = binary ?? service;
    if (name === undefined) throw new ServiceUnnamed();
    if (name !== BACKEND_BINARY) {
      const found = servicesOf(await this.backends.list(this.db), this.clock.now());
      throw isBinary(name) && found.some((one) => one.binary === name && one.host === host) ? new ServiceUnchangeable(name) : new ServiceUnknown(name, host);
    }
    const isThere = await this.db.transaction((tx) => this.services.set(tx, backendNamed(host), wish));
    if (!isThere) throw new ServiceUnknown(name, host);
  }

  private async setFrozen(caller: Caller, rules: readonly PolicyRule[], host: string, isFrozen: boolean): Promise<void> {
    for (const rule of rules) this.policy.require(caller, rule);
    const isThere = await this.db.transaction((tx) => this.services.set(tx, backendNamed(host), { isFrozen }));
    if (!isThere) throw new BackendUnknown(host);
  }
}
