import type { ExportAddressFact } from '@virga/contracts-block-storage';
import { Conflict, seconds, type Clock, type Duration, type Instant } from '@virga/kernel';
import { wakeKey, type WakeKey } from '@virga/operations';

/** What a storage host said last about a volume on one of its backends; size null: there is none. */
export interface VolumeObservation {
  volumeId: string;
  backend: string;
  /** The newest command that was carried out completely. */
  generation: number;
  sizeBytes: number | null;
}

export interface SnapshotObservation {
  snapshotId: string;
  backend: string;
  generation: number;
  volumeId: string | null;
  sizeBytes: number | null;
}

/** Address null: no host can reach the volume through this attachment. */
export interface ExportObservation {
  attachmentId: string;
  backend: string;
  generation: number;
  volumeId: string | null;
  address: ExportAddressFact | null;
  isServed: boolean;
}

export interface TaskObservation {
  taskId: string;
  generation: number;
  state: 'running' | 'done' | 'failed';
  percent: number;
  sizeBytes: number | null;
  objects: number | null;
  code: string | null;
  message: string | null;
}

/** A command that the backend could not carry out, with the generation of that command. */
export interface StorageFailure {
  backend: string;
  generation: number;
  command: string;
  code: string;
  message: string;
  /** Trying again cannot help. */
  isFinal: boolean;
}

/** What an operation waits for that has told a storage host something about a volume. */
export const volumeFact = (volumeId: string): WakeKey => wakeKey('volume', volumeId);
export const snapshotFact = (snapshotId: string): WakeKey => wakeKey('snapshot', snapshotId);
export const exportFact = (attachmentId: string): WakeKey => wakeKey('export', attachmentId);
export const taskFact = (taskId: string): WakeKey => wakeKey('task', taskId);

/** The storage host has said that it cannot do this, and that trying again cannot help. */
export class HostRefused extends Conflict {
  constructor(failure: { code: string; message: string }) {
    super('block-storage.backend.refused', failure.message, { details: { reason: failure.code } });
  }
}

/** Answers whether the command of this generation, or a later one, failed for the moment; throws `HostRefused` where it was refused for good. */
export function requireNotRefused(failure: StorageFailure | undefined, generation: number): boolean {
  if (failure === undefined || failure.generation < generation) return false;
  if (failure.isFinal) throw new HostRefused(failure);
  return true;
}

/**
 * How long a command may go without a report before it is sent again.
 *
 * Too short: busy hosts, which carry out commands for a volume one after the other, get each of them several times. Too long:
 * a command that was lost (the broker's disk, a host that was reinstalled) holds the volume up for that long.
 */
export const COMMAND_PATIENCE: Duration = seconds(30);

/**
 * How soon those who wait look again after a command that failed for now.
 *
 * Too short: a host in trouble is told the same as fast as it can fail. Too long: users wait although the trouble is over.
 */
export const FAILURE_PAUSE: Duration = seconds(5);

/** Whether a command should be sent once more: nothing came of it for too long, or it failed for the moment. */
export function isOverdue(clock: Clock, requestedAt: Instant | undefined, hasFailed = false): boolean {
  return requestedAt === undefined || clock.now() - requestedAt >= (hasFailed ? FAILURE_PAUSE : COMMAND_PATIENCE);
}
