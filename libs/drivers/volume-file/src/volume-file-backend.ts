import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { mapLimit, Turns, type AttachmentId, type Clock, type SnapshotId, type VolumeId } from '@virga/kernel';
import {
  Refused,
  type ExportAddress, type ExportRequest, type Extent, type ObservedStore, type ReadableSnapshot, type ReadableVolume, type ResizeRequest,
  type RevertRequest, type SnapshotRequest, type VolumeBackend, type VolumeBlock, type VolumeCapabilities, type VolumeCapacity,
  type VolumeSpec, type WriteRequest,
} from '@virga/ports';
import { Catalog, type SnapshotRecord, type VolumeRecord } from './catalog.js';
import { Compaction } from './compaction.js';
import { ensurePrivateDirectory } from './durable-files.js';
import { requireExportable, requireFree } from './export-rules.js';
import { refused, translating, unavailable } from './failures.js';
import { LayerFiles } from './layer-files.js';
import { LayerMaker } from './layer-maker.js';
import { Gates, type GateOptions } from './qemu/gates.js';
import { Vault } from './qemu/vault.js';
import { requireId, requireSize } from './request-rules.js';
import { Serving } from './serving.js';
import { holdStore } from './store-lock.js';
import { StoreCommands } from './store/store-commands.js';
import { StoreReader } from './store-reader.js';
import { VolumeIo } from './volume-io.js';
import { VolumeKeys } from './volume-keys.js';

export interface VolumeFileOptions {
  /** Everything durable is below it; one process at a time. */
  directory: string;
  /** Sockets of the daemons; at most 60 characters, and kept for as long as the machine runs. */
  runDirectory: string;
  /** The compute host on this machine: its guests come by a unix socket. */
  ownHost: string;
  /** The group of this machine's QEMU processes. Absent: root only. */
  guestGroupId?: number;
  /** How other hosts come here; absent where there are none. */
  gates?: GateOptions;
  clock: Clock;
  /** Told when exports cannot be brought back for now; `tend` tries again. */
  onTrouble?: (error: unknown) => void;
}

const RECOVER_WITHIN_MS = 60_000;
const VOLUMES_AT_ONCE = 4;

/**
 * Volumes as qcow2 files on this machine, exported over NBD.
 *
 * Theory of operation. A volume is a record that names its top layer; layers below are frozen and may be shared with
 * snapshots and clones. Records are small files replaced as a whole, each written after what it points to and before what
 * follows from it, so that after a crash at any moment the records are right and `tend` makes the rest agree with them:
 * exports that should be served, chains that should have moved on, files that nobody points to. All bytes go through one
 * storage daemon (the vault), which outlives this process; guests reconnect when it dies and is started again. For how
 * commands come to records see `StoreCommands`.
 */
export class VolumeFileBackend implements VolumeBackend {
  readonly capabilities: VolumeCapabilities = {
    isThin: true, isEncrypting: true, growsAttached: true, snapshotsTogether: true, isMultiattach: true,
  };

  private readonly locks = new Turns();
  private readonly commands: StoreCommands<VolumeRecord, SnapshotRecord>;
  private readonly keys = new VolumeKeys();
  private readonly serving: Serving;
  private readonly io: VolumeIo;
  private readonly reader: StoreReader;
  private readonly maker: LayerMaker;
  private readonly compaction: Compaction;
  private recovering: Promise<void> = Promise.resolve();
  private isClosed = false;

  private constructor(
    private readonly options: VolumeFileOptions,
    private readonly catalog: Catalog,
    private readonly files: LayerFiles,
    private readonly vault: Vault,
    private readonly gates: Gates,
    private readonly letGo: () => Promise<void>,
  ) {
    this.serving = new Serving(catalog, vault, gates, this.keys, options.ownHost);
    this.io = new VolumeIo(vault);
    this.reader = new StoreReader(catalog, files, this.io, this.keys);
    const parts = { catalog, files, vault, serving: this.serving, io: this.io, keys: this.keys, locks: this.locks };
    this.commands = new StoreCommands(catalog, this.locks, (signal, work) => this.translating(signal, () => this.compaction.undisturbed(work)));
    this.maker = new LayerMaker(parts);
    this.compaction = new Compaction(parts);
  }

  /** Takes the store and brings back its exports; `DriverUnavailable` while another process has it. */
  static async open(options: VolumeFileOptions, signal: AbortSignal): Promise<VolumeFileBackend> {
    const { directory, runDirectory, clock } = options;
    await ensurePrivateDirectory(directory);
    await mkdir(runDirectory, { recursive: true, mode: 0o711 });
    const letGo = await holdStore(directory, signal);
    const files = new LayerFiles(join(directory, 'layers'));
    await files.open();
    let lost: (host?: string) => void = () => undefined;
    const vault = new Vault({
      runDirectory, files, onLost: () => lost(), ...(options.guestGroupId !== undefined && { socketGroupId: options.guestGroupId }),
    });
    const gates = await Gates.open(options.gates, { root: directory, runDirectory, vaultSocket: vault.socketPath }, (host) => lost(host));
    const catalog = await Catalog.open(directory, clock);
    await catalog.tombstones.forgetExpired();
    const backend = new VolumeFileBackend(options, catalog, files, vault, gates, letGo);
    lost = (host) => backend.recover(host);
    await backend.begin(signal).catch(async (error: unknown) => {
      await backend.close();
      throw error;
    });
    return backend;
  }

  /** Lets go of the store; daemons and their exports go on for the next process. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.recovering;
    this.vault.close();
    this.gates.close();
    await this.letGo();
  }

  /** Ends the daemons too: every guest loses its volumes. */
  async shutDown(): Promise<void> {
    this.isClosed = true;
    await this.recovering;
    await this.gates.stop();
    await this.vault.stop();
    await this.close();
  }

  capacity(signal: AbortSignal): Promise<VolumeCapacity> {
    return this.translating(signal, async () => {
      const space = await statfs(this.options.directory);
      return { totalBytes: space.blocks * space.bsize, freeBytes: space.bavail * space.bsize, ...this.catalog.promised() };
    });
  }

  async observe(signal: AbortSignal): Promise<ObservedStore> {
    signal.throwIfAborted();
    return {
      volumes: this.catalog.volumes.all().map(({ id, carriedOut, sizeBytes, keyId, exports }) => ({
        id, generation: carriedOut, sizeBytes, keyId,
        exports: exports.map((record) => ({
          attachmentId: record.attachmentId, generation: record.generation, host: record.host,
          address: this.serving.knownAddressOf(record), isServed: this.serving.isServed(record.attachmentId),
        })),
      })),
      snapshots: this.catalog.snapshots.all().map(({ id, generation, volumeId, sizeBytes }) => ({ id, generation, volumeId, sizeBytes })),
    };
  }

  async ensureVolume(spec: VolumeSpec, caller: AbortSignal): Promise<void> {
    requireSize(spec.sizeBytes);
    const { id, generation, sizeBytes, key } = spec;
    await this.commands.making(spec, caller, (signal) => this.maker.makeTop(spec, (top) => this.catalog.volumes.put({
      id, generation, carriedOut: generation, sizeBytes, top, exports: [], ...(key && { keyId: key.id }),
    }), signal));
  }

  async ensureSize({ id, generation, sizeBytes, key: given }: ResizeRequest, caller: AbortSignal): Promise<void> {
    requireSize(sizeBytes);
    await this.commands.changing({ id, generation }, caller, async (volume, signal) => {
      if (sizeBytes < volume.sizeBytes) throw refused(`the volume has ${volume.sizeBytes} bytes already and cannot shrink`);
      if (sizeBytes === volume.sizeBytes) return volume;
      const key = this.keys.require(volume.keyId, given);
      if (await this.serving.isOpen(volume, signal)) await this.serving.grow(volume, sizeBytes, key, signal);
      else await this.files.grow(this.catalog.chain(volume.top), key, sizeBytes, signal);
      const [top] = this.catalog.chain(volume.top);
      if (top) await this.catalog.layers.put({ ...top, sizeBytes });
      return { ...volume, sizeBytes };
    });
  }

  ensureSnapshots(requests: SnapshotRequest[], caller: AbortSignal): Promise<void> {
    return this.commands.snapshots(requests, caller, (due, signal) => this.takeSnapshots(due, signal));
  }

  async ensureReverted({ id, generation, snapshotId, key: given }: RevertRequest, caller: AbortSignal): Promise<void> {
    await this.commands.changing({ id, generation }, caller, async (volume, signal) => {
      if (volume.carriedOut >= generation) return volume;
      requireFree(volume);
      const snapshot = this.catalog.requireSnapshot(snapshotId);
      if (snapshot.volumeId !== id) throw refused('the snapshot is of another volume');
      const shape = { sizeBytes: volume.sizeBytes, key: this.keys.require(volume.keyId, given) };
      let reverted = volume;
      await this.maker.overlay(snapshot.layer, shape, async (top) => {
        reverted = { ...volume, top, carriedOut: generation };
        await this.catalog.volumes.put(reverted);
      }, signal);
      return reverted;
    });
  }

  ensureNoSnapshot(id: SnapshotId, generation: number, caller: AbortSignal): Promise<void> {
    return this.commands.noSnapshot({ id, generation }, caller, async () => {
      await this.catalog.snapshots.remove(id);
      await this.compaction.collect();
    });
  }

  ensureNoVolume(id: VolumeId, generation: number, caller: AbortSignal): Promise<void> {
    return this.commands.noVolume({ id, generation }, caller, () => this.compaction.collect());
  }

  async ensureExport(request: ExportRequest, caller: AbortSignal): Promise<ExportAddress> {
    const { attachmentId, generation, volumeId, key: given } = request;
    requireId('volume', volumeId);
    return this.commands.inTurn('attachment', { id: attachmentId, generation }, caller, (signal) => this.commands.locked([volumeId], async () => {
      const volume = this.catalog.requireVolume(volumeId);
      const record = requireExportable(volume, request, this.catalog.findExport(attachmentId)?.volume.id);
      const key = this.keys.find(volume.keyId, given);
      if (!this.serving.isServed(attachmentId)) this.keys.require(volume.keyId, given);
      // The address may be refused, and then nothing must be left.
      const address = await this.serving.addressOf(record);
      const others = volume.exports.filter((other) => other.attachmentId !== attachmentId);
      const changed = { ...volume, exports: [...others, record] };
      await this.catalog.volumes.put(changed);
      this.keys.remember(key);
      await this.serving.ensureServed(changed, key, signal);
      return address;
    }));
  }

  ensureNoExport(attachmentId: AttachmentId, generation: number, caller: AbortSignal): Promise<void> {
    return this.commands.noExport({ id: attachmentId, generation }, caller, async (found, signal) => {
      const volume = found && { ...found.volume, exports: found.volume.exports.filter((other) => other.attachmentId !== attachmentId) };
      if (volume) await this.catalog.volumes.put(volume);
      await this.serving.withdraw(attachmentId, found?.record.host, volume, signal);
    });
  }

  read(source: ReadableVolume, range: { first: number; last: number } | undefined, signal: AbortSignal): Promise<Readable> {
    return this.reading(signal, () => this.reader.read(source, range, signal));
  }

  extents(snapshot: ReadableSnapshot, signal: AbortSignal): Promise<Extent[]> {
    return this.reading(signal, () => this.reader.extents(snapshot, signal));
  }

  changedExtents(snapshot: ReadableSnapshot, since: SnapshotId, signal: AbortSignal): Promise<Extent[] | undefined> {
    return this.reading(signal, () => this.reader.changedExtents(snapshot, since, signal));
  }

  async write({ id, generation, key: given }: WriteRequest, blocks: AsyncIterable<VolumeBlock>, caller: AbortSignal): Promise<void> {
    await this.commands.changing({ id, generation }, caller, async (volume, signal) => {
      requireFree(volume);
      await this.io.write(this.catalog.chain(volume.top), this.keys.require(volume.keyId, given), blocks, signal);
      return volume;
    });
  }

  async tend(signal: AbortSignal): Promise<void> {
    await this.serveAll(signal);
    await this.translating(signal, () => this.serving.closeIdleGates(signal));
    await this.catalog.tombstones.forgetExpired();
    await this.translating(signal, () => this.compaction.run(signal));
    await this.compaction.collect();
  }

  private async takeSnapshots(due: SnapshotRequest[], signal: AbortSignal): Promise<void> {
    const volumes = due.map(({ volumeId, key }) => {
      const record = this.catalog.requireVolume(volumeId);
      return { record, key: this.keys.require(record.keyId, key) };
    });
    const frozen = await this.maker.freeze(volumes, signal);
    for (const [index, { id, generation, volumeId }] of due.entries()) {
      const layer = frozen[index];
      if (layer === undefined) throw new Error('Fewer volumes were frozen than asked for.');
      const { keyId, ...rest } = layer;
      await this.catalog.snapshots.put({ id, generation, volumeId, ...rest, ...(keyId !== undefined && { keyId }) });
    }
  }

  /** What a dead process left undone is done or undone before the first command. */
  private async begin(signal: AbortSignal): Promise<void> {
    await this.translating(signal, () => this.serving.withdrawUnknown(signal));
    await this.compaction.collect();
    await this.serveAll(signal);
  }

  private reading<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return this.translating(signal, () => this.compaction.undisturbed(work));
  }

  private async serveAll(signal: AbortSignal): Promise<void> {
    const exported = this.catalog.volumes.all().filter(({ exports }) => exports.length > 0);
    await mapLimit(exported, VOLUMES_AT_ONCE, ({ id }) => this.compaction.undisturbed(() => this.commands.locked([id], async () => {
      const volume = this.catalog.volumes.find(id);
      if (volume) await this.translating(signal, () => this.serving.ensureServed(volume, undefined, signal)).catch((error) => this.unserved(error, signal));
    })));
  }

  /** Without its key an encrypted volume stays closed until somebody exports it again, which `observe` asks for. */
  private unserved(error: unknown, signal: AbortSignal): void {
    signal.throwIfAborted();
    if (!(error instanceof Refused)) this.options.onTrouble?.(error);
  }

  private recover(host?: string): void {
    this.serving.forget(host);
    if (this.isClosed) return;
    this.recovering = this.recovering.then(() => (this.isClosed ? undefined : this.serveAll(AbortSignal.timeout(RECOVER_WITHIN_MS))))
      .catch((error: unknown) => this.options.onTrouble?.(error));
  }

  private translating<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return this.isClosed ? Promise.reject(unavailable('the store was closed')) : translating(signal, work);
  }
}
