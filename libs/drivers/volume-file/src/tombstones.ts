import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { days, type Clock, type Instant } from '@virga/kernel';
import { Outdated } from '@virga/ports';
import { ensurePrivateDirectory, isUnfinished, readJson, removeDurably, writeDurably } from './durable-files.js';

/**
 * How long a removed thing is remembered.
 *
 * Too low: a command that waited longer than this in a queue brings it back. Too high: some files of a few bytes. It must
 * exceed the life of any message; the queues drop commands after a day.
 */
export const TOMBSTONE_LIFE = days(7);

interface Tombstone {
  id: string;
  generation: number;
  writtenAt: Instant;
}

/** Up to which generation the commands for a removed volume, snapshot or attachment are refused; durable before it is removed. */
export class Tombstones {
  private readonly known = new Map<string, Tombstone>();

  private constructor(private readonly directory: string, private readonly clock: Clock) {}

  static async open(directory: string, clock: Clock): Promise<Tombstones> {
    await ensurePrivateDirectory(directory);
    const tombstones = new Tombstones(directory, clock);
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      const tombstone = isUnfinished(name) ? undefined : await readJson<Tombstone>(path);
      if (tombstone) tombstones.known.set(tombstone.id, tombstone);
      else await removeDurably(path);
    }
    await tombstones.forgetExpired();
    return tombstones;
  }

  /** Throws `Outdated` for a command that is not newer than the one which removed the thing. */
  requireNewer(kind: string, id: string, generation: number): void {
    const dead = this.known.get(id);
    if (dead !== undefined && dead.generation >= generation) throw new Outdated(kind, id);
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  async put(id: string, generation: number): Promise<void> {
    const known = this.known.get(id);
    if (known !== undefined && known.generation >= generation) return;
    const tombstone: Tombstone = { id, generation, writtenAt: this.clock.now() };
    await writeDurably(this.fileOf(id), JSON.stringify(tombstone));
    this.known.set(id, tombstone);
  }

  async forgetExpired(): Promise<void> {
    for (const { id, writtenAt } of [...this.known.values()]) {
      if (writtenAt + TOMBSTONE_LIFE >= this.clock.now()) continue;
      await removeDurably(this.fileOf(id));
      this.known.delete(id);
    }
  }

  private fileOf(id: string): string {
    return join(this.directory, `${id}.json`);
  }
}
