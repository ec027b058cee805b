import { Inject, Injectable } from '@nestjs/common';
import { ensureNoExport } from '@virga/contracts-block-storage';
import { CLOCK, type Clock } from '@virga/kernel';
import type { Leftover } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { BackendsRepository, silentBefore, StorageCommands } from '../backends/index.js';
import { owedTo } from '../debts/index.js';
import { ObservationsRepository } from '../reports/index.js';
import { mayBeExported, type Attachment } from './attachment.js';

/**
 * Takes exports away, and knows when that is proven.
 *
 * Theory of operation. Removal is proven when the storage host has said, about this generation of the attachment or a later one,
 * that nobody can reach the volume through it; it keeps a tombstone, so that an older command which comes late changes nothing.
 * A host's report that merely lacks the export proves nothing of commands that are still on their way. Asking may be repeated.
 */
@Injectable()
export class ExportTeardown {
  constructor(
    private readonly observations: ObservationsRepository,
    private readonly backends: BackendsRepository,
    private readonly commands: StorageCommands,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Whether it is proven that nobody can reach the volume through the attachment, by a command of this generation at least. */
  async isGone(db: Reader, attachment: Attachment, backend: string | null, generation = attachment.generation): Promise<boolean> {
    if (!mayBeExported(attachment) || backend === null) return true;
    const seen = (await this.observations.ofExports(db, [attachment.id])).find((one) => one.backend === backend);
    return seen !== undefined && seen.address === null && seen.generation >= generation;
  }

  /** Tells the storage host to take the export away. */
  async request(tx: Tx, attachment: Pick<Attachment, 'id' | 'generation'>, backend: string, generation = attachment.generation): Promise<void> {
    await this.commands.send(tx, backend, ensureNoExport, { attachmentId: attachment.id, generation });
  }

  /** Whether the storage host has not been heard of for so long that waiting for it is no use. */
  async isSilent(db: Reader, backend: string): Promise<boolean> {
    return this.backends.isSilent(db, backend, silentBefore(this.clock));
  }

  /** What is owed to the storage host, for debts. */
  leftover(attachment: Pick<Attachment, 'generation' | 'volumeId'>, backend: string): Leftover {
    return { backend: owedTo(backend), resourceType: 'export', generation: attachment.generation, detail: { volumeId: attachment.volumeId } };
  }
}
