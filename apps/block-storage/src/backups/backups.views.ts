import type { OutputOf, Reply, RequestFacts } from '@virga/contract';
import type { backups as contract } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { bareTime, bareTimeOrNull, linksTo } from '../wire/index.js';
import type { Backup } from './backup.js';
import type { BackupDetails } from './backups.repository.js';

type View<Endpoint> = Exclude<OutputOf<Endpoint>, void | Reply<unknown>>;

/** Who reads it, and where. */
export interface Reading {
  caller: Pick<Caller, 'projectId'>;
  request: RequestFacts;
}

export function backupReference({ id, name }: Pick<Backup, 'id' | 'name'>, { request, caller }: Reading): View<typeof contract.listBackups>['backups'][number] {
  return { id, name, links: linksTo('backups', id, request, caller) };
}

export function backupView(backup: BackupDetails, reading: Reading, { showsProject }: { showsProject: boolean }): View<typeof contract.showBackup>['backup'] {
  return {
    ...backupReference(backup, reading), description: backup.description, status: backup.status, size: backup.sizeGibibytes, volume_id: backup.volumeId,
    snapshot_id: backup.snapshotId, container: backup.container, object_count: backup.objectCount, availability_zone: backup.availabilityZone,
    fail_reason: backup.fault?.message ?? null, is_incremental: backup.parentId !== null, has_dependent_backups: backup.hasDependents,
    created_at: bareTime(backup.createdAt), updated_at: bareTimeOrNull(backup.updatedAt), data_timestamp: bareTime(backup.dataAt),
    metadata: backup.metadata, user_id: backup.userId, ...(showsProject && { 'os-backup-project-attr:project_id': backup.projectId }),
    ...(backup.keyId !== null && { encryption_key_id: backup.keyId }),
  };
}
