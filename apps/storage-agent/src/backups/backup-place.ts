import { createWriteStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BackupPlace as PlaceCommand } from '@virga/contracts-block-storage';
import { minutes } from '@virga/kernel';
import { DriverUnavailable, Refused } from '@virga/ports';

/** Too low: a slow object store never takes a chunk. Too high: a hung one holds a task for so long before it is begun again. */
const OBJECT_WITHIN = minutes(10);

/** Where the objects of one backup are. Names are ours; the backup's prefix stands before each. */
export interface BackupPlace {
  /** The object holds exactly these bytes, or is as it was. */
  put(name: string, bytes: Readable, signal: AbortSignal): Promise<void>;
  /** All of it; undefined where there is none. `Refused` where it is larger than `mostBytes`. */
  get(name: string, mostBytes: number, signal: AbortSignal): Promise<Buffer | undefined>;
  /** One that is not there is no fault. */
  remove(name: string, signal: AbortSignal): Promise<void>;
}

/** The place that a command names; `directory` is where this host keeps backups that go to no object store. */
export function placeOf(command: PlaceCommand, directory: string): BackupPlace {
  return command.kind === 'objects' ? new ObjectPlace(command) : new DirectoryPlace(directory, command.prefix);
}

/** Objects in a container, over HTTP, by a URL that was signed for this backup. */
class ObjectPlace implements BackupPlace {
  constructor(private readonly where: { containerUrl: string; prefix: string; pass: string }) {}

  async put(name: string, bytes: Readable, signal: AbortSignal): Promise<void> {
    const answer = await this.ask(name, signal, { method: 'PUT', body: bytes, duplex: 'half', headers: { 'content-type': 'application/octet-stream' } });
    await answer.arrayBuffer();
    if (answer.status === 413) throw new Refused('backup', 'the container takes no more: a quota is exceeded');
    if (answer.status === 404) throw new Refused('backup', 'the container for the backup is gone');
    requireOk(answer, name);
  }

  async get(name: string, mostBytes: number, signal: AbortSignal): Promise<Buffer | undefined> {
    const answer = await this.ask(name, signal, { method: 'GET' });
    if (answer.status === 404) {
      await answer.arrayBuffer();
      return undefined;
    }
    requireOk(answer, name);
    return whole(answer.body === null ? [] : Readable.fromWeb(answer.body as never), mostBytes, name);
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    const answer = await this.ask(name, signal, { method: 'DELETE' });
    await answer.arrayBuffer();
    if (answer.status !== 404) requireOk(answer, name);
  }

  private async ask(name: string, signal: AbortSignal, request: Record<string, unknown>): Promise<Response> {
    const { containerUrl, prefix, pass } = this.where;
    const path = `${prefix}${name}`.split('/').map(encodeURIComponent).join('/');
    const limit = AbortSignal.any([signal, AbortSignal.timeout(OBJECT_WITHIN)]);
    return fetch(`${containerUrl}/${path}?${pass}`, { ...request, signal: limit } as RequestInit).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new DriverUnavailable('backup', { cause });
    });
  }
}

const PREFIX = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,500}$/;

/** Files below a directory of this host, which may be another machine's: nothing is taken for stored that was not synced. */
class DirectoryPlace implements BackupPlace {
  constructor(private readonly root: string, private readonly prefix: string) {
    if (!PREFIX.test(prefix) || prefix.split('/').some((part) => part === '..' || part === '.')) throw new Refused('backup', 'the prefix is no path below the backup directory');
  }

  async put(name: string, bytes: Readable, signal: AbortSignal): Promise<void> {
    const path = this.pathOf(name);
    await this.trying(signal, async () => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await pipeline(bytes, createWriteStream(`${path}.new`, { mode: 0o600, flush: true }), { signal });
      await rename(`${path}.new`, path);
      const directory = await open(dirname(path), 'r');
      await directory.sync().finally(() => directory.close());
    });
  }

  get(name: string, mostBytes: number, signal: AbortSignal): Promise<Buffer | undefined> {
    return this.trying(signal, async () => {
      const bytes = await readFile(this.pathOf(name), { signal }).catch(absent);
      if (bytes !== undefined && bytes.length > mostBytes) throw tooLarge(name);
      return bytes;
    });
  }

  async remove(name: string, signal: AbortSignal): Promise<void> {
    const path = this.pathOf(name);
    await this.trying(signal, async () => {
      for (const file of [path, `${path}.new`]) await rm(file, { force: true });
      // The backup's own directory goes with its last file.
      await rmdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
        if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code ?? '')) throw error;
      });
    });
  }

  private pathOf(name: string): string {
    return join(this.root, `${this.prefix}${name}`);
  }

  private async trying<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      signal.throwIfAborted();
      throw cause instanceof Refused ? cause : new DriverUnavailable('backup', { cause });
    }
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

const tooLarge = (name: string): Refused => new Refused('backup', `the object ${name} is larger than it can be: the backup is damaged`);

async function whole(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, mostBytes: number, name: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of bytes) {
      length += chunk.length;
      if (length > mostBytes) throw tooLarge(name);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof Refused ? cause : new DriverUnavailable('backup', { cause });
  }
  return Buffer.concat(chunks);
}

/** An expired pass is no end: the command comes again with another. */
function requireOk(answer: Response, name: string): void {
  if (!answer.ok) throw new DriverUnavailable('backup', { cause: new Error(`the object store answered ${answer.status} for ${name}`) });
}
