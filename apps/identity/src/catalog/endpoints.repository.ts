import { Injectable } from '@nestjs/common';
import { all, json, onForeignKey, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, pageClauses, Unknown, type Listed, type Page } from '../listing/index.js';
import type { CatalogEndpoint, EndpointChange } from './catalog.js';
import { EndpointRow } from './endpoint.row.js';

@Injectable()
export class EndpointsRepository {
  async find(db: Reader, id: string): Promise<CatalogEndpoint | undefined> {
    const [row] = await db.sql<EndpointRow>`SELECT * FROM endpoint WHERE id = ${id}`;
    return row && fromRow(row);
  }

  async lock(tx: Tx, id: string): Promise<CatalogEndpoint | undefined> {
    const [row] = await tx.sql<EndpointRow>`SELECT * FROM endpoint WHERE id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<CatalogEndpoint>> {
    const { after, tail } = pageClauses(page, 'endpoint', 'e', 'service_id');
    return listed((await db.sql<EndpointRow>`SELECT e.* FROM endpoint e WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async insert(tx: Tx, endpoint: CatalogEndpoint): Promise<void> {
    await tx.insert(EndpointRow, {
      id: endpoint.id, service_id: endpoint.serviceId, region_id: endpoint.regionId, interface: endpoint.interface, url: endpoint.url, enabled: endpoint.isEnabled,
      extra: endpoint.extra,
    }).catch(onForeignKey('endpoint_service', () => new Unknown('service', endpoint.serviceId)))
      .catch(onForeignKey('endpoint_region', () => new Unknown('region', endpoint.regionId ?? '')));
  }

  async update(tx: Tx, seen: CatalogEndpoint, change: EndpointChange): Promise<CatalogEndpoint> {
    const next = { ...seen, ...change };
    await tx.sql`
      UPDATE endpoint SET service_id = ${next.serviceId}, region_id = ${next.regionId}, interface = ${next.interface}, url = ${next.url},
        enabled = ${next.isEnabled}, extra = ${json(next.extra)}
      WHERE id = ${seen.id}`
      .catch(onForeignKey('endpoint_service', () => new Unknown('service', next.serviceId)))
      .catch(onForeignKey('endpoint_region', () => new Unknown('region', next.regionId ?? '')));
    return next;
  }

  async delete(tx: Tx, id: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM endpoint WHERE id = ${id} RETURNING id`).length > 0;
  }
}

function fromRow(row: EndpointRow): CatalogEndpoint {
  return { id: row.id, serviceId: row.service_id, regionId: row.region_id, interface: row.interface, url: row.url, isEnabled: row.enabled, extra: row.extra };
}
