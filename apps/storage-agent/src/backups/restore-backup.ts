import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { VolumeId } from '@virga/kernel';
import { Refused, type VolumeBackend, type VolumeBlock, type VolumeKey } from '@virga/ports';
import type { TaskContext, TaskOutcome } from '../tasks/index.js';
import type { BackupPlace } from './backup-place.js';
import { ChunkCipher } from './chunk-cipher.js';
import { CHUNK_BYTES, MANIFEST, MOST_MANIFEST_BYTES, MOST_STORED_BYTES, parseManifest, type Chunk, type Manifest, type Piece } from './manifest.js';

export interface RestoreRequest {
  volumeId: string;
  volumeGeneration: number;
  key: VolumeKey | undefined;
  /** The full backup first. */
  chain: { backupId: string; place: BackupPlace }[];
  /** The key that an encrypted backup was written with, which may be another volume's. */
  keyOf: (keyId: string, signal: AbortSignal) => Promise<VolumeKey | undefined>;
}

interface Link {
  backupId: string;
  place: BackupPlace;
  manifest: Manifest;
  cipher: ChunkCipher | undefined;
}

/** As much of nothing as is written at a time. */
const ZEROS = Buffer.alloc(2 ** 20);

/**
 * Gives a volume the bytes of a backup.
 *
 * Theory of operation. The full backup is written first, with zeros where it holds nothing, and then each difference over it. Every object is
 * checked against the manifest before anything of it is written, and, where it is encrypted, against its own seal. A failure leaves a volume that is
 * half restored; doing it again from the beginning makes it whole.
 */
export async function restoreBackup(backend: VolumeBackend, request: RestoreRequest, { signal, progress }: TaskContext): Promise<TaskOutcome> {
  const links: Link[] = [];
  for (const { backupId, place } of request.chain) links.push(await linkOf(backupId, place, request, signal));
  requireChain(links);
  const { volumeId, volumeGeneration: generation, key } = request;
  const all = links.reduce((sum, { manifest }) => sum + manifest.chunks.length, 0);
  let written = 0;
  const blocks = async function* (): AsyncGenerator<VolumeBlock> {
    for (const link of links) {
      yield* zeros(link.manifest);
      for (const chunk of link.manifest.chunks) {
        yield* blocksOf(link, chunk, signal);
        progress(++written / all);
      }
    }
  };
  await backend.write({ id: volumeId as VolumeId, generation, ...(key && { key }) }, blocks(), signal);
  return { sizeBytes: null, objects: null };
}

async function linkOf(backupId: string, place: BackupPlace, { keyOf }: RestoreRequest, signal: AbortSignal): Promise<Link> {
  const bytes = await place.get(MANIFEST, MOST_MANIFEST_BYTES, signal);
  if (bytes === undefined) throw new Refused('backup', `backup ${backupId} is not in its place`);
  const manifest = parseManifest(bytes);
  if (!manifest.isComplete) throw new Refused('backup', `backup ${backupId} was never finished`);
  const key = manifest.encryption && await keyOf(manifest.encryption.keyId, signal);
  return { backupId, place, manifest, cipher: manifest.encryption && key ? new ChunkCipher(key, manifest.encryption.salt) : undefined };
}

/** Each must differ from the one before: anything else would be bytes that never were together. */
function requireChain(links: Link[]): void {
  for (const [index, { backupId, manifest }] of links.entries()) {
    const before = links[index - 1]?.manifest.snapshotId ?? null;
    if (manifest.since !== before) throw new Refused('backup', `backup ${backupId} does not follow the one before it in the chain`);
  }
}

function* zeros({ since, sizeBytes, chunks, zeros: named }: Manifest): Generator<VolumeBlock> {
  for (const [offset, length] of since === null ? gaps(chunks, sizeBytes) : named) {
    for (let at = offset; at < offset + length; at += ZEROS.length) yield { offset: at, bytes: ZEROS.subarray(0, Math.min(ZEROS.length, offset + length - at)) };
  }
}

/** What is in no piece. */
function* gaps(chunks: Chunk[], sizeBytes: number): Generator<Piece> {
  let at = 0;
  for (const [offset, length] of chunks.flatMap(({ pieces }) => pieces)) {
    if (offset > at) yield [at, offset - at];
    at = offset + length;
  }
  if (at < sizeBytes) yield [at, sizeBytes - at];
}

async function* blocksOf({ backupId, place, cipher }: Link, chunk: Chunk, signal: AbortSignal): AsyncGenerator<VolumeBlock> {
  const damaged = (cause?: unknown): Refused => new Refused('backup', `object ${chunk.object} of backup ${backupId} is damaged`, { cause });
  const stored = await place.get(chunk.object, MOST_STORED_BYTES, signal);
  if (stored === undefined) throw new Refused('backup', `object ${chunk.object} of backup ${backupId} is gone`);
  if (createHash('sha256').update(stored).digest('hex') !== chunk.sha256) throw damaged();
  const whole = await unpacked(stored, chunk, cipher).catch((cause: unknown) => { throw damaged(cause); });
  if (whole.length !== chunk.pieces.reduce((sum, [, length]) => sum + length, 0)) throw damaged();
  let at = 0;
  for (const [offset, length] of chunk.pieces) {
    yield { offset, bytes: whole.subarray(at, at + length) };
    at += length;
  }
}

async function unpacked(stored: Buffer, { object, nonce = '', tag = '' }: Chunk, cipher: ChunkCipher | undefined): Promise<Buffer> {
  const decipher = cipher?.decrypting(object, nonce, tag);
  const compressed = decipher ? Buffer.concat([decipher.update(stored), decipher.final()]) : stored;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of Readable.from([compressed]).pipe(createZstdDecompress()) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > CHUNK_BYTES) throw new Error('The chunk unpacks to more than a chunk can hold.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
