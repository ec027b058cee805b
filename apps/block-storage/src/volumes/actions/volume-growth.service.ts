import { Injectable } from '@nestjs/common';
import { isWithin, type VersionNumber } from '@virga/contract';
import { volumeActions as contract } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { VolumeAccess } from '../volume-access.js';
import { VolumeExtension } from '../volume-extension.js';
import { VolumesRepository } from '../volumes.repository.js';

/** Larger volumes, on request. */
@Injectable()
export class VolumeGrowth {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly access: VolumeAccess,
    private readonly extension: VolumeExtension,
  ) {}

  /** The volume begins to grow; one that servers use only where the version knows that this is possible. */
  async extend(caller: Caller, id: string, { sizeGibibytes, version }: { sizeGibibytes: number; version: VersionNumber }): Promise<void> {
    const seen = await this.access.require(caller, contract.extendVolume.policy, id);
    const mayBeAttached = seen.status === 'in-use' && isWithin(version, { since: contract.EXTEND_ATTACHED_SINCE });
    if (mayBeAttached) await this.access.require(caller, contract.extendAttachedRule, id);
    await this.db.transaction(async (tx) => this.extension.start(tx, await this.volumes.lock(tx, seen.id), { sizeGibibytes, mayBeAttached }, caller));
  }
}
