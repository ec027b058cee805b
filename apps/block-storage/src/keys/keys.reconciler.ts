import { Injectable } from '@nestjs/common';
import { minutes, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { correct, Reconciler, type Correction } from '@virga/reconcile';
import { KeysRepository } from './keys.repository.js';

const BATCH = 500;

/**
 * Forgets keys that nothing is encrypted with any more.
 *
 * Theory of operation. A key comes into being with its volume, in one transaction, and is named by every snapshot and clone that is
 * made from it. Once all of them are deleted the key goes, and with it whatever bytes of them are left anywhere: on a disk that was
 * taken out, or on a host that could not be reached. Rows of deleted volumes lose their key's id in the same transaction.
 */
@Injectable()
export class KeysReconciler extends Reconciler<'unused', 'unused'> {
  readonly name = 'volume-keys';
  readonly interval: Duration = minutes(5);

  constructor(private readonly db: Database, private readonly keys: KeysRepository) {
    super();
  }

  async* observe(): AsyncIterable<readonly 'unused'[]> {
    if (await this.keys.hasUnused(this.db)) yield ['unused'];
  }

  plan(): Correction<'unused'> {
    return correct('volume-keys-unused', 'unused', { isDefect: false });
  }

  async correct(_repair: 'unused', _seen: 'unused', signal: AbortSignal): Promise<void> {
    const forget = (): Promise<number> => this.db.transaction((tx) => this.keys.forgetUnused(tx, BATCH));
    while (!signal.aborted && await forget() === BATCH);
  }

  describe(): string {
    return 'unused volume keys';
  }
}
