import type { ObjectStorageSettings } from '../../settings/index.js';

/** Where S3 clients believe to be when nobody told them. */
export const DEFAULT_REGION = 'us-east-1';

/**
 * Whether a region that a client names is ours: the cloud's own, in any case, or the one that stock clients start with, so that
 * both who configured a region and who did not can sign.
 */
export function isOwnRegion(name: string, { region }: ObjectStorageSettings): boolean {
  return name === '' || name === DEFAULT_REGION || name.toLowerCase() === region.toLowerCase();
}
