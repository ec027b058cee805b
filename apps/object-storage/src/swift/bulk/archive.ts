import { spawn } from 'node:child_process';
import { finished, pipeline, Duplex, Readable, type Writable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ownEntry } from '@virga/kernel';
import { extract, type Headers } from 'tar-stream';
import { withoutEnds } from '../../text/index.js';

export type Compression = 'none' | 'gzip' | 'bzip2';

/** A file in an archive. Its bytes must be read, or let run out, before the next one comes. */
export interface ArchiveFile {
  name: string;
  sizeBytes: number;
  /** Attributes in pax headers, by name as they stand there. */
  attributes: Readonly<Record<string, string>>;
  bytes: Readable;
}

/** The archive is damaged or none; the message says how. */
export class ArchiveInvalid extends Error {}

/** `tar`, `tar.gz` and `tar.bz2`, as `extract-archive` names them, or undefined for anything else. */
export function compressionOf(archiveType: string): Compression | undefined {
  const types: Record<string, Compression> = { tar: 'none', 'tar.gz': 'gzip', 'tar.bz2': 'bzip2' };
  return ownEntry(types, withoutEnds(archiveType.toLowerCase(), '.'));
}

/**
 * The regular files of a tar archive, in order and in constant memory: no more is read of `body` than is consumed. Gzip is
 * unpacked on zlib's threads, bzip2 by a process of its own, so that neither holds up other requests. `body` itself is never
 * destroyed, since an answer still has to go out on its connection; what is left of it runs out unread.
 */
export async function* filesOf(body: Readable, compression: Compression, signal: AbortSignal): AsyncGenerator<ArchiveFile> {
  const archive = extract();
  const entrance = entranceTo(archive, compression);
  // The loop below meets the same error where it waits.
  archive.on('error', () => undefined);
  const stop = (): void => { entrance.destroy(new Error('The upload was broken off.')); };
  const stopWatching = finished(body, { writable: false }, (error) => { if (error) stop(); });
  signal.addEventListener('abort', stop);
  body.pipe(entrance);
  try {
    for await (const entry of archive) {
      const { name, size, type, pax } = entry.header as EntryHeader;
      if (type === 'file' || type === 'contiguous-file') {
        yield { name, sizeBytes: size ?? 0, attributes: pax ?? {}, bytes: entry as unknown as Readable };
      }
      entry.resume();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new ArchiveInvalid(error instanceof Error ? error.message : 'unreadable', { cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
    stopWatching();
    body.unpipe(entrance);
    body.resume();
    entrance.destroy();
  }
}

type Extract = ReturnType<typeof extract>;

/** The package's types do not know that it gives the pax attributes too. */
type EntryHeader = Headers & { pax?: Record<string, string> | null };

/** What the compressed bytes are written to so that the archive comes out in `archive`. */
function entranceTo(archive: Extract, compression: Compression): Writable {
  if (compression === 'none') return archive as unknown as Writable;
  const unpacker = compression === 'gzip' ? createGunzip() : unpackBzip2();
  pipeline(unpacker, archive as unknown as Writable, () => undefined);
  return unpacker;
}

/** Bzip2 has no well-kept library here; the program is in every Debian. It reads and writes pipes only. */
function unpackBzip2(): Duplex {
  const child = spawn('bzip2', ['--decompress', '--stdout'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exit = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error('The bzip2 data is damaged.'))));
  });
  exit.catch(() => undefined);
  // A program that gave up no longer reads; what it says about the data counts, not the broken pipe.
  child.stdin.on('error', () => undefined);
  const unpacked = Duplex.from({ writable: child.stdin, readable: Readable.from(untilExit(child.stdout, exit), { objectMode: false }) });
  unpacked.once('close', () => child.kill('SIGKILL'));
  return unpacked;
}

/** The output is whole only where the program ended well. */
async function* untilExit(output: Readable, exit: Promise<void>): AsyncGenerator<Buffer> {
  for await (const chunk of output) yield chunk as Buffer;
  await exit;
}
