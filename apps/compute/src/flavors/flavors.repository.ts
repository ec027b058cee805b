import { Injectable } from '@nestjs/common';
import { only, raise, type PageRequest } from '@virga/kernel';
import { all, fragment, identifier, json, keyset, nothing, onUnique, type Fragment, type KeysetColumn, type Reader, type Tx } from '@virga/persistence';
import { FlavorAccessExists, FlavorExists, FlavorUnknown, type Flavor } from './flavor.js';
import { FlavorAccessRow, FlavorRow } from './flavor.row.js';

/** Whose view of the flavors it is. */
export interface FlavorViewer {
  project: string | undefined;
  isAdmin: boolean;
}

export interface FlavorFilters {
  /** Undefined: all, public or not. Public ones include those that the project was given access to. */
  isPublic: boolean | undefined;
  includesDisabled: boolean;
  minMemoryMebibytes: number | undefined;
  minRootGibibytes: number | undefined;
}

/** Nova's sort keys; it numbers flavors as they are made, which `created_at` tells as well, and gives them weights that nobody sets. */
const SORT_COLUMNS: Record<string, KeysetColumn> = {
  created_at: { column: 'f.created_at', direction: 'asc' }, id: { column: 'f.created_at', direction: 'asc' },
  description: { column: 'f.description', direction: 'asc', isNullable: true }, disabled: { column: 'f.is_disabled', direction: 'asc' },
  ephemeral_gb: { column: 'f.ephemeral_gibibytes', direction: 'asc' }, flavorid: { column: 'f.flavor_id', direction: 'asc' },
  is_public: { column: 'f.is_public', direction: 'asc' }, memory_mb: { column: 'f.memory_mebibytes', direction: 'asc' },
  name: { column: 'f.name', direction: 'asc' }, root_gb: { column: 'f.root_gibibytes', direction: 'asc' },
  rxtx_factor: { column: 'f.rxtx_factor', direction: 'asc' }, swap: { column: 'f.swap_mebibytes', direction: 'asc' },
  updated_at: { column: 'f.updated_at', direction: 'asc', isNullable: true }, vcpus: { column: 'f.vcpus', direction: 'asc' },
};

export const FLAVOR_SORT_KEYS = Object.keys(SORT_COLUMNS);

@Injectable()
export class FlavorsRepository {
  /** The flavor of that id that a project may use: a public one, or one that it was given access to; any one for administrators. */
  async findUsable(db: Reader, id: string, { project, isAdmin }: FlavorViewer): Promise<Flavor | undefined> {
    const usable = isAdmin ? nothing : fragment`AND (f.is_public OR ${isGiven(project)})`;
    const [row] = await db.sql<FlavorRow>`SELECT f.* FROM flavor f WHERE f.flavor_id = ${id} ${usable}`;
    return row && fromRow(row);
  }

  /** One page of flavors in one statement. */
  async page(db: Reader, project: string | undefined, filters: FlavorFilters, page: PageRequest): Promise<Flavor[]> {
    const columns = sortColumns(page);
    const { after, order } = keyset(columns, page.marker === undefined ? undefined : markerValues(columns, page.marker));
    const rows = await db.sql<FlavorRow>`
      SELECT f.* FROM flavor f WHERE ${all([...conditions(project, filters), after])} ORDER BY ${order} LIMIT ${page.limit}`;
    return rows.map(fromRow);
  }

  async exists(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM flavor WHERE flavor_id = ${id}`).length > 0;
  }

  async insert(tx: Tx, flavor: Flavor): Promise<Flavor> {
    const row = await tx.insert(FlavorRow, toRow(flavor))
      .catch(onUnique('flavor_pkey', () => new FlavorExists('ID', flavor.id)))
      .catch(onUnique('flavor_name', () => new FlavorExists('name', flavor.name)));
    return fromRow(row);
  }

  async describe(tx: Tx, id: string, description: string | null): Promise<Flavor> {
    const rows = await tx.sql<FlavorRow>`UPDATE flavor SET description = ${description}, updated_at = now() WHERE flavor_id = ${id} RETURNING *`;
    return fromRow(only(rows) ?? raise(new FlavorUnknown(id)));
  }

  async delete(tx: Tx, id: string): Promise<void> {
    const rows = await tx.sql`DELETE FROM flavor WHERE flavor_id = ${id} RETURNING flavor_id`;
    if (rows.length === 0) throw new FlavorUnknown(id);
  }

  async addExtraSpecs(tx: Tx, id: string, specs: Record<string, string>): Promise<Record<string, string>> {
    const rows = await tx.sql<FlavorRow>`UPDATE flavor SET extra_specs = extra_specs || ${json(specs)}::jsonb, updated_at = now() WHERE flavor_id = ${id} RETURNING *`;
    return (only(rows) ?? raise(new FlavorUnknown(id))).extra_specs;
  }

  /** Answers whether there was such a key. */
  async removeExtraSpec(tx: Tx, id: string, key: string): Promise<boolean> {
    const rows = await tx.sql`UPDATE flavor SET extra_specs = extra_specs - ${key}::text, updated_at = now() WHERE flavor_id = ${id} AND extra_specs ? ${key} RETURNING flavor_id`;
    return rows.length > 0;
  }

  /** The projects that were given access, in the order of their ids. */
  async projects(db: Reader, id: string): Promise<string[]> {
    const rows = await db.sql<FlavorAccessRow>`SELECT * FROM flavor_access WHERE flavor_id = ${id} ORDER BY project_id`;
    return rows.map((row) => row.project_id);
  }

  async addProject(tx: Tx, id: string, project: string): Promise<void> {
    await tx.insert(FlavorAccessRow, { flavor_id: id, project_id: project }).catch(onUnique('flavor_access_pkey', () => new FlavorAccessExists(id, project)));
  }

  /** Answers whether it had access. */
  async removeProject(tx: Tx, id: string, project: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM flavor_access WHERE flavor_id = ${id} AND project_id = ${project} RETURNING flavor_id`).length > 0;
  }
}

function isGiven(project: string | undefined): Fragment {
  return fragment`EXISTS (SELECT FROM flavor_access a WHERE a.flavor_id = f.flavor_id AND a.project_id = ${project ?? ''})`;
}

function conditions(project: string | undefined, filters: FlavorFilters): Fragment[] {
  const { isPublic, includesDisabled, minMemoryMebibytes, minRootGibibytes } = filters;
  return [
    ...(isPublic === undefined ? [] : [isPublic ? fragment`(f.is_public OR ${isGiven(project)})` : fragment`NOT f.is_public`]),
    ...(includesDisabled ? [] : [fragment`NOT f.is_disabled`]),
    ...(minMemoryMebibytes === undefined ? [] : [fragment`f.memory_mebibytes >= ${minMemoryMebibytes}`]),
    ...(minRootGibibytes === undefined ? [] : [fragment`f.root_gibibytes >= ${minRootGibibytes}`]),
  ];
}

function sortColumns(page: PageRequest): KeysetColumn[] {
  const keys = page.sort.map(({ key, direction }): KeysetColumn => ({ ...(SORT_COLUMNS[key] as KeysetColumn), direction }));
  const last = keys.findIndex(({ column }) => column === 'f.flavor_id');
  return last >= 0 ? keys.slice(0, last + 1) : [...keys, { column: 'f.flavor_id', direction: page.sort.at(-1)?.direction ?? 'asc' }];
}

function markerValues(columns: readonly KeysetColumn[], id: string): Fragment[] {
  return columns.map(({ column }) => fragment`(SELECT ${identifier(column.replace('f.', 'marker.'))} FROM flavor AS marker WHERE marker.flavor_id = ${id})`);
}

function toRow(flavor: Flavor): Partial<FlavorRow> {
  return {
    flavor_id: flavor.id, name: flavor.name, vcpus: flavor.vcpus, memory_mebibytes: flavor.memoryMebibytes, root_gibibytes: flavor.rootGibibytes,
    ephemeral_gibibytes: flavor.ephemeralGibibytes, swap_mebibytes: flavor.swapMebibytes, rxtx_factor: flavor.rxtxFactor,
    is_public: flavor.isPublic, is_disabled: flavor.isDisabled, description: flavor.description, extra_specs: flavor.extraSpecs,
  };
}

export function fromRow(row: FlavorRow): Flavor {
  return {
    id: row.flavor_id, name: row.name, vcpus: row.vcpus, memoryMebibytes: row.memory_mebibytes, rootGibibytes: row.root_gibibytes,
    ephemeralGibibytes: row.ephemeral_gibibytes, swapMebibytes: row.swap_mebibytes, rxtxFactor: row.rxtx_factor,
    isPublic: row.is_public, isDisabled: row.is_disabled, description: row.description, extraSpecs: row.extra_specs,
  };
}
