import { MOST_BYTES, NbdClient } from '@virga/driver-volume-file';
import type { VolumeId } from '@virga/kernel';
import { Refused, type ExportAddress, type VolumeBackend, type VolumeBlock, type VolumeKey } from '@virga/ports';
import type { TaskContext, TaskOutcome } from '../tasks/index.js';

export interface CopyRequest {
  volumeId: string;
  volumeGeneration: number;
  key: VolumeKey | undefined;
  source: ExportAddress;
}

/**
 * The bytes of another backend's volume become those of a new one here. The source does not change while it is read, and what it has of zeros is left
 * out, since a new volume reads as zeros: so doing it again after a failure makes the copy whole.
 */
export async function copyVolume(backend: VolumeBackend, pkiDirectory: string | undefined, request: CopyRequest, { signal, progress }: TaskContext): Promise<TaskOutcome> {
  const { volumeId, volumeGeneration: generation, key, source } = request;
  if (source.kind === 'nbd-tls' && pkiDirectory === undefined) throw new Refused('storage', 'this host has no certificates with which to read volumes of others');
  if (source.kind === 'rbd') throw new Refused('storage', 'volumes of a Ceph pool are not read over the network block device protocol');
  const client = await NbdClient.connectTo(source, pkiDirectory ?? '', signal);
  try {
    await backend.write({ id: volumeId as VolumeId, generation, ...(key && { key }) }, blocksOf(client, progress), signal);
  } finally {
    client.close();
  }
  return { sizeBytes: null, objects: null };
}

async function* blocksOf(client: NbdClient, progress: (fraction: number) => void): AsyncGenerator<VolumeBlock> {
  for (let offset = 0; offset < client.sizeBytes; offset += MOST_BYTES) {
    const bytes = await client.read(offset, Math.min(MOST_BYTES, client.sizeBytes - offset));
    if (!isZero(bytes)) yield { offset, bytes };
    progress((offset + bytes.length) / client.sizeBytes);
  }
}

const isZero = (bytes: Buffer): boolean => bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0;
