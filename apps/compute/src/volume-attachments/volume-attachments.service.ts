import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { attachVolume, detachVolume, listVolumeAttachments, showVolumeAttachment, swapVolume, updateVolumeAttachment } from '@virga/contracts-compute';
import { Conflict, Forbidden, Invalid, isUuid, newId, NotFound, raise, type AttachmentId, type Caller, type VolumeId } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { BlockDevicesRepository, freeTarget, isRoot, isShown, targetNamed, type BlockDevice, type BlockDeviceId, type NewBlockDevice } from '../block-devices/index.js';
import { askerOf, BlockStorageCalls } from '../block-storage/index.js';
import { localTargets, requireAttachable, requireState, ServerAccess, ServersRepository, type Server, type ServerState } from '../servers/index.js';
import { DeviceOperations } from './device-operations.js';
import { VolumeSwaps } from './volume-swaps.service.js';

/** What a user wants to attach. */
export interface AttachmentWish {
  volumeId: string;
  device: string | null;
  tag: string | null;
  deleteOnTermination: boolean;
  allowsMultiattach: boolean;
}

/** What a user says of an attachment; what is not said stays as it is. */
export interface AttachmentEdit {
  volumeId: string;
  /** Older versions can only put another volume in its place. */
  isSwapOnly: boolean;
  same: Partial<{ id: string; serverId: string; device: string | null; tag: string }>;
  deleteOnTermination: boolean | undefined;
}

class NotAttached extends NotFound {
  constructor(server: string, volume: string) {
    super('compute.volume.not-attached', `Instance ${server} is not attached to volume ${volume.slice(0, 64)}`);
  }
}

/** States in which volumes come and go. */
const ATTACHABLE: readonly ServerState[] = ['active', 'paused', 'stopped', 'resized'];

/** The volumes of servers, as their users see and change them. */
@Injectable()
export class VolumeAttachments {
  constructor(
    private readonly db: Database,
    private readonly devices: BlockDevicesRepository,
    private readonly servers: ServersRepository,
    private readonly access: ServerAccess,
    private readonly storage: BlockStorageCalls,
    private readonly work: DeviceOperations,
    private readonly swaps: VolumeSwaps,
  ) {}

  async list(caller: Caller, id: string): Promise<BlockDevice[]> {
    const server = await this.access.require(caller, listVolumeAttachments.policy, id);
    return (await this.devices.list(this.db, server.id)).filter(isShown);
  }

  async get(caller: Caller, id: string, volumeId: string): Promise<BlockDevice> {
    return this.require(await this.access.require(caller, showVolumeAttachment.policy, id), volumeId);
  }

  /**
   * The device's row comes before the reservation, so that block storage knows of no attachment that we do not know of; the
   * reservation comes before the answer, so that whoever asks is told at once that a volume cannot be had.
   */
  async attach(caller: Caller, id: string, wish: AttachmentWish, signal: AbortSignal): Promise<BlockDevice> {
    const server = await this.requireReady(caller, attachVolume.policy, id, 'attach_volume');
    const asker = askerOf(caller);
    const [volume] = await this.storage.describeVolumes(asker, [wish.volumeId.toLowerCase()], { signal });
    if (volume === undefined) throw new NotFound('block-storage.volume.unknown', `Volume ${wish.volumeId} could not be found.`);
    await this.requireNew(server, volume.id);
    requireAttachable(volume, wish.allowsMultiattach);
    const device = await this.plan(server, volume.id as VolumeId, wish);
    const { attachmentId, volumeId } = device;
    try {
      const fact = await this.storage.reserve({ ...asker, attachmentId, volumeId, serverId: server.id, userId: caller.userId }, { signal, idempotencyKey: attachmentId });
      await this.db.transaction((tx) => this.devices.note(tx, [fact]));
    } catch (error) {
      await this.work.forgetReservation(device, error, caller);
      throw error instanceof Conflict ? new Invalid('compute.volume.unavailable', `Invalid volume: ${error.message}`, { cause: error }) : error;
    }
    return this.work.beginAttaching(device, caller, (now) => requireState(now, 'attach_volume', ATTACHABLE));
  }

  async detach(caller: Caller, id: string, volumeId: string, signal: AbortSignal): Promise<void> {
    const server = await this.requireReady(caller, detachVolume.policy, id, 'detach_volume');
    const device = await this.require(server, volumeId);
    if (isRoot(device)) throw new Invalid('compute.volume.is-root', 'Cannot detach a root device volume');
    if (device.state !== 'attached') throw new Invalid('compute.volume.unavailable', `Invalid volume: volume ${device.volumeId} must be attached in order to detach; it is ${device.state}.`);
    const fact = await this.storage.beginDetach(device.attachmentId, false, { signal }).catch(notDetachable);
    if (fact !== undefined) await this.db.transaction((tx) => this.devices.note(tx, [fact]));
    try {
      await this.work.beginDetaching(device, caller, (now) => requireState(now, 'detach_volume', ATTACHABLE));
    } catch (error) {
      await this.stayAttached(device, signal);
      throw error;
    }
  }

  /** Takes back what block storage was told; where it does not answer, the reconciler does. Whoever else detaches it goes on. */
  private async stayAttached(device: BlockDevice, signal: AbortSignal): Promise<void> {
    const now = await this.devices.find(this.db, device.id);
    if (now?.state !== 'attached') return;
    const fact = await this.storage.beginDetach(device.attachmentId, true, { signal }).catch(() => undefined);
    if (fact !== undefined) await this.db.transaction((tx) => this.devices.note(tx, [fact]));
  }

  async update(caller: Caller, id: string, volumeId: string, edit: AttachmentEdit, signal: AbortSignal): Promise<void> {
    const isSwap = edit.isSwapOnly || edit.volumeId.toLowerCase() !== volumeId.toLowerCase();
    const server = await this.access.require(caller, isSwap ? swapVolume : updateVolumeAttachment.policy, id);
    const device = await this.require(server, volumeId);
    requireSame(edit.same, device);
    const { deleteOnTermination } = edit;
    if (deleteOnTermination !== undefined) await this.db.transaction((tx) => this.devices.setDeleteOnTermination(tx, device.id, deleteOnTermination));
    if (isSwap) await this.swaps.swap(caller, server, { device, volumeId: edit.volumeId.toLowerCase() }, signal);
  }

  private async requireReady(caller: Caller, rule: PolicyRule, id: string, action: string): Promise<Server> {
    const server = await this.access.require(caller, rule, id);
    this.access.requireUnlocked(caller, server);
    requireState(server, action, ATTACHABLE);
    if (server.host === null) throw new Conflict('compute.server.not-ready', `Instance ${server.id} is not ready`);
    return server;
  }

  private async requireNew({ id }: Server, volumeId: string): Promise<void> {
    const known = (await this.devices.list(this.db, id)).find((device) => device.volumeId === volumeId);
    if (known !== undefined) throw new Invalid('compute.volume.attached', `Invalid volume: volume ${volumeId} already attached to instance ${id}.`);
  }

  /** A device that nobody sees yet, in a place of its own. */
  private async plan(server: Server, volumeId: VolumeId, wish: AttachmentWish): Promise<NewBlockDevice> {
    return this.db.transaction(async (tx) => {
      // One after the other: places are taken under the server's lock.
      await this.servers.lock(tx, server.id);
      const taken = (await this.devices.list(tx, server.id)).map(({ target }) => target);
      const target = freeTarget(['vda', ...localTargets(server.flavor, server.isVolumeBacked), ...taken], targetNamed(wish.device));
      const device: NewBlockDevice = {
        id: newId<'block-device'>() as BlockDeviceId, serverId: server.id, attachmentId: newId<'attachment'>() as AttachmentId, volumeId,
        target: target ?? raise(new Forbidden('compute.volume.too-many', 'The maximum allowed number of disk devices (26) to attach to a single instance has been exceeded.')),
        bootIndex: null, tag: wish.tag, deleteOnTermination: wish.deleteOnTermination, state: 'reserving', isAside: false, wish: null,
      };
      await this.devices.insert(tx, [device]);
      return device;
    });
  }

  private async require(server: Server, volumeId: string): Promise<BlockDevice> {
    const devices = isUuid(volumeId) ? (await this.devices.list(this.db, server.id)).filter(isShown) : [];
    return devices.find((device) => device.volumeId === volumeId.toLowerCase()) ?? raise(new NotAttached(server.id, volumeId));
  }
}

/** An attachment that block storage does not have any more is detached here as well. */
function notDetachable(error: unknown): undefined {
  if (error instanceof NotFound) return undefined;
  throw error instanceof Conflict ? new Invalid('compute.volume.unavailable', `Invalid volume: ${error.message}`, { cause: error }) : error;
}

function requireSame(said: AttachmentEdit['same'], device: BlockDevice): void {
  const actual = { id: device.volumeId, serverId: device.serverId, device: `/dev/${device.target}`, tag: device.tag };
  for (const [name, value] of Object.entries(said)) {
    if (value !== actual[name as keyof typeof actual]) throw new Invalid('compute.volume.immutable', `The ${name} property is not mutable`);
  }
}
