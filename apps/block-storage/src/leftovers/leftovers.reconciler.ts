import { Injectable } from '@nestjs/common';
import { ensureNoSnapshot, ensureNoVolume } from '@virga/contracts-block-storage';
import { minutes, type Duration } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Reconciler, type Correction } from '@virga/reconcile';
import { StorageCommands } from '../backends/index.js';
import { ObservationsRepository } from '../reports/index.js';
import { planLeftover, type LeftoverRepair } from './leftovers-plan.js';
import { LeftoversRepository, type LeftoverKind, type SeenThing } from './leftovers.repository.js';

const BATCH = 500;
/** Before every id. */
const START = { id: '00000000-0000-0000-0000-000000000000', backend: '' };
const KINDS: readonly LeftoverKind[] = ['snapshot', 'volume'];

/**
 * Volumes and snapshots on backends belong to somebody.
 *
 * Theory of operation. Only what carries the id of a thing that we know to be gone, or to be on another backend, is removed: an unknown id may be
 * another cloud's, or ours before a restored backup, or data that an operator wants to have managed, and is only reported. Removal is commanded with a
 * generation above the thing's own; the host's next report shows whether it is gone, and then nothing is remembered of it.
 */
@Injectable()
export class LeftoversReconciler extends Reconciler<SeenThing, LeftoverRepair> {
  readonly name = 'leftovers';
  readonly interval: Duration = minutes(1);

  constructor(
    private readonly db: Database,
    private readonly leftovers: LeftoversRepository,
    private readonly observations: ObservationsRepository,
    private readonly commands: StorageCommands,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly SeenThing[]> {
    for (const kind of KINDS) {
      for (let after = START; ;) {
        const batch = await this.leftovers.batch(this.db, kind, after, BATCH);
        if (batch.length === 0) break;
        yield batch;
        after = batch.at(-1) ?? START;
      }
    }
  }

  plan(seen: SeenThing): Correction<LeftoverRepair> {
    return planLeftover(seen);
  }

  async correct(repair: LeftoverRepair, seen: SeenThing): Promise<void> {
    await this.db.transaction((tx) => (repair === 'remove' ? this.remove(tx, seen) : this.forget(tx, seen)));
  }

  describe({ kind, id, backend }: SeenThing): string {
    return `${kind} ${id} on ${backend}`;
  }

  private async remove(tx: Tx, { kind, id, backend, generation, owner }: SeenThing): Promise<void> {
    const body = { id, generation: Math.max(generation, owner?.generation ?? 0) };
    await (kind === 'volume' ? this.commands.send(tx, backend, ensureNoVolume, body) : this.commands.send(tx, backend, ensureNoSnapshot, body));
  }

  private async forget(tx: Tx, { kind, id }: SeenThing): Promise<void> {
    await (kind === 'volume' ? this.observations.forgetVolume(tx, id) : this.observations.forgetSnapshot(tx, id));
  }
}
