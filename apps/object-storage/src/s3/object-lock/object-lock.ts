import type { Instant } from '@virga/kernel';
import type { Retention, RetentionMode } from '../../objects/index.js';
import { S3Error } from '../s3-error.js';

export type { Retention, RetentionMode } from '../../objects/index.js';

/** What holds one version. */
export interface ObjectLock {
  retention?: Retention;
  /** Set at all: a hold was put or taken once; S3 answers both. */
  legalHold?: boolean;
}

/** What a bucket with object lock does to new objects. */
export interface BucketLock {
  defaultRetention?: { mode: RetentionMode; days: number } | { mode: RetentionMode; years: number };
}

declare module '../../containers/container.js' {
  interface ContainerSettings {
    /** Present: the bucket was made with object lock, which never ends. */
    objectLock?: BucketLock;
  }
}

const DAY_MS = 86_400_000;

/** The retention that a bucket gives an object put now. */
export function defaultRetention(lock: BucketLock | undefined, now: Instant): Retention | undefined {
  const rule = lock?.defaultRetention;
  if (rule === undefined) return undefined;
  return { mode: rule.mode, until: 'days' in rule ? now + rule.days * DAY_MS : yearsLater(now, rule.years) };
}

function yearsLater(now: Instant, years: number): Instant {
  const date = new Date(now);
  return date.setUTCFullYear(date.getUTCFullYear() + years);
}

/**
 * Throws `AccessDenied` where a retention may not take another's place: compliance only grows, governance only grows without the
 * right to bypass it. `wanted` undefined takes it away.
 */
export function requireRetentionChange(current: Retention | undefined, wanted: Retention | undefined, now: Instant, bypassesGovernance: boolean): void {
  if (current === undefined || current.until <= now) return;
  const grows = wanted !== undefined && wanted.mode === current.mode && wanted.until >= current.until;
  if (grows || (current.mode === 'GOVERNANCE' && bypassesGovernance)) return;
  throw new S3Error('AccessDenied', { message: 'Access Denied because object protected by object lock.' });
}
