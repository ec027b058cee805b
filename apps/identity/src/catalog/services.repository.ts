import { Injectable } from '@nestjs/common';
import { all, json, onForeignKey, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { listed, pageClauses, type Listed, type Page } from '../listing/index.js';
import { ServiceInUse, type Service, type ServiceChange } from './catalog.js';
import { ServiceRow } from './service.row.js';

@Injectable()
export class ServicesRepository {
  async find(db: Reader, id: string): Promise<Service | undefined> {
    const [row] = await db.sql<ServiceRow>`SELECT * FROM service WHERE id = ${id}`;
    return row && fromRow(row);
  }

  async lock(tx: Tx, id: string): Promise<Service | undefined> {
    const [row] = await tx.sql<ServiceRow>`SELECT * FROM service WHERE id = ${id} FOR UPDATE`;
    return row && fromRow(row);
  }

  async page(db: Reader, conditions: readonly Fragment[], page: Page): Promise<Listed<Service>> {
    const { after, tail } = pageClauses(page, 'service', 's', 'type');
    return listed((await db.sql<ServiceRow>`SELECT s.* FROM service s WHERE ${all([...conditions, after])} ${tail}`).map(fromRow), page);
  }

  async insert(tx: Tx, service: Service): Promise<void> {
    await tx.insert(ServiceRow, {
      id: service.id, type: service.type, name: service.name, description: service.description, enabled: service.isEnabled, extra: service.extra,
    });
  }

  async update(tx: Tx, seen: Service, change: ServiceChange): Promise<Service> {
    const next = { ...seen, ...change };
    await tx.sql`
      UPDATE service SET type = ${next.type}, name = ${next.name}, description = ${next.description}, enabled = ${next.isEnabled}, extra = ${json(next.extra)}
      WHERE id = ${seen.id}`;
    return next;
  }

  async delete(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.sql`DELETE FROM service WHERE id = ${id} RETURNING id`.catch(onForeignKey('registered_limit_service', () => new ServiceInUse(id)));
    return rows.length > 0;
  }
}

function fromRow(row: ServiceRow): Service {
  return { id: row.id, type: row.type, name: row.name, description: row.description, isEnabled: row.enabled, extra: row.extra };
}
