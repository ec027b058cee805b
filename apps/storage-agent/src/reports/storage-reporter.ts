import type { MessageBody } from '@virga/contract';
import { exportReport, snapshotReport, storageCommandFailed, storageReport, taskReport, volumeReport } from '@virga/contracts-block-storage';
import { Loop, mapLimit, seconds, type AttachmentId, type SnapshotId, type VolumeId } from '@virga/kernel';
import type { Reporter } from '@virga/messaging';
import type { Logger } from '@virga/observability';
import type { ExportAddress, ObservedStore, VolumeCapacity } from '@virga/ports';
import type { Backends, NamedBackend } from '../backends/index.js';

/**
 * How often the host says that it lives and what it holds.
 *
 * Too low: work for nothing on both sides. Too high: block storage takes a dead host for a living one for longer, and notices
 * later that an export waits for its key.
 */
const HEARTBEAT = seconds(10);
/** A backend that does not say within this what it holds is reported as not available. */
const LOOK_WITHIN = seconds(20);
const BACKENDS_AT_ONCE = 4;

type BackendFact = MessageBody<typeof storageReport>['backends'][number];
type Failure = MessageBody<typeof storageCommandFailed>;
type TaskFact = MessageBody<typeof taskReport>;

export interface ReporterParts {
  host: string;
  availabilityZone: string;
  version: string;
  backends: Backends;
  reporter: Reporter;
  logger: Logger;
}

/**
 * Tells block storage what is so on this host: each thing as soon as it changed, and everything at once every heartbeat, so that
 * a lost report is made good.
 *
 * Theory of operation. A report's number is taken before its facts are looked at. Whatever is reported while a long look is under way
 * is therefore newer than the look, and a volume that was made meanwhile is not taken for one that vanished.
 */
export class StorageReporter {
  private readonly heartbeat: Loop;
  private lastSeenAt: number | undefined;

  constructor(private readonly parts: ReporterParts) {
    this.heartbeat = new Loop({
      rest: HEARTBEAT, turn: (signal) => this.reportAll(signal), failed: (error) => parts.logger.warn('storage not reported', { error }),
    });
  }

  start(): void {
    this.heartbeat.start();
  }

  stop(): Promise<void> {
    return this.heartbeat.stop();
  }

  /** When all backends were last seen to work, for health, in milliseconds of `performance.now`. */
  get seenAt(): number | undefined {
    return this.lastSeenAt;
  }

  /** How the volume is now; `generation` is what a volume that is gone is reported with. */
  async volume(backend: string, id: string, generation: number, signal: AbortSignal): Promise<void> {
    const { sequence, store } = await this.look(backend, signal);
    const found = store.volumes.find((volume) => volume.id === id as VolumeId);
    const fact = found ? { generation: found.generation, sizeBytes: found.sizeBytes } : { generation, sizeBytes: null };
    this.parts.reporter.report(volumeReport, id, { backend, id, ...fact }, sequence);
  }

  /** The same of snapshots. */
  async snapshots(backend: string, asked: { id: string; generation: number }[], signal: AbortSignal): Promise<void> {
    const { sequence, store } = await this.look(backend, signal);
    const known = new Map(store.snapshots.map((snapshot) => [snapshot.id, snapshot]));
    for (const { id, generation } of asked) {
      const { volumeId, sizeBytes, ...found } = known.get(id as SnapshotId) ?? { generation, volumeId: null, sizeBytes: null };
      this.parts.reporter.report(snapshotReport, id, { backend, id, generation: found.generation, volumeId, sizeBytes }, sequence);
    }
  }

  /** Where a host finds its export since this moment. */
  exported(backend: string, { attachmentId, generation, volumeId }: { attachmentId: string; generation: number; volumeId: string }, address: ExportAddress): void {
    this.parts.reporter.report(exportReport, attachmentId, { backend, attachmentId, generation, volumeId, address, isServed: true });
  }

  /** The export is no more. */
  withdrawn(backend: string, attachmentId: AttachmentId, generation: number): void {
    this.parts.reporter.report(exportReport, attachmentId, { backend, attachmentId, generation, volumeId: null, address: null, isServed: false });
  }

  commandFailed(failure: Failure): void {
    this.parts.reporter.report(storageCommandFailed, `${failure.id}/${failure.generation}/${failure.command}`, failure);
  }

  task(fact: TaskFact): void {
    this.parts.reporter.report(taskReport, fact.taskId, fact);
  }

  private async look(name: string, signal: AbortSignal): Promise<{ sequence: number; store: ObservedStore }> {
    const sequence = this.parts.reporter.mark();
    return { sequence, store: await this.parts.backends.get(name).observe(signal) };
  }

  private async reportAll(signal: AbortSignal): Promise<void> {
    const { backends, reporter, host, availabilityZone, version } = this.parts;
    const sequence = reporter.mark();
    const patience = AbortSignal.any([signal, AbortSignal.timeout(LOOK_WITHIN)]);
    const facts = await mapLimit(backends.all, BACKENDS_AT_ONCE, (backend) => this.factOf(backend, patience));
    signal.throwIfAborted();
    if (facts.every(({ isAvailable }) => isAvailable)) this.lastSeenAt = performance.now();
    reporter.report(storageReport, host, { availabilityZone, agentVersion: version, backends: facts }, sequence);
  }

  private async factOf({ name, kind, backend, promises }: NamedBackend, signal: AbortSignal): Promise<BackendFact> {
    const { capabilities } = backend;
    try {
      const { totalBytes, freeBytes, provisionedBytes }: VolumeCapacity = await backend.capacity(signal);
      return { name, kind, capabilities, ...promises, isAvailable: true, totalBytes, freeBytes, provisionedBytes, ...contents(await backend.observe(signal)) };
    } catch (error) {
      this.parts.logger.error('backend not available', { backend: name, error });
      return { name, kind, capabilities, ...promises, isAvailable: false, totalBytes: 0, freeBytes: 0, provisionedBytes: 0, volumes: [], snapshots: [], exports: [] };
    }
  }
}

function contents({ volumes, snapshots }: ObservedStore): Pick<BackendFact, 'volumes' | 'snapshots' | 'exports'> {
  return {
    volumes: volumes.map(({ id, generation, sizeBytes }) => ({ id, generation, sizeBytes })),
    snapshots: snapshots.map(({ id, generation, volumeId, sizeBytes }) => ({ id, generation, volumeId, sizeBytes })),
    exports: volumes.flatMap(({ id: volumeId, exports }) => exports.map(({ attachmentId, generation, address, isServed }) => ({
      attachmentId, generation, volumeId, address: address ?? null, isServed,
    }))),
  };
}
