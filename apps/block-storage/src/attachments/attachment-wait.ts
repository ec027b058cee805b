import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { milliseconds, seconds, type AttachmentId, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import type { Attachment } from './attachment.js';
import { AttachmentsRepository } from './attachments.repository.js';

/** Between looks, growing: connecting takes a storage host some tens of milliseconds. */
const FIRST_PAUSE: Duration = milliseconds(20);
const LONGEST_PAUSE: Duration = milliseconds(500);

/**
 * Waits, within a request, for what an operation makes of an attachment: Cinder's clients expect to read in the answer where a
 * volume is, and that it is gone when they have deleted it. The operation does not depend on anybody waiting.
 */
@Injectable()
export class AttachmentWait {
  /** Too short: clients of a busy storage host are sent away and ask again. Too long: they wait for a dead one until their own limit. */
  patience: Duration = seconds(15);

  constructor(private readonly db: Database, private readonly attachments: AttachmentsRepository) {}

  /** The attachment as soon as it is in none of these states any more, or as it is when patience ends; undefined where it is gone. */
  async whileIn(states: readonly Attachment['state'][], id: AttachmentId, signal: AbortSignal): Promise<Attachment | undefined> {
    const giveUpAt = performance.now() + this.patience;
    for (let wait: number = FIRST_PAUSE; ; wait = Math.min(LONGEST_PAUSE, wait * 1.5)) {
      const seen = await this.attachments.find(this.db, id);
      const isWaiting = seen !== undefined && states.includes(seen.state);
      if (!isWaiting || performance.now() + wait > giveUpAt) return seen?.state === 'deleted' ? undefined : seen;
      await pause(wait, undefined, { signal });
    }
  }
}
