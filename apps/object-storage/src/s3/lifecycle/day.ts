import type { ObjectStorageSettings } from '../../settings/index.js';

const DAY_MS = 86_400_000;

/** How long the days of lifecycle rules are; shorter ones are for tests. */
export function dayMs({ lifecycleDaySeconds }: ObjectStorageSettings): number {
  return lifecycleDaySeconds === undefined ? DAY_MS : lifecycleDaySeconds * 1000;
}
