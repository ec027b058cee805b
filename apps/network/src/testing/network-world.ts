import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SimulatedNetworkBackend, type SimulatedNetworkOptions } from '@virga/driver-ovn/sim';
import { QUOTA_NAMES } from '@virga/contracts-network';
import { HttpServers } from '@virga/http';
import { identityMigrations } from '@virga/identity-client';
import { systemClock, type Clock } from '@virga/kernel';
import { silentLogger } from '@virga/observability';
import type { PostgresDatabase } from '@virga/persistence';
import type { NetworkBackend } from '@virga/ports';
import { adminProject, apiClient, demoProject, otherProject, personaAuthentication, serviceProject, useDatabase, type ApiAnswer } from '@virga/testing';
import { NetworkApp, allMigrations } from '../app.module.js';

export type Json = Record<string, unknown> & { id: string };

export interface NetworkWorldOptions {
  clock?: Clock;
  sim?: SimulatedNetworkOptions;
  backend?: () => Promise<NetworkBackend>;
  brokerUrl?: () => string;
}

/** Nobody listens there: messages wait in the outbox, where tests look at them. */
const NO_BROKER = 'amqp://127.0.0.1:9/';

/** The whole network service in this process, on a database of its own and a simulated backend (or another). */
export class NetworkWorld {
  app!: INestApplicationContext;
  backend!: SimulatedNetworkBackend;
  readonly request = apiClient(() => this.app.get(HttpServers).server('network'));

  constructor(readonly database: PostgresDatabase & { readonly url: string }) {}

  /** A request that must succeed; answers its body. */
  async ok(as: string, method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Record<string, never>> {
    const answer = await this.request({ as, method, url: `/v2.0${url}`, body, headers });
    if (answer.status >= 300) throw new Error(`${method} ${url} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as Record<string, never>;
  }

  /** A request whatever comes of it. */
  ask(as: string, method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.request({ as, method, url: `/v2.0${url}`, body, headers });
  }

  async network(as = 'alice', body: Record<string, unknown> = {}): Promise<Json> {
    return (await this.ok(as, 'POST', '/networks', { network: { name: 'net', ...body } }))['network'] as unknown as Json;
  }

  async subnet(networkId: string, cidr: string, body: Record<string, unknown> = {}, as = 'alice'): Promise<Json> {
    return (await this.ok(as, 'POST', '/subnets', { subnet: { network_id: networkId, cidr, ip_version: cidr.includes(':') ? 6 : 4, ...body } }))['subnet'] as unknown as Json;
  }

  async port(networkId: string, body: Record<string, unknown> = {}, as = 'alice'): Promise<Json> {
    return (await this.ok(as, 'POST', '/ports', { port: { network_id: networkId, ...body } }))['port'] as unknown as Json;
  }

  async router(body: Record<string, unknown> = {}, as = 'alice'): Promise<Json> {
    return (await this.ok(as, 'POST', '/routers', { router: { name: 'router', ...body } }))['router'] as unknown as Json;
  }

  /** An external network with a subnet, as an operator makes it. */
  async external(cidr = '172.24.4.0/24', body: Record<string, unknown> = {}): Promise<{ network: Json; subnet: Json }> {
    const network = await this.network('admin', { name: 'public', 'router:external': true, ...body });
    const subnet = await this.subnet(network.id, cidr, { enable_dhcp: false }, 'admin');
    return { network, subnet };
  }

  /** Lifts every quota of a project. */
  async unlimit(project: string): Promise<void> {
    await this.ok('admin', 'PUT', `/quotas/${project}`, { quota: Object.fromEntries(QUOTA_NAMES.map((name) => [name, -1])) });
  }

  /** Who is told what in the outbox, oldest first. */
  async events(): Promise<{ serverId: string; portId: string; revision: number; nic: Record<string, unknown> | null }[]> {
    const rows = await this.database.sql<{ body: never }>`SELECT envelope -> 'body' AS body FROM outbox WHERE type = 'network.server-nic.changed' ORDER BY id`;
    return rows.map((row) => row.body);
  }

  /** Waits until `look` answers something other than undefined or false; fails after some seconds (5 unless told). */
  async until<T>(look: () => Promise<T | undefined | false>, seconds = 5): Promise<T> {
    for (let tries = 0; tries < seconds * 40; tries++) {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      await new Promise((resolve) => { setTimeout(resolve, 25); });
    }
    throw new Error('What was waited for did not come.');
  }
}

/** Gives the test file a network service of its own; call it inside `describe`. */
export function useNetwork(options: NetworkWorldOptions = {}): NetworkWorld {
  // Hooks run in the order in which they were declared: the service ends before its database is dropped.
  const made: { world?: NetworkWorld } = {};
  afterAll(() => made.world?.app?.close());
  const database = useDatabase({ schema: 'network', migrations: allMigrations, others: { identity: identityMigrations } });
  const world = new NetworkWorld(database);
  made.world = world;
  beforeAll(async () => {
    world.backend = new SimulatedNetworkBackend({ ...(options.clock && { clock: options.clock }), ...options.sim });
    await database.sql`INSERT INTO identity.project (id, name, is_domain) VALUES ('default', 'Default', true) ON CONFLICT DO NOTHING`;
    await database.sql`
      INSERT INTO identity.project (id, name, domain_id, parent_id) SELECT id, id, 'default', 'default'
      FROM unnest(${[demoProject, otherProject, adminProject, serviceProject]}::text[]) AS p (id) ON CONFLICT DO NOTHING`;
    await database.sql`INSERT INTO identity.service (id, type, name, enabled) VALUES ('network-service', 'network', 'neutron', true) ON CONFLICT DO NOTHING`;
    world.app = await NestFactory.createApplicationContext(NetworkApp.forRoot({
      database: { url: database.url, poolSize: 12 }, brokerUrl: options.brokerUrl?.() ?? NO_BROKER, listen: { host: '127.0.0.1', port: 0 }, authUrl: 'http://identity',
      logger: silentLogger, clock: options.clock ?? systemClock, backend: await options.backend?.() ?? world.backend, physicalNetworks: ['physnet1'],
      modelDefaults: { dnsServers: ['192.0.2.53'], domainName: 'openstacklocal' }, isRepairDriven: false, authentication: personaAuthentication,
    }), { logger: false });
  }, 60_000);
  return world;
}
