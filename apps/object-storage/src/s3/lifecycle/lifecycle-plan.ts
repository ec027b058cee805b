import type { Instant } from '@virga/kernel';
import { isHeld, type StoredObject } from '../../objects/index.js';
import { dueAt, expiryOf, isAbout, type LifecycleRule, type LifecycleSubject } from './lifecycle-rules.js';

/** What the rules want of one version. */
export type LifecycleAction =
  /** The current object goes, as a plain DELETE would do it: in a bucket with versions, a delete marker takes its place. */
  | { kind: 'expire'; object: StoredObject; ruleId: string }
  /** Exactly this version goes: it is not current any more, or a delete marker that hides nothing. */
  | { kind: 'remove-version'; object: StoredObject; ruleId: string };

export interface LifecycleTerms {
  rules: readonly LifecycleRule[];
  now: Instant;
  dayMs: number;
}

/** What is remembered of a name between its versions; as little as the rules need, whatever their number. */
interface NameState {
  name: string;
  /** When the version before (newer) was put: since then, the next one is not current any more. */
  succeededAt: Instant;
  noncurrentSeen: number;
  /** A current delete marker, as long as nothing below it was seen. */
  loneMarker: StoredObject | undefined;
}

/**
 * Plans a bucket's lifecycle while its versions pass by, by name and from the newest: constant memory for any number of them. Pure:
 * `see` each version in order, `end` at the end; a plan may start at any name's newest version.
 */
export class LifecyclePlan {
  private state: NameState | undefined;

  constructor(private readonly terms: LifecycleTerms) {}

  see(object: StoredObject): LifecycleAction[] {
    const state = this.state?.name === object.name ? this.state : undefined;
    if (state === undefined) return [...this.end(), ...this.seeNewest(object)];
    state.loneMarker = undefined;
    const action = this.judgeNoncurrent(object, state);
    if (!object.isDeleteMarker) state.noncurrentSeen += 1;
    state.succeededAt = instantOf(object);
    return action === undefined ? [] : [action];
  }

  end(): LifecycleAction[] {
    const marker = this.state?.loneMarker;
    this.state = undefined;
    const rule = marker && this.terms.rules.find((candidate) => candidate.isEnabled && this.removesMarker(candidate, marker));
    return marker === undefined || rule === undefined ? [] : [{ kind: 'remove-version', object: marker, ruleId: rule.id }];
  }

  private seeNewest(object: StoredObject): LifecycleAction[] {
    this.state = { name: object.name, succeededAt: instantOf(object), noncurrentSeen: 0, loneMarker: object.isDeleteMarker ? object : undefined };
    const { rules, now, dayMs } = this.terms;
    if (object.isDeleteMarker) return [];
    const expiry = expiryOf(rules, subjectOf(object), instantOf(object), dayMs);
    // An expiry that a lock forbids would be tried again in each pass; with versions it only adds a delete marker, and may go on.
    if (expiry === undefined || expiry.at > now || (object.isNullVersion && isHeld(object.settings, now))) return [];
    return [{ kind: 'expire', object, ruleId: expiry.ruleId }];
  }

  private judgeNoncurrent(object: StoredObject, state: NameState): LifecycleAction | undefined {
    const { rules, now, dayMs } = this.terms;
    if (isHeld(object.settings, now)) return undefined;
    const rule = rules.find(({ isEnabled, filter, noncurrentExpiration: expiration }) => isEnabled && expiration !== undefined
      && isAbout(filter, subjectOf(object)) && dueAt(state.succeededAt, expiration.days, dayMs) <= now && state.noncurrentSeen >= (expiration.newerVersions ?? 0));
    return rule && { kind: 'remove-version', object, ruleId: rule.id };
  }

  /** By name, or because everything below it is gone and the age for objects is reached. */
  private removesMarker({ expiration, filter }: LifecycleRule, marker: StoredObject): boolean {
    if (expiration === undefined || !isAbout(filter, subjectOf(marker))) return false;
    if ('expiredDeleteMarker' in expiration) return expiration.expiredDeleteMarker;
    const { now, dayMs } = this.terms;
    return 'days' in expiration && dueAt(instantOf(marker), expiration.days, dayMs) <= now;
  }
}

/** Until when uploads must have begun to be given up, and below which prefix. */
export function staleUploads(rules: readonly LifecycleRule[], now: Instant, dayMs: number): { prefix: string; before: Instant }[] {
  return rules.flatMap(({ isEnabled, filter, abortUploadsAfterDays }) => isEnabled && abortUploadsAfterDays !== undefined
    // What began before the midnight that lies so many days back.
    ? [{ prefix: filter.prefix ?? '', before: Math.floor(now / dayMs) * dayMs - abortUploadsAfterDays * dayMs }] : []);
}

function subjectOf(object: StoredObject): LifecycleSubject {
  return { name: object.name, sizeBytes: object.sizeBytes, tags: object.settings.tags ?? [] };
}

function instantOf(object: StoredObject): Instant {
  return Math.floor(object.modifiedAt / 1000);
}
