import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HttpServers } from '@virga/http';
import { systemClock } from '@virga/kernel';
import { silentLogger } from '@virga/observability';
import { apiClient, personaAuthentication, useBroker } from '@virga/testing';
import { brokerModules, ComputeApp, databaseModule } from './app.module.js';
import { aBootImage, BrokeredCloud, FLAVOR, IMAGE, SimulatedCloud, useComputeDatabase } from './testing/index.js';

const PATIENCE_MS = 180_000;
const LIMIT_MS = PATIENCE_MS + 60_000;

type Servers = { servers: { id: string; status: string }[] };

describe('compute on a real broker', () => {
  let app: INestApplicationContext;
  let around: BrokeredCloud;
  // Before the database's and the broker's own: hooks run in this order.
  afterAll(async () => {
    await app.close();
    await around.stop();
  });
  const database = useComputeDatabase();
  const broker = useBroker();
  const cloud = new SimulatedCloud();

  beforeAll(async () => {
    cloud.images.set(IMAGE, aBootImage(IMAGE));
    cloud.addHost('node-1');
    await database.sql`INSERT INTO flavor (flavor_id, name, vcpus, memory_mebibytes, root_gibibytes) VALUES (${FLAVOR}, 'm1.small', 1, 512, 1)`;
    await database.sql`
      INSERT INTO identity.registered_limit (id, service_id, resource_name, default_limit)
      SELECT name, 'compute-service', name, -1 FROM unnest(ARRAY['instances', 'cores', 'ram']) AS name`;
    app = await NestFactory.createApplicationContext(ComputeApp.forRoot({
      persistence: databaseModule({ url: database.url, poolSize: 16 }, systemClock), messaging: brokerModules({ url: broker.url }, systemClock),
      authentication: personaAuthentication, listen: { host: '127.0.0.1', port: 0 }, authUrl: 'http://identity', logger: silentLogger, clock: systemClock,
      ticketKey: Buffer.alloc(32, 1), peers: { network: 'http://127.0.0.1:9', image: 'http://127.0.0.1:9', blockStorage: 'http://127.0.0.1:9' },
    }), { logger: false, abortOnError: false });
    around = new BrokeredCloud(cloud, broker.url);
    await around.start();
    await until(async () => (await database.sql`SELECT FROM host`).length === 1);
  }, 180_000);

  const request = apiClient(() => app.get(HttpServers).server('compute'));
  const create = async (body: object = {}): Promise<string> => {
    const answer = await request({ as: 'alice', method: 'POST', url: '/v2.1/servers', body: { server: { name: 'web', flavorRef: FLAVOR, imageRef: IMAGE, ...body } } });
    expect(answer).toMatchObject({ status: 202 });
    return (answer.body as { server: { id: string } }).server.id;
  };
  /** A service that has more to do than it can says so (503), and what is asked again with its key is done once. */
  const createPatiently = async (key: string): Promise<void> => {
    for (;;) {
      const body = { server: { name: 'web', flavorRef: FLAVOR, imageRef: IMAGE } };
      const answer = await request({ as: 'alice', method: 'POST', url: '/v2.1/servers', body, headers: { 'idempotency-key': key } });
      if (answer.status !== 503) return expect(answer).toMatchObject({ status: 202 });
    }
  };
  const status = async (id: string): Promise<string> => ((await request({ as: 'alice', method: 'GET', url: `/v2.1/servers/${id}` })).body as { server?: { status: string } }).server?.status ?? 'gone';

  it('builds, reboots and deletes a server', async () => {
    const id = await create();
    await until(async () => (await status(id)) === 'ACTIVE');
    await request({ as: 'alice', method: 'POST', url: `/v2.1/servers/${id}/action`, body: { reboot: { type: 'HARD' } } });
    await until(async () => (await status(id)) === 'ACTIVE');
    expect(cloud.host('node-1').guests.get(id)?.boots).toBe(2);
    const console = await request({ as: 'alice', method: 'POST', url: `/v2.1/servers/${id}/action`, body: { 'os-getConsoleOutput': { length: 1 } } });
    expect(console.body).toEqual({ output: 'boot line 20\n' });
    await request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    await until(async () => (await status(id)) === 'gone');
    expect(cloud.guests()).toEqual([]);
  }, LIMIT_MS);

  it('makes one server of a request that comes twice with the same key', async () => {
    const body = { server: { name: 'once', flavorRef: FLAVOR, imageRef: IMAGE } };
    const ask = () => request({ as: 'alice', method: 'POST', url: '/v2.1/servers', body, headers: { 'idempotency-key': 'once' } });
    const [first, second] = [await ask(), await ask()];
    expect(first.status).toBe(202);
    expect(second.body).toEqual(first.body);
    const { id } = (first.body as { server: { id: string } }).server;
    await request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    await until(async () => (await status(id)) === 'gone');
    expect(await database.sql`SELECT FROM server WHERE name = 'once'`).toHaveLength(1);
  }, LIMIT_MS);

  it('builds a hundred servers that are asked for at once, each of them', async () => {
    await Promise.all(Array.from({ length: 100 }, (_, index) => createPatiently(`hundred-${index}`)));
    await until(async () => (await database.sql`SELECT FROM server WHERE state = 'building'`).length === 0);
    const { servers } = (await request({ as: 'alice', method: 'GET', url: '/v2.1/servers/detail' })).body as Servers;
    expect(servers.map((server) => server.status)).toEqual(Array.from({ length: 100 }, () => 'ACTIVE'));
    expect(cloud.guests()).toHaveLength(100);
    const [usage] = await database.sql<{ used: number }>`SELECT sum(used) AS used FROM allocation WHERE resource_class = 'VCPU'`;
    expect(usage?.used).toBe(100);
  }, LIMIT_MS);
});

/** Waits for what comes by messages, looking often. What it takes is the machine's business: only what never comes about fails. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('It did not come about in time.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
