import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Turns, type AttachmentId, type Clock, type SnapshotId, type VolumeId } from '@virga/kernel';
import type {
  ExportAddress, ExportRequest, Extent, ObservedStore, ReadableSnapshot, ReadableVolume, ResizeRequest,
  RevertRequest, SnapshotRequest, VolumeBackend, VolumeBlock, VolumeCapabilities, VolumeCapacity,
  VolumeSpec, WriteRequest,
} from '@virga/ports';
import {
  ensurePrivateDirectory, holdStore, refused, requireExportable, requireFree, requireId, requireSize, StoreCommands, translating, unavailable, VolumeKeys,
} from '@virga/driver-volume-file/disks';
import { AttachmentUsers } from './attachment-users.js';
import { Catalog, withImage, type SnapshotRecord, type VolumeRecord } from './catalog.js';
import { CephTools, type CephAccess } from './ceph/ceph-tools.js';
import { Disks } from './disks.js';
import { Exports } from './exports.js';
import { imageBytes, Images } from './images.js';
import { Pool } from './pool.js';
import { SnapshotReader } from './snapshot-reader.js';
import { VolumeMaker } from './volume-maker.js';

export interface VolumeRbdOptions {
  access: CephAccess;
  /** The name of this host: the pool remembers whose it is. */
  owner: string;
  /** For images that are looked at before they become volumes; one process at a time. */
  directory: string;
  /** Sockets of tools; at most 60 characters. */
  runDirectory: string;
  /** What each compute host's key for its credentials is made from (`hostCredentialsKey`). */
  credentialsSecret: Buffer;
  clock: Clock;
  /** Told when the pool cannot be tidied up for now; `tend` tries again. */
  onTrouble?: (error: unknown) => void;
}

/**
 * Volumes as images of a Ceph pool, which compute hosts open by themselves.
 *
 * Theory of operation. A volume is a record in the pool's catalog that names its image; snapshots are Ceph's, and clones
 * are images read through a snapshot of another. Each record is written after what it points to and before what follows
 * from it, so that after a crash at any moment the records are right, and `tend` removes images and snapshots that nobody
 * points to. An image goes when no record and no clone needs it, so a volume may go before its snapshots and these before
 * their clones. Each export is a Ceph user of its own, who can open one image; taking it away removes the user and
 * refuses the clients it had. For how commands come to records see `StoreCommands`.
 */
export class VolumeRbdBackend implements VolumeBackend {
  /** Ceph's groups take snapshots together, but of those no volume can be made. */
  static readonly capabilities: VolumeCapabilities = {
    isThin: true, isEncrypting: true, growsAttached: true, snapshotsTogether: false, isMultiattach: true,
  };

  readonly capabilities = VolumeRbdBackend.capabilities;

  private readonly commands: StoreCommands<VolumeRecord, SnapshotRecord>;
  private readonly closing = new AbortController();
  private readonly images: Images;
  private readonly reader: SnapshotReader;
  private readonly maker: VolumeMaker;
  private readonly pool: Pool;
  private readonly keys = new VolumeKeys();

  private constructor(
    private readonly options: VolumeRbdOptions,
    private readonly parts: { catalog: Catalog; ceph: CephTools; disks: Disks; images: Images; exports: Exports; letGo: () => Promise<void> },
  ) {
    const { catalog, ceph, disks, images } = parts;
    this.images = images;
    this.reader = new SnapshotReader(ceph, catalog, disks, this.keys);
    const locks = new Turns();
    this.commands = new StoreCommands(catalog, locks, (signal, work) => this.translating(signal, work));
    this.maker = new VolumeMaker({ catalog, images, disks, keys: this.keys, locks });
    this.pool = new Pool(ceph, catalog, images);
  }

  /** Takes the pool; `DriverUnavailable` while another process or host has it. */
  static async open(options: VolumeRbdOptions, signal: AbortSignal): Promise<VolumeRbdBackend> {
    const { access, directory, runDirectory, clock, owner, credentialsSecret: secret } = options;
    await ensurePrivateDirectory(directory);
    await mkdir(runDirectory, { recursive: true, mode: 0o711 });
    const letGo = await holdStore(directory, signal);
    return translating(signal, async () => {
      const incoming = join(directory, 'incoming');
      const disks = new Disks(access, runDirectory, incoming);
      await disks.endLeftovers();
      await ensurePrivateDirectory(incoming);
      const ceph = new CephTools(access, await realpath(directory));
      await ceph.endLeftovers();
      const catalog = await Catalog.open(ceph, owner, clock, signal);
      const images = new Images(ceph, catalog);
      const exports = await Exports.open({ ceph, catalog, users: new AttachmentUsers(ceph, images), secret }, signal);
      const backend = new VolumeRbdBackend(options, { catalog, ceph, disks, images, exports, letGo });
      await images.dropLooseSnaps(signal);
      backend.collectSoon();
      return backend;
    }).catch(async (error: unknown) => {
      await letGo();
      throw error;
    });
  }

  /** Lets go of the pool; guests go on. */
  async close(): Promise<void> {
    this.closing.abort(unavailable('the store was closed'));
    await this.parts.letGo();
  }

  capacity(signal: AbortSignal): Promise<VolumeCapacity> {
    return this.translating(signal, () => this.pool.capacity(signal));
  }

  observe(signal: AbortSignal): Promise<ObservedStore> {
    return this.translating(signal, () => this.pool.observe(this.parts.exports, signal));
  }

  async ensureVolume(spec: VolumeSpec, caller: AbortSignal): Promise<void> {
    requireSize(spec.sizeBytes);
    const { id, generation, sizeBytes, key } = spec;
    await this.commands.making(spec, caller, (signal) => this.maker.make(spec, (made) => this.parts.catalog.volumes.put({
      id, generation, carriedOut: generation, sizeBytes, ...made, exports: [], ...(key && { keyId: key.id }),
    }), signal).finally(() => this.collectSoon()));
  }

  async ensureSize({ id, generation, sizeBytes, key: given }: ResizeRequest, caller: AbortSignal): Promise<void> {
    requireSize(sizeBytes);
    await this.commands.changing({ id, generation }, caller, async (volume, signal) => {
      if (sizeBytes < volume.sizeBytes) throw refused(`the volume has ${volume.sizeBytes} bytes already and cannot shrink`);
      const key = this.keys.require(volume.keyId, given);
      if (sizeBytes > volume.sizeBytes) await this.images.grow(volume.image, imageBytes(sizeBytes, key !== undefined), signal);
      // The guest that has it grows the disk within the image when it is told to look; `settle` does where none ever did.
      if (key && volume.exports.length === 0) await this.parts.disks.growFormat({ image: volume.image, key }, sizeBytes, signal);
      return { ...volume, sizeBytes };
    });
  }

  /** `Refused` for several volumes of which guests have more than one: nothing stops their writing at one moment. */
  ensureSnapshots(requests: SnapshotRequest[], caller: AbortSignal): Promise<void> {
    return this.commands.snapshots(requests, caller, (due, signal) => this.takeSnapshots(requests, due, signal));
  }

  async ensureReverted({ id, generation, snapshotId, key: given }: RevertRequest, caller: AbortSignal): Promise<void> {
    await this.commands.changing({ id, generation }, caller, async (volume, signal) => {
      if (volume.carriedOut >= generation) return volume;
      requireFree(volume);
      const snapshot = this.parts.catalog.requireSnapshot(snapshotId);
      if (snapshot.volumeId !== id) throw refused('the snapshot is of another volume');
      const key = this.keys.require(volume.keyId, given);
      let reverted = volume;
      await this.maker.derive({ ...snapshot, keyId: snapshot.keyId }, { sizeBytes: volume.sizeBytes, key }, async (made) => {
        reverted = { ...withImage(volume, made), carriedOut: generation };
        await this.parts.catalog.volumes.put(reverted);
      }, signal);
      this.collectSoon();
      return reverted;
    });
  }

  ensureNoSnapshot(id: SnapshotId, generation: number, caller: AbortSignal): Promise<void> {
    return this.commands.noSnapshot({ id, generation }, caller, async (found, signal) => {
      if (found) await this.images.losing({ id: found.snap, image: found.image }, () => this.parts.catalog.snapshots.remove(id), signal);
      this.collectSoon();
    });
  }

  ensureNoVolume(id: VolumeId, generation: number, caller: AbortSignal): Promise<void> {
    return this.commands.noVolume({ id, generation }, caller, async () => this.collectSoon());
  }

  async ensureExport(request: ExportRequest, caller: AbortSignal): Promise<ExportAddress> {
    const { catalog, exports } = this.parts;
    const { attachmentId, generation, volumeId, key: given } = request;
    requireId('volume', volumeId);
    return this.commands.inTurn('attachment', { id: attachmentId, generation }, caller, (signal) => this.commands.locked([volumeId], async () => {
      const volume = catalog.requireVolume(volumeId);
      const record = requireExportable(volume, request, catalog.findExport(attachmentId)?.volume.id);
      if (volume.keyId !== undefined && record.isShared) throw refused('an encrypted volume of this backend has one guest at a time');
      const known = volume.exports.find((other) => other.attachmentId === attachmentId);
      const key = this.keys.find(volume.keyId, given);
      if (known?.sealed === undefined) await this.settle(volume, this.keys.require(volume.keyId, given), signal);
      const changed = { ...known, ...record };
      const next = { ...volume, exports: [...volume.exports.filter((other) => other.attachmentId !== attachmentId), changed] };
      await catalog.volumes.put(next);
      return exports.ensure(next, changed, key, signal);
    }));
  }

  ensureNoExport(attachmentId: AttachmentId, generation: number, caller: AbortSignal): Promise<void> {
    return this.commands.noExport({ id: attachmentId, generation }, caller, async (found, signal) => {
      if (found) await this.parts.exports.withdraw(found.volume, found.record, signal);
    });
  }

  read(source: ReadableVolume, range: { first: number; last: number } | undefined, signal: AbortSignal): Promise<Readable> {
    return this.translating(signal, () => this.reader.read(source, range, signal));
  }

  extents(snapshot: ReadableSnapshot, signal: AbortSignal): Promise<Extent[]> {
    return this.translating(signal, () => this.reader.extents(snapshot, signal));
  }

  changedExtents(snapshot: ReadableSnapshot, since: SnapshotId, signal: AbortSignal): Promise<Extent[] | undefined> {
    return this.translating(signal, () => this.reader.changedExtents(snapshot, since, signal));
  }

  async write({ id, generation, key: given }: WriteRequest, blocks: AsyncIterable<VolumeBlock>, caller: AbortSignal): Promise<void> {
    await this.commands.changing({ id, generation }, caller, async (volume, signal) => {
      requireFree(volume);
      const key = this.keys.require(volume.keyId, given);
      await this.settle(volume, key, signal);
      await this.parts.disks.write({ image: volume.image, key }, blocks, signal);
      return volume;
    });
  }

  async tend(signal: AbortSignal): Promise<void> {
    await this.translating(signal, async () => {
      await this.parts.catalog.settle();
      await this.parts.exports.noteClients(({ id }, work) => this.commands.locked([id], work), signal);
      await this.parts.catalog.tombstones.forgetExpired();
      await this.images.dropLooseSnaps(signal);
      await this.pool.shortenOne((id, work) => this.commands.locked([id], work), signal);
      await this.images.collect(signal);
    });
  }

  private async takeSnapshots(requests: SnapshotRequest[], due: SnapshotRequest[], signal: AbortSignal): Promise<void> {
    const { catalog } = this.parts;
    const volumes = due.map(({ volumeId, key }) => {
      const volume = catalog.requireVolume(volumeId);
      this.keys.require(volume.keyId, key);
      return volume;
    });
    const served = requests.filter(({ volumeId }) => (catalog.volumes.find(volumeId)?.exports.length ?? 0) > 0);
    if (due.length > 0 && requests.length > 1 && served.length > 1) throw refused('volumes that guests have cannot be snapshotted together');
    for (const [index, { image, sizeBytes, keyId, depth }] of volumes.entries()) {
      const request = due[index];
      if (request === undefined) throw new Error('Fewer snapshots are due than volumes are there.');
      const { id, generation, volumeId } = request;
      await this.images.withSnap(image, async (snap) => {
        await catalog.snapshots.put({ id, generation, volumeId, sizeBytes, image, snap, depth, ...(keyId !== undefined && { keyId }) });
        return 'keep';
      }, signal);
    }
  }

  /** The disk within an encrypted image may be shorter than its guest was told, who never looked. */
  private async settle(volume: VolumeRecord, key: Parameters<VolumeKeys['require']>[1], signal: AbortSignal): Promise<void> {
    if (key && volume.exports.length === 0) await this.parts.disks.growFormat({ image: volume.image, key }, volume.sizeBytes, signal);
  }

  /** Removing many objects takes its time, and nobody waits for it: what is to go can be opened by nobody already. */
  private collectSoon(): void {
    this.images.collect(this.closing.signal).catch((error: unknown) => {
      if (!this.closing.signal.aborted) this.options.onTrouble?.(error);
    });
  }

  private translating<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return this.closing.signal.aborted ? Promise.reject(this.closing.signal.reason as Error) : translating(signal, work);
  }
}
