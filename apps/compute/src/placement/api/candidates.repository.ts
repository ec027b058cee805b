import { Injectable } from '@nestjs/common';
import type { Reader } from '@virga/persistence';
import type { Stock } from '../ledger.js';
import type { CandidateProvider } from './candidates.js';

interface ProviderFacts {
  uuid: string;
  parent_uuid: string | null;
  root_uuid: string;
  stocks: Record<string, Stock> | null;
  traits: string[];
  aggregates: string[];
}

@Injectable()
export class CandidatesRepository {
  /** All providers with what they have, what is taken of it, their traits and aggregates, in one statement. */
  async providers(db: Reader): Promise<CandidateProvider[]> {
    const rows = await db.sql<ProviderFacts>`
      SELECT p.uuid, p.parent_uuid, p.root_uuid,
        ARRAY(SELECT t.trait FROM provider_trait t WHERE t.provider_uuid = p.uuid) AS traits,
        ARRAY(SELECT g.aggregate_uuid::text FROM provider_aggregate g WHERE g.provider_uuid = p.uuid) AS aggregates,
        (SELECT jsonb_object_agg(i.resource_class, jsonb_build_object(
            'total', i.total, 'reserved', i.reserved, 'minUnit', i.min_unit, 'maxUnit', i.max_unit, 'stepSize', i.step_size, 'allocationRatio', i.allocation_ratio,
            'used', (SELECT coalesce(sum(a.used), 0) FROM allocation a WHERE a.provider_uuid = i.provider_uuid AND a.resource_class = i.resource_class)))
          FROM inventory i WHERE i.provider_uuid = p.uuid) AS stocks
      FROM resource_provider p ORDER BY p.created_at, p.uuid`;
    return rows.map((row) => ({
      uuid: row.uuid, parent: row.parent_uuid, root: row.root_uuid, stocks: new Map(Object.entries(row.stocks ?? {})), traits: new Set(row.traits), aggregates: new Set(row.aggregates),
    }));
  }
}
