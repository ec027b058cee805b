import { isTrue, type BodyOf, type OutputOf, type Reply, type VersionNumber } from '@virga/contract';
import { groups as contract, resourceFilters } from '@virga/contracts-block-storage';
import { last, listingOf, type Listing } from '../listings/index.js';
import { bareTime } from '../wire/index.js';
import { idsIn, type MembershipWish } from './group-membership.js';
import { GROUP_SORT_KEYS } from './groups.repository.js';
import type { Group } from './group.js';

type View = Exclude<OutputOf<typeof contract.showGroup>, void | Reply<unknown>>['group'];
type Query = Readonly<Record<string, unknown>>;

/** What else a reply shows: the volumes where asked for, the project for those who may see it. */
export interface Shown {
  volumes: string[] | undefined;
  showsProject: boolean;
}

export function groupReference({ id, name }: Group): { id: string; name: string | null } {
  return { id, name };
}

export function groupView(group: Group, { volumes, showsProject }: Shown): View {
  return {
    id: group.id, name: group.name, description: group.description, status: group.status, availability_zone: group.availabilityZone,
    created_at: bareTime(group.createdAt), group_type: group.groupTypeId, volume_types: group.volumeTypeIds, group_snapshot_id: group.groupSnapshotId,
    source_group_id: group.sourceGroupId, replication_status: group.replicationStatus, ...(volumes !== undefined && { volumes }),
    ...(showsProject && { project_id: group.projectId }),
  };
}

export function wantsVolumes(query: Query): boolean {
  return isTrue(last(query['list_volume'])) === true;
}

/** Filters that are not allowed are refused since 3.31, and were let through before. */
export function groupListing(query: Query, version: VersionNumber, isAdmin: boolean): Listing {
  const isStrict = version >= contract.groupVersions.strictFilters;
  return listingOf(query, {
    sortKeys: GROUP_SORT_KEYS, filters: resourceFilters.RESOURCE_FILTERS['group'] ?? [], knowsLike: version >= contract.groupVersions.likeFilters, isStrict, isAdmin,
    ownParameters: ['list_volume'],
  });
}

export interface GroupWish {
  name: string | null;
  description: string | null;
  /** Ids or names. */
  groupType: string;
  volumeTypes: string[];
  zone: string | null;
}

export function groupWish({ group }: BodyOf<typeof contract.createGroup>): GroupWish {
  return {
    name: group.name?.trim() ?? null, description: group.description?.trim() ?? null, groupType: group.group_type, volumeTypes: group.volume_types,
    zone: group.availability_zone ?? null,
  };
}

export interface CopyWish {
  name: string | null;
  description: string | null;
  source: { kind: 'group-snapshot'; id: string } | { kind: 'group'; id: string } | undefined;
}

/** Exactly one source; undefined where that is not so. */
export function copyWish({ 'create-from-src': given }: BodyOf<typeof contract.createGroupFromSource>): CopyWish {
  const { group_snapshot_id: snapshot, source_group_id: group } = given;
  const words = { name: given.name?.trim() ?? null, description: given.description?.trim() ?? null };
  if (snapshot !== undefined && group === undefined) return { ...words, source: { kind: 'group-snapshot', id: snapshot } };
  if (group !== undefined && snapshot === undefined) return { ...words, source: { kind: 'group', id: group } };
  return { ...words, source: undefined };
}

export interface GroupChange extends MembershipWish {
  name: string | null;
  description: string | null;
}

export function groupChange({ group }: BodyOf<typeof contract.updateGroup>): GroupChange {
  return {
    name: group.name?.trim() ?? null, description: group.description?.trim() ?? null, add: idsIn(group.add_volumes), remove: idsIn(group.remove_volumes),
  };
}
