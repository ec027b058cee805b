import { Injectable } from '@nestjs/common';
import { removeBackup } from '@virga/contracts-block-storage';
import { minutes, seconds, type Duration, type Fault } from '@virga/kernel';
import { done, finish, Operation, Operations, park, step, type Outcome, type Run } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { COMMAND_PATIENCE, isOverdue, taskFact } from '../../reports/index.js';
import { faultAt } from '../../volumes/index.js';
import { backupSettled, type Backup, type BackupId } from '../backup.js';
import { BackupWork } from '../backup-work.js';

export interface DeleteBackupParams {
  backupId: BackupId;
  generation: number;
}

/**
 * Removes a backup's objects, and then the backup.
 *
 * Theory of operation. The generation was raised with the request, so that nothing is written any more by a command that comes late. What is in the
 * objects' container can be removed by any storage host; what is in a directory only by the one that wrote it. The row goes when the host has said that
 * nothing is left; bytes that an imported twin is read from stay for that one, and two twins that go at once both remove them. Where no host can do it, the backup is in `error_deleting` with the reason, still counts, and can be deleted again.
 */
@Injectable()
export class DeleteBackup extends Operation<DeleteBackupParams, { requestedAt: number; backend: string }> {
  readonly kind = 'backup.delete';
  readonly version = 1;
  readonly deadline: Duration = minutes(15);
  override readonly grace: Duration = seconds(10);
  readonly steps = [
    step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
  ];

  constructor(private readonly work: BackupWork, private readonly operations: Operations) {
    super();
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    if (await this.work.backups.sharesBytes(run.db, backup)) return finish((tx) => this.conclude(tx, backup));
    const backend = backup.place === 'objects' ? await this.work.anyBackend(run.db, backup.backend) : backup.backend;
    await run.transaction((tx) => this.command(tx, backup, backend, run.params.generation));
    return done({ requestedAt: run.clock.now(), backend });
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    const backend = run.outputs.backend ?? backup.backend;
    const task = await this.work.endOfTask(run.db, { id: backup.id, backend }, run.params.generation);
    if (task !== undefined) return finish((tx) => this.conclude(tx, backup));
    if (isOverdue(run.clock, run.outputs.requestedAt)) {
      await this.work.requireHost(run.db, backend);
      await run.transaction((tx) => this.command(tx, backup, backend, run.params.generation));
    }
    return park({ until: taskFact(backup.id), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const backup = await this.work.backups.get(run.db, run.params.backupId);
    const fault = faultAt(run.clock.now(), reason);
    return finish(async (tx) => {
      await this.work.backups.become(tx, backup, 'error_deleting', { fault });
      await this.operations.wake(tx, backupSettled(backup.id));
      await this.work.messages.record(tx, {
        projectId: backup.projectId, resource: { kind: 'backup', id: backup.id }, action: 'delete-backup', detail: 'backup-delete-failed', cause: fault,
      });
    });
  }

  private async conclude(tx: Tx, backup: Backup): Promise<void> {
    if (backup.pointId !== null) await this.work.points.unwantOne(tx, backup.pointId);
    await this.work.backups.become(tx, backup, 'deleted', { fault: null });
    await this.operations.wake(tx, backupSettled(backup.id));
    await this.work.observations.forgetTask(tx, backup.id);
  }

  private async command(tx: Tx, backup: Backup, backend: string, generation: number): Promise<void> {
    await this.work.commands.send(tx, backend, removeBackup, { taskId: backup.id, generation, place: this.work.places.of(backup, 'write') });
  }
}
