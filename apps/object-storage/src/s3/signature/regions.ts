import { DEFAULT_REGION } from '../../s3-limits/index.js';
import type { ObjectStorageSettings } from '../../settings/index.js';

/**
 * Whether a region that a client names is ours: the cloud's own, in any case, or the one that stock clients start with, so that
 * both who configured a region and who did not can sign.
 */
export function isOwnRegion(name: string, { region }: ObjectStorageSettings): boolean {
  return name === '' || name === DEFAULT_REGION || name.toLowerCase() === region.toLowerCase();
}
