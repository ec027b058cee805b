import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@virga/persistence';
import { SETTINGS, type ObjectStorageSettings } from '../settings/index.js';
import { Alone } from './alone.js';
import { RootKeys, type RootKey } from './root-keys.js';
import { UpkeepRepository } from './upkeep.repository.js';

const BATCH = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Renews the root key when its time is over, and seals under it anew the keys of all blobs.
 *
 * Theory of operation. Bytes stay as they are; only the sealed keys change, in batches, each in a transaction. A death leaves
 * some under the old key, which still opens them, and the next pass goes on. The old key goes when it seals nothing, and nothing
 * staged before the new one could still be committed.
 */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly db: Database,
    private readonly rootKeys: RootKeys,
    private readonly repository: UpkeepRepository,
    private readonly alone: Alone,
    @Inject(SETTINGS) private readonly settings: ObjectStorageSettings,
  ) {}

  /** One pass; answers how many keys were sealed anew. */
  async rotate(signal: AbortSignal): Promise<number> {
    return await this.alone.run('key rotation', async () => {
      const current = await this.rootKeys.rotate(this.settings.rootKeyLifetime);
      if (!this.rootKeys.hasOlder()) return 0;
      const count = await this.resealAll(current, signal);
      await this.rootKeys.retire();
      return count;
    }) ?? 0;
  }

  private async resealAll(current: RootKey, signal: AbortSignal): Promise<number> {
    let count = 0;
    for (let after: string | undefined = FIRST; after !== undefined && !signal.aborted;) {
      const ids: string[] = await this.resealBatch(current, after);
      count += ids.length;
      after = ids.length === BATCH ? ids.at(-1) : undefined;
    }
    return count;
  }

  private resealBatch(current: RootKey, after: string): Promise<string[]> {
    return this.db.transaction(async (tx) => {
      const rows = await this.repository.lockSealedBefore(tx, current.id, after, BATCH);
      const keys = [];
      for (const { id, key_id, sealed_key } of rows) {
        const key = (await this.rootKeys.get(key_id)).box.open(sealed_key, id);
        keys.push({ id, sealedKey: current.box.seal(key, id).toString('base64') });
      }
      if (keys.length > 0) await this.repository.reseal(tx, current.id, keys);
      return rows.map(({ id }) => id);
    });
  }
}
