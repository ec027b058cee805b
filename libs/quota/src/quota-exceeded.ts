import { OverLimit } from '@virga/kernel';

/** Where an owner stands with one resource. */
export interface Standing {
  /** -1 is unlimited. */
  limit: number;
  used: number;
}

/** The request does not fit: `details.resources` has limit, used and requested of each resource it does not fit for. */
export class QuotaExceeded extends OverLimit {
  constructor(readonly exceeded: Readonly<Record<string, Standing & { requested: number }>>) {
    const each = Object.entries(exceeded).map(([name, { limit, used, requested }]) => `${name} (${requested} requested, ${used} of ${limit} used)`);
    super('quota.exceeded', `Quota exceeded for ${each.join(', ')}.`, { details: { resources: exceeded } });
  }
}
