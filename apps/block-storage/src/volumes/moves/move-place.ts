import { Injectable } from '@nestjs/common';
import { raise } from '@virga/kernel';
import type { Run } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { BackendsRepository } from '../../backends/index.js';
import { Reservations, type PlacementRequest } from '../../scheduling/index.js';
import { isMultiattachType, ChosenTypesRepository, VolumeTypeUnknown, type VolumeType } from '../../volume-types/index.js';
import type { Volume } from '../volume.js';
import { VolumeMeans } from '../volume-means.js';
import { VolumesRepository, type VolumeChange } from '../volumes.repository.js';
import { VolumeMigrationsRepository, type VolumeMigration } from './volume-migrations.repository.js';

type Moving = Pick<Run<never>, 'db' | 'transaction'>;

/** What a volume asks of the backend that it is to be on with a type. */
export function placementOf(volume: Volume, type: VolumeType, where: Pick<PlacementRequest, 'onlyOn' | 'notOn'>): PlacementRequest {
  return {
    sizeGibibytes: volume.sizeGibibytes, zone: null, extraSpecs: type.extraSpecs, isEncrypted: type.isEncrypted, isMultiattach: isMultiattachType(type.extraSpecs), ...where,
  };
}

/** Where a volume moves to: found at the beginning, and taken when everything of it is there. */
@Injectable()
export class MovePlace {
  constructor(
    private readonly volumes: VolumesRepository,
    private readonly migrations: VolumeMigrationsRepository,
    private readonly types: ChosenTypesRepository,
    private readonly backends: BackendsRepository,
    private readonly reservations: Reservations,
    private readonly means: VolumeMeans,
  ) {}

  /** Finds another backend that suits the type; throws `NoValidBackend`, whose reasons are kept. */
  async find(run: Moving, volume: Volume, migration: VolumeMigration): Promise<void> {
    const type = await this.type(run.db, migration.typeId ?? volume.typeId);
    const wanted = placementOf(volume, type, { onlyOn: undefined, notOn: [migration.source] });
    const transaction: Moving['transaction'] = (work) => run.transaction(work);
    await this.reservations.reserve(volume.id, wanted, transaction, (tx, backend) => this.migrations.placeOn(tx, migration.id, backend));
  }

  /** The volume is on its target; its new type it has when nothing is left of the move. Throws `OverLimit` where the project may have no more of that. */
  async take(run: Moving, volume: Volume, { target, typeId }: VolumeMigration): Promise<Volume> {
    return run.transaction(async (tx) => {
      if (typeId !== null) await this.means.retypeTo(tx, volume, await this.type(tx, typeId));
      return this.arrive(tx, volume, target);
    });
  }

  /** The volume is on its target. */
  async arrive(tx: Tx, volume: Volume, target: string | null): Promise<Volume> {
    const zone = target === null ? undefined : (await this.backends.find(tx, target))?.availabilityZone;
    return this.volumes.edit(tx, volume, { backend: target, migrationStatus: 'completing', raisesGeneration: true, ...(zone !== undefined && { availabilityZone: zone }) });
  }

  /** What is different about a volume whose move has ended well: `success`, and the type for which it has moved, at once, as its user waits for either. */
  async changeAtEnd(db: Reader, { typeId }: Pick<VolumeMigration, 'typeId'>): Promise<VolumeChange> {
    const type = typeId === null ? undefined : await this.type(db, typeId);
    return { migrationStatus: 'success', previousStatus: null, ...(type !== undefined && { typeId: type.id, isMultiattach: isMultiattachType(type.extraSpecs) }) };
  }

  private async type(db: Reader, id: string): Promise<VolumeType> {
    return (await this.types.find(db, id)) ?? raise(new VolumeTypeUnknown(id));
  }
}
