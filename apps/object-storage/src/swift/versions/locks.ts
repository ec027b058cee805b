import type { Instant } from '@virga/kernel';
import type { Container } from '../../containers/index.js';
import type { ObjectSettings } from '../../objects/index.js';

const DAY_MS = 86_400_000;

/** What a bucket with object lock gives whatever is put into it. */
export function retentionFor({ settings: { objectLock } }: Container, now: Instant): Pick<ObjectSettings, 'retention'> {
  const rule = objectLock?.defaultRetention;
  if (rule === undefined) return {};
  if ('days' in rule) return { retention: { mode: rule.mode, until: now + rule.days * DAY_MS } };
  const until = new Date(now);
  return { retention: { mode: rule.mode, until: until.setUTCFullYear(until.getUTCFullYear() + rule.years) } };
}
