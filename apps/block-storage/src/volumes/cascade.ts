import { Injectable } from '@nestjs/common';
import { wakeKey, type Initiator, type WakeKey } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import type { Volume } from './volume.js';

/** Begins to delete what belongs to a volume that is to go; throws where something may not. Wakes `dependentsGone` when one is gone. */
export type CascadeDelete = (tx: Tx, volume: Volume, by: Initiator) => Promise<void>;

/** What a volume's deletion waits for that takes the volume's snapshots with it. */
export const dependentsGone = (volumeId: string): WakeKey => wakeKey('volume-dependents', volumeId);

/** What other slices have that goes with a volume; they say so at start, since volumes do not know them. */
@Injectable()
export class VolumeCascade {
  private readonly parts: CascadeDelete[] = [];

  register(part: CascadeDelete): void {
    this.parts.push(part);
  }

  async startDelete(tx: Tx, volume: Volume, by: Initiator): Promise<void> {
    for (const part of this.parts) await part(tx, volume, by);
  }
}
