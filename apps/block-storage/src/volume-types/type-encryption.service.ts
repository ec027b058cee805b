import { Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule } from '@virga/contract';
import { volumeTypes } from '@virga/contracts-block-storage';
import { raise, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import type { Encryption, EncryptionSettings } from './encryption.js';
import { TypeEncryptionRepository } from './type-encryption.repository.js';
import { EncryptionExists, EncryptionUnknown, VolumeTypeInUse } from './volume-type-faults.js';
import { VolumeTypeUnknown } from './volume-type.js';
import { VolumeTypesRepository } from './volume-types.repository.js';

type NewEncryption = BodyOf<typeof volumeTypes.createTypeEncryption>['encryption'];
type EncryptionChange = BodyOf<typeof volumeTypes.updateTypeEncryption>['encryption'];

/** How volumes of a type are encrypted; it stays as it is while the type has volumes. */
@Injectable()
export class TypeEncryptionService {
  constructor(
    private readonly db: Database, private readonly types: VolumeTypesRepository, private readonly encryptions: TypeEncryptionRepository, private readonly policy: Policy,
  ) {}

  async find(caller: Caller, typeId: string): Promise<Encryption | undefined> {
    this.policy.require(caller, volumeTypes.showTypeEncryption.policy);
    await this.types.findVisible(this.db, typeId, { projectId: caller.projectId, isAdmin: true }) ?? raise(new VolumeTypeUnknown(typeId));
    return this.encryptions.find(this.db, typeId);
  }

  create(caller: Caller, typeId: string, wanted: NewEncryption): Promise<Encryption> {
    return this.change(caller, volumeTypes.createTypeEncryption.policy, typeId, 'create', async (tx) => {
      if (await this.encryptions.find(tx, typeId) !== undefined) throw new EncryptionExists(typeId);
      return this.encryptions.insert(tx, typeId, {
        provider: wanted.provider, controlLocation: wanted.control_location, cipher: wanted.cipher ?? null, keySize: sizeFrom(wanted.key_size) ?? null,
      });
    });
  }

  update(caller: Caller, typeId: string, wanted: EncryptionChange): Promise<void> {
    return this.change(caller, volumeTypes.updateTypeEncryption.policy, typeId, 'update', async (tx) => {
      const now = await this.encryptions.find(tx, typeId) ?? raise(new EncryptionUnknown(typeId));
      await this.encryptions.update(tx, typeId, changed(now, wanted));
    });
  }

  delete(caller: Caller, typeId: string): Promise<void> {
    return this.change(caller, volumeTypes.deleteTypeEncryption.policy, typeId, 'delete', (tx) => this.encryptions.delete(tx, typeId));
  }

  private change<Result>(caller: Caller, rule: PolicyRule, typeId: string, verb: string, make: (tx: Tx) => Promise<Result>): Promise<Result> {
    this.policy.require(caller, rule);
    return this.db.transaction(async (tx) => {
      await this.types.lock(tx, typeId);
      if (await this.types.isUsed(tx, typeId)) throw new VolumeTypeInUse(`Cannot ${verb} encryption specs. Volume type in use.`);
      return make(tx);
    });
  }
}

function changed(now: EncryptionSettings, { provider, control_location: location, cipher, key_size: size }: EncryptionChange): EncryptionSettings {
  const keySize = sizeFrom(size);
  return {
    provider: provider ?? now.provider, controlLocation: location ?? now.controlLocation, cipher: cipher === undefined ? now.cipher : cipher,
    keySize: keySize === undefined ? now.keySize : keySize,
  };
}

function sizeFrom(size: number | string | null | undefined): number | null | undefined {
  return typeof size === 'string' ? Number(size) : size;
}
