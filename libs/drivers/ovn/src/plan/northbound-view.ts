import type { LogicalKind, LogicalRef } from '@virga/ports';
import { ownerOf, type Marks } from '../compile/marks.js';
import { rowUuid, tombstoneUuid } from '../compile/names.js';
import type { Owner, RowRef } from '../compile/unit.js';
import { northbound, type MarkedTable, type NbReplica, type NbRow } from '../northbound.js';
import type { Reference } from '../ovsdb/replica.js';
import type { Values } from '../ovsdb/operations.js';

const anchorTables = {
  'network': 'Logical_Switch', 'subnet': 'DHCP_Options', 'port': 'Logical_Switch_Port', 'router': 'Logical_Router', 'security-group': 'Port_Group',
} as const satisfies Record<LogicalKind, MarkedTable>;

/** The row that carries a thing's revision. */
export const anchorOf = (ref: LogicalRef): RowRef => ({ table: anchorTables[ref.kind], uuid: rowUuid(ref.id) });

const keyOf = (owner: Owner): string => `${owner.kind}/${owner.id}`;

/** The northbound database as plans see it: rows, who names them, and whose they are. */
export class NorthboundView {
  private readonly owners = new Map<string, { owner: Owner; rows: Map<string, RowRef> }>();

  constructor(readonly replica: NbReplica) {
    for (const table of Object.keys(northbound)) {
      for (const [uuid, row] of replica.table(table as MarkedTable)) this.index({ table: table as MarkedTable, uuid }, undefined, marksOf(row));
    }
    replica.subscribe((changes) => {
      for (const { table, uuid, before, now } of changes) this.index({ table: table as MarkedTable, uuid }, marksOf(before), marksOf(now));
    });
  }

  row<Table extends MarkedTable>(table: Table, uuid: string): NbRow<Table> | undefined {
    return this.replica.row(table, uuid) as NbRow<Table> | undefined;
  }

  columns(ref: RowRef): Values | undefined {
    return this.row(ref.table, ref.uuid) as Values | undefined;
  }

  marks(ref: RowRef): Marks | undefined {
    return marksOf(this.columns(ref));
  }

  referrers(uuid: string): Iterable<Reference> {
    return this.replica.referrers(uuid);
  }

  /** All rows that carry the owner's marks. */
  owned(owner: Owner): RowRef[] {
    return [...(this.owners.get(keyOf(owner))?.rows.values() ?? [])];
  }

  /** Everyone who owns a row. */
  allOwners(): Owner[] {
    return [...this.owners.values()].map(({ owner }) => owner);
  }

  hasTombstone(ref: Owner): boolean {
    return this.row('Copp', tombstoneUuid(ref.kind, ref.id)) !== undefined;
  }

  /** Whether any of the owner's rows, or its tombstone, appeared or changed after the moment. */
  hasChangedSince(owner: Owner, position: number): boolean {
    const tombstone: RowRef = { table: 'Copp', uuid: tombstoneUuid(owner.kind, owner.id) };
    return [...this.owned(owner), tombstone].some(({ table, uuid }) => this.replica.hasChangedSince(table, uuid, position));
  }

  private index(ref: RowRef, before: Marks | undefined, now: Marks | undefined): void {
    const rowKey = `${ref.table}/${ref.uuid}`;
    const old = before && ownerOf(before);
    const owner = now && ownerOf(now);
    if (old !== undefined) {
      const entry = this.owners.get(keyOf(old));
      entry?.rows.delete(rowKey);
      if (entry?.rows.size === 0) this.owners.delete(keyOf(old));
    }
    if (owner !== undefined) {
      const entry = this.owners.get(keyOf(owner)) ?? { owner, rows: new Map<string, RowRef>() };
      entry.rows.set(rowKey, ref);
      this.owners.set(keyOf(owner), entry);
    }
  }
}

function marksOf(row: object | undefined): Marks | undefined {
  return (row as { external_ids?: Marks } | undefined)?.external_ids;
}
