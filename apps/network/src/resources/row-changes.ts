import { fragment, identifier, join, nothing, type SqlValue, type Tx } from '@virga/persistence';

/** The tables whose rows are resources with Neutron's standard attributes. */
export type ResourceTable = 'network' | 'subnet' | 'subnetpool' | 'port' | 'router' | 'floatingip' | 'security_group' | 'security_group_rule';

/** The columns of a resource that every change touches. */
export interface LockedRow {
  id: string;
  project_id: string;
  revision_number: number;
}

/**
 * Takes a resource's row for this transaction, so that what is decided from it stays true until the commit; undefined where it is gone.
 * Others may still refer to it by foreign key.
 */
export async function lockRow<Row extends LockedRow>(tx: Tx, table: ResourceTable, id: string): Promise<Row | undefined> {
  const [row] = await tx.sql<Row>`SELECT * FROM ${identifier(table)} WHERE id = ${id} FOR NO KEY UPDATE`;
  return row;
}

/** Writes the given columns of a row that `lockRow` took, raises its revision, and answers the new one. */
export async function changeRow(tx: Tx, table: ResourceTable, id: string, changes: Readonly<Record<string, SqlValue>>, now: Date): Promise<number> {
  const sets = Object.entries(changes).map(([column, value]) => fragment`${identifier(column)} = ${value}`);
  const [row] = await tx.sql<{ revision_number: number }>`
    UPDATE ${identifier(table)} SET ${join(sets, ', ')}${sets.length === 0 ? nothing : fragment`, `}revision_number = revision_number + 1, updated_at = ${now}
    WHERE id = ${id} RETURNING revision_number`;
  return row?.revision_number ?? 0;
}

/** Raises the revisions of resources whose parts have changed. */
export async function touchRows(tx: Tx, table: ResourceTable, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx.sql`UPDATE ${identifier(table)} SET revision_number = revision_number + 1, updated_at = ${now} WHERE id = ANY(${ids})`;
}

/** False where it was gone already. */
export async function deleteRow(tx: Tx, table: ResourceTable, id: string): Promise<boolean> {
  const rows = await tx.sql`DELETE FROM ${identifier(table)} WHERE id = ${id} RETURNING id`;
  return rows.length > 0;
}

/** The entries that are not undefined. */
export function given<Values extends Readonly<Record<string, SqlValue | undefined>>>(values: Values): Record<string, SqlValue> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, SqlValue] => entry[1] !== undefined));
}
