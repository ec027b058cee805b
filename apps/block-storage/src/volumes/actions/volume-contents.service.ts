import { Injectable } from '@nestjs/common';
import { volumeActions as contract } from '@virga/contracts-block-storage';
import { Conflict, Invalid, newId, only, type Caller, type VolumeId } from '@virga/kernel';
import { Operations, type Initiator } from '@virga/operations';
import { Database } from '@virga/persistence';
import type { ImageWish } from '../../images/index.js';
import type { VolumeType } from '../../volume-types/index.js';
import { ReimageVolume } from '../operations/reimage-volume.operation.js';
import { RevertVolume } from '../operations/revert-volume.operation.js';
import { UploadVolume } from '../operations/upload-volume.operation.js';
import { SnapshotsOfVolumesRepository } from '../snapshots-of-volumes.repository.js';
import { VolumeAccess } from '../volume-access.js';
import { isMoving, requireStatus, VolumeState, type Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';
import { ImageExchange } from './image-exchange.js';
import { imageWishOf, requireUploadable, type UploadRequest } from './image-wish.js';

class RevertImpossible extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume.revert', reason);
  }
}

/** The volume, or its snapshot, is in no state for it now: 409, unlike other actions. */
class RevertNotNow extends Conflict {
  constructor(reason: string) {
    super('block-storage.volume.revert-state', reason);
  }
}

class TooManyAttachments extends Conflict {
  constructor() {
    super('block-storage.volume.attachments', 'Cannot re-image a volume which is attached to more than one server.');
  }
}

/** What goes into volumes and comes out of them as a whole: images, and snapshots of their own. */
@Injectable()
export class VolumeContents {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly access: VolumeAccess,
    private readonly snapshots: SnapshotsOfVolumesRepository,
    private readonly images: ImageExchange,
    private readonly operations: Operations,
  ) {}

  /** Makes an image of the volume, and answers both: the image is there, without its bytes. */
  async upload(caller: Caller, id: string, request: UploadRequest, signal: AbortSignal): Promise<{ volume: Volume; image: ImageWish; type: VolumeType | undefined }> {
    const { id: known } = await this.access.require(caller, contract.uploadVolumeToImage.policy, id);
    if (request.visibility === 'public') await this.access.require(caller, contract.uploadPublicRule, id);
    const imageId = newId();
    const uploading = await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, known);
      const diskFormat = requireUploadable(volume, request);
      const image = imageWishOf(volume, imageId, request);
      const changed = await this.volumes.become(tx, volume, 'uploading', { previousStatus: volume.status });
      await this.operations.start(tx, UploadVolume, { volumeId: volume.id, image, diskFormat }, { on: volume, by: caller });
      return { volume: changed, image };
    });
    // The operation asks the same: whoever is first makes it. Asked here so that the caller finds the image, or learns why there is none.
    await this.images.uploads.prepare(uploading.image, { signal, idempotencyKey: imageId });
    return { ...uploading, type: await this.images.types.find(this.db, uploading.volume.typeId) };
  }

  /** Gives the volume the content of its latest snapshot, which must be named. */
  async revert(caller: Caller, id: string, snapshotId: string | null): Promise<void> {
    const { id: known } = await this.access.require(caller, contract.revertVolume.policy, id);
    await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, known);
      const latest = (await this.snapshots.lockAll(tx, volume.id))[0];
      if (latest === undefined) throw new RevertImpossible(`Volume ${volume.id} doesn't have any snapshots.`);
      if (snapshotId !== latest.id) throw new RevertImpossible(`Specified snapshot ${snapshotId?.slice(0, 64) ?? 'None'} is None or not the latest one of volume ${volume.id}.`);
      if (volume.sizeGibibytes !== latest.sizeGibibytes) {
        throw new RevertImpossible(`Can't revert volume ${volume.id} to its latest snapshot ${latest.id}. The volume size must be equal to the snapshot size.`);
      }
      const refusal = `Can't revert volume ${volume.id} to its latest snapshot ${latest.id}.`;
      if (volume.status !== 'available') throw new RevertNotNow(`${refusal} Volume's status must be 'available'.`);
      if (latest.status !== 'available') throw new RevertNotNow(`${refusal} Snapshot's status must be 'available'.`);
      const changed = await this.volumes.become(tx, volume, 'reverting', { previousStatus: volume.status, raisesGeneration: true });
      await this.snapshots.become(tx, latest.id, 'available', 'restoring');
      await this.operations.start(tx, RevertVolume, { volumeId: volume.id, snapshotId: latest.id, generation: changed.generation }, { on: volume, by: caller });
    });
  }

  /** Writes an image over the volume; over a reserved one only where that is said. */
  async reimage(caller: Caller, id: string, request: { imageId: string; isReservedAllowed: boolean }, signal: AbortSignal): Promise<void> {
    const seen = await this.access.require(caller, contract.reimageVolume.policy, id);
    if (seen.status === 'reserved') await this.access.require(caller, contract.reimageReservedRule, id);
    const { source, imageMetadata } = await this.images.originFor({ isAdmin: caller.roles.has('admin') }, seen, request.imageId, signal);
    await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, seen.id);
      requireStatus(volume, request.isReservedAllowed ? ['available', 'error', 'reserved'] : ['available', 'error']);
      if ((await this.images.sources.countAttachments(tx, volume.id)) > 1) throw new TooManyAttachments();
      if (volume.backend === null) throw new VolumeState(`Volume ${volume.id} is on no backend.`);
      const changed = await this.volumes.become(tx, volume, 'downloading', { previousStatus: volume.status, raisesGeneration: true });
      const params = { volumeId: volume.id, source, imageMetadata, generation: changed.generation };
      await this.operations.start(tx, ReimageVolume, params, { on: volume, by: caller });
    });
  }

  /** How far the writing over a volume is that was begun with this key; undefined where none was. */
  async reimaging(id: string, key: string): Promise<'writing' | 'done' | 'failed' | undefined> {
    const row = only(await this.db.sql<{ state: string }>`
      SELECT state FROM operation WHERE resource_type = 'volume' AND resource_id = ${id} AND kind = 'volume.reimage' AND params ->> 'key' = ${key}`);
    if (row === undefined) return undefined;
    if (row.state === 'succeeded') return 'done';
    return row.state === 'running' ? 'writing' : 'failed';
  }

  /** Writes an image over a volume that a server has, and that no host reaches any more. Whoever asks has asked its own policy. */
  async reimageHeld(id: VolumeId, { imageId, key, isAdmin }: { imageId: string; key: string; isAdmin: boolean }, by: Initiator, signal: AbortSignal): Promise<void> {
    const { source, imageMetadata } = await this.images.originFor({ isAdmin }, await this.volumes.get(this.db, id), imageId, signal);
    await this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, id);
      // In error after an image that could not be written.
      requireStatus(volume, ['in-use', 'error']);
      if (isMoving(volume)) throw new VolumeState(`Volume ${volume.id} is being migrated.`);
      if ((await this.images.sources.countAttachments(tx, volume.id)) > 1) throw new TooManyAttachments();
      const changed = await this.volumes.become(tx, volume, 'downloading', { previousStatus: 'in-use', raisesGeneration: true });
      await this.operations.start(tx, ReimageVolume, { volumeId: volume.id, source, imageMetadata, generation: changed.generation, key }, { on: volume, by });
    });
  }
}
