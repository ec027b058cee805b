import { Inject, Injectable } from '@nestjs/common';
import { ensureExport, ensureNoExport } from '@virga/contracts-block-storage';
import { CLOCK, minutes, newRequestId, type Clock, type Duration, type Instant } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Reconciler, type Correction } from '@virga/reconcile';
import { silentBefore, StorageCommands } from '../backends/index.js';
import { ObservationsRepository } from '../reports/index.js';
import { AttachmentChanges } from './attachment-changes.js';
import { AttachmentLifecycle } from './attachment-lifecycle.js';
import { planAttachment, type AttachmentRepair } from './attachments-plan.js';
import { AttachmentsRepository } from './attachments.repository.js';
import { exportCommand, placed } from './export-command.js';
import { SeenAttachmentsRepository, type SeenAttachment } from './seen-attachments.repository.js';

const BATCH = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** The rows that repairs change. */
@Injectable()
export class AttachmentRepairs {
  constructor(
    readonly attachments: AttachmentsRepository, readonly observations: ObservationsRepository, readonly changes: AttachmentChanges,
    readonly lifecycle: AttachmentLifecycle,
  ) {}
}

/**
 * Every attachment that is connected has an export, which is served, and every export has an attachment.
 *
 * Theory of operation. Storage hosts report what they export; one that restarted says that it cannot serve what is encrypted, and
 * is told again, so that it asks for the passphrase. It is woken by such reports, since guests stand still meanwhile. Commands go
 * out with the attachment's generation, re-read under the volume's lock: what changed since it was seen is left to the next pass.
 */
@Injectable()
export class AttachmentsReconciler extends Reconciler<SeenAttachment, AttachmentRepair> {
  readonly name = 'attachments';
  readonly interval: Duration = minutes(1);

  constructor(
    private readonly db: Database,
    private readonly seen: SeenAttachmentsRepository,
    private readonly rows: AttachmentRepairs,
    private readonly commands: StorageCommands,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly SeenAttachment[]> {
    for (let after = FIRST; ;) {
      const batch = await this.seen.batch(this.db, after, silentBefore(this.clock), BATCH);
      if (batch.length === 0) return;
      yield batch;
      after = batch.at(-1)?.id ?? after;
    }
  }

  plan(seen: SeenAttachment, now: Instant): Correction<AttachmentRepair> {
    return planAttachment(seen, now);
  }

  async correct(repair: AttachmentRepair, seen: SeenAttachment): Promise<void> {
    await this.db.transaction((tx) => this.repair(tx, repair, seen));
  }

  describe({ id }: SeenAttachment): string {
    return `attachment ${id}`;
  }

  private async repair(tx: Tx, repair: AttachmentRepair, seen: SeenAttachment): Promise<void> {
    if (repair.kind === 'remove') return this.remove(tx, seen);
    if (repair.kind === 'export') return this.export(tx, seen, repair.isRaised);
    if (repair.kind === 'note-address') return this.noteAddress(tx, seen);
    if (repair.kind === 'forget') return this.forget(tx, seen);
    await this.rows.lifecycle.release(tx, seen.id, { isLeaving: true }, { requestId: newRequestId() });
  }

  private async remove(tx: Tx, { id, attachment, export: found }: SeenAttachment): Promise<void> {
    const generation = Math.max(found?.generation ?? 0, attachment?.isHere === true ? attachment.generation : 0);
    if (found !== undefined) await this.commands.send(tx, found.backend, ensureNoExport, { attachmentId: id, generation });
  }

  private async export(tx: Tx, { id, attachment: before }: SeenAttachment, isRaised: boolean): Promise<void> {
    const { attachment, volume } = await this.rows.changes.holdOne(tx, id);
    if (attachment.generation !== before?.generation || attachment.state !== before.state) return;
    const told = isRaised ? await this.rows.changes.become(tx, attachment, attachment.state, { generation: attachment.generation + 1 }) : attachment;
    await this.commands.send(tx, placed(attachment, volume), ensureExport, exportCommand(told, volume));
  }

  private async noteAddress(tx: Tx, { id, attachment: before, export: found }: SeenAttachment): Promise<void> {
    const { attachment } = await this.rows.changes.holdOne(tx, id);
    if (attachment.generation !== before?.generation || found === undefined) return;
    await this.rows.changes.become(tx, attachment, attachment.state, { address: found.address });
  }

  private async forget(tx: Tx, { id, attachment }: SeenAttachment): Promise<void> {
    await this.rows.observations.forgetExport(tx, id);
    if (attachment?.state === 'deleted') await this.rows.attachments.forget(tx, id);
  }
}
