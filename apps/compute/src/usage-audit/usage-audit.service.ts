import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { CLOCK, Invalid, type Caller, type Clock, type Instant } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { HostRecordsRepository } from '../hypervisors/index.js';

/** A month, and the hosts that there are: hosts here run no audits, since usage is read from the servers themselves. */
export interface AuditPeriod {
  begin: Date;
  end: Date;
  hosts: string[];
}

@Injectable()
export class UsageAuditService {
  constructor(private readonly db: Database, private readonly hosts: HostRecordsRepository, private readonly policy: Policy, @Inject(CLOCK) private readonly clock: Clock) {}

  /** The last month that was over at a moment: now where none is given. */
  async period(caller: Caller, rule: PolicyRule, before: string | undefined): Promise<AuditPeriod> {
    this.policy.require(caller, rule);
    const moment = new Date(before === undefined ? this.clock.now() : momentOf(before));
    const month = (offset: number): Date => new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + offset));
    const hosts = await this.hosts.page(this.db, { limit: undefined, after: undefined, pattern: undefined, withServers: false });
    return { begin: month(-1), end: month(0), hosts: hosts.map(({ name }) => name) };
  }
}

function momentOf(text: string): Instant {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?$/.exec(text);
  const instant = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  if (Number.isNaN(instant)) throw new Invalid('compute.usage-audit.time', `Invalid timestamp for date ${text.slice(0, 60)}`);
  return instant;
}
