import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, days, type Duration, type ServerId } from '@virga/kernel';
import { absent, syncDirectory, writeSynced } from './durable-files.js';

/**
 * How long a removed guest is remembered.
 *
 * Too low: a command that waited longer than this in a queue brings a deleted guest back. Too high: some files of a few
 * bytes. It must exceed the life of any message; the queues drop commands after a day.
 */
export const TOMBSTONE_LIFE = days(7);

/**
 * Remembers up to which generation a removed guest's commands are refused.
 *
 * Theory of operation. One file per guest, named after it, holding the generation; written to a temporary name, synced and
 * renamed, and the directory synced, before anything of the guest is removed. So after a crash at any moment either the
 * tombstone exists or the guest still does. A higher generation replaces a lower one, never the other way.
 */
export class Tombstones {
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
    const text = await readFile(this.fileOf(id), 'utf8').catch(absent);
    const generation = text === undefined ? NaN : Number(text);
    return Number.isSafeInteger(generation) ? generation : undefined;
  }

  async put(id: ServerId, generation: number): Promise<void> {
    const known = await this.find(id);
    if (known !== undefined && known >= generation) return;
    const temporary = `${this.fileOf(id)}.new`;
    await writeSynced(temporary, String(generation));
    await rename(temporary, this.fileOf(id));
    await syncDirectory(this.directory);
  }

  async forgetExpired(): Promise<void> {
    for (const name of await readdir(this.directory)) {
      const file = join(this.directory, name);
      const found = await stat(file).catch(absent);
      if (found !== undefined && found.mtimeMs + this.life < this.clock.now()) await rm(file, { force: true });
    }
  }

  private fileOf(id: ServerId): string {
    return join(this.directory, id);
  }
}
