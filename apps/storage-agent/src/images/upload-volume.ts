import { Readable } from 'node:stream';
import type { VolumeId } from '@virga/kernel';
import { Refused, type ReadableVolume, type VolumeBackend, type VolumeKey } from '@virga/ports';
import type { TaskContext, TaskOutcome } from '../tasks/index.js';
import type { ImageService } from './image-service.js';
import { qcow2Bytes, qcow2Of, UsedClusters } from './qcow2-stream.js';

export interface UploadRequest {
  volumeId: string;
  key: VolumeKey | undefined;
  imageId: string;
  diskFormat: 'raw' | 'qcow2';
  ticket: string;
}

/**
 * A volume's bytes become an image's data.
 *
 * Theory of operation. Nothing is kept on this host: a qcow2 file is made while it is sent, after the volume was looked through once for what is
 * empty. The image service takes all of the bytes or none, so a failure leaves an image that still waits for them.
 */
export async function uploadVolume(backend: VolumeBackend, images: ImageService, request: UploadRequest, { signal, progress }: TaskContext): Promise<TaskOutcome> {
  const { imageId, ticket, diskFormat, key } = request;
  const volume: ReadableVolume = { volumeId: request.volumeId as VolumeId, ...(key && { key }) };
  const found = (await backend.observe(signal)).volumes.find(({ id }) => id === volume.volumeId);
  if (found === undefined) throw new Refused('storage', 'the volume to upload is not in this store');
  const { sizeBytes } = found;
  const passes = diskFormat === 'raw' ? 1 : 2;
  const read = async (pass: number): Promise<AsyncIterable<Buffer>> =>
    counted(await backend.read(volume, undefined, signal), (bytes) => progress((pass + bytes / sizeBytes) / passes));
  if (diskFormat === 'raw') {
    await images.write(imageId, ticket, Readable.from(await read(0), { objectMode: false }), sizeBytes, signal);
    return { sizeBytes, objects: null };
  }
  const used = await UsedClusters.of(await read(0), sizeBytes);
  await images.write(imageId, ticket, Readable.from(qcow2Of(await read(1), used), { objectMode: false }), qcow2Bytes(used), signal);
  return { sizeBytes: qcow2Bytes(used), objects: null };
}

async function* counted(bytes: AsyncIterable<Buffer>, tell: (bytes: number) => void): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const piece of bytes) {
    yield piece;
    tell(read += piece.length);
  }
}
