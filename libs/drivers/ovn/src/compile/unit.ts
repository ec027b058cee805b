import type { LogicalKind, LogicalRef } from '@virga/ports';
import type { ManagedColumns, MarkedTable } from '../northbound.js';
import type { Values } from '../ovsdb/operations.js';

/** Whose rows these are: a thing of the model, or `backend` for what the driver itself needs once. */
export interface Owner {
  kind: LogicalKind | 'backend' | 'tombstone';
  id: string;
}

export interface RowRef {
  table: MarkedTable;
  uuid: string;
}

/** A row that must exist with these values in the columns that we manage. */
export interface CompiledRow extends RowRef {
  columns: Values;
}

/** That a column shared by many units contains one of this unit's rows. */
export interface Link {
  table: 'Logical_Switch' | 'Port_Group';
  uuid: string;
  column: 'ports' | 'dns_records';
  target: string;
}

/** All rows of one thing. The first is its anchor: it carries the revision, and writing is guarded by it. */
export interface Unit extends Owner {
  revision: number;
  anchor: CompiledRow;
  rows: CompiledRow[];
  links: Link[];
  /** Rows of other units that were read to make this one; they must not change until it is written. */
  reads: RowRef[];
}

/** A compiled row, checked against the table's columns. */
export function row<Table extends MarkedTable>(table: Table, uuid: string, columns: ManagedColumns<Table>): CompiledRow {
  return { table, uuid, columns: columns as Values };
}

/** Something that a spec refers to is neither given nor in the backend. */
export class MissingReference extends Error {
  constructor(readonly from: LogicalRef, readonly to: LogicalRef) {
    super(`The ${from.kind} ${from.id} refers to the ${to.kind} ${to.id}, which is neither given nor there.`);
    this.name = 'MissingReference';
  }
}
