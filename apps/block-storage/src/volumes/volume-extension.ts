import { Injectable } from '@nestjs/common';
import { Invalid } from '@virga/kernel';
import { Operations, type Initiator } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { BackendsRepository } from '../backends/index.js';
import { ExtendVolume, type ExtendParams } from './operations/extend-volume.operation.js';
import { requireBackend } from './volume-build.js';
import { VolumeMeans } from './volume-means.js';
import { isMoving, VolumeState, type Volume } from './volume.js';
import { VolumesRepository } from './volumes.repository.js';

class NotLarger extends Invalid {
  constructor({ sizeGibibytes }: Volume, wanted: number) {
    super('block-storage.volume.size', `Invalid input received: New size for extend must be greater than current size. (current: ${sizeGibibytes}, extended: ${wanted}).`);
  }
}

/** Lets volumes grow. */
@Injectable()
export class VolumeExtension {
  constructor(
    private readonly volumes: VolumesRepository,
    private readonly backends: BackendsRepository,
    private readonly means: VolumeMeans,
    private readonly operations: Operations,
  ) {}

  /**
   * The locked volume, available or (with `mayBeAttached`) in use or reserved, begins to grow to `sizeGibibytes`; part of the caller's transaction.
   * Throws `Invalid` and `OverLimit`.
   */
  async start(tx: Tx, volume: Volume, { sizeGibibytes, mayBeAttached }: { sizeGibibytes: number; mayBeAttached: boolean }, by: Initiator): Promise<Volume> {
    const status = await this.startingStatus(tx, volume, mayBeAttached);
    const growthGibibytes = sizeGibibytes - volume.sizeGibibytes;
    if (growthGibibytes <= 0) throw new NotLarger(volume, sizeGibibytes);
    await this.means.growTo(tx, volume, sizeGibibytes);
    const extending = await this.volumes.become(tx, volume, 'extending', { growthGibibytes, previousStatus: status, raisesGeneration: true, fault: null });
    const params: ExtendParams = { volumeId: volume.id, generation: extending.generation, sizeGibibytes, status };
    await this.operations.start(tx, ExtendVolume, params, { on: volume, by });
    return extending;
  }

  private async startingStatus(tx: Tx, volume: Volume, mayBeAttached: boolean): Promise<ExtendParams['status']> {
    const { id, status } = volume;
    if (isMoving(volume)) throw new VolumeState(`Volume ${id} is being migrated, and cannot be extended meanwhile.`);
    const allowed = mayBeAttached ? ['available', 'in-use', 'reserved'] : ['available'];
    if (!allowed.includes(status)) {
      throw new VolumeState(`Volume ${id} status must be '${allowed.join('\' or \'')}' to extend, currently ${status}.`);
    }
    const backend = await this.backends.find(tx, requireBackend(volume));
    if (status === 'in-use' && backend?.capabilities.growsAttached !== true) throw new VolumeState(`Volume ${id} is on a backend that cannot extend volumes that are attached.`);
    return status as ExtendParams['status'];
  }
}
