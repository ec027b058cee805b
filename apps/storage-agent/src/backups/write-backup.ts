import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { mapLimit, type SnapshotId } from '@virga/kernel';
import { DriverUnavailable, Refused, type ReadableSnapshot, type VolumeBackend, type VolumeKey } from '@virga/ports';
import type { DurableDirectory, TaskContext, TaskOutcome } from '../tasks/index.js';
import type { BackupPlace } from './backup-place.js';
import { ChunkCipher } from './chunk-cipher.js';
import { CHUNK_BYTES, FORMAT, MANIFEST, objectName, planBackup, type BackupPlan, type Chunk, type Manifest, type Piece } from './manifest.js';

/** Each reads, compresses and sends; more would make guests wait for the disk. */
const CHUNKS_AT_ONCE = 2;
const JOURNAL = '.chunks';

export interface BackupRequest {
  taskId: string;
  snapshotId: string;
  since: string | null;
  key: VolumeKey | undefined;
  place: BackupPlace;
}

/** What of a backup is in its place already; the first line says of which. */
interface Journal {
  snapshotId: string;
  since: string | null;
  salt: string;
}

/**
 * Puts a snapshot's bytes, or what differs from an earlier one, into a backup's place.
 *
 * Theory of operation. A snapshot never changes, so that a backup can be broken off anywhere and gone on with: each chunk that is in its
 * place is noted on this host, and what is noted is not sent again. The manifest is written first with the number of objects to come, so
 * that whatever is left of a backup can be found and removed, and last with what each object is. Only a complete manifest makes a backup.
 */
export class BackupWriter {
  constructor(private readonly backend: VolumeBackend, private readonly directory: DurableDirectory, private readonly chunkBytes = CHUNK_BYTES) {}

  async write(request: BackupRequest, { signal, progress }: TaskContext): Promise<TaskOutcome> {
    const { place, key } = request;
    const snapshot: ReadableSnapshot = { snapshotId: request.snapshotId as SnapshotId, ...(key && { key }) };
    const plan = await this.plan(snapshot, request.since, signal);
    const { journal, done } = await this.resumed(request);
    const cipher = key && new ChunkCipher(key, journal.salt);
    const manifest = this.manifest(request, plan, journal);
    await put(place, manifest, signal);
    let finished = done.size;
    const chunks = await allOrNone([...plan.groups.entries()], signal, async ([index, pieces], within) => {
      const known = done.get(objectName(index));
      if (known) return known;
      const chunk = await this.store(snapshot, { object: objectName(index), pieces }, place, cipher, within);
      await this.directory.append(journalName(request), JSON.stringify(chunk));
      progress(++finished / plan.groups.length);
      return chunk;
    });
    await put(place, { ...manifest, isComplete: true, chunks }, signal);
    await this.directory.remove(journalName(request));
    return { sizeBytes: chunks.reduce((sum, { storedBytes }) => sum + storedBytes, 0), objects: chunks.length + 1 };
  }

  private async plan(snapshot: ReadableSnapshot, since: string | null, signal: AbortSignal): Promise<BackupPlan> {
    const found = (await this.backend.observe(signal)).snapshots.find(({ id }) => id === snapshot.snapshotId);
    if (found === undefined) throw new Refused('backup', 'the snapshot to back up is not in this store');
    const changed = since === null ? undefined : await this.backend.changedExtents(snapshot, since as SnapshotId, signal);
    // Where nobody knows what changed, everything is taken to have: larger, and as right.
    return planBackup(changed ?? await this.backend.extents(snapshot, signal), { isFull: since === null, sizeBytes: found.sizeBytes, chunkBytes: this.chunkBytes });
  }

  private manifest({ snapshotId, since, key }: BackupRequest, { sizeBytes, groups, zeros }: BackupPlan, { salt }: Journal): Manifest {
    const encryption = key ? { keyId: key.id, cipher: 'aes-256-gcm' as const, salt } : null;
    return { format: FORMAT, isComplete: false, snapshotId, since, sizeBytes, compression: 'zstd', encryption, objects: groups.length, chunks: [], zeros };
  }

  /** What an earlier attempt has done of the same; a last line that a crash cut off is not believed. */
  private async resumed(request: BackupRequest): Promise<{ journal: Journal; done: Map<string, Chunk> }> {
    const { snapshotId, since } = request;
    const [first, ...lines] = ((await this.directory.read(journalName(request))) ?? '').split('\n').map(parsed);
    const journal = first as Journal | undefined;
    if (journal?.snapshotId === snapshotId && journal.since === since) {
      return { journal, done: new Map((lines as (Chunk | undefined)[]).flatMap((chunk) => (chunk ? [[chunk.object, chunk]] : []))) };
    }
    const fresh = { snapshotId, since, salt: ChunkCipher.newSalt() };
    await this.directory.write(journalName(request), `${JSON.stringify(fresh)}\n`);
    return { journal: fresh, done: new Map() };
  }

  private async store(
    snapshot: ReadableSnapshot, { object, pieces }: { object: string; pieces: Piece[] }, place: BackupPlace, cipher: ChunkCipher | undefined, caller: AbortSignal,
  ): Promise<Chunk> {
    const failing = new AbortController();
    const signal = AbortSignal.any([caller, failing.signal]);
    const hash = createHash('sha256');
    let storedBytes = 0;
    const counted = new Transform({
      transform: (bytes: Buffer, _encoding, passed) => {
        hash.update(bytes);
        storedBytes += bytes.length;
        passed(null, bytes);
      },
    });
    const encryption = cipher?.encrypting(object);
    const stages = [createZstdCompress(), ...(encryption ? [encryption.cipher] : []), counted];
    const reading = pipeline([Readable.from(bytesOf(this.backend, snapshot, pieces, signal)), ...stages], { signal });
    const fail = (error: unknown): void => failing.abort(error);
    // Both, also after one has failed: neither may go on when this throws.
    await Promise.all([reading.catch(fail), place.put(object, counted, signal).catch(fail)]);
    signal.throwIfAborted();
    const facts = { object, pieces, storedBytes, sha256: hash.digest('hex') };
    return encryption ? { ...facts, nonce: encryption.nonce, tag: encryption.cipher.getAuthTag().toString('hex') } : facts;
  }
}

/** The pieces' bytes one after the other. They are read in one go with what is between them: opening costs more than a few megabytes. */
async function* bytesOf(backend: VolumeBackend, snapshot: ReadableSnapshot, pieces: Piece[], signal: AbortSignal): AsyncGenerator<Buffer> {
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) return;
  let at = first[0];
  let wanted = 0;
  for await (const bytes of await backend.read(snapshot, { first: at, last: last[0] + last[1] - 1 }, signal) as AsyncIterable<Buffer>) {
    const end = at + bytes.length;
    for (let piece = pieces[wanted]; piece !== undefined && piece[0] < end; piece = pieces[wanted]) {
      const until = piece[0] + piece[1];
      yield bytes.subarray(Math.max(piece[0], at) - at, Math.min(until, end) - at);
      if (until > end) break;
      wanted += 1;
    }
    at = end;
  }
  if (wanted < pieces.length) throw new DriverUnavailable('backup', { cause: new Error('the snapshot ended before its last piece') });
}

/**
 * The results of all, a few at a time. Where one fails the others are given up, and nothing of them goes on when this throws: an object that is
 * still being sent could replace the one that the next attempt sends.
 */
async function allOrNone<Item, Result>(items: Item[], caller: AbortSignal, work: (item: Item, signal: AbortSignal) => Promise<Result>): Promise<Result[]> {
  const failing = new AbortController();
  const signal = AbortSignal.any([caller, failing.signal]);
  const results = await mapLimit(items, CHUNKS_AT_ONCE, async (item) => {
    if (signal.aborted) return undefined;
    return work(item, signal).catch((error: unknown) => {
      failing.abort(error);
      return undefined;
    });
  });
  signal.throwIfAborted();
  return results.filter((result) => result !== undefined);
}

const journalName = ({ taskId }: { taskId: string }): string => `${taskId}${JOURNAL}`;

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function put(place: BackupPlace, manifest: Manifest, signal: AbortSignal): Promise<void> {
  return place.put(MANIFEST, Readable.from([Buffer.from(JSON.stringify(manifest))]), signal);
}
