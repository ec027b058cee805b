import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { MasterKey, SecretBox } from '@virga/identity-client';
import { Bug, CLOCK, raise, type Clock, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { ORPHAN_AGE } from './lifetimes.js';
import { RootKeysRepository, type RootKeyRow } from './root-keys.repository.js';
import { ROOT_KEY_SECRETS } from './tokens.js';

const ROOT_KEY_BYTES = 32;

/** One root key, ready to seal the keys of blobs. */
export interface RootKey {
  id: number;
  createdAt: number;
  box: SecretBox;
}

/**
 * The keys under which the keys of blobs are sealed; they themselves lie in the database sealed under the installation's master key.
 *
 * The newest seals; older ones open until rotation has sealed anew what they sealed. A key that another process added is read
 * when it is first met.
 */
@Injectable()
export class RootKeys {
  private known: ReadonlyMap<number, RootKey> = new Map();
  private newest: RootKey | undefined;

  constructor(
    private readonly db: Database,
    private readonly repository: RootKeysRepository,
    @Inject(ROOT_KEY_SECRETS) private readonly secrets: SecretBox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The key that new blobs are sealed under; made where there is none yet. */
  async current(): Promise<RootKey> {
    if (this.newest === undefined) await this.load();
    if (this.newest === undefined) await this.add(1);
    return this.newest ?? raise(new Bug('object-storage.root-key.missing', 'There is no root key.'));
  }

  /** The key of that number. */
  async get(id: number): Promise<RootKey> {
    if (!this.known.has(id)) await this.load();
    return this.known.get(id) ?? raise(new Bug('object-storage.root-key.unknown', `There is no root key ${id}.`));
  }

  /** Whether keys of blobs may be sealed under others than the newest. */
  hasOlder(): boolean {
    return this.known.size > 1;
  }

  /** Begins to use a new key where the newest is older than `lifetime`; answers the newest. */
  async rotate(lifetime: Duration): Promise<RootKey> {
    await this.load();
    const newest = await this.current();
    if (newest.createdAt + lifetime > this.clock.now()) return newest;
    await this.add(newest.id + 1);
    return this.current();
  }

  /** Removes keys that seal nothing any more; answers how many. */
  async retire(): Promise<number> {
    await this.load();
    const newest = await this.current();
    if (newest.createdAt + ORPHAN_AGE > this.clock.now()) return 0; // something staged under an older one may still be committed
    const old = [...this.known.keys()].filter((id) => id < newest.id);
    const gone = await this.db.transaction(async (tx) => {
      let count = 0;
      for (const id of old) count += await this.repository.retire(tx, id) ? 1 : 0;
      return count;
    });
    await this.load();
    return gone;
  }

  private async add(id: number): Promise<void> {
    const sealed = this.secrets.seal(randomBytes(ROOT_KEY_BYTES), contextOf(id));
    await this.repository.add(this.db, { id, sealed, created_at: new Date(this.clock.now()) });
    await this.load();
  }

  private async load(): Promise<void> {
    const rows = await this.repository.all(this.db);
    const keys = rows.map((row) => this.known.get(row.id) ?? this.opened(row));
    this.known = new Map(keys.map((key) => [key.id, key]));
    this.newest = keys.at(-1);
  }

  private opened({ id, sealed, created_at }: RootKeyRow): RootKey {
    return { id, createdAt: created_at.getTime(), box: new SecretBox(new MasterKey(this.secrets.open(sealed, contextOf(id))), 'blob key') };
  }
}

function contextOf(id: number): string {
  return `root key ${id}`;
}
