import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule, QueryOf } from '@virga/contract';
import { usage } from '@virga/contracts-compute';
import { pageRequest } from '@virga/http';
import { CLOCK, Invalid, isUuid, type Caller, type Clock, type Instant } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { MarkerUnknown, MAX_PAGE } from '../wire/index.js';
import type { Period, ServerUsage } from './usage.js';
import { UsageRepository } from './usage.repository.js';

const PAGE = { maxLimit: MAX_PAGE, sortable: [], defaultSort: [], defaultDirection: 'asc' as const };

type UsageQuery = QueryOf<typeof usage.showUsage>;

export interface UsageReport {
  servers: ServerUsage[];
  period: Period;
  limit: number;
  now: Instant;
}

class PeriodInvalid extends Invalid {
  constructor(message: string) {
    super('compute.usage.period', message);
  }
}

@Injectable()
export class UsageService {
  constructor(private readonly db: Database, private readonly usage: UsageRepository, private readonly policy: Policy, @Inject(CLOCK) private readonly clock: Clock) {}

  /** What one project used, or without one what all did. */
  async report(caller: Caller, rule: PolicyRule, project: string | undefined, query: UsageQuery): Promise<UsageReport> {
    this.policy.require(caller, rule, { project_id: project });
    const now = this.clock.now();
    const period = periodOf(query, now);
    const { limit, marker } = pageRequest(query, PAGE);
    if (marker !== undefined && !(isUuid(marker) && (await this.usage.exists(this.db, marker)))) throw new MarkerUnknown(marker);
    return { servers: await this.usage.page(this.db, { project, period, limit, after: marker }), period, limit, now };
  }
}

/** Ends that are left out mean now; none may lie in the future. */
function periodOf({ start, end }: UsageQuery, now: Instant): Period {
  const period = { start: instantOf(start, now), stop: instantOf(end, now) };
  const isNothingAsked = start === undefined && end === undefined;
  if (period.start >= period.stop && !isNothingAsked) throw new PeriodInvalid('Invalid start time. The start time cannot occur after the end time.');
  return { ...period, stop: Math.min(period.stop, now) };
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(\.\d{1,6})?| (\d\d:\d\d:\d\d)(\.\d{1,6}))$/;

/** The three forms that Nova reads; all mean UTC. */
function instantOf(text: string | undefined, now: Instant): Instant {
  if (text === undefined || text === '') return now;
  const match = TIME.exec(text);
  const instant = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2] ?? match[4]}${(match[3] ?? match[5] ?? '').slice(0, 4)}Z`);
  // PostgreSQL knows no year 0.
  if (Number.isNaN(instant) || instant < Date.UTC(1, 0)) throw new PeriodInvalid('Datetime is in invalid format');
  return instant;
}
