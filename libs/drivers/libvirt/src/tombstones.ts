import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { days, hours, type Clock, type Duration, type Instant, type ServerId } from '@virga/kernel';
import { absent, syncDirectory, writeSynced } from './durable-files.js';

/**
 * How long a removed guest is remembered.
 *
 * Too low: a command that waited longer than this in a queue brings a deleted guest back. Too high: some files of a few
 * bytes. It must exceed the life of any message; the queues drop commands after a day.
 */
export const TOMBSTONE_LIFE = days(7);
const SWEEP_EVERY = hours(1);
const UNFINISHED = '.new';

interface Tombstone {
  generation: number;
  writtenAt: Instant;
}

/**
 * Remembers up to which generation a removed guest's commands are refused.
 *
 * Theory of operation. One file per guest, named after it, holding the generation and the time; written to a temporary name, synced and
 * renamed, and the directory synced, before anything of the guest is removed. So after a crash at any moment either the
 * tombstone exists or the guest still does. A higher generation replaces a lower one, never the other way.
 */
export class Tombstones {
  private sweptAt: Instant = 0;

  private constructor(private readonly directory: string, private readonly clock: Clock, private readonly life: Duration) {}

  /** Creates the directory where it is missing and forgets what has expired. */
  static async open(directory: string, clock: Clock, life: Duration = TOMBSTONE_LIFE): Promise<Tombstones> {
    await mkdir(directory, { recursive: true });
    const tombstones = new Tombstones(directory, clock, life);
    await tombstones.forgetExpired();
    return tombstones;
  }

  /** The generation that killed the guest, or undefined where none did. */
  async find(id: ServerId): Promise<number | undefined> {
    return (await this.read(this.fileOf(id)))?.generation;
  }

  async put(id: ServerId, generation: number): Promise<void> {
    const known = await this.find(id);
    if (known !== undefined && known >= generation) return;
    const temporary = `${this.fileOf(id)}${UNFINISHED}`;
    await writeSynced(temporary, JSON.stringify({ generation, writtenAt: this.clock.now() } satisfies Tombstone));
    await rename(temporary, this.fileOf(id));
    await syncDirectory(this.directory);
    if (this.sweptAt + SWEEP_EVERY < this.clock.now()) await this.forgetExpired();
  }

  async forgetExpired(): Promise<void> {
    this.sweptAt = this.clock.now();
    for (const name of await readdir(this.directory)) {
      if (name.endsWith(UNFINISHED)) continue;
      const file = join(this.directory, name);
      const tombstone = await this.read(file);
      if (tombstone && tombstone.writtenAt + this.life < this.clock.now()) await rm(file, { force: true });
    }
  }

  private async read(file: string): Promise<Tombstone | undefined> {
    const text = await readFile(file, 'utf8').catch(absent);
    return text === undefined ? undefined : JSON.parse(text) as Tombstone;
  }

  private fileOf(id: ServerId): string {
    return join(this.directory, id);
  }
}
