import { Injectable } from '@nestjs/common';
import { raise } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { VolumeKeys } from '../keys/index.js';
import { charge, ofType } from '../quota.js';
import { ChosenTypesRepository, requireProvisionable, VolumeTypeUnknown, type VolumeType } from '../volume-types/index.js';
import type { Volume } from './volume.js';
import type { CheckedWish } from './wish-check.js';

/** What a volume cannot be without: room in its project's quota, and a key where its type is encrypted. */
@Injectable()
export class VolumeMeans {
  constructor(private readonly quotas: Quotas, private readonly keys: VolumeKeys, private readonly types: ChosenTypesRepository) {}

  /** Charges the project, and answers the key's id: what the volume is made from has one already that fits, or it gets its own. Throws `OverLimit`, and `Invalid` for a size that the type forbids. */
  async provide(tx: Tx, projectId: string, { type, keyId, sizeGibibytes }: Pick<CheckedWish, 'type' | 'keyId' | 'sizeGibibytes'>): Promise<string | null> {
    requireProvisionable(type, sizeGibibytes);
    await charge(this.quotas, tx, projectId, { ...ofType(type.name, { volumes: 1, gigabytes: sizeGibibytes }), per_volume_gigabytes: sizeGibibytes });
    return keyId ?? (type.isEncrypted ? this.keys.create(tx, projectId) : null);
  }

  /** Charges the project for a volume that gets another type: for what that type alone is limited by. Throws `OverLimit`. */
  async retypeTo(tx: Tx, { projectId, consumesQuota, sizeGibibytes }: Volume, type: VolumeType): Promise<void> {
    if (consumesQuota) await charge(this.quotas, tx, projectId, { [`volumes_${type.name}`]: 1, [`gigabytes_${type.name}`]: sizeGibibytes });
  }

  /** Charges the project for what the volume grows by, unless it counts for nothing. Throws `OverLimit`. */
  async growTo(tx: Tx, { projectId, typeId, consumesQuota, sizeGibibytes: now }: Volume, sizeGibibytes: number): Promise<void> {
    const type = await this.types.find(tx, typeId) ?? raise(new VolumeTypeUnknown(typeId));
    requireProvisionable(type, sizeGibibytes);
    if (consumesQuota) await charge(this.quotas, tx, projectId, { ...ofType(type.name, { gigabytes: sizeGibibytes - now }), per_volume_gigabytes: sizeGibibytes });
  }
}
