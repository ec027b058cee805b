import { Injectable } from '@nestjs/common';
import { TokenVerifier } from '@virga/identity-client';
import { ownEntry } from '@virga/kernel';
import { Database } from '@virga/persistence';

interface CatalogRow {
  id: string;
  type: string;
  name: string | null;
  endpoints: { id: string; interface: string; region_id: string | null; url: string }[];
}

export interface CatalogEntry {
  id: string;
  type: string;
  name: string;
  endpoints: { id: string; interface: string; region: string | null; region_id: string | null; url: string }[];
}

const PLACEHOLDER = /[$%]\((\w+)\)s/g;

/** The catalog as tokens show it; read once per revision of the identity schema. */
@Injectable()
export class CatalogReader {
  private rows: { revision: number; services: Promise<CatalogRow[]> } | undefined;

  constructor(private readonly db: Database, private readonly verifier: TokenVerifier) {}

  /**
   * Services with their enabled endpoints. URLs may hold `$(project_id)s` (also `tenant_id`, `user_id`, `%(…)s`); an endpoint whose
   * placeholder has no value here is left out, as in Keystone.
   */
  async catalog(values: { projectId: string | undefined; userId: string }): Promise<CatalogEntry[]> {
    const known: Readonly<Record<string, string | undefined>> = { project_id: values.projectId, tenant_id: values.projectId, user_id: values.userId };
    return (await this.services()).map(({ id, type, name, endpoints }) => ({
      id, type, name: name ?? '',
      endpoints: endpoints.flatMap((endpoint) => {
        const url = substituted(endpoint.url, known);
        return url === undefined ? [] : [{ id: endpoint.id, interface: endpoint.interface, region: endpoint.region_id, region_id: endpoint.region_id, url }];
      }),
    }));
  }

  private async services(): Promise<CatalogRow[]> {
    const revision = await this.verifier.currentRevision();
    if (this.rows?.revision !== revision) {
      const services = this.read();
      this.rows = { revision, services };
      services.catch(() => (this.rows = undefined));
    }
    return this.rows.services;
  }

  private read(): Promise<CatalogRow[]> {
    return this.db.sql<CatalogRow>`
      SELECT s.id, s.type, s.name, COALESCE(
        json_agg(json_build_object('id', e.id, 'interface', e.interface, 'region_id', e.region_id, 'url', e.url) ORDER BY e.region_id, e.interface, e.id)
          FILTER (WHERE e.id IS NOT NULL), '[]') AS endpoints
      FROM service s LEFT JOIN endpoint e ON e.service_id = s.id AND e.enabled
      WHERE s.enabled GROUP BY s.id ORDER BY s.type, s.id`;
  }
}

function substituted(url: string, values: Readonly<Record<string, string | undefined>>): string | undefined {
  let isComplete = true;
  const result = url.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = ownEntry(values, name);
    isComplete &&= value !== undefined;
    return value ?? '';
  });
  return isComplete ? result : undefined;
}
