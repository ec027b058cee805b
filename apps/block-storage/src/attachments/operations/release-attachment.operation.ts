import { Injectable } from '@nestjs/common';
import { minutes, publicFault, seconds, type AttachmentId, type Duration } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { COMMAND_PATIENCE, exportFact, isOverdue } from '../../reports/index.js';
import { backendOf } from '../attachment.js';
import { AttachmentChanges } from '../attachment-changes.js';
import { StorageHostSilent } from '../attachment-faults.js';
import { ExportTeardown } from '../export-teardown.js';

/**
 * Takes an attachment's export away, and then the attachment, if that is to go.
 *
 * Theory of operation. The request has raised the attachment's generation, so that the storage host refuses whatever was sent
 * before. It is told until it proves that nobody can reach the volume through the attachment any more; only the transaction that
 * ends the operation lets the attachment go and the volume become available: until then nobody else gets it. A storage host that
 * does not answer, or is known to be silent, leaves a debt and the attachment in `error`, with the cause for its owner; the
 * volume stays taken until the debt is paid. Dying anywhere repeats a step, which finds less to do.
 */
@Injectable()
export class ReleaseAttachment extends Operation<{ attachmentId: AttachmentId }, { requestedAt: number }> {
  readonly kind = 'attachment.release';
  readonly version = 1;
  /** Too short: a storage host that restarts makes detaching look like an error for a while. Too long: users are told late that it hangs. */
  readonly deadline: Duration = minutes(2);
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
  ];

  constructor(private readonly changes: AttachmentChanges, private readonly teardown: ExportTeardown) {
    super();
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    await this.tell(run);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const { attachment, volume } = await this.changes.readOne(run.db, run.params.attachmentId);
    if (await this.teardown.isGone(run.db, attachment, backendOf(attachment, volume))) return this.released(run);
    const backend = backendOf(attachment, volume);
    if (backend !== null && await this.teardown.isSilent(run.db, backend)) return this.owed(run);
    if (isOverdue(run.clock, run.outputs.requestedAt)) await this.tell(run);
    return park({ until: exportFact(attachment.id), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>): Promise<Outcome> {
    const { attachment, volume } = await this.changes.readOne(run.db, run.params.attachmentId);
    if (await this.teardown.isGone(run.db, attachment, backendOf(attachment, volume))) return this.released(run);
    await this.tell(run);
    return run.graceIsOver ? this.owed(run) : park({ until: exportFact(attachment.id), atMost: seconds(10) });
  }

  private released(run: Run<this>): Outcome {
    return finish(async (tx) => {
      const { attachment } = await this.changes.holdOne(tx, run.params.attachmentId);
      await this.changes.withdrawn(tx, attachment);
    }, 'succeeded');
  }

  private owed(run: Run<this>): Outcome {
    return finish(async (tx) => {
      const { attachment, volume } = await this.changes.holdOne(tx, run.params.attachmentId);
      const backend = backendOf(attachment, volume);
      if (backend === null) return this.changes.withdrawn(tx, attachment);
      return this.changes.owes(tx, attachment, publicFault(new StorageHostSilent('detach')), this.teardown.leftover(attachment, backend));
    }, 'failed');
  }

  private async tell(run: Run<this>): Promise<void> {
    await run.transaction(async (tx) => {
      const { attachment, volume } = await this.changes.holdOne(tx, run.params.attachmentId);
      const backend = backendOf(attachment, volume);
      if (backend !== null) await this.teardown.request(tx, attachment, backend);
    });
  }
}
