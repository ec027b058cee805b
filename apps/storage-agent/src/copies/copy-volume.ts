import { MOST_BYTES } from '@virga/driver-volume-file';
import type { VolumeId } from '@virga/kernel';
import type { ExportAddress, VolumeBackend, VolumeBlock, VolumeKey } from '@virga/ports';
import type { TaskContext, TaskOutcome } from '../tasks/index.js';
import type { SourceDisk, SourceDisks } from './source-disks.js';

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
export async function copyVolume(backend: VolumeBackend, sources: SourceDisks, request: CopyRequest, { signal, progress }: TaskContext): Promise<TaskOutcome> {
  const { volumeId, volumeGeneration: generation, key, source } = request;
  const disk = await sources.open(source, signal);
  try {
    await backend.write({ id: volumeId as VolumeId, generation, ...(key && { key }) }, blocksOf(disk, progress), signal);
  } finally {
    await disk.close();
  }
  return { sizeBytes: null, objects: null };
}

async function* blocksOf(disk: SourceDisk, progress: (fraction: number) => void): AsyncGenerator<VolumeBlock> {
  for (let offset = 0; offset < disk.sizeBytes; offset += MOST_BYTES) {
    const bytes = await disk.read(offset, Math.min(MOST_BYTES, disk.sizeBytes - offset));
    if (!isZero(bytes)) yield { offset, bytes };
    progress((offset + bytes.length) / disk.sizeBytes);
  }
}

const isZero = (bytes: Buffer): boolean => bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0;
