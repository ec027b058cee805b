import { Cron } from 'croner';
import { days, hours, Invalid, raise, type Instant } from '@virga/kernel';

/** When a schedule is due: every so often, or whenever a cron expression of five fields (in UTC) says so. */
export type ScheduleRule = { every: number; unit: 'hours' | 'days' } | { cron: string };

export class CronMalformed extends Invalid {
  constructor(reason: string, options: { cause?: unknown } = {}) {
    super('block-storage.schedule.cron', `Invalid input received: The cron expression ${reason}`, options);
  }
}

const NEVER = 'names no day that there is.';

/** Minute, hour, day of the month, month, day of the week: `30 3 * * 1-5`. No names of intervals (`@daily`), no seconds, no years. */
const FIVE_FIELDS = /^[0-9A-Za-z*/,#-]+(?: +[0-9A-Za-z*/,#-]+){4}$/;

/** Throws `CronMalformed` where a rule is a cron expression that cannot be read, or says a day that never comes. */
export function requireSound(rule: ScheduleRule, now: Instant): void {
  if ('cron' in rule && nextOf(rule.cron, now) === undefined) throw new CronMalformed(NEVER);
}

/**
 * The first moment after `now` at which a rule is due: intervals are counted from `anchor`, so that they do not drift with how long runs
 * take, and of moments that have passed unseen none is made up for.
 */
export function nextRunAt(rule: ScheduleRule, anchor: Instant, now: Instant): Instant {
  if ('cron' in rule) return nextOf(rule.cron, now) ?? raise(new CronMalformed(NEVER));
  const interval = rule.unit === 'hours' ? hours(rule.every) : days(rule.every);
  return anchor + interval * (Math.floor(Math.max(0, now - anchor) / interval) + 1);
}

function nextOf(expression: string, now: Instant): Instant | undefined {
  const text = expression.trim();
  if (!FIVE_FIELDS.test(text)) throw new CronMalformed('must have five fields: minute, hour, day of the month, month, day of the week.');
  return read(text).nextRun(new Date(now))?.getTime();
}

function read(text: string): Cron {
  try {
    return new Cron(text, { mode: '5-part', timezone: 'UTC', paused: true });
  } catch (error) {
    throw new CronMalformed('cannot be read.', { cause: error });
  }
}
