import type { Instant } from '@virga/kernel';
import type { Tags } from '../tagging/tags.js';

/** Which objects a rule is about; all that is named must hold. */
export interface LifecycleFilter {
  prefix?: string;
  tags?: Tags;
  /** Bytes: larger than the one, smaller than the other. */
  sizeGreaterThan?: number;
  sizeLessThan?: number;
}

/** One rule of a bucket's lifecycle configuration. Ages are in days. */
export interface LifecycleRule {
  id: string;
  isEnabled: boolean;
  filter: LifecycleFilter;
  /** How the rule was written, for giving it back so: S3's older form has its prefix beside the actions. */
  form: 'prefix' | 'filter' | 'and';
  expiration?: { days: number } | { date: Instant } | { expiredDeleteMarker: boolean };
  noncurrentExpiration?: { days: number; newerVersions?: number };
  abortUploadsAfterDays?: number;
}

declare module '../../containers/container.js' {
  interface ContainerSettings {
    lifecycle?: readonly LifecycleRule[];
  }
}

/** What a rule looks at. */
export interface LifecycleSubject {
  name: string;
  sizeBytes: number;
  tags: Tags;
}

/** Whether a rule is about the object. */
export function isAbout(filter: LifecycleFilter, subject: LifecycleSubject): boolean {
  return subject.name.startsWith(filter.prefix ?? '')
    && (filter.tags ?? []).every(([key, value]) => subject.tags.some(([otherKey, otherValue]) => key === otherKey && value === otherValue))
    && subject.sizeBytes > (filter.sizeGreaterThan ?? -1)
    && subject.sizeBytes < (filter.sizeLessThan ?? Infinity);
}

/**
 * When what happened at `since` is so many days old: S3 counts from the midnight (UTC) that follows, so that all of a day goes
 * together. `dayMs` is a day's length; shorter days are for tests, and their midnights are multiples of them.
 */
export function dueAt(since: Instant, days: number, dayMs: number): Instant {
  return Math.ceil((since + days * dayMs) / dayMs) * dayMs;
}

/** When the current version of an object will expire, and by which rule; undefined where none says so. */
export function expiryOf(rules: readonly LifecycleRule[], subject: LifecycleSubject, modifiedAt: Instant, dayMs: number): { at: Instant; ruleId: string } | undefined {
  const due = rules.filter((rule) => rule.isEnabled && isAbout(rule.filter, subject)).flatMap(({ id, expiration }) => {
    if (expiration === undefined || 'expiredDeleteMarker' in expiration) return [];
    return [{ at: 'date' in expiration ? expiration.date : dueAt(modifiedAt, expiration.days, dayMs), ruleId: id }];
  });
  return due.sort((one, other) => one.at - other.at)[0];
}

/** The header `x-amz-expiration`. */
export function expirationHeader(expiry: { at: Instant; ruleId: string } | undefined): string | undefined {
  return expiry && `expiry-date="${new Date(expiry.at).toUTCString()}", rule-id="${encodeURIComponent(expiry.ruleId)}"`;
}
