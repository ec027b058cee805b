import { Bug, Invalid, newHexId } from '@virga/kernel';
import { type Fragment, type Reader, StatementFailed, type Tx, fragment, nothing } from '@virga/persistence';
import type { Amounts, QuotaDeclaration, QuotaResource } from './quotas.js';

const FOREIGN_KEY_VIOLATION = '23503';

/**
 * Keystone's unified limits of one service, where identity keeps them.
 *
 * Relies on `identity.service (id, type)`, `identity.registered_limit (id, service_id, region_id, resource_name,
 * default_limit, description)`, unique by service, region and resource, and `identity.project_limit (id,
 * registered_limit_id, project_id, resource_limit)`, unique by registered limit and project.
 */
export class LimitStore {
  constructor(private readonly declaration: QuotaDeclaration) {}

  /** The limit that holds for `asked.resource`, as an expression; `asked.fallback` where nothing is registered. */
  limitOf(project: string | undefined): Fragment {
    const own = project === undefined ? fragment`NULL` : fragment`
      (SELECT p.resource_limit FROM identity.project_limit p WHERE p.registered_limit_id = r.id AND p.project_id = ${project})`;
    return fragment`coalesce((
      SELECT coalesce(${own}, r.default_limit) ${this.registered(fragment`asked.resource`)}), asked.fallback)`;
  }

  async limits(reader: Reader, project: string | undefined, resources: readonly QuotaResource[]): Promise<Record<string, number>> {
    const rows = await reader.sql<{ resource: string; limit: number }>`
      SELECT asked.resource, ${this.limitOf(project)} AS "limit"
      FROM unnest(${resources.map(({ name }) => name)}::text[], ${resources.map(({ defaultLimit }) => defaultLimit)}::integer[]) AS asked (resource, fallback)`;
    return Object.fromEntries(rows.map(({ resource, limit }) => [resource, limit]));
  }

  /** The resources are registered. */
  async setProjectLimits(tx: Tx, project: string, limits: Amounts): Promise<void> {
    for (const [resource, limit] of Object.entries(limits)) {
      await tx.sql`
        INSERT INTO identity.project_limit AS p (id, registered_limit_id, project_id, resource_limit)
        SELECT ${newHexId()}, (SELECT r.id ${this.registered(fragment`${resource}`)}), ${project}, ${limit}
        ON CONFLICT (registered_limit_id, project_id) DO UPDATE SET resource_limit = excluded.resource_limit`.catch(unknownProject);
    }
  }

  async deleteProjectLimits(tx: Tx, project: string): Promise<void> {
    await tx.sql`
      DELETE FROM identity.project_limit p USING identity.registered_limit r, identity.service s
      WHERE p.project_id = ${project} AND r.id = p.registered_limit_id AND s.id = r.service_id AND s.type = ${this.declaration.serviceType}`;
  }

  async rename(tx: Tx, names: Readonly<Record<string, string>>): Promise<void> {
    const { serviceType } = this.declaration;
    for (const [from, to] of Object.entries(names)) {
      await tx.sql`
        UPDATE identity.registered_limit r SET resource_name = ${to} FROM identity.service s
        WHERE s.id = r.service_id AND s.type = ${serviceType} AND r.resource_name = ${from}`;
    }
  }

  async forget(tx: Tx, names: readonly string[]): Promise<void> {
    const ofService = fragment`s.id = r.service_id AND s.type = ${this.declaration.serviceType} AND r.resource_name = ANY(${[...names]})`;
    await tx.sql`DELETE FROM identity.project_limit p USING identity.registered_limit r, identity.service s WHERE p.registered_limit_id = r.id AND ${ofService}`;
    await tx.sql`DELETE FROM identity.registered_limit r USING identity.service s WHERE ${ofService}`;
  }

  /** The resources are registered. */
  async setDefaults(tx: Tx, limits: Amounts): Promise<void> {
    for (const [resource, limit] of Object.entries(limits)) {
      await tx.sql`
        UPDATE identity.registered_limit SET default_limit = ${limit}
        WHERE id = (SELECT r.id ${this.registered(fragment`${resource}`)})`;
    }
  }

  /** Registers those of the resources that are not registered yet, for all regions. */
  async register(tx: Tx, resources: readonly QuotaResource[]): Promise<void> {
    const { serviceType } = this.declaration;
    const [service] = await tx.sql<{ id: string }>`SELECT id FROM identity.service WHERE type = ${serviceType} ORDER BY id LIMIT 1`;
    if (service === undefined) throw new Bug('quota.service.unknown', `The catalog has no service of type ${serviceType}.`);
    for (const { name, defaultLimit, description } of resources) {
      await tx.sql`
        INSERT INTO identity.registered_limit (id, service_id, region_id, resource_name, default_limit, description)
        SELECT ${newHexId()}, ${service.id}, NULL, ${name}, ${defaultLimit}, ${description ?? null}
        WHERE NOT EXISTS (SELECT ${this.registered(fragment`${name}`)})
        ON CONFLICT DO NOTHING`;
    }
  }

  /** `FROM` and what follows: the one registered limit `r` of a resource that holds here. */
  private registered(resource: Fragment): Fragment {
    const { serviceType, regionId } = this.declaration;
    const here = regionId === undefined ? nothing : fragment`AND (r.region_id IS NULL OR r.region_id = ${regionId})`;
    return fragment`
      FROM identity.registered_limit r JOIN identity.service s ON s.id = r.service_id
      WHERE s.type = ${serviceType} AND r.resource_name = ${resource} ${here}
      ORDER BY (r.region_id IS NULL) = ${regionId === undefined} DESC, r.id LIMIT 1`;
  }
}

function unknownProject(error: unknown): never {
  if (!(error instanceof StatementFailed) || error.sqlState !== FOREIGN_KEY_VIOLATION) throw error;
  throw new Invalid('quota.project.unknown', 'There is no such project.', { cause: error });
}
