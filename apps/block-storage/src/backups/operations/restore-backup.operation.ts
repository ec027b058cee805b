import { Injectable } from '@nestjs/common';
import { restoreBackup } from '@virga/contracts-block-storage';
import { Conflict, hours, minutes, seconds, type Duration, type Fault, type VolumeId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { isOverdue, taskFact, volumeFact } from '../../reports/index.js';
import { faultAt, requireBackend, type Volume } from '../../volumes/index.js';
import type { Backup, BackupId } from '../backup.js';
import { BackupWork } from '../backup-work.js';

export interface RestoreBackupParams {
  backupId: BackupId;
  generation: number;
  volumeId: VolumeId;
}

/** The volume that was made for the restoration could not be made, or is gone. */
class NoVolume extends Conflict {
  constructor(status: string) {
    super('block-storage.backup.no-volume', `The volume to restore to is ${status}.`);
  }
}

/** How long a volume that is being made is left alone between looks. */
const LOOK_AGAIN: Duration = seconds(1);

/**
 * Writes a backup to a volume.
 *
 * Theory of operation. A volume that is made for it is waited for; then nobody else may use it until all is written: its status says so, and its
 * generation is raised, so that commands of before are refused. The storage host is told by the backup's id and can be told again: it begins from the
 * first parent, and doing so twice gives the same bytes. If it fails, the volume's bytes are neither the old nor the new ones: it is in
 * `error_restoring` with the reason, and can be restored to again or deleted; the backup is as before.
 */
@Injectable()
export class RestoreBackup extends Operation<RestoreBackupParams, { requestedAt: number }> {
  readonly kind = 'backup.restore';
  readonly version = 1;
  /** As for making one. */
  readonly deadline: Duration = hours(12);
  override readonly grace: Duration = seconds(10);
  readonly steps = [
    step('claim-volume', (run: Run<this>) => this.claimVolume(run)),
    step('request-restore', (run: Run<this>) => this.requestRestore(run)),
    step('await-restore', (run: Run<this>) => this.awaitRestore(run)),
  ];

  constructor(private readonly work: BackupWork) {
    super();
  }

  private async claimVolume(run: Run<this>): Promise<Outcome> {
    const volume = await this.work.volumes.get(run.db, run.params.volumeId);
    if (volume.status === 'restoring-backup') return done();
    if (volume.status === 'creating') return park({ until: volumeFact(volume.id), atMost: LOOK_AGAIN });
    if (volume.status !== 'available') throw new NoVolume(volume.status);
    await run.transaction((tx) => this.work.volumes.become(tx, volume, 'restoring-backup', { raisesGeneration: true }));
    return done();
  }

  private async requestRestore(run: Run<this>): Promise<Outcome> {
    await run.transaction((tx) => this.command(tx, run.params));
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitRestore(run: Run<this>): Promise<Outcome> {
    const { backupId, generation, volumeId } = run.params;
    const [backup, volume] = [await this.work.backups.get(run.db, backupId), await this.work.volumes.get(run.db, volumeId)];
    const backend = requireBackend(volume);
    const task = await this.work.endOfTask(run.db, { id: backup.id, backend }, generation);
    if (task !== undefined) return finish((tx) => this.conclude(tx, backup));
    if (isOverdue(run.clock, run.outputs.requestedAt)) {
      await this.work.requireHost(run.db, backend);
      await run.transaction((tx) => this.command(tx, run.params));
    }
    return park({ until: taskFact(backup.id), atMost: minutes(1) });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    const fault = faultAt(run.clock.now(), reason);
    return finish(async (tx) => {
      const volume = await this.work.volumes.lock(tx, run.params.volumeId);
      if (volume.status === 'restoring-backup') await this.work.volumes.become(tx, volume, 'error_restoring', { fault, raisesGeneration: true });
      await this.work.backups.become(tx, backup, 'available', { restoreVolumeId: null, raisesGeneration: true });
      await this.work.messages.record(tx, {
        projectId: volume.projectId, resource: { kind: 'volume', id: volume.id }, action: 'restore-backup', detail: 'restore-failed', cause: fault,
      });
    });
  }

  private async conclude(tx: Tx, backup: Backup): Promise<void> {
    const volume = await this.work.volumes.lock(tx, backup.restoreVolumeId ?? '');
    const { isBootable, imageMetadata } = backup;
    await this.work.volumes.become(tx, volume, 'available', { fault: null, isBootable, imageMetadata, metadata: metadataAfter(backup, volume) });
    await this.work.backups.become(tx, backup, 'available', { restoreVolumeId: null });
    await this.work.observations.forgetTask(tx, backup.id);
  }

  private async command(tx: Tx, { backupId, generation, volumeId }: RestoreBackupParams): Promise<void> {
    const volume = await this.work.volumes.get(tx, volumeId);
    const chain = (await this.work.backups.chain(tx, backupId)).map((backup) => ({ backupId: backup.id, place: this.work.places.of(backup, 'read') }));
    await this.work.commands.send(tx, requireBackend(volume), restoreBackup, {
      taskId: backupId, generation, volumeId, volumeGeneration: volume.generation, keyId: volume.keyId, chain,
    });
  }
}

/** The volume becomes as it was, as in Cinder; what somebody has asked for when it was made from the backup stays. */
function metadataAfter(backup: Backup, volume: Volume): Record<string, string> {
  if (backup.volumeMetadata === null) return volume.metadata;
  return volume.backupId === backup.id ? { ...backup.volumeMetadata, ...volume.metadata } : backup.volumeMetadata;
}
