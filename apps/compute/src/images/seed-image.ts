import type { BootImage } from '@virga/contracts-image';
import { Invalid } from '@virga/kernel';
import type { Flavor } from '../flavors/index.js';

/** An image as a server was built from it: enough to make the guest's disk again. */
export interface SeedImage {
  id: string;
  /** Hex. */
  sha512: string;
  format: 'qcow2' | 'raw';
  sizeBytes: number;
  /** How large the disk is that the image describes. */
  virtualSizeBytes: number;
  /** What it asks of memory; absent for servers that were built before this was kept. */
  minRamMebibytes?: number;
  properties: Record<string, string>;
}

const GIBIBYTE = 1024 ** 3;

class ImageUnusable extends Invalid {
  constructor(id: string, reason: string) {
    super('compute.image.unusable', `Image ${id} cannot be booted: ${reason}`);
  }
}

class FlavorTooSmall extends Invalid {
  constructor(message: string) {
    super('compute.flavor.too-small', message);
  }
}

/** What of an image a server keeps. Throws `Invalid` where it cannot be booted. */
export function seedFrom(image: BootImage): SeedImage {
  if (image.status !== 'active') throw new ImageUnusable(image.id, `it is ${image.status}, not active.`);
  const { id, sha512, diskFormat, sizeBytes, properties } = image;
  if (sha512 === null || sizeBytes === null) throw new ImageUnusable(id, 'its content has not been inspected yet.');
  if (diskFormat !== 'qcow2' && diskFormat !== 'raw') throw new ImageUnusable(id, `its disk format is ${diskFormat ?? 'unknown'}; hosts boot qcow2 and raw.`);
  return { id, sha512, format: diskFormat, sizeBytes, virtualSizeBytes: image.virtualSizeBytes ?? sizeBytes, minRamMebibytes: image.minRamMebibytes, properties };
}

/** Throws `Invalid` where the flavor has less memory or disk than the image asks for. */
export function requireFits(image: Pick<BootImage, 'minRamMebibytes' | 'minDiskGibibytes' | 'virtualSizeBytes' | 'sizeBytes'>, flavor: Flavor): void {
  if (flavor.memoryMebibytes < image.minRamMebibytes) {
    throw new FlavorTooSmall(`Flavor's memory (${flavor.memoryMebibytes} MiB) is too small for the image, which needs ${image.minRamMebibytes} MiB.`);
  }
  // A flavor without a disk takes the image's own size.
  if (flavor.rootGibibytes === 0) return;
  const needed = Math.max(image.minDiskGibibytes * GIBIBYTE, image.virtualSizeBytes ?? image.sizeBytes ?? 0);
  if (needed > flavor.rootGibibytes * GIBIBYTE) {
    throw new FlavorTooSmall(`Flavor's disk (${flavor.rootGibibytes} GiB) is too small for the image, which needs ${Math.ceil(needed / GIBIBYTE)} GiB.`);
  }
}
