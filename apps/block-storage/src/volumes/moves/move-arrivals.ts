import { Injectable } from '@nestjs/common';
import type { VolumeId } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { VolumesRepository } from '../volumes.repository.js';
import { MovePlace } from './move-place.js';
import { VolumeMigrationsRepository } from './volume-migrations.repository.js';

/** Lets volumes be where their servers' guests have gone on with them. */
@Injectable()
export class MoveArrivals {
  constructor(private readonly volumes: VolumesRepository, private readonly migrations: VolumeMigrationsRepository, private readonly place: MovePlace) {}

  /**
   * The volume is where the migration leads; part of the transaction that says that the guest has it there. What is
   * written from now on is there and nowhere else, so this cannot be refused: a limit of its new type that others have used up meanwhile is exceeded.
   */
  async arrive(tx: Tx, volumeId: VolumeId, migrationId: string): Promise<void> {
    const migration = await this.migrations.get(tx, migrationId);
    await this.place.arrive(tx, await this.volumes.lock(tx, volumeId), migration.target);
  }
}
