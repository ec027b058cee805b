import { Injectable } from '@nestjs/common';
import { minutes, type Duration, type HostId, type Instant, type ServerId } from '@virga/kernel';
import { Debts, type Debt } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { alarm, correct, leaveAlone, nothing, Reconciler, type Correction } from '@virga/reconcile';
import { GuestsRepository } from '../guests/index.js';
import { PlacementRepository } from '../placement/index.js';
import { HostCommands } from './host-commands.js';
import type { LeftoverRow } from './leftovers.repository.js';
import { LeftoversRepository } from './leftovers.repository.js';

/** Something outside that carries a server's id, beside what we know of that server. */
export interface SeenLeftover extends LeftoverRow {
  debts: readonly Debt[];
}

export type LeftoverRepair = 'remove-guest' | 'release-room';

/** Whether a guest or an allocation belongs to a server that may have it. Pure. */
export function planLeftover({ kind, server, host, debts }: SeenLeftover): Correction<LeftoverRepair> {
  if (server === undefined) return kind === 'guest' ? alarm('a host has a guest that no server was ever made for') : nothing();
  if (server.hasOperation) return leaveAlone('an operation is responsible');
  if (debts.length > 0) return leaveAlone('a debt is being paid');
  const isOwner = server.state !== 'deleted' && server.host !== null && (kind === 'allocation' || server.host === host);
  if (isOwner) return nothing();
  return kind === 'guest' ? correct('orphan-guest', 'remove-guest') : correct('orphan-allocation', 'release-room');
}

const BATCH = 500;

/**
 * Guests on hosts and room in the ledger belong to servers that live.
 *
 * Theory of operation. Only what carries the id of a server that we know to be gone (or to be elsewhere) is removed: a guest of
 * an unknown id may be another cloud's, or ours before a restored backup, and is only reported. Removal is commanded with a
 * generation above the guest's own; the host's next report shows whether it is gone.
 */
@Injectable()
export class LeftoversReconciler extends Reconciler<SeenLeftover, LeftoverRepair> {
  readonly name = 'leftovers';
  readonly interval: Duration = minutes(1);

  constructor(
    private readonly db: Database,
    private readonly leftovers: LeftoversRepository,
    private readonly guests: GuestsRepository,
    private readonly placement: PlacementRepository,
    private readonly commands: HostCommands,
    private readonly debts: Debts,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly SeenLeftover[]> {
    for (const kind of ['guest', 'allocation'] as const) {
      for (let after = ''; ;) {
        const rows = await this.leftovers.batch(this.db, kind, after, BATCH);
        if (rows.length === 0) break;
        yield await Promise.all(rows.map(async (row) => ({ ...row, debts: row.isSuspect ? await this.debts.owedFor(this.db, row.id) : [] })));
        after = rows.at(-1)?.position ?? '';
      }
    }
  }

  plan(seen: SeenLeftover, _now: Instant): Correction<LeftoverRepair> {
    return planLeftover(seen);
  }

  async correct(repair: LeftoverRepair, seen: SeenLeftover): Promise<void> {
    await this.db.transaction((tx) => (repair === 'release-room' ? this.placement.release(tx, seen.id) : this.removeGuest(tx, seen)));
  }

  describe({ kind, id, host }: SeenLeftover): string {
    return `${kind} of server ${id}${host === null ? '' : ` on ${host}`}`;
  }

  private async removeGuest(tx: Tx, { id, host, generation, server }: SeenLeftover): Promise<void> {
    await this.commands.ensureNoGuest(tx, id as ServerId, host as HostId, Math.max(generation, server?.generation ?? 0));
    await this.guests.forget(tx, id as ServerId);
  }
}
