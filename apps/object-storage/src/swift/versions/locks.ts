import type { Instant } from '@virga/kernel';
import type { Container } from '../../containers/index.js';
import type { ObjectSettings, StoredObject } from '../../objects/index.js';
import { SwiftFault } from '../faults/index.js';

const DAY_MS = 86_400_000;

/** S3's object lock holds against Swift's clients as well. Throws 403 for a version that must not be removed yet. */
export function requireNotHeld({ settings: { retention, legalHold } }: StoredObject, now: Instant): void {
  if (legalHold === true || (retention !== undefined && retention.until > now)) throw new SwiftFault(403, 'The version is protected by object lock.');
}

/** What a bucket with object lock gives whatever is put into it. */
export function retentionFor({ settings: { objectLock } }: Container, now: Instant): Pick<ObjectSettings, 'retention'> {
  const rule = objectLock?.defaultRetention;
  if (rule === undefined) return {};
  if ('days' in rule) return { retention: { mode: rule.mode, until: now + rule.days * DAY_MS } };
  const until = new Date(now);
  return { retention: { mode: rule.mode, until: until.setUTCFullYear(until.getUTCFullYear() + rule.years) } };
}
