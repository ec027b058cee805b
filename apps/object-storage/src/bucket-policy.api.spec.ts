import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { S3ObjectStore } from '@virga/driver-objects-s3';
import { hours, systemClock } from '@virga/kernel';
import { demoProject } from '@virga/testing';
import { BlobCollector, Scrubber } from './blobs/index.js';
import { personaKey, useObjectStorage } from './testing/index.js';

const signal = (): AbortSignal => new AbortController().signal;

/** One cloud keeps its objects in a bucket of another. */
describe('a storage policy whose store is a bucket', () => {
  const gateway = useObjectStorage({ clock: systemClock });
  const key = personaKey('alice');
  let client: S3Client;
  let store: S3ObjectStore;
  beforeAll(async () => {
    const where = { endpoint: gateway.url, region: 'RegionOne' };
    client = new S3Client({ ...where, forcePathStyle: true, credentials: key });
    store = new S3ObjectStore({ ...where, ...key, id: 'local', bucket: 'bytes', prefix: 'objects/' });
    await client.send(new CreateBucketCommand({ Bucket: 'bytes' }));
  });
  const service = useObjectStorage({ get stores() { return [store]; } });
  afterAll(() => {
    store.close();
    client.destroy();
  });
  const container = `/v1/AUTH_${demoProject}/photos`;
  const keys = async () => ((await client.send(new ListObjectsV2Command({ Bucket: 'bytes' }))).Contents ?? []).map(({ Key = '' }) => Key);
  beforeAll(async () => {
    await service.request(container, { method: 'PUT', as: 'alice' });
  });

  it.each([['small', 5_000], ['large', 12_000_000]])('keeps a %s object there, encrypted, and lets go of it', async (name, size) => {
    const bytes = randomBytes(size);
    const put = await service.request(`${container}/${name}`, { method: 'PUT', body: bytes, as: 'alice' });
    expect(put.status).toBe(201);

    const [kept] = await keys();
    const there = await client.send(new GetObjectCommand({ Bucket: 'bytes', Key: kept }));
    const stored = Buffer.from(await there.Body?.transformToByteArray() ?? []);
    expect(stored).toHaveLength(size);
    expect(stored.includes(bytes.subarray(0, 64))).toBe(false);

    const got = await service.request(`${container}/${name}`, { as: 'alice' });
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
    const part = await service.request(`${container}/${name}`, { as: 'alice', headers: { range: 'bytes=100-1099' } });
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 1100))).toBe(true);

    await service.request(`${container}/${name}`, { method: 'DELETE', as: 'alice' });
    service.clock.advance(hours(2));
    await service.app.get(BlobCollector).collectReleased(signal());
    expect(await keys()).toEqual([]);
  });

  it('is told when the bucket lost or changed bytes', async () => {
    for (const name of ['a', 'b', 'c']) await service.request(`${container}/${name}`, { method: 'PUT', body: randomBytes(1000), as: 'alice' });
    const [lost, changed] = await keys();
    await client.send(new DeleteObjectCommand({ Bucket: 'bytes', Key: lost }));
    await client.send(new PutObjectCommand({ Bucket: 'bytes', Key: changed, Body: randomBytes(1000) }));
    service.clock.advance(hours(24 * 30));

    expect(await service.app.get(Scrubber).scrub(signal())).toEqual({ read: 3, hurt: 2 });
  });
});
