import type { SnapshotRequest } from '@virga/ports';
import { refused } from './failures.js';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SECTOR_BYTES = 512;
/** QEMU's own limit for qcow2 with clusters of 64 KiB is far above; this keeps sizes exact numbers everywhere. */
const MOST_BYTES = 2 ** 50;

/** Ids become names of files: what is not exactly of their form is refused before it is used. */
export function requireId(kind: string, id: string): void {
  if (!ID.test(id)) throw refused(`the ${kind} id is not a UUID`);
}

export function requireCommand(kind: string, id: string, generation: number): void {
  requireId(kind, id);
  if (!Number.isSafeInteger(generation) || generation < 0) throw refused('the generation is not a whole number');
}

export function requireSize(sizeBytes: number): void {
  const isPossible = Number.isSafeInteger(sizeBytes) && sizeBytes > 0 && sizeBytes <= MOST_BYTES && sizeBytes % SECTOR_BYTES === 0;
  if (!isPossible) throw refused(`a volume cannot have ${sizeBytes} bytes`);
}

export function requireSnapshotRequests(requests: SnapshotRequest[]): void {
  for (const { id, generation, volumeId } of requests) {
    requireCommand('snapshot', id, generation);
    requireId('volume', volumeId);
  }
  if (new Set(requests.map(({ volumeId }) => volumeId)).size !== requests.length) throw refused('one volume cannot be snapshotted twice at the same time');
}
