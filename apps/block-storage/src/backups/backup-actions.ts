import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { backups as contract } from '@virga/contracts-block-storage';
import { Forbidden, Invalid, newId, type Caller } from '@virga/kernel';
import { Operations, type Initiator } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { CreateVolumes, VolumeAccess, VolumesRepository, VolumeState, WishCheck, type Volume } from '../volumes/index.js';
import { BackupAccess } from './backup-access.js';
import { HasDependents, requireBackupStatus, type Backup, type BackupStatus } from './backup.js';
import { BackupWork } from './backup-work.js';
import { DeleteBackup } from './operations/delete-backup.operation.js';
import { RestoreBackup } from './operations/restore-backup.operation.js';

/** In which its owner may delete a backup. */
const DELETABLE: readonly BackupStatus[] = ['available', 'error', 'error_deleting'];

class VolumeTooSmall extends Invalid {
  constructor(volume: Volume, backup: Backup) {
    super('block-storage.backup.volume-too-small', `Invalid volume: volume size ${volume.sizeGibibytes} GB is too small to restore backup of size ${backup.sizeGibibytes} GB.`);
  }
}

class OtherKey extends Invalid {
  constructor() {
    super('block-storage.backup.encryption', 'Invalid volume: an encrypted backup can be restored to an encrypted volume only, and one that is not to one that is not.');
  }
}

/** Volumes that backups are written to. */
@Injectable()
export class RestoredVolumes {
  constructor(readonly volumes: VolumesRepository, readonly creation: CreateVolumes, readonly check: WishCheck, readonly access: VolumeAccess) {}
}

/** What is done with backups that are there. */
@Injectable()
export class BackupActions {
  constructor(
    private readonly db: Database,
    private readonly work: BackupWork,
    private readonly access: BackupAccess,
    private readonly restored: RestoredVolumes,
    private readonly operations: Operations,
  ) {}

  /** The backup begins to go. Throws `BackupState`, `HasDependents`. */
  async delete(caller: Caller, id: string): Promise<void> {
    await this.startDelete(caller, contract.deleteBackup.policy, id, DELETABLE);
  }

  /** The same for one that is still being made. */
  async forceDelete(caller: Caller, id: string): Promise<void> {
    await this.startDelete(caller, contract.forceDeleteBackup.policy, id, [...DELETABLE, 'creating']);
  }

  /** The same, in the transaction of whoever has a reason to. Throws `BackupState`, `HasDependents`. */
  async beginDelete(tx: Tx, id: string, by: Initiator, allowed: readonly BackupStatus[] = DELETABLE): Promise<void> {
    const backup = await this.work.backups.lock(tx, id);
    requireBackupStatus(backup, allowed);
    if (await this.work.backups.hasDependents(tx, backup.id)) throw new HasDependents();
    if (backup.status === 'creating') await this.work.letVolumeGo(tx, backup.volumeId);
    const deleting = await this.work.backups.become(tx, backup, 'deleting', { raisesGeneration: true });
    await this.operations.start(tx, DeleteBackup, { backupId: backup.id, generation: deleting.generation }, { on: deleting, by });
  }

  async resetStatus(caller: Caller, id: string, status: 'available' | 'error'): Promise<void> {
    const found = await this.access.require(caller, contract.resetBackupStatus.policy, id);
    await this.db.transaction(async (tx) => {
      const backup = await this.work.backups.lock(tx, found.id);
      // An operation is at it, which will say what became of it.
      requireBackupStatus(backup, DELETABLE);
      await this.work.backups.become(tx, backup, status, status === 'available' ? { fault: null } : {});
    });
  }

  /** Lets the backup be written to a volume: the given one, or one that is made for it. Answers the volume. */
  async restore(caller: Caller, id: string, { volumeId, name }: { volumeId: string | undefined; name: string | null }, signal: AbortSignal): Promise<Volume> {
    const rule = contract.restoreVolumeBackup.policy;
    const found = await this.access.require(caller, rule, id);
    requireBackupStatus(found, ['available']);
    if (volumeId !== undefined) {
      const target = await this.restored.access.require(caller, rule, volumeId);
      return this.db.transaction(async (tx) => this.restoreOver(tx, caller, await this.work.backups.lock(tx, found.id), await this.restored.volumes.lock(tx, target.id)));
    }
    return this.restoreToNew(caller, found, name, signal);
  }

  private async restoreToNew(caller: Caller, found: Backup, name: string | null, signal: AbortSignal): Promise<Volume> {
    if (caller.projectId === undefined) throw new Forbidden('block-storage.volume.no-project', 'A volume belongs to a project: use a token that is scoped to one.');
    const asker = { projectId: caller.projectId, userId: caller.userId, isAdmin: caller.roles.has('admin') };
    const wish = {
      name: name ?? `restore_backup_${found.id}`, description: null, sizeGibibytes: found.sizeGibibytes, volumeType: undefined, zone: undefined, metadata: {},
      source: { kind: 'backup' as const, backupId: found.id }, isMultiattach: false, hints: { sameHost: [], differentHost: [] },
    };
    const checked = await this.restored.check.check(asker, wish, signal);
    return this.db.transaction((tx) => this.restored.creation.accept(tx, asker, checked, { id: newId(), by: caller }));
  }

  private async restoreOver(tx: Tx, caller: Caller, backup: Backup, volume: Volume): Promise<Volume> {
    requireBackupStatus(backup, ['available']);
    if (volume.status !== 'available' && volume.status !== 'error_restoring') throw new VolumeState(`Volume to be restored to must be available, but is ${volume.status}.`);
    if (volume.sizeGibibytes < backup.sizeGibibytes) throw new VolumeTooSmall(volume, backup);
    if ((volume.keyId === null) !== (backup.keyId === null)) throw new OtherKey();
    const claimed = await this.restored.volumes.become(tx, volume, 'restoring-backup', { raisesGeneration: true, fault: null });
    await this.startRestore(tx, caller, backup, claimed);
    return claimed;
  }

  /** The backup begins to be written to the volume, in the transaction that made or claimed it. */
  async startRestore(tx: Tx, by: Initiator, backup: Backup, volume: Volume): Promise<void> {
    const restoring = await this.work.backups.become(tx, backup, 'restoring', { raisesGeneration: true, restoreVolumeId: volume.id });
    await this.operations.start(tx, RestoreBackup, { backupId: backup.id, generation: restoring.generation, volumeId: volume.id }, { on: restoring, by });
  }

  private async startDelete(caller: Caller, rule: PolicyRule, id: string, allowed: readonly BackupStatus[]): Promise<void> {
    const found = await this.access.require(caller, rule, id);
    await this.db.transaction((tx) => this.beginDelete(tx, found.id, caller, allowed));
  }
}
