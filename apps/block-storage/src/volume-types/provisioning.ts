import { Invalid } from '@virga/kernel';
import type { VolumeType } from './volume-type.js';

/** The extra specs that say how small and how large volumes of a type may be, in GiB (Cinder, "Basic volume quality of service"). */
const SMALLEST = 'provisioning:min_vol_size';
const LARGEST = 'provisioning:max_vol_size';

class SizeForbidden extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume.size', `Invalid input received: ${reason}`);
  }
}

/** Throws `Invalid` where the type does not let volumes have this size; a limit that is no number limits nothing. */
export function requireProvisionable({ name, extraSpecs }: Pick<VolumeType, 'name' | 'extraSpecs'>, sizeGibibytes: number): void {
  const [smallest, largest] = [wholeOf(extraSpecs[SMALLEST]), wholeOf(extraSpecs[LARGEST])];
  if (smallest !== undefined && sizeGibibytes < smallest) {
    throw new SizeForbidden(`Specified volume size of '${sizeGibibytes}' is less than the minimum required size of '${smallest}' for volume type '${name}'.`);
  }
  if (largest !== undefined && sizeGibibytes > largest) {
    throw new SizeForbidden(`Specified volume size of '${sizeGibibytes}' is greater than the maximum allowable size of '${largest}' for volume type '${name}'.`);
  }
}

function wholeOf(text: string | null | undefined): number | undefined {
  return typeof text === 'string' && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}
