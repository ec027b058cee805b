import type { OutputOf, Reply } from '@virga/contract';
import type { snapshots } from '@virga/contracts-block-storage';
import { bareTime, bareTimeOrNull } from '../wire/index.js';
import type { Snapshot } from './snapshot.js';

type Extended = Exclude<OutputOf<typeof snapshots.showSnapshot>, void | Reply<unknown>>['snapshot'];
type Detail = Exclude<OutputOf<typeof snapshots.createSnapshot>, void | Reply<unknown>>['snapshot'];
type Summary = Exclude<OutputOf<typeof snapshots.listSnapshots>, void | Reply<unknown>>['snapshots'][number];

export function snapshotSummary(snapshot: Snapshot): Summary {
  return {
    id: snapshot.id, created_at: bareTime(snapshot.createdAt), updated_at: bareTimeOrNull(snapshot.updatedAt), name: snapshot.name, description: snapshot.description,
    volume_id: snapshot.volumeId, status: snapshot.status, size: snapshot.sizeGibibytes, metadata: snapshot.metadata,
  };
}

export function snapshotDetail(snapshot: Snapshot): Detail {
  return { ...snapshotSummary(snapshot), group_snapshot_id: snapshot.groupSnapshotId, user_id: snapshot.userId, consumes_quota: snapshot.consumesQuota };
}

export function extendedSnapshot(snapshot: Snapshot, { showsExtended }: { showsExtended: boolean }): Extended {
  return {
    ...snapshotDetail(snapshot),
    ...(showsExtended && { 'os-extended-snapshot-attributes:project_id': snapshot.projectId, 'os-extended-snapshot-attributes:progress': snapshot.progress }),
  };
}
