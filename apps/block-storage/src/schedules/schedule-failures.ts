import { Injectable } from '@nestjs/common';
import type { Fault } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { Messages, type MessageDetail } from '../messages/index.js';
import type { RunResult } from './schedule-run.js';
import { productKindOf, type ProductKind, type Schedule } from './schedule.js';

const ACTIONS = { snapshot: 'create-snapshot', backup: 'create-backup' } as const;
const FAILED: Record<ProductKind, MessageDetail> = { snapshot: 'snapshot-failed', backup: 'backup-failed' };

/** Tells the project's users what a run could not begin for a volume; what was begun tells by itself. */
@Injectable()
export class ScheduleFailures {
  constructor(private readonly messages: Messages) {}

  async record(tx: Tx, { projectId, action, name }: Schedule, results: readonly RunResult[], reason?: Fault): Promise<void> {
    const kind = productKindOf(action);
    for (const { volumeId, state, message } of results) {
      const detail = reason?.kind === 'over-limit' ? 'quota' : state === 'skipped' ? 'volume-state' : FAILED[kind];
      const cause = { message: `Schedule ${name}: ${message ?? 'unknown'}` };
      await this.messages.record(tx, { projectId, resource: { kind: 'volume', id: volumeId }, action: ACTIONS[kind], detail, cause });
    }
  }
}
