import { Injectable } from '@nestjs/common';
import { ensureNoVolume } from '@virga/contracts-block-storage';
import { Debts, type Leftover, type Run } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { StorageCommands } from '../backends/index.js';
import { owedTo } from '../debts/index.js';
import { ObservationsRepository } from '../reports/index.js';
import type { Volume } from './volume.js';

type Teardown = Pick<Run<never>, 'db' | 'transaction'>;

/**
 * Removes what exists outside the database for a volume.
 *
 * Theory of operation. It works from what it finds: the volume's backend, and every other backend that was ever seen to have it. Failure,
 * deletion and repair all use it. Each part may be repeated; "already gone" is success. The volume's generation must have been raised
 * before: storage hosts then refuse whatever was sent earlier, also when it arrives late. What cannot be reached is answered as leftovers,
 * for debts.
 */
@Injectable()
export class VolumeTeardown {
  constructor(
    private readonly observations: ObservationsRepository,
    private readonly commands: StorageCommands,
    private readonly debts: Debts,
  ) {}

  /** Does what can be done now; answers what is not known to be gone yet. */
  async ensureNothingLeft(run: Teardown, volume: Volume): Promise<Leftover[]> {
    const leftovers = await this.remaining(run.db, volume);
    if (leftovers.length > 0) await run.transaction((tx) => this.requestRemoval(tx, volume));
    return leftovers;
  }

  /** Tells every backend that may have something of the volume to remove it. */
  async requestRemoval(tx: Tx, volume: Volume): Promise<void> {
    for (const backend of await this.backends(tx, volume)) {
      await this.commands.send(tx, backend, ensureNoVolume, { id: volume.id, generation: volume.generation });
    }
  }

  /** What backends have not confirmed to be gone. */
  async remaining(db: Reader, volume: Volume): Promise<Leftover[]> {
    return (await this.backends(db, volume)).map((backend) => ({ backend: owedTo(backend), resourceType: 'volume', generation: volume.generation }));
  }

  /** Backends on which something of the volume may still be, given what they said last. */
  async backends(db: Reader, volume: Volume): Promise<string[]> {
    const seen = await this.observations.ofVolume(db, volume.id);
    const all = new Set([...(volume.backend === null ? [] : [volume.backend]), ...seen.filter(({ sizeBytes }) => sizeBytes !== null).map(({ backend }) => backend)]);
    const isClear = (backend: string): boolean =>
      seen.some((one) => one.backend === backend && one.sizeBytes === null && one.generation >= volume.generation);
    return [...all].filter((backend) => !isClear(backend)).sort();
  }

  /** Writes down what is still owed; part of the transaction that ends the operation. */
  async settle(tx: Tx, volume: Volume, leftovers: readonly Leftover[]): Promise<void> {
    await this.debts.record(tx, volume.id, leftovers);
    await this.observations.forgetVolume(tx, volume.id);
  }
}
