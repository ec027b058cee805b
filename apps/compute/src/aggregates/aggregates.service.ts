import { Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule } from '@virga/contract';
import { aggregates } from '@virga/contracts-compute';
import { Invalid, raise, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { HostRecordsRepository, HostUnknown } from '../hypervisors/index.js';
import { ProviderAggregatesRepository } from '../placement/index.js';
import { numericId } from '../wire/index.js';
import { AggregateHostUnknown, AggregateNotEmpty, AggregateUnknown, movedHost, ZONE_KEY, zoneConflict, type Aggregate } from './aggregate.js';
import { AggregatesRepository } from './aggregates.repository.js';

type Description = BodyOf<typeof aggregates.updateAggregate>['aggregate'];

@Injectable()
export class AggregatesService {
  constructor(
    private readonly db: Database,
    private readonly aggregates: AggregatesRepository,
    private readonly hosts: HostRecordsRepository,
    private readonly placement: ProviderAggregatesRepository,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller): Promise<Aggregate[]> {
    this.policy.require(caller, aggregates.listAggregates.policy);
    return this.aggregates.list(this.db);
  }

  async get(caller: Caller, id: string): Promise<Aggregate> {
    this.policy.require(caller, aggregates.showAggregate.policy);
    return this.aggregates.get(this.db, idOf(id));
  }

  create(caller: Caller, { name, availability_zone: zone }: BodyOf<typeof aggregates.createAggregate>['aggregate']): Promise<Aggregate> {
    this.policy.require(caller, aggregates.createAggregate.policy);
    const metadata = typeof zone === 'string' ? { [ZONE_KEY]: zone } : {};
    return this.db.transaction((tx) => this.aggregates.insert(tx, name, metadata));
  }

  update(caller: Caller, id: string, { name, availability_zone: zone }: Description): Promise<Aggregate> {
    return this.change(caller, aggregates.updateAggregate.policy, id, 'change', (tx, seen) => {
      const metadata = zone === undefined ? seen.metadata : withEntries(seen.metadata, { [ZONE_KEY]: zone });
      return this.aggregates.update(tx, seen.id, { name: name ?? seen.name, metadata });
    });
  }

  setMetadata(caller: Caller, id: string, entries: Record<string, string | null>): Promise<Aggregate> {
    if (entries[ZONE_KEY] === '') throw zoneConflict('change', 'The name of an availability zone cannot be empty.');
    return this.change(caller, aggregates.setAggregateMetadata.policy, id, 'change', (tx, seen) =>
      this.aggregates.update(tx, seen.id, { name: seen.name, metadata: withEntries(seen.metadata, entries) }));
  }

  addHost(caller: Caller, id: string, name: string): Promise<Aggregate> {
    return this.change(caller, aggregates.addHost.policy, id, 'membership', async (tx, seen) => {
      const host = await this.hosts.find(tx, { name }) ?? raise(new HostUnknown(name));
      await this.aggregates.addHost(tx, seen.id, host.name);
      await this.placement.ensureMember(tx, host.id, seen.uuid);
    });
  }

  removeHost(caller: Caller, id: string, name: string): Promise<Aggregate> {
    return this.change(caller, aggregates.removeHost.policy, id, 'membership', async (tx, seen) => {
      const host = await this.hosts.find(tx, { name });
      if (!(await this.aggregates.removeHost(tx, seen.id, name))) throw new AggregateHostUnknown(seen.id, name);
      if (host !== undefined) await this.placement.ensureNoMember(tx, host.id, seen.uuid);
    });
  }

  delete(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, aggregates.deleteAggregate.policy);
    return this.db.transaction(async (tx) => {
      await this.aggregates.lockAll(tx);
      const seen = await this.aggregates.get(tx, idOf(id));
      if (seen.hosts.length > 0) throw new AggregateNotEmpty(seen.id);
      await this.aggregates.delete(tx, seen.id);
    });
  }

  /**
   * Makes the change and takes it back where it tears a host between zones, or where an aggregate that changes its zone takes
   * servers along. A host that joins or leaves may: its servers show the zone that the host is in (Nova, "host aggregates").
   */
  private change(caller: Caller, rule: PolicyRule, id: string, kind: 'membership' | 'change', make: (tx: Tx, seen: Aggregate) => Promise<void>): Promise<Aggregate> {
    this.policy.require(caller, rule);
    return this.db.transaction(async (tx) => {
      await this.aggregates.lockAll(tx);
      const seen = await this.aggregates.get(tx, idOf(id));
      const before = await this.aggregates.zonesInUse(tx);
      await make(tx, seen);
      const torn = await this.aggregates.findTorn(tx);
      if (torn !== undefined) throw zoneConflict(kind, `Host ${torn} already belongs to another availability zone.`);
      const moved = kind === 'change' ? movedHost(before, await this.aggregates.zonesInUse(tx)) : undefined;
      if (moved !== undefined) throw zoneConflict(kind, `The servers on host ${moved} would change their availability zone.`);
      return this.aggregates.get(tx, seen.id);
    });
  }
}

function idOf(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Invalid('compute.aggregate.id', `id must be an integer, not '${text.slice(0, 32)}'`);
  return numericId(text) ?? raise(new AggregateUnknown(text));
}

/** Null removes an entry. */
function withEntries(metadata: Record<string, string>, entries: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...metadata, ...entries }).filter((entry): entry is [string, string] => entry[1] !== null));
}
