import { Injectable } from '@nestjs/common';
import { ensureNoExport } from '@virga/contracts-block-storage';
import type { AttachmentId } from '@virga/kernel';
import type { Debt } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { StorageCommands } from '../backends/index.js';
import { DebtKind } from '../debts/index.js';
import { ObservationsRepository } from '../reports/index.js';
import { AttachmentChanges } from './attachment-changes.js';
import { AttachmentsRepository } from './attachments.repository.js';

/**
 * Exports that storage hosts could not be asked to take away.
 *
 * Until one is paid, the attachment keeps its volume from everybody else: a host may still reach it. A newer generation of the
 * export than is owed for means that the attachment was connected anew since, which took the old one away.
 */
@Injectable()
export class ExportDebts extends DebtKind {
  readonly resourceType = 'export';

  constructor(
    private readonly observations: ObservationsRepository,
    private readonly commands: StorageCommands,
    private readonly attachments: AttachmentsRepository,
    private readonly changes: AttachmentChanges,
  ) {
    super();
  }

  async isGone(db: Reader, { resourceId, generation }: Debt, backend: string): Promise<boolean> {
    const seen = (await this.observations.ofExports(db, [resourceId])).find((one) => one.backend === backend);
    return seen !== undefined && (seen.generation > generation || (seen.generation === generation && seen.address === null));
  }

  async ask(tx: Tx, { resourceId, generation }: Debt, backend: string): Promise<void> {
    await this.commands.send(tx, backend, ensureNoExport, { attachmentId: resourceId, generation });
  }

  async release(tx: Tx, { resourceId, generation }: Debt): Promise<void> {
    const known = await this.attachments.find(tx, resourceId);
    if (known === undefined || known.state === 'deleted') return this.observations.forgetExport(tx, resourceId);
    const { attachment } = await this.changes.holdOne(tx, resourceId as AttachmentId);
    // Somebody has begun to connect it, or to take it away, once more: that operation goes on from here.
    if (attachment.state !== 'error' || attachment.generation > generation) return;
    if (attachment.isLeaving) await this.changes.withdrawn(tx, attachment);
    else await this.changes.become(tx, attachment, 'error', { host: null, connector: null, address: null });
  }
}
