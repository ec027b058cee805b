import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { VolumeId } from '@virga/kernel';
import { DriverUnavailable, Refused, type ReadableVolume, type VolumeBackend, type VolumeKey } from '@virga/ports';
import type { TaskContext, TaskOutcome } from '../tasks/index.js';
import type { ImageService, ImageState } from './image-service.js';
import { qcow2Bytes, qcow2Of, UsedClusters } from './qcow2-stream.js';

export interface UploadRequest {
  volumeId: string;
  key: VolumeKey | undefined;
  imageId: string;
  diskFormat: 'raw' | 'qcow2';
  ticket: string;
}

/** The image as it is sent: its bytes, which can be read again, and how many they are. */
interface Content {
  sizeBytes: number;
  bytes: () => Promise<AsyncIterable<Buffer>>;
}

/**
 * A volume's bytes become an image's data.
 *
 * Theory of operation. Nothing is kept on this host: a qcow2 file is made while it is sent, after the volume was looked through once for what is
 * empty. The image service takes all of the bytes or none, so a failure leaves an image that still waits for them. If this process dies, or the
 * answer is lost, when all of them were taken, the repetition finds an image that has bytes: the volume, which nobody changes meanwhile, is read
 * once more, and what it would send must be what the image holds.
 */
export async function uploadVolume(backend: VolumeBackend, images: ImageService, request: UploadRequest, { signal, progress }: TaskContext): Promise<TaskOutcome> {
  const { imageId, ticket, diskFormat, key } = request;
  const volume: ReadableVolume = { volumeId: request.volumeId as VolumeId, ...(key && { key }) };
  const found = (await backend.observe(signal)).volumes.find(({ id }) => id === volume.volumeId);
  if (found === undefined) throw new Refused('storage', 'the volume to upload is not in this store');
  const state = await images.state(imageId, ticket, signal);
  if (state.status !== 'active') requireWaiting(state, imageId);
  const { sizeBytes } = found;
  const passes = diskFormat === 'raw' ? 1 : 2;
  const read = async (pass: number): Promise<AsyncIterable<Buffer>> =>
    counted(await backend.read(volume, undefined, signal), (bytes) => progress((pass + bytes / sizeBytes) / passes));
  const content = diskFormat === 'raw' ? { sizeBytes, bytes: () => read(0) } : await asQcow2(read, sizeBytes);
  if (state.status === 'active') await requireSame(state, content, imageId);
  else await images.write(imageId, ticket, Readable.from(await content.bytes(), { objectMode: false }), content.sizeBytes, signal);
  return { sizeBytes: content.sizeBytes, objects: null };
}

async function asQcow2(read: (pass: number) => Promise<AsyncIterable<Buffer>>, sizeBytes: number): Promise<Content> {
  const used = await UsedClusters.of(await read(0), sizeBytes);
  return { sizeBytes: qcow2Bytes(used), bytes: async () => qcow2Of(await read(1), used) };
}

/** An upload that broke off, of ours perhaps, holds the image for a while: then this is tried again. */
function requireWaiting({ status }: ImageState, imageId: string): void {
  if (status === 'saving') throw new DriverUnavailable('image', { cause: new Error(`image ${imageId} is being written`) });
  if (status !== 'queued') throw new Refused('image', `image ${imageId} is ${status} and takes no bytes`);
}

async function requireSame(state: ImageState, content: Content, imageId: string): Promise<void> {
  const hash = createHash('sha512');
  let sizeBytes = 0;
  for await (const piece of await content.bytes()) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  if (sizeBytes !== state.sizeBytes || hash.digest('hex') !== state.sha512) throw new Refused('image', `image ${imageId} has other bytes already`);
}

async function* counted(bytes: AsyncIterable<Buffer>, tell: (bytes: number) => void): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const piece of bytes) {
    yield piece;
    tell(read += piece.length);
  }
}
