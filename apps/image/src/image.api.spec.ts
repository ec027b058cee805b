import 'reflect-metadata';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { imageEndpoints, issueTicket, issueUploadTicket, ticketKey } from '@virga/contracts-image';
import { SimImageStore } from '@virga/driver-store-file';
import { HttpServers } from '@virga/http';
import { identityMigrations } from '@virga/identity-client';
import { hours, minutes } from '@virga/kernel';
import { silentLogger } from '@virga/observability';
import { countStatements, PostgresDatabase, schemaDrift } from '@virga/persistence';
import { apiClient, demoProject, describeFuzz, describeMatrix, ManualClock, otherProject, personaAuthentication, useDatabase, type ApiAnswer } from '@virga/testing';
import { ImageApp } from './app.module.js';
import { BlobCollector } from './blobs/index.js';
import { BootImages } from './boot-images/index.js';
import { PreparedImages } from './prepared-images/index.js';
import { MemberRow } from './members/member.row.js';
import { ImageRow } from './images/image.row.js';
import { imageMigrations } from './migrations/index.js';
import { imageScenes } from './image.scenes.js';
import { AbandonedUploads } from './uploads/index.js';

const PATCH = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
const BYTES = { 'content-type': 'application/octet-stream' };

describe('the image service', () => {
  const database = useDatabase({ schema: 'image', migrations: imageMigrations, others: { identity: identityMigrations } });
  const clock = new ManualClock();
  const key = ticketKey(Buffer.alloc(32, 7));
  let app: INestApplicationContext;
  let store: SimImageStore;

  beforeAll(async () => {
    store = new SimImageStore(clock);
    app = await NestFactory.createApplicationContext(ImageApp.forRoot({
      database: { url: database.url }, listen: { host: '127.0.0.1', port: 0 }, authUrl: 'http://identity', logger: silentLogger, clock, store, ticketKey: key,
      authentication: personaAuthentication,
    }), { logger: false });
  });
  afterAll(() => app.close());

  const request = apiClient(() => app.get(HttpServers).server('image'));

  async function create(as = 'alice', body: Record<string, unknown> = {}): Promise<Record<string, unknown> & { id: string }> {
    const answer = await request({ as, method: 'POST', url: '/v2/images', body: { name: 'disk', disk_format: 'raw', container_format: 'bare', ...body } });
    expect(answer).toMatchObject({ status: 201 });
    return answer.body as Record<string, unknown> & { id: string };
  }

  const upload = (id: string, bytes: Buffer, as = 'alice'): Promise<ApiAnswer> => request({ as, method: 'PUT', url: `/v2/images/${id}/file`, body: bytes, headers: BYTES });
  const show = async (id: string, as = 'alice'): Promise<Record<string, unknown>> => (await request({ as, method: 'GET', url: `/v2/images/${id}` })).body as Record<string, unknown>;

  async function createActive(as = 'alice', body: Record<string, unknown> = {}, bytes = randomBytes(1000)) {
    const { id } = await create(as, body);
    expect((await upload(id, bytes, as)).status).toBe(204);
    return { id, bytes };
  }

  it('has rows that are like its tables', async () => {
    expect(await schemaDrift(database, [ImageRow, MemberRow])).toEqual([]);
  });

  it('creates a record that waits for its data', async () => {
    expect(await create('alice', { tags: ['b', 'a', 'b'], min_disk: 2, hw_disk_bus: 'virtio' })).toMatchObject({
      name: 'disk', status: 'queued', visibility: 'shared', owner: demoProject, size: null, checksum: null, tags: ['b', 'a'], min_disk: 2, protected: false,
      hw_disk_bus: 'virtio', schema: '/v2/schemas/image',
    });
  });

  it('takes the data, hashes it, and gives it back whole or in parts', async () => {
    const { id, bytes } = await createActive('alice', {}, randomBytes(200_000));
    expect(await show(id)).toMatchObject({
      status: 'active', size: 200_000, virtual_size: 200_000, checksum: createHash('md5').update(bytes).digest('hex'),
      os_hash_algo: 'sha512', os_hash_value: createHash('sha512').update(bytes).digest('hex'),
    });
    const download = (headers: Record<string, string> = {}) => app.get(HttpServers).server('image').inject({ method: 'GET', url: `/v2/images/${id}/file`, headers: { 'x-auth-token': 'alice', ...headers } });
    const whole = await download();
    expect(whole.statusCode).toBe(200);
    expect(whole.rawPayload.equals(bytes)).toBe(true);
    const part = await download({ range: 'bytes=10-19' });
    expect(part).toMatchObject({ statusCode: 206, headers: expect.objectContaining({ 'content-range': 'bytes 10-19/200000', 'content-length': '10' }) });
    expect(part.rawPayload.equals(bytes.subarray(10, 20))).toBe(true);
    expect((await download({ range: 'bytes=200000-' })).statusCode).toBe(416);
  });

  it('answers 204 for data that is not there yet, and refuses to upload twice', async () => {
    const { id } = await create();
    expect((await request({ as: 'alice', method: 'GET', url: `/v2/images/${id}/file` })).status).toBe(204);
    await upload(id, Buffer.from('x'));
    expect((await upload(id, Buffer.from('y'))).status).toBe(409);
  });

  it('refuses a qcow2 image with a backing file, keeps nothing of it, and lets its owner try again', async () => {
    const before = store.size;
    const header = Buffer.alloc(1024);
    header.writeUInt32BE(0x514649fb, 0);
    header.writeUInt32BE(2, 4);
    header.writeBigUInt64BE(512n, 8);
    const { id } = await create('alice', { disk_format: 'qcow2' });
    expect(await upload(id, header)).toMatchObject({ status: 400, headers: { 'x-virga-fault-code': 'image.content.refused' } });
    expect(await show(id)).toMatchObject({ status: 'queued' });
    expect(store.size).toBe(before);
    header.writeBigUInt64BE(0n, 8);
    header.writeBigUInt64BE(4096n, 24);
    expect((await upload(id, header)).status).toBe(204);
    expect(await show(id)).toMatchObject({ status: 'active', size: 1024, virtual_size: 4096 });
  });

  it('gives an image back whose upload fails in the store', async () => {
    const { id } = await create();
    store.fail(1);
    expect((await upload(id, Buffer.from('x'))).status).toBe(503);
    expect(await show(id)).toMatchObject({ status: 'queued' });
  });

  it('gives an image back whose upload died with its process', async () => {
    const { id } = await create();
    await database.sql`UPDATE image SET status = 'saving', upload_id = 'dead', upload_lease_until = ${new Date(clock.now() - 1)} WHERE id = ${id}`;
    expect(await app.get(AbandonedUploads).giveBack()).toBe(1);
    expect(await show(id)).toMatchObject({ status: 'queued' });
    await database.sql`UPDATE image SET status = 'saving', upload_id = 'dead', upload_lease_until = ${new Date(clock.now() + 60_000)}, worker = 'virga-image/1/gone' WHERE id = ${id}`;
    expect(await app.get(AbandonedUploads).giveBack()).toBe(1);
    expect(await show(id)).toMatchObject({ status: 'queued' });
  });

  it('deletes the data with the image, at once or when the store is back', async () => {
    const first = await createActive();
    const before = store.size;
    expect((await request({ as: 'alice', method: 'DELETE', url: `/v2/images/${first.id}` })).status).toBe(204);
    expect((await request({ as: 'alice', method: 'GET', url: `/v2/images/${first.id}` })).status).toBe(404);
    expect((await request({ as: 'alice', method: 'DELETE', url: `/v2/images/${first.id}` })).status).toBe(404);
    expect(store.size).toBe(before - 1);
    const second = await createActive();
    store.fail(1);
    await request({ as: 'alice', method: 'DELETE', url: `/v2/images/${second.id}` });
    expect(store.size).toBe(before);
    await app.get(BlobCollector).collect(clock, new AbortController().signal);
    expect(store.size).toBe(before - 1);
  });

  it('collects bytes that no image has, once they are old', async () => {
    const { Readable } = await import('node:stream');
    const { location } = await store.write(Readable.from([Buffer.from('orphan')]), { maxBytes: 10 }, new AbortController().signal);
    const kept = await createActive();
    await app.get(BlobCollector).collect(clock, new AbortController().signal);
    expect(await store.read(location, undefined, new AbortController().signal)).toBeDefined();
    clock.advance(hours(2));
    await app.get(BlobCollector).collect(clock, new AbortController().signal);
    await expect(store.read(location, undefined, new AbortController().signal)).rejects.toThrow('no such blob');
    expect(await show(kept.id)).toMatchObject({ status: 'active' });
    expect((await request({ as: 'alice', method: 'GET', url: `/v2/images/${kept.id}/file` })).status).toBe(200);
  });

  it('changes by JSON patch, and only what owners may', async () => {
    const { id } = await createActive('alice', { color: 'red' });
    const patch = (steps: object[], as = 'alice') => request({ as, method: 'PATCH', url: `/v2/images/${id}`, body: JSON.stringify(steps), headers: PATCH });
    expect(await patch([{ op: 'replace', path: '/name', value: 'new' }, { op: 'add', path: '/size_hint', value: 'big' }, { op: 'remove', path: '/color' }]))
      .toMatchObject({ status: 200, body: { name: 'new', size_hint: 'big' } });
    expect(await show(id)).not.toHaveProperty('color');
    expect((await patch([{ op: 'replace', path: '/status', value: 'queued' }])).status).toBe(403);
    expect((await patch([{ op: 'replace', path: '/nothing', value: 'x' }])).status).toBe(409);
    expect((await patch([{ op: 'replace', path: '/visibility', value: 'public' }])).status).toBe(403);
    expect((await patch([{ op: 'replace', path: '/visibility', value: 'public' }], 'admin')).status).toBe(200);
    expect((await patch([{ op: 'replace', path: '/min_ram', value: 'much' }], 'admin')).status).toBe(400);
    expect((await patch([{ op: 'replace', path: '/disk_format', value: 'qcow2' }], 'admin')).status).toBe(403);
  });

  it('takes the patches of the draft before RFC 6902 as well, and no other media type', async () => {
    const { id } = await create();
    const patch = (body: unknown, type: string) => request({ as: 'alice', method: 'PATCH', url: `/v2/images/${id}`, body: JSON.stringify(body), headers: { 'content-type': type } });
    expect(await patch([{ replace: '/name', value: 'draft' }, { add: '/color', value: 'red' }], 'application/openstack-images-v2.0-json-patch')).toMatchObject({ status: 200, body: { name: 'draft', color: 'red' } });
    expect((await patch([{ op: 'replace', path: '/name', value: 'x' }], 'application/json')).status).toBe(415);
    expect((await patch([{ replace: '/name', remove: '/color' }], 'application/openstack-images-v2.0-json-patch')).status).toBe(400);
  });

  it('knows no image without an id', async () => {
    expect((await request({ as: 'alice', method: 'GET', url: '/v2/images/' })).status).toBe(404);
    expect((await request({ as: 'alice', method: 'DELETE', url: '/v2/images/' })).status).toBe(404);
  });

  it('keeps a protected image until it is unprotected', async () => {
    const { id } = await create('alice', { protected: true });
    expect((await request({ as: 'alice', method: 'DELETE', url: `/v2/images/${id}` })).status).toBe(403);
    await request({ as: 'alice', method: 'PATCH', url: `/v2/images/${id}`, body: JSON.stringify([{ op: 'replace', path: '/protected', value: false }]), headers: PATCH });
    expect((await request({ as: 'alice', method: 'DELETE', url: `/v2/images/${id}` })).status).toBe(204);
  });

  it('keeps the data of a deactivated image to administrators', async () => {
    const { id } = await createActive();
    expect((await request({ as: 'alice', method: 'POST', url: `/v2/images/${id}/actions/deactivate` })).status).toBe(204);
    expect((await request({ as: 'alice', method: 'GET', url: `/v2/images/${id}/file` })).status).toBe(403);
    expect((await request({ as: 'admin', method: 'GET', url: `/v2/images/${id}/file` })).status).toBe(200);
    expect((await request({ as: 'alice', method: 'POST', url: `/v2/images/${id}/actions/reactivate` })).status).toBe(204);
    expect(await show(id)).toMatchObject({ status: 'active' });
  });

  it('shares an image with a project that accepts it', async () => {
    const { id } = await create('alice', { name: 'shared one' });
    const listed = async () => ((await request({ as: 'bob', method: 'GET', url: '/v2/images?name=shared%20one' })).body as { images: unknown[] }).images;
    expect((await request({ as: 'bob', method: 'GET', url: `/v2/images/${id}` })).status).toBe(404);
    expect((await request({ as: 'alice', method: 'POST', url: `/v2/images/${id}/members`, body: { member: otherProject } })).body).toMatchObject({ status: 'pending' });
    expect((await request({ as: 'alice', method: 'POST', url: `/v2/images/${id}/members`, body: { member: otherProject } })).status).toBe(409);
    expect((await request({ as: 'bob', method: 'GET', url: `/v2/images/${id}` })).status).toBe(200);
    expect(await listed()).toEqual([]);
    expect((await request({ as: 'alice', method: 'PUT', url: `/v2/images/${id}/members/${otherProject}`, body: { status: 'accepted' } })).status).toBe(403);
    expect((await request({ as: 'bob', method: 'PUT', url: `/v2/images/${id}/members/${otherProject}`, body: { status: 'accepted' } })).status).toBe(200);
    expect(await listed()).toHaveLength(1);
    expect((await request({ as: 'alice', method: 'DELETE', url: `/v2/images/${id}/members/${otherProject}` })).status).toBe(204);
    expect((await request({ as: 'bob', method: 'GET', url: `/v2/images/${id}` })).status).toBe(404);
  });

  it('lists in pages, filtered and sorted, in one statement', async () => {
    for (const name of ['page c', 'page a', 'page d', 'page b']) await create('alice', { name, batch: 'pages' });
    const seen: string[] = [];
    for (let url: string | undefined = '/v2/images?batch=pages&limit=2&sort=name:asc'; url !== undefined;) {
      const body: { images: { name: string }[]; next?: string } = (await request({ as: 'alice', method: 'GET', url })).body as never;
      seen.push(...body.images.map(({ name }) => name));
      url = body.next;
    }
    expect(seen).toEqual(['page a', 'page b', 'page c', 'page d']);
    const counted = await countStatements(app.get(PostgresDatabase), () => request({ as: 'alice', method: 'GET', url: '/v2/images?limit=100' }));
    expect(counted.count).toBe(1);
    expect((await request({ as: 'alice', method: 'GET', url: '/v2/images?name=in:page%20a,page%20b' })).body).toMatchObject({ images: [{}, {}] });
    expect((await request({ as: 'alice', method: 'GET', url: '/v2/images?sort_key=nothing' })).status).toBe(400);
    expect((await request({ as: 'alice', method: 'GET', url: '/v2/images?marker=nothing' })).status).toBe(404);
  });

  it('lets a host download one image with a ticket, and nothing else', async () => {
    const { id } = await createActive();
    const other = await createActive();
    const ticket = issueTicket(key, id, clock.now(), minutes(5));
    const get = (url: string) => request({ method: 'GET', url, headers: { 'x-virga-image-ticket': ticket } });
    expect((await get(`/v2/images/${id}/file`)).status).toBe(200);
    expect((await get(`/v2/images/${other.id}/file`)).status).toBe(403);
    expect((await get(`/v2/images/${id}`)).status).toBe(403);
    clock.advance(minutes(6));
    expect((await get(`/v2/images/${id}/file`)).status).toBe(403);
  });

  it('lets a host upload one image with a ticket, and do nothing else with it', async () => {
    const [{ id }, other] = [await create(), await create()];
    const [write, read] = [issueUploadTicket(key, id, clock.now(), minutes(5)), issueTicket(key, id, clock.now(), minutes(5))];
    const put = (imageId: string, ticket: string) => request({ method: 'PUT', url: `/v2/images/${imageId}/file`, body: randomBytes(1000), headers: { ...BYTES, 'x-virga-image-ticket': ticket } });
    expect((await put(other.id, write)).status).toBe(403);
    expect((await put(id, read)).status).toBe(403);
    const see = (imageId: string, ticket: string) => request({ method: 'GET', url: `/v2/images/${imageId}`, headers: { 'x-virga-image-ticket': ticket } });
    expect((await see(other.id, write)).status).toBe(403);
    expect(await see(id, write)).toMatchObject({ status: 200, body: { status: 'queued', os_hash_value: null } });
    expect((await put(id, write)).status).toBe(204);
    expect(await see(id, write)).toMatchObject({ status: 200, body: { status: 'active', size: 1000, os_hash_algo: 'sha512', os_hash_value: expect.any(String) } });
    expect((await put(id, write)).status).toBe(409);
    expect(await show(id)).toMatchObject({ status: 'active', size: 1000 });
    expect((await request({ method: 'GET', url: `/v2/images/${id}/file`, headers: { 'x-virga-image-ticket': write } })).status).toBe(403);
    expect((await request({ method: 'DELETE', url: `/v2/images/${id}`, headers: { 'x-virga-image-ticket': write } })).status).toBe(404);
  });

  it('tells compute of images that the project may see', async () => {
    const { id } = await createActive('alice', { hw_x: 'y' });
    const images = app.get(BootImages);
    expect(await images.describe({ imageId: id, projectId: demoProject, isAdmin: false })).toMatchObject({ id, status: 'active', sizeBytes: 1000, diskFormat: 'raw', properties: { hw_x: 'y' } });
    await expect(images.describe({ imageId: id, projectId: otherProject, isAdmin: false })).rejects.toMatchObject({ code: 'image.not-found' });
  });

  it('gives a repeated POST with the same Idempotency-Key the same answer and one effect', async () => {
    const post = (key: string, name: string) => request({ as: 'alice', method: 'POST', url: '/v2/images', body: { name }, headers: { 'idempotency-key': key } });
    const first = await post('k1', 'once');
    expect(await post('k1', 'once')).toMatchObject({ status: 201, body: first.body });
    expect((await post('k1', 'other')).status).toBe(422);
    expect((await post('k2', 'once')).body).not.toEqual(first.body);
    expect((await request({ as: 'alice', method: 'GET', url: '/v2/images?name=once' })).body).toMatchObject({ images: [{}, {}] });
  });

  it('answers a repeated POST whose answer was lost with the image that it made', async () => {
    const post = () => request({ as: 'alice', method: 'POST', url: '/v2/images', body: { name: 'lost', tags: ['a'] }, headers: { 'idempotency-key': 'lost' } });
    const first = await post();
    await database.sql`UPDATE idempotency_key SET reply = NULL, served_until = NULL`;
    expect(await post()).toMatchObject({ status: 201, body: first.body as object, headers: { 'idempotent-replayed': 'true' } });
    expect((await request({ as: 'alice', method: 'GET', url: '/v2/images?name=lost' })).body).toMatchObject({ images: [{}] });
  });

  describe('images that other services prepare', () => {
    const wish = (more: object = {}) => ({
      imageId: randomUUID(), projectId: demoProject, name: 'of a volume', diskFormat: 'raw', containerFormat: 'bare', visibility: 'private' as const,
      isProtected: false, minDiskGibibytes: 1, minRamMebibytes: 0, properties: { hw_disk_bus: 'scsi', size: '5', os_glance_x: 'y' }, ...more,
    });
    const bytesOf = async (id: string, content: Buffer) => {
      const ticket = issueUploadTicket(key, id, clock.now(), minutes(5));
      return request({ method: 'PUT', url: `/v2/images/${id}/file`, body: content, headers: { ...BYTES, 'x-virga-image-ticket': ticket } });
    };

    it('belong to the project, once however often they are asked for, and get their bytes by ticket', async () => {
      const prepared = app.get(PreparedImages);
      const asked = wish();
      await prepared.prepare(asked);
      await prepared.prepare(asked);
      expect(await show(asked.imageId)).toMatchObject({ status: 'queued', name: 'of a volume', owner: demoProject, min_disk: 1, hw_disk_bus: 'scsi', size: null });
      expect((await bytesOf(asked.imageId, randomBytes(100))).status).toBe(204);
      await prepared.abandon(asked);
      expect(await show(asked.imageId)).toMatchObject({ status: 'active', size: 100 });
    });

    it('are gone again where their bytes never came, and stay gone', async () => {
      const prepared = app.get(PreparedImages);
      const asked = wish();
      await prepared.prepare(asked);
      await prepared.abandon({ ...asked, projectId: otherProject });
      expect((await request({ as: 'alice', method: 'GET', url: `/v2/images/${asked.imageId}` })).status).toBe(200);
      await prepared.abandon(asked);
      await prepared.abandon(asked);
      expect((await request({ as: 'alice', method: 'GET', url: `/v2/images/${asked.imageId}` })).status).toBe(404);
      await expect(prepared.prepare(asked)).rejects.toMatchObject({ code: 'image.exists' });
    });

    it('are refused where somebody else has the id, or the format is none', async () => {
      const { id } = await create('bob');
      await expect(app.get(PreparedImages).prepare(wish({ imageId: id }))).rejects.toMatchObject({ code: 'image.exists' });
      await expect(app.get(PreparedImages).prepare(wish({ diskFormat: 'floppy' }))).rejects.toMatchObject({ code: 'image.format.unknown' });
    });
  });

  it('has a quota of images', async () => {
    await database.sql`INSERT INTO identity.service (id, type, enabled, extra) VALUES ('glance', 'image', true, '{}')`;
    await database.sql`INSERT INTO identity.registered_limit (id, service_id, resource_name, default_limit) VALUES ('l1', 'glance', 'image_count_total', 0)`;
    const refused = await request({ as: 'bob', method: 'POST', url: '/v2/images', body: { name: 'x' } });
    await database.sql`DELETE FROM identity.registered_limit`;
    expect(refused).toMatchObject({ status: 413, headers: { 'x-virga-fault-code': 'quota.exceeded' } });
  });

  describeMatrix({
    basePath: '/v2', endpoints: imageEndpoints, scenes: imageScenes, request, world: () => ({ create, createActive, request }),
  });

  describeFuzz({
    basePath: '/v2', endpoints: imageEndpoints, request, as: 'admin', runs: 30,
    known: async (parameter) => (parameter === 'image_id' ? [(await create('admin')).id, (await createActive('admin')).id] : parameter === 'name' ? ['image', 'members'] : []),
  });
});
