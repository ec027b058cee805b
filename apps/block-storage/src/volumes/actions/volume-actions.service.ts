import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { volumeActions as contract } from '@virga/contracts-block-storage';
import { NotFound, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { resetOf, type ResetRequest } from './status-reset.js';
import { VolumeAccess } from '../volume-access.js';
import { VolumeSourcesRepository } from '../volume-sources.repository.js';
import { VolumeChanges } from '../volume-changes.js';
import { VolumeEncryptionRepository, type VolumeEncryption } from './volume-encryption.repository.js';
import { requireStatus, VolumeState, type Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';

class EntryUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.volume.image-metadata-unknown', `Glance metadata for volume/snapshot ${id} cannot be found.`);
  }
}

type Metadata = Record<string, string>;

/** What is said of volumes, apart from their names: none of it reaches a storage host. */
@Injectable()
export class VolumeActions {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly sources: VolumeSourcesRepository,
    private readonly access: VolumeAccess,
    private readonly changes: VolumeChanges,
    private readonly encryptions: VolumeEncryptionRepository,
  ) {}

  async setBootable(caller: Caller, id: string, isBootable: boolean): Promise<void> {
    await this.change(caller, contract.setVolumeBootable.policy, id, (tx, volume) => {
      requireNot(volume, ['maintenance'], 'The volume cannot be updated during maintenance.');
      return this.volumes.edit(tx, volume, { isBootable });
    });
  }

  async setReadOnly(caller: Caller, id: string, isReadOnly: boolean): Promise<void> {
    await this.change(caller, contract.updateVolumeReadOnly.policy, id, (tx, volume) => {
      if (volume.status !== 'available') {
        throw new VolumeState(`Volume ${volume.id} status must be available to update readonly flag, but current status is: ${volume.status}.`);
      }
      // As Cinder shows it: among the metadata, in Python's words.
      const readonly = isReadOnly ? 'True' : 'False';
      return this.volumes.edit(tx, volume, { isReadOnly, adminMetadata: { ...volume.adminMetadata, readonly } });
    });
  }

  /** An operator's word against ours. What an operation is doing at the moment goes on and has the last one. */
  async resetStatus(caller: Caller, id: string, request: ResetRequest): Promise<void> {
    await this.change(caller, contract.resetVolumeStatus.policy, id, async (tx, volume) => {
      const { status, migrationStatus } = resetOf(request, await this.sources.countAttachments(tx, volume.id));
      await this.volumes.become(tx, volume, status ?? volume.status, { ...(migrationStatus !== undefined && { migrationStatus }), previousStatus: null });
    });
  }

  /** The volume begins to go, whatever it is doing; only what depends on it keeps it. */
  async forceDelete(caller: Caller, id: string): Promise<void> {
    await this.change(caller, contract.forceDeleteVolume.policy, id, (tx, volume) =>
      this.changes.startDelete(tx, volume, { isCascading: false, isForced: true }, caller));
  }

  /** How the volume is encrypted: by its type. */
  async encryption(caller: Caller, id: string): Promise<VolumeEncryption> {
    return this.encryptions.of(this.db, await this.access.require(caller, contract.showVolumeEncryption.policy, id));
  }

  /** Nothing waits for it here: our storage hosts tell of growth themselves. Throws where the volume does not grow. */
  async completeExtend(caller: Caller, id: string): Promise<void> {
    const volume = await this.access.require(caller, contract.extendVolumeCompletion.policy, id);
    requireStatus(volume, ['extending']);
  }

  async imageMetadata(caller: Caller, id: string): Promise<Metadata> {
    return (await this.access.require(caller, contract.listVolumeImageMetadata.policy, id)).imageMetadata ?? {};
  }

  async setImageMetadata(caller: Caller, id: string, metadata: Metadata): Promise<Metadata> {
    const changed = await this.change(caller, contract.setVolumeImageMetadata.policy, id, (tx, volume) => {
      requireEditable(volume);
      return this.volumes.edit(tx, volume, { imageMetadata: { ...volume.imageMetadata, ...metadata } });
    });
    return changed.imageMetadata ?? {};
  }

  async unsetImageMetadata(caller: Caller, id: string, key: string): Promise<void> {
    await this.change(caller, contract.unsetVolumeImageMetadata.policy, id, (tx, volume) => {
      requireEditable(volume);
      if (!Object.hasOwn(volume.imageMetadata ?? {}, key)) throw new EntryUnknown(volume.id);
      const rest = Object.fromEntries(Object.entries(volume.imageMetadata ?? {}).filter(([name]) => name !== key));
      return this.volumes.edit(tx, volume, { imageMetadata: rest });
    });
  }

  private async change<T>(caller: Caller, rule: PolicyRule, id: string, work: (tx: Tx, volume: Volume) => Promise<T> | T): Promise<T> {
    const { id: known } = await this.access.require(caller, rule, id);
    return this.db.transaction(async (tx) => work(tx, await this.volumes.lock(tx, known)));
  }
}

/** Throws `VolumeState` while metadata is being read from the volume. */
export function requireEditable(volume: Volume): void {
  requireNot(volume, ['maintenance', 'uploading'], `Updating volume metadata is not allowed for volumes in ${volume.status} status.`);
}

function requireNot({ status }: Volume, forbidden: readonly string[], reason: string): void {
  if (forbidden.includes(status)) throw new VolumeState(reason);
}
