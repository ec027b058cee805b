import { Injectable } from '@nestjs/common';
import type { Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { VolumeKeys } from '../keys/index.js';
import { charge, ofType, onlyOfType } from '../quota.js';
import { ChosenTypesRepository, requireProvisionable, type VolumeType } from '../volume-types/index.js';
import { SnapshotsOfVolumesRepository } from './snapshots-of-volumes.repository.js';
import type { Volume } from './volume.js';
import type { CheckedWish } from './wish-check.js';

/** What a volume cannot be without: room in its project's quota, and a key where its type is encrypted. Each throws `OverLimit`. */
@Injectable()
export class VolumeMeans {
  constructor(
    private readonly quotas: Quotas,
    private readonly keys: VolumeKeys,
    private readonly snapshots: SnapshotsOfVolumesRepository,
    private readonly types: ChosenTypesRepository,
  ) {}

  /** Charges the project, and answers the key's id: what the volume is made from has one already that fits, or it gets its own. */
  async provide(tx: Tx, projectId: string, { type, keyId, sizeGibibytes }: Pick<CheckedWish, 'type' | 'keyId' | 'sizeGibibytes'>): Promise<string | null> {
    requireProvisionable(type, sizeGibibytes);
    await charge(this.quotas, tx, projectId, { ...ofType(type.name, { volumes: 1, gigabytes: sizeGibibytes }), per_volume_gigabytes: sizeGibibytes });
    return keyId ?? (type.isEncrypted ? this.keys.create(tx, projectId) : null);
  }

  /** Charges the project for what the volume grows by, unless it counts for nothing. Throws `Invalid` for a size that the type forbids. */
  async growTo(tx: Tx, { projectId, typeId, typeName, consumesQuota, sizeGibibytes: now }: Volume, sizeGibibytes: number): Promise<void> {
    const type = await this.types.find(tx, typeId);
    if (type !== undefined) requireProvisionable(type, sizeGibibytes);
    if (!consumesQuota) return;
    await charge(this.quotas, tx, projectId, { ...ofType(typeName, { gigabytes: sizeGibibytes - now }), per_volume_gigabytes: sizeGibibytes });
  }

  /** Charges the project for a volume of the type instead of its own, with its snapshots; in all it has no more than before. */
  async retypeTo(tx: Tx, { id, projectId, consumesQuota, sizeGibibytes }: Volume, type: VolumeType): Promise<void> {
    if (!consumesQuota) return;
    const snapshots = await this.snapshots.lockAll(tx, id);
    const gigabytes = snapshots.reduce((sum, snapshot) => sum + snapshot.sizeGibibytes, sizeGibibytes);
    await charge(this.quotas, tx, projectId, onlyOfType(type.name, { volumes: 1, gigabytes, snapshots: snapshots.length }));
  }
}
