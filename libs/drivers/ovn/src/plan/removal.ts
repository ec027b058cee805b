import type { Instant } from '@virga/kernel';
import { hours } from '@virga/kernel';
import type { LogicalRef } from '@virga/ports';
import { MARK, marks, ownerOf } from '../compile/marks.js';
import { tombstoneUuid } from '../compile/names.js';
import { row, type CompiledRow, type Owner, type RowRef } from '../compile/unit.js';
import { rootTables, type MarkedTable } from '../northbound.js';
import { anchorOf, type NorthboundView } from './northbound-view.js';
import type { Plan } from './plan.js';

/**
 * How long it is remembered that a thing is gone. Too low: a caller that was stopped in the middle of a request for that long
 * brings a deleted thing back (until the next repair). Too high: the table grows by a small row for each deletion in that time.
 */
const TOMBSTONE_LIFE = hours(1);

export const tombstoneOf = (ref: Owner): RowRef => ({ table: 'Copp', uuid: tombstoneUuid(ref.kind, ref.id) });

/**
 * Adds to `plan` the removal of everything that belongs to a thing, and a tombstone against late callers. The tombstone is a
 * row of the table Copp that nothing points to, which OVN ignores.
 */
export function planGone(ref: LogicalRef, now: Instant, view: NorthboundView, plan: Plan): void {
  const anchor = anchorOf(ref);
  const marksRead = view.marks(anchor);
  if (marksRead === undefined) plan.requireNoRow(anchor);
  else plan.requireRow(anchor, { external_ids: marksRead });
  const rows = [...view.owned(ref), ...(ref.kind === 'network' ? portLeftovers(anchor, view) : [])];
  for (const each of rows) planRowRemoval(each, view, plan);
  if (!view.hasTombstone(ref)) plan.insert(tombstoneOf(ref), tombstone(ref, now).columns);
}

/** Adds the removal of a thing's rows without a tombstone: they are not in the model, but may come to be. */
export function planUnexpected(owner: Owner, view: NorthboundView, plan: Plan): void {
  for (const each of view.owned(owner)) {
    plan.requireRow(each, { external_ids: view.marks(each) });
    planRowRemoval(each, view, plan);
  }
}

/** The tombstones that have done their time. */
export function expiredTombstones(now: Instant, view: NorthboundView): RowRef[] {
  return [...view.replica.table('Copp')]
    .filter(([, { external_ids: ids }]) => ids.get(MARK.kind) === 'tombstone' && Number(ids.get(MARK.at)) < now - TOMBSTONE_LIFE)
    .map(([uuid]) => ({ table: 'Copp', uuid }));
}

function planRowRemoval(ref: RowRef, view: NorthboundView, plan: Plan): void {
  if (rootTables.has(ref.table)) {
    plan.delete(ref);
    return;
  }
  for (const { table, uuid, column } of view.referrers(ref.uuid)) {
    plan.changeSet({ table: table as MarkedTable, uuid }, column, { remove: [ref.uuid] });
  }
}

/** A switch takes its ports along; the rows beside them (DNS, own DHCP options) would stay. */
function portLeftovers(network: RowRef, view: NorthboundView): RowRef[] {
  const ports = view.row('Logical_Switch', network.uuid)?.ports ?? new Set<string>();
  return [...ports].flatMap((uuid) => {
    const owner = ownerOf(view.marks({ table: 'Logical_Switch_Port', uuid }) ?? new Map());
    return owner?.kind === 'port' ? view.owned(owner).filter(({ table }) => rootTables.has(table)) : [];
  });
}

function tombstone(ref: LogicalRef, now: Instant): CompiledRow {
  return row('Copp', tombstoneOf(ref).uuid, {
    name: `virga-gone-${ref.kind}-${ref.id}`,
    external_ids: marks({ kind: 'tombstone', id: `${ref.kind}/${ref.id}` }, { [MARK.at]: String(now) }),
  });
}
