import { isTrue, type BodyOf, type VersionNumber } from '@virga/contract';
import { snapshots, type snapshotActions } from '@virga/contracts-block-storage';
import { Invalid } from '@virga/kernel';
import type { SnapshotEdit } from './snapshots.repository.js';

const { snapshotVersions } = snapshots;

/** A wished-for snapshot. */
export interface SnapshotWish {
  volumeId: string;
  name: string | null;
  description: string | null;
  metadata: Record<string, string>;
  isInUseAllowed: boolean;
}

/** Since 3.66 a volume in use needs no force; `force: true` is still let through for clients that always send it. */
export function snapshotWish({ snapshot }: BodyOf<typeof snapshots.createSnapshot>, version: VersionNumber): SnapshotWish {
  const force = snapshot.force === undefined ? undefined : isTrue(snapshot.force);
  const isForceGone = version >= snapshotVersions.inUse;
  if (isForceGone && force === false) {
    throw new Invalid('block-storage.snapshot.force', 'Since microversion 3.66 the \'force\' flag is invalid for this request. For backward compatability, however, when the \'force\' flag is passed with a value evaluating to True, it is silently ignored.');
  }
  return {
    // Cinder looks for a volume of the id null, and does not find it.
    volumeId: snapshot.volume_id ?? 'None', name: trimmed(snapshot.name ?? snapshot.display_name) ?? null, description: trimmed(snapshot.description) ?? null,
    metadata: snapshot.metadata ?? {}, isInUseAllowed: isForceGone || force === true,
  };
}

export function snapshotEdit({ snapshot }: BodyOf<typeof snapshots.updateSnapshot>): SnapshotEdit {
  const [name, description] = [trimmed(snapshot.name ?? snapshot.display_name), trimmed(snapshot.description ?? snapshot.display_description)];
  return { ...(name !== undefined && { name }), ...(description !== undefined && { description }) };
}

/** Cinder drops white space around names and descriptions. */
export function trimmed(text: string | null | undefined): string | null | undefined {
  return typeof text === 'string' ? text.trim() : text;
}

/** `progress` is a whole percentage: `42%`. */
export function statusReport({ 'os-update_snapshot_status': given }: BodyOf<typeof snapshotActions.updateSnapshotStatus>): { status: string; progress: string | undefined } {
  const progress = given.progress || undefined;
  if (progress !== undefined && !/^(\d{1,2}|100)%$/.test(progress)) {
    throw new Invalid('block-storage.snapshot.progress', 'Invalid input received: progress must be an integer percentage between 0 and 100');
  }
  return { status: given.status, progress };
}
