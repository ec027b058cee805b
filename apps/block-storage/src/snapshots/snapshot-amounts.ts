import type { Amounts } from '@virga/quota';
import { ofType } from '../quota.js';
import type { Volume } from '../volumes/index.js';

/** What snapshots of these volumes are charged with: in all, and for the volumes' types. */
export function amountsOf(volumes: readonly Pick<Volume, 'sizeGibibytes' | 'typeName'>[]): Amounts {
  const amounts: Record<string, number> = {};
  for (const { sizeGibibytes, typeName } of volumes) {
    for (const [name, amount] of Object.entries(ofType(typeName, { snapshots: 1, gigabytes: sizeGibibytes }))) amounts[name] = (amounts[name] ?? 0) + amount;
  }
  return amounts;
}
