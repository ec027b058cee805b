import type { quotas } from '@virga/contracts-block-storage';
import { OverLimit } from '@virga/kernel';
import { fragment, type Fragment, type Tx } from '@virga/persistence';
import { QuotaExceeded, Quotas, type Amounts } from '@virga/quota';

/** What the block storage service limits, with Cinder's names and defaults (quota configuration reference). Snapshots count into gigabytes. */
export const blockStorageQuotas = new Quotas({
  serviceType: 'block-storage',
  resources: [
    {
      name: 'volumes', defaultLimit: 10, description: 'Volumes',
      usage: (project) => fragment`SELECT count(*) FROM volume WHERE project_id = ${project} AND deleted_at IS NULL AND consumes_quota`,
    },
    {
      name: 'gigabytes', defaultLimit: 1000, description: 'GiB of volumes and snapshots',
      usage: (project) => fragment`
        SELECT coalesce(sum(size_gibibytes), 0) FROM (
          SELECT size_gibibytes + growth_gibibytes AS size_gibibytes FROM volume WHERE project_id = ${project} AND deleted_at IS NULL AND consumes_quota
          UNION ALL SELECT size_gibibytes FROM snapshot WHERE project_id = ${project} AND deleted_at IS NULL AND consumes_quota) AS counted`,
    },
    {
      name: 'snapshots', defaultLimit: 10, description: 'Snapshots',
      usage: (project) => fragment`SELECT count(*) FROM snapshot WHERE project_id = ${project} AND deleted_at IS NULL AND consumes_quota`,
    },
    {
      name: 'backups', defaultLimit: 10, description: 'Backups',
      usage: (project) => fragment`SELECT count(*) FROM backup WHERE project_id = ${project} AND deleted_at IS NULL`,
    },
    {
      name: 'backup_gigabytes', defaultLimit: 1000, description: 'GiB of backups',
      usage: (project) => fragment`SELECT coalesce(sum(size_gibibytes), 0) FROM backup WHERE project_id = ${project} AND deleted_at IS NULL`,
    },
    {
      name: 'groups', defaultLimit: 10, description: 'Groups of volumes',
      usage: (project) => fragment`SELECT count(*) FROM volume_group WHERE project_id = ${project}`,
    },
    {
      name: 'schedules', defaultLimit: 100, description: 'Schedules of snapshots and backups',
      usage: (project) => fragment`SELECT count(*) FROM schedule WHERE project_id = ${project}`,
    },
    { name: 'per_volume_gigabytes', defaultLimit: -1, description: 'GiB of one volume' },
  ],
  families: [
    {
      prefix: 'volumes_', defaultLimit: -1, description: 'Volumes of a type',
      usage: (project, type) => fragment`SELECT count(*) FROM ${volumesOf(project, type)}`,
    },
    {
      prefix: 'gigabytes_', defaultLimit: -1, description: 'GiB of volumes of a type and their snapshots',
      usage: (project, type) => fragment`
        SELECT coalesce(sum(size_gibibytes), 0) FROM (
          SELECT v.size_gibibytes + v.growth_gibibytes AS size_gibibytes FROM ${volumesOf(project, type)} UNION ALL SELECT s.size_gibibytes FROM ${snapshotsOf(project, type)}) AS counted`,
    },
    {
      prefix: 'snapshots_', defaultLimit: -1, description: 'Snapshots of volumes of a type',
      usage: (project, type) => fragment`SELECT count(*) FROM ${snapshotsOf(project, type)}`,
    },
  ],
});

function volumesOf(project: string, type: string): Fragment {
  return fragment`
    volume v JOIN volume_type t ON t.id = v.type_id AND t.name = ${type} AND t.deleted_at IS NULL
    WHERE v.project_id = ${project} AND v.deleted_at IS NULL AND v.consumes_quota`;
}

/** A snapshot is of the type that its volume has now. */
function snapshotsOf(project: string, type: string): Fragment {
  return fragment`
    snapshot s JOIN volume o ON o.id = s.volume_id JOIN volume_type t ON t.id = o.type_id AND t.name = ${type} AND t.deleted_at IS NULL
    WHERE s.project_id = ${project} AND s.deleted_at IS NULL AND s.consumes_quota`;
}

/** What a volume type has limits of its own for. */
export type TypeAmounts = Partial<Record<(typeof quotas.TYPE_QUOTA_RESOURCES)[number], number>>;

/** The amounts, and the same of those resources that the volume type has limits of its own for: `ofType('gold', { volumes: 1, gigabytes: 2 })`. */
export function ofType(typeName: string, amounts: TypeAmounts): Amounts {
  return { ...amounts, ...onlyOfType(typeName, amounts) };
}

/** The amounts of the volume type's own limits: `onlyOfType('gold', { volumes: 1 })` is `{ volumes_gold: 1 }`. */
export function onlyOfType(typeName: string, amounts: TypeAmounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([resource, amount]) => [`${resource}_${typeName}`, amount]));
}

class TooMany extends OverLimit {
  constructor(name: string, { limit }: { limit: number }, kind: { exception: string; noun: string }) {
    super(`block-storage.quota.${name}`, `${kind.exception}: Maximum number of ${kind.noun} allowed (${limit}) exceeded for quota '${name}'.`);
  }
}

class TooLarge extends OverLimit {
  constructor(name: string, { limit, used, requested }: { limit: number; used: number; requested: number }) {
    super(
      `block-storage.quota.${name}`,
      `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed ${name} quota. Requested ${requested}G, quota is ${limit}G and ${used}G has been consumed.`,
    );
  }
}

class VolumeTooLarge extends OverLimit {
  constructor({ limit, requested }: { limit: number; requested: number }) {
    super(
      'block-storage.quota.per_volume_gigabytes',
      `VolumeSizeExceedsLimit: Requested volume size ${requested}GB is larger than maximum allowed limit ${limit}GB.`,
    );
  }
}

/** Charges the project in Cinder's words: clients read the exceptions' names in them. Throws `OverLimit`. */
export async function charge(quotas: Quotas, tx: Tx, project: string, amounts: Amounts): Promise<void> {
  try {
    await quotas.charge(tx, { project }, amounts);
  } catch (error) {
    throw error instanceof QuotaExceeded ? inCindersWords(error) : error;
  }
}

const COUNTED: Readonly<Record<string, { exception: string; noun: string }>> = {
  volumes: { exception: 'VolumeLimitExceeded', noun: 'volumes' },
  snapshots: { exception: 'SnapshotLimitExceeded', noun: 'snapshots' },
  backups: { exception: 'BackupLimitExceeded', noun: 'backups' },
  groups: { exception: 'GroupLimitExceeded', noun: 'groups' },
  schedules: { exception: 'ScheduleLimitExceeded', noun: 'schedules' },
};

/** Sizes before counts, as Cinder looks at them. */
function inCindersWords({ exceeded }: QuotaExceeded): OverLimit {
  const names = Object.keys(exceeded);
  const one = exceeded['per_volume_gigabytes'];
  if (one !== undefined) return new VolumeTooLarge(one);
  const size = names.find((name) => name.includes('gigabytes'));
  const name = size ?? names[0] ?? 'volumes';
  const standing = exceeded[name] ?? { limit: 0, used: 0, requested: 0 };
  if (size !== undefined) return new TooLarge(name, standing);
  const kind = Object.entries(COUNTED).find(([resource]) => name === resource || name.startsWith(`${resource}_`))?.[1];
  return new TooMany(name, standing, kind ?? { exception: 'QuotaError', noun: name });
}
