import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describeVolumes, ensureVolumeFor, volumeChanged } from '@virga/contracts-block-storage';
import { HttpServers } from '@virga/http';
import { MasterKey } from '@virga/identity-client';
import { newId, systemClock } from '@virga/kernel';
import { on, ServiceBus } from '@virga/messaging';
import { silentLogger } from '@virga/observability';
import { apiClient, demoProject, personaAuthentication, useBroker } from '@virga/testing';
import { BlockStorageApp, brokerModules, databaseModule } from './app.module.js';
import { anImage, BrokeredSurroundings, IMAGE, SimulatedSurroundings, STORAGE_SECRET, useBlockStorageDatabase } from './testing/index.js';

describe('block storage on a real broker', () => {
  let app: INestApplicationContext;
  let around: BrokeredSurroundings;
  let compute: ServiceBus;
  // Before the database's and the broker's own: hooks run in this order.
  afterAll(async () => {
    await app.close();
    await around.stop();
    await compute.close(AbortSignal.timeout(5_000));
  });
  const database = useBlockStorageDatabase();
  const broker = useBroker();
  const cloud = new SimulatedSurroundings();
  const told: { volumeId: string; status: string | undefined }[] = [];

  beforeAll(async () => {
    cloud.images.set(IMAGE, anImage(IMAGE));
    await cloud.addHost('node-1');
    await database.sql`
      INSERT INTO identity.registered_limit (id, service_id, resource_name, default_limit)
      SELECT name, 'block-storage-service', name, -1 FROM unnest(ARRAY['volumes', 'gigabytes']) AS name`;
    compute = new ServiceBus({ service: 'compute', url: broker.url, logger: silentLogger });
    compute.onEvents([on(volumeChanged, async ({ volumeId, volume }) => void told.push({ volumeId, status: volume?.status }))]);
    await compute.start();
    app = await NestFactory.createApplicationContext(BlockStorageApp.forRoot({
      persistence: databaseModule({ url: database.url, poolSize: 12 }, systemClock), messaging: brokerModules({ url: broker.url }, systemClock),
      authentication: personaAuthentication, listen: { host: '127.0.0.1', port: 0 }, authUrl: 'http://identity', logger: silentLogger, clock: systemClock,
      ticketKey: Buffer.alloc(32, 1), masterKey: new MasterKey(Buffer.alloc(32, 2)), storageSecret: STORAGE_SECRET,
      backups: { place: 'objects', objectsUrl: 'http://objects.test:8080', passKey: Buffer.alloc(32, 3) },
    }), { logger: false, abortOnError: false });
    around = new BrokeredSurroundings(cloud, broker.url);
    await around.start();
    await until(async () => (await database.sql`SELECT FROM backend`).length === 1);
  }, 180_000);

  const request = apiClient(() => app.get(HttpServers).server('block-storage'));
  const create = async (body: object = {}, headers = {}): Promise<string> => {
    const answer = await request({ as: 'alice', method: 'POST', url: '/v3/volumes', body: { volume: { size: 1, ...body } }, headers });
    expect(answer).toMatchObject({ status: 202 });
    return (answer.body as { volume: { id: string } }).volume.id;
  };
  const status = async (id: string): Promise<string> =>
    ((await request({ as: 'alice', method: 'GET', url: `/v3/volumes/${id}` })).body as { volume?: { status: string } }).volume?.status ?? 'gone';

  it('makes and deletes a volume, and tells of it', async () => {
    const id = await create({ imageRef: IMAGE });
    await until(async () => (await status(id)) === 'available');
    await request({ as: 'alice', method: 'DELETE', url: `/v3/volumes/${id}` });
    await until(async () => (await status(id)) === 'gone');
    expect(await cloud.volumes()).toEqual([]);
    await until(async () => told.some((one) => one.volumeId === id && one.status === undefined));
    expect(new Set(told.filter((one) => one.volumeId === id).map((one) => one.status))).toEqual(new Set(['creating', 'available', 'deleting', undefined]));
  });

  it('answers compute', async () => {
    const signal = AbortSignal.timeout(10_000);
    const volumeId = newId();
    const made = await compute.calls.call(ensureVolumeFor, {
      projectId: demoProject, isAdmin: false, volumeId, userId: 'user-alice', name: 'root', sizeGibibytes: 1, volumeType: null, availabilityZone: null, source: { kind: 'blank' },
    }, { idempotencyKey: newId(), signal });
    expect(made).toMatchObject({ id: volumeId, status: 'creating' });
    await until(async () => (await status(volumeId)) === 'available');
    const { volumes } = await compute.calls.call(describeVolumes, { projectId: demoProject, isAdmin: false, volumeIds: [volumeId] }, { idempotencyKey: newId(), signal });
    expect(volumes).toMatchObject([{ id: volumeId, status: 'available' }]);
  });

  it('makes one volume of a request that comes twice with the same key', async () => {
    const headers = { 'idempotency-key': 'once' };
    expect(await create({ name: 'once' }, headers)).toBe(await create({ name: 'once' }, headers));
    expect(await database.sql`SELECT FROM volume WHERE name = 'once'`).toHaveLength(1);
  });

  it('makes a hundred volumes that are asked for at once, each of them', async () => {
    await Promise.all(Array.from({ length: 100 }, () => create()));
    await until(async () => (await database.sql`SELECT FROM volume WHERE status = 'creating'`).length === 0);
    expect(await database.sql`SELECT FROM volume WHERE status NOT IN ('available', 'deleted')`).toEqual([]);
  }, 60_000);
});

/** Waits for what comes by messages, looking often. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('It did not come about in time.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
