import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment } from '@virga/persistence';
import { findRow, listRows, type Collection, type ListRequest } from '../listing/index.js';
import { NetworkNotFound, type NetworkUse } from './ip-availability.js';

const uses: Collection = {
  source: fragment`
    SELECT n.id, n.name, n.project_id, n.tags, coalesce((
      SELECT json_agg(json_build_object('subnet_id', s.id, 'subnet_name', s.name, 'cidr', s.cidr, 'ip_version', s.ip_version,
        'total_ips', (SELECT coalesce(sum(p.size), 0) FROM allocation_pool p WHERE p.subnet_id = s.id),
        'used_ips', (SELECT count(*) FROM ip_allocation a WHERE a.subnet_id = s.id)) ORDER BY s.created_at, s.id)
      FROM subnet s WHERE s.network_id = n.id), '[]') AS subnets
    FROM network n`,
  filters: {
    network_id: { column: 'id', kind: 'text' }, network_name: { column: 'name', kind: 'text' }, project_id: 'text', tenant_id: { column: 'project_id', kind: 'text' },
    ip_version: (values) => fragment`EXISTS (SELECT FROM subnet s WHERE s.network_id = v.id AND s.ip_version::text = ANY(${values}::text[]))`,
  },
  sortable: { network_id: { column: 'id' }, network_name: { column: 'name' }, project_id: { column: 'project_id' } },
  notFound: (id) => new NetworkNotFound(id),
};

@Injectable()
export class IpAvailabilityRepository {
  constructor(@Inject(Database) private readonly db: Database) {}

  list(request: ListRequest): Promise<NetworkUse[]> {
    return listRows<NetworkUse>(this.db, uses, request, fragment`TRUE`);
  }

  find(id: string): Promise<NetworkUse | undefined> {
    return findRow<NetworkUse>(this.db, uses, id);
  }
}
