import { Injectable } from '@nestjs/common';
import { ensureSnapshots, writeBackup } from '@virga/contracts-block-storage';
import { hours, minutes, seconds, type Duration, type Fault } from '@virga/kernel';
import { done, finish, Operation, Operations, park, step, type Outcome, type Run } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { COMMAND_PATIENCE, isOverdue, requireNotRefused, snapshotFact, taskFact } from '../../reports/index.js';
import { faultAt } from '../../volumes/index.js';
import { backupSettled, type Backup, type BackupId } from '../backup.js';
import { BackupWork } from '../backup-work.js';

export interface CreateBackupParams {
  backupId: BackupId;
  /** What this operation commands the storage host with. */
  generation: number;
  /** The snapshot of the parent; null: everything is kept. */
  since: string | null;
}

/**
 * Turns an accepted request into a backup.
 *
 * Theory of operation. A snapshot of the volume is taken first, at one moment and also while servers write to it; what is kept is that snapshot, so the
 * storage host can be told to write it any number of times, by the backup's id, and goes on where it was. The volume is let go as soon as the snapshot
 * is there. The snapshot stays as the base of the next incremental backup, and those of earlier ones are given up, when the backup is complete. If it
 * cannot be made, its generation is raised, its snapshot is given up, and it is in `error` with a fault its owner can read; deleting it removes what was
 * written. A point that is given up is removed by the points' reconciler.
 */
@Injectable()
export class CreateBackup extends Operation<CreateBackupParams, { pointRequestedAt: number; requestedAt: number }> {
  readonly kind = 'backup.create';
  readonly version = 1;
  /** Too short: large volumes are never backed up. Too long: a user waits for a host that hangs. */
  readonly deadline: Duration = hours(12);
  override readonly grace: Duration = seconds(10);
  readonly steps = [
    step('request-point', (run: Run<this>) => this.requestPoint(run)),
    step('await-point', (run: Run<this>) => this.awaitPoint(run)),
    step('request-backup', (run: Run<this>) => this.requestBackup(run)),
    step('await-backup', (run: Run<this>) => this.awaitBackup(run)),
  ];

  constructor(private readonly work: BackupWork, private readonly operations: Operations) {
    super();
  }

  private async requestPoint(run: Run<this>): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    if (backup.pointId !== null) await run.transaction((tx) => this.commandPoint(tx, backup));
    return done({ pointRequestedAt: run.clock.now() });
  }

  private async awaitPoint(run: Run<this>): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    const { pointId } = backup;
    if (pointId === null) return done();
    const [seen] = await this.work.observations.ofSnapshots(run.db, [pointId]);
    if (seen !== undefined && seen.sizeBytes !== null) {
      // Nothing of the volume is needed any more.
      await run.transaction((tx) => this.work.letVolumeGo(tx, backup.volumeId));
      return done();
    }
    const hasFailed = requireNotRefused(await this.work.observations.failure(run.db, pointId, backup.backend), 1);
    if (isOverdue(run.clock, run.outputs.pointRequestedAt, hasFailed)) {
      await this.work.requireHost(run.db, backup.backend);
      await run.transaction((tx) => this.commandPoint(tx, backup));
    }
    return park({ until: snapshotFact(pointId), atMost: COMMAND_PATIENCE });
  }

  private async requestBackup(run: Run<this>): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    await run.transaction((tx) => this.commandBackup(tx, backup, run.params));
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitBackup(run: Run<this>): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    const task = await this.work.endOfTask(run.db, backup, run.params.generation);
    if (task !== undefined) return finish((tx) => this.conclude(tx, backup, task));
    if (isOverdue(run.clock, run.outputs.requestedAt)) {
      await this.work.requireHost(run.db, backup.backend);
      await run.transaction((tx) => this.commandBackup(tx, backup, run.params));
    }
    return park({ until: taskFact(backup.id), atMost: minutes(1) });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    const fault = faultAt(run.clock.now(), reason);
    return finish(async (tx) => {
      if (backup.pointId !== null) await this.work.points.unwantOne(tx, backup.pointId);
      await this.work.letVolumeGo(tx, backup.volumeId);
      await this.work.backups.become(tx, backup, 'error', { fault, pointId: null, raisesGeneration: true });
      await this.operations.wake(tx, backupSettled(backup.id));
      await this.work.messages.record(tx, {
        projectId: backup.projectId, resource: { kind: 'backup', id: backup.id }, action: 'create-backup', detail: 'backup-failed', cause: fault,
      });
    });
  }

  private async conclude(tx: Tx, backup: Backup, task: { objects: number | null; sizeBytes: number | null }): Promise<void> {
    if (backup.pointId !== null) await this.work.points.unwant(tx, backup.volumeId, backup.pointId);
    await this.work.backups.become(tx, backup, 'available', { objectCount: task.objects ?? 0, storedBytes: task.sizeBytes ?? 0, fault: null });
    await this.operations.wake(tx, backupSettled(backup.id));
  }

  private async commandPoint(tx: Tx, { pointId, volumeId, backend, keyId }: Backup): Promise<void> {
    if (pointId === null) return;
    await this.work.points.ensure(tx, { id: pointId, volumeId, backend });
    await this.work.commands.send(tx, backend, ensureSnapshots, { snapshots: [{ id: pointId, generation: 1, volumeId, keyId }] });
  }

  private async commandBackup(tx: Tx, backup: Backup, { generation, since }: CreateBackupParams): Promise<void> {
    const parent = backup.parentId === null ? undefined : await this.work.backups.get(tx, backup.parentId);
    await this.work.commands.send(tx, backup.backend, writeBackup, {
      taskId: backup.id, generation, snapshotId: backup.pointId ?? backup.snapshotId ?? '', keyId: backup.keyId, since, place: this.work.places.of(backup, 'write'),
      parent: parent === undefined ? null : { backupId: parent.id, place: this.work.places.of(parent, 'read') },
    });
  }
}
