import { Forbidden, type Instant } from '@virga/kernel';
import type { ObjectSettings } from './object.js';

/** Governance may be set aside by who has the right to; compliance by nobody. */
export type RetentionMode = 'GOVERNANCE' | 'COMPLIANCE';

/** Until when a version must not be removed, and whether that may be taken back. */
export interface Retention {
  mode: RetentionMode;
  until: Instant;
}

/** The version is locked; whichever API asks to remove it. */
export class ObjectHeld extends Forbidden {
  constructor() {
    super('object-storage.object.held', 'Access Denied because object protected by object lock.');
  }
}

/** Whether the version is held at that moment. */
export function isHeld({ legalHold, retention }: ObjectSettings, now: Instant, bypassesGovernance = false): boolean {
  if (legalHold === true) return true;
  return retention !== undefined && retention.until > now && !(retention.mode === 'GOVERNANCE' && bypassesGovernance);
}
