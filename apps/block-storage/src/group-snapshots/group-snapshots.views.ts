import type { BodyOf, OutputOf, Reply, VersionNumber } from '@virga/contract';
import { groupSnapshots as contract, resourceFilters } from '@virga/contracts-block-storage';
import { listingOf, type Listing } from '../listings/index.js';
import { bareTime } from '../wire/index.js';
import type { GroupSnapshot } from './group-snapshot.js';
import { GROUP_SNAPSHOT_SORT_KEYS } from './group-snapshots.repository.js';

type View = Exclude<OutputOf<typeof contract.showGroupSnapshot>, void | Reply<unknown>>['group_snapshot'];

export function groupSnapshotReference({ id, name }: GroupSnapshot): { id: string; name: string | null } {
  return { id, name };
}

export function groupSnapshotView(snapshot: GroupSnapshot, { showsProject }: { showsProject: boolean }): View {
  return {
    id: snapshot.id, group_id: snapshot.groupId, group_type_id: snapshot.groupTypeId, status: snapshot.status, created_at: bareTime(snapshot.createdAt),
    name: snapshot.name, description: snapshot.description, ...(showsProject && { project_id: snapshot.projectId }),
  };
}

/** Before 3.29 nothing but `all_tenants` was read. */
export function groupSnapshotListing(query: Readonly<Record<string, unknown>>, version: VersionNumber, isAdmin: boolean): Listing {
  const { groupSnapshotVersions: versions } = contract;
  const known = version >= versions.paging ? query : { all_tenants: query['all_tenants'] };
  return listingOf(known, {
    sortKeys: GROUP_SNAPSHOT_SORT_KEYS, filters: resourceFilters.RESOURCE_FILTERS['group_snapshot'] ?? [], knowsLike: version >= versions.likeFilters,
    isStrict: version >= versions.strictFilters, isAdmin,
  });
}

export interface GroupSnapshotWish {
  groupId: string;
  name: string | null;
  description: string | null;
}

export function groupSnapshotWish({ group_snapshot: given }: BodyOf<typeof contract.createGroupSnapshot>): GroupSnapshotWish {
  return { groupId: given.group_id, name: given.name?.trim() ?? null, description: given.description?.trim() ?? null };
}
