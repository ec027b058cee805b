import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { HostRecordsRepository, type HostRecord } from '../hypervisors/index.js';

/** Zones are nothing of their own: each host names one, or an aggregate does for it. */
@Injectable()
export class ZonesService {
  constructor(private readonly db: Database, private readonly hosts: HostRecordsRepository, private readonly policy: Policy) {}

  async hostsWithZones(caller: Caller, rule: PolicyRule): Promise<HostRecord[]> {
    this.policy.require(caller, rule);
    return this.hosts.page(this.db, { limit: undefined, after: undefined, pattern: undefined, withServers: false });
  }
}
