import 'reflect-metadata';
import { identityEndpoints } from '@virga/contracts-identity';
import { HttpServers } from '@virga/http';
import { apiClient, describeFuzz } from '@virga/testing';
import { useIdentity } from './testing/index.js';

describe('the identity service', () => {
  const world = useIdentity();
  const client = apiClient(() => world.app.get(HttpServers).server('identity'));
  const statuses = new Map<number, number>();
  let token = '';
  beforeAll(async () => {
    await world.person('fuzzed', 'fuzzed', ['member']);
    token = await world.admin();
    await world.ask(token, 'POST', '/domains', { domain: { name: 'Fuzzed' } });
  });

  /** Things of the bootstrapped cloud that may be hit; the administrator itself is not among them, or the run would end. */
  const known: Record<string, () => Promise<{ id: string }[]>> = {
    user_id: () => world.db.sql`SELECT id FROM "user" WHERE name = 'fuzzed'`,
    project_id: () => world.db.sql`SELECT id FROM project WHERE name = 'fuzzed'`,
    // Not the default one: whoever disables it locks everybody out, as it should be.
    domain_id: () => world.db.sql`SELECT id FROM project WHERE is_domain AND name = 'Fuzzed'`,
    role_id: () => world.db.sql`SELECT id FROM role WHERE name IN ('reader', 'service')`,
    prior_role_id: () => world.db.sql`SELECT id FROM role WHERE name = 'service'`,
    implied_role_id: () => world.db.sql`SELECT id FROM role WHERE name IN ('reader', 'member')`,
    service_id: () => world.db.sql`SELECT id FROM service`,
    endpoint_id: () => world.db.sql`SELECT id FROM endpoint LIMIT 5`,
    region_id: () => world.db.sql`SELECT id FROM region`,
    group_id: () => world.db.sql`SELECT id FROM "group" LIMIT 5`,
    policy_id: () => world.db.sql`SELECT id FROM policy LIMIT 5`,
    credential_id: () => world.db.sql`SELECT id FROM credential LIMIT 5`,
    registered_limit_id: () => world.db.sql`SELECT id FROM registered_limit LIMIT 5`,
    limit_id: () => world.db.sql`SELECT id FROM project_limit LIMIT 5`,
    trust_id: () => world.db.sql`SELECT id FROM trust LIMIT 5`,
  };

  describeFuzz({
    basePath: '/v3', endpoints: identityEndpoints, as: 'admin', runs: 40,
    request: async (request) => {
      const answer = await client({ ...request, as: token });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      return answer;
    },
    known: async (parameter) => (await known[parameter]?.() ?? []).map(({ id }) => id),
  });

  it('was reached by much of it', () => {
    const reached = [200, 201, 204].reduce((sum, status) => sum + (statuses.get(status) ?? 0), 0);
    expect(reached).toBeGreaterThan(1_000);
    // Only what changes a password and what logs in asks who somebody is again.
    expect(statuses.get(401) ?? 0).toBeLessThan(100);
  });
});
