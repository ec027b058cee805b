import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, join, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import type { Scope } from '../access/index.js';
import { InvalidInput, findRow, listRows, type Collection, type ListRequest } from '../listing/index.js';
import { standardFilters, standardSortable } from '../resources/index.js';
import { SubnetPoolRow } from './subnetpool.row.js';
import { SubnetPoolInUse, SubnetPoolNotFound, type SubnetPool } from './subnetpool.js';

const pools: Collection = {
  source: fragment`SELECT * FROM subnetpool`,
  filters: {
    ...standardFilters, ip_version: 'integer', default_prefixlen: 'integer', min_prefixlen: 'integer', max_prefixlen: 'integer', default_quota: 'integer',
    is_default: 'boolean', shared: { column: 'is_shared', kind: 'boolean' },
    address_scope_id: (values) => (values.includes('') ? fragment`TRUE` : fragment`FALSE`),
  },
  sortable: {
    ...standardSortable, ip_version: { column: 'ip_version' }, default_prefixlen: { column: 'default_prefixlen' }, min_prefixlen: { column: 'min_prefixlen' },
    max_prefixlen: { column: 'max_prefixlen' }, default_quota: { column: 'default_quota', isNullable: true }, is_default: { column: 'is_default' }, shared: { column: 'is_shared' },
  },
  notFound: (id) => new SubnetPoolNotFound(id),
};

@Injectable()
export class SubnetPoolsRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  list(request: ListRequest, scope: Scope): Promise<SubnetPool[]> {
    return listRows<SubnetPool>(this.db, pools, request, visible(scope));
  }

  find(reader: Reader, id: string): Promise<SubnetPool | undefined> {
    return findRow<SubnetPool>(reader, pools, id);
  }

  async insert(tx: Tx, pool: SubnetPoolRow): Promise<void> {
    await tx.insert(SubnetPoolRow, pool).catch(onUnique('subnetpool_default_once', secondDefault));
  }

  async cidrs(tx: Tx, id: string): Promise<string[]> {
    const rows = await tx.sql<{ cidr: string }>`SELECT cidr::text AS cidr FROM subnet WHERE subnetpool_id = ${id}`;
    return rows.map((row) => row.cidr);
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM subnetpool WHERE id = ${id}`.catch(onForeignKey('subnet_subnetpool', () => new SubnetPoolInUse(id)));
  }
}

/** For a change of `is_default`. */
export function secondDefault(): InvalidInput {
  return new InvalidInput('Invalid input for operation: A default subnetpool for this IP family has already been set. Only one default may exist per IP family.');
}

function visible(scope: Scope): Fragment {
  if (scope.all) return fragment`TRUE`;
  const parts = [...(scope.own === undefined ? [] : [fragment`v.project_id = ${scope.own}`]), ...(scope.shared ? [fragment`v.is_shared`] : [])];
  return parts.length === 0 ? fragment`FALSE` : fragment`(${join(parts, ' OR ')})`;
}
