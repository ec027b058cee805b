import { Injectable } from '@nestjs/common';
import { ensureExport } from '@virga/contracts-block-storage';
import { minutes, seconds, type AttachmentId, type Duration, type Fault, publicFault } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { StorageCommands } from '../../backends/index.js';
import { COMMAND_PATIENCE, exportFact, isOverdue, ObservationsRepository, requireNotRefused } from '../../reports/index.js';
import type { Volume } from '../../volumes/index.js';
import { backendOf, type Attachment } from '../attachment.js';
import { AttachmentChanges } from '../attachment-changes.js';
import { exportCommand, placed } from '../export-command.js';
import { ExportTeardown } from '../export-teardown.js';

export interface ConnectParams {
  attachmentId: AttachmentId;
  /** What this operation commands the storage host with; the one before it takes away what led elsewhere. */
  generation: number;
  /** The attachment has led to another host, or in another mode: that goes first. */
  isMoved: boolean;
}

/**
 * Lets a host open the volume through an attachment.
 *
 * Theory of operation. The request has written the host into the attachment's row, state `connecting`. The storage host is told
 * until it reports the export of this generation; its address is then written down, state `attaching`. Where the attachment has
 * led to another host before, that export goes first, which its storage host proves. If it cannot succeed, the generation is
 * raised, so that the storage host refuses whatever is still on its way, and the export is taken away as in every other case:
 * the attachment is left in `error` with a cause and without an export, or with a debt for it. It keeps its volume reserved until
 * its owner takes it away. Dying anywhere repeats a step, which looks first.
 */
@Injectable()
export class ConnectAttachment extends Operation<ConnectParams, { withdrawnAt: number; requestedAt: number }> {
  readonly kind = 'attachment.connect';
  readonly version = 1;
  /** Too short: a storage host that restarts fails connections. Too long: users watch a hopeless wait; compute waits as well. */
  readonly deadline: Duration = minutes(3);
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('request-withdrawal', (run: Run<this>) => this.requestWithdrawal(run)),
    step('await-withdrawal', (run: Run<this>) => this.awaitWithdrawal(run)),
    step('request-export', (run: Run<this>) => this.requestExport(run)),
    step('await-export', (run: Run<this>) => this.awaitExport(run)),
  ];

  constructor(
    private readonly changes: AttachmentChanges,
    private readonly observations: ObservationsRepository,
    private readonly commands: StorageCommands,
    private readonly teardown: ExportTeardown,
  ) {
    super();
  }

  private async requestWithdrawal(run: Run<this>): Promise<Outcome> {
    if (run.params.isMoved) await this.withdraw(run);
    return done({ withdrawnAt: run.clock.now() });
  }

  private async awaitWithdrawal(run: Run<this>): Promise<Outcome> {
    if (!run.params.isMoved) return done();
    const { attachment, volume } = await this.read(run);
    if (await this.teardown.isGone(run.db, attachment, backendOf(attachment, volume), run.params.generation - 1)) return done();
    if (isOverdue(run.clock, run.outputs.withdrawnAt)) await this.withdraw(run);
    return park({ until: exportFact(attachment.id), atMost: COMMAND_PATIENCE });
  }

  private async requestExport(run: Run<this>): Promise<Outcome> {
    await this.tell(run);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitExport(run: Run<this>): Promise<Outcome> {
    const { attachment, volume } = await this.read(run);
    const backend = placed(attachment, volume);
    const seen = (await this.observations.ofExports(run.db, [attachment.id])).find((one) => one.backend === backend);
    if (seen !== undefined && seen.address !== null && seen.isServed && seen.generation >= run.params.generation) return this.connected(run, seen.address);
    const hasFailed = requireNotRefused(await this.observations.failure(run.db, attachment.id, backend), run.params.generation);
    if (isOverdue(run.clock, run.outputs.requestedAt, hasFailed)) await this.tell(run);
    return park({ until: exportFact(attachment.id), atMost: COMMAND_PATIENCE });
  }

  private connected(run: Run<this>, address: NonNullable<Attachment['address']>): Outcome {
    return finish(async (tx) => {
      const { attachment } = await this.changes.holdOne(tx, run.params.attachmentId);
      await this.changes.become(tx, attachment, 'attaching', { address, fault: null });
    });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const { attachment, volume } = await this.outdateCommands(run);
    const backend = placed(attachment, volume);
    const isGone = await this.teardown.isGone(run.db, attachment, backend);
    if (!isGone) await run.transaction((tx) => this.teardown.request(tx, attachment, backend));
    if (!isGone && !run.graceIsOver) return park({ until: exportFact(attachment.id), atMost: seconds(10) });
    return finish(async (tx) => {
      const held = await this.changes.holdOne(tx, attachment.id);
      const fault = publicFault(reason);
      if (isGone) await this.changes.failed(tx, held.attachment, fault);
      else await this.changes.owes(tx, held.attachment, fault, this.teardown.leftover(held.attachment, backend));
    });
  }

  /** From here on, nothing that this operation has sent is obeyed any more. */
  private async outdateCommands(run: Run<this>): Promise<{ attachment: Attachment; volume: Volume }> {
    return run.transaction(async (tx) => {
      const { attachment, volume } = await this.changes.holdOne(tx, run.params.attachmentId);
      if (attachment.generation > run.params.generation) return { attachment, volume };
      return { volume, attachment: await this.changes.become(tx, attachment, attachment.state, { generation: attachment.generation + 1 }) };
    });
  }

  private async withdraw(run: Run<this>): Promise<void> {
    await run.transaction(async (tx) => {
      const { attachment, volume } = await this.changes.holdOne(tx, run.params.attachmentId);
      await this.teardown.request(tx, attachment, placed(attachment, volume), run.params.generation - 1);
    });
  }

  private async tell(run: Run<this>): Promise<void> {
    await run.transaction(async (tx) => {
      const { attachment, volume } = await this.changes.holdOne(tx, run.params.attachmentId);
      await this.commands.send(tx, placed(attachment, volume), ensureExport, exportCommand(attachment, volume));
    });
  }

  private read(run: Run<this>): Promise<{ attachment: Attachment; volume: Volume }> {
    return this.changes.readOne(run.db, run.params.attachmentId);
  }
}
