import type { AttachmentId, SnapshotId, Turns, VolumeId } from '@virga/kernel';
import { CommandTurns, Outdated, type SnapshotRequest } from '@virga/ports';
import { requireFree } from '../export-rules.js';
import { refused } from '../failures.js';
import { requireCommand, requireSnapshotRequests } from '../request-rules.js';
import type { KeptSnapshot, KeptVolume, StoreCatalog } from './store-catalog.js';

type Around = <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result>;
type Told<Id extends string> = { id: Id; generation: number };

/**
 * How commands come to what a store keeps, whatever that is made of.
 *
 * Theory of operation. Commands for one thing come one after the other, newer ones overtake older ones, and what was removed leaves a
 * tombstone, which is durable before the record goes. Volumes are locked besides, since commands for snapshots and exports change
 * them too: in one order everywhere, so that two commands never wait for each other. A command to a volume is recorded as accepted before
 * anything of it is done, and as carried out after everything.
 */
export class StoreCommands<Volume extends KeptVolume, Snapshot extends KeptSnapshot> {
  private readonly turns = new CommandTurns();

  /** `around` is what each piece of work runs in: where errors are translated. */
  constructor(private readonly catalog: StoreCatalog<Volume, Snapshot>, private readonly locks: Turns, private readonly around: Around) {}

  async inTurn<Result>(
    kind: string, { id, generation }: Told<string>, caller: AbortSignal, work: (signal: AbortSignal) => Promise<Result>, { mayBeDead = false } = {},
  ): Promise<Result> {
    requireCommand(kind, id, generation);
    return this.turns.run({ kind, id, generation }, caller, (signal) => this.around(signal, () => {
      if (!mayBeDead) this.catalog.tombstones.requireNewer(kind, id, generation);
      return work(signal);
    }));
  }

  /** In an order of its own, so that two commands for the same volumes never wait for each other. */
  locked<Result>([first, ...rest]: string[], work: () => Promise<Result>): Promise<Result> {
    return first === undefined ? work() : this.locks.run(first, () => this.locked(rest, work));
  }

  /** One that exists is never made again, but hears of the newer command. */
  making({ id, generation }: Told<VolumeId>, caller: AbortSignal, make: (signal: AbortSignal) => Promise<void>): Promise<void> {
    return this.inTurn('volume', { id, generation }, caller, async (signal) => {
      if (this.find(id, generation) === undefined) return make(signal);
      return this.locked([id], async () => {
        const volume = this.find(id, generation);
        if (volume) await this.catalog.volumes.put({ ...volume, generation, carriedOut: generation });
      });
    });
  }

  /** A command to an existing volume: accepted first, marked as carried out last. */
  changing({ id, generation }: Told<VolumeId>, caller: AbortSignal, work: (volume: Volume, signal: AbortSignal) => Promise<Volume>): Promise<void> {
    const { volumes } = this.catalog;
    return this.inTurn('volume', { id, generation }, caller, (signal) => this.locked([id], async () => {
      const volume = this.find(id, generation);
      if (volume === undefined) throw refused(`there is no volume ${id} in this store`);
      const accepted = { ...volume, generation };
      if (volume.generation < generation) await volumes.put(accepted);
      await volumes.put({ ...await work(accepted, signal), carriedOut: generation });
    }));
  }

  /** In the turn of each of them, in one order for all: the removal of one overtakes the taking of all. `take` gets those that do not exist. */
  async snapshots(requests: SnapshotRequest[], caller: AbortSignal, take: (due: SnapshotRequest[], signal: AbortSignal) => Promise<void>): Promise<void> {
    requireSnapshotRequests(requests);
    const volumeIds = requests.map(({ volumeId }) => volumeId).sort();
    const inTurns = ([first, ...rest]: SnapshotRequest[], signal: AbortSignal): Promise<void> => (first === undefined
      ? this.locked(volumeIds, () => take(this.due(requests), signal))
      : this.inTurn('snapshot', first, signal, (within) => inTurns(rest, within)));
    await inTurns([...requests].sort((one, other) => one.id.localeCompare(other.id)), caller);
  }

  async noSnapshot({ id, generation }: Told<SnapshotId>, caller: AbortSignal, remove: (snapshot: Snapshot | undefined, signal: AbortSignal) => Promise<void>): Promise<void> {
    const { snapshots, tombstones } = this.catalog;
    await this.inTurn('snapshot', { id, generation }, caller, async (signal) => {
      const known = snapshots.find(id);
      if (known && known.generation > generation) throw new Outdated('snapshot', id);
      await this.locked([known?.volumeId ?? id], async () => {
        await tombstones.put(id, generation);
        await remove(snapshots.find(id), signal);
      });
    }, { mayBeDead: true });
  }

  async noVolume({ id, generation }: Told<VolumeId>, caller: AbortSignal, removed: () => Promise<void>): Promise<void> {
    const { volumes, tombstones } = this.catalog;
    await this.inTurn('volume', { id, generation }, caller, () => this.locked([id], async () => {
      const volume = this.find(id, generation);
      if (volume) requireFree(volume);
      await tombstones.put(id, generation);
      await volumes.remove(id);
      await removed();
    }), { mayBeDead: true });
  }

  async noExport(
    { id, generation }: Told<AttachmentId>, caller: AbortSignal,
    withdraw: (found: ReturnType<StoreCatalog<Volume, Snapshot>['findExport']>, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { catalog } = this;
    await this.inTurn('attachment', { id, generation }, caller, async (signal) => {
      const volumeId = catalog.findExport(id)?.volume.id;
      await this.locked(volumeId === undefined ? [] : [volumeId], async () => {
        const found = catalog.findExport(id);
        if (found && found.record.generation > generation) throw new Outdated('attachment', id);
        await catalog.tombstones.put(id, generation);
        await withdraw(found, signal);
      });
    }, { mayBeDead: true });
  }

  private due(requests: SnapshotRequest[]): SnapshotRequest[] {
    const { snapshots } = this.catalog;
    for (const { id, generation } of requests) {
      const known = snapshots.find(id);
      if (known && known.generation > generation) throw new Outdated('snapshot', id);
    }
    return requests.filter(({ id }) => snapshots.find(id) === undefined);
  }

  private find(id: VolumeId, generation: number): Volume | undefined {
    const volume = this.catalog.volumes.find(id);
    if (volume && volume.generation > generation) throw new Outdated('volume', id);
    return volume;
  }
}
