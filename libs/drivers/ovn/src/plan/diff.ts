import type { LogicalRef } from '@virga/ports';
import { mergedMarks, ownMarks, revisionOf, ownerOf, type Marks } from '../compile/marks.js';
import { MissingReference, type CompiledRow, type Link, type RowRef, type Unit } from '../compile/unit.js';
import { linkColumns, northbound, rootTables, type MarkedTable } from '../northbound.js';
import { sameValue, showValue, type ColumnKind, type Value } from '../ovsdb/columns.js';
import type { Reference } from '../ovsdb/replica.js';
import type { Values } from '../ovsdb/operations.js';
import type { NorthboundView } from './northbound-view.js';
import { Plan } from './plan.js';
import { tombstoneOf } from './removal.js';

const isLinkColumn = ({ table, column }: { table: string; column: string }): boolean =>
  linkColumns.some(([linkTable, linkColumn]) => table === linkTable && column === linkColumn);
const keyOf = ({ table, uuid }: RowRef): string => `${table}/${uuid}`;

/**
 * Adds to `plan` what makes a unit's rows as compiled. Pure: reads the view, writes the plan. What is committed together with
 * or before it, and may be referred to, is in `made`. Throws `MissingReference` where a link leads nowhere.
 */
export function planUnit(unit: Unit, view: NorthboundView, plan: Plan, made: Plan = plan): void {
  const own = new Plan();
  for (const row of unit.rows) planRow(row, view, own);
  const wanted = new Set(unit.rows.map(keyOf));
  for (const stale of view.owned(unit).filter((ref) => !wanted.has(keyOf(ref)))) planRemoval(stale, wanted, view, own);
  planLinks(unit, view, own);
  requireParents(unit, view, made, own);
  if (own.isEmpty) return;
  guardUnit(unit, view, plan);
  plan.absorb(own);
}

/** Whether the backend holds a newer revision than the unit's. */
export function isOutdated(anchor: RowRef, revision: number, view: NorthboundView): boolean {
  const marks = view.marks(anchor);
  return marks !== undefined && revisionOf(marks) > revision;
}

function planRow(row: CompiledRow, view: NorthboundView, plan: Plan): void {
  const actual = view.columns(row);
  if (actual === undefined) {
    plan.problems.push(`${nameOf(row)} is missing`);
    plan.insert(row, row.columns);
    return;
  }
  const changed: Record<string, Value> = {};
  for (const [column, wanted] of Object.entries(row.columns)) {
    if (isSame(column, wanted, actual[column])) continue;
    plan.problems.push(`${nameOf(row)} has ${column} ${showValue(actual[column])} instead of ${showValue(wanted)}`);
    if (kindOf(row.table, column) === 'uuid*') planReferences(row, column, wanted as ReadonlySet<string>, actual[column] as ReadonlySet<string>, plan);
    else changed[column] = column === 'external_ids' ? mergedMarks(wanted as Marks, actual[column] as Marks) : wanted;
  }
  if (Object.keys(changed).length > 0) plan.update(row, changed);
}

function isSame(column: string, wanted: Value, actual: Value): boolean {
  return sameValue(wanted, column === 'external_ids' ? ownMarks(actual as Marks) : actual);
}

function planReferences(row: RowRef, column: string, wanted: ReadonlySet<string>, actual: ReadonlySet<string>, plan: Plan): void {
  plan.changeSet(row, column, {
    add: [...wanted].filter((uuid) => !actual.has(uuid)), remove: [...actual].filter((uuid) => !wanted.has(uuid)),
  });
}

/** Removes a row that the unit no longer has. Rows named only by the unit's own rows go with the reference that `planRow` takes away. */
function planRemoval(stale: RowRef, wanted: ReadonlySet<string>, view: NorthboundView, plan: Plan): void {
  plan.problems.push(`${nameOf(stale)} is unexpected`);
  if (rootTables.has(stale.table)) {
    plan.delete(stale);
    return;
  }
  for (const referrer of view.referrers(stale.uuid)) {
    const from = rowRef(referrer);
    if (wanted.has(keyOf(from)) && !isLinkColumn(referrer)) continue;
    plan.changeSet(from, referrer.column, { remove: [stale.uuid] });
  }
}

function planLinks(unit: Unit, view: NorthboundView, plan: Plan): void {
  for (const link of unit.links) {
    const parent = view.columns(link);
    if ((parent?.[link.column] as ReadonlySet<string> | undefined)?.has(link.target) === true) continue;
    plan.problems.push(`${nameOf(link)} lacks ${link.target} in ${link.column}`);
    plan.changeSet(link, link.column, { add: [link.target] });
  }
  const wanted = new Set(unit.links.map((link) => `${keyOf(link)}/${link.column}/${link.target}`));
  for (const { uuid: target } of unit.rows) {
    for (const referrer of view.referrers(target)) {
      if (!isOurLink(referrer, view) || wanted.has(`${referrer.table}/${referrer.uuid}/${referrer.column}/${target}`)) continue;
      plan.problems.push(`${nameOf(rowRef(referrer))} has ${target} in ${referrer.column}`);
      plan.changeSet(rowRef(referrer), referrer.column, { remove: [target] });
    }
  }
}

/** A port group that somebody made beside ours is none of our business. */
function isOurLink(referrer: Reference, view: NorthboundView): boolean {
  return isLinkColumn(referrer) && ownerOf(view.marks(rowRef(referrer)) ?? new Map()) !== undefined;
}

/** Every row that a link leads to exists, or is made in this transaction; otherwise the linked row would silently vanish. */
function requireParents(unit: Unit, view: NorthboundView, made: Plan, own: Plan): void {
  for (const link of unit.links) {
    if (view.columns(link) === undefined && !made.inserts(link) && !own.inserts(link)) {
      throw new MissingReference({ kind: unit.kind, id: unit.id } as LogicalRef, parentOf(link));
    }
  }
}

const parentOf = (link: Link): LogicalRef => ({ kind: link.table === 'Logical_Switch' ? 'network' : 'security-group', id: link.uuid });

/** What the plan for this unit rests on: its anchor and the sets it owns as they were read, what it was compiled from, and its parents. */
function guardUnit(unit: Unit, view: NorthboundView, plan: Plan): void {
  const anchor = view.columns(unit.anchor);
  if (anchor === undefined) {
    plan.requireNoRow(unit.anchor);
    if (unit.kind !== 'backend') plan.requireNoRow(tombstoneOf(unit));
  } else {
    const owned = Object.keys(unit.anchor.columns).filter((column) => column === 'external_ids' || kindOf(unit.anchor.table, column) === 'uuid*');
    plan.requireRow(unit.anchor, pick(anchor, owned));
  }
  for (const read of unit.reads) requireUnchanged(read, 'external_ids', view, plan);
  for (const link of unit.links) requireUnchanged(link, 'name', view, plan);
}

function requireUnchanged(ref: RowRef, column: string, view: NorthboundView, plan: Plan): void {
  const actual = view.columns(ref);
  if (actual !== undefined) plan.requireRow(ref, pick(actual, [column]));
}

const pick = (columns: Values, names: string[]): Values => Object.fromEntries(names.map((name) => [name, columns[name]]));
const rowRef = (reference: Reference): RowRef => ({ table: reference.table as MarkedTable, uuid: reference.uuid });
const nameOf = ({ table, uuid }: RowRef): string => `${table} ${uuid}`;
const kindOf = (table: string, column: string): ColumnKind | undefined => (northbound as Record<string, Record<string, ColumnKind>>)[table]?.[column];
