import type { OutputOf, Reply } from '@virga/contract';
import type { quotas as contract } from '@virga/contracts-block-storage';
import type { Limits, Standings } from './quotas.service.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type QuotaSetView = Body<OutputOf<typeof contract.updateQuotaSet>>['quota_set'];
type AbsoluteView = Body<OutputOf<typeof contract.showLimits>>['limits']['absolute'];

/** Nothing is ever reserved: what is charged is used in the same transaction. */
export function quotaSetView(amounts: Limits | Standings): QuotaSetView {
  return Object.fromEntries(Object.entries(amounts).map(([name, value]: [string, Limits[string] | Standings[string]]) => (
    [name, typeof value === 'number' ? value : { in_use: value.used, limit: value.limit, reserved: 0 }]
  )));
}

/** Cinder's names in `GET /limits`. */
const MAXIMA = {
  maxTotalVolumes: 'volumes', maxTotalVolumeGigabytes: 'gigabytes', maxTotalSnapshots: 'snapshots', maxTotalBackups: 'backups', maxTotalBackupGigabytes: 'backup_gigabytes',
} as const satisfies Partial<Record<keyof AbsoluteView, string>>;
const USED = {
  totalVolumesUsed: 'volumes', totalGigabytesUsed: 'gigabytes', totalSnapshotsUsed: 'snapshots', totalBackupsUsed: 'backups', totalBackupGigabytesUsed: 'backup_gigabytes',
} as const satisfies Partial<Record<keyof AbsoluteView, string>>;

export function absoluteView({ standings, showsUsage }: { standings: Standings; showsUsage: boolean }): AbsoluteView {
  const maxima = Object.entries(MAXIMA).map(([name, resource]) => [name, standings[resource]?.limit ?? -1]);
  const used = Object.entries(USED).map(([name, resource]) => [name, standings[resource]?.used ?? 0]);
  return Object.fromEntries([...maxima, ...(showsUsage ? used : [])]) as AbsoluteView;
}
