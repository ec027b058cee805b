import { Injectable } from '@nestjs/common';
import { createServerImage, createVolumeBackedImage } from '@virga/contracts-compute';
import type { VolumeFact } from '@virga/contracts-block-storage';
import { Conflict, newId, type Caller } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { BlockDevicesRepository, isAttached, type BlockDevice } from '../block-devices/index.js';
import { BlockStorageCalls } from '../block-storage/index.js';
import { ImageCalls } from '../images/index.js';
import { requireState, ServerAccess, ServersRepository, taskStarts, type Server } from '../servers/index.js';
import { CreateDiskImage } from './create-disk-image.operation.js';
import { CreateServerImage, type SnapshotWish } from './create-server-image.operation.js';
import { snapshotProperties } from './image-properties.js';

/** The image of the server says that its file systems must be still for a snapshot, and nobody in the guest can be asked for that. */
class QuiesceUnsupported extends Conflict {
  constructor(id: string) {
    super('compute.server.quiesce-unsupported', `Quiescing is not supported in instance ${id}: QEMU guest agent is not enabled. Its image demands it (os_require_quiesce).`);
  }
}

/** What making images needs of other services. */
@Injectable()
export class ImageParts {
  constructor(readonly devices: BlockDevicesRepository, readonly storage: BlockStorageCalls, readonly images: ImageCalls, readonly operations: Operations) {}
}

/** Makes images of servers. */
@Injectable()
export class ServerImages {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly access: ServerAccess,
    private readonly policy: Policy,
    private readonly parts: ImageParts,
  ) {}

  /** Answers the image's id; it is active when the snapshots that it names are there. */
  async create(caller: Caller, id: string, { name, metadata }: { name: string; metadata: Record<string, string> }, signal: AbortSignal): Promise<string> {
    const server = await this.access.require(caller, createServerImage.policy, id);
    this.access.requireUnlocked(caller, server);
    requireState(server, 'createImage', taskStarts.image_snapshot);
    requireNoQuiesce(server);
    if (!server.isVolumeBacked) return this.createFromDisk(caller, server, { name, metadata }, signal);
    this.policy.require(caller, createVolumeBackedImage, { project_id: server.projectId });
    const devices = (await this.parts.devices.list(this.db, server.id)).filter(isAttached);
    const volumes = await this.parts.storage.describeVolumes({ projectId: server.projectId, isAdmin: true }, devices.map(({ volumeId }) => volumeId), { signal });
    const snapshots = devices.map(({ volumeId }) => ({ id: newId(), volumeId, name: `snapshot for ${name}` }));
    const imageId = newId();
    await this.prepare(caller, { imageId, name, metadata, devices, volumes, snapshots }, signal);
    await this.begin(caller, server, imageId, snapshots);
    return imageId;
  }

  private async createFromDisk(caller: Caller, server: Server, { name, metadata }: { name: string; metadata: Record<string, string> }, signal: AbortSignal): Promise<string> {
    if (server.host === null) throw new Conflict('compute.server.not-ready', `Instance ${server.id} is not ready`);
    const [imageId, imageProjectId] = [newId(), caller.projectId ?? ''];
    await this.parts.images.prepare({
      imageId, projectId: imageProjectId, name, diskFormat: 'qcow2', containerFormat: 'bare', isProtected: false,
      // Who makes an image of another project's server lets that project have it.
      visibility: imageProjectId === server.projectId ? 'private' : 'shared',
      minDiskGibibytes: server.flavor.rootGibibytes, minRamMebibytes: server.image?.minRamMebibytes ?? 0, properties: snapshotProperties(server, caller, metadata),
    }, signal);
    await this.db.transaction(async (tx) => {
      const now = await this.servers.lock(tx, server.id);
      requireState(now, 'createImage', taskStarts.image_snapshot);
      const { generation } = await this.servers.become(tx, now, now.state, { task: 'image_snapshot', raisesGeneration: true });
      await this.parts.operations.start(tx, CreateDiskImage, { serverId: server.id, imageId, imageProjectId, generation }, { on: now, by: caller });
    });
    return imageId;
  }

  private async prepare(
    caller: Caller, { imageId, name, metadata, devices, volumes, snapshots }: { imageId: string; name: string; metadata: Record<string, string>; devices: BlockDevice[]; volumes: VolumeFact[]; snapshots: SnapshotWish[] }, signal: AbortSignal,
  ): Promise<void> {
    const root = volumes.find(({ id }) => devices.some(({ volumeId, bootIndex }) => volumeId === id && bootIndex === 0));
    const mapping = devices.map((device, index) => mappingOf(device, snapshots[index]?.id ?? '', volumes.find(({ id }) => id === device.volumeId)?.sizeGibibytes ?? 1));
    await this.parts.images.prepare({
      imageId, projectId: caller.projectId ?? '', name, diskFormat: 'raw', containerFormat: 'bare', visibility: 'private', isProtected: false,
      minDiskGibibytes: root?.sizeGibibytes ?? 0, minRamMebibytes: Number(root?.imageMetadata['min_ram'] ?? 0) || 0,
      properties: { ...metadata, root_device_name: '/dev/vda', bdm_v2: 'True', block_device_mapping: JSON.stringify(mapping) },
    }, signal);
  }

  private async begin(caller: Caller, { id }: Server, imageId: string, snapshots: SnapshotWish[]): Promise<void> {
    await this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, id);
      requireState(server, 'createImage', taskStarts.image_snapshot);
      await this.servers.become(tx, server, server.state, { task: 'image_snapshot' });
      const params = { serverId: id, imageId, imageProjectId: caller.projectId ?? '', userId: caller.userId, snapshots };
      await this.parts.operations.start(tx, CreateServerImage, params, { on: server, by: caller });
    });
  }
}

/** A device as an image names it: a server that boots from the image gets a volume of the snapshot. */
function mappingOf({ target, bootIndex, deleteOnTermination, tag }: BlockDevice, snapshotId: string, sizeGibibytes: number): object {
  return {
    source_type: 'snapshot', destination_type: 'volume', snapshot_id: snapshotId, volume_size: sizeGibibytes, boot_index: bootIndex, device_name: `/dev/${target}`,
    delete_on_termination: deleteOnTermination, device_type: 'disk', disk_bus: 'virtio', tag, guest_format: null, image_id: null, volume_id: null, no_device: null, volume_type: null,
  };
}

function requireNoQuiesce({ id, image }: Server): void {
  if (['yes', 'true', '1', 'on'].includes((image?.properties['os_require_quiesce'] ?? '').toLowerCase())) throw new QuiesceUnsupported(id);
}
