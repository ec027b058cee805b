import type { VersionNumber } from '@virga/contract';
import { resourceFilters, snapshots } from '@virga/contracts-block-storage';
import { listingOf, type Listing } from '../listings/index.js';

const { snapshotVersions } = snapshots;

/** What those without special rights could filter by before filters were configured. */
const OLDER_FILTERS = ['status', 'volume_id', 'name', 'metadata'];
const SORT_KEYS = ['id', 'created_at', 'updated_at', 'display_name', 'name', 'status', 'volume_id', 'volume_size', 'size', 'project_id', 'user_id', 'progress'];

/** What a request for a list of snapshots asks for at its version. */
export function snapshotListing(query: Readonly<Record<string, unknown>>, version: VersionNumber, isAdmin: boolean): Listing {
  const isStrict = version >= snapshotVersions.strictFilters;
  const ignored = [
    ...(version < snapshotVersions.metadataFilter ? ['metadata'] : []), ...(version < snapshotVersions.consumesQuotaFilter ? ['consumes_quota'] : []),
    ...(version < snapshotVersions.count ? ['with_count'] : []),
  ];
  const known = Object.fromEntries(Object.entries(query).filter(([key]) => !ignored.includes(key)));
  return listingOf(known, {
    sortKeys: version < snapshotVersions.sortByName ? SORT_KEYS.filter((key) => key !== 'name') : SORT_KEYS,
    filters: isStrict ? resourceFilters.RESOURCE_FILTERS['snapshot'] ?? [] : OLDER_FILTERS, knowsLike: version >= snapshotVersions.likeFilters, isStrict, isAdmin,
  });
}
