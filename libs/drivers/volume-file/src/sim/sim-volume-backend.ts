import { Readable } from 'node:stream';
import { only, unlessAborted, type AttachmentId, type SnapshotId, type VolumeId } from '@virga/kernel';
import {
  CommandTurns, DriverUnavailable, Outdated,
  type ExportAddress, type ExportRequest, type Extent, type ObservedStore, type ReadableSnapshot, type ReadableVolume, type ResizeRequest,
  type RevertRequest, type SnapshotRequest, type VolumeBackend, type VolumeBlock, type VolumeCapabilities, type VolumeCapacity,
  type VolumeKey, type VolumeSpec, type WriteRequest,
} from '@virga/ports';
import { requireExportable, requireFree } from '../export-rules.js';
import { refused } from '../failures.js';
import type { ExportRecord } from '../catalog.js';
import { requireCommand, requireId, requireSize, requireSnapshotRequests } from '../request-rules.js';
import { VolumeKeys } from '../volume-keys.js';
import { SimDisk } from './sim-disk.js';

export interface SimVolumeOptions {
  ownHost?: string;
  totalBytes?: number;
}

interface SimVolume {
  id: VolumeId;
  generation: number;
  carriedOut: number;
  sizeBytes: number;
  keyId?: string;
  disk: SimDisk;
  exports: ExportRecord[];
}

interface SimSnapshot {
  id: SnapshotId;
  generation: number;
  volumeId: VolumeId;
  sizeBytes: number;
  keyId: string | undefined;
  disk: SimDisk;
}

/** What a guest sees of an export, for tests. */
export interface SimGuestDisk {
  sizeBytes(): number;
  read(offset: number, length: number): Buffer;
  write(offset: number, bytes: Buffer): void;
}

/**
 * A place for volumes in memory, as honest as the conformance suite makes it: the same refusals, tombstones, generations and
 * order of commands as `VolumeFileBackend`, with disks that hold what is written to them.
 *
 * Deterministic: nothing waits for time. Tests steer it: `fail` the next calls, `freeze` it (calls wait until it is thawed or
 * they give up), let it `vanish` (as with a dead storage host) and `comeBack`, with its keys forgotten.
 */
export class SimVolumeBackend implements VolumeBackend {
  readonly capabilities: VolumeCapabilities = {
    isThin: true, isEncrypting: true, growsAttached: true, snapshotsTogether: true, isMultiattach: true,
  };

  private readonly volumes = new Map<VolumeId, SimVolume>();
  private readonly snapshots = new Map<SnapshotId, SimSnapshot>();
  private readonly tombstones = new Map<string, number>();
  private readonly turns = new CommandTurns();
  private readonly unserved = new Set<AttachmentId>();
  private readonly keys = new VolumeKeys();
  private failures = 0;
  private isGone = false;
  private frozen: { thawed: Promise<void>; thaw(): void } | undefined;

  constructor(private readonly options: SimVolumeOptions = {}) {}

  /** The next `count` calls fail as if the store had hiccups. */
  fail(count: number): void {
    this.failures = count;
  }

  /** Every call waits until `thaw`, or until its signal aborts. */
  freeze(): void {
    if (this.frozen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.frozen = { thawed: promise, thaw: resolve };
  }

  thaw(): void {
    this.frozen?.thaw();
    this.frozen = undefined;
  }

  /** The storage host is dead until `comeBack`. */
  vanish(): void {
    this.isGone = true;
  }

  /** It runs again: plain exports are served, encrypted ones wait for their keys. */
  comeBack(): void {
    this.isGone = false;
    for (const { keyId, exports } of this.volumes.values()) {
      this.keys.forget(keyId);
      if (keyId !== undefined) for (const { attachmentId } of exports) this.unserved.add(attachmentId);
    }
  }

  /** A guest that opened the export; its calls throw as soon as it may not any more. */
  connect(address: ExportAddress): SimGuestDisk {
    const exportName = address.kind === 'rbd' ? address.user : address.exportName;
    const volume = (): SimVolume => {
      const found = [...this.volumes.values()].find(({ exports }) => exports.some((record) => record.attachmentId === exportName));
      if (found === undefined || this.isGone || this.unserved.has(exportName as AttachmentId)) throw new Error('the guest cannot reach its disk');
      return found;
    };
    return {
      sizeBytes: () => volume().sizeBytes,
      read: (offset, length) => volume().disk.read(offset, length),
      write: (offset, bytes) => {
        const { disk, exports } = volume();
        if (exports.some((record) => record.attachmentId === exportName && record.isReadOnly)) throw new Error('the disk is read-only');
        disk.write(offset, bytes);
      },
    };
  }

  async capacity(signal: AbortSignal): Promise<VolumeCapacity> {
    await this.reach(signal);
    const { totalBytes = 2 ** 40 } = this.options;
    const provisionedBytes = [...this.volumes.values(), ...this.snapshots.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { totalBytes, freeBytes: Math.max(0, totalBytes - provisionedBytes), provisionedBytes, volumes: this.volumes.size };
  }

  async observe(signal: AbortSignal): Promise<ObservedStore> {
    await this.reach(signal);
    return {
      volumes: [...this.volumes.values()].map(({ id, carriedOut, sizeBytes, keyId, exports }) => ({
        id, generation: carriedOut, sizeBytes, keyId,
        exports: exports.map((record) => ({
          attachmentId: record.attachmentId, generation: record.generation, host: record.host,
          address: this.addressOf(record), isServed: !this.unserved.has(record.attachmentId),
        })),
      })),
      snapshots: [...this.snapshots.values()].map(({ id, generation, volumeId, sizeBytes }) => ({ id, generation, volumeId, sizeBytes })),
    };
  }

  async ensureVolume(spec: VolumeSpec, caller: AbortSignal): Promise<void> {
    requireSize(spec.sizeBytes);
    await this.inTurn('volume', spec, caller, async (signal) => {
      const { id, generation, sizeBytes, key } = spec;
      const volume = this.find(id, generation);
      if (volume) { Object.assign(volume, { generation, carriedOut: generation }); return; }
      const disk = await this.diskFrom(spec, signal);
      this.volumes.set(id, { id, generation, carriedOut: generation, sizeBytes, disk, exports: [], ...(key && { keyId: key.id }) });
    });
  }

  async ensureSize({ id, generation, sizeBytes, key }: ResizeRequest, caller: AbortSignal): Promise<void> {
    requireSize(sizeBytes);
    await this.changing({ id, generation }, caller, async (volume) => {
      if (sizeBytes < volume.sizeBytes) throw refused(`the volume has ${volume.sizeBytes} bytes already and cannot shrink`);
      if (sizeBytes > volume.sizeBytes) this.keys.require(volume.keyId, key);
      volume.sizeBytes = sizeBytes;
      volume.disk.sizeBytes = sizeBytes;
    });
  }

  async ensureSnapshots(requests: SnapshotRequest[], signal: AbortSignal): Promise<void> {
    requireSnapshotRequests(requests);
    await this.reach(signal);
    for (const { id, generation } of requests) {
      this.requireNewer('snapshot', id, generation);
      if ((this.snapshots.get(id)?.generation ?? 0) > generation) throw new Outdated('snapshot', id);
    }
    const due = requests.filter(({ id }) => !this.snapshots.has(id));
    const volumes = due.map(({ volumeId, key }) => {
      const volume = this.requireVolume(volumeId);
      this.keys.require(volume.keyId, key);
      return volume;
    });
    for (const [index, { id, generation, volumeId }] of due.entries()) {
      const volume = volumes[index] ?? this.requireVolume(volumeId);
      this.snapshots.set(id, { id, generation, volumeId, sizeBytes: volume.sizeBytes, keyId: volume.keyId, disk: volume.disk.copy() });
    }
  }

  async ensureReverted({ id, generation, snapshotId, key }: RevertRequest, caller: AbortSignal): Promise<void> {
    await this.changing({ id, generation }, caller, async (volume) => {
      if (volume.carriedOut >= generation) return;
      requireFree(volume);
      const snapshot = this.requireSnapshot(snapshotId);
      if (snapshot.volumeId !== id) throw refused('the snapshot is of another volume');
      this.keys.require(volume.keyId, key);
      volume.disk = snapshot.disk.copy(volume.sizeBytes);
    });
  }

  async ensureNoSnapshot(id: SnapshotId, generation: number, caller: AbortSignal): Promise<void> {
    await this.inTurn('snapshot', { id, generation }, caller, async () => {
      if ((this.snapshots.get(id)?.generation ?? 0) > generation) throw new Outdated('snapshot', id);
      this.bury(id, generation);
      this.snapshots.delete(id);
    }, { mayBeDead: true });
  }

  async ensureNoVolume(id: VolumeId, generation: number, caller: AbortSignal): Promise<void> {
    await this.inTurn('volume', { id, generation }, caller, async () => {
      const volume = this.find(id, generation);
      if (volume) requireFree(volume);
      this.bury(id, generation);
      this.volumes.delete(id);
    }, { mayBeDead: true });
  }

  async ensureExport(request: ExportRequest, caller: AbortSignal): Promise<ExportAddress> {
    const { attachmentId, generation, volumeId, key } = request;
    requireId('volume', volumeId);
    return this.inTurn('attachment', { id: attachmentId, generation }, caller, async () => {
      const volume = this.requireVolume(volumeId);
      const record = requireExportable(volume, request, this.findExport(attachmentId)?.volume.id);
      const known = this.keys.find(volume.keyId, key);
      const isServed = this.findExport(attachmentId) !== undefined && !this.unserved.has(attachmentId);
      if (!isServed) this.keys.require(volume.keyId, key);
      volume.exports = [...volume.exports.filter((other) => other.attachmentId !== attachmentId), record];
      this.keys.remember(known);
      this.unserved.delete(attachmentId);
      return this.addressOf(record);
    });
  }

  async ensureNoExport(attachmentId: AttachmentId, generation: number, caller: AbortSignal): Promise<void> {
    await this.inTurn('attachment', { id: attachmentId, generation }, caller, async () => {
      const found = this.findExport(attachmentId);
      if (found && found.record.generation > generation) throw new Outdated('attachment', attachmentId);
      this.bury(attachmentId, generation);
      if (found === undefined) return;
      found.volume.exports = found.volume.exports.filter((other) => other.attachmentId !== attachmentId);
      const { keyId } = found.volume;
      if (![...this.volumes.values()].some((other) => other.keyId === keyId && other.exports.length > 0)) this.keys.forget(keyId);
    }, { mayBeDead: true });
  }

  async read(source: ReadableVolume, range: { first: number; last: number } | undefined, signal: AbortSignal): Promise<Readable> {
    await this.reach(signal);
    const { disk } = 'snapshotId' in source ? this.readableSnapshot(source) : this.freeVolume(source);
    const first = range?.first ?? 0;
    const last = Math.min(range?.last ?? Infinity, disk.sizeBytes - 1);
    return Readable.from([disk.read(first, last + 1 - first)], { objectMode: false });
  }

  async extents(snapshot: ReadableSnapshot, signal: AbortSignal): Promise<Extent[]> {
    await this.reach(signal);
    return this.readableSnapshot(snapshot).disk.extents();
  }

  async changedExtents(snapshot: ReadableSnapshot, since: SnapshotId, signal: AbortSignal): Promise<Extent[] | undefined> {
    await this.reach(signal);
    const { disk, volumeId } = this.readableSnapshot(snapshot);
    const earlier = this.snapshots.get(since);
    return earlier?.volumeId === volumeId ? disk.changedSince(earlier.disk) : undefined;
  }

  async write({ id, generation, key }: WriteRequest, blocks: AsyncIterable<VolumeBlock>, caller: AbortSignal): Promise<void> {
    await this.changing({ id, generation }, caller, async (volume, signal) => {
      requireFree(volume);
      this.keys.require(volume.keyId, key);
      for await (const { offset, bytes } of blocks) {
        signal.throwIfAborted();
        if (offset < 0 || offset + bytes.length > volume.sizeBytes) throw refused(`bytes ${offset} to ${offset + bytes.length} are not within the volume's ${volume.sizeBytes}`);
        volume.disk.write(offset, bytes);
      }
    });
  }

  async tend(signal: AbortSignal): Promise<void> {
    await this.reach(signal);
  }

  private async diskFrom({ source, sizeBytes, key }: VolumeSpec, signal: AbortSignal): Promise<SimDisk> {
    if (source.kind === 'empty') return SimDisk.empty(sizeBytes);
    if (source.kind === 'image') return this.diskFromImage(source, sizeBytes, signal);
    const from = source.kind === 'volume' ? this.requireVolume(source.volumeId) : this.requireSnapshot(source.snapshotId);
    this.keys.require(from.keyId, key);
    if (from.sizeBytes > sizeBytes) throw refused(`the volume needs ${from.sizeBytes} bytes at least, as what it is made from`);
    return from.disk.copy(sizeBytes);
  }

  /** A qcow2 image's disk is not unpacked: it is taken for one of zeros. */
  private async diskFromImage(image: Extract<VolumeSpec['source'], { kind: 'image' }>, sizeBytes: number, signal: AbortSignal): Promise<SimDisk> {
    if (image.format === 'raw' && image.sizeBytes > sizeBytes) throw refused(`the image needs a volume of ${image.sizeBytes} bytes`);
    const disk = SimDisk.empty(sizeBytes);
    const bytes = await image.open(signal);
    let received = 0;
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      received += chunk.length;
      if (received > image.sizeBytes) break;
      if (image.format === 'raw') disk.write(received - chunk.length, chunk);
      else if (received === chunk.length && chunk.toString('latin1', 0, 4) !== 'QFI\xfb') throw refused('the image is not qcow2');
    }
    if (received !== image.sizeBytes) throw refused(`the image is not of the ${image.sizeBytes} bytes that were announced`);
    return disk;
  }

  private addressOf({ attachmentId, host }: ExportRecord): ExportAddress {
    if (host === (this.options.ownHost ?? 'sim-host')) return { kind: 'nbd-unix', socketPath: '/run/sim.nbd', exportName: attachmentId };
    return { kind: 'nbd-tls', address: '192.0.2.1', port: 10_809, exportName: attachmentId };
  }

  private changing(
    { id, generation }: { id: VolumeId; generation: number }, caller: AbortSignal, work: (volume: SimVolume, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    return this.inTurn('volume', { id, generation }, caller, async (signal) => {
      const volume = this.find(id, generation) ?? this.requireVolume(id);
      volume.generation = generation;
      await work(volume, signal);
      volume.carriedOut = generation;
    });
  }

  private async inTurn<Result>(
    kind: string, { id, generation }: { id: string; generation: number }, caller: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>, { mayBeDead = false } = {},
  ): Promise<Result> {
    requireCommand(kind, id, generation);
    return this.turns.run({ kind, id, generation }, caller, async (signal) => {
      await this.reach(signal);
      if (!mayBeDead) this.requireNewer(kind, id, generation);
      return work(signal);
    });
  }

  private async reach(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.frozen) await unlessAborted(this.frozen.thawed, signal);
    if (this.isGone) throw new DriverUnavailable('volume', { cause: new Error('the simulated storage host has vanished') });
    if (this.failures === 0) return;
    this.failures -= 1;
    throw new DriverUnavailable('volume', { cause: new Error('a simulated failure') });
  }

  private requireNewer(kind: string, id: string, generation: number): void {
    if ((this.tombstones.get(id) ?? -1) >= generation) throw new Outdated(kind, id);
  }

  private bury(id: string, generation: number): void {
    this.tombstones.set(id, Math.max(generation, this.tombstones.get(id) ?? -1));
  }

  private find(id: VolumeId, generation: number): SimVolume | undefined {
    const volume = this.volumes.get(id);
    if (volume && volume.generation > generation) throw new Outdated('volume', id);
    return volume;
  }

  private findExport(attachmentId: AttachmentId): { volume: SimVolume; record: ExportRecord } | undefined {
    const found = [...this.volumes.values()].flatMap((volume) =>
      volume.exports.filter((record) => record.attachmentId === attachmentId).map((record) => ({ volume, record })));
    return only(found);
  }

  private requireVolume(id: VolumeId): SimVolume {
    const volume = this.volumes.get(id);
    if (volume === undefined) throw refused(`there is no volume ${id} in this store`);
    return volume;
  }

  private requireSnapshot(id: SnapshotId): SimSnapshot {
    const snapshot = this.snapshots.get(id);
    if (snapshot === undefined) throw refused(`there is no snapshot ${id} in this store`);
    return snapshot;
  }

  private readableSnapshot({ snapshotId, key }: { snapshotId: SnapshotId; key?: VolumeKey }): SimSnapshot {
    const snapshot = this.requireSnapshot(snapshotId);
    this.keys.require(snapshot.keyId, key);
    return snapshot;
  }

  private freeVolume({ volumeId, key }: { volumeId: VolumeId; key?: VolumeKey }): SimVolume {
    const volume = this.requireVolume(volumeId);
    requireFree(volume);
    this.keys.require(volume.keyId, key);
    return volume;
  }
}
