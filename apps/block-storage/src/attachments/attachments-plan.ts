import { days, type Duration, type Instant } from '@virga/kernel';
import { alarm, correct, leaveAlone, nothing, type Correction } from '@virga/reconcile';
import type { SeenAttachment } from './seen-attachments.repository.js';

export type AttachmentRepair =
  /** Nobody should have this export. */
  | { kind: 'remove' }
  /** The storage host lacks the export, or cannot serve it: tell it again, above the generation that it says is gone. */
  | { kind: 'export'; isRaised: boolean }
  /** The export is to be found elsewhere now. */
  | { kind: 'note-address' }
  /** What an operation should have ended. */
  | { kind: 'release' }
  | { kind: 'forget' };

/**
 * How long an attachment that is gone is remembered, so that an old request does not bring it back.
 *
 * Too short: a request that waited in a queue makes an attachment which nobody takes away. Too long: rows pile up.
 */
export const REMEMBERED: Duration = days(2);

/** What to do about an attachment and its export on one backend. Pure. */
export function planAttachment(seen: SeenAttachment, now: Instant): Correction<AttachmentRepair> {
  const { attachment, hasOperation, isOwed } = seen;
  if (hasOperation) return leaveAlone('an operation is responsible');
  if (isOwed) return leaveAlone('a debt is being paid');
  if (attachment === undefined) return planOrphan(seen);
  if (attachment.state === 'deleted') return planDeleted(seen, now);
  if (!attachment.isHere) return isThere(seen.export) ? correct('export-on-other-backend', { kind: 'remove' }) : nothing();
  return planLiving(attachment, seen.export);
}

/** An export whose attachment nobody remembers. Taking it away loses nothing: whoever used it is stopped, not told that its disk is broken. */
function planOrphan({ export: found }: SeenAttachment): Correction<AttachmentRepair> {
  return isThere(found) ? correct('export-without-attachment', { kind: 'remove' }) : correct('old-observation', { kind: 'forget' }, { isDefect: false });
}

function planDeleted({ attachment, export: found }: SeenAttachment, now: Instant): Correction<AttachmentRepair> {
  if (isThere(found)) return correct('export-without-attachment', { kind: 'remove' });
  const isOld = (attachment?.detachedAt?.getTime() ?? now) < now - REMEMBERED;
  return isOld ? correct('long-gone', { kind: 'forget' }, { isDefect: false }) : nothing();
}

type Living = NonNullable<SeenAttachment['attachment']>;

function planLiving(attachment: Living, found: SeenAttachment['export']): Correction<AttachmentRepair> {
  const stuck = stuckBecause(attachment);
  if (stuck !== undefined) return alarm(stuck, { kind: 'release' });
  if (attachment.host === null) return isThere(found) ? correct('export-of-nobody', { kind: 'remove' }) : nothing();
  return attachment.isSilent ? leaveAlone('the storage host is silent') : planConnected(attachment, found);
}

/** What is on its way although nobody is responsible. */
function stuckBecause({ state, isLeaving, owner }: Living): string | undefined {
  if (state === 'connecting') return 'a connection without an operation';
  // What compute has begun to detach waits for compute, which may still keep it.
  if (state === 'detaching' && (isLeaving || owner === 'user')) return 'a detaching without an operation';
  return state === 'error' && isLeaving ? 'a detaching without a debt' : undefined;
}

function planConnected({ state, address, generation }: Living, found: SeenAttachment['export']): Correction<AttachmentRepair> {
  if (state !== 'attaching' && state !== 'attached' && state !== 'detaching') return nothing();
  if (found === undefined || found.address === null) {
    return correct('export-missing', { kind: 'export', isRaised: (found?.generation ?? 0) >= generation });
  }
  // A storage host that has restarted lacks the passphrases: that is its way, not a defect.
  if (!found.isServed) return correct('export-not-served', { kind: 'export', isRaised: false }, { isDefect: false });
  return isSame(address, found.address) ? nothing() : correct('export-moved', { kind: 'note-address' });
}

function isThere(found: SeenAttachment['export']): boolean {
  return found !== undefined && found.address !== null;
}

function isSame(one: object | null, other: object | null): boolean {
  const ordered = (value: object | null): string => JSON.stringify(Object.entries(value ?? {}).sort(([a], [b]) => a.localeCompare(b)));
  return ordered(one) === ordered(other);
}
