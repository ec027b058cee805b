import { newHexId } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import type { CloudPlan, PlannedService } from './cloud-plan.js';

export const DEFAULT_DOMAIN = 'default';

/** A user whose hash was made before: hashing inside a transaction would hold its locks. */
export interface SeededUser {
  name: string;
  /** A new hash of the wanted password; undefined where the stored one is right already. */
  hash: string | undefined;
}

/** Makes sure of the roles, the default domain, its admin and service projects, their users, the catalog and registered limits. */
export async function seed(tx: Tx, plan: CloudPlan, admin: SeededUser, services: readonly SeededUser[]): Promise<void> {
  // Two bootstraps at once would otherwise both find nothing and collide.
  await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended('identity bootstrap', 0))`;
  await tx.sql`INSERT INTO project (id, name, is_domain, description) VALUES (${DEFAULT_DOMAIN}, 'Default', true, 'The default domain') ON CONFLICT DO NOTHING`;
  const roles = await ensureRoles(tx, plan);
  const adminProject = await ensureProject(tx, 'admin', 'The operators of the cloud');
  const serviceProject = await ensureProject(tx, 'service', 'The services of the cloud');
  const adminRole = roles.get('admin') ?? '';
  const adminUser = await ensureUser(tx, admin);
  for (const target of [adminProject, DEFAULT_DOMAIN, null]) await ensureAssignment(tx, adminUser, target, adminRole);
  for (const service of services) {
    const user = await ensureUser(tx, service);
    for (const role of ['service', 'admin']) await ensureAssignment(tx, user, serviceProject, roles.get(role) ?? '');
  }
  await tx.sql`INSERT INTO region (id) VALUES (${plan.region}) ON CONFLICT DO NOTHING`;
  for (const service of plan.services) await ensureService(tx, plan.region, service);
}

async function ensureRoles(tx: Tx, plan: CloudPlan): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const name of [...plan.impliedRoles, ...plan.otherRoles]) ids.set(name, await ensureRole(tx, name));
  for (const [index, name] of plan.impliedRoles.slice(1).entries()) {
    await tx.sql`
      INSERT INTO implied_role (prior_role_id, implied_role_id) VALUES (${ids.get(plan.impliedRoles[index] ?? '') ?? ''}, ${ids.get(name) ?? ''}) ON CONFLICT DO NOTHING`;
  }
  return ids;
}

async function ensureRole(tx: Tx, name: string): Promise<string> {
  await tx.sql`INSERT INTO role (id, name, options) VALUES (${newHexId()}, ${name}, '{"immutable": true}') ON CONFLICT DO NOTHING`;
  return (await tx.sql<{ id: string }>`SELECT id FROM role WHERE name = ${name} AND domain_id IS NULL`)[0]?.id ?? '';
}

async function ensureProject(tx: Tx, name: string, description: string): Promise<string> {
  await tx.sql`
    INSERT INTO project (id, name, domain_id, parent_id, ancestors, description)
    VALUES (${newHexId()}, ${name}, ${DEFAULT_DOMAIN}, ${DEFAULT_DOMAIN}, ${[DEFAULT_DOMAIN]}, ${description}) ON CONFLICT DO NOTHING`;
  return (await tx.sql<{ id: string }>`SELECT id FROM project WHERE domain_id = ${DEFAULT_DOMAIN} AND name = ${name}`)[0]?.id ?? '';
}

async function ensureUser(tx: Tx, { name, hash }: SeededUser): Promise<string> {
  await tx.sql`INSERT INTO "user" (id, domain_id, name) VALUES (${newHexId()}, ${DEFAULT_DOMAIN}, ${name}) ON CONFLICT DO NOTHING`;
  const [user] = await tx.sql<{ id: string }>`SELECT id FROM "user" WHERE domain_id = ${DEFAULT_DOMAIN} AND name = ${name}`;
  const id = user?.id ?? '';
  if (hash !== undefined) await tx.sql`INSERT INTO password (user_id, hash) VALUES (${id}, ${hash})`;
  return id;
}

async function ensureAssignment(tx: Tx, userId: string, projectId: string | null, roleId: string): Promise<void> {
  await tx.sql`INSERT INTO assignment (user_id, project_id, role_id) VALUES (${userId}, ${projectId}, ${roleId}) ON CONFLICT DO NOTHING`;
}

async function ensureService(tx: Tx, region: string, { type, name, description, url, limits }: PlannedService): Promise<void> {
  const [found] = await tx.sql<{ id: string }>`SELECT id FROM service WHERE type = ${type} ORDER BY id LIMIT 1`;
  const id = found?.id ?? newHexId();
  if (found === undefined) await tx.sql`INSERT INTO service (id, type, name, description) VALUES (${id}, ${type}, ${name}, ${description})`;
  for (const interface_ of ['public', 'internal', 'admin']) await ensureEndpoint(tx, { serviceId: id, region, interface_, url });
  for (const [resource, limit] of Object.entries(limits)) {
    await tx.sql`
      INSERT INTO registered_limit (id, service_id, resource_name, default_limit) VALUES (${newHexId()}, ${id}, ${resource}, ${limit}) ON CONFLICT DO NOTHING`;
  }
}

interface PlannedEndpoint {
  serviceId: string;
  region: string;
  interface_: string;
  url: string;
}

/** Follows a changed host of the configuration, but leaves a URL alone that an operator set to something else (a proxy with TLS). */
async function ensureEndpoint(tx: Tx, { serviceId, region, interface_, url }: PlannedEndpoint): Promise<void> {
  const [found] = await tx.sql<{ id: string; url: string }>`
    SELECT id, url FROM endpoint WHERE service_id = ${serviceId} AND region_id = ${region} AND interface = ${interface_} ORDER BY id LIMIT 1`;
  if (found === undefined) {
    await tx.sql`INSERT INTO endpoint (id, service_id, region_id, interface, url) VALUES (${newHexId()}, ${serviceId}, ${region}, ${interface_}, ${url})`;
    return;
  }
  if (found.url !== url && withoutHost(found.url) === withoutHost(url)) await tx.sql`UPDATE endpoint SET url = ${url} WHERE id = ${found.id}`;
}

const withoutHost = (url: string): string => url.replace(/^http:\/\/[^/]*?(?=:\d+(\/|$))/, 'http://');
