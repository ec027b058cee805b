import type { BodyOf, OutputOf, Reply } from '@virga/contract';
import type { snapshotActions } from '@virga/contracts-block-storage';
import { Invalid } from '@virga/kernel';
import { last, listingOf } from '../listings/index.js';
import type { ManageWish } from './managed-snapshots.service.js';
import { trimmed } from './snapshot-input.js';
import type { ManageableSnapshot } from './unmanaged-snapshots.repository.js';

type Summary = Exclude<OutputOf<typeof snapshotActions.listManageableSnapshots>, void | Reply<unknown>>['manageable-snapshots'][number];
type Detail = Exclude<OutputOf<typeof snapshotActions.listManageableSnapshotDetails>, void | Reply<unknown>>['manageable-snapshots'][number];

const snapshotName = (id: string): string => `snapshot-${id}`;
const volumeName = (id: string): string => `volume-${id}`;

export function manageableSummary({ id, volumeId, sizeGibibytes, isManaged }: ManageableSnapshot): Summary {
  return {
    reference: { 'source-name': snapshotName(id) }, size: sizeGibibytes, safe_to_manage: !isManaged, source_reference: { 'source-name': volumeName(volumeId) },
  };
}

export function manageableDetail(snapshot: ManageableSnapshot): Detail {
  return {
    ...manageableSummary(snapshot), reason_not_safe: snapshot.isManaged ? 'already managed' : null, extra_info: null, cinder_id: snapshot.isManaged ? snapshot.id : null,
  };
}

const UUID_AT_END = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** References are names that end in the id (`snapshot-ID`; Tempest's default is `_snapshot-ID`), or ids, as a text or below a key of any driver's. */
export function manageWish({ snapshot }: BodyOf<typeof snapshotActions.manageSnapshot>): ManageWish {
  const { ref } = snapshot;
  const texts = typeof ref === 'string' ? [ref] : Object.values(ref ?? {}).filter((value): value is string => typeof value === 'string');
  return {
    volumeId: snapshot.volume_id, reference: UUID_AT_END.exec(texts[0] ?? '')?.[0].toLowerCase(), name: trimmed(snapshot.name) ?? null,
    description: trimmed(snapshot.description) ?? null, metadata: snapshot.metadata ?? {},
  };
}

/** The backend that a list is asked of: `HOST@BACKEND`, with or without its pool. */
export function backendAsked(query: Readonly<Record<string, unknown>>): string {
  const [host, cluster] = [last(query['host']), last(query['cluster'])];
  if (cluster !== undefined && host !== undefined) throw new Invalid('request.host', 'Only one of host and cluster can be given.');
  const name = host ?? cluster;
  if (name === undefined) throw new Invalid('request.host', 'Missing required element \'host\' in the request.');
  return name.split('#')[0] as string;
}

/** Sorted and cut as asked; by reference downwards where nothing is said. */
export function manageablePage(found: readonly ManageableSnapshot[], query: Readonly<Record<string, unknown>>): ManageableSnapshot[] {
  const rules = { sortKeys: ['reference', 'size'], filters: [], knowsLike: false, isStrict: false, isAdmin: false };
  const isSorted = query['sort'] !== undefined || query['sort_key'] !== undefined;
  const { limit, offset, marker, sort } = listingOf(isSorted ? query : { ...query, sort_key: 'reference' }, rules);
  const sorted = [...found].sort((a, b) => {
    for (const { key, direction } of sort) {
      const order = key === 'size' ? a.sizeGibibytes - b.sizeGibibytes : a.id.localeCompare(b.id);
      if (order !== 0) return direction === 'asc' ? order : -order;
    }
    return a.id.localeCompare(b.id);
  });
  const start = marker === undefined ? 0 : sorted.findIndex(({ id }) => marker.includes(id)) + 1;
  return sorted.slice(start + offset, start + offset + limit);
}
