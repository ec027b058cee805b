import { Injectable } from '@nestjs/common';
import { volumeTypes } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import type { ExtraSpecs } from './extra-specs.js';
import { ExtraSpecInvalid, ExtraSpecUnknown, VolumeTypeInUse } from './volume-type-faults.js';
import type { VolumeType } from './volume-type.js';
import { VolumeTypesRepository } from './volume-types.repository.js';
import { requireConsistent, VolumeTypesService } from './volume-types.service.js';
import { visibleSpecs } from './volume-types.views.js';

/** The extra specs of a type: they say what its volumes are, so they stay while it has volumes. */
@Injectable()
export class TypeExtraSpecsService {
  constructor(
    private readonly db: Database, private readonly types: VolumeTypesRepository, private readonly lookup: VolumeTypesService, private readonly policy: Policy,
  ) {}

  async list(caller: Caller, id: string): Promise<ExtraSpecs> {
    const { extraSpecs } = await this.lookup.get(caller, id, volumeTypes.listTypeExtraSpecs.policy);
    return this.visibleTo(caller, extraSpecs);
  }

  async show(caller: Caller, id: string, key: string): Promise<ExtraSpecs> {
    const { extraSpecs } = await this.lookup.get(caller, id, volumeTypes.showTypeExtraSpec.policy);
    const visible = this.visibleTo(caller, extraSpecs);
    if (!Object.hasOwn(visible, key)) throw new ExtraSpecUnknown(id, key);
    return { [key]: visible[key] ?? null };
  }

  async add(caller: Caller, id: string, specs: ExtraSpecs): Promise<ExtraSpecs> {
    this.policy.require(caller, volumeTypes.createTypeExtraSpecs.policy);
    await this.set(id, specs);
    return specs;
  }

  async update(caller: Caller, id: string, key: string, specs: ExtraSpecs): Promise<ExtraSpecs> {
    this.policy.require(caller, volumeTypes.updateTypeExtraSpec.policy);
    if (!Object.hasOwn(specs, key)) {
      await this.lookup.get(caller, id, volumeTypes.updateTypeExtraSpec.policy);
      throw new ExtraSpecInvalid('Request body and URI mismatch');
    }
    await this.set(id, specs);
    return specs;
  }

  remove(caller: Caller, id: string, key: string): Promise<void> {
    this.policy.require(caller, volumeTypes.deleteTypeExtraSpec.policy);
    return this.db.transaction(async (tx) => {
      await this.lockUnused(tx, id);
      if (!(await this.types.removeExtraSpec(tx, id, key))) throw new ExtraSpecUnknown(id, key);
    });
  }

  private set(id: string, specs: ExtraSpecs): Promise<void> {
    return this.db.transaction(async (tx) => {
      const type = await this.lockUnused(tx, id);
      requireConsistent({ ...type.extraSpecs, ...specs });
      await this.types.addExtraSpecs(tx, id, specs);
    });
  }

  private async lockUnused(tx: Tx, id: string): Promise<VolumeType> {
    const type = await this.types.lock(tx, id);
    if (await this.types.isUsed(tx, id)) throw new VolumeTypeInUse('Volume Type is currently in use.');
    return type;
  }

  private visibleTo(caller: Caller, extraSpecs: ExtraSpecs): ExtraSpecs {
    return visibleSpecs(extraSpecs, this.lookup.seesAllExtraSpecs(caller));
  }
}
